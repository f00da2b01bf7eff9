/*
 * probe_stop: SIGINT, SIGTERM and SIGHUP as a flag that blocking calls look at, and a wait that ends early.
 */
#ifndef SHAKETABLE_SRC_PROBE_STOP_H
#define SHAKETABLE_SRC_PROBE_STOP_H

#include "core/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct probe_stop {
    atomic_bool asked;
    int signal_fd, end_fd, asked_fd; /* end_fd: to the thread; asked_fd: from it */
    pthread_t thread;
};

/* Before any other thread is started: the signals are blocked from then on. */
bool probe_stop_begin(struct probe_stop *stop, struct error *error);
/* False once it was asked. */
bool probe_stop_wait(struct probe_stop *stop, int64_t ms);
void probe_stop_end(struct probe_stop *stop);

#endif
