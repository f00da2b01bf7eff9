/*
 * api_faults: the faults that are in force, and LocalStack's Chaos API (/_localstack/chaos/faults and
 * /effects), by which they are shown and changed. Not thread-safe.
 */
#ifndef SHAKETABLE_CORE_API_FAULTS_H
#define SHAKETABLE_CORE_API_FAULTS_H

#include "core/api_rules.h"
#include "core/buf.h"

#define API_FAULTS_PREFIX "/_localstack/"

/* Zeroed: none. */
struct api_faults {
    struct api_rules *rules;  /* NULL: none */
    struct json_object *json; /* the same as they were given, a list; NULL: none */
    int effect_ms;            /* what all calls wait beside that */
    unsigned changes;         /* counts them */
    bool takes_actions;       /* the list may also hold parameters of FIS's actions */
};
/* Takes all back; that is a change like others. */
void api_faults_clear(struct api_faults *faults);
void api_faults_free(struct api_faults *faults);
/* The first that means such calls; NULL: none. Until the next change. */
const struct api_rule *api_faults_first(const struct api_faults *faults, const char *service,
                                        const char *operation, const char *region);
/* Puts a list in force, and takes it in any case. Nothing is changed
 * where one of them is wrong. */
bool api_faults_replace(struct api_faults *faults, struct json_object *list, struct error *error);
/* Answers one request, which needs no signature; `type` is its Content-Type. Returns the HTTP status. */
int api_faults_answer(struct api_faults *faults, const char *method, const char *path, const char *type,
                      const char *body, size_t length, struct buf *out);

#endif
