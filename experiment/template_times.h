/*
 * template_times: when a template's actions begin and end, as FIS plays them: each when all that it starts
 * after have ended, the others at once.
 */
#ifndef SHAKETABLE_EXPERIMENT_TEMPLATE_TIMES_H
#define SHAKETABLE_EXPERIMENT_TEMPLATE_TIMES_H

#include "experiment/template.h"

#include <stdint.h>

struct template_times {
    /* By the action's index in the template; milliseconds from the experiment's start. An action without a
     * duration takes no time. */
    int64_t start_ms[TEMPLATE_ACTIONS_MAX], end_ms[TEMPLATE_ACTIONS_MAX];
    /* Indices, each behind those that it starts after. */
    size_t order[TEMPLATE_ACTIONS_MAX];
    size_t count; /* of order: less than the template's actions where there is a cycle */
    int64_t total_ms;
};

/* A name in startAfter that is not there counts for nothing. */
void template_times(const struct template *template, struct template_times *times);
/* True if both are under way at some moment. */
bool template_overlap(const struct template_times *times, size_t a, size_t b);

#endif
