/*
 * canary_calls: what arming and restoring a canary both do: find its target groups, read and set a rule.
 * Rules are as the way back has them: {"rule":…,"listener":…,"default":…,"actions":[…]}.
 */
#ifndef SHAKETABLE_EXPERIMENT_CANARY_CALLS_H
#define SHAKETABLE_EXPERIMENT_CANARY_CALLS_H

#include "experiment/job.h"
#include "experiment/journal.h"

#include <stdbool.h>

struct json_object;

/* The ARNs of those of the canary's groups that are there, by name; owned by the caller. */
bool canary_find_groups(const struct job *job, struct json_object *canary, struct json_object **made,
                        struct error *error);
/* The rule's actions as they are now, owned by the caller; ERROR_NOT_FOUND when the rule is gone. */
bool canary_read_actions(const struct job *job, struct json_object *rule, struct json_object **actions,
                         struct error *error);
/* Journalled; an answer that was lost is resolved by looking. */
bool canary_set_actions(const struct job *job, struct journal *journal, struct json_object *rule,
                        struct json_object *actions, const char *undo, struct error *error);

#endif
