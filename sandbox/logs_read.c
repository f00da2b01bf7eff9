/* The operations of CloudWatch Logs. */
#include "sandbox/logs.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_LARGEST 10000
#define EVENTS_BYTES_LARGEST 1000000 /* of an answer */
#define STREAMS_LARGEST 50

/* "arn:…:log-group:NAME" or "…:*" to NAME. */
static void read_group(struct json_object *request, char group[LOGS_NAME_MAX])
{
    const char *name = json_text(request, "logGroupName"), *arn = json_text(request, "logGroupIdentifier");
    const char *part = arn ? strstr(arn, ":log-group:") : NULL;

    text_copy(group, LOGS_NAME_MAX, name ? name : part ? part + strlen(":log-group:") : arn);
    size_t length = strlen(group);
    if (length > 2 && strcmp(group + length - 2, ":*") == 0)
        group[length - 2] = '\0';
}

static bool check_group(struct region *region, struct call *call, char group[LOGS_NAME_MAX])
{
    read_group(call->request, group);
    return logs_group_exists(region, group) ||
           call_fail(call, "ResourceNotFoundException", "The specified log group does not exist.");
}

static bool stream_is_asked_for(const struct log_stream *stream, struct json_object *request)
{
    const char *prefix = json_text(request, "logStreamNamePrefix");
    struct json_object *names = json_list(request, "logStreamNames");

    if (prefix && strncmp(stream->name, prefix, strlen(prefix)) != 0)
        return false;
    for (size_t i = 0; i < json_length(names); i++) {
        if (strcmp(json_text_at(names, i), stream->name) == 0)
            return true;
    }
    return !names;
}

/* --- filter patterns ---------------------------------------------------------------------------- */

/* `{ $.KEY = "VALUE" }`, a phrase between quotes, or words that must all be there; "" is all. Others are
 * refused. */
struct pattern {
    char key[64], value[128]; /* key "": words */
    char words[1025];
    bool phrase; /* words are to be found as they stand */
};

static bool read_pattern(struct call *call, struct pattern *pattern)
{
    const char *text = json_text(call->request, "filterPattern");
    char end[2] = "";

    memset(pattern, 0, sizeof *pattern);
    if (!text || text[strspn(text, " ")] == '\0')
        return true;
    if (text[0] == '{' &&
        sscanf(text, "{ $.%63[A-Za-z0-9_] = \"%127[^\"]\" %1[}]", pattern->key, pattern->value, end) == 3)
        return true;
    pattern->key[0] = '\0';
    size_t length = strlen(text);
    pattern->phrase = length > 2 && length < sizeof pattern->words && text[0] == '"' &&
                      strchr(text + 1, '"') == text + length - 1;
    if (pattern->phrase) {
        snprintf(pattern->words, sizeof pattern->words, "%.*s", (int)length - 2, text + 1);
        return true;
    }
    if (strlen(text) >= sizeof pattern->words || strpbrk(text, "{}[]?%-\"") != NULL)
        return call_fail(
            call, "InvalidParameterException",
            "Invalid filter pattern: this region knows { $.key = \"value\" }, a \"phrase\" and plain words.");
    text_copy(pattern->words, sizeof pattern->words, text);
    return true;
}

static bool matches(const struct pattern *pattern, const char *message)
{
    if (pattern->key[0] != '\0') {
        struct json_object *json = message[0] == '{' ? json_tokener_parse(message) : NULL;
        const char *value = json_text(json, pattern->key);
        bool equal = value && strcmp(value, pattern->value) == 0;
        json_object_put(json);
        return equal;
    }
    if (pattern->phrase)
        return strstr(message, pattern->words) != NULL;
    char words[sizeof pattern->words], *rest = NULL;
    text_copy(words, sizeof words, pattern->words);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (!strstr(message, word))
            return false;
    }
    return true;
}

/* --- events ------------------------------------------------------------------------------------- */

struct found {
    const struct log_stream *stream;
    const struct log_event *event;
};
struct search {
    struct found *items;
    size_t count, capacity;
};

static void search_stream(struct search *search, const struct log_stream *stream, struct json_object *request,
                          const struct pattern *pattern)
{
    int64_t from = json_integer(request, "startTime", 0), to = json_integer(request, "endTime", INT64_MAX);

    for (size_t i = 0; i < stream->events.count; i++) {
        const struct log_event *event = stream->events.items[i];
        if (event->time_ms < from || event->time_ms >= to || (pattern && !matches(pattern, event->message)))
            continue;
        if (search->count == search->capacity) {
            search->capacity = search->capacity ? 2 * search->capacity : 64;
            struct found *more = memory_new(search->capacity * sizeof *more);
            if (search->count > 0)
                memcpy(more, search->items, search->count * sizeof *more);
            free(search->items);
            search->items = more;
        }
        search->items[search->count++] = (struct found){stream, event};
    }
}

static int by_time(const void *left, const void *right)
{
    const struct log_event *a = ((const struct found *)left)->event,
                           *b = ((const struct found *)right)->event;

    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static struct json_object *event_json(const struct found *found, bool of_many)
{
    struct json_object *json = json_object_new_object();

    if (of_many)
        json_put_text(json, "logStreamName", found->stream->name);
    json_put_integer(json, "timestamp", found->event->time_ms);
    json_put_text(json, "message", found->event->message);
    json_put_integer(json, "ingestionTime", found->event->time_ms);
    if (of_many)
        json_put_format(json, "eventId", "%056llu", (unsigned long long)found->event->id);
    return json;
}

/* From items[first] on; returns where it stopped. */
static size_t put_events(struct call *call, const struct search *search, size_t first, int64_t limit,
                         bool of_many)
{
    struct json_object *events = json_object_new_array();
    size_t bytes = 0, i = first;

    for (; i < search->count && (int64_t)(i - first) < limit; i++) {
        bytes += strlen(search->items[i].event->message);
        if (bytes > EVENTS_BYTES_LARGEST && i > first)
            break;
        json_object_array_add(events, event_json(&search->items[i], of_many));
    }
    json_put(call->response, "events", events);
    return i;
}

/* A token names the event that the page before ended with. */
static size_t behind_token(const struct search *search, const char *token)
{
    uint64_t id =
        token && (token[0] == 'f' || token[0] == 'b') && token[1] == '/' ? strtoull(token + 2, NULL, 10) : 0;

    for (size_t i = 0; id > 0 && i < search->count; i++) {
        if (search->items[i].event->id == id)
            return i + 1;
    }
    return 0;
}

static bool read_limit(struct call *call, int64_t largest, int64_t *limit)
{
    *limit = json_integer(call->request, "limit", largest);
    return (*limit >= 1 && *limit <= largest) ||
           call_fail(call, "InvalidParameterException", "limit must be between 1 and %d.", (int)largest);
}

bool logs_filter_log_events(struct region *region, struct call *call)
{
    char group[LOGS_NAME_MAX];
    struct pattern pattern;
    struct search search = {0};
    int64_t limit = 0;

    if (!check_group(region, call, group) || !read_pattern(call, &pattern) ||
        !read_limit(call, EVENTS_LARGEST, &limit))
        return false;
    for (size_t i = 0; i < region->log_streams.count; i++) {
        const struct log_stream *stream = region->log_streams.items[i];
        if (strcmp(stream->group, group) == 0 && stream_is_asked_for(stream, call->request))
            search_stream(&search, stream, call->request, &pattern);
    }
    if (search.count > 0)
        qsort(search.items, search.count, sizeof *search.items, by_time);
    size_t end =
        put_events(call, &search, behind_token(&search, json_text(call->request, "nextToken")), limit, true);
    if (end > 0 && end < search.count)
        json_put_format(call->response, "nextToken", "f/%llu",
                        (unsigned long long)search.items[end - 1].event->id);
    json_put(call->response, "searchedLogStreams", json_object_new_array());
    free(search.items);
    return true;
}

bool logs_get_log_events(struct region *region, struct call *call)
{
    char group[LOGS_NAME_MAX];
    const char *name = json_text(call->request, "logStreamName");
    const char *token = json_text(call->request, "nextToken");
    const struct log_stream *stream = NULL;
    struct search search = {0};
    int64_t limit = 0;

    if (!check_group(region, call, group) || !read_limit(call, EVENTS_LARGEST, &limit))
        return false;
    for (size_t i = 0; i < region->log_streams.count; i++) {
        const struct log_stream *one = region->log_streams.items[i];
        if (strcmp(one->group, group) == 0 && name && strcmp(one->name, name) == 0)
            stream = one;
    }
    if (!stream)
        return call_fail(call, "ResourceNotFoundException", "The specified log stream does not exist.");
    search_stream(&search, stream, call->request, NULL);
    bool from_head = token || json_flag(call->request, "startFromHead", false);
    size_t first = token                                        ? behind_token(&search, token)
                   : !from_head && search.count > (size_t)limit ? search.count - (size_t)limit
                                                                : 0;
    size_t end = put_events(call, &search, first, limit, false);
    uint64_t last = end > 0 && end <= search.count ? search.items[end - 1].event->id : 0;
    json_put_format(call->response, "nextForwardToken", "f/%llu", (unsigned long long)last);
    json_put_format(call->response, "nextBackwardToken", "b/%llu", (unsigned long long)last);
    free(search.items);
    return true;
}

bool logs_describe_log_streams(struct region *region, struct call *call)
{
    char group[LOGS_NAME_MAX];
    const char *token = json_text(call->request, "nextToken");
    struct json_object *list = json_object_new_array();
    int64_t limit = 0;
    size_t first = token ? (size_t)strtoull(token, NULL, 10) : 0, seen = 0;

    json_put(call->response, "logStreams", list);
    if (!check_group(region, call, group) || !read_limit(call, STREAMS_LARGEST, &limit))
        return false;
    for (size_t i = 0; i < region->log_streams.count; i++) {
        const struct log_stream *stream = region->log_streams.items[i];
        if (strcmp(stream->group, group) != 0 || !stream_is_asked_for(stream, call->request) ||
            seen++ < first)
            continue;
        if ((int64_t)json_length(list) == limit) {
            json_put_format(call->response, "nextToken", "%zu", first + (size_t)limit);
            break;
        }
        struct json_object *json = json_object_new_object();
        json_put_text(json, "logStreamName", stream->name);
        json_put_integer(json, "creationTime", stream->created_ms);
        if (stream->events.count > 0) {
            const struct log_event *oldest = stream->events.items[0];
            const struct log_event *latest = stream->events.items[stream->events.count - 1];
            json_put_integer(json, "firstEventTimestamp", oldest->time_ms);
            json_put_integer(json, "lastEventTimestamp", latest->time_ms);
            json_put_integer(json, "lastIngestionTime", latest->time_ms);
        }
        json_put_text(json, "arn", stream->arn);
        json_put_integer(json, "storedBytes", 0);
        json_object_array_add(list, json);
    }
    return true;
}
