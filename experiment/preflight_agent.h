/*
 * preflight_agent: what matters where the ECS agent is to make the faults, beside what matters for the
 * sidecar that calls it.
 *
 * Sources: Amazon ECS Developer Guide, "Use fault injection with your Amazon ECS and Fargate workloads"; the
 * agent's own sources (aws/amazon-ecs-agent, ecs-agent/tmds/handlers/fault/v1).
 */
#ifndef SHAKETABLE_EXPERIMENT_PREFLIGHT_AGENT_H
#define SHAKETABLE_EXPERIMENT_PREFLIGHT_AGENT_H

#include "core/agent_faults.h"
#include "experiment/preflight.h"

/* Platform, agent's version, network, who else faults it, and what the faults act on. Asks ECS and FIS. */
void preflight_agent(const struct preflight *at, const struct agent_setting *setting,
                     const struct choices *choices);
/* Once it is known how the sidecars are reached: that way may be faulted too. */
void preflight_agent_reach(const struct preflight *at, const struct agent_setting *setting,
                           enum choices_reach reach);
/* What the faults do to the health checks of one target group: the tasks' answers are what they send. */
void preflight_agent_health(const struct preflight *at, const struct elbv2_target_group *group);

#endif
