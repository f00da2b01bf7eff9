/*
 * client: somebody on a stats socket: reads its lines, sends it frames.
 */
#ifndef SHAKETABLE_PROXY_CLIENT_H
#define SHAKETABLE_PROXY_CLIENT_H

#include "core/buf.h"
#include "core/stats.h"
#include "proxy/control.h"

#include <sys/un.h>
#include <uv.h>

union client_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
};
struct listener {
    union client_stream socket;
    struct control *control;
    struct listener *next;
    bool is_unix;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};
enum subscription {
    SUBSCRIPTION_NONE,
    SUBSCRIPTION_WANTED,    /* its first interval begins with the next collection */
    SUBSCRIPTION_BEGINNING, /* … which is under way */
    SUBSCRIPTION_LIVE
};
struct client {
    union client_stream socket; /* first member */
    struct control *control;
    struct client *next;
    uint64_t serial;
    struct line_reader reader;
    bool closing;
    unsigned handles;
    enum subscription subscription;
    uv_timer_t timer;
    bool due;
    uint64_t since_ns;
    uint64_t sequence;
    struct stats_sample *sample; /* its counts since its last frame */
    char read_buffer[4096];
};

void client_accept(struct listener *listener);
void client_close(struct client *client);
/* NULL if it has left. */
struct client *client_find(struct control *control, uint64_t serial);
void client_send_ack(struct client *client, int64_t id, uint64_t released);
void client_send_problem(struct client *client, int64_t id, const struct error *error);
/* A frame of what has been gathered, unless it has too much unread; then it stays gathered. */
void client_send_sample(struct client *client);

#endif
