/*
 * tracker: finds where HTTP/1 messages begin and end in a byte stream, and what must be known of
 * their heads. It copies no bodies and changes no byte; the caller forwards the original bytes.
 */
#ifndef SHAKETABLE_PROXY_TRACKER_H
#define SHAKETABLE_PROXY_TRACKER_H

#include "core/fault.h"

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#define TRACKER_AGENT_MAX 31
#define TRACKER_FIELD_MAX 15

/* What is read out of a request's head. Lent by a pool from the head's first byte until tracker_release: an
 * idle connection has none. */
struct tracker_head {
    struct tracker_head *next;
    size_t path_length;
    size_t agent_length;
    size_t expect_length;
    size_t field_length;
    bool in_value;
    char path[FAULT_PATH_MAX + 1]; /* without scheme, host and query; cut at the bound */
    char agent[TRACKER_AGENT_MAX + 1];
    char expect[TRACKER_FIELD_MAX + 1];
    char field[TRACKER_FIELD_MAX + 1]; /* the header that is under way */
    bool aws_json;                     /* it has an X-Amz-Target */
};
/* Zero it; of one thread. */
struct tracker_pool {
    struct tracker_head *idle;
};
struct tracker {
    llhttp_t parser;
    struct tracker_pool *pool;
    struct tracker_head *head; /* of a request, from its first byte until it is released */
    bool head_done;            /* of the message that is under way */
    bool complete;
    /* Set by the caller before a response is fed: of the request that it answers. */
    bool answers_head;
    bool answers_connect;
};

struct tracker_result {
    size_t consumed;
    bool head;     /* the head became complete within these bytes */
    bool complete; /* the message ended with the last byte consumed */
    bool upgrade;  /* … and what follows may be another protocol */
    bool failed;   /* not HTTP/1; what was consumed means nothing */
};

/* The pool is needed for requests only. */
void tracker_init(struct tracker *tracker, bool response, struct tracker_pool *pool);
/* `head` has been read, or never will be. */
void tracker_release(struct tracker *tracker);
void tracker_pool_free(struct tracker_pool *pool);
/* Feeds bytes up to the end of one message. */
struct tracker_result tracker_feed(struct tracker *tracker, const char *data, size_t length);
/* The stream ended: true if that ended a message properly (a body that lasts until close). */
bool tracker_finish(struct tracker *tracker);
/* After `upgrade`, where the other side declined: HTTP goes on. */
void tracker_resume(struct tracker *tracker);

/* Of a request whose head is whole, until it is released. */
bool tracker_expects_continue(const struct tracker *tracker);
const char *tracker_method(const struct tracker *tracker);
int tracker_status(const struct tracker *tracker);
bool tracker_is_informational(const struct tracker *tracker); /* 1xx, but not 101 */
/* Valid at `complete`. */
bool tracker_keeps_alive(const struct tracker *tracker);
bool tracker_is_http_1_0(const struct tracker *tracker);

#endif
