/*
 * server: the region's HTTP endpoint (libmicrohttpd, one thread of its own). It collects a request's
 * bounded body, asks `answer`, and sends what that gives.
 */
#ifndef SHAKETABLE_SANDBOX_SERVER_H
#define SHAKETABLE_SANDBOX_SERVER_H

#include "aws/sigv4.h"
#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_BODY_MAX (1 << 20)
#define SERVER_URL_MAX 8192
#define SERVER_CONNECTIONS_MAX 512
#define SERVER_SILENCE_MS 60000

struct server_request {
    const char *method;
    char path[SERVER_URL_MAX]; /* as sent */
    const char *query;         /* as sent, behind the "?"; "" if there is none */
    struct sigv4_header headers[SIGV4_HEADERS_MAX];
    size_t header_count;
    struct buf body;
    bool again; /* it was put off, and its time has come */
};

/* What becomes of an answer. */
enum server_ending {
    SERVER_WHOLE,
    SERVER_HALF,   /* the first half of its body, then the end of the connection */
    SERVER_CUT,    /* nothing, and the end of the connection */
    SERVER_SILENT, /* nothing, for SERVER_SILENCE_MS */
    SERVER_LATER,  /* not made yet: the handler is asked again after `later_ms` */
};
struct server_answer {
    enum server_ending ending;
    int later_ms;
    int status;
    const char *content_type;
    char id[64];          /* x-amzn-RequestId; "" for none */
    char error_type[128]; /* x-amzn-ErrorType; "" for none */
    struct buf body;      /* empty; its memory is taken over */
};
typedef void server_handler(void *context, const struct server_request *request,
                            struct server_answer *answer);

struct server;

/* A listening socket on a loopback address; *port 0 takes one from the system and tells it. */
int server_bind(const char *host, uint16_t *port, struct error *error);
/* Takes over the socket. `answer` is called on the server's thread, or in server_release. */
struct server *server_start(int socket, server_handler *answer, void *context, struct error *error);
/* Readable when connections that were held (SERVER_SILENT, SERVER_LATER) are due: call server_release. */
int server_event_fd(const struct server *server);
void server_release(struct server *server);
void server_stop(struct server *server);

#endif
