#include "proxy/timers.h"

#include "core/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The lead goes up by nine such steps when waking took longer, down by one when it did not: so it follows
 * what nine wake-ups in ten keep to, whatever a stray one takes. */
#define LEAD_STEP_NS 500
#define LEAD_STEPS_UP 9
#define LEAD_FIRST_NS 60000

static void arm(struct timers *timers, uint64_t at_ns)
{
    struct itimerspec spec = {0};
    spec.it_value.tv_sec = (time_t)(at_ns / 1000000000U);
    spec.it_value.tv_nsec = (long)(at_ns % 1000000000U);
    timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &spec, NULL);
    timers->armed_ns = at_ns;
}

static void learn(struct timers *timers, uint64_t woke_ns)
{
    uint64_t took = woke_ns > timers->armed_ns ? woke_ns - timers->armed_ns : 0;
    if (took > timers->lead_ns)
        timers->lead_ns += LEAD_STEPS_UP * LEAD_STEP_NS;
    else
        timers->lead_ns -= LEAD_STEP_NS;
    if (timers->lead_ns < TIMERS_LEAD_MIN_NS)
        timers->lead_ns = TIMERS_LEAD_MIN_NS;
    if (timers->lead_ns > TIMERS_LEAD_MAX_NS)
        timers->lead_ns = TIMERS_LEAD_MAX_NS;
}

/* Not read: arming it again clears it, and only the edge counts. */
void timers_expired(struct timers *timers)
{
    learn(timers, clock_ns());
    timers->armed_ns = HEAP_NEVER;
}

/* What polling took is paid for; time that passes earns some. */
static void count_credit(struct timers *timers, uint64_t now_ns)
{
    uint64_t passed = now_ns - timers->looked_ns;
    timers->looked_ns = now_ns;
    timers->credit_ns += passed / TIMERS_POLLING_SHARE;
    if (timers->credit_ns > TIMERS_POLLING_MAX_NS)
        timers->credit_ns = TIMERS_POLLING_MAX_NS;
    if (timers->polling)
        timers->credit_ns -= passed < timers->credit_ns ? passed : timers->credit_ns;
}

bool timers_prepare(struct timers *timers)
{
    struct heap_item *first = heap_first(&timers->heap);
    if (!first || first->at_ns == HEAP_NEVER) {
        timers->polling = false;
        return false;
    }
    uint64_t now = clock_ns();
    count_credit(timers, now);
    uint64_t lead = timers->credit_ns > timers->lead_ns ? timers->lead_ns : 0;
    uint64_t at = first->at_ns > lead ? first->at_ns - lead : 1;
    timers->polling = at <= now;
    /* Armed for an earlier time it may stay, and wakes the loop to look again; but not for a past one. */
    if (!timers->polling && (timers->armed_ns > at || timers->armed_ns <= now))
        arm(timers, at);
    return timers->polling;
}

void timers_run(struct timers *timers)
{
    struct heap_item *first;
    while ((first = heap_first(&timers->heap)) && first->at_ns != HEAP_NEVER && first->at_ns <= clock_ns()) {
        struct timer *timer = (struct timer *)first;
        heap_remove(&timers->heap, first);
        timer->fire(timer);
    }
}

int timers_init(struct timers *timers)
{
    memset(timers, 0, sizeof *timers);
    heap_init(&timers->heap);
    timers->armed_ns = HEAP_NEVER;
    timers->lead_ns = LEAD_FIRST_NS;
    timers->looked_ns = clock_ns();
    timers->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return timers->fd < 0 ? -errno : 0;
}

void timers_free(struct timers *timers)
{
    close(timers->fd);
    heap_free(&timers->heap);
}

bool timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns)
{
    return heap_set(&timers->heap, &timer->item, at_ns);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
    heap_remove(&timers->heap, &timer->item);
}
