/*
 * loop: a worker's event loop: epoll(7), edge-triggered, timers in nanoseconds, and tasks for the next
 * turn. The control thread has libuv's; a relay goes without it, because a handle there takes 250 bytes and
 * a level-triggered descriptor is looked at once more after each event.
 */
#ifndef SHAKETABLE_PROXY_LOOP_H
#define SHAKETABLE_PROXY_LOOP_H

#include "proxy/timers.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_EVENTS 256
/* What a connection's socket is watched for: a change is told once. */
#define LOOP_STREAM ((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET))

/* A descriptor; the owner's, who closes it. Embed it; it must live until the end of the turn in which the
 * descriptor was closed (loop_defer its end). */
struct watch {
    void (*ready)(struct watch *watch, uint32_t events);
    int fd;
};
/* Something to be done at the end of this turn, or, if it is deferred then, of the next. */
struct task {
    void (*run)(struct task *task);
    struct task *next;
    bool queued;
};
struct loop {
    struct timers timers;
    struct watch expiry;
    int epoll_fd;
    bool stopped;
    struct task *tasks;
    struct task *tasks_last;
};

/* 0 or a negative errno. */
int loop_init(struct loop *loop);
void loop_free(struct loop *loop);
/* Closing the descriptor takes it out. 0 or a negative errno. */
int loop_add(struct loop *loop, struct watch *watch, uint32_t events);
/* Once is enough until it has run. */
void loop_defer(struct loop *loop, struct task *task);
/* One turn: waits for events where `wait` is set and nothing is left to do. */
void loop_turn(struct loop *loop, bool wait);
/* Turns until loop->stopped is set. */
void loop_run(struct loop *loop);

#endif
