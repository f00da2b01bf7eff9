/*
 * exchange: a request and its response, from the request's head until the response is out.
 */
#ifndef SHAKETABLE_PROXY_EXCHANGE_H
#define SHAKETABLE_PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct exchange {
    struct exchange *next;
    unsigned references; /* the connection's queue, the request under way, each chunk */
    /* The request. */
    bool head;
    bool connect;
    bool upgrade;
    bool aws_json; /* a call of AWS's, in JSON, and AWS is what is behind us */
    bool turn;     /* of a tunnel, see connection_tunnel.c */
    bool http_1_0;
    bool keeps_alive;
    bool health_check;
    bool complete;
    /* What is done with it. */
    bool matched;  /* method, path, health check */
    bool in_scope; /* … and the percentage's roll */
    bool faulted;  /* a fault acted on it (counted once) */
    bool limited;
    bool blackholed;
    bool resets;    /* within its response */
    bool expects;   /* 100 Continue, before it sends its body … */
    bool continued; /* … which we have said */
    bool refused;   /* there is no upstream for it */
    bool declined;  /* our own CONNECT proxy had no connection for it */
    bool local;     /* we answer it, with `status` */
    bool started;   /* its response has begun to go out */
    bool finished;  /* its outcome was counted */
    int status;
    uint64_t generation; /* of the faults that `latency_ns` comes from */
    uint64_t scope_generation;
    uint64_t latency_ns[2]; /* by direction */
    uint64_t asked_ns[2];
    /* When, CLOCK_MONOTONIC; 0: not yet. */
    uint64_t received_ns;  /* the request's last byte, from the client */
    uint64_t forwarded_ns; /* … to the upstream */
    uint64_t answered_ns;  /* the response's first byte, from the upstream */
    /* Of a turn: the same of what may be no answer yet but TLS's session tickets, and when that was out. */
    uint64_t tickets_ns, tickets_out_ns;
    unsigned begun, begun_out; /* how often an answer seemed to begin, and its first byte was out */
};

struct exchange *exchange_new(void); /* with one reference; NULL without memory */
void exchange_hold(struct exchange *exchange);
void exchange_drop(struct exchange *exchange); /* NULL is fine */
/* What the request spent on its way through us beyond what was asked of it (parsing, a late timer, the
 * write): to be taken off the response's delay, so that together they are what was asked for. */
uint64_t exchange_overspent_ns(const struct exchange *exchange);

#endif
