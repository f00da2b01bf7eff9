/*
 * schedule: when a scheduled action of Application Auto Scaling fires: at(…), rate(…) and cron(…), as in its
 * API reference (PutScheduledAction). Pure.
 */
#ifndef SHAKETABLE_EXPERIMENT_SCHEDULE_H
#define SHAKETABLE_EXPERIMENT_SCHEDULE_H

#include <stdint.h>

enum schedule_answer {
    SCHEDULE_NO,
    SCHEDULE_YES,
    SCHEDULE_UNKNOWN /* it may: another time zone than UTC, a day that only a calendar knows (L, W, #),
                      * nonsense
                      */
};

/* Whether it fires within [from_ms, to_ms], epoch. `zone` "": UTC. Spans of more than a week: unknown. */
enum schedule_answer schedule_fires(const char *expression, const char *zone, int64_t from_ms, int64_t to_ms);

#endif
