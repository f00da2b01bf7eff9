#include "proxy/loop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void on_expiry(struct watch *watch, uint32_t events)
{
    (void)events;
    struct loop *loop = (struct loop *)((char *)watch - offsetof(struct loop, expiry));
    timers_expired(&loop->timers);
}

int loop_init(struct loop *loop)
{
    memset(loop, 0, sizeof *loop);
    loop->expiry.fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return -errno;
    int rc = timers_init(&loop->timers);
    loop->expiry = (struct watch){.ready = on_expiry, .fd = loop->timers.fd};
    return rc == 0 ? loop_add(loop, &loop->expiry, EPOLLIN | EPOLLET) : rc;
}

void loop_free(struct loop *loop)
{
    timers_free(&loop->timers);
    close(loop->epoll_fd);
}

int loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = watch}};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void loop_defer(struct loop *loop, struct task *task)
{
    if (task->queued)
        return;
    task->queued = true;
    task->next = NULL;
    if (loop->tasks_last)
        loop->tasks_last->next = task;
    else
        loop->tasks = task;
    loop->tasks_last = task;
}

static void run_tasks(struct loop *loop)
{
    struct task *task = loop->tasks;
    loop->tasks = loop->tasks_last = NULL;
    while (task) {
        /* It may free itself. */
        struct task *next = task->next;
        task->queued = false;
        task->run(task);
        task = next;
    }
}

void loop_turn(struct loop *loop, bool wait)
{
    struct epoll_event events[LOOP_EVENTS];
    bool polling = timers_prepare(&loop->timers);
    int timeout = wait && !polling && !loop->tasks ? -1 : 0;
    int count = epoll_wait(loop->epoll_fd, events, LOOP_EVENTS, timeout);
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        watch->ready(watch, events[i].events);
        /* A deadline need not wait until all that has arrived is dealt with. */
        timers_run(&loop->timers);
    }
    timers_run(&loop->timers);
    run_tasks(loop);
}

void loop_run(struct loop *loop)
{
    while (!loop->stopped)
        loop_turn(loop, true);
}
