/*
 * preflight_guards: can the guards be watched, and does none of them hold already? Adds findings; changes
 * nothing.
 */
#ifndef SHAKETABLE_EXPERIMENT_PREFLIGHT_GUARDS_H
#define SHAKETABLE_EXPERIMENT_PREFLIGHT_GUARDS_H

#include "aws/ecs.h"
#include "experiment/job.h"

/* One call or two to each service of AWS that a guard asks; none if none does. */
void preflight_guards(struct model_plan *plan, const struct job *job, const struct ecs_service *service,
                      const struct choices *choices);

#endif
