/*
 * fis_needs: what AWS FIS needs of a task definition for its actions on tasks (network faults, stress, killed
 * processes), and adding it. Pure: no call is made here.
 * Source: AWS FIS User Guide, "Use the AWS FIS aws:ecs:task actions".
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_NEEDS_H
#define SHAKETABLE_EXPERIMENT_FIS_NEEDS_H

#include "core/error.h"
#include "experiment/way_back.h"

#include <stdbool.h>

struct json_object;

#define FIS_AGENT "amazon-ssm-agent" /* the container, and the last part of its image's name */
#define FIS_AGENT_IMAGE "public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:latest"
#define FIS_AGENT_ROLE_VARIABLE "MANAGED_INSTANCE_ROLE_NAME"

struct fis_lack {
    bool fault_injection; /* enableFaultInjection is not true */
    bool pid_mode;        /* pidMode is not task */
    bool agent;           /* no container of SSM's agent */
    bool agent_role;      /* it has no MANAGED_INSTANCE_ROLE_NAME */
    bool agent_essential; /* it is essential: the task ends with it */
};

/* `task_definition` as DescribeTaskDefinition gives it. */
void fis_needs_find(struct json_object *task_definition, struct fis_lack *lack);
/* The role that the agent registers itself with; "" if it says none. */
const char *fis_needs_agent_role(struct json_object *task_definition);
/* Adds what `lack` says to RegisterTaskDefinition's input, and the way back's labels to the agent's
 * container. `role` is the managed instances' role, for an agent that has none. */
void fis_needs_add(struct json_object *revision, const struct fis_lack *lack, const char *role,
                   const struct way_back *way_back);

#endif
