#include "core/fault.h"

#include "core/document.h"
#include "core/units.h"
#include "core/utf8.h"

#include <json-c/json.h>
#include <string.h>

static const char *const distribution_names[] = {
    [FAULT_UNIFORM] = "uniform",
    [FAULT_NORMAL] = "normal",
    [FAULT_PARETO] = "pareto",
    [FAULT_PARETONORMAL] = "paretonormal",
};
static const char *const direction_names[] = {
    [FAULT_REQUEST] = "request",
    [FAULT_RESPONSE] = "response",
    [FAULT_BOTH] = "both",
};
enum {
    DISTRIBUTIONS = sizeof distribution_names / sizeof *distribution_names,
    DIRECTIONS = sizeof direction_names / sizeof *direction_names,
    STATUS_LOWEST = 400,
    STATUS_HIGHEST = 599,
    STATUS_DEFAULT = 503,
    NAME_MAX_BYTES = 32,
};

static int find_name(const char *text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
    }
    return -1;
}

const char *fault_distribution_name(enum fault_distribution distribution)
{
    return (unsigned)distribution < DISTRIBUTIONS ? distribution_names[distribution] : "?";
}

const char *fault_direction_name(enum fault_direction direction)
{
    return (unsigned)direction < DIRECTIONS ? direction_names[direction] : "?";
}

bool fault_distribution_parse(const char *text, enum fault_distribution *distribution)
{
    int found = find_name(text, distribution_names, DISTRIBUTIONS);
    if (found < 0)
        return false;
    *distribution = (enum fault_distribution)found;
    return true;
}

bool fault_direction_parse(const char *text, enum fault_direction *direction)
{
    int found = find_name(text, direction_names, DIRECTIONS);
    if (found < 0)
        return false;
    *direction = (enum fault_direction)found;
    return true;
}

void fault_init(struct fault *fault)
{
    memset(fault, 0, sizeof *fault);
    fault->latency.distribution = FAULT_NORMAL;
    fault->loss.burst = 1;
    fault->error.status = STATUS_DEFAULT;
    fault->scope.percent = 100;
    fault->scope.direction = FAULT_RESPONSE;
}

bool fault_is_clean(const struct fault *fault)
{
    /* A bandwidth is a connection's, whichever share of its requests is faulted. */
    if (fault->bandwidth.bytes_per_s > 0)
        return false;
    if (fault->scope.percent <= 0)
        return true;
    return fault->latency.mean_ms <= 0 && fault->latency.jitter_ms <= 0 && fault->loss.percent <= 0 &&
           fault->error.percent <= 0 && fault->reset.percent <= 0 && fault->blackhole.percent <= 0;
}

bool fault_equal(const struct fault *a, const struct fault *b)
{
    return a->latency.mean_ms == b->latency.mean_ms && a->latency.jitter_ms == b->latency.jitter_ms &&
           a->latency.distribution == b->latency.distribution && a->loss.percent == b->loss.percent &&
           a->loss.burst == b->loss.burst && a->error.percent == b->error.percent &&
           a->error.status == b->error.status && strcmp(a->error.body, b->error.body) == 0 &&
           a->reset.percent == b->reset.percent && a->blackhole.percent == b->blackhole.percent &&
           a->bandwidth.bytes_per_s == b->bandwidth.bytes_per_s && a->scope.percent == b->scope.percent &&
           a->scope.direction == b->scope.direction && strcmp(a->scope.method, b->scope.method) == 0 &&
           strcmp(a->scope.path, b->scope.path) == 0 && a->scope.health_checks == b->scope.health_checks &&
           a->seed == b->seed;
}

static bool check_range(const char *key, double value, double lowest, double highest, struct error *error)
{
    if (value >= lowest && value <= highest)
        return true;
    char shown[UNITS_TEXT_MAX];
    char bound[UNITS_TEXT_MAX];
    bool more = value > highest;
    units_format_number(value, shown);
    units_format_number(more ? highest : lowest, bound);
    return error_set(error, ERROR_INVALID, "%s: %s is %s than %s", key, shown, more ? "more" : "less", bound);
}

/* RFC 9110, section 5.6.2: what a method may consist of. */
static bool is_token(const char *text)
{
    static const char characters[] = "!#$%&'*+-.^_`|~0123456789"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return text[strspn(text, characters)] == '\0';
}

static bool check_texts(const struct fault *fault, struct error *error)
{
    if (!memchr(fault->error.body, '\0', sizeof fault->error.body) ||
        !utf8_is_valid(fault->error.body, strlen(fault->error.body)))
        return error_set(error, ERROR_INVALID, "error.body: must be UTF-8 text of at most %d bytes",
                         FAULT_BODY_MAX);
    if (!memchr(fault->scope.method, '\0', sizeof fault->scope.method) || !is_token(fault->scope.method))
        return error_set(error, ERROR_INVALID, "scope.method: must be an HTTP method such as GET");
    const char *path = fault->scope.path;
    if (!memchr(path, '\0', sizeof fault->scope.path) || !utf8_is_valid(path, strlen(path)) ||
        utf8_has_control(path, strlen(path)))
        return error_set(error, ERROR_INVALID, "scope.path: must be UTF-8 text of at most %d bytes",
                         FAULT_PATH_MAX);
    return true;
}

bool fault_check(const struct fault *fault, struct error *error)
{
    if ((unsigned)fault->latency.distribution >= DISTRIBUTIONS)
        return error_set(error, ERROR_INVALID, "latency.distribution: unknown");
    if ((unsigned)fault->scope.direction >= DIRECTIONS)
        return error_set(error, ERROR_INVALID, "scope.direction: unknown");
    if (fault->bandwidth.bytes_per_s != 0 &&
        !check_range("bandwidth.bytes_per_s", (double)fault->bandwidth.bytes_per_s,
                     (double)FAULT_BANDWIDTH_MIN, (double)FAULT_BANDWIDTH_MAX, error))
        return false;
    return check_range("latency.mean_ms", fault->latency.mean_ms, 0, FAULT_LATENCY_MAX_MS, error) &&
           check_range("latency.jitter_ms", fault->latency.jitter_ms, 0, FAULT_LATENCY_MAX_MS, error) &&
           check_range("loss.percent", fault->loss.percent, 0, 100, error) &&
           check_range("loss.burst", fault->loss.burst, 1, FAULT_BURST_MAX, error) &&
           check_range("error.percent", fault->error.percent, 0, 100, error) &&
           check_range("error.status", fault->error.status, STATUS_LOWEST, STATUS_HIGHEST, error) &&
           check_range("reset.percent", fault->reset.percent, 0, 100, error) &&
           check_range("blackhole.percent", fault->blackhole.percent, 0, 100, error) &&
           check_range("scope.percent", fault->scope.percent, 0, 100, error) && check_texts(fault, error);
}

/* Reads one of the document's sections, where it is there. */
static bool read_section(struct json_object *section, const char *name, const struct document_field *fields,
                         size_t count, struct error *error)
{
    return !section || document_read(section, name, fields, count, false, error);
}
#define COUNT(array) (sizeof(array) / sizeof *(array))

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
    if (section && json_object_object_get(section, "distribution") &&
        !fault_distribution_parse(name, &fault->latency.distribution))
        return error_set(error, ERROR_INVALID,
                         "latency.distribution: %s is none of uniform, normal, pareto, paretonormal", name);
    return true;
}

static bool read_error(struct fault *fault, struct json_object *section, struct error *error)
{
    int64_t status = fault->error.status;
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->error.percent, 0, false},
        {"status", DOCUMENT_INTEGER, &status, 0, false},
        {"body", DOCUMENT_BODY, fault->error.body, sizeof fault->error.body, false},
    };
    if (!read_section(section, "error", fields, COUNT(fields), error) ||
        !check_range("error.status", (double)status, STATUS_LOWEST, STATUS_HIGHEST, error))
        return false;
    fault->error.status = (int)status;
    return true;
}

static bool read_scope(struct fault *fault, struct json_object *section, struct error *error)
{
    char name[NAME_MAX_BYTES] = "";
    const struct document_field fields[] = {
        {"percent", DOCUMENT_NUMBER, &fault->scope.percent, 0, false},
        {"direction", DOCUMENT_TEXT, name, sizeof name, false},
        {"method", DOCUMENT_TEXT, fault->scope.method, sizeof fault->scope.method, false},
        {"path", DOCUMENT_TEXT, fault->scope.path, sizeof fault->scope.path, false},
        {"health_checks", DOCUMENT_BOOLEAN, &fault->scope.health_checks, 0, false},
    };
    if (!read_section(section, "scope", fields, COUNT(fields), error))
        return false;
    if (section && json_object_object_get(section, "direction") &&
        !fault_direction_parse(name, &fault->scope.direction))
        return error_set(error, ERROR_INVALID, "scope.direction: %s is none of request, response, both",
                         name);
    return true;
}

bool fault_from_json(struct fault *fault, struct json_object *json, struct error *error)
{
    struct fault read;
    fault_init(&read);
    struct json_object *latency = NULL, *loss = NULL, *failure = NULL, *reset = NULL, *blackhole = NULL,
                       *bandwidth = NULL, *scope = NULL;
    const struct document_field fields[] = {
        {"latency", DOCUMENT_OBJECT, &latency, 0, false},
        {"loss", DOCUMENT_OBJECT, &loss, 0, false},
        {"error", DOCUMENT_OBJECT, &failure, 0, false},
        {"reset", DOCUMENT_OBJECT, &reset, 0, false},
        {"blackhole", DOCUMENT_OBJECT, &blackhole, 0, false},
        {"bandwidth", DOCUMENT_OBJECT, &bandwidth, 0, false},
        {"scope", DOCUMENT_OBJECT, &scope, 0, false},
        {"seed", DOCUMENT_UNSIGNED, &read.seed, 0, false},
    };
    const struct document_field loss_fields[] = {
        {"percent", DOCUMENT_NUMBER, &read.loss.percent, 0, false},
        {"burst", DOCUMENT_NUMBER, &read.loss.burst, 0, false},
    };
    const struct document_field reset_fields[] = {
        {"percent", DOCUMENT_NUMBER, &read.reset.percent, 0, false}};
    const struct document_field blackhole_fields[] = {
        {"percent", DOCUMENT_NUMBER, &read.blackhole.percent, 0, false}};
    const struct document_field bandwidth_fields[] = {
        {"bytes_per_s", DOCUMENT_UNSIGNED, &read.bandwidth.bytes_per_s, 0, false}};
    bool done = document_read(json, "", fields, COUNT(fields), false, error) &&
                read_latency(&read, latency, error) &&
                read_section(loss, "loss", loss_fields, COUNT(loss_fields), error) &&
                read_error(&read, failure, error) &&
                read_section(reset, "reset", reset_fields, COUNT(reset_fields), error) &&
                read_section(blackhole, "blackhole", blackhole_fields, COUNT(blackhole_fields), error) &&
                read_section(bandwidth, "bandwidth", bandwidth_fields, COUNT(bandwidth_fields), error) &&
                read_scope(&read, scope, error) && fault_check(&read, error);
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

static struct json_object *latency_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    if (document_put(json, "mean_ms", document_new_number(fault->latency.mean_ms)) &&
        document_put(json, "jitter_ms", document_new_number(fault->latency.jitter_ms)) &&
        document_put(json, "distribution",
                     json_object_new_string(fault_distribution_name(fault->latency.distribution))))
        return json;
    json_object_put(json);
    return NULL;
}

static struct json_object *loss_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    if (document_put(json, "percent", document_new_number(fault->loss.percent)) &&
        document_put(json, "burst", document_new_number(fault->loss.burst)))
        return json;
    json_object_put(json);
    return NULL;
}

static struct json_object *error_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    if (document_put(json, "percent", document_new_number(fault->error.percent)) &&
        document_put(json, "status", json_object_new_int(fault->error.status)) &&
        document_put(json, "body", document_new_text(fault->error.body)))
        return json;
    json_object_put(json);
    return NULL;
}

static struct json_object *single_to_json(const char *key, struct json_object *value)
{
    struct json_object *json = json_object_new_object();
    if (document_put(json, key, value))
        return json;
    json_object_put(json);
    return NULL;
}

static struct json_object *scope_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    if (document_put(json, "percent", document_new_number(fault->scope.percent)) &&
        document_put(json, "direction",
                     json_object_new_string(fault_direction_name(fault->scope.direction))) &&
        document_put(json, "method", document_new_text(fault->scope.method)) &&
        document_put(json, "path", document_new_text(fault->scope.path)) &&
        document_put(json, "health_checks", json_object_new_boolean(fault->scope.health_checks)))
        return json;
    json_object_put(json);
    return NULL;
}

struct json_object *fault_to_json(const struct fault *fault)
{
    struct json_object *json = json_object_new_object();
    if (document_put(json, "latency", latency_to_json(fault)) &&
        document_put(json, "loss", loss_to_json(fault)) &&
        document_put(json, "error", error_to_json(fault)) &&
        document_put(json, "reset", single_to_json("percent", document_new_number(fault->reset.percent))) &&
        document_put(json, "blackhole",
                     single_to_json("percent", document_new_number(fault->blackhole.percent))) &&
        document_put(json, "bandwidth",
                     single_to_json("bytes_per_s", json_object_new_uint64(fault->bandwidth.bytes_per_s))) &&
        document_put(json, "scope", scope_to_json(fault)) &&
        document_put(json, "seed", json_object_new_uint64(fault->seed)))
        return json;
    json_object_put(json);
    return NULL;
}

bool fault_print(const struct fault *fault, struct buf *out)
{
    struct json_object *json = fault_to_json(fault);
    bool done = json && document_print(json, out);
    json_object_put(json);
    return done;
}

static void describe_part(struct buf *out, const char *what, const char *amount)
{
    buf_printf(out, "%s%s %s", out->length ? ", " : "", what, amount);
}

static void describe_percent(struct buf *out, const char *what, double percent)
{
    if (percent <= 0)
        return;
    char amount[UNITS_TEXT_MAX];
    units_format_percent(percent, amount);
    describe_part(out, what, amount);
}

static void describe_scope(const struct fault *fault, struct buf *out)
{
    if (fault->scope.percent < 100) {
        char share[UNITS_TEXT_MAX];
        units_format_percent(fault->scope.percent, share);
        buf_printf(out, ", on %s of requests", share);
    }
    if (fault->scope.direction != FAULT_RESPONSE)
        buf_printf(out, ", direction %s", fault_direction_name(fault->scope.direction));
    if (fault->scope.method[0])
        buf_printf(out, ", method %s", fault->scope.method);
    if (fault->scope.path[0])
        buf_printf(out, ", path %s", fault->scope.path);
    if (fault->scope.health_checks)
        buf_append_text(out, ", health checks too");
}

void fault_describe(const struct fault *fault, char *text, size_t size)
{
    enum { DESCRIPTION_MAX = 2048 };
    if (fault_is_clean(fault)) {
        utf8_copy(text, size, "no faults", strlen("no faults"));
        return;
    }
    struct buf out;
    buf_init(&out, DESCRIPTION_MAX);
    char amount[UNITS_TEXT_MAX];
    if (fault->latency.mean_ms > 0 || fault->latency.jitter_ms > 0) {
        units_format_delay_ms(fault->latency.mean_ms, amount);
        describe_part(&out, "latency", amount);
    }
    if (fault->latency.jitter_ms > 0) {
        units_format_delay_ms(fault->latency.jitter_ms, amount);
        buf_printf(&out, " ± %s", amount);
    }
    describe_percent(&out, "loss", fault->loss.percent);
    if (fault->loss.percent > 0 && fault->loss.burst > 1) {
        units_format_number(fault->loss.burst, amount);
        buf_printf(&out, " (in runs of %s)", amount);
    }
    describe_percent(&out, "errors", fault->error.percent);
    if (fault->error.percent > 0)
        buf_printf(&out, " (%d)", fault->error.status);
    describe_percent(&out, "resets", fault->reset.percent);
    describe_percent(&out, "blackhole", fault->blackhole.percent);
    if (fault->bandwidth.bytes_per_s > 0) {
        units_format_rate(fault->bandwidth.bytes_per_s, amount);
        describe_part(&out, "bandwidth", amount);
    }
    describe_scope(fault, &out);
    utf8_copy(text, size, buf_text(&out), out.length);
    buf_free(&out);
}
