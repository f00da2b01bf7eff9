/*
 * canary_plan: what a canary of a service would be: reads the listeners, and changes nothing.
 */
#ifndef SHAKETABLE_EXPERIMENT_CANARY_PLAN_H
#define SHAKETABLE_EXPERIMENT_CANARY_PLAN_H

#include "aws/ecs.h"
#include "experiment/job.h"
#include "experiment/plan.h"

/* Fills the plan's way_back.canary, canary_service, canary_groups and desired from its service, sidecars and
 * request. ERROR_REFUSED: this service can't have one, and why; ERROR_DENIED and others: what has to be
 * read could not be. The plan is unchanged after an error. */
bool canary_plan(const struct job *job, struct plan *plan, const struct ecs_service *service,
                 struct json_object *task_definition, struct error *error);
/* Appends what would be made and changed, as unified diffs. */
struct buf;
bool canary_plan_diff(const struct plan *plan, struct buf *out);

#endif
