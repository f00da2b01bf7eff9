/*
 * fail: calls of the region that fail on demand. A specification is
 *
 *     SERVICE:OPERATION[@WHICH]=HOW        ecs:UpdateService@2=timeout-after
 *
 * SERVICE and OPERATION as in an IAM action ("*" for every one; "*" alone is "*:*"), or as agent.h has them.
 * WHICH counts the calls that match since it was set: N the Nth alone, N+ that one and all after it; without
 * it every call. HOW: refuse, throttle, 500-before, 500-after, timeout-before, timeout-after, cut-before,
 * cut-after, half, delay:TIME. Before and after mean the call's effect; half is the first half of the answer,
 * then the end of the connection; a delayed call has its effect that much later, whether its caller still
 * waits or not.
 */
#ifndef SHAKETABLE_SANDBOX_FAIL_H
#define SHAKETABLE_SANDBOX_FAIL_H

#include "core/buf.h"
#include "core/error.h"
#include "sandbox/call.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define FAIL_SPECS_MAX 64
#define FAIL_SPEC_MAX 256 /* bytes of one */
#define FAIL_COUNTS_MAX 200
#define FAIL_DELAY_MAX_MS 60000

enum fail_how {
    FAIL_NOT,
    FAIL_REFUSE,
    FAIL_THROTTLE,
    FAIL_ERROR_BEFORE,
    FAIL_ERROR_AFTER,
    FAIL_TIMEOUT_BEFORE,
    FAIL_TIMEOUT_AFTER,
    FAIL_CUT_BEFORE,
    FAIL_CUT_AFTER,
    FAIL_HALF,
    FAIL_DELAY,
};

struct fail_spec {
    char service[32];
    char operation[CALL_OPERATION_MAX];
    unsigned first; /* 0: every call */
    bool onwards;   /* also all after the first */
    enum fail_how how;
    int delay_ms;
};

/* ERROR_USAGE or ERROR_INVALID says what is wrong with it. */
bool fail_spec_parse(struct fail_spec *spec, const char *text, struct error *error);
/* Reads back as the same. */
void fail_spec_print(const struct fail_spec *spec, char text[FAIL_SPEC_MAX]);

/* What is set, and the calls counted since. Safe to use from several threads. */
struct fail {
    pthread_mutex_t mutex;
    size_t count;
    struct {
        struct fail_spec spec;
        unsigned calls;
    } items[FAIL_SPECS_MAX];
    size_t operation_count;
    struct {
        char name[CALL_OPERATION_MAX + 32]; /* "ecs:UpdateService" */
        unsigned calls;
    } operations[FAIL_COUNTS_MAX];
};
void fail_init(struct fail *fail);
void fail_destroy(struct fail *fail);
/* Replaces all of them, a specification a line, and counts anew; none of them on an error. */
bool fail_set(struct fail *fail, const char *lines, struct error *error);
bool fail_add(struct fail *fail, const char *text, struct error *error);
/* Counts the call. The first specification that holds for it decides; FAIL_NOT where none does. */
enum fail_how fail_decide(struct fail *fail, const struct call *call, int *delay_ms);
/* {"fail":["ecs:*=throttle"],"calls":{"ecs:ListClusters":2}} */
void fail_print(struct fail *fail, struct buf *out);

/* Makes the call's answer that failure, in the words of its service: FAIL_REFUSE, FAIL_THROTTLE, or either
 * of the 500s. */
void fail_answer(struct call *call, enum fail_how how);

#endif
