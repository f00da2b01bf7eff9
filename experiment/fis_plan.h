/*
 * fis_plan: the plan of an experiment that AWS FIS runs, from the faders or from a template, and of preparing
 * a service for it. Reads, and changes nothing. Each returns true also when it refuses
 * (plan->shown->refused).
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_PLAN_H
#define SHAKETABLE_EXPERIMENT_FIS_PLAN_H

#include "experiment/plan.h"
#include "experiment/preflight.h"

/* The template that the request's faults, or its template, become for this service. */
bool fis_plan_service(struct plan *plan, const struct preflight *at, struct error *error);
/* A template that names no service of ours: FIS finds its targets. */
bool fis_plan_alone(struct plan *plan, const struct job *job, struct error *error);
/* A revision with what FIS needs (fis_needs.h), deployed as it is. `response` is DescribeTaskDefinition's. */
bool fis_plan_prepare(struct plan *plan, const struct preflight *at, struct json_object *response,
                      struct error *error);

#endif
