#include "sandbox/rest.h"

#include "core/percent.h"
#include "sandbox/memory.h"
#include "sandbox/wire.h"

#include <string.h>

struct route {
    const char *service, *method, *pattern, *operation;
    const char *list; /* the member of the query that may stand there several times; NULL: none */
};
static const struct route routes[] = {
    {"fis", "POST", "/experimentTemplates", "CreateExperimentTemplate", NULL},
    {"fis", "GET", "/experimentTemplates", "ListExperimentTemplates", NULL},
    {"fis", "GET", "/experimentTemplates/{id}", "GetExperimentTemplate", NULL},
    {"fis", "PATCH", "/experimentTemplates/{id}", "UpdateExperimentTemplate", NULL},
    {"fis", "DELETE", "/experimentTemplates/{id}", "DeleteExperimentTemplate", NULL},
    {"fis", "POST", "/experiments", "StartExperiment", NULL},
    {"fis", "GET", "/experiments", "ListExperiments", NULL},
    {"fis", "GET", "/experiments/{id}", "GetExperiment", NULL},
    {"fis", "DELETE", "/experiments/{id}", "StopExperiment", NULL},
    {"fis", "GET", "/experiments/{id}/resolvedTargets", "ListExperimentResolvedTargets", NULL},
    {"fis", "GET", "/actions", "ListActions", NULL},
    {"fis", "GET", "/actions/{id}", "GetAction", NULL},
    {"fis", "GET", "/targetResourceTypes", "ListTargetResourceTypes", NULL},
    {"fis", "GET", "/targetResourceTypes/{resourceType}", "GetTargetResourceType", NULL},
    {"fis", "GET", "/safetyLevers/{id}", "GetSafetyLever", NULL},
    {"fis", "PATCH", "/safetyLevers/{id}/state", "UpdateSafetyLeverState", NULL},
    {"fis", "GET", "/tags/{resourceArn}", "ListTagsForResource", NULL},
    {"fis", "POST", "/tags/{resourceArn}", "TagResource", NULL},
    {"fis", "DELETE", "/tags/{resourceArn}", "UntagResource", "tagKeys"},
};
#define ROUTES (sizeof routes / sizeof *routes)

/* One part of a path or a pattern. */
struct part {
    const char *text;
    size_t length;
};

/* False for more parts than there are in any pattern. */
static bool split(const char *path, struct part parts[REST_PARTS_MAX], size_t *count)
{
    *count = 0;
    while (*path == '/') {
        if (*count == REST_PARTS_MAX)
            return false;
        path++;
        parts[*count] = (struct part){path, strcspn(path, "/")};
        path += parts[(*count)++].length;
    }
    return *path == '\0';
}

static bool is_member(const struct part *part)
{
    return part->length > 2 && part->text[0] == '{';
}

static bool matches(const struct route *route, const char *method, const struct part *parts, size_t count)
{
    struct part wanted[REST_PARTS_MAX];
    size_t wanted_count = 0;

    if (strcmp(route->method, method) != 0 || !split(route->pattern, wanted, &wanted_count) ||
        wanted_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (is_member(&wanted[i]) ? parts[i].length == 0
                                  : parts[i].length != wanted[i].length ||
                                        memcmp(parts[i].text, wanted[i].text, parts[i].length) != 0)
            return false;
    }
    return true;
}

static const struct route *find(const char *service, const char *method, const char *path)
{
    struct part parts[REST_PARTS_MAX];
    size_t count = 0;

    if (!split(path, parts, &count))
        return NULL;
    for (size_t i = 0; i < ROUTES; i++) {
        if ((!service || strcmp(routes[i].service, service) == 0) &&
            matches(&routes[i], method, parts, count))
            return &routes[i];
    }
    return NULL;
}

bool rest_serves(const char *service)
{
    for (size_t i = 0; i < ROUTES; i++) {
        if (strcmp(routes[i].service, service) == 0)
            return true;
    }
    return false;
}

const char *rest_find_service(const char *method, const char *path)
{
    const struct route *route = find(NULL, method, path);

    return route ? route->service : NULL;
}

static bool decode_part(const struct part *part, bool plus, char into[REST_PART_MAX])
{
    return part->length < REST_PART_MAX &&
           percent_decode(part->text, part->length, plus, into, REST_PART_MAX);
}

static bool take_path(const struct route *route, const char *path, struct json_object *request)
{
    struct part parts[REST_PARTS_MAX], names[REST_PARTS_MAX];
    size_t count = 0, name_count = 0;
    char name[64], value[REST_PART_MAX];

    split(path, parts, &count);
    split(route->pattern, names, &name_count);
    for (size_t i = 0; i < count; i++) {
        if (!is_member(&names[i]))
            continue;
        if (!decode_part(&parts[i], false, value))
            return false;
        memcpy(name, names[i].text + 1, names[i].length - 2);
        name[names[i].length - 2] = '\0';
        json_put_text(request, name, value);
    }
    return true;
}

static bool take_parameter(const struct route *route, const struct part *pair, struct json_object *request)
{
    const char *equals = memchr(pair->text, '=', pair->length);
    size_t length = equals ? (size_t)(equals - pair->text) : pair->length;
    struct part name = {pair->text, length},
                value = {equals ? equals + 1 : "", equals ? pair->length - length - 1 : 0};
    char key[REST_PART_MAX], text[REST_PART_MAX];

    if (pair->length == 0)
        return true;
    if (!decode_part(&name, true, key) || !decode_part(&value, true, text) || !*key)
        return false;
    if (!route->list || strcmp(route->list, key) != 0) {
        json_put_text(request, key, text);
        return true;
    }
    if (!json_list(request, key))
        json_put(request, key, json_object_new_array());
    json_append_text(json_list(request, key), text);
    return true;
}

static bool take_query(const struct route *route, const char *query, struct json_object *request)
{
    for (int count = 0; *query; count++) {
        struct part pair = {query, strcspn(query, "&")};
        if (count == REST_PARAMETERS_MAX || !take_parameter(route, &pair, request))
            return false;
        query += pair.length + (query[pair.length] == '&');
    }
    return true;
}

bool rest_read(struct call *call, const char *method, const char *path, const char *query, const char *body,
               size_t length)
{
    const struct route *route = find(call->service, method, path);

    if (!route)
        return call_fail_status(call, 404, "UnknownOperationException", "There is no %.16s %.200s here.",
                                method, path);
    text_copy(call->operation, sizeof call->operation, route->operation);
    call->request = wire_read_json(body, length);
    if (!call->request)
        return call_fail(call, "SerializationException", "The request body is not a JSON object.");
    if (!take_query(route, query, call->request) || !take_path(route, path, call->request))
        return call_fail(call, "SerializationException", "The path or the query is malformed, or too long.");
    return true;
}
