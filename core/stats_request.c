#include "core/stats.h"

#include "core/document.h"

#include <json-c/json.h>
#include <string.h>

enum { INTERVAL_DEFAULT_MS = 100, OP_MAX = 32 };

static const char *const op_names[] = {
    [STATS_HELLO] = "hello", [STATS_SUBSCRIBE] = "subscribe", [STATS_SET] = "set",
    [STATS_RENEW] = "renew", [STATS_CLEAR] = "clear",
};
enum { OPS = sizeof op_names / sizeof *op_names };

static bool check_range(const char *key, int64_t value, int64_t lowest, int64_t highest, struct error *error)
{
    if (value >= lowest && value <= highest)
        return true;
    return error_set(error, ERROR_INVALID, "%s: %lld is not between %lld and %lld", key, (long long)value,
                     (long long)lowest, (long long)highest);
}

static bool find_op(const char *name, enum stats_op *op, struct error *error)
{
    for (int i = 0; i < OPS; i++) {
        if (strcmp(name, op_names[i]) == 0) {
            *op = (enum stats_op)i;
            return true;
        }
    }
    return error_set(error, ERROR_INVALID, "op: '%s' is none of hello, subscribe, set, renew, clear", name);
}

/* The keys that an op needs, and their limits. */
static bool check_request(struct stats_request *request, struct json_object *json, struct json_object *faults,
                          struct error *error)
{
    bool leased = request->op == STATS_SET || request->op == STATS_RENEW;
    if (!check_range("id", request->id, 0, INT64_MAX, error) ||
        !check_range("interval_ms", request->interval_ms, STATS_INTERVAL_MIN_MS, STATS_INTERVAL_MAX_MS,
                     error) ||
        !check_range("deadline", request->deadline_ms, 0, INT64_MAX, error) ||
        !check_range("elapsed_ms", request->elapsed_ms, 0, STATS_LEASE_MAX_MS, error))
        return false;
    if (leased && !json_object_object_get(json, "lease_ms"))
        return error_set(error, ERROR_INVALID, "lease_ms: is missing");
    if (leased && !check_range("lease_ms", request->lease_ms, STATS_LEASE_MIN_MS, STATS_LEASE_MAX_MS, error))
        return false;
    if (request->op != STATS_SET)
        return true;
    if (!faults)
        return error_set(error, ERROR_INVALID, "faults: is missing");
    return fault_from_json(&request->faults, faults, error) || error_prefix(error, "faults: ");
}

static bool read_request(struct stats_request *request, struct json_object *json, struct error *error)
{
    char op[OP_MAX] = "";
    struct json_object *faults = NULL;
    const struct document_field fields[] = {
        {"op", DOCUMENT_TEXT, op, sizeof op, true},
        {"id", DOCUMENT_INTEGER, &request->id, 0, false},
        {"interval_ms", DOCUMENT_INTEGER, &request->interval_ms, 0, false},
        {"faults", DOCUMENT_OBJECT, &faults, 0, false},
        {"lease_ms", DOCUMENT_INTEGER, &request->lease_ms, 0, false},
        {"deadline", DOCUMENT_INTEGER, &request->deadline_ms, 0, false},
        {"elapsed_ms", DOCUMENT_INTEGER, &request->elapsed_ms, 0, false},
        {"by", DOCUMENT_TEXT, request->by, sizeof request->by, false},
    };
    return document_read(json, "", fields, sizeof fields / sizeof *fields, true, error) &&
           find_op(op, &request->op, error) && check_request(request, json, faults, error);
}

bool stats_request_parse(struct stats_request *request, const char *line, size_t length, struct error *error)
{
    struct stats_request read = {.interval_ms = INTERVAL_DEFAULT_MS};
    fault_init(&read.faults);
    struct json_object *json = document_parse(line, length, error);
    bool done = json && read_request(&read, json, error);
    json_object_put(json);
    if (done)
        *request = read;
    return done;
}

int64_t stats_request_find_id(const char *line, size_t length)
{
    int64_t id = 0;
    const struct document_field field = {"id", DOCUMENT_INTEGER, &id, 0, false};
    struct json_object *json = document_parse(line, length, NULL);
    if (!json || !document_read(json, "", &field, 1, true, NULL) || id < 0)
        id = 0;
    json_object_put(json);
    return id;
}

static bool put_integer(struct json_object *json, const char *key, int64_t value)
{
    return document_put(json, key, json_object_new_int64(value));
}

static bool put_set(struct json_object *json, const struct stats_request *request)
{
    return document_put(json, "faults", fault_to_json(&request->faults)) &&
           put_integer(json, "lease_ms", request->lease_ms) &&
           (request->deadline_ms == 0 || put_integer(json, "deadline", request->deadline_ms)) &&
           (request->elapsed_ms == 0 || put_integer(json, "elapsed_ms", request->elapsed_ms)) &&
           (request->by[0] == '\0' || document_put(json, "by", document_new_text(request->by)));
}

bool stats_request_print(const struct stats_request *request, struct buf *out)
{
    struct json_object *json = json_object_new_object();
    bool done = document_put(json, "op", json_object_new_string(op_names[request->op])) &&
                (request->id == 0 || put_integer(json, "id", request->id));
    if (request->op == STATS_SUBSCRIBE)
        done = done && put_integer(json, "interval_ms", request->interval_ms);
    else if (request->op == STATS_SET)
        done = done && put_set(json, request);
    else if (request->op == STATS_RENEW)
        done = done && put_integer(json, "lease_ms", request->lease_ms);
    done = done && document_print(json, out) && buf_append_char(out, '\n');
    json_object_put(json);
    if (!done)
        out->failed = true;
    return done;
}
