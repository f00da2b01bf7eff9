/*
 * pace: how fast a service of an account is called. AWS counts the calls of an account and a region; after it
 * has throttled one, all clients of a login go on more slowly, and then faster again as long as nothing is
 * throttled: the AWS SDKs' adaptive mode, with CUBIC's curve
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). Nothing is held back for
 * longer than the caller allows. Safe to use from several threads; times are of clock_ms().
 */
#ifndef SHAKETABLE_AWS_PACE_H
#define SHAKETABLE_AWS_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define AWS_PACE_LEAST 0.5           /* calls a second, however much is throttled */
#define AWS_PACE_FREE_MS 60000       /* after so long without a throttled call there is no limit any more */
#define AWS_PACE_READ_WAIT_MS 5000   /* that long a call may be held back */
#define AWS_PACE_CHANGE_WAIT_MS 1000 /* that long one that changes something, or is on the way back */

struct aws_pace {
    pthread_mutex_t lock;
    bool limited;
    double rate;     /* calls a second that are allowed */
    double measured; /* that were answered lately */
    double before;   /* rate when the last one was throttled */
    int64_t throttled_at_ms, slowed_at_ms;
    int64_t next_ms; /* when the next call may go */
    int64_t bucket;  /* of half a second, in which `answered` calls were */
    unsigned answered;
    uint64_t throttled; /* since the beginning */
};

void aws_pace_init(struct aws_pace *pace);
void aws_pace_destroy(struct aws_pace *pace);
/* How long to wait before the next call, `most_ms` at the most. The call is counted as made then. */
int64_t aws_pace_take(struct aws_pace *pace, int64_t now_ms, int64_t most_ms);
/* A call has ended. */
void aws_pace_ended(struct aws_pace *pace, int64_t now_ms, bool throttled);
/* Calls a second that are allowed; 0: there is no limit. */
double aws_pace_limit(struct aws_pace *pace, int64_t now_ms);
uint64_t aws_pace_throttled(struct aws_pace *pace);

#endif
