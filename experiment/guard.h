/*
 * guard: one guardrail as people write it: what must not come to be while an experiment runs. Pure.
 *
 *   p50|p90|p99|p99.9 OP TIME        round trips at the sidecars:     p99 > 2s for 10s
 *   errors|lost OP PERCENT           of all requests there:           errors > 20% for 5s
 *   requests OP NUMBER[/s]           that pass there:                 requests < 10/s for 10s
 *   healthy targets OP NUMBER        of the target group with fewest: healthy targets < 2
 *   running tasks OP NUMBER          of the service:                  running tasks < 2
 *   alarm NAME|"NAME"|ARN            in CloudWatch, in state ALARM:   alarm checkout-5xx
 *
 * OP is > >= < or <=. Behind it may stand `for TIME` (it must hold that long without a break), and
 * `, missing ok` (else a metric that stops arriving trips it too, see guards.h). Words in any case.
 */
#ifndef SHAKETABLE_EXPERIMENT_GUARD_H
#define SHAKETABLE_EXPERIMENT_GUARD_H

#include "core/error.h"
#include "core/units.h"
#include "experiment/choices.h"

#include <stdbool.h>
#include <stdint.h>

enum guard_metric {
    GUARD_P50,
    GUARD_P90,
    GUARD_P99,
    GUARD_P999,
    GUARD_ERRORS,
    GUARD_LOST,
    GUARD_REQUESTS,
    GUARD_HEALTHY_TARGETS,
    GUARD_RUNNING_TASKS,
    GUARD_ALARM,
    GUARD_METRICS
};
enum guard_operator { GUARD_ABOVE, GUARD_AT_LEAST, GUARD_BELOW, GUARD_AT_MOST };

#define GUARD_ALARM_MAX 256    /* CloudWatch's names have 255 characters at most */
#define GUARD_MISSING_MS 10000 /* so long without its metric it trips, or for_ms if that is longer */
#define GUARD_FOR_MAX_MS (INT64_C(3600) * 1000)

struct guard {
    enum guard_metric metric;
    enum guard_operator op; /* of an alarm: none */
    double threshold;       /* microseconds, percent, requests a second, or a count */
    int64_t for_ms;         /* 0: at once */
    bool missing_ok;
    char alarm[GUARD_ALARM_MAX]; /* its name, also where an ARN was given */
    char alarm_region[64];       /* of the ARN; "" without one */
};

/* On an error (ERROR_INVALID: where, and what is expected there) `guard` is unchanged. Longer than
 * CHOICES_GUARD_MAX - 1 bytes is one. */
bool guard_parse(struct guard *guard, const char *text, struct error *error);
/* True for the four percentiles; *percentile is 50, 90, 99 or 99.9. `percentile` may be NULL. */
bool guard_is_percentile(enum guard_metric metric, double *percentile);
/* Measured by the sidecars; else it is read from AWS. */
bool guard_is_measured(enum guard_metric metric);
bool guard_holds(const struct guard *guard, double value);
/* "p99", "healthy targets", …; and one that could stand in an expression: "p99 > 2s for 10s". */
const char *guard_metric_name(enum guard_metric metric);
const char *guard_example(enum guard_metric metric);
/* A value of the metric, with its unit: "812 ms", "20 %", "9.5/s", "2". Of an alarm: "". */
void guard_format(enum guard_metric metric, double value, char text[UNITS_TEXT_MAX]);
/* "> 500 ms", as it was set; an alarm's name. */
void guard_format_limit(const struct guard *guard, char *text, size_t size);
/* What it does, a sentence: "Trips when the p99 has been above 2 s for 10 s, or nothing was heard for 10 s."
 */
void guard_describe(const struct guard *guard, char *text, size_t size);
/* As it is written. */
bool guard_is_there(const struct choices *choices, const char *text);
/* Adds it as it is written, if it parses, is not there already, and there is room. */
bool guard_add(struct choices *choices, const char *text, struct error *error);
void guard_remove(struct choices *choices, size_t index);

#endif
