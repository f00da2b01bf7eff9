/*
 * timers: deadlines in nanoseconds of CLOCK_MONOTONIC for a loop. One timerfd wakes the loop, a little
 * before the earliest deadline: by as much as waking up has been seen to take. The rest of the way the
 * loop polls without sleeping, so that it is there at the moment itself and still serves everything else.
 */
#ifndef SHAKETABLE_PROXY_TIMERS_H
#define SHAKETABLE_PROXY_TIMERS_H

#include "proxy/heap.h"

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
    int fd;            /* the timerfd: readable, edge-triggered, when it is time to look again */
    uint64_t armed_ns; /* HEAP_NEVER: not */
    uint64_t lead_ns;
    uint64_t credit_ns; /* of polling */
    uint64_t looked_ns; /* when it was last counted */
    bool polling;
};

/* 0 or a negative errno. */
int timers_init(struct timers *timers);
void timers_free(struct timers *timers);
/* Before the loop sleeps: arms the descriptor. True when it must not sleep, as a deadline is that near. */
bool timers_prepare(struct timers *timers);
/* The descriptor became readable. */
void timers_expired(struct timers *timers);
/* From callbacks of the loop. at_ns may be HEAP_NEVER: it is then kept, and never fires. False only without
 * memory. */
bool timers_set(struct timers *timers, struct timer *timer, uint64_t at_ns);
void timers_cancel(struct timers *timers, struct timer *timer);
/* Fires what is due. For the end of callbacks, so that a deadline need not wait until the loop is through
 * with all that has arrived. */
void timers_run(struct timers *timers);

#endif
