/*
 * retry: which failed attempts are made again, and when. The AWS SDKs' standard mode
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html): three attempts,
 * jittered exponential back-off, and a bucket of tokens that a client's retries share, so that an
 * outage is not made worse. Stricter than the SDKs in one thing: an operation that would do
 * something twice is not repeated when the first attempt may have had its effect.
 */
#ifndef SHAKETABLE_AWS_RETRY_H
#define SHAKETABLE_AWS_RETRY_H

#include "core/random.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define AWS_RETRY_ATTEMPTS 3
#define AWS_RETRY_TOKENS 500
#define AWS_RETRY_COST 5
#define AWS_RETRY_COST_TIMEOUT 10
#define AWS_RETRY_LONGEST_S 20
#define AWS_RETRY_UNIT_MS 1000

/* How an attempt ended. */
enum aws_attempt {
    AWS_ATTEMPT_DONE,
    AWS_ATTEMPT_FAILED,    /* another attempt would end in the same way */
    AWS_ATTEMPT_THROTTLED, /* refused for now: it had no effect */
    AWS_ATTEMPT_SKEWED,    /* refused for our clock, which is set right by now: likewise */
    AWS_ATTEMPT_NOT_SENT,  /* no connection: it had no effect */
    AWS_ATTEMPT_TRANSIENT, /* 500, 502, 503, 504: may have had its effect */
    AWS_ATTEMPT_CUT,       /* the connection ended before the answer did: likewise */
    AWS_ATTEMPT_TIMEOUT,   /* no answer in time: likewise */
};

/* What an error answer means; `code` is AWS's, "" if there was none. */
enum aws_attempt aws_retry_classify(const char *code, long http_status);
/* True if doing it twice does no more than doing it once. */
bool aws_operation_is_repeatable(const char *operation);

struct aws_retry {
    pthread_mutex_t lock;
    struct random random;
    int tokens;
    int unit_ms; /* AWS_RETRY_UNIT_MS; tests make it shorter */
};

void aws_retry_init(struct aws_retry *retry);
void aws_retry_destroy(struct aws_retry *retry);

/* After the attempt number `attempt` (from 1): true if there is to be another one in *wait_ms; it has
 * then taken *cost tokens. */
bool aws_retry_decide(struct aws_retry *retry, int attempt, enum aws_attempt ended, bool repeatable,
                      int64_t *wait_ms, int *cost);
/* After a success: gives back what the last retry took, or one token if there was none (cost 0). */
void aws_retry_succeeded(struct aws_retry *retry, int cost);

#endif
