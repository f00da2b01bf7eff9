/*
 * timeline: what happens when, if the sidecar engine plays a template: all is resolved, and all that can't be
 * done is told, before anything starts. Pure.
 */
#ifndef SHAKETABLE_EXPERIMENT_TIMELINE_H
#define SHAKETABLE_EXPERIMENT_TIMELINE_H

#include "core/fault.h"
#include "core/refusals.h"
#include "experiment/template.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_MOMENTS_MAX (2 * TEMPLATE_ACTIONS_MAX)
#define TIMELINE_NAME_MAX 256

enum timeline_what {
    TIMELINE_FAULT,     /* `fault` is in force from then on */
    TIMELINE_STOP_TASK, /* tasks of the service are stopped; takes no time */
    TIMELINE_WAIT       /* nothing is done, but an action begins or ends */
};

struct timeline_moment {
    int64_t at_ms; /* from the start */
    enum timeline_what what;
    const struct template_action *action;
    bool starts;                          /* false: it ends */
    struct fault fault;                   /* all that is in force from then on; clean: nothing */
    const struct template_target *target; /* of a stop-task: selection says how many of the service's tasks */
};

struct timeline {
    struct template *template;                                   /* held */
    char cluster[TIMELINE_NAME_MAX], service[TIMELINE_NAME_MAX]; /* that it is all about */
    struct timeline_moment moments[TIMELINE_MOMENTS_MAX]; /* by time; of one time, ends before starts */
    size_t moment_count;
    int64_t total_ms; /* after which the last action has ended */
    /* Of blackholes: they must be the service's container ports, which the caller knows. */
    int64_t ports[TEMPLATE_ACTIONS_MAX];
    size_t port_count;
};

/* `cluster` and `service` take the place of what the targets say (--cluster, --service); both NULL or "":
 * the targets must name one service by their parameters. NULL where the sidecar can't play all of it: each
 * thing that it can't is a refusal. Moments at the same time have the same fault, the one in force after all
 * of them. Holds the template. */
struct timeline *timeline_make(struct template *template, const char *cluster, const char *service,
                               struct refusals *refusals);
/* NULL is fine. */
void timeline_free(struct timeline *timeline);

#endif
