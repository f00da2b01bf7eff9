/*
 * decision: what the faults do to one request, from a plain description of it. The one place that
 * decides, for HTTP/1, HTTP/2 and opaque streams: no connection, no clock, no socket. The same seed
 * and the same descriptions in the same order give the same decisions.
 */
#ifndef SHAKETABLE_PROXY_DECISION_H
#define SHAKETABLE_PROXY_DECISION_H

#include "core/fault.h"
#include "core/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* A header's value is looked at up to here. */
#define DECISION_VALUE_MAX 1023

/* The faults in force, made ready. It borrows `fault`, whose numbers may change (a ramp) as long as
 * its scope does not. */
struct decision_rules {
    const struct fault *fault;
    struct fault_source source;
    size_t header_length;    /* of the wanted header's name; 0: none is wanted */
    const char *header_glob; /* of its value; NULL: any */
};
void decision_rules_init(struct decision_rules *rules, const struct fault *fault);

/* True if `name` is the wanted header and its value matches; `value` need not end in NUL. */
bool decision_header_matches(const struct decision_rules *rules, const char *name, size_t name_length,
                             const char *value, size_t value_length);
/* The same of all headers of an HTTP/1 head, which may have other bytes behind it. True where none is
 * wanted. */
bool decision_head_matches(const struct decision_rules *rules, const char *head, size_t length);
/* An address of another family than IP's matches only where none is asked for; so does NULL. */
bool decision_source_matches(const struct decision_rules *rules, const struct sockaddr *source);

/* Rolled once for each connection, in [0, 100): it is meant where its roll is below the percentage. */
struct decision_lot {
    bool drawn;
    float scope;
    float blackhole;
};

/* Of a generator of its own, so that connections do not change what is decided of requests. Does nothing
 * where it is drawn already. */
void decision_draw(struct decision_lot *lot, struct random *random);

struct decision_request {
    const char *method; /* NULL: a burst of an opaque stream, which has none of the next two either */
    const char *path;   /* without its query */
    bool header_matched;
    bool health_check;
    bool source_matched;
    bool elsewhere; /* the faults are for another tunnel */
};
enum decision_reset { DECISION_NO_RESET, DECISION_RESET_NOW, DECISION_RESET_RESPONSE };
struct decision {
    bool matched;  /* it is one that is meant */
    bool in_scope; /* … and the percentage's roll fell on it; nothing below is set where it did not */
    enum decision_reset reset;
    bool limited;           /* in bandwidth, or sliced: it takes longer than its latency */
    bool blackholed;        /* held until the faults change */
    int status;             /* of an error instead of the application's answer; 0: none */
    uint64_t latency_ns[2]; /* on the request's way, on the response's */
};
/* One roll for the scope, then one for each kind of fault. `lot` is its connection's. */
void decision_make(const struct decision_rules *rules, const struct decision_request *request,
                   const struct decision_lot *lot, struct random *random, struct decision *decision);
/* The faults changed after it was made: rolls anew for what is still to come, from `matched`: scope,
 * latency and bandwidth. */
void decision_renew(const struct decision_rules *rules, struct random *random, struct decision *decision);
/* Whether an opaque stream, or a request of which nothing is known any more, can be meant. */
bool decision_means_all(const struct decision_rules *rules);

/* A new connection is to be reset before anything else. */
bool decision_reset_at_accept(const struct decision_rules *rules, bool source_matched,
                              const struct decision_lot *lot, struct random *random);
/* How much later the end of a connection is passed on. `touched`: a request on it was one that is
 * meant; `judged`: it had requests of which that is known. */
uint64_t decision_slow_close_ns(const struct decision_rules *rules, bool source_matched, bool touched,
                                bool judged, const struct decision_lot *lot);

/* True where latency, loss and slices act on this way (0: the request's, 1: the response's). */
bool decision_has_direction(const struct fault *fault, int direction);
/* What an error is in gRPC: as asked for, else from its status (gRPC's http-grpc-status-mapping). */
int decision_grpc_status(const struct fault *fault);

#endif
