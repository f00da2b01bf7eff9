#include "experiment/guard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/hist.h"
#include "core/utf8.h"

#define NAME "guard"
#define VALUE_MAX 64
#define COUNT_MAX 1e6
#define RATE_MAX 1e9
#define NUMBER_DIGITS 15

static const struct {
    const char *name;
    const char *example;
} metrics[GUARD_METRICS] = {
    [GUARD_P50] = {"p50", "p50 > 200ms for 10s"},
    [GUARD_P90] = {"p90", "p90 > 500ms for 10s"},
    [GUARD_P99] = {"p99", "p99 > 2s for 10s"},
    [GUARD_P999] = {"p99.9", "p99.9 > 5s for 10s"},
    [GUARD_ERRORS] = {"errors", "errors > 20% for 5s"},
    [GUARD_LOST] = {"lost", "lost > 5% for 5s"},
    [GUARD_REQUESTS] = {"requests", "requests < 10/s for 10s"},
    [GUARD_HEALTHY_TARGETS] = {"healthy targets", "healthy targets < 2"},
    [GUARD_RUNNING_TASKS] = {"running tasks", "running tasks < 2"},
    [GUARD_ALARM] = {"alarm", "alarm checkout-5xx"},
};

const char *guard_metric_name(enum guard_metric metric)
{
    return metrics[metric].name;
}

const char *guard_example(enum guard_metric metric)
{
    return metrics[metric].example;
}

bool guard_is_percentile(enum guard_metric metric, double *percentile)
{
    static const double percentiles[] = {50, 90, 99, 99.9};
    if (metric > GUARD_P999)
        return false;
    if (percentile != NULL)
        *percentile = percentiles[metric];
    return true;
}

bool guard_is_measured(enum guard_metric metric)
{
    return metric <= GUARD_REQUESTS;
}

bool guard_holds(const struct guard *guard, double value)
{
    switch (guard->op) {
    case GUARD_ABOVE:
        return value > guard->threshold;
    case GUARD_AT_LEAST:
        return value >= guard->threshold;
    case GUARD_BELOW:
        return value < guard->threshold;
    default:
        return value <= guard->threshold;
    }
}

void guard_format(enum guard_metric metric, double value, char text[UNITS_TEXT_MAX])
{
    text[0] = '\0';
    if (guard_is_percentile(metric, NULL))
        units_format_us(value, text);
    else if (metric == GUARD_ERRORS || metric == GUARD_LOST)
        units_format_percent(round(value * 10) / 10, text);
    else if (metric == GUARD_REQUESTS)
        snprintf(text, UNITS_TEXT_MAX, value < 10 ? "%.1f/s" : "%.0f/s", value);
    else if (metric != GUARD_ALARM)
        snprintf(text, UNITS_TEXT_MAX, "%.0f", value);
}

static void format_threshold(const struct guard *guard, char text[UNITS_TEXT_MAX])
{
    if (guard_is_percentile(guard->metric, NULL)) /* set by hand */
        units_format_delay_ms(guard->threshold / 1000, text);
    else if (guard->metric == GUARD_ERRORS || guard->metric == GUARD_LOST)
        units_format_percent(guard->threshold, text);
    else
        guard_format(guard->metric, guard->threshold, text);
}

void guard_format_limit(const struct guard *guard, char *text, size_t size)
{
    static const char *const operators[] = {">", ">=", "<", "<="};
    char threshold[UNITS_TEXT_MAX];
    format_threshold(guard, threshold);
    if (guard->metric == GUARD_ALARM)
        snprintf(text, size, "%s", guard->alarm);
    else
        snprintf(text, size, "%s %s", operators[guard->op], threshold);
}

void guard_describe(const struct guard *guard, char *text, size_t size)
{
    static const char *const words[] = {"above", "at least", "below", "at most"};
    char threshold[UNITS_TEXT_MAX], held[UNITS_TEXT_MAX], grace[UNITS_TEXT_MAX], missing[64] = "";
    const char *name = guard_metric_name(guard->metric);
    bool few = guard->metric == GUARD_ERRORS || guard->metric == GUARD_LOST ||
               guard->metric == GUARD_REQUESTS || guard->metric == GUARD_HEALTHY_TARGETS ||
               guard->metric == GUARD_RUNNING_TASKS;
    format_threshold(guard, threshold);
    units_format_delay_ms((double)guard->for_ms, held);
    units_format_delay_ms((double)(guard->for_ms > GUARD_MISSING_MS ? guard->for_ms : GUARD_MISSING_MS),
                          grace);
    if (!guard->missing_ok)
        snprintf(missing, sizeof missing, ", or nothing was heard for %s", grace);
    if (guard->metric == GUARD_ALARM)
        snprintf(text, size, "Trips when the alarm %s is in state ALARM%s%s%s.", guard->alarm,
                 guard->for_ms > 0 ? " for " : "", guard->for_ms > 0 ? held : "", missing);
    else
        snprintf(text, size, "Trips when %s%s %s %s %s%s%s%s.", few ? "" : "the ", name,
                 guard->for_ms > 0 ? (few ? "have been" : "has been") : (few ? "are" : "is"),
                 words[guard->op], threshold, guard->for_ms > 0 ? " for " : "", guard->for_ms > 0 ? held : "",
                 missing);
}

/* ── reading ─────────────────────────────────────────────────────────────────────────────── */

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* Where it went wrong is shown by what stands there. */
static bool expected(struct error *error, const char *text, const char *at, const char *what)
{
    if (*at == '\0')
        return error_set(error, ERROR_INVALID, NAME ": '%s' ends too soon: expected %s", text, what);
    if (at == text)
        return error_set(error, ERROR_INVALID, NAME ": '%s': expected %s", text, what);
    return error_set(error, ERROR_INVALID, NAME ": '%s': expected %s at '%s'", text, what, at);
}

/* The words, with blanks between them, and then no further letter. NULL: something else stands there. */
static const char *take_words(const char *at, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == ' ') {
            if (*at != ' ' && *at != '\t')
                return NULL;
            at = skip_blanks(at);
        } else if (strncasecmp(at, words, 1) == 0) {
            at++;
        } else {
            return NULL;
        }
    }
    /* "p99" is not the beginning of "p99.9", nor "lost" of "lostness" */
    bool ends = strchr(" \t<>=,", *at) != NULL;
    return ends ? at : NULL;
}

static const char *take_metric(const char *at, enum guard_metric *metric)
{
    for (int i = 0; i < GUARD_METRICS; i++) {
        const char *end = take_words(at, metrics[i].name);
        if (end != NULL) {
            *metric = (enum guard_metric)i;
            return skip_blanks(end);
        }
    }
    return NULL;
}

static const char *take_operator(const char *at, enum guard_operator *op)
{
    bool above = *at == '>', below = *at == '<';
    if (!above && !below)
        return NULL;
    bool equal = at[1] == '=';
    *op = above ? (equal ? GUARD_AT_LEAST : GUARD_ABOVE) : equal ? GUARD_AT_MOST : GUARD_BELOW;
    return skip_blanks(at + 1 + equal);
}

/* The text up to `for`, a comma, `missing` or the end, without the blanks around it. NULL: too long. */
static const char *take_value(const char *at, char value[VALUE_MAX])
{
    const char *end = at;
    while (*end != '\0' && *end != ',') {
        bool word = end > at && (end[-1] == ' ' || end[-1] == '\t');
        if (word && (take_words(end, "for") != NULL || take_words(end, "missing") != NULL))
            break;
        end++;
    }
    size_t length = (size_t)(end - at);
    while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t'))
        length--;
    if (length >= VALUE_MAX)
        return NULL;
    memcpy(value, at, length);
    value[length] = '\0';
    return end;
}

/* Digits with at most one '.', and then exactly `unit` or nothing. */
static bool read_number(const char *text, const char *unit, double *number)
{
    double value = 0, scale = 1;
    int digits = 0;
    bool point = false;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        value = value * 10 + (*text - '0');
        scale *= point ? 10 : 1;
        digits++;
    }
    *number = value / scale;
    text = skip_blanks(text);
    return digits > 0 && digits <= NUMBER_DIGITS && (*text == '\0' || strcasecmp(text, unit) == 0);
}

/* A threshold in the metric's unit; *highest is what the metric can come to. */
static bool read_threshold(struct guard *guard, const char *text, const char *at, const char *value,
                           double *highest, struct error *error)
{
    double *threshold = &guard->threshold;
    if (guard_is_percentile(guard->metric, NULL)) {
        *highest = (double)HIST_HIGHEST_US;
        if (!units_parse_duration(value, 1, NAME, threshold, NULL))
            return expected(error, text, at, "a time (2s, 500ms)");
        *threshold *= 1000;
        return *threshold <= *highest || expected(error, text, at, "at most 60s: no more is measured,");
    }
    if (guard->metric == GUARD_ERRORS || guard->metric == GUARD_LOST) {
        *highest = 100;
        return units_parse_percent(value, NAME, threshold, NULL) ||
               expected(error, text, at, "a percentage (20%, 0.5%)");
    }
    bool rate = guard->metric == GUARD_REQUESTS;
    *highest = INFINITY;
    if (!read_number(value, rate ? "/s" : "", threshold) || *threshold > (rate ? RATE_MAX : COUNT_MAX))
        return expected(error, text, at, rate ? "a rate (10/s)" : "a number (2)");
    return rate || fmod(*threshold, 1) == 0 || expected(error, text, at, "a whole number (2)");
}

/* What holds whatever happens, or never, guards nothing. */
static bool check_sense(const struct guard *guard, const char *text, double highest, struct error *error)
{
    double at = guard->threshold;
    bool never = (guard->op == GUARD_ABOVE && at >= highest) || (guard->op == GUARD_BELOW && at <= 0);
    bool always = (guard->op == GUARD_AT_LEAST && at <= 0) || (guard->op == GUARD_AT_MOST && at >= highest);
    if (never || always)
        return error_set(error, ERROR_INVALID, NAME ": '%s' can %s hold; try '%s'", text,
                         never ? "never" : "only", guard_example(guard->metric));
    return true;
}

static const char *read_condition(struct guard *guard, const char *text, const char *at, struct error *error)
{
    char value[VALUE_MAX] = "";
    double highest;
    const char *start = take_operator(at, &guard->op);
    if (start == NULL) {
        expected(error, text, at, ">, >=, < or <=");
        return NULL;
    }
    const char *end = take_value(start, value);
    if (end == NULL) {
        expected(error, text, start, "a value");
        return NULL;
    }
    if (!read_threshold(guard, text, start, value, &highest, error) ||
        !check_sense(guard, text, highest, error))
        return NULL;
    return end;
}

/* arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, in any partition. */
static bool read_arn(struct guard *guard, const char *arn)
{
    const char *part[6] = {arn};
    for (int i = 1; i < 6; i++) {
        const char *colon = strchr(part[i - 1], ':');
        if (colon == NULL)
            return false;
        part[i] = colon + 1;
    }
    size_t region = (size_t)(part[4] - part[3]) - 1;
    const char *name = strchr(part[5], ':');
    if (strncmp(part[2], "cloudwatch:", 11) != 0 || strncmp(part[5], "alarm:", 6) != 0 || region == 0 ||
        region >= sizeof guard->alarm_region || name[1] == '\0')
        return false;
    snprintf(guard->alarm_region, sizeof guard->alarm_region, "%.*s", (int)region, part[3]);
    memmove(guard->alarm, name + 1, strlen(name + 1) + 1);
    return true;
}

static const char *read_alarm(struct guard *guard, const char *text, const char *at, struct error *error)
{
    bool quoted = *at == '"' || *at == '\'';
    const char *start = at + quoted;
    size_t length = strcspn(start, quoted ? (*at == '"' ? "\"" : "'") : " \t");
    const char *end = start + length;
    if (quoted && *end == '\0') {
        expected(error, text, end, "the closing quote");
        return NULL;
    }
    if (!quoted && length > 0 && start[length - 1] == ',') {
        length--;
        end--;
    }
    if (length == 0 || length >= sizeof guard->alarm) {
        expected(error, text, at, "an alarm's name or ARN (one with blanks in quotes)");
        return NULL;
    }
    memcpy(guard->alarm, start, length);
    guard->alarm[length] = '\0';
    if (strncmp(guard->alarm, "arn:", 4) == 0 && !read_arn(guard, guard->alarm)) {
        expected(error, text, at, "an alarm's ARN (arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME)");
        return NULL;
    }
    return end + quoted;
}

/* [for TIME] [, missing ok] */
static bool read_rest(struct guard *guard, const char *text, const char *at, struct error *error)
{
    at = skip_blanks(at);
    const char *start = take_words(at, "for");
    if (start != NULL) {
        char value[VALUE_MAX];
        double ms = 0;
        start = skip_blanks(start);
        at = take_value(start, value);
        if (at == NULL || !units_parse_duration(value, 1000, NAME, &ms, NULL) ||
            ms > (double)GUARD_FOR_MAX_MS)
            return expected(error, text, start, "a time of at most 1h (10s)");
        guard->for_ms = (int64_t)ms;
    }
    at = skip_blanks(at);
    if (*at == ',')
        at = skip_blanks(at + 1);
    else if (*at == '\0')
        return true;
    const char *end = take_words(at, "missing ok");
    if (end == NULL || *skip_blanks(end) != '\0')
        return expected(error, text, at,
                        guard->for_ms > 0 ? "', missing ok' or the end"
                                          : "'for 10s', ', missing ok' or the end");
    guard->missing_ok = true;
    return true;
}

bool guard_parse(struct guard *guard, const char *text, struct error *error)
{
    struct guard read = {0};
    if (strlen(text) >= CHOICES_GUARD_MAX)
        return error_set(error, ERROR_INVALID, NAME ": longer than %d bytes", CHOICES_GUARD_MAX - 1);
    if (!utf8_is_valid(text, strlen(text)) || utf8_has_control(text, strlen(text)))
        return error_set(error, ERROR_INVALID, NAME ": there is a control character in it");
    const char *at = take_metric(skip_blanks(text), &read.metric);
    if (at == NULL)
        return expected(error, text, text,
                        "p50, p90, p99, p99.9, errors, lost, requests, healthy targets, running tasks or "
                        "alarm, as in 'p99 > 2s for 10s'");
    at = read.metric == GUARD_ALARM ? read_alarm(&read, text, at, error)
                                    : read_condition(&read, text, at, error);
    if (at == NULL || !read_rest(&read, text, at, error))
        return false;
    *guard = read;
    return true;
}

/* ── lists of them ───────────────────────────────────────────────────────────────────────── */

bool guard_is_there(const struct choices *choices, const char *text)
{
    for (size_t i = 0; i < choices->guard_count; i++)
        if (strcmp(choices->guards[i], text) == 0)
            return true;
    return false;
}

bool guard_add(struct choices *choices, const char *text, struct error *error)
{
    struct guard guard;
    if (!guard_parse(&guard, text, error))
        return false;
    if (guard_is_there(choices, text))
        return error_set(error, ERROR_INVALID, NAME ": '%s' is there already", text);
    if (choices->guard_count == CHOICES_GUARDS_MAX)
        return error_set(error, ERROR_INVALID, NAME ": there are %d already, and that is the most",
                         CHOICES_GUARDS_MAX);
    memcpy(choices->guards[choices->guard_count++], text, strlen(text) + 1);
    return true;
}

void guard_remove(struct choices *choices, size_t index)
{
    if (index >= choices->guard_count)
        return;
    choices->guard_count--;
    memmove(choices->guards[index], choices->guards[index + 1],
            (choices->guard_count - index) * sizeof choices->guards[0]);
    choices->guards[choices->guard_count][0] = '\0';
}
