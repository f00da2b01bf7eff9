/* The faults of the ECS agent: the way in and out is the sidecar's in place, for it is our sidecar that calls
 * the agent's endpoints, from inside the task. What differs is what acts (the kernel, on the task's network)
 * and how fast: the agent takes a request in five seconds, and answers when it has acted. The sidecar is the
 * dead-man's handle that the agent lacks: at the lease's end, the deadline's and SIGTERM it stops the fault.
 */
#include "experiment/engine.h"

#include "core/agent_faults.h"
#include "experiment/agent_check.h"

/* To stop one kind and start another takes up to two turns, and the agent's own time. */
#define ACK_MS 20000

static bool status(const struct job *job, const struct way_back *way_back,
                   const struct revision_sidecars *sidecars, struct engine_status *out, struct error *error)
{
    return engine_sidecar.status(job, way_back, sidecars, out, error);
}

const struct engine engine_agent = {
    .name = "agent",
    .start_steps = arm_step_names,
    .start_step_count = ARM_STEPS,
    .stop_steps = restore_step_names,
    .stop_step_count = RESTORE_STEPS,
    .sidecars = true,
    .can = agent_check,
    .slow_ms = AGENT_SLOW_MS,
    .ack_ms = ACK_MS,
    .start = arm_run,
    .status = status,
    .stop = restore_run,
};
