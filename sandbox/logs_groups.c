/* The log groups that were made by name. Others are there as soon as a container logs to them. */
#include "sandbox/logs.h"
#include "sandbox/operations.h"

#include "core/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 1000
#define PAGE_MAX 50

static struct log_group *find_made(const struct region *region, const char *name)
{
    for (size_t i = 0; i < region->log_groups.count; i++) {
        struct log_group *group = region->log_groups.items[i];
        if (strcmp(group->name, name) == 0)
            return group;
    }
    return NULL;
}

static bool has_streams(const struct region *region, const char *name)
{
    for (size_t i = 0; i < region->log_streams.count; i++) {
        const struct log_stream *stream = region->log_streams.items[i];
        if (strcmp(stream->group, name) == 0)
            return true;
    }
    return false;
}

bool logs_group_exists(const struct region *region, const char *name)
{
    return find_made(region, name) || has_streams(region, name);
}

void logs_free_groups(struct region *region)
{
    for (size_t i = 0; i < region->log_groups.count; i++)
        free(region->log_groups.items[i]);
    list_free(&region->log_groups);
}

static bool name_is_good(const char *name)
{
    size_t length = name ? strlen(name) : 0;

    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && !strchr(".-_/#", name[i]))
            return false;
    }
    return length > 0 && length < LOGS_NAME_MAX;
}

bool logs_create_log_group(struct region *region, struct call *call)
{
    const char *name = json_text(call->request, "logGroupName");
    struct log_group *group = NULL;

    if (!name_is_good(name))
        return call_fail(call, "InvalidParameterException",
                         "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: "
                         "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
    if (logs_group_exists(region, name))
        return call_fail(call, "ResourceAlreadyExistsException", "The specified log group already exists");
    if (region->log_groups.count >= GROUPS_MAX)
        return call_fail(call, "LimitExceededException", "Resource limit exceeded.");
    group = memory_new(sizeof *group);
    text_copy(group->name, sizeof group->name, name);
    group->created_ms = clock_epoch_ms();
    list_add(&region->log_groups, group);
    return true;
}

bool logs_delete_log_group(struct region *region, struct call *call)
{
    const char *name = json_text(call->request, "logGroupName");

    if (!name || !logs_group_exists(region, name))
        return call_fail(call, "ResourceNotFoundException", "The specified log group does not exist.");
    for (size_t i = 0; i < region->log_groups.count; i++) {
        struct log_group *group = region->log_groups.items[i];
        if (strcmp(group->name, name) == 0) {
            list_remove_at(&region->log_groups, i);
            free(group);
            break;
        }
    }
    logs_drop_streams(region, name);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every group that there is, by name, once. The names belong to groups and streams. */
static size_t list_names(const struct region *region, const char ***out)
{
    size_t count = 0, kept = 0, most = region->log_groups.count + region->log_streams.count;
    const char **names = memory_new((most + 1) * sizeof *names);

    for (size_t i = 0; i < region->log_groups.count; i++)
        names[count++] = ((struct log_group *)region->log_groups.items[i])->name;
    for (size_t i = 0; i < region->log_streams.count; i++)
        names[count++] = ((struct log_stream *)region->log_streams.items[i])->group;
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(names[i], names[kept - 1]) != 0)
            names[kept++] = names[i];
    }
    *out = names;
    return kept;
}

static struct json_object *group_json(const struct region *region, const char *name)
{
    const struct log_group *made = find_made(region, name);
    struct json_object *json = json_object_new_object();
    int64_t created_ms = made ? made->created_ms : 0;

    for (size_t i = 0; created_ms == 0 && i < region->log_streams.count; i++) {
        const struct log_stream *stream = region->log_streams.items[i];
        if (strcmp(stream->group, name) == 0)
            created_ms = stream->created_ms;
    }
    json_put_text(json, "logGroupName", name);
    json_put_integer(json, "creationTime", created_ms);
    json_put_integer(json, "metricFilterCount", 0);
    json_put_format(json, "arn", "arn:aws:logs:%s:%s:log-group:%s:*", region->name, REGION_ACCOUNT, name);
    json_put_integer(json, "storedBytes", 0);
    json_put_text(json, "logGroupClass", "STANDARD");
    return json;
}

bool logs_describe_log_groups(struct region *region, struct call *call)
{
    const char *prefix = json_text(call->request, "logGroupNamePrefix");
    const char *token = json_text(call->request, "nextToken");
    int64_t limit = json_integer(call->request, "limit", PAGE_MAX);
    struct json_object *list = NULL;
    const char **names = NULL;

    if (limit < 1 || limit > PAGE_MAX)
        return call_fail(call, "InvalidParameterException", "limit must be between 1 and %d.", PAGE_MAX);
    list = json_object_new_array();
    json_put(call->response, "logGroups", list);
    size_t count = list_names(region, &names);
    for (size_t i = 0; i < count; i++) {
        if ((prefix && strncmp(names[i], prefix, strlen(prefix)) != 0) ||
            (token && strcmp(names[i], token) <= 0))
            continue;
        if ((int64_t)json_length(list) == limit) {
            json_put(call->response, "nextToken",
                     json_object_get(json_any(json_item(list, (size_t)limit - 1), "logGroupName")));
            break;
        }
        json_object_array_add(list, group_json(region, names[i]));
    }
    free(names);
    return true;
}
