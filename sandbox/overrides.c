#include "sandbox/overrides.h"

#include <string.h>

struct json_object *overrides_of(struct json_object *overrides, const char *container)
{
    struct json_object *list = json_list(overrides, "containerOverrides");

    for (size_t i = 0; i < json_length(list); i++) {
        const char *name = json_text(json_item(list, i), "name");
        if (name && container && strcmp(name, container) == 0)
            return json_item(list, i);
    }
    return NULL;
}

static struct json_object *find_variable(struct json_object *list, const char *name)
{
    for (size_t i = 0; i < json_length(list); i++) {
        const char *its = json_text(json_item(list, i), "name");
        if (its && name && strcmp(its, name) == 0)
            return json_item(list, i);
    }
    return NULL;
}

static void put_variables(struct json_object *container, struct json_object *variables)
{
    struct json_object *list = json_copy_list(container, "environment");

    for (size_t i = 0; i < json_length(variables); i++) {
        struct json_object *variable = json_item(variables, i);
        struct json_object *there = find_variable(list, json_text(variable, "name"));
        const char *value = json_text(variable, "value");
        if (there)
            json_put_text(there, "value", value ? value : "");
        else
            json_object_array_add(list, json_copy(variable));
    }
    json_put(container, "environment", list);
}

struct json_object *overrides_apply(struct json_object *container, struct json_object *overrides)
{
    static const char *const replaced[] = {"command", "cpu", "memory", "memoryReservation"};
    struct json_object *own = overrides_of(overrides, json_text(container, "name")), *result = NULL;

    if (!own)
        return json_object_get(container);
    result = json_copy(container);
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++) {
        struct json_object *value = json_any(own, replaced[i]);
        if (value && (i > 0 || json_length(value) > 0))
            json_put(result, replaced[i], json_copy(value));
    }
    put_variables(result, json_list(own, "environment"));
    return result;
}
