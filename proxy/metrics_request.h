/*
 * metrics_request: the head of one HTTP request to the metrics' socket, read by llhttp as it comes in pieces.
 * No socket, no clock.
 */
#ifndef SHAKETABLE_PROXY_METRICS_REQUEST_H
#define SHAKETABLE_PROXY_METRICS_REQUEST_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>

#define METRICS_HEAD_MAX 8192
enum { METRICS_PATH_MAX = 256, METRICS_FIELD_MAX = 16, METRICS_ACCEPT_MAX = 1024 };

struct metrics_request {
    llhttp_t parser;
    size_t seen; /* bytes of it */
    bool whole;
    bool keeps_alive; /* the client takes another answer, and nothing is in the way of the next request */
    bool in_value;
    size_t path_length, field_length, accept_length; /* SIZE_MAX: too long to be kept */
    char path[METRICS_PATH_MAX + 1];                 /* without its query; "" if it was too long */
    char field[METRICS_FIELD_MAX + 1];
    char accept[METRICS_ACCEPT_MAX + 1];
};
enum metrics_progress { METRICS_MORE, METRICS_WHOLE, METRICS_TOO_LONG, METRICS_BAD };

/* Also for the next request of a connection. */
void metrics_request_init(struct metrics_request *request);
/* After anything but METRICS_MORE it takes no more. */
enum metrics_progress metrics_request_feed(struct metrics_request *request, const char *data, size_t length);
bool metrics_request_is_head(const struct metrics_request *request);
/* 200, 404 or 405. */
int metrics_request_status(const struct metrics_request *request);
/* It takes OpenMetrics, rather than the older format alone. */
bool metrics_request_takes_open(const struct metrics_request *request);

#endif
