/*
 * timers: deadlines in nanoseconds of CLOCK_MONOTONIC on a libuv loop. libuv's own timers count
 * milliseconds; here one timerfd wakes the loop, a little before the earliest deadline: by as much as
 * waking up has been seen to take. The rest of the way the loop polls without sleeping, so that it
 * is there at the moment itself and still serves everything else.
 */
#ifndef SHAKETABLE_PROXY_TIMERS_H
#define SHAKETABLE_PROXY_TIMERS_H

#include "proxy/heap.h"

#include <uv.h>

#define TIMERS_LEAD_MIN_NS UINT64_C(5000)
#define TIMERS_LEAD_MAX_NS UINT64_C(200000)
/* Polling may take one part in so many of the time, … */
#define TIMERS_POLLING_SHARE 5
/* … and this much in one go that has been saved up. */
#define TIMERS_POLLING_MAX_NS UINT64_C(5000000)

/* Embed it; set `fire` once. It is taken out before `fire` is called, which may set it anew. */
struct timer {
    struct heap_item item; /* first member */
    void (*fire)(struct timer *timer);
};
struct timers {
    struct heap heap;
    uv_poll_t poll;
    uv_prepare_t prepare; /* before the loop sleeps: arms, or begins to poll */
    uv_check_t check;     /* after it: fires */
    uv_idle_t idle;       /* active while polling: the loop then does not sleep */
    int fd;
    uint64_t armed_ns; /* HEAP_NEVER: not */
    uint64_t lead_ns;
    uint64_t credit_ns; /* of polling */
    uint64_t looked_ns; /* when it was last counted */
    bool polling;
};

/* 0 or a libuv error. */
int timers_init(struct timers *timers, uv_loop_t *loop);
/* Starts closing the handles; the loop must run once more before timers_free. */
void timers_close(struct timers *timers);
void timers_free(struct timers *timers);
/* From callbacks of the loop. at_ns may be HEAP_NEVER: it is then kept, and never fires. False only without
 * memory. */
bool timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns);
void timers_cancel(struct timers *timers, struct timer *timer);
/* Fires what is due. For the end of callbacks, so that a deadline need not wait until the loop is through
 * with all that has arrived. */
void timers_run(struct timers *timers);

#endif
