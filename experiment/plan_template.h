/*
 * plan_template: what a plan takes from a template that is to be played or run.
 */
#ifndef SHAKETABLE_EXPERIMENT_PLAN_TEMPLATE_H
#define SHAKETABLE_EXPERIMENT_PLAN_TEMPLATE_H

#include "experiment/plan.h"
#include "experiment/preflight.h"

#include <stdbool.h>

/* Whose service it is, where the request names none; for the sidecars the timeline, its first faults and its
 * length too. False: the sidecars can't play it, each reason is a finding. For the engine FIS there may be no
 * service. */
bool plan_take_template(struct plan *plan);
/* What only the service can tell: whether a blackhole's port is one that its load balancers use. */
void plan_check_timeline(const struct preflight *at, const struct timeline *timeline);

#endif
