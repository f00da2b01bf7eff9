#include "core/options.h"

#include "core/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum fault_key {
    KEY_LATENCY,
    KEY_JITTER,
    KEY_DISTRIBUTION,
    KEY_LOSS,
    KEY_LOSS_BURST,
    KEY_ERROR,
    KEY_ERROR_BODY,
    KEY_ERROR_HEADER,
    KEY_RETRY_AFTER,
    KEY_GRPC_STATUS,
    KEY_RESET,
    KEY_RESET_AT,
    KEY_BLACKHOLE,
    KEY_BLACKHOLE_PER,
    KEY_BANDWIDTH,
    KEY_BANDWIDTH_TOTAL,
    KEY_SLOW_CLOSE,
    KEY_SLICE,
    KEY_SLICE_DELAY,
    KEY_LIMIT,
    KEY_DIRECTION,
    KEY_PERCENT,
    KEY_PATH,
    KEY_METHOD,
    KEY_HEADER,
    KEY_SOURCE,
    KEY_HEALTH_CHECKS,
    KEY_START,
    KEY_RAMP,
    KEY_ACTIVE,
    KEY_SEED,
};

const struct option_spec fault_option_specs[] = {
    {"latency", OPTION_REQUIRED, "DURATION", "delay every message by this much (800ms, 1.5s; at most 60s)",
     KEY_LATENCY},
    {"jitter", OPTION_REQUIRED, "DURATION", "let the delay vary by this much", KEY_JITTER},
    {"latency-distribution", OPTION_REQUIRED, "NAME",
     "how it varies: uniform, normal (default), pareto or paretonormal", KEY_DISTRIBUTION},
    {"loss", OPTION_REQUIRED, "PERCENT", "lose this share of segments, each at the cost of a retransmission",
     KEY_LOSS},
    {"loss-burst", OPTION_REQUIRED, "N", "lose them in runs of this mean length (1 to 100)", KEY_LOSS_BURST},
    {"error", OPTION_REQUIRED, "STATUS[@PERCENT]",
     "answer with this HTTP status instead of the application (503@10%; 503 alone is every request)",
     KEY_ERROR},
    {"error-body", OPTION_REQUIRED, "TEXT", "the body of these answers (default: the status in words)",
     KEY_ERROR_BODY},
    {"error-header", OPTION_REQUIRED, "'NAME: VALUE'",
     "a header of these answers; may be repeated; none takes back all", KEY_ERROR_HEADER},
    {"retry-after", OPTION_REQUIRED, "DURATION", "their Retry-After header, in whole seconds",
     KEY_RETRY_AFTER},
    {"grpc-status", OPTION_REQUIRED, "N",
     "what they are to gRPC (1 to 16; 0, the default, goes by the HTTP status)", KEY_GRPC_STATUS},
    {"reset", OPTION_REQUIRED, "PERCENT", "reset the connection on this share of requests", KEY_RESET},
    {"reset-at", OPTION_REQUIRED, "MOMENT",
     "reset at accept (this share of connections), at request (default) or within the response",
     KEY_RESET_AT},
    {"blackhole", OPTION_OPTIONAL, "PERCENT", "never answer this share of requests (default 100%)",
     KEY_BLACKHOLE},
    {"blackhole-per", OPTION_REQUIRED, "UNIT", "count the share by request (default) or by connection",
     KEY_BLACKHOLE_PER},
    {"bandwidth", OPTION_REQUIRED, "RATE", "limit each connection, each way (1MB/s, 64kB/s, 8Mbit/s, none)",
     KEY_BANDWIDTH},
    {"bandwidth-total", OPTION_REQUIRED, "RATE", "limit all connections together, each way",
     KEY_BANDWIDTH_TOTAL},
    {"slow-close", OPTION_REQUIRED, "DURATION", "pass the end of a connection on that much later",
     KEY_SLOW_CLOSE},
    {"slice", OPTION_REQUIRED, "SIZE", "write in pieces of about this size (64B, 1kB, none)", KEY_SLICE},
    {"slice-delay", OPTION_REQUIRED, "DURATION", "wait this long between two pieces", KEY_SLICE_DELAY},
    {"limit", OPTION_REQUIRED, "SIZE", "end a connection after this much of responses (10KB, none)",
     KEY_LIMIT},
    {"direction", OPTION_REQUIRED, "WAY", "delay the request, the response (default) or both", KEY_DIRECTION},
    {"percent", OPTION_REQUIRED, "PERCENT", "fault only this share of requests (default 100%)", KEY_PERCENT},
    {"path", OPTION_REQUIRED, "GLOB", "fault only requests whose path matches", KEY_PATH},
    {"method", OPTION_REQUIRED, "METHOD", "fault only requests of this method", KEY_METHOD},
    {"header", OPTION_REQUIRED, "'NAME[: GLOB]'", "fault only requests with this header", KEY_HEADER},
    {"source", OPTION_REQUIRED, "ADDRESS", "fault only clients at this address or in this block (10.0.0.0/8)",
     KEY_SOURCE},
    {"include-health-checks", OPTION_NONE, NULL, "fault the load balancer's health checks too",
     KEY_HEALTH_CHECKS},
    {"start", OPTION_REQUIRED, "TIME", "begin so long after the faults are set (30s)", KEY_START},
    {"ramp", OPTION_REQUIRED, "TIME", "grow from nothing over this time (2m)", KEY_RAMP},
    {"active", OPTION_REQUIRED, "TIME", "end so long after the begin (1m; default 0: never)", KEY_ACTIVE},
    {"seed", OPTION_REQUIRED, "N", "make the chances repeatable", KEY_SEED},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

static bool take_delay(const char *value, const char *name, double *ms, struct error *error)
{
    double read;
    if (!units_parse_duration(value, 1, name, &read, error))
        return false;
    if (read > FAULT_LATENCY_MAX_MS)
        return error_set(error, ERROR_INVALID, "%s: '%s' is more than 60s", name, value);
    *ms = read;
    return true;
}

static bool take_error(const char *value, struct fault *fault, struct error *error)
{
    const char *at = strchr(value, '@');
    char status_text[16];
    size_t length = at ? (size_t)(at - value) : strlen(value);
    int64_t status;
    double percent = 100;
    if (length >= sizeof status_text)
        return error_set(error, ERROR_INVALID, "--error: '%s' is no status (write 503 or 503@10%%)", value);
    memcpy(status_text, value, length);
    status_text[length] = '\0';
    if (!units_parse_integer(status_text, "--error", 400, 599, &status, error) ||
        (at && !units_parse_percent(at + 1, "--error", &percent, error)))
        return false;
    fault->error.status = (int)status;
    fault->error.percent = percent;
    return true;
}

static bool take_burst(const char *value, struct fault *fault, struct error *error)
{
    /* Its own reader: a mean may have a fraction. A percentage's limits are the same at the top. */
    if (strchr(value, '%') || !units_parse_percent(value, "--loss-burst", &fault->loss.burst, NULL) ||
        fault->loss.burst < 1)
        return error_set(error, ERROR_INVALID, "--loss-burst: '%s' is no number from 1 to 100", value);
    return true;
}

static bool take_rate(const char *value, const char *name, uint64_t *bytes_per_s, struct error *error)
{
    uint64_t rate;
    if (!units_parse_rate(value, name, &rate, error))
        return false;
    if (rate != 0 && (rate < FAULT_BANDWIDTH_MIN || rate > FAULT_BANDWIDTH_MAX))
        return error_set(error, ERROR_INVALID, "%s: '%s' is not between 100B/s and 100GB/s", name, value);
    *bytes_per_s = rate;
    return true;
}

static bool take_size(const char *value, const char *name, uint64_t most, uint64_t *bytes,
                      struct error *error)
{
    if (!units_parse_bytes(value, name, bytes, error))
        return false;
    return *bytes <= most || error_set(error, ERROR_INVALID, "%s: '%s' is more than %llu bytes", name, value,
                                       (unsigned long long)most);
}

static bool take_time(const char *value, const char *name, double *ms, struct error *error)
{
    double read;
    if (!units_parse_duration(value, 1000, name, &read, error))
        return false;
    if (read > FAULT_SCHEDULE_MAX_MS)
        return error_set(error, ERROR_INVALID, "%s: '%s' is more than a day", name, value);
    *ms = read;
    return true;
}

static bool add_header(struct fault *fault, const char *name, const char *text, struct error *error)
{
    unsigned count = fault->error.header_count;
    if (count == FAULT_HEADERS_MAX)
        return error_set(error, ERROR_INVALID, "%s: more than %d headers", name, FAULT_HEADERS_MAX);
    if (strlen(text) > FAULT_HEADER_MAX)
        return error_set(error, ERROR_INVALID, "%s: longer than %d bytes", name, FAULT_HEADER_MAX);
    memcpy(fault->error.headers[count], text, strlen(text) + 1);
    fault->error.header_count++;
    return true;
}

static bool take_header(const char *value, struct fault *fault, struct error *error)
{
    if (strcmp(value, "none") != 0)
        return add_header(fault, "--error-header", value, error);
    fault->error.header_count = 0;
    return true;
}

/* It takes the place of an earlier one. RFC 9110, section 10.2.3: whole seconds. */
static bool take_retry_after(const char *value, struct fault *fault, struct error *error)
{
    static const char name[] = "Retry-After:";
    char text[FAULT_HEADER_MAX + 1];
    double ms = 0;
    if (!take_time(value, "--retry-after", &ms, error))
        return false;
    unsigned kept = 0;
    for (unsigned i = 0; i < fault->error.header_count; i++) {
        if (strncasecmp(fault->error.headers[i], name, sizeof name - 1) == 0)
            continue;
        if (kept != i)
            memcpy(fault->error.headers[kept], fault->error.headers[i], sizeof fault->error.headers[i]);
        kept++;
    }
    fault->error.header_count = kept;
    snprintf(text, sizeof text, "%s %.0f", name, ceil(ms / 1000));
    return add_header(fault, "--retry-after", text, error);
}

static bool take_grpc_status(const char *value, struct fault *fault, struct error *error)
{
    int64_t status;
    if (!units_parse_integer(value, "--grpc-status", 0, FAULT_GRPC_STATUS_MAX, &status, error))
        return false;
    fault->error.grpc_status = (int)status;
    return true;
}

static bool take_text(const char *value, const char *name, char *text, size_t size, struct error *error)
{
    size_t length = strlen(value);
    if (length >= size)
        return error_set(error, ERROR_INVALID, "%s: longer than %zu bytes", name, size - 1);
    memcpy(text, value, length + 1);
    return true;
}

static bool take_seed(const char *value, struct fault *fault, struct error *error)
{
    int64_t seed;
    if (!units_parse_integer(value, "--seed", 0, INT64_MAX, &seed, error))
        return false;
    fault->seed = (uint64_t)seed;
    return true;
}

static bool take_scope(struct fault *fault, enum fault_key key, const char *value, struct error *error)
{
    switch (key) {
    case KEY_DIRECTION:
        return fault_direction_parse(value, &fault->scope.direction) ||
               error_set(error, ERROR_INVALID, "--direction: '%s' is none of request, response, both", value);
    case KEY_PERCENT:
        return units_parse_percent(value, "--percent", &fault->scope.percent, error);
    case KEY_PATH:
        return take_text(value, "--path", fault->scope.path, sizeof fault->scope.path, error);
    case KEY_METHOD:
        return take_text(value, "--method", fault->scope.method, sizeof fault->scope.method, error);
    case KEY_HEADER:
        return take_text(value, "--header", fault->scope.header, sizeof fault->scope.header, error);
    case KEY_SOURCE:
        return take_text(value, "--source", fault->scope.source, sizeof fault->scope.source, error);
    case KEY_HEALTH_CHECKS:
        fault->scope.health_checks = true;
        return true;
    case KEY_START:
        return take_time(value, "--start", &fault->schedule.start_ms, error);
    case KEY_RAMP:
        return take_time(value, "--ramp", &fault->schedule.ramp_ms, error);
    case KEY_ACTIVE:
        return take_time(value, "--active", &fault->schedule.duration_ms, error);
    case KEY_SEED:
        return take_seed(value, fault, error);
    default:
        return error_set(error, ERROR_USAGE, "unknown option");
    }
}

/* What is done to bytes and connections. */
static bool take_stream(struct fault *fault, enum fault_key key, const char *value, struct error *error)
{
    switch (key) {
    case KEY_RESET:
        return units_parse_percent(value, "--reset", &fault->reset.percent, error);
    case KEY_RESET_AT:
        return fault_moment_parse(value, &fault->reset.at) ||
               error_set(error, ERROR_INVALID, "--reset-at: '%s' is none of accept, request, response",
                         value);
    case KEY_BLACKHOLE:
        return units_parse_percent(value ? value : "100", "--blackhole", &fault->blackhole.percent, error);
    case KEY_BLACKHOLE_PER:
        return fault_unit_parse(value, &fault->blackhole.per) ||
               error_set(error, ERROR_INVALID, "--blackhole-per: '%s' is none of request, connection", value);
    case KEY_BANDWIDTH:
        return take_rate(value, "--bandwidth", &fault->bandwidth.bytes_per_s, error);
    case KEY_BANDWIDTH_TOTAL:
        return take_rate(value, "--bandwidth-total", &fault->bandwidth.total_bytes_per_s, error);
    case KEY_SLOW_CLOSE:
        return take_delay(value, "--slow-close", &fault->slow_close.delay_ms, error);
    case KEY_SLICE:
        return take_size(value, "--slice", FAULT_SLICE_MAX, &fault->slice.bytes, error);
    case KEY_SLICE_DELAY:
        return take_delay(value, "--slice-delay", &fault->slice.delay_ms, error);
    case KEY_LIMIT:
        return take_size(value, "--limit", FAULT_LIMIT_MAX, &fault->limit.bytes, error);
    default:
        return take_scope(fault, key, value, error);
    }
}

static bool take(struct fault *fault, enum fault_key key, const char *value, struct error *error)
{
    switch (key) {
    case KEY_LATENCY:
        return take_delay(value, "--latency", &fault->latency.mean_ms, error);
    case KEY_JITTER:
        return take_delay(value, "--jitter", &fault->latency.jitter_ms, error);
    case KEY_DISTRIBUTION:
        return fault_distribution_parse(value, &fault->latency.distribution) ||
               error_set(error, ERROR_INVALID,
                         "--latency-distribution: '%s' is none of uniform, normal, pareto, paretonormal",
                         value);
    case KEY_LOSS:
        return units_parse_percent(value, "--loss", &fault->loss.percent, error);
    case KEY_LOSS_BURST:
        return take_burst(value, fault, error);
    case KEY_ERROR:
        return take_error(value, fault, error);
    case KEY_ERROR_BODY:
        return take_text(value, "--error-body", fault->error.body, sizeof fault->error.body, error);
    case KEY_ERROR_HEADER:
        return take_header(value, fault, error);
    case KEY_RETRY_AFTER:
        return take_retry_after(value, fault, error);
    case KEY_GRPC_STATUS:
        return take_grpc_status(value, fault, error);
    default:
        return take_stream(fault, key, value, error);
    }
}

bool fault_options_take(void *context, int key, const char *value, struct error *error)
{
    struct fault_options *options = context;
    struct fault changed = options->fault;
    if (!take(&changed, (enum fault_key)key, value, error)) {
        if (error)
            error->code = ERROR_USAGE;
        return false;
    }
    /* What only fault_check knows: the characters of texts. */
    if (!fault_check(&changed, error)) {
        if (error)
            error->code = ERROR_USAGE;
        return error_prefix(error, "--%s: ", fault_option_specs[key].name);
    }
    options->fault = changed;
    options->given = true;
    options->distribution_given = options->distribution_given || key == KEY_DISTRIBUTION;
    return true;
}
