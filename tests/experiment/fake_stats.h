/*
 * fake_stats: a stats socket in the test's own process, that behaves as the test says. One connection at a
 * time, on 127.0.0.1 (or any loopback address and port); a thread. It answers hello, subscribe (with
 * samples), set, clear and renew, and remembers what it was told.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_FAKE_STATS_H
#define SHAKETABLE_TESTS_EXPERIMENT_FAKE_STATS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fake_stats {
    pthread_t thread;
    int fd;
    char address[32];
    int port;
    const char *capabilities; /* set before the start */
    const char *pins;         /* likewise: it speaks TLS, with whom has one of these; NULL: plain text */
    struct tls_context *tls;
    /* What it does; may be changed at any time. */
    atomic_bool silent;     /* it reads, and says nothing */
    atomic_bool idle;       /* no request comes to it */
    atomic_bool no_ack;     /* it takes faults without a word */
    atomic_bool hold_acks;  /* it takes them, and says so once this is false again */
    _Atomic int64_t held;   /* … of the last request */
    atomic_bool refuse;     /* it refuses every set */
    _Atomic double most_ms; /* it refuses more latency; 0: none */
    atomic_bool garbage;    /* it says what is no frame */
    atomic_bool endless;    /* it says a line that never ends */
    atomic_bool drop;       /* it closes the connection, once */
    atomic_bool turn_away;  /* it closes every connection at once */
    /* What it was told. */
    atomic_uint connections, hellos, subscribes, sets, clears, renews;
    _Atomic double latency_ms; /* of the last set; 0 after a clear */
    _Atomic int64_t lease_ms, deadline_ms, elapsed_ms;
    atomic_bool stopping;
};

/* `address` NULL: 127.0.0.1; `port` 0: the system picks one. False: it is taken. */
bool fake_stats_start(struct fake_stats *fake, const char *address, int port);
void fake_stats_stop(struct fake_stats *fake);

#endif
