#include "core/document.h"
#include "core/fault.h"
#include "core/fault_parts.h"

#include <json-c/json.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32 };
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Reads one of the document's sections, where it is there. */
static bool read_section(struct json_object *section, const char *name, const struct document_field *fields,
                         size_t count, struct error *error)
{
    return !section || document_read(section, name, fields, count, false, error);
}

static bool is_given(struct json_object *section, const char *key)
{
    return section && json_object_object_get(section, key);
}

static bool read_latency(struct fault *fault, struct json_object *section, struct error *error)
{
    char name[NAME_MAX_BYTES] = "";
    const struct document_field fields[] = {
        {"mean_ms", DOCUMENT_NUMBER, &fault->latency.mean_ms, 0, false},
        {"jitter_ms", DOCUMENT_NUMBER, &fault->latency.jitter_ms, 0, false},
        {"distribution", DOCUMENT_TEXT, name, sizeof name, false},
    };
    if (!read_section(section, "latency", fields, COUNT(fields), error))
        return false;
    if (is_given(section, "distribution") && !fault_distribution_parse(name, &fault->latency.distribution))
        return error_set(error, ERROR_INVALID,
                         "latency.distribution: %s is none of uniform, normal, pareto, paretonormal", name);
    return true;
}

static bool read_loss(struct fault *fault, struct json_object *section, struct error *error)
{
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->loss.percent, 0, false},
        {"burst", DOCUMENT_NUMBER, &fault->loss.burst, 0, false},
    };
    return read_section(section, "loss", fields, COUNT(fields), error);
}

static bool read_headers(struct fault *fault, struct json_object *array, struct error *error)
{
    size_t count = json_object_array_length(array);
    if (count > FAULT_HEADERS_MAX)
        return error_set(error, ERROR_INVALID, "error.headers: more than %d", FAULT_HEADERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        if (!json_object_is_type(item, json_type_string))
            return error_set(error, ERROR_INVALID, "error.headers: must be an array of strings");
        const char *text = json_object_get_string(item);
        size_t length = (size_t)json_object_get_string_len(item);
        if (length > FAULT_HEADER_MAX)
            return error_set(error, ERROR_INVALID, "error.headers: longer than %d bytes", FAULT_HEADER_MAX);
        if (memchr(text, '\0', length))
            return error_set(error, ERROR_INVALID, "error.headers: must not have control characters");
        if (!fault_check_header(text, error))
            return false;
        memcpy(fault->error.headers[i], text, length + 1);
    }
    fault->error.header_count = (unsigned)count;
    return true;
}

static bool read_error(struct fault *fault, struct json_object *section, struct error *error)
{
    int64_t status = fault->error.status;
    int64_t grpc_status = fault->error.grpc_status;
    struct json_object *headers = NULL;
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->error.percent, 0, false},
        {"status", DOCUMENT_INTEGER, &status, 0, false},
        {"body", DOCUMENT_BODY, fault->error.body, sizeof fault->error.body, false},
        {"headers", DOCUMENT_ARRAY, &headers, 0, false},
        {"grpc_status", DOCUMENT_INTEGER, &grpc_status, 0, false},
    };
    if (!read_section(section, "error", fields, COUNT(fields), error) ||
        !fault_check_range("error.status", (double)status, FAULT_STATUS_LOWEST, FAULT_STATUS_HIGHEST,
                           error) ||
        !fault_check_range("error.grpc_status", (double)grpc_status, 0, FAULT_GRPC_STATUS_MAX, error))
        return false;
    fault->error.status = (int)status;
    fault->error.grpc_status = (int)grpc_status;
    return !headers || read_headers(fault, headers, error);
}

static bool read_reset(struct fault *fault, struct json_object *section, struct error *error)
{
    char name[NAME_MAX_BYTES] = "";
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->reset.percent, 0, false},
        {"at", DOCUMENT_TEXT, name, sizeof name, false},
    };
    if (!read_section(section, "reset", fields, COUNT(fields), error))
        return false;
    if (is_given(section, "at") && !fault_moment_parse(name, &fault->reset.at))
        return error_set(error, ERROR_INVALID, "reset.at: %s is none of accept, request, response", name);
    return true;
}

static bool read_blackhole(struct fault *fault, struct json_object *section, struct error *error)
{
    char name[NAME_MAX_BYTES] = "";
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->blackhole.percent, 0, false},
        {"per", DOCUMENT_TEXT, name, sizeof name, false},
    };
    if (!read_section(section, "blackhole", fields, COUNT(fields), error))
        return false;
    if (is_given(section, "per") && !fault_unit_parse(name, &fault->blackhole.per))
        return error_set(error, ERROR_INVALID, "blackhole.per: %s is none of request, connection", name);
    return true;
}

static bool read_bandwidth(struct fault *fault, struct json_object *section, struct error *error)
{
    const struct document_field fields[] = {
        {"bytes_per_s", DOCUMENT_UNSIGNED, &fault->bandwidth.bytes_per_s, 0, false},
        {"total_bytes_per_s", DOCUMENT_UNSIGNED, &fault->bandwidth.total_bytes_per_s, 0, false},
    };
    return read_section(section, "bandwidth", fields, COUNT(fields), error);
}

/* slow_close, slice and limit. */
static bool read_ends(struct fault *fault, struct json_object *slow_close, struct json_object *slice,
                      struct json_object *limit, struct error *error)
{
    const struct document_field close_fields[] = {
        {"delay_ms", DOCUMENT_NUMBER, &fault->slow_close.delay_ms, 0, false},
    };
    const struct document_field slice_fields[] = {
        {"bytes", DOCUMENT_UNSIGNED, &fault->slice.bytes, 0, false},
        {"delay_ms", DOCUMENT_NUMBER, &fault->slice.delay_ms, 0, false},
    };
    const struct document_field limit_fields[] = {
        {"bytes", DOCUMENT_UNSIGNED, &fault->limit.bytes, 0, false},
    };
    return read_section(slow_close, "slow_close", close_fields, COUNT(close_fields), error) &&
           read_section(slice, "slice", slice_fields, COUNT(slice_fields), error) &&
           read_section(limit, "limit", limit_fields, COUNT(limit_fields), error);
}

static bool read_scope(struct fault *fault, struct json_object *section, struct error *error)
{
    char name[NAME_MAX_BYTES] = "";
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->scope.percent, 0, false},
        {"direction", DOCUMENT_TEXT, name, sizeof name, false},
        {"method", DOCUMENT_TEXT, fault->scope.method, sizeof fault->scope.method, false},
        {"path", DOCUMENT_TEXT, fault->scope.path, sizeof fault->scope.path, false},
        {"header", DOCUMENT_TEXT, fault->scope.header, sizeof fault->scope.header, false},
        {"source", DOCUMENT_TEXT, fault->scope.source, sizeof fault->scope.source, false},
        {"health_checks", DOCUMENT_BOOLEAN, &fault->scope.health_checks, 0, false},
    };
    if (!read_section(section, "scope", fields, COUNT(fields), error))
        return false;
    if (is_given(section, "direction") && !fault_direction_parse(name, &fault->scope.direction))
        return error_set(error, ERROR_INVALID, "scope.direction: %s is none of request, response, both",
                         name);
    return true;
}

static bool read_schedule(struct fault *fault, struct json_object *section, struct error *error)
{
    const struct document_field fields[] = {
        {"start_ms", DOCUMENT_NUMBER, &fault->schedule.start_ms, 0, false},
        {"duration_ms", DOCUMENT_NUMBER, &fault->schedule.duration_ms, 0, false},
        {"ramp_ms", DOCUMENT_NUMBER, &fault->schedule.ramp_ms, 0, false},
    };
    return read_section(section, "schedule", fields, COUNT(fields), error);
}

bool fault_from_json(struct fault *fault, struct json_object *json, struct error *error)
{
    struct fault read;
    fault_init(&read);
    struct json_object *latency = NULL, *loss = NULL, *failure = NULL, *reset = NULL, *blackhole = NULL,
                       *bandwidth = NULL, *slow_close = NULL, *slice = NULL, *limit = NULL, *scope = NULL,
                       *schedule = NULL;
    const struct document_field fields[] = {
        {"latency", DOCUMENT_OBJECT, &latency, 0, false},
        {"loss", DOCUMENT_OBJECT, &loss, 0, false},
        {"error", DOCUMENT_OBJECT, &failure, 0, false},
        {"reset", DOCUMENT_OBJECT, &reset, 0, false},
        {"blackhole", DOCUMENT_OBJECT, &blackhole, 0, false},
        {"bandwidth", DOCUMENT_OBJECT, &bandwidth, 0, false},
        {"slow_close", DOCUMENT_OBJECT, &slow_close, 0, false},
        {"slice", DOCUMENT_OBJECT, &slice, 0, false},
        {"limit", DOCUMENT_OBJECT, &limit, 0, false},
        {"scope", DOCUMENT_OBJECT, &scope, 0, false},
        {"schedule", DOCUMENT_OBJECT, &schedule, 0, false},
        {"seed", DOCUMENT_UNSIGNED, &read.seed, 0, false},
    };
    bool done = document_read(json, "", fields, COUNT(fields), false, error) &&
                read_latency(&read, latency, error) && read_loss(&read, loss, error) &&
                read_error(&read, failure, error) && read_reset(&read, reset, error) &&
                read_blackhole(&read, blackhole, error) && read_bandwidth(&read, bandwidth, error) &&
                read_ends(&read, slow_close, slice, limit, error) && read_scope(&read, scope, error) &&
                read_schedule(&read, schedule, error) && fault_check(&read, error);
    if (done)
        *fault = read;
    return done;
}

bool fault_parse(struct fault *fault, const char *text, size_t length, struct error *error)
{
    struct json_object *json = document_parse(text, length, error);
    bool done = json && fault_from_json(fault, json, error);
    json_object_put(json);
    return done;
}

/* The object if all was put into it; else it is freed. */
static struct json_object *keep(struct json_object *json, bool done)
{
    if (done)
        return json;
    json_object_put(json);
    return NULL;
}

static bool put_number(struct json_object *json, const char *key, double value)
{
    return document_put(json, key, document_new_number(value));
}

static bool put_count(struct json_object *json, const char *key, uint64_t value)
{
    return document_put(json, key, json_object_new_uint64(value));
}

static bool put_text(struct json_object *json, const char *key, const char *text)
{
    return document_put(json, key, document_new_text(text));
}

static struct json_object *latency_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json,
                put_number(json, "mean_ms", fault->latency.mean_ms) &&
                    put_number(json, "jitter_ms", fault->latency.jitter_ms) &&
                    put_text(json, "distribution", fault_distribution_name(fault->latency.distribution)));
}

static struct json_object *loss_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_number(json, "percent", fault->loss.percent) &&
                          put_number(json, "burst", fault->loss.burst));
}

static struct json_object *headers_to_json(const struct fault *fault)
{
    struct json_object *array = json_object_new_array();
    bool done = array != NULL;
    for (unsigned i = 0; done && i < fault->error.header_count; i++) {
        struct json_object *text = document_new_text(fault->error.headers[i]);
        done = text && json_object_array_add(array, text) == 0;
        if (!done)
            json_object_put(text);
    }
    return keep(array, done);
}

static struct json_object *error_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_number(json, "percent", fault->error.percent) &&
                          document_put(json, "status", json_object_new_int(fault->error.status)) &&
                          put_text(json, "body", fault->error.body) &&
                          document_put(json, "headers", headers_to_json(fault)) &&
                          document_put(json, "grpc_status", json_object_new_int(fault->error.grpc_status)));
}

static struct json_object *chance_to_json(double percent, const char *key, const char *name)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_number(json, "percent", percent) && put_text(json, key, name));
}

static struct json_object *bandwidth_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_count(json, "bytes_per_s", fault->bandwidth.bytes_per_s) &&
                          put_count(json, "total_bytes_per_s", fault->bandwidth.total_bytes_per_s));
}

static struct json_object *slow_close_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_number(json, "delay_ms", fault->slow_close.delay_ms));
}

static struct json_object *slice_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_count(json, "bytes", fault->slice.bytes) &&
                          put_number(json, "delay_ms", fault->slice.delay_ms));
}

static struct json_object *limit_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_count(json, "bytes", fault->limit.bytes));
}

static struct json_object *scope_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(
        json,
        put_number(json, "percent", fault->scope.percent) &&
            put_text(json, "direction", fault_direction_name(fault->scope.direction)) &&
            put_text(json, "method", fault->scope.method) && put_text(json, "path", fault->scope.path) &&
            put_text(json, "header", fault->scope.header) && put_text(json, "source", fault->scope.source) &&
            document_put(json, "health_checks", json_object_new_boolean(fault->scope.health_checks)));
}

static struct json_object *schedule_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    return keep(json, put_number(json, "start_ms", fault->schedule.start_ms) &&
                          put_number(json, "duration_ms", fault->schedule.duration_ms) &&
                          put_number(json, "ramp_ms", fault->schedule.ramp_ms));
}

struct json_object *fault_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    struct json_object *reset =
        chance_to_json(fault->reset.percent, "at", fault_moment_name(fault->reset.at));
    struct json_object *blackhole =
        chance_to_json(fault->blackhole.percent, "per", fault_unit_name(fault->blackhole.per));
    bool done = document_put(json, "latency", latency_to_json(fault));
    done = document_put(json, "loss", loss_to_json(fault)) && done;
    done = document_put(json, "error", error_to_json(fault)) && done;
    done = document_put(json, "reset", reset) && done;
    done = document_put(json, "blackhole", blackhole) && done;
    done = document_put(json, "bandwidth", bandwidth_to_json(fault)) && done;
    done = document_put(json, "slow_close", slow_close_to_json(fault)) && done;
    done = document_put(json, "slice", slice_to_json(fault)) && done;
    done = document_put(json, "limit", limit_to_json(fault)) && done;
    done = document_put(json, "scope", scope_to_json(fault)) && done;
    done = document_put(json, "schedule", schedule_to_json(fault)) && done;
    done = put_count(json, "seed", fault->seed) && done;
    return keep(json, done);
}

bool fault_print(const struct fault *fault, struct buf *out)
{
    struct json_object *json = fault_to_json(fault);
    bool done = json && document_print(json, out);
    json_object_put(json);
    return done;
}
