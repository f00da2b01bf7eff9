/*
 * chaos: LocalStack's faults on the region's own API endpoint. Rules delay calls and make them fail, in the
 * protocol of the call. They come from FIS experiments (localstack:generic:api-error and
 * localstack:generic:latency) and from the Chaos API (/_localstack/chaos/faults and /effects), each with a
 * list of its own. FIS's own calls are never hit, or no experiment could be stopped.
 * Not thread-safe: the region's mutex is held.
 */
#ifndef SHAKETABLE_SANDBOX_CHAOS_H
#define SHAKETABLE_SANDBOX_CHAOS_H

#include "core/api_faults.h"
#include "core/random.h"
#include "sandbox/call.h"

#include <stdbool.h>
#include <stddef.h>

#define CHAOS_COUNTS_MAX 200
#define CHAOS_OWNER_MAX 128

struct chaos_rule {
    struct api_rule rule;
    char owner[CHAOS_OWNER_MAX]; /* who takes it away again */
};

struct chaos {
    struct {
        struct chaos_rule items[API_RULES_MAX];
        size_t count;
    } experiments;
    struct api_faults faults; /* of the Chaos API */
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
    char code[API_CODE_MAX];
    const char *message;
};
/* `counts`: this is an attempt of its own, not one that was put off and comes back. */
void chaos_decide(struct chaos *chaos, const struct call *call, bool counts, struct chaos_verdict *verdict);
/* Fails the call so; returns false. */
bool chaos_fail(struct call *call, const struct chaos_verdict *verdict);

/* False: there are too many. */
bool chaos_add(struct chaos *chaos, const struct chaos_rule *rule);
void chaos_remove(struct chaos *chaos, const char *owner);

/* The Chaos API's faults and effects, and how many rules the experiments have; the caller owns it. */
struct json_object *chaos_state_json(const struct chaos *chaos);

/* {"attempts":{"dynamodb.GetItem":10},"rules":2} and a line end. */
void chaos_print(const struct chaos *chaos, struct buf *out);

#endif
