#include "aws/logs.h"

#include "aws/json.h"
#include "aws/list.h"
#include "aws/pager.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

void logs_events_free(struct logs_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        free(events->items[i].message);
    aws_list_free(&events->items, &events->count, &events->capacity);
}

static void set_text(struct json_object *input, const char *key, const char *value)
{
    if (value && *value)
        json_object_object_add(input, key, json_object_new_string(value));
}

static bool take_events(struct json_object *page, struct logs_events *out, struct error *error)
{
    struct json_object *list = aws_json_get(page, "events");
    for (size_t i = 0; i < aws_json_count(list) && out->count < LOGS_EVENTS_MAX; i++) {
        struct json_object *raw = aws_json_at(list, i);
        struct json_object *time = aws_json_get(raw, "timestamp");
        char *message = strdup(aws_json_text(raw, "message"));
        struct logs_event *event =
            message ? aws_list_add(&out->items, &out->count, &out->capacity, sizeof *out->items) : NULL;
        if (!event) {
            free(message);
            return error_set(error, ERROR_SYSTEM, "out of memory");
        }
        event->message = message;
        event->time_ms = json_object_get_int64(time);
        aws_json_copy(event->stream, sizeof event->stream, raw, "logStreamName");
    }
    return true;
}

bool logs_filter_events(struct aws_client *client, const struct logs_query *query, struct logs_events *out,
                        struct error *error)
{
    struct json_object *input = json_object_new_object();
    struct aws_pager *pager = malloc(sizeof *pager);
    bool more = true, done = true;
    logs_events_free(out);
    if (!pager) {
        json_object_put(input);
        return error_set(error, ERROR_SYSTEM, "out of memory");
    }
    aws_pager_init(pager);
    set_text(input, "logGroupName", query->group);
    set_text(input, "logStreamNamePrefix", query->stream_prefix);
    set_text(input, "filterPattern", query->pattern);
    json_object_object_add(input, "startTime", json_object_new_int64(query->from_ms));
    while (done && more && out->count < LOGS_EVENTS_MAX) {
        struct json_object *page = NULL;
        done = aws_call_json(client, AWS_LOGS, "FilterLogEvents", input, &page, error) &&
               take_events(page, out, error) &&
               aws_pager_next(pager, aws_json_text(page, "nextToken"), "FilterLogEvents", &more, error);
        set_text(input, "nextToken", pager->token);
        json_object_put(page);
    }
    free(pager);
    json_object_put(input);
    return done;
}
