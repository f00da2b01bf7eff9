/*
 * logs: what containers with an awslogs logConfiguration print, as CloudWatch Logs keeps it: a stream a
 * container, "PREFIX/CONTAINER/TASK" in its group, bounded. All of it belongs to the region's mutex.
 */
#ifndef SHAKETABLE_SANDBOX_LOGS_H
#define SHAKETABLE_SANDBOX_LOGS_H

#include "sandbox/region.h"

#include <stddef.h>
#include <stdint.h>

#define LOGS_NAME_MAX 513
#define LOGS_LINE_MAX 262118    /* bytes of an event, as AWS has it; a longer line is left out */
#define LOGS_EVENTS_MAX 1000    /* of a stream; the oldest go */
#define LOGS_BYTES_MAX 4000000  /* of a stream, likewise */
#define LOGS_STREAMS_MAX 20000  /* of the region, likewise */
#define LOGS_PIPE_BYTES 1048576 /* what a container may print before the region looks */

struct log_event {
    uint64_t id;     /* grows over the whole region */
    int64_t time_ms; /* epoch */
    char *message;
};
struct log_group {
    char name[LOGS_NAME_MAX];
    int64_t created_ms;
};
struct log_stream {
    char group[LOGS_NAME_MAX], name[LOGS_NAME_MAX];
    char arn[2 * LOGS_NAME_MAX + 128];
    int64_t created_ms;
    bool open; /* a container writes to it */
    size_t bytes;
    struct list events; /* struct log_event *, the latest last */
};

/* One container's output on its way into a stream, and into `file` (taken over; -1: none). NULL where its
 * logConfiguration is not one that we keep; the file stays the caller's then. `*end` gets the descriptor for
 * the container, which the caller closes. */
struct container_log *logs_open(struct region *region, const struct task *task,
                                const struct container *container, struct json_object *definition, int file,
                                int *end);
/* Takes what has come; never waits. NULL is fine, as below. */
void logs_read(struct container_log *log);
/* Takes the rest. The stream stays. */
void logs_close(struct container_log *log);
void logs_free_all(struct region *region);

/* logs_groups.c */
bool logs_group_exists(const struct region *region, const char *name);
void logs_free_groups(struct region *region);
/* The group's streams, but for those that a container writes to, which lose their events. */
void logs_drop_streams(struct region *region, const char *group);

#endif
