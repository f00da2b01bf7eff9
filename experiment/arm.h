/*
 * arm: puts the sidecars in (register our revision, one UpdateService, wait), and finds where they are.
 */
#ifndef SHAKETABLE_EXPERIMENT_ARM_H
#define SHAKETABLE_EXPERIMENT_ARM_H

#include "aws/ecs.h"
#include "experiment/job.h"
#include "experiment/journal.h"
#include "experiment/plan.h"

#include <stdbool.h>

/* The steps of arming, in the progress' order; the last two are the session's to set. */
enum arm_step { ARM_REGISTER, ARM_UPDATE, ARM_TASKS, ARM_TARGETS, ARM_REACH, ARM_BASELINE, ARM_STEPS };
extern const char *const arm_step_names[ARM_STEPS];

/* On an error the caller must restore: something may have been changed. */
bool arm_run(const struct job *job, const struct plan *plan, struct journal *journal, struct error *error);

/* The first step of any way in (ARM_REGISTER): registers the plan's revision; `arn` is its name then. */
bool arm_register(const struct job *job, const struct plan *plan, struct journal *journal,
                  char arn[ECS_ARN_MAX], struct error *error);

struct arm_endpoint {
    char task_id[64];
    char container[64];
    char address[64]; /* "" if the task has none of its own */
    int port, stats_port;
    enum choices_reach reach;
    char target[640]; /* reach ssm: for StartSession; "": the agent of ECS Exec does not run there (yet) */
};
struct arm_endpoints {
    size_t count;
    size_t beyond; /* how many more there are than can be steered */
    struct arm_endpoint items[MODEL_SIDECARS_MAX];
};
/* The sidecars of the service's running tasks of our family. */
bool arm_find_sidecars(const struct job *job, const struct way_back *way_back,
                       const struct revision_sidecars *sidecars, struct arm_endpoints *out,
                       struct error *error);

/* The ACTIVE revisions that this experiment registered. */
bool arm_find_revisions(const struct job *job, const struct way_back *way_back, struct ecs_names *out,
                        struct error *error);

#endif
