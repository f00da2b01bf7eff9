#include "aws/retry.h"

#include "aws/client.h"

#include <string.h>

static const char *const throttling[] = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "EC2ThrottledException",
};
static const char *const transient[] = {"RequestTimeout", "RequestTimeoutException",
                                        "PriorRequestNotComplete"};

/* Operations that change something, but nothing more when they are repeated. */
static const char *const repeatable_operations[] = {
    "UpdateService",
    "DeregisterTaskDefinition",
    "ModifyListener",
    "ModifyRule",
    "ModifyTargetGroup",
    "ModifyTargetGroupAttributes",
    "CreateTargetGroup",
    "TagResource",
    "UntagResource",
    "AddTags",
    "RemoveTags",
    "DeleteService",
    "DeleteCluster",
    "DeleteTargetGroup",
    "DeleteRule",
    "RegisterTargets",
    "DeregisterTargets",
    "SetRulePriorities",
    "DeleteTaskDefinitions",
    "StopTask",
    "CreateExperimentTemplate", /* with a client token, as the next */
    "StartExperiment",
    "StopExperiment",
    "DeleteExperimentTemplate",
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
};

static bool contains(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return false;
}

enum aws_attempt aws_retry_classify(const char *code, long http_status)
{
    if (contains(throttling, sizeof throttling / sizeof throttling[0], code))
        return AWS_ATTEMPT_THROTTLED;
    if (http_status == 429)
        return AWS_ATTEMPT_THROTTLED;
    if (contains(transient, sizeof transient / sizeof transient[0], code) || http_status == 500 ||
        http_status == 502 || http_status == 503 || http_status == 504)
        return AWS_ATTEMPT_TRANSIENT;
    return AWS_ATTEMPT_FAILED;
}

bool aws_operation_is_repeatable(const char *operation)
{
    return aws_operation_only_reads(operation) ||
           contains(repeatable_operations, sizeof repeatable_operations / sizeof repeatable_operations[0],
                    operation);
}

void aws_retry_init(struct aws_retry *retry)
{
    pthread_mutex_init(&retry->lock, NULL);
    random_seed(&retry->random, 0);
    retry->tokens = AWS_RETRY_TOKENS;
    retry->unit_ms = AWS_RETRY_UNIT_MS;
}

void aws_retry_destroy(struct aws_retry *retry)
{
    pthread_mutex_destroy(&retry->lock);
}

static bool may_repeat(enum aws_attempt ended, bool repeatable)
{
    switch (ended) {
    case AWS_ATTEMPT_DONE:
    case AWS_ATTEMPT_FAILED:
        return false;
    case AWS_ATTEMPT_THROTTLED:
    case AWS_ATTEMPT_SKEWED:
    case AWS_ATTEMPT_NOT_SENT:
        return true;
    case AWS_ATTEMPT_TRANSIENT:
    case AWS_ATTEMPT_CUT:
    case AWS_ATTEMPT_TIMEOUT:
        return repeatable;
    }
    return false;
}

bool aws_retry_decide(struct aws_retry *retry, int attempt, enum aws_attempt ended, bool repeatable,
                      int64_t *wait_ms, int *cost)
{
    if (attempt >= AWS_RETRY_ATTEMPTS || !may_repeat(ended, repeatable))
        return false;
    int wanted = ended == AWS_ATTEMPT_TIMEOUT ? AWS_RETRY_COST_TIMEOUT : AWS_RETRY_COST;
    int longest_s = attempt <= 4 ? 1 << (attempt - 1) : AWS_RETRY_LONGEST_S;
    pthread_mutex_lock(&retry->lock);
    bool enough = retry->tokens >= wanted;
    if (enough) {
        retry->tokens -= wanted;
        *cost = wanted;
        *wait_ms = (int64_t)(random_uniform(&retry->random) * longest_s * retry->unit_ms);
    }
    pthread_mutex_unlock(&retry->lock);
    return enough;
}

void aws_retry_succeeded(struct aws_retry *retry, int cost)
{
    pthread_mutex_lock(&retry->lock);
    retry->tokens += cost > 0 ? cost : 1;
    if (retry->tokens > AWS_RETRY_TOKENS)
        retry->tokens = AWS_RETRY_TOKENS;
    pthread_mutex_unlock(&retry->lock);
}
