#include "core/fault.h"

#include "core/fault_parts.h"
#include "core/units.h"
#include "core/utf8.h"

#include <string.h>
#include <strings.h>

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
static const char *const moment_names[] = {
    [FAULT_AT_ACCEPT] = "accept",
    [FAULT_AT_REQUEST] = "request",
    [FAULT_AT_RESPONSE] = "response",
};
static const char *const unit_names[] = {
    [FAULT_PER_REQUEST] = "request",
    [FAULT_PER_CONNECTION] = "connection",
};
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
enum { STATUS_DEFAULT = 503 };

static int find_name(const char *text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
    }
    return -1;
}

static const char *name_of(unsigned value, const char *const *names, int count)
{
    return value < (unsigned)count ? names[value] : "?";
}

const char *fault_distribution_name(enum fault_distribution distribution)
{
    return name_of((unsigned)distribution, distribution_names, COUNT(distribution_names));
}

const char *fault_direction_name(enum fault_direction direction)
{
    return name_of((unsigned)direction, direction_names, COUNT(direction_names));
}

const char *fault_moment_name(enum fault_moment moment)
{
    return name_of((unsigned)moment, moment_names, COUNT(moment_names));
}

const char *fault_unit_name(enum fault_unit unit)
{
    return name_of((unsigned)unit, unit_names, COUNT(unit_names));
}

bool fault_distribution_parse(const char *text, enum fault_distribution *distribution)
{
    int found = find_name(text, distribution_names, COUNT(distribution_names));
    if (found < 0)
        return false;
    *distribution = (enum fault_distribution)found;
    return true;
}

bool fault_direction_parse(const char *text, enum fault_direction *direction)
{
    int found = find_name(text, direction_names, COUNT(direction_names));
    if (found < 0)
        return false;
    *direction = (enum fault_direction)found;
    return true;
}

bool fault_moment_parse(const char *text, enum fault_moment *moment)
{
    int found = find_name(text, moment_names, COUNT(moment_names));
    if (found < 0)
        return false;
    *moment = (enum fault_moment)found;
    return true;
}

bool fault_unit_parse(const char *text, enum fault_unit *unit)
{
    int found = find_name(text, unit_names, COUNT(unit_names));
    if (found < 0)
        return false;
    *unit = (enum fault_unit)found;
    return true;
}

void fault_init(struct fault *fault)
{
    memset(fault, 0, sizeof *fault);
    fault->latency.distribution = FAULT_NORMAL;
    fault->loss.burst = 1;
    fault->error.status = STATUS_DEFAULT;
    fault->reset.at = FAULT_AT_REQUEST;
    fault->blackhole.per = FAULT_PER_REQUEST;
    fault->scope.percent = 100;
    fault->scope.direction = FAULT_RESPONSE;
}

bool fault_is_clean(const struct fault *fault)
{
    if (fault->scope.percent <= 0)
        return true;
    return fault->latency.mean_ms <= 0 && fault->latency.jitter_ms <= 0 && fault->loss.percent <= 0 &&
           fault->error.percent <= 0 && fault->reset.percent <= 0 && fault->blackhole.percent <= 0 &&
           fault->bandwidth.bytes_per_s == 0 && fault->bandwidth.total_bytes_per_s == 0 &&
           fault->slow_close.delay_ms <= 0 && fault->slice.bytes == 0 && fault->limit.bytes == 0;
}

static bool errors_equal(const struct fault *a, const struct fault *b)
{
    if (a->error.percent != b->error.percent || a->error.status != b->error.status ||
        a->error.grpc_status != b->error.grpc_status || a->error.header_count != b->error.header_count ||
        strcmp(a->error.body, b->error.body) != 0)
        return false;
    for (unsigned i = 0; i < a->error.header_count; i++)
        if (strcmp(a->error.headers[i], b->error.headers[i]) != 0)
            return false;
    return true;
}

static bool scopes_equal(const struct fault *a, const struct fault *b)
{
    return a->scope.percent == b->scope.percent && a->scope.direction == b->scope.direction &&
           strcmp(a->scope.method, b->scope.method) == 0 && strcmp(a->scope.path, b->scope.path) == 0 &&
           strcmp(a->scope.header, b->scope.header) == 0 && strcmp(a->scope.source, b->scope.source) == 0 &&
           a->scope.health_checks == b->scope.health_checks;
}

bool fault_equal(const struct fault *a, const struct fault *b)
{
    return a->latency.mean_ms == b->latency.mean_ms && a->latency.jitter_ms == b->latency.jitter_ms &&
           a->latency.distribution == b->latency.distribution && a->loss.percent == b->loss.percent &&
           a->loss.burst == b->loss.burst && errors_equal(a, b) && a->reset.percent == b->reset.percent &&
           a->reset.at == b->reset.at && a->blackhole.percent == b->blackhole.percent &&
           a->blackhole.per == b->blackhole.per && a->bandwidth.bytes_per_s == b->bandwidth.bytes_per_s &&
           a->bandwidth.total_bytes_per_s == b->bandwidth.total_bytes_per_s &&
           a->slow_close.delay_ms == b->slow_close.delay_ms && a->slice.bytes == b->slice.bytes &&
           a->slice.delay_ms == b->slice.delay_ms && a->limit.bytes == b->limit.bytes && scopes_equal(a, b) &&
           a->schedule.start_ms == b->schedule.start_ms &&
           a->schedule.duration_ms == b->schedule.duration_ms && a->schedule.ramp_ms == b->schedule.ramp_ms &&
           a->seed == b->seed;
}

bool fault_check_range(const char *key, double value, double lowest, double highest, struct error *error)
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

/* RFC 9110, section 5.6.2: what a method or a header's name may consist of. */
static size_t token_length(const char *text)
{
    static const char characters[] = "!#$%&'*+-.^_`|~0123456789"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return strspn(text, characters);
}

bool fault_header_split(const char *text, bool alone, size_t *name_length, const char **value)
{
    size_t length = token_length(text);
    *name_length = length;
    *value = NULL;
    if (length == 0 || length > FAULT_HEADER_NAME_MAX)
        return false;
    if (text[length] == '\0')
        return alone;
    if (text[length] != ':')
        return false;
    const char *at = text + length + 1;
    at += strspn(at, " ");
    size_t left = strlen(at);
    if (!utf8_is_valid(at, left) || utf8_has_control(at, left) || (left > 0 && at[left - 1] == ' '))
        return false;
    *value = at;
    return true;
}

bool fault_header_is_ours(const char *name, size_t length)
{
    static const char *const ours[] = {
        "Content-Length",        "Transfer-Encoding", "Connection", "Keep-Alive",
        "Proxy-Connection",      "Upgrade",           "Trailer",    "TE",
        "x-shaketable-injected",
    };
    for (int i = 0; i < COUNT(ours); i++)
        if (strlen(ours[i]) == length && strncasecmp(ours[i], name, length) == 0)
            return true;
    return false;
}

bool fault_check_header(const char *text, struct error *error)
{
    size_t length;
    const char *value;
    char shown[FAULT_HEADER_NAME_MAX + 1];
    if (!fault_header_split(text, false, &length, &value)) {
        utf8_copy_plain(shown, sizeof shown, text, strlen(text));
        return error_set(error, ERROR_INVALID,
                         "error.headers: '%s' is no header such as 'Retry-After: 5', on one line", shown);
    }
    if (fault_header_is_ours(text, length))
        return error_set(error, ERROR_INVALID, "error.headers: %.*s is the proxy's to set", (int)length,
                         text);
    return true;
}

static bool check_headers(const struct fault *fault, struct error *error)
{
    if (fault->error.header_count > FAULT_HEADERS_MAX)
        return error_set(error, ERROR_INVALID, "error.headers: more than %d", FAULT_HEADERS_MAX);
    for (unsigned i = 0; i < fault->error.header_count; i++) {
        const char *text = fault->error.headers[i];
        if (!memchr(text, '\0', sizeof fault->error.headers[i]))
            return error_set(error, ERROR_INVALID, "error.headers: longer than %d bytes", FAULT_HEADER_MAX);
        if (!fault_check_header(text, error))
            return false;
    }
    return true;
}

static bool check_scope(const struct fault *fault, struct error *error)
{
    struct fault_source source;
    size_t length;
    const char *value;
    const char *method = fault->scope.method;
    if (!memchr(method, '\0', sizeof fault->scope.method) || method[token_length(method)] != '\0')
        return error_set(error, ERROR_INVALID, "scope.method: must be an HTTP method such as GET");
    const char *path = fault->scope.path;
    if (!memchr(path, '\0', sizeof fault->scope.path) || !utf8_is_valid(path, strlen(path)) ||
        utf8_has_control(path, strlen(path)))
        return error_set(error, ERROR_INVALID, "scope.path: must be UTF-8 text of at most %d bytes",
                         FAULT_PATH_MAX);
    const char *header = fault->scope.header;
    if (!memchr(header, '\0', sizeof fault->scope.header) ||
        (header[0] && !fault_header_split(header, true, &length, &value)))
        return error_set(error, ERROR_INVALID, "scope.header: must be 'Name: glob' or a header's name");
    if (!memchr(fault->scope.source, '\0', sizeof fault->scope.source) ||
        !fault_source_parse(fault->scope.source, &source))
        return error_set(error, ERROR_INVALID,
                         "scope.source: must be an IP address or a block such as 10.0.0.0/8");
    return true;
}

static bool check_texts(const struct fault *fault, struct error *error)
{
    if (!memchr(fault->error.body, '\0', sizeof fault->error.body) ||
        !utf8_is_valid(fault->error.body, strlen(fault->error.body)))
        return error_set(error, ERROR_INVALID, "error.body: must be UTF-8 text of at most %d bytes",
                         FAULT_BODY_MAX);
    return check_headers(fault, error) && check_scope(fault, error);
}

static bool check_choices(const struct fault *fault, struct error *error)
{
    if ((int)fault->latency.distribution >= COUNT(distribution_names))
        return error_set(error, ERROR_INVALID, "latency.distribution: unknown");
    if ((int)fault->scope.direction >= COUNT(direction_names))
        return error_set(error, ERROR_INVALID, "scope.direction: unknown");
    if ((int)fault->reset.at >= COUNT(moment_names))
        return error_set(error, ERROR_INVALID, "reset.at: unknown");
    if ((int)fault->blackhole.per >= COUNT(unit_names))
        return error_set(error, ERROR_INVALID, "blackhole.per: unknown");
    return true;
}

/* 0 is no limit. */
static bool check_limit(const char *key, uint64_t value, uint64_t lowest, uint64_t highest,
                        struct error *error)
{
    return value == 0 || fault_check_range(key, (double)value, (double)lowest, (double)highest, error);
}

static bool check_numbers(const struct fault *fault, struct error *error)
{
    const struct {
        const char *key;
        double value, lowest, highest;
    } ranges[] = {
        {"latency.mean_ms", fault->latency.mean_ms, 0, FAULT_LATENCY_MAX_MS},
        {"latency.jitter_ms", fault->latency.jitter_ms, 0, FAULT_LATENCY_MAX_MS},
        {"loss.percent", fault->loss.percent, 0, 100},
        {"loss.burst", fault->loss.burst, 1, FAULT_BURST_MAX},
        {"error.percent", fault->error.percent, 0, 100},
        {"error.status", fault->error.status, FAULT_STATUS_LOWEST, FAULT_STATUS_HIGHEST},
        {"error.grpc_status", fault->error.grpc_status, 0, FAULT_GRPC_STATUS_MAX},
        {"reset.percent", fault->reset.percent, 0, 100},
        {"blackhole.percent", fault->blackhole.percent, 0, 100},
        {"slow_close.delay_ms", fault->slow_close.delay_ms, 0, FAULT_LATENCY_MAX_MS},
        {"slice.delay_ms", fault->slice.delay_ms, 0, FAULT_LATENCY_MAX_MS},
        {"scope.percent", fault->scope.percent, 0, 100},
        {"schedule.start_ms", fault->schedule.start_ms, 0, FAULT_SCHEDULE_MAX_MS},
        {"schedule.duration_ms", fault->schedule.duration_ms, 0, FAULT_SCHEDULE_MAX_MS},
        {"schedule.ramp_ms", fault->schedule.ramp_ms, 0, FAULT_SCHEDULE_MAX_MS},
    };
    for (int i = 0; i < COUNT(ranges); i++)
        if (!fault_check_range(ranges[i].key, ranges[i].value, ranges[i].lowest, ranges[i].highest, error))
            return false;
    return check_limit("bandwidth.bytes_per_s", fault->bandwidth.bytes_per_s, FAULT_BANDWIDTH_MIN,
                       FAULT_BANDWIDTH_MAX, error) &&
           check_limit("bandwidth.total_bytes_per_s", fault->bandwidth.total_bytes_per_s, FAULT_BANDWIDTH_MIN,
                       FAULT_BANDWIDTH_MAX, error) &&
           check_limit("slice.bytes", fault->slice.bytes, 1, FAULT_SLICE_MAX, error) &&
           check_limit("limit.bytes", fault->limit.bytes, 1, FAULT_LIMIT_MAX, error);
}

bool fault_check(const struct fault *fault, struct error *error)
{
    return check_choices(fault, error) && check_numbers(fault, error) && check_texts(fault, error);
}
