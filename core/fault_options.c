#include "core/options.h"

#include "core/units.h"

#include <string.h>

enum fault_key {
    KEY_LATENCY,
    KEY_JITTER,
    KEY_DISTRIBUTION,
    KEY_LOSS,
    KEY_LOSS_BURST,
    KEY_ERROR,
    KEY_RESET,
    KEY_BLACKHOLE,
    KEY_BANDWIDTH,
    KEY_DIRECTION,
    KEY_PERCENT,
    KEY_PATH,
    KEY_METHOD,
    KEY_HEALTH_CHECKS,
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
    {"reset", OPTION_REQUIRED, "PERCENT", "reset the connection on this share of requests", KEY_RESET},
    {"blackhole", OPTION_OPTIONAL, "PERCENT", "never answer this share of requests (default 100%)",
     KEY_BLACKHOLE},
    {"bandwidth", OPTION_REQUIRED, "RATE", "limit each connection, each way (1MB/s, 64kB/s, 8Mbit/s, none)",
     KEY_BANDWIDTH},
    {"direction", OPTION_REQUIRED, "WAY", "delay the request, the response (default) or both", KEY_DIRECTION},
    {"percent", OPTION_REQUIRED, "PERCENT", "fault only this share of requests (default 100%)", KEY_PERCENT},
    {"path", OPTION_REQUIRED, "GLOB", "fault only requests whose path matches", KEY_PATH},
    {"method", OPTION_REQUIRED, "METHOD", "fault only requests of this method", KEY_METHOD},
    {"include-health-checks", OPTION_NONE, NULL, "fault the load balancer's health checks too",
     KEY_HEALTH_CHECKS},
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

static bool take_bandwidth(const char *value, struct fault *fault, struct error *error)
{
    uint64_t rate;
    if (!units_parse_rate(value, "--bandwidth", &rate, error))
        return false;
    if (rate != 0 && (rate < FAULT_BANDWIDTH_MIN || rate > FAULT_BANDWIDTH_MAX))
        return error_set(error, ERROR_INVALID, "--bandwidth: '%s' is not between 100B/s and 100GB/s", value);
    fault->bandwidth.bytes_per_s = rate;
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
    case KEY_RESET:
        return units_parse_percent(value, "--reset", &fault->reset.percent, error);
    case KEY_BLACKHOLE:
        return units_parse_percent(value ? value : "100", "--blackhole", &fault->blackhole.percent, error);
    case KEY_BANDWIDTH:
        return take_bandwidth(value, fault, error);
    case KEY_DIRECTION:
        return fault_direction_parse(value, &fault->scope.direction) ||
               error_set(error, ERROR_INVALID, "--direction: '%s' is none of request, response, both", value);
    case KEY_PERCENT:
        return units_parse_percent(value, "--percent", &fault->scope.percent, error);
    case KEY_PATH:
        return take_text(value, "--path", fault->scope.path, sizeof fault->scope.path, error);
    case KEY_METHOD:
        return take_text(value, "--method", fault->scope.method, sizeof fault->scope.method, error);
    case KEY_HEALTH_CHECKS:
        fault->scope.health_checks = true;
        return true;
    case KEY_SEED:
        return take_seed(value, fault, error);
    }
    return error_set(error, ERROR_USAGE, "unknown option");
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
    /* What only fault_check knows: the characters of a method or a path. */
    if (!fault_check(&changed, error)) {
        if (error)
            error->code = ERROR_USAGE;
        return error_prefix(error, "--%s: ", fault_option_specs[key].name);
    }
    options->fault = changed;
    options->given = true;
    return true;
}
