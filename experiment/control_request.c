#include "experiment/control.h"

#include <string.h>

#include "experiment/guard.h"
#include "experiment/json.h"

static bool read_op(enum control_op *op, const char *name)
{
    static const char *const names[] = {"status", "watch", "adjust", "rollback"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *op = (enum control_op)i;
            return true;
        }
    return false;
}

static int64_t bounded_interval(int64_t interval_ms)
{
    if (interval_ms < CONTROL_WATCH_MIN_MS)
        return CONTROL_WATCH_MS;
    return interval_ms < CONTROL_WATCH_MAX_MS ? interval_ms : CONTROL_WATCH_MAX_MS;
}

static bool read_guards(struct choices *choices, struct json_object *array, struct error *error)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(array, i));
        if (text == NULL)
            return error_set(error, ERROR_INVALID, "guards are texts");
        if (!guard_add(choices, text, error))
            return false;
    }
    return true;
}

static bool read_adjust(struct control_request *request, struct json_object *json, struct error *error)
{
    struct json_object *faults = json_object_of(json, "faults"), *guards = json_array(json, "guards");
    if (faults == NULL && guards == NULL)
        return error_set(error, ERROR_INVALID, "adjust takes \"faults\" or \"guards\"");
    request->has_faults = faults != NULL;
    return (faults == NULL || fault_from_json(&request->faults, faults, error)) &&
           (guards == NULL || read_guards(&request->guards, guards, error));
}

bool control_request_parse(struct control_request *request, const char *line, size_t length,
                           struct error *error)
{
    struct json_object *json = json_parse(line, length);
    memset(request, 0, sizeof *request);
    fault_init(&request->faults);
    request->interval_ms = bounded_interval(json_integer(json, "interval_ms"));
    bool done = read_op(&request->op, json_text(json, "op")) ||
                error_set(error, ERROR_INVALID, "op must be status, watch, adjust or rollback");
    if (done && request->op == CONTROL_ADJUST)
        done = read_adjust(request, json, error);
    json_object_put(json);
    return done;
}
