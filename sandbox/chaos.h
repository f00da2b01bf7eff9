/*
 * chaos: LocalStack's faults on the region's own API endpoint. Rules delay calls and make them fail, in the
 * protocol of the call. They come from FIS experiments (localstack:generic:api-error and
 * localstack:generic:latency) and from the Chaos API (/_localstack/chaos/faults and /effects), each with a
 * list of its own. FIS's own calls are never hit, or no experiment could be stopped.
 * Not thread-safe: the region's mutex is held.
 */
#ifndef SHAKETABLE_SANDBOX_CHAOS_H
#define SHAKETABLE_SANDBOX_CHAOS_H

#include "core/buf.h"
#include "core/error.h"
#include "core/random.h"
#include "sandbox/call.h"

#include <stdbool.h>
#include <stddef.h>

#define CHAOS_RULES_MAX 200 /* of either list */
#define CHAOS_LATENCY_MAX_MS 600000
#define CHAOS_COUNTS_MAX 200
#define CHAOS_OWNER_MAX 128

struct chaos_rule {
    char service[32];                   /* a signing name; "": all */
    char operation[CALL_OPERATION_MAX]; /* "": all */
    char region[64];                    /* "": all */
    double percent;                     /* of the calls that fail */
    int latency_ms;                     /* before the answer, of all that match */
    int status;                         /* HTTP; 0: it only delays */
    char code[CALL_CODE_MAX];
    const char *message;
    char owner[CHAOS_OWNER_MAX]; /* who takes it away again; "" in the Chaos API's list */
};

struct chaos_rules {
    struct chaos_rule items[CHAOS_RULES_MAX];
    size_t count;
};
struct chaos {
    struct chaos_rules experiments, faults;
    struct json_object *faults_json; /* those of the Chaos API as they were given; NULL: none */
    int effect_ms;
    struct random random;
    struct {
        char name[CALL_OPERATION_MAX + 32]; /* "dynamodb.GetItem" */
        unsigned attempts;
    } counts[CHAOS_COUNTS_MAX];
    size_t count_count;
};

struct chaos *chaos_new(void);
void chaos_free(struct chaos *chaos);

/* What becomes of a call. Delays of all rules that match add up; the first that fails it decides how. */
struct chaos_verdict {
    int delay_ms;
    bool fails;
    bool certain; /* that it fails: the rule says so of every call */
    int status;
    char code[CALL_CODE_MAX];
    const char *message;
};
/* `counts`: this is an attempt of its own, not one that was put off and comes back. */
void chaos_decide(struct chaos *chaos, const struct call *call, bool counts, struct chaos_verdict *verdict);
/* Fails the call so; returns false. */
bool chaos_fail(struct call *call, const struct chaos_verdict *verdict);

/* False: there are too many. */
bool chaos_add(struct chaos *chaos, const struct chaos_rule *rule);
void chaos_remove(struct chaos *chaos, const char *owner);

/* chaos_read.c: rules as they come from outside. ERROR_INVALID says what is wrong. */
/* Of an action's parameters, which may be texts or numbers. `region` is the experiment's. */
bool chaos_read_parameters(struct chaos_rule *rule, bool is_latency, struct json_object *parameters,
                           const char *region, struct error *error);
/* Of one of the Chaos API's faults. */
bool chaos_read_fault(struct chaos_rule *rule, struct json_object *fault, struct error *error);
bool chaos_read_effects(int *latency_ms, struct json_object *effects, struct error *error);
/* The signing name of a service, by that name or by the one the AWS CLI has for it; NULL: there is none. */
const char *chaos_service(const char *name);

/* The Chaos API's faults and effects, and how many rules the experiments have; the caller owns it. */
struct json_object *chaos_state_json(const struct chaos *chaos);

/* chaos_api.c */
/* Answers one request of the Chaos API; `type` is its Content-Type. Returns the HTTP status. */
int chaos_answer(struct chaos *chaos, const char *method, const char *path, const char *type,
                 const char *body, size_t length, struct buf *out);
/* {"attempts":{"dynamodb.GetItem":10},"rules":2} and a line end. */
void chaos_print(const struct chaos *chaos, struct buf *out);

#endif
