/*
 * interface_link: one process of a task's interface: a shaketable-proxy from an address to another, and the
 * socket over which its faults are changed (shaketable-stats(5)). The socket is the other end of the
 * process's standard input: it has no name that could be left behind, and nobody else can come. Nothing here
 * waits.
 */
#ifndef SHAKETABLE_SANDBOX_INTERFACE_LINK_H
#define SHAKETABLE_SANDBOX_INTERFACE_LINK_H

#include "core/buf.h"
#include "core/error.h"
#include "core/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define INTERFACE_LEASE_MS 60000
#define INTERFACE_RENEW_MS 20000
#define INTERFACE_UNSENT_MAX 65536 /* bytes that the socket did not take yet; more: it is broken */
#define INTERFACE_SAID_MAX 256

struct interface_link {
    pid_t pid;     /* 0: it does not run */
    int control;   /* our end; -1: none */
    int output;    /* what it prints, the pipe's end; -1: none */
    uint16_t port; /* where it listens; 0: it does not say so yet */
    bool broken;   /* it can't be told anything any more */
    struct line_reader lines, frames;
    struct buf unsent;
    struct fault *fault;           /* in force, or on its way; NULL: none */
    int64_t told, acknowledged;    /* numbers of changes */
    int64_t renew_ms;              /* when the lease is to be renewed, by the monotonic clock */
    char said[INTERFACE_SAID_MAX]; /* its last words */
};

/* Without a process and without a socket: all zero but these. */
void interface_link_init(struct interface_link *link);
/* Relays "ADDR:PORT" (port 0: one that the system picks) to "HOST:PORT". Main thread only (core/process.h).
 */
bool interface_link_start(struct interface_link *link, const char *program, const char *listen,
                          const char *upstream, struct error *error);
/* Puts exactly this in force; NULL: nothing. The same as before is not sent again. */
void interface_link_set(struct interface_link *link, const struct fault *fault, int64_t now_ms);
/* Reads and sends what can be, renews the lease in time, and sets the fault anew where the lease is lost. */
void interface_link_tick(struct interface_link *link, int64_t now_ms);
/* True once it has acknowledged all that it was told. */
bool interface_link_is_settled(const struct interface_link *link);
/* True while its process lives; reaps it. */
bool interface_link_is_alive(struct interface_link *link);
/* The process must have ended, or is none of ours. */
void interface_link_free(struct interface_link *link);

#endif
