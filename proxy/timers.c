#include "proxy/timers.h"

#include "core/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void arm(struct timers *timers)
{
    struct heap_item *first = heap_first(&timers->heap);
    if (!first || first->at_ns == HEAP_NEVER || first->at_ns >= timers->armed_ns)
        return;
    uint64_t at = first->at_ns ? first->at_ns : 1;
    struct itimerspec spec = {0};
    spec.it_value.tv_sec = (time_t)(at / 1000000000U);
    spec.it_value.tv_nsec = (long)(at % 1000000000U);
    timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &spec, NULL);
    timers->armed_ns = at;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct timers *timers = poll->data;
    uint64_t expirations;
    ssize_t ignored = read(timers->fd, &expirations, sizeof expirations);
    (void)ignored;
    timers->armed_ns = HEAP_NEVER;
    struct heap_item *first;
    while ((first = heap_first(&timers->heap)) && first->at_ns <= clock_ns()) {
        struct timer *timer = (struct timer *)first;
        heap_remove(&timers->heap, first);
        timer->fire(timer);
    }
    arm(timers);
}

int timers_init(struct timers *timers, uv_loop_t *loop)
{
    memset(timers, 0, sizeof *timers);
    heap_init(&timers->heap);
    timers->armed_ns = HEAP_NEVER;
    timers->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timers->fd < 0)
        return uv_translate_sys_error(errno);
    timers->poll.data = timers;
    int rc = uv_poll_init(loop, &timers->poll, timers->fd);
    if (rc == 0)
        rc = uv_poll_start(&timers->poll, UV_READABLE, on_readable);
    return rc;
}

void timers_close(struct timers *timers)
{
    uv_close((uv_handle_t *)&timers->poll, NULL);
}

void timers_free(struct timers *timers)
{
    close(timers->fd);
    heap_free(&timers->heap);
}

bool timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns)
{
    if (!heap_set(&timers->heap, &timer->item, at_ns))
        return false;
    arm(timers);
    return true;
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
    heap_remove(&timers->heap, &timer->item);
}
