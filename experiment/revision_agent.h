/*
 * revision_agent: what the ECS agent's faults add to a revision. Pure: no call is made here.
 */
#ifndef SHAKETABLE_EXPERIMENT_REVISION_AGENT_H
#define SHAKETABLE_EXPERIMENT_REVISION_AGENT_H

#include "core/agent_faults.h"
#include "experiment/revision.h"

/* One sidecar that no traffic passes, beside the container whose end is the task's. ERROR_REFUSED: no room.
 */
bool revision_find_alone(struct json_object *task_definition, struct revision_sidecars *sidecars,
                         struct error *error);
/* RegisterTaskDefinition's input, with the sidecar in it, lets the agent fault its tasks
 * (enableFaultInjection) and has the sidecar call it, for the sources and the port of the setting. */
void revision_add_agent(struct json_object *revision, const struct revision_sidecar *sidecar,
                        const struct agent_setting *setting);

#endif
