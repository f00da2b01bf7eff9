#include "ui/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The left end's share of the track that belongs to 0 alone, so that 0 and 1 ms can be told apart. */
#define ZERO_SHARE 0.06
#define BANDWIDTH_LOW 1e3
#define BANDWIDTH_HIGH 1e9
/* Steps compare with a margin, for what floating point makes of 0.1. */
#define MARGIN 1e-9

enum kind { KIND_DELAY, KIND_PERCENT, KIND_RATE };

static const struct {
    const char *name;
    enum kind kind;
} faders[FADER_COUNT] = {
    [FADER_LATENCY] = {"latency", KIND_DELAY}, [FADER_JITTER] = {"jitter", KIND_DELAY},
    [FADER_LOSS] = {"loss", KIND_PERCENT},     [FADER_ERRORS] = {"errors", KIND_PERCENT},
    [FADER_RESET] = {"reset", KIND_PERCENT},   [FADER_BANDWIDTH] = {"bandwidth", KIND_RATE},
    [FADER_SCOPE] = {"scope", KIND_PERCENT},
};

const char *scale_name(enum fader fader)
{
    return (unsigned)fader < FADER_COUNT ? faders[fader].name : "";
}

enum fader scale_find(const char *name)
{
    for (unsigned i = 0; i < FADER_COUNT; i++)
        if (strcmp(faders[i].name, name) == 0)
            return (enum fader)i;
    return strcmp(name, "error") == 0 ? FADER_ERRORS : FADER_COUNT;
}

double scale_get(const struct fault *fault, enum fader fader)
{
    switch (fader) {
    case FADER_LATENCY:
        return fault->latency.mean_ms;
    case FADER_JITTER:
        return fault->latency.jitter_ms;
    case FADER_LOSS:
        return fault->loss.percent;
    case FADER_ERRORS:
        return fault->error.percent;
    case FADER_RESET:
        return fault->reset.percent;
    case FADER_BANDWIDTH:
        return (double)fault->bandwidth.bytes_per_s;
    case FADER_SCOPE:
        return fault->scope.percent;
    default:
        return 0;
    }
}

double scale_lowest(enum fader fader)
{
    (void)fader;
    return 0;
}

double scale_highest(enum fader fader)
{
    switch (faders[fader].kind) {
    case KIND_DELAY:
        return FAULT_LATENCY_MAX_MS;
    case KIND_PERCENT:
        return 100;
    default:
        return (double)FAULT_BANDWIDTH_MAX;
    }
}

void scale_set(struct fault *fault, enum fader fader, double value)
{
    value = fmin(fmax(value, scale_lowest(fader)), scale_highest(fader));
    switch (fader) {
    case FADER_LATENCY:
        fault->latency.mean_ms = value;
        break;
    case FADER_JITTER:
        fault->latency.jitter_ms = value;
        break;
    case FADER_LOSS:
        fault->loss.percent = value;
        break;
    case FADER_ERRORS:
        fault->error.percent = value;
        break;
    case FADER_RESET:
        fault->reset.percent = value;
        break;
    case FADER_BANDWIDTH:
        if (value > 0 && value < (double)FAULT_BANDWIDTH_MIN)
            value = (double)FAULT_BANDWIDTH_MIN;
        fault->bandwidth.bytes_per_s = (uint64_t)value;
        break;
    case FADER_SCOPE:
        fault->scope.percent = value;
        break;
    default:
        break;
    }
}

double scale_no_cap(enum fader fader)
{
    return faders[fader].kind == KIND_RATE ? 0 : scale_highest(fader);
}

double scale_within_cap(enum fader fader, double value, double cap)
{
    if (faders[fader].kind == KIND_RATE)
        return value > 0 && value < cap ? cap : value;
    return value > cap ? cap : value;
}

double scale_position(enum fader fader, double value)
{
    switch (faders[fader].kind) {
    case KIND_DELAY:
        if (value < 1)
            return value <= 0 ? 0 : ZERO_SHARE * value;
        return fmin(1, ZERO_SHARE + (1 - ZERO_SHARE) * log10(value) / log10(FAULT_LATENCY_MAX_MS));
    case KIND_PERCENT:
        return fmin(1, fmax(0, value / 100));
    default:
        if (value <= 0)
            return 1;
        value = fmin(fmax(value, BANDWIDTH_LOW), BANDWIDTH_HIGH);
        return (1 - ZERO_SHARE) * log10(value / BANDWIDTH_LOW) / log10(BANDWIDTH_HIGH / BANDWIDTH_LOW);
    }
}

/* Up to one significant figure: the next multiple of its decade, upwards (or downwards). */
static double next_figure(double value, int direction)
{
    double unit = pow(10, floor(log10(value) + MARGIN));
    /* Below 10 of a unit, steps down from a round decade are those of the decade below it. */
    if (direction < 0 && fabs(value - unit) < unit * MARGIN)
        unit /= 10;
    double steps = value / unit;
    double next = direction > 0 ? floor(steps + MARGIN) + 1 : ceil(steps - MARGIN) - 1;
    return next * unit;
}

/* The next of 1–2–5 upwards (or downwards). */
static double next_detent(double value, int direction)
{
    static const double detents[] = {1, 2, 5, 10};
    double unit = pow(10, floor(log10(value) + MARGIN));
    if (direction < 0 && fabs(value - unit) < unit * MARGIN)
        unit /= 10;
    double found = direction > 0 ? 10 * unit : unit;
    for (int i = 0; i < 4; i++) {
        double detent = detents[i] * unit;
        if (direction > 0 && detent > value * (1 + MARGIN))
            return detent;
        if (direction < 0 && detent < value * (1 - MARGIN))
            found = detent;
    }
    return found;
}

static double step_delay(double value, int direction, bool large)
{
    if (value < 1 + MARGIN && direction < 0)
        return 0;
    if (value < 1 - MARGIN)
        return 1;
    return large ? next_detent(value, direction) : next_figure(value, direction);
}

static double step_percent(double value, int direction, bool large)
{
    double unit = 5;
    if (!large) {
        double edge = direction > 0 ? value + MARGIN : value - MARGIN;
        unit = edge < 1 ? 0.1 : edge < 5 ? 0.5 : 1;
    } else if (direction > 0 ? value < 5 - MARGIN : value <= 5 + MARGIN) {
        unit = 1;
    }
    double next = direction > 0 ? floor(value / unit + MARGIN) + 1 : ceil(value / unit - MARGIN) - 1;
    return fmin(100, fmax(0, next * unit));
}

static double step_rate(double value, int direction, bool large)
{
    if (value <= 0)
        return direction > 0 ? 0 : BANDWIDTH_HIGH;
    if (direction > 0 && value >= BANDWIDTH_HIGH * (1 - MARGIN))
        return 0;
    double next = large ? next_detent(value, direction) : next_figure(value, direction);
    return fmin(fmax(next, BANDWIDTH_LOW), BANDWIDTH_HIGH);
}

double scale_step(enum fader fader, double value, int direction, bool large, double cap)
{
    double next = 0;
    switch (faders[fader].kind) {
    case KIND_DELAY:
        next = fmin(FAULT_LATENCY_MAX_MS, step_delay(value, direction, large));
        break;
    case KIND_PERCENT:
        next = step_percent(value, direction, large);
        break;
    default:
        next = step_rate(value, direction, large);
        break;
    }
    return scale_within_cap(fader, next, cap);
}

double scale_value_at(enum fader fader, double position)
{
    position = fmin(1, fmax(0, position));
    double value = 0;
    switch (faders[fader].kind) {
    case KIND_DELAY:
        if (position < ZERO_SHARE)
            return 0;
        value = pow(10, (position - ZERO_SHARE) / (1 - ZERO_SHARE) * log10(FAULT_LATENCY_MAX_MS));
        break;
    case KIND_PERCENT:
        value = position * 100;
        if (value < 5)
            return round(value * 2) / 2;
        return round(value);
    default:
        if (position > 1 - ZERO_SHARE / 2)
            return 0;
        value = BANDWIDTH_LOW *
                pow(10, fmin(1, position / (1 - ZERO_SHARE)) * log10(BANDWIDTH_HIGH / BANDWIDTH_LOW));
        break;
    }
    double unit = pow(10, floor(log10(value) + MARGIN));
    return round(value / unit) * unit;
}

void scale_format(enum fader fader, double value, char text[UNITS_TEXT_MAX])
{
    char number[UNITS_TEXT_MAX];
    switch (faders[fader].kind) {
    case KIND_DELAY:
        units_format_delay_ms(value, number);
        break;
    case KIND_PERCENT:
        units_format_percent(value, number);
        break;
    default:
        units_format_rate((uint64_t)value, number);
        break;
    }
    const char *sign = fader == FADER_LATENCY && value > 0  ? "+"
                       : fader == FADER_JITTER && value > 0 ? "±"
                                                            : "";
    if (fader == FADER_BANDWIDTH && value <= 0)
        snprintf(text, UNITS_TEXT_MAX, "no limit");
    else
        snprintf(text, UNITS_TEXT_MAX, "%s%.*s", sign, UNITS_TEXT_MAX - 4, number);
}

size_t scale_labels(enum fader fader, struct scale_label labels[SCALE_LABELS_MAX])
{
    static const struct {
        const char *text;
        double value;
    } delays[] = {{"0", 0},      {"1 ms", 1}, {"10", 10},  {"100", 100},  {"1 s", 1000}, {"10", 10000},
                  {"60", 60000}, {"2", 2},    {"5", 5},    {"20", 20},    {"50", 50},    {"200", 200},
                  {"500", 500},  {"2", 2000}, {"5", 5000}, {"20", 20000}, {"30", 30000}},
      percents[] = {{"0", 0}, {"20", 20}, {"40", 40}, {"60", 60}, {"80", 80}, {"100 %", 100}},
      rates[] = {{"1 kB/s", 1e3}, {"10", 1e4},  {"100", 1e5}, {"1 MB/s", 1e6},
                 {"10", 1e7},     {"100", 1e8}, {"none", 0}};
    size_t count = 0;
    switch (faders[fader].kind) {
    case KIND_DELAY:
        for (; count < sizeof delays / sizeof delays[0]; count++)
            labels[count] =
                (struct scale_label){delays[count].text, scale_position(fader, delays[count].value)};
        break;
    case KIND_PERCENT:
        for (; count < sizeof percents / sizeof percents[0]; count++)
            labels[count] =
                (struct scale_label){percents[count].text, scale_position(fader, percents[count].value)};
        break;
    default:
        for (; count < sizeof rates / sizeof rates[0]; count++)
            labels[count] =
                (struct scale_label){rates[count].text, scale_position(fader, rates[count].value)};
        break;
    }
    return count;
}
