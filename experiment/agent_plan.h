/*
 * agent_plan: the plan's part for the engine agent: one sidecar that calls the ECS agent, for what, and which
 * of the faults the agent has. It goes into the plan that the sidecar's engine makes in place.
 */
#ifndef SHAKETABLE_EXPERIMENT_AGENT_PLAN_H
#define SHAKETABLE_EXPERIMENT_AGENT_PLAN_H

#include "experiment/plan.h"
#include "experiment/preflight.h"

bool agent_plan_is_wanted(const struct plan *plan);
/* After the sidecars were looked for: one of them is kept, or one that stands alone is made; and all that
 * speaks against the agent's faults is found. The share of the traffic becomes the faults' own
 * (FlowsPercent).
 */
void agent_plan_begin(struct plan *plan, struct preflight *at);
/* Once the reach is known, and the revision is built. */
void agent_plan_reach(const struct plan *plan, const struct preflight *at);
void agent_plan_revise(struct plan *plan, const struct preflight *at);

#endif
