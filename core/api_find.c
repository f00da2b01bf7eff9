/* api_find: names and calls looked up in the tables of api_services.h. */
#include "core/api_services.h"
#include "core/nearest.h"

#include <stdio.h>
#include <string.h>

#define SEGMENTS_MAX 32

const struct api_service *api_service_find(const char *name)
{
    for (size_t i = 0; i < api_service_count; i++)
        if (strcmp(api_services[i].name, name) == 0)
            return &api_services[i];
    for (size_t i = 0; i < api_service_count; i++)
        if (strcmp(api_services[i].cli, name) == 0)
            return &api_services[i];
    return NULL;
}

const char *api_service_suggest(const char *name)
{
    struct nearest near;
    nearest_begin(&near, name, strlen(name));
    for (size_t i = 0; i < api_service_count; i++) {
        nearest_offer(&near, api_services[i].cli, strlen(api_services[i].cli));
        nearest_offer(&near, api_services[i].name, strlen(api_services[i].name));
    }
    return near.found;
}

/* ── operations ──────────────────────────────────────────────────────────────────────────── */

/* True when it is one of them; else the nearest is remembered. */
static bool is_among(const char *operations, const char *name, struct nearest *near)
{
    size_t wanted = strlen(name);
    for (const char *at = operations; *at; at += strcspn(at, " ") + 1) {
        size_t length = strcspn(at, " ");
        if (length == wanted && memcmp(at, name, length) == 0)
            return true;
        nearest_offer(near, at, length);
    }
    return false;
}

/* A line of a table of routes: "METHOD PATH[?NEEDS] OPERATION\n". */
struct route {
    const char *method, *path, *needs, *operation, *next;
    size_t method_length, path_length, needs_length, operation_length;
};

static struct route read_route(const char *line)
{
    struct route route = {.method = line, .method_length = strcspn(line, " ")};
    route.path = line + route.method_length + 1;
    route.path_length = strcspn(route.path, "? ");
    route.needs = route.path + route.path_length;
    if (*route.needs == '?')
        route.needs++;
    route.needs_length = strcspn(route.needs, " ");
    route.operation = route.needs + route.needs_length + 1;
    route.operation_length = strcspn(route.operation, "\n");
    route.next = route.operation + route.operation_length + 1;
    return route;
}

static bool is_routed(const char *routes, const char *name, struct nearest *near)
{
    struct route route;
    for (const char *line = routes; *line; line = route.next) {
        route = read_route(line);
        if (route.operation_length == strlen(name) &&
            memcmp(route.operation, name, route.operation_length) == 0)
            return true;
        nearest_offer(near, route.operation, route.operation_length);
    }
    return false;
}

enum api_known api_operation_known(const char *service, const char *operation,
                                   char suggestion[API_OPERATION_MAX])
{
    struct nearest near;
    bool all_known = true, any = false;
    suggestion[0] = '\0';
    nearest_begin(&near, operation, strlen(operation));
    for (size_t i = 0; i < api_service_count; i++) {
        const struct api_service *one = &api_services[i];
        if (strcmp(one->name, service) != 0)
            continue;
        any = true;
        if (is_among(one->operations, operation, &near) || is_routed(one->routes, operation, &near))
            return API_OPERATION_IS;
        all_known = all_known && (*one->operations || *one->routes);
    }
    if (!any || !all_known)
        return API_OPERATION_MAY_BE;
    if (near.found)
        snprintf(suggestion, API_OPERATION_MAX, "%.*s", (int)near.found_length, near.found);
    return API_OPERATION_IS_NOT;
}

/* ── routes ──────────────────────────────────────────────────────────────────────────────── */

/* How exactly the path is meant: the number of its parts that are literal, less than 0 where it is not. */
static int match_path(const char *wanted, size_t length, const char *path)
{
    const char *end = wanted + length;
    int literal = 0;
    for (int parts = 0; parts < SEGMENTS_MAX; parts++) {
        while (wanted < end && *wanted == '/')
            wanted++;
        path += *path == '/';
        size_t of_wanted = 0, of_path = strcspn(path, "/");
        while (wanted + of_wanted < end && wanted[of_wanted] != '/')
            of_wanted++;
        if (of_wanted == 0) /* a slash more at its end is the same call */
            return *path == '\0' ? literal : -1;
        if (of_wanted == 3 && memcmp(wanted, "{+}", 3) == 0)
            return *path ? literal : -1;
        if (of_path == 0)
            return -1;
        if (of_wanted != 2 || memcmp(wanted, "{}", 2) != 0) {
            if (of_wanted != of_path || memcmp(wanted, path, of_path) != 0)
                return -1;
            literal++;
        }
        wanted += of_wanted;
        path += of_path;
    }
    return -1;
}

/* "list-type=2" wants that very parameter, "uploads" one of that name. */
static bool has_parameter(const char *query, const char *wanted, size_t length)
{
    bool with_value = memchr(wanted, '=', length) != NULL;
    for (const char *at = query; *at;) {
        size_t whole = strcspn(at, "&"), name = strcspn(at, "=&");
        if ((with_value ? whole : name) == length && memcmp(at, wanted, length) == 0)
            return true;
        at += whole + (at[whole] == '&');
    }
    return false;
}

/* How many of its needs there are; less than 0: not all. */
static int match_needs(const struct route *route, const char *query, api_has_header *has_header,
                       const void *context)
{
    int count = 0;
    const char *end = route->needs + route->needs_length;
    for (const char *at = route->needs; at < end;) {
        size_t length = 0;
        while (at + length < end && at[length] != '&')
            length++;
        char header[API_OPERATION_MAX];
        bool is_header = at[0] == '!';
        snprintf(header, sizeof header, "%.*s", (int)(is_header ? length - 1 : 0), at + is_header);
        if (is_header ? !has_header(context, header) : !has_parameter(query, at, length))
            return -1;
        count++;
        at += length + 1;
    }
    return count;
}

/* How well a route fits: literal parts of the path before all else. Less than 0: it does not. */
static int match_route(const struct route *route, const char *method, const char *path, const char *query,
                       api_has_header *has_header, const void *context)
{
    if (strlen(method) != route->method_length || memcmp(method, route->method, route->method_length) != 0)
        return -1;
    int literal = match_path(route->path, route->path_length, path);
    int needs = literal < 0 ? -1 : match_needs(route, query, has_header, context);
    return needs < 0 ? -1 : literal * SEGMENTS_MAX + needs;
}

const struct api_service *api_route_find(const char *service, const char *method, const char *path,
                                         const char *query, api_has_header *has_header, const void *context,
                                         char operation[API_OPERATION_MAX])
{
    const struct api_service *found = NULL;
    int best = -1;
    operation[0] = '\0';
    for (size_t i = 0; i < api_service_count; i++) {
        if (strcmp(api_services[i].name, service) != 0)
            continue;
        struct route route;
        for (const char *line = api_services[i].routes; *line; line = route.next) {
            route = read_route(line);
            int fit = match_route(&route, method, path, query, has_header, context);
            if (fit <= best)
                continue;
            best = fit;
            found = &api_services[i];
            snprintf(operation, API_OPERATION_MAX, "%.*s", (int)route.operation_length, route.operation);
        }
    }
    return found;
}
