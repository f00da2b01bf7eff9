#include "sandbox/logs.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct container_log {
    struct log_stream *stream;
    uint64_t *next_id; /* the region's */
    int fd, file;
    struct line_reader reader;
};

static void drop_events(struct log_stream *stream)
{
    for (size_t i = 0; i < stream->events.count; i++) {
        struct log_event *event = stream->events.items[i];
        free(event->message);
        free(event);
    }
    list_free(&stream->events);
    stream->bytes = 0;
}

static void free_stream(struct log_stream *stream)
{
    drop_events(stream);
    free(stream);
}

void logs_free_all(struct region *region)
{
    for (size_t i = 0; i < region->log_streams.count; i++)
        free_stream(region->log_streams.items[i]);
    list_free(&region->log_streams);
    logs_free_groups(region);
}

void logs_drop_streams(struct region *region, const char *group)
{
    for (size_t i = region->log_streams.count; i-- > 0;) {
        struct log_stream *stream = region->log_streams.items[i];
        if (strcmp(stream->group, group) != 0)
            continue;
        if (stream->open) {
            drop_events(stream);
            continue;
        }
        list_remove_at(&region->log_streams, i);
        free_stream(stream);
    }
}

/* Makes room; the oldest of those that nobody writes to goes. */
static bool make_room(struct region *region)
{
    for (size_t i = 0; region->log_streams.count >= LOGS_STREAMS_MAX && i < region->log_streams.count; i++) {
        struct log_stream *stream = region->log_streams.items[i];
        if (stream->open)
            continue;
        list_remove_at(&region->log_streams, i);
        free_stream(stream);
    }
    return region->log_streams.count < LOGS_STREAMS_MAX;
}

static struct log_stream *new_stream(struct region *region, const struct task *task,
                                     const struct container *container, const char *group, const char *prefix)
{
    struct log_stream *stream = memory_new(sizeof *stream);

    text_copy(stream->group, sizeof stream->group, group);
    snprintf(stream->name, sizeof stream->name, "%.200s/%.250s/%s", prefix, container->name, task->id);
    snprintf(stream->arn, sizeof stream->arn, "arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", region->name,
             REGION_ACCOUNT, stream->group, stream->name);
    stream->created_ms = clock_epoch_ms();
    stream->open = true;
    list_add(&region->log_streams, stream);
    return stream;
}

struct container_log *logs_open(struct region *region, const struct task *task,
                                const struct container *container, struct json_object *definition, int file,
                                int *end)
{
    struct json_object *configuration = json_map(definition, "logConfiguration");
    struct json_object *options = json_map(configuration, "options");
    const char *driver = json_text(configuration, "logDriver"), *group = json_text(options, "awslogs-group");
    const char *prefix = json_text(options, "awslogs-stream-prefix");
    int ends[2];

    if (!driver || strcmp(driver, "awslogs") != 0 || !group || !prefix || !make_room(region) ||
        pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[0], F_SETPIPE_SZ, LOGS_PIPE_BYTES); /* refused to many pipes: then it stays small */
    struct container_log *log = memory_new(sizeof *log);
    log->stream = new_stream(region, task, container, group, prefix);
    log->next_id = &region->next_log_event;
    log->fd = ends[0];
    log->file = file;
    line_reader_init(&log->reader, LOGS_LINE_MAX);
    *end = ends[1];
    return log;
}

static void drop_oldest(struct log_stream *stream)
{
    struct log_event *event = stream->events.items[0];

    stream->bytes -= strlen(event->message);
    free(event->message);
    free(event);
    list_remove_at(&stream->events, 0);
}

static bool on_line(void *context, char *line, size_t length)
{
    struct container_log *log = context;
    struct log_stream *stream = log->stream;
    char *message = length > 0 ? strdup(line) : NULL;

    if (!message)
        return true; /* CloudWatch Logs takes no empty event */
    struct log_event *event = memory_new(sizeof *event);
    event->id = ++*log->next_id;
    event->time_ms = clock_epoch_ms();
    event->message = message;
    stream->bytes += strlen(message);
    list_add(&stream->events, event);
    while (stream->events.count > LOGS_EVENTS_MAX || stream->bytes > LOGS_BYTES_MAX)
        drop_oldest(stream);
    return true;
}

static bool on_too_long(void *context)
{
    (void)context;
    return true;
}

void logs_read(struct container_log *log)
{
    char bytes[16384];
    ssize_t length = 0;

    while (log && ((length = read(log->fd, bytes, sizeof bytes)) > 0 || (length < 0 && errno == EINTR))) {
        if (length < 0)
            continue;
        if (log->file >= 0 && write(log->file, bytes, (size_t)length) < 0) {
            close(log->file);
            log->file = -1;
        }
        line_reader_feed(&log->reader, bytes, (size_t)length, on_line, on_too_long, log);
    }
}

void logs_close(struct container_log *log)
{
    if (!log)
        return;
    logs_read(log);
    line_reader_feed(&log->reader, "\n", 1, on_line, on_too_long, log);
    log->stream->open = false;
    line_reader_free(&log->reader);
    close(log->fd);
    if (log->file >= 0)
        close(log->file);
    free(log);
}
