#include "experiment/dependency.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "experiment/json.h"

static const struct api_service *find(const char *name)
{
    for (size_t i = 0; i < api_service_count; i++)
        if (strcmp(api_services[i].cli, name) == 0)
            return &api_services[i];
    return api_service_find(name);
}

static bool no_such_service(const char *text, const char *option, struct error *error)
{
    const char *near = api_service_suggest(text);
    if (near != NULL)
        return error_set(error, ERROR_USAGE,
                         "%s: no AWS service %.40s is known here; was %s meant? Anything else is HOST:PORT",
                         option, text, near);
    return error_set(error, ERROR_USAGE,
                     "%s: no AWS service %.40s is known here, such as dynamodb, s3 or sqs; anything else is "
                     "HOST:PORT, such as db.example.com:443",
                     option, text);
}

static bool to_lower(const char *text, char *lower, size_t size)
{
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        return false;
    for (size_t i = 0; i <= length; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    return true;
}

bool dependency_parse(const char *text, const char *option, struct dependency *out, struct error *error)
{
    char lower[CHOICES_DEPENDENCY_MAX];
    struct dependency read = {0};
    struct error failure;
    if (!to_lower(text, lower, sizeof lower))
        return error_set(error, ERROR_USAGE, "%s: from 1 to %d characters", option,
                         CHOICES_DEPENDENCY_MAX - 1);
    if (strchr(lower, ':') == NULL) {
        read.service = find(lower);
        if (read.service == NULL)
            return no_such_service(lower, option, error);
        *out = read;
        return true;
    }
    if (strstr(lower, "://") != NULL)
        return error_set(error, ERROR_USAGE, "%s: %.60s is a URL; write its HOST:PORT", option, lower);
    if (!units_parse_address(lower, option, read.host, &read.port, &failure))
        return error_set(error, ERROR_USAGE, "%s", failure.message);
    if (read.host[0] == '\0' || read.port == 0)
        return error_set(error, ERROR_USAGE, "%s: %.60s has no %s (write HOST:PORT)", option, lower,
                         read.port == 0 ? "port" : "host");
    *out = read;
    return true;
}

void dependency_format(const struct dependency *dependency, char text[CHOICES_DEPENDENCY_MAX])
{
    bool bracketed = strchr(dependency->host, ':') != NULL;
    if (dependency->service != NULL)
        snprintf(text, CHOICES_DEPENDENCY_MAX, "%s", dependency->service->cli);
    else
        snprintf(text, CHOICES_DEPENDENCY_MAX, "%s%s%s:%u", bracketed ? "[" : "", dependency->host,
                 bracketed ? "]" : "", (unsigned)dependency->port);
}

void dependency_variable(const struct api_service *service, char name[DEPENDENCY_VARIABLE_MAX])
{
    snprintf(name, DEPENDENCY_VARIABLE_MAX, "%s_%s", DEPENDENCY_VARIABLE, service->setting);
}

bool choices_take_dependency(struct choices *choices, const char *value, const char *name,
                             struct error *error)
{
    char text[CHOICES_DEPENDENCY_MAX];
    struct dependency wanted, other;
    if (!dependency_parse(value, name, &wanted, error))
        return false;
    dependency_format(&wanted, text);
    for (size_t i = 0; i < choices->dependency_count; i++) {
        if (strcmp(choices->dependencies[i], text) == 0)
            return error_set(error, ERROR_USAGE, "%s: %.80s was named before", name, text);
        if (wanted.service == NULL && dependency_parse(choices->dependencies[i], name, &other, NULL) &&
            other.service == NULL)
            return error_set(error, ERROR_USAGE,
                             "%s: beside %.80s there can be no %.80s: a program knows one HTTPS proxy", name,
                             choices->dependencies[i], text);
    }
    if (choices->dependency_count == CHOICES_DEPENDENCIES_MAX)
        return error_set(error, ERROR_USAGE, "%s: at most %d, for each is a sidecar", name,
                         CHOICES_DEPENDENCIES_MAX);
    memcpy(choices->dependencies[choices->dependency_count++], text, sizeof text);
    return true;
}

struct json_object *dependency_list(const struct choices *choices)
{
    struct json_object *list = choices->dependency_count == 0 ? NULL : json_object_new_array();
    for (size_t i = 0; i < choices->dependency_count; i++)
        json_object_array_add(list, json_object_new_string(choices->dependencies[i]));
    return list;
}

void dependency_words(struct json_object *list, char *text, size_t size)
{
    static const char more[] = "…";
    size_t count = list == NULL ? 0 : json_object_array_length(list), used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *one = json_object_get_string(json_object_array_get_idx(list, i));
        int length = snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", one == NULL ? "" : one);
        if (length < 0)
            return;
        if ((size_t)length >= size - used) {
            if (size > sizeof more)
                memcpy(text + size - sizeof more, more, sizeof more);
            return;
        }
        used += (size_t)length;
    }
}
