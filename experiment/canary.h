/*
 * canary: the second way in. The service is not touched: a second one beside it runs a few tasks of the
 * revision with the sidecar, behind target groups of its own that get a share of each listener's rule
 * that forwards to the service (weighted forwarding, ELBv2's ForwardConfig). This part is pure: the names and
 * the actions; canary_plan.h, canary_arm.h and canary_restore.h make the calls.
 *
 * In the way back it is one JSON object:
 *   {"service":"shaketable-ID","percent":10,
 *    "groups":[{"name":"shaketable-ID","of":TARGET_GROUP_ARN}],
 *    "rules":[{"rule":RULE_ARN,"listener":LISTENER_ARN,"default":true,"actions":[…as they were…]}]}
 * Actions are as aws/elbv2_change.h gives them. `made` below maps the groups' own ARNs, by name:
 *   {"shaketable-ID":ARN}
 */
#ifndef SHAKETABLE_EXPERIMENT_CANARY_H
#define SHAKETABLE_EXPERIMENT_CANARY_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define CANARY_GROUPS_OF_AN_ACTION_MAX 5 /* ELBv2's quota */
#define CANARY_RULES_MAX 16
/* Tags on what is made beside the service. */
#define CANARY_TAG_EXPERIMENT "shaketable:experiment"
#define CANARY_TAG_OPERATOR "shaketable:operator"
#define CANARY_TAG_DEADLINE "shaketable:deadline"
#define CANARY_WEIGHT_MAX 999

/* True when one of the actions forwards to this target group. */
bool canary_forwards_to(struct json_object *actions, const char *target_group_arn);
/* The name of a target group of ours that they forward to, "" if none. Borrowed from the actions. */
const char *canary_forwards_to_ours(struct json_object *actions);

/* The actions with ours beside each group of the service: with `percent` of that group's share, or with
 * weight 0 and the others as they were. Owned by the caller; NULL with ERROR_REFUSED when ELBv2 would not
 * take them. */
struct json_object *canary_actions(struct json_object *actions, struct json_object *canary,
                                   struct json_object *made, double percent, struct error *error);
/* The actions without ours, whoever changed them since; owned by the caller. */
struct json_object *canary_actions_without_ours(struct json_object *actions);
/* The same meaning: whatever the order of target groups, and of the two spellings of a single one. */
bool canary_same_actions(struct json_object *a, struct json_object *b);

/* The share, in percent, that the way back's canary was made for. */
double canary_percent(struct json_object *canary);
/* How many tasks for this share of a service of so many. */
int canary_desired(int desired, double percent);

#endif
