#include "sandbox/interface_local.h"

#include "sandbox/wire.h"

#include <string.h>

static bool read_kind(const char *text, enum interface_kind *kind, struct error *error)
{
    for (int i = 0; i < INTERFACE_KINDS; i++) {
        *kind = (enum interface_kind)i;
        if (text && strcmp(text, interface_kind_name(*kind)) == 0)
            return true;
    }
    return error_set(error, ERROR_INVALID, "kind: is none of latency, loss and blackhole");
}

/* One of two words, the first where it is missing. */
static bool read_word(struct json_object *json, const char *key, const char *first, const char *second,
                      bool *is_second, struct error *error)
{
    const char *text = json_text(json, key);

    *is_second = text && strcmp(text, second) == 0;
    if (*is_second || (text ? strcmp(text, first) == 0 : !json_any(json, key)))
        return true;
    return error_set(error, ERROR_INVALID, "%s: is neither %s nor %s", key, first, second);
}

static bool read_number(struct json_object *json, const char *key, int *number, struct error *error)
{
    struct json_object *value = json_any(json, key);
    int64_t read = json_integer(json, key, 0);

    if (value && (!json_object_is_type(value, json_type_int) || read < 0 || read > INT32_MAX))
        return error_set(error, ERROR_INVALID, "%s: is no whole number", key);
    *number = (int)read;
    return true;
}

static bool read_list(struct json_object *json, const char *key, struct json_object **list,
                      struct error *error)
{
    *list = json_list(json, key);
    for (size_t i = 0; i < json_length(*list); i++) {
        if (!json_object_is_type(json_item(*list, i), json_type_string))
            return error_set(error, ERROR_INVALID, "%s: is no list of texts", key);
    }
    return *list || !json_any(json, key) || error_set(error, ERROR_INVALID, "%s: is no list of texts", key);
}

bool interface_fault_read(struct json_object *json, struct interface_fault *fault, struct error *error)
{
    bool egress = false;

    *fault = (struct interface_fault){.kind = INTERFACE_LATENCY};
    if (!read_kind(json_text(json, "kind"), &fault->kind, error) ||
        !read_number(json, "delay_ms", &fault->delay_ms, error) ||
        !read_number(json, "jitter_ms", &fault->jitter_ms, error) ||
        !read_number(json, "loss_percent", &fault->loss_percent, error) ||
        !read_number(json, "flows_percent", &fault->flows_percent, error) ||
        !read_number(json, "port", &fault->port, error) ||
        !read_word(json, "protocol", "tcp", "udp", &fault->udp, error) ||
        !read_word(json, "traffic", "ingress", "egress", &egress, error) ||
        !read_list(json, "sources", &fault->sources, error) ||
        !read_list(json, "sources_to_filter", &fault->sources_to_filter, error))
        return false;
    fault->ingress = !egress;
    return true;
}

static struct task *find_task(struct region *region, const char *arn, struct error *error)
{
    for (size_t i = 0; i < region->tasks.count && arn; i++) {
        struct task *task = region->tasks.items[i];
        if (strcmp(task->arn, arn) == 0)
            return task;
    }
    error_set(error, ERROR_NOT_FOUND, "task: there is no such task");
    return NULL;
}

static bool put(struct region *region, struct json_object *json, struct task **task, struct error *error)
{
    struct interface_fault fault;

    return (json || error_set(error, ERROR_INVALID, "the body is no JSON object")) &&
           (*task = find_task(region, json_text(json, "task"), error)) &&
           interface_fault_read(json, &fault, error) && interface_start(region, *task, &fault, error);
}

static bool stop(struct region *region, struct json_object *query, struct task **task, struct error *error)
{
    enum interface_kind kind = INTERFACE_LATENCY;

    return (*task = find_task(region, json_text(query, "task"), error)) &&
           read_kind(json_text(query, "kind"), &kind, error) &&
           (interface_stop(region, *task, kind) ||
            error_set(error, ERROR_NOT_FOUND, "no %s fault is running", interface_kind_name(kind)));
}

static struct json_object *all_json(struct region *region)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        if (task->interface && task->state != TASK_STOPPED)
            json_object_array_add(list, interface_json(task));
    }
    return list;
}

static int status_of(const struct error *error)
{
    return error->code == ERROR_NOT_FOUND ? 404 : error->code == ERROR_INVALID ? 400 : 409;
}

void interface_answer(struct region *region, const struct server_request *request,
                      struct server_answer *answer)
{
    struct json_object *json = NULL, *asked = NULL;
    struct task *task = NULL;
    struct error error = {0};
    bool done = false;

    if (strcmp(request->method, "PUT") == 0) {
        asked = wire_read_json(buf_text(&request->body), request->body.length);
        done = put(region, asked, &task, &error);
    } else if (strcmp(request->method, "DELETE") == 0) {
        asked = wire_read_form(request->query, strlen(request->query));
        done = stop(region, asked, &task, &error);
    } else {
        json = all_json(region);
    }
    if (!json && done)
        json = interface_json(task);
    if (!json) {
        json = json_object_new_object();
        json_put_text(json, "message", error.message);
        answer->status = status_of(&error);
    }
    json_print_canonical(json, &answer->body);
    buf_append_char(&answer->body, '\n');
    json_object_put(json);
    json_object_put(asked);
}
