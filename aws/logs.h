/*
 * logs: CloudWatch Logs, reading only. Lists as in ecs.h: zeroed before first use, freed after an error too.
 */
#ifndef SHAKETABLE_AWS_LOGS_H
#define SHAKETABLE_AWS_LOGS_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGS_STREAM_MAX 513
#define LOGS_EVENTS_MAX 4096 /* of one question; what is later is left for the next */

struct logs_event {
    int64_t time_ms; /* epoch, by the log driver's clock */
    char stream[LOGS_STREAM_MAX];
    char *message;
};
struct logs_events {
    struct logs_event *items;
    size_t count;
    size_t capacity;
};
void logs_events_free(struct logs_events *events);

struct logs_query {
    const char *group;
    const char *stream_prefix; /* NULL: all streams */
    const char *pattern;       /* FilterLogEvents' own; NULL: all events */
    int64_t from_ms;
};
/* By their times. What is logged is found some seconds later, and may then be older than what was found
 * before: ask with some overlap. ERROR_NOT_FOUND: no such group (yet). */
bool logs_filter_events(struct aws_client *client, const struct logs_query *query, struct logs_events *out,
                        struct error *error);

#endif
