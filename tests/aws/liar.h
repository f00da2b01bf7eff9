/*
 * liar: a small HTTP server in the test's own process, that answers as the test says: well, badly,
 * late, half, or not at all. On a port of 127.0.0.1 that the system picks; a thread a connection.
 */
#ifndef SHAKETABLE_TESTS_AWS_LIAR_H
#define SHAKETABLE_TESTS_AWS_LIAR_H

#include "core/buf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define LIAR_CONNECTIONS_MAX 64
#define LIAR_HEADERS_MAX 32

struct liar;

struct liar_request {
    struct liar *liar;
    int fd;
    unsigned number; /* from 1, over all connections */
    char *head;      /* edited in place: method, path and the headers point into it */
    const char *method, *path;
    struct {
        const char *name, *value;
    } headers[LIAR_HEADERS_MAX];
    size_t header_count;
    const char *body;
    size_t body_length;
};
const char *liar_header(const struct liar_request *request, const char *name); /* "" if there is none */

/* Answers on request->fd; false closes the connection. Runs on the connection's thread. */
typedef bool liar_answer(void *context, const struct liar_request *request);

struct liar {
    liar_answer *answer;
    void *context;
    int fd;
    int port;
    char url[64];
    atomic_uint requests;
    atomic_uint connections;
    atomic_bool stopping;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_t threads[LIAR_CONNECTIONS_MAX];
    int fds[LIAR_CONNECTIONS_MAX];
};

void liar_start(struct liar *liar, liar_answer *answer, void *context);
void liar_stop(struct liar *liar);

/* A whole answer with Content-Length. Returns true. */
bool liar_reply(const struct liar_request *request, int status, const char *type, const char *body);
bool liar_reply_json(const struct liar_request *request, int status, const char *body);
bool liar_reply_xml(const struct liar_request *request, int status, const char *body);
/* Raw bytes, returns false: the connection closes. */
bool liar_reply_raw(const struct liar_request *request, const char *bytes);
/* Waits until the client leaves, or the server stops. Returns false. */
bool liar_hang(const struct liar_request *request);

#endif
