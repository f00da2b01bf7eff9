/*
 * h2_internal: what the parts of the HTTP/2 relay share. Everything runs on the connection's worker.
 */
#ifndef SHAKETABLE_PROXY_H2_INTERNAL_H
#define SHAKETABLE_PROXY_H2_INTERNAL_H

#include "core/buf.h"
#include "proxy/connection.h"
#include "proxy/h2.h"

#include <nghttp2/nghttp2.h>

#define H2_STREAMS_MAX 1000U           /* at once, as the client is told */
#define H2_STREAMS_KEPT_MAX 2000U      /* … with those it gave up while their request is held */
#define H2_FIELDS_MAX 512U             /* of one head */
#define H2_HEAD_MAX (128U << 10)       /* bytes of one head, as RFC 9113 6.5.2 counts them */
#define H2_WINDOW_BYTES (256U << 10)   /* a stream's */
#define H2_WINDOW_ALL_BYTES (4U << 20) /* a connection's */
#define H2_DELAYED_MAX (1U << 20) /* of a stream's direction: above it delayed bytes hold the window too */
#define H2_HELD_MAX (16U << 20)   /* of a connection: above it all bytes hold the connection's window */
#define H2_LANE_MAX (64U << 10)   /* no more than this is put into a lane ahead of its socket */
#define H2_QUEUE_MAX 1024U        /* frames that wait for one side: the other is not read */
#define H2_DRAIN_NS UINT64_C(1000000000) /* in which the client learns that it should go elsewhere */
#define H2_RESETS_BURST 1000U            /* streams that a client may reset at once, … */
#define H2_RESETS_RATE 33U               /* … and in a second after that */
#define H2_CONTINUATIONS_MAX 8U          /* frames of one head */

/* One field of a header list: lengths of name and value in its text, each followed by a NUL. */
struct h2_field {
    uint32_t name_length;
    uint32_t value_length;
    uint8_t flags; /* NGHTTP2_NV_FLAG_NO_INDEX or none */
};
/* A header list that is coming together. */
struct h2_fields {
    struct buf list; /* struct h2_field each */
    struct buf text;
    size_t size; /* as RFC 9113 6.5.2 counts it */
    bool failed; /* too large, or no memory: what is here is not all */
};

enum h2_piece_kind {
    H2_PIECE_HEAD,
    H2_PIECE_INFORMATIONAL,
    H2_PIECE_TRAILERS,
    H2_PIECE_DATA,
    H2_PIECE_RESET
};
/* Something on its way from one session to the other. */
struct h2_piece {
    struct h2_piece *next;
    enum h2_piece_kind kind;
    uint32_t code; /* of a reset */
    uint64_t arrived_ns;
    uint64_t latency_ns;
    uint64_t loss_ns;
    uint64_t release_ns;
    uint32_t length; /* of data, or of a head's bytes */
    uint32_t sent;
    uint32_t count;           /* a head's fields */
    uint32_t owed;            /* bytes to be given back to the source stream's window … */
    uint32_t owed_all;        /* … and to its connection's */
    bool first;               /* of its message */
    bool ends;                /* the last but a reset */
    bool held;                /* counts in the gauge */
    _Alignas(8) char bytes[]; /* data; or count × struct h2_field, then the text */
};

struct h2_stream;
/* One direction of a stream. */
struct h2_pipe {
    struct timer timer; /* first member */
    struct h2_stream *stream;
    int direction;
    struct h2_piece *pieces;
    struct h2_piece *pieces_last;
    size_t bytes;
    uint64_t last_release_ns;
    bool opened;   /* its head was given to the sink's session */
    bool deferred; /* the sink's session waits to be told of more */
    bool complete; /* its end has come in */
    bool ended;    /* … and was given to the sink's session */
    bool end_sent; /* … which has written it */
};

struct h2_stream {
    struct h2_stream *next;
    struct h2_stream *previous;
    struct h2_stream *next_done;
    struct h2 *h2;
    struct exchange *exchange;
    struct h2_pipe pipes[LANES];
    int32_t client_id;
    int32_t upstream_id; /* 0: it was not sent there */
    bool grpc;
    bool client_closed;
    bool upstream_closed;
    bool dropped; /* we ended it: what comes is thrown away */
    bool lost;    /* with the upstream's connection: nothing more will come */
    bool final;   /* the response's head has come */
    bool cut;     /* its response is to be reset in the middle */
    bool failed;  /* it is answered for an upstream that does not speak HTTP/2 */
    bool done;    /* in the list of those to be freed */
};

struct h2 {
    struct connection *connection;
    struct worker *worker;
    nghttp2_session *sessions[LANES]; /* by where their bytes come from: LANE_REQUEST is the client's */
    struct h2_fields incoming[LANES];
    struct h2_stream *streams;
    struct h2_stream *done;
    unsigned stream_count;
    size_t bytes;
    bool meant;         /* a request on it was in scope: so are the bytes of the connection */
    bool spoke;         /* the upstream did, in HTTP/2 */
    bool refused;       /* there is no upstream, */
    bool upstream_gone; /* … or no more */
    bool answered;      /* a request, where there is no upstream that speaks HTTP/2 */
    bool finishing;     /* the client was told that nothing new is taken */
    bool client_ended;
    uint64_t now_ns; /* when what is looked at was read */
    bool draining;
    bool client_leaving; /* its GOAWAY is to be passed on */
    uint32_t leaving_code;
};

/* h2_fields.c */
void h2_fields_reset(struct h2_fields *fields);
void h2_fields_free(struct h2_fields *fields);
void h2_fields_add(struct h2_fields *fields, const void *name, size_t name_length, const void *value,
                   size_t value_length, uint8_t flags);
void h2_fields_add_text(struct h2_fields *fields, const char *name, const char *value);
/* The value of the first field of that name, NULL if there is none. Valid until the list changes. */
const char *h2_fields_find(const struct h2_fields *fields, const char *name);
/* Goes through the list: begin with a cursor of zeros. False at the end. */
struct h2_cursor {
    size_t index;
    size_t at;
    struct h2_field field;
    const char *name; /* as value: in the list's memory, NUL-terminated */
    const char *value;
};
bool h2_fields_next(const struct h2_fields *fields, struct h2_cursor *cursor);
struct h2_piece *h2_fields_pack(const struct h2_fields *fields, enum h2_piece_kind kind);
/* At most H2_FIELDS_MAX; they point into the piece. */
size_t h2_fields_unpack(struct h2_piece *piece, nghttp2_nv *list);

/* h2_pipe.c */
void h2_pipe_init(struct h2_pipe *pipe, struct h2_stream *stream, int direction);
/* Drops what it holds; windows get it back. */
void h2_pipe_clear(struct h2_pipe *pipe);
/* Takes the piece over; NULL dooms the connection for lack of memory. Of its latency `waited_ns` are over. */
void h2_pipe_put(struct h2_pipe *pipe, struct h2_piece *piece, uint64_t waited_ns, uint64_t now_ns);
/* A head or trailers, which may end the message. */
void h2_pipe_put_fields(struct h2_pipe *pipe, struct h2_piece *piece, uint64_t waited_ns, uint64_t now_ns);
void h2_pipe_put_data(struct h2_pipe *pipe, const uint8_t *data, size_t length, uint64_t now_ns);
/* The message's end came by itself. */
void h2_pipe_put_end(struct h2_pipe *pipe, uint64_t now_ns);
void h2_pipe_put_reset(struct h2_pipe *pipe, uint32_t code, uint64_t now_ns);
/* Hands on what is due, sets the timer for what is not. */
void h2_pipe_run(struct h2_pipe *pipe);
void h2_pipe_run_soon(struct h2_pipe *pipe);
/* Where its pieces are timed anew: those of one message share one delay. Returns whether one was let go. */
uint64_t h2_pipe_retime(struct h2_pipe *pipe, const struct fault *before, uint64_t now_ns);
nghttp2_data_provider h2_pipe_provider(struct h2_pipe *pipe);

/* h2_stream.c */
struct h2_stream *h2_stream_new(struct h2 *h2, int32_t client_id);
void h2_stream_free(struct h2_stream *stream);
void h2_stream_reap(struct h2 *h2);
void h2_stream_client_closed(struct h2_stream *stream, uint32_t code);
void h2_stream_upstream_closed(struct h2_stream *stream, uint32_t code);
/* Notes it for h2_stream_reap if neither side knows it any more. */
void h2_stream_check(struct h2_stream *stream);
/* Nothing of it is to come any more from the upstream: its connection is lost. */
void h2_stream_lose(struct h2_stream *stream);

/* h2_client.c, h2_upstream.c: NULL only without memory */
nghttp2_session *h2_client_session(struct h2 *h2, const nghttp2_option *option);
nghttp2_session *h2_upstream_session(struct h2 *h2, const nghttp2_option *option);
/* Of the upstream's settings, those that the client must know. */
void h2_client_pass_settings(struct h2 *h2, const nghttp2_settings *settings);
void h2_client_pass_goaway(struct h2 *h2, const nghttp2_goaway *goaway);
/* Nothing new is taken from the client. */
void h2_client_finish(struct h2 *h2);

/* h2_faults.c */
/* A request's head came: decides what happens to it, and begins that. */
void h2_faults_begin(struct h2_stream *stream, const struct h2_fields *fields, bool ends);
/* The response's head came: what is still to come is under the faults that are in force now. */
void h2_faults_refresh(struct h2_stream *stream);
/* … more of a message that has begun. */
void h2_faults_refresh_begun(struct h2_stream *stream, int direction);
bool h2_faults_are_lossy(const struct h2_pipe *pipe);
/* The latency that a held message has under the new faults, never more than it had. */
uint64_t h2_faults_latency_now(const struct h2_pipe *pipe, uint64_t latency_ns, const struct fault *before);

/* h2_answer.c */
/* Answers with exchange->status: an injected error, or the upstream's absence. Due `latency_ns` after now. */
void h2_answer(struct h2_stream *stream, uint64_t latency_ns);
/* The request that it answers is whole now. */
void h2_answer_request_complete(struct h2_stream *stream, uint64_t now_ns);

#endif
