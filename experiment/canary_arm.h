/*
 * canary_arm: makes the canary: registers the revision, makes the target groups, puts them into the rules
 * with weight 0 (ECS takes no target group that no load balancer knows), makes the service, waits until its
 * targets are healthy, and only then gives them their share.
 */
#ifndef SHAKETABLE_EXPERIMENT_CANARY_ARM_H
#define SHAKETABLE_EXPERIMENT_CANARY_ARM_H

#include "experiment/job.h"
#include "experiment/journal.h"
#include "experiment/plan.h"

#include <stdbool.h>

enum canary_arm_step {
    CANARY_ARM_REGISTER,
    CANARY_ARM_GROUPS,
    CANARY_ARM_SERVICE,
    CANARY_ARM_TASKS,
    CANARY_ARM_TARGETS,
    CANARY_ARM_SHARE,
    CANARY_ARM_REACH,
    CANARY_ARM_BASELINE,
    CANARY_ARM_STEPS
};
extern const char *const canary_arm_step_names[CANARY_ARM_STEPS];

/* On an error the caller must restore: something may have been made. */
bool canary_arm(const struct job *job, const struct plan *plan, struct journal *journal, struct error *error);

#endif
