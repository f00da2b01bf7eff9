/*
 * canary_restore: takes the canary away: the weight to 0 first (seconds), then the service, the rules as they
 * were, the target groups, the security group's rule and the revision. Looks before each step: it can be
 * repeated, by anyone, from any state that arming or restoring left.
 */
#ifndef SHAKETABLE_EXPERIMENT_CANARY_RESTORE_H
#define SHAKETABLE_EXPERIMENT_CANARY_RESTORE_H

#include "experiment/job.h"
#include "experiment/journal.h"
#include "experiment/restore.h"

#include <stdbool.h>

struct json_object;

enum canary_restore_step {
    CANARY_RESTORE_CLEAN, /* the caller's to set */
    CANARY_RESTORE_WEIGHT,
    CANARY_RESTORE_SERVICE,
    CANARY_RESTORE_RULES,
    CANARY_RESTORE_GROUPS,
    CANARY_RESTORE_REVISION,
    CANARY_RESTORE_COMPARE,
    CANARY_RESTORE_STEPS
};
extern const char *const canary_restore_step_names[CANARY_RESTORE_STEPS];

/* As restore_run; a rule that someone changed meanwhile keeps all that is theirs and loses what is ours,
 * which `outcome` tells. */
bool canary_restore(const struct job *job, const struct way_back *way_back, struct json_object *before,
                    struct journal *journal, bool take_over, struct restore_outcome *outcome,
                    struct error *error);

#endif
