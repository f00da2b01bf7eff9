#include "experiment/control.h"

#include <string.h>

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

static bool read_faults(struct fault *faults, struct json_object *json, struct error *error)
{
    if (json == NULL)
        return error_set(error, ERROR_INVALID, "adjust takes \"faults\"");
    return fault_from_json(faults, json, error);
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
        done = read_faults(&request->faults, json_object_of(json, "faults"), error);
    json_object_put(json);
    return done;
}
