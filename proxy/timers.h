/*
 * timers: deadlines in nanoseconds of CLOCK_MONOTONIC on a libuv loop. libuv's own timers count
 * milliseconds; here one timerfd, armed for the earliest deadline, wakes the loop.
 */
#ifndef SHAKETABLE_PROXY_TIMERS_H
#define SHAKETABLE_PROXY_TIMERS_H

#include "proxy/heap.h"

#include <uv.h>

/* Embed it; set `fire` once. It is taken out before `fire` is called, which may set it anew. */
struct timer {
    struct heap_item item; /* first member */
    void (*fire)(struct timer *timer);
};
struct timers {
    struct heap heap;
    uv_poll_t poll;
    int fd;
    uint64_t armed_ns;
};

/* 0 or a libuv error. */
int timers_init(struct timers *timers, uv_loop_t *loop);
/* Starts closing the handle; the loop must run once more before timers_free. */
void timers_close(struct timers *timers);
void timers_free(struct timers *timers);
/* at_ns may be HEAP_NEVER: it is then kept, and never fires. False only without memory. */
bool timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns);
void timers_cancel(struct timers *timers, struct timer *timer);

#endif
