/*
 * throttle: how many calls the region takes, and how many it was asked for. Either so many a second in all,
 * or as AWS does it: token buckets a kind of call and account
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html,
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html).
 * Not thread-safe: the server's thread alone calls it.
 */
#ifndef SHAKETABLE_SANDBOX_THROTTLE_H
#define SHAKETABLE_SANDBOX_THROTTLE_H

#include "core/buf.h"
#include "core/error.h"
#include "sandbox/call.h"

#include <stdbool.h>
#include <stdint.h>

#define THROTTLE_BUCKETS_MAX 16
#define THROTTLE_OPERATIONS_MAX 128

struct throttle_bucket {
    double tokens;
    uint64_t filled_us; /* 0: not yet used, so it is full */
};
struct throttle_count {
    char operation[CALL_OPERATION_MAX];
    unsigned calls, refused;
};
struct throttle {
    bool as_aws;
    double rate; /* calls a second, of all kinds; 0: no limit */
    struct throttle_bucket buckets[THROTTLE_BUCKETS_MAX];
    struct throttle_count counts[THROTTLE_OPERATIONS_MAX]; /* in the order in which they came first */
    size_t count;
};

/* "aws", or a number of calls a second. */
bool throttle_parse(struct throttle *throttle, const char *text, struct error *error);
/* Counts the call; fails it where there are too many. `now_us` is monotonic. */
bool throttle_take(struct throttle *throttle, struct call *call, uint64_t now_us);
/* Fails the call as one too many, in the words of its protocol; false. */
bool throttle_refuse(struct call *call);
/* {"calls":{"ListClusters":{"made":3,"refused":0},…},"made":3,"refused":0} and a line end. */
void throttle_print(const struct throttle *throttle, struct buf *out);

#endif
