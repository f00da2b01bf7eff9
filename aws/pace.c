#include "aws/pace.h"

#include <math.h>
#include <string.h>

#define BUCKET_MS 500
#define SMOOTH 0.8 /* weight of the last bucket */
#define BETA 0.7   /* what is left of the rate after a throttled call */
#define CUBIC_SCALE 0.4
#define CUBIC_SHARE 0.04 /* of the rate, where that is less: few calls a second must not double in one */
#define AT_ONCE_MS 500   /* calls throttled together count as one */
#define FIRST_RATE 10.0  /* where the first call of all is throttled, nothing was measured yet */

void aws_pace_init(struct aws_pace *pace)
{
    memset(pace, 0, sizeof *pace);
    pthread_mutex_init(&pace->lock, NULL);
}

void aws_pace_destroy(struct aws_pace *pace)
{
    pthread_mutex_destroy(&pace->lock);
}

static void release_in_time(struct aws_pace *pace, int64_t now_ms)
{
    if (pace->limited && now_ms - pace->throttled_at_ms >= AWS_PACE_FREE_MS)
        pace->limited = false;
}

int64_t aws_pace_take(struct aws_pace *pace, int64_t now_ms, int64_t most_ms)
{
    int64_t wait_ms = 0;
    pthread_mutex_lock(&pace->lock);
    release_in_time(pace, now_ms);
    if (pace->limited) {
        int64_t turn_ms = pace->next_ms > now_ms ? pace->next_ms : now_ms;
        wait_ms = turn_ms - now_ms < most_ms ? turn_ms - now_ms : most_ms;
        pace->next_ms = turn_ms + (int64_t)(1000.0 / pace->rate);
        /* Who does not wait for his turn must not put off the others for ever. */
        if (pace->next_ms > now_ms + AWS_PACE_READ_WAIT_MS)
            pace->next_ms = now_ms + AWS_PACE_READ_WAIT_MS;
    }
    pthread_mutex_unlock(&pace->lock);
    return wait_ms;
}

static void measure(struct aws_pace *pace, int64_t now_ms)
{
    int64_t bucket = now_ms / BUCKET_MS;
    pace->answered++;
    if (bucket <= pace->bucket)
        return;
    double rate = pace->answered / ((double)(bucket - pace->bucket) * BUCKET_MS / 1000.0);
    pace->measured = pace->bucket == 0 ? pace->measured : rate * SMOOTH + pace->measured * (1 - SMOOTH);
    pace->answered = 0;
    pace->bucket = bucket;
}

static void slow_down(struct aws_pace *pace, int64_t now_ms)
{
    double rate = pace->measured > 0 ? pace->measured : FIRST_RATE;
    if (pace->limited && pace->rate < rate)
        rate = pace->rate;
    bool again = pace->limited && now_ms - pace->slowed_at_ms < AT_ONCE_MS;
    pace->throttled_at_ms = now_ms;
    if (again)
        return;
    if (!pace->limited)
        pace->next_ms = now_ms;
    pace->slowed_at_ms = now_ms;
    pace->before = rate;
    pace->rate = rate * BETA;
    pace->limited = true;
}

/* Flat where it was throttled before, steep far from it. */
static void speed_up(struct aws_pace *pace, int64_t now_ms)
{
    double seconds = (double)(now_ms - pace->throttled_at_ms) / 1000.0;
    double scale = fmin(CUBIC_SCALE, CUBIC_SHARE * pace->before);
    double plateau_s = cbrt(pace->before * (1 - BETA) / scale);
    double rate = scale * pow(seconds - plateau_s, 3) + pace->before;
    if (pace->measured > 0 && rate > 2 * pace->measured)
        rate = 2 * pace->measured; /* more than is asked for need not be allowed yet */
    if (rate > pace->rate)
        pace->rate = rate;
}

void aws_pace_ended(struct aws_pace *pace, int64_t now_ms, bool throttled)
{
    pthread_mutex_lock(&pace->lock);
    measure(pace, now_ms);
    release_in_time(pace, now_ms);
    if (throttled) {
        pace->throttled++;
        slow_down(pace, now_ms);
    } else if (pace->limited) {
        speed_up(pace, now_ms);
    }
    if (pace->rate < AWS_PACE_LEAST)
        pace->rate = AWS_PACE_LEAST;
    pthread_mutex_unlock(&pace->lock);
}

double aws_pace_limit(struct aws_pace *pace, int64_t now_ms)
{
    pthread_mutex_lock(&pace->lock);
    release_in_time(pace, now_ms);
    double rate = pace->limited ? pace->rate : 0;
    pthread_mutex_unlock(&pace->lock);
    return rate;
}

uint64_t aws_pace_throttled(struct aws_pace *pace)
{
    pthread_mutex_lock(&pace->lock);
    uint64_t throttled = pace->throttled;
    pthread_mutex_unlock(&pace->lock);
    return throttled;
}
