/*
 * connection: a client, the upstream, and the two lanes between them. HTTP/1 is followed by two
 * trackers so that each request and each response is known; anything else is an opaque stream. All
 * of it runs on its worker's thread.
 *
 * connection.c is its life (accept, connect, end), connection_io.c reads its sockets, connection_http.c is
 * what happens to requests and responses, connection_raw.c the opaque streams, connection_tunnel.c those that
 * CONNECT opened, connection_h2.c the handing
 * over to the relay of HTTP/2 (h2.h), connection_faults.c what the faults do to connections, measure.c the
 * counting.
 */
#ifndef SHAKETABLE_PROXY_CONNECTION_H
#define SHAKETABLE_PROXY_CONNECTION_H

#include "core/buf.h"
#include "proxy/decision.h"
#include "proxy/exchange.h"
#include "proxy/lane.h"
#include "proxy/tracker.h"
#include "proxy/worker.h"

#define CONNECTION_HEAD_MAX (256U << 10)  /* a longer head goes through unparsed */
#define CONNECTION_INPUT_MAX (256U << 10) /* parsed no further for the moment */
#define CONNECTION_PIPELINE_MAX 64
#define CONNECTION_REFUSED_WAIT_NS UINT64_C(1000000000) /* for a first byte that tells HTTP */
#define CONNECTION_SETTINGS_WAIT_NS \
    UINT64_C(1000000000) /* what may be HTTP/2's settings waits for the client */
#define CONNECTION_LINGER_NS UINT64_C(1000000000)

/* Why a connection ends; the first reason stays. */
enum doom {
    DOOM_NONE,
    DOOM_DONE,            /* both ways are finished */
    DOOM_CLIENT_GONE,     /* it broke: the upstream is reset */
    DOOM_UPSTREAM_BROKEN, /* it broke: the client is reset */
    DOOM_RESET,           /* the fault: both are */
    DOOM_REFUSED,         /* no upstream, and not HTTP: the client is reset */
    DOOM_MEMORY,
    DOOM_STOPPED
};

/* One of its two sockets. */
struct endpoint {
    struct watch watch; /* first member; fd -1: not open */
    struct connection *connection;
    bool readable; /* the kernel may have more for us */
    bool hung_up;  /* … and then an end, or an error */
};

struct h2;
struct connection {
    struct timer timer; /* first member */
    struct task turn;   /* goes on reading; or, closing, frees it */
    struct worker *worker;
    struct connection *next;
    struct connection *previous;
    struct endpoint client;
    struct endpoint upstream;
    unsigned tries;              /* upstream addresses tried so far */
    uint64_t connect_ns;         /* when connect() was called last */
    uint32_t retransmits[LANES]; /* of the upstream's socket and of the client's, when last looked at */
    enum doom doom;
    bool closing;
    bool connecting;
    bool refused; /* no address of the upstream took us */
    bool client_ended;
    bool upstream_ended;
    bool client_spoke;
    bool raw[LANES];
    bool began;     /* a request of HTTP/1 has come */
    struct h2 *h2;  /* set: the connection is this relay's, and raw both ways */
    bool upgrading; /* the bytes behind a request wait for what the upstream says */
    bool elsewhere; /* of a CONNECT proxy: no request for the tunnel that the faults are for has come */
    bool tunnel;    /* CONNECT was granted: it is raw both ways, and has turns */
    bool tls;       /* … with TLS in it */
    unsigned turns;
    unsigned tickets;             /* bursts that may have been session tickets */
    struct exchange *tunnel_turn; /* the tunnel's last; a reference */
    bool closes;                  /* after what is in the response lane */
    bool lingering;
    struct lane lanes[LANES];
    struct tracker trackers[LANES];
    struct buf heads[LANES];  /* of a head that is not whole yet */
    struct buf input;         /* from the client, not yet looked at */
    struct exchange *current; /* whose request is coming in; a reference */
    struct exchange *queue;   /* that wait for a response, in order */
    struct exchange *queue_last;
    unsigned queued;
    /* The burst of an opaque stream, by direction. */
    uint64_t burst_latency_ns[LANES];
    uint64_t burst_generation[LANES];
    bool burst_in_scope[LANES];
    bool burst_reset; /* … within the response's */
    /* What the faults know of it. */
    struct decision_lot lot;
    bool touched;          /* a request on it was one that is meant */
    bool judged;           /* requests on it were looked at */
    bool cut;              /* it ended at its limit of bytes */
    uint64_t passed;       /* bytes of responses, towards the limit … */
    uint32_t passed_epoch; /* … that was set then */
};

/* A client's socket, non-blocking; it is taken over. */
void connection_accept(struct worker *worker, int fd);
/* Ends it at the end of this callback. */
void connection_doom(struct connection *connection, enum doom why);
/* To be called at the end of every callback: acts on what the callback left. The connection may be
 * closing after it. */
void connection_settle(struct connection *connection);
/* Faults changed: times all it holds anew. Returns how many messages are let go. */
uint64_t connection_retime(struct connection *connection, const struct fault *before);

/* connection_faults.c */
/* Whether the faults in force are for its client. */
bool connection_source_matches(const struct connection *connection);
/* Its lot, drawn when it is first asked for. */
const struct decision_lot *connection_lot(struct connection *connection);
/* A new connection: true if a fault resets it. */
bool connection_reset_at_accept(struct connection *connection);
/* The same where the proxy is for one tunnel alone, once that is asked for: true if it is doomed. */
bool connection_reset_at_connect(struct connection *connection, struct exchange *exchange);
/* Puts a part of a response that is in scope, cut where a fault ends it. `resets` is set for a response
 * that is to be reset, and taken back when its end is in the lane. */
bool connection_put_response(struct connection *connection, const struct parcel *parcel, bool *resets,
                             uint64_t now_ns);
/* How much later the ends of its two ways are passed on. */
uint64_t connection_slow_close_ns(struct connection *connection);
/* Its response lane is broken at the limit: nothing goes on, and nothing more is answered. */
void connection_cut(struct connection *connection);

/* By its lanes. */
void connection_sink_broke(struct lane *lane);
void connection_chunk_sent(struct lane *lane, struct exchange *exchange, bool first, bool last);
/* connection_faults.c: the bytes before a mark are out. The lane may be broken after it. */
void connection_marked(struct lane *lane, struct exchange *exchange, enum lane_mark mark);
/* It will never go out. */
void connection_chunk_lost(struct lane *lane, struct exchange *exchange);

/* connection_io.c */
void connection_client_ready(struct watch *watch, uint32_t events);
void connection_upstream_ready(struct watch *watch, uint32_t events);
/* Reads what may be read now. */
void connection_read(struct connection *connection);
/* True when there is something left to read, and room for it. */
bool connection_may_read(const struct connection *connection);
/* connection.c, for it */
void connection_connected(struct connection *connection);
void connection_client_ended(struct connection *connection);
void connection_upstream_ended(struct connection *connection);

/* connection_http.c */
void connection_request_bytes(struct connection *connection, const char *data, size_t length);
void connection_response_bytes(struct connection *connection, const char *data, size_t length);
/* Looks at `input` again, after something that it waited for. */
void connection_resume_input(struct connection *connection);
/* What was decided of an exchange now holds for it. */
void connection_take_decision(struct connection *connection, struct exchange *exchange,
                              const struct decision *decision);
/* The faults may have changed since the request came: what of it is still to come is under the new ones. */
void connection_refresh(struct connection *connection, struct exchange *exchange);
/* The same for a message that has begun: it is never delayed more than its beginning was. */
void connection_refresh_begun(struct connection *connection, struct exchange *exchange, int direction);
void connection_request_ended(struct connection *connection);
void connection_response_ended(struct connection *connection);
/* No upstream: what is queued is answered with 502. */
void connection_refuse_requests(struct connection *connection);
/* The exchanges still open end with this outcome. */
void connection_abandon(struct connection *connection, enum stats_outcome outcome);

/* connection_raw.c */
void connection_raw_bytes(struct connection *connection, int direction, const char *data, size_t length);
/* From here on this direction is opaque; the held-back beginning of a head goes out. */
void connection_make_raw(struct connection *connection, int direction);

/* connection_tunnel.c */
/* A request's head is whole: whether it opens the tunnel that the faults are for. `authority` is its target.
 */
void connection_know_tunnel(struct connection *connection, const struct exchange *exchange,
                            const char *authority);
/* True: they are a tunnel's, and taken. Not what comes from upstream before the client has spoken. */
bool connection_tunnel_bytes(struct connection *connection, int direction, const char *data, size_t length);
/* Bytes went on without having been looked at. */
void connection_tunnel_poured(struct connection *connection, int direction);
void connection_end_tunnel(struct connection *connection);

/* connection_h2.c */
/* What is no HTTP/1 may be HTTP/2's preface, or its beginning. True: the bytes are taken. */
bool connection_try_h2(struct connection *connection, const char *data, size_t length);
/* The upstream speaks before any request. True: it may be HTTP/2, and the bytes are kept until the client's
 * first tell. */
bool connection_keep_settings(struct connection *connection, const char *data, size_t length);
/* It was not: they go on, and the connection is an opaque stream. */
void connection_release_settings(struct connection *connection);

/* measure.c */
void measure_outcome(struct worker *worker, struct exchange *exchange, enum stats_outcome outcome);
/* The same where the time is known. */
void measure_outcome_at(struct worker *worker, struct exchange *exchange, enum stats_outcome outcome,
                        uint64_t now_ns);
/* Of an opaque stream, which has no requests. */
void measure_stream_outcome(struct worker *worker, enum stats_outcome outcome, bool in_scope);
void measure_faulted(struct worker *worker, struct exchange *exchange);
/* The response's first byte went out. */
void measure_response(struct worker *worker, struct exchange *exchange, uint64_t now_ns);

#endif
