#include "sandbox/throttle.h"

#include "sandbox/memory.h"

#include <stdlib.h>
#include <string.h>

#define RATE_MIN 0.1
#define RATE_MAX 1e6

/* AWS's quotas: how many at once, and how many a second. Reading operations of a service that have no
 * bucket of their own share its last one here. */
static const struct quota {
    const char *service;
    const char *operations; /* NULL: all others */
    double burst, a_second;
} quotas[] = {
    {"ecs", "ListClusters DescribeClusters", 50, 20},
    {"ecs", "ListServices DescribeServices", 100, 20},
    {"ecs", "ListTasks DescribeTasks", 100, 40},
    {"ecs", "ListTaskDefinitions ListTaskDefinitionFamilies DescribeTaskDefinition", 50, 20},
    {"ecs", "UpdateService CreateService DeleteService", 50, 5},
    {"ecs", "RegisterTaskDefinition DeregisterTaskDefinition", 20, 1},
    {"ecs", NULL, 40, 10},
    {"elasticloadbalancing",
     "DescribeTargetGroups DescribeTargetHealth DescribeLoadBalancers DescribeListeners DescribeRules "
     "DescribeTags DescribeTargetGroupAttributes DescribeLoadBalancerAttributes",
     40, 10},
    {"elasticloadbalancing", "RegisterTargets DeregisterTargets", 20, 4},
    {"elasticloadbalancing", NULL, 10, 3},
    {"ec2", NULL, 100, 20},
    {"sts", NULL, 600, 600},
};
_Static_assert(sizeof quotas / sizeof *quotas <= THROTTLE_BUCKETS_MAX, "a bucket for each quota");

bool throttle_parse(struct throttle *throttle, const char *text, struct error *error)
{
    char *end = NULL;

    if (strcmp(text, "aws") == 0)
        return throttle->as_aws = true;
    throttle->rate = strtod(text, &end);
    if (end == text || *end || !(throttle->rate >= RATE_MIN) || !(throttle->rate <= RATE_MAX))
        return error_set(error, ERROR_USAGE, "--throttle: '%s' is neither aws nor a number from %g to %g",
                         text, RATE_MIN, RATE_MAX);
    return true;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    }
    return false;
}

static bool take_token(struct throttle_bucket *bucket, double burst, double a_second, uint64_t now_us)
{
    if (bucket->filled_us == 0)
        bucket->tokens = burst;
    else
        bucket->tokens += (double)(now_us - bucket->filled_us) / 1e6 * a_second;
    bucket->filled_us = now_us;
    if (bucket->tokens > burst)
        bucket->tokens = burst;
    if (bucket->tokens < 1)
        return false;
    bucket->tokens -= 1;
    return true;
}

static bool has_token(struct throttle *throttle, const struct call *call, uint64_t now_us)
{
    if (!throttle->as_aws && throttle->rate > 0)
        return take_token(&throttle->buckets[0], throttle->rate > 1 ? throttle->rate : 1, throttle->rate,
                          now_us);
    for (size_t i = 0; throttle->as_aws && i < sizeof quotas / sizeof *quotas; i++) {
        const struct quota *quota = &quotas[i];
        if (strcmp(quota->service, call->service) == 0 &&
            (!quota->operations || has_word(quota->operations, call->operation)))
            return take_token(&throttle->buckets[i], quota->burst, quota->a_second, now_us);
    }
    return true;
}

static void count(struct throttle *throttle, const char *operation, bool refused)
{
    struct throttle_count *found = NULL;

    for (size_t i = 0; i < throttle->count && !found; i++) {
        if (strcmp(throttle->counts[i].operation, operation) == 0)
            found = &throttle->counts[i];
    }
    if (!found && throttle->count < THROTTLE_OPERATIONS_MAX) {
        found = &throttle->counts[throttle->count++];
        text_copy(found->operation, sizeof found->operation, operation);
    }
    if (found) {
        found->calls++;
        found->refused += refused;
    }
}

bool throttle_refuse(struct call *call)
{
    if (call->protocol == CALL_JSON || call->protocol == CALL_CBOR)
        return call_fail(call, "ThrottlingException", "Rate exceeded");
    if (call->protocol == CALL_REST)
        return call_fail_status(call, 429, "ThrottlingException", "Rate exceeded");
    if (call->protocol == CALL_QUERY)
        return call_fail(call, "Throttling", "Rate exceeded");
    return call_fail_status(call, 503, "RequestLimitExceeded", "Request limit exceeded.");
}

bool throttle_take(struct throttle *throttle, struct call *call, uint64_t now_us)
{
    bool taken = has_token(throttle, call, now_us);

    count(throttle, call->operation, !taken);
    if (taken)
        return true;
    return throttle_refuse(call);
}

static void put_count(struct json_object *json, unsigned made, unsigned refused)
{
    json_put_integer(json, "made", made);
    json_put_integer(json, "refused", refused);
}

void throttle_print(const struct throttle *throttle, struct buf *out)
{
    struct json_object *json = json_object_new_object(), *calls = json_object_new_object();
    unsigned made = 0, refused = 0;

    for (size_t i = 0; i < throttle->count; i++) {
        struct json_object *one = json_object_new_object();
        put_count(one, throttle->counts[i].calls, throttle->counts[i].refused);
        json_put(calls, throttle->counts[i].operation, one);
        made += throttle->counts[i].calls;
        refused += throttle->counts[i].refused;
    }
    json_put(json, "calls", calls);
    put_count(json, made, refused);
    json_print_canonical(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
}
