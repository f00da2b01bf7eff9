/*
 * http_reader: reads HTTP/1.1 messages (RFC 9112), requests or responses, off a byte stream with llhttp, one
 * message at a time. It opens no socket and copies no body.
 *
 * The reader stops behind each message, so that what follows (a pipelined request, the bytes of
 * another protocol after a switch) stays with the caller.
 */
#ifndef SHAKETABLE_CORE_HTTP_READER_H
#define SHAKETABLE_CORE_HTTP_READER_H

#include "core/buf.h"

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX 65536 /* an Application Load Balancer's limit for a whole head */
#define HTTP_FIELDS_MAX 128

/* Offsets into the head's text: it moves while it grows. */
struct http_field {
    uint32_t name, name_length;
    uint32_t value, value_length;
};
struct http_head {
    struct buf text;
    uint32_t target_length; /* requests: the text begins with the request target, */
    uint32_t reason_length; /* responses: with the reason phrase */
    unsigned method;        /* llhttp's number */
    unsigned status;
    unsigned minor; /* HTTP/1.minor */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t count;
    uint64_t length; /* of the body, if has_length */
    bool has_length;
    bool chunked;
    bool upgrade;    /* a request that asks to switch the protocol, or the 101 that grants it */
    bool keep_alive; /* what the sender wants; of a response known once it is done */
    bool body;       /* one follows (it may have length 0 if chunked) */
};

struct http_reader;
struct http_events {
    /* The head is complete. False: the message has no body whatever its head says (HEAD). */
    bool (*head)(void *context, const struct http_head *head);
    void (*body)(void *context, const char *data, size_t length);
};
struct http_reader {
    llhttp_t parser;
    llhttp_settings_t settings;
    struct http_head head;
    const struct http_events *events;
    void *context;
    bool name_done; /* the next name begins a new field */
    bool head_done;
    bool begun; /* in the middle of a message */
    bool paused;
};

enum http_result {
    HTTP_MORE,     /* everything was used, the message goes on */
    HTTP_DONE,     /* the message ended */
    HTTP_SWITCHED, /* the message ended, and asks or grants a switch of protocol */
    HTTP_BROKEN    /* not HTTP, or past a bound; the reader is of no more use */
};

/* `events` and `context` must outlive it. It holds pointers to itself: do not copy it. */
void http_reader_init(struct http_reader *reader, llhttp_type_t type, const struct http_events *events,
                      void *context);
void http_reader_free(struct http_reader *reader);
/* Reads up to the end of a message; *used is how far that was. The events must not free the reader. */
enum http_result http_reader_feed(struct http_reader *reader, const char *data, size_t length, size_t *used);
/* The stream ended: HTTP_DONE if that ends the message, HTTP_MORE if none had begun, else broken. */
enum http_result http_reader_finish(struct http_reader *reader);

/* True when the field has this name (without regard to case). */
bool http_field_is(const struct http_head *head, const struct http_field *field, const char *name);
/* The first field of that name, NULL if there is none. */
const struct http_field *http_head_find(const struct http_head *head, const char *name);
/* True when a comma-separated list (Connection) holds the word, without regard to case. */
bool http_list_has(const char *list, size_t list_length, const char *word, size_t length);

#endif
