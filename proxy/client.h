/*
 * client: somebody on a stats socket: reads its lines, sends it frames. Over TCP it is a stranger until it
 * has proved the console's key (client_tls.c), and nothing that it says is looked at before.
 */
#ifndef SHAKETABLE_PROXY_CLIENT_H
#define SHAKETABLE_PROXY_CLIENT_H

#include "core/buf.h"
#include "core/stats.h"
#include "core/tls.h"
#include "proxy/control.h"

#include <netinet/in.h>
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
enum standing {
    STANDING_KNOWN,    /* may speak */
    STANDING_SILENT,   /* a stranger that has said nothing yet */
    STANDING_STRANGER, /* in its handshake */
    STANDING_REFUSED   /* gets the alert; what it still sends is thrown away */
};
struct client {
    union client_stream socket; /* first member */
    struct control *control;
    struct client *next;
    uint64_t serial;
    struct line_reader reader;
    bool closing;
    bool leaving; /* closed once what it was told is written */
    unsigned handles;
    enum standing standing;
    struct tls *tls; /* from its first byte on; NULL on a Unix socket */
    struct sockaddr_storage peer;
    size_t thrown_away; /* bytes, since it was refused */
    enum subscription subscription;
    uv_timer_t timer; /* its next frame; a stranger's time */
    bool due;
    uint64_t since_ns;
    uint64_t sequence;
    struct stats_sample *sample; /* its counts since its last frame */
};

void client_accept(struct listener *listener);
/* A client that is connected already: the socket becomes its own. 0 or a negative errno. */
int client_adopt(struct control *control, int fd);
void client_close(struct client *client);
/* NULL if it has left. */
struct client *client_find(struct control *control, uint64_t serial);
void client_send_ack(struct client *client, int64_t id, uint64_t released);
void client_send_problem(struct client *client, int64_t id, const struct error *error);
/* A frame of what has been gathered, unless it has too much unread; then it stays gathered. */
void client_send_sample(struct client *client);

/* What it said, by a Unix socket or out of TLS. False: it is being closed. */
bool client_take(struct client *client, const char *data, size_t length);
/* It may speak from now on, unless too many do. */
void client_admit(struct client *client);
/* Sends it; takes the buffer's memory. Too much unread, or no memory: it is dropped. */
void client_write(struct client *client, struct buf *bytes);

/* client_tls.c: over TCP. */
void client_tls_begin(struct client *client);
void client_tls_receive(struct client *client, const char *bytes, size_t length);
void client_tls_send(struct client *client, const struct buf *text);

#endif
