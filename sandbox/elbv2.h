/*
 * elbv2: what the ELBv2 handlers share, and how the seed makes load balancers (the API has no
 * operation for that here).
 */
#ifndef SHAKETABLE_SANDBOX_ELBV2_H
#define SHAKETABLE_SANDBOX_ELBV2_H

#include "sandbox/call.h"
#include "sandbox/region.h"

#include <stdbool.h>

#define ELBV2_TAGS_MAX 50
#define ELBV2_PAGE_MAX 400
#define ELBV2_ARNS_MAX 20 /* of load balancers, or of resources in DescribeTags */

struct json_object *elbv2_load_balancer_json(const struct region *region,
                                             const struct load_balancer *load_balancer);
struct json_object *elbv2_listener_json(const struct listener *listener);
struct json_object *elbv2_rule_json(const struct rule *rule);
struct json_object *elbv2_group_json(struct region *region, const struct target_group *group);
/* [{Key, Value}], all that a group has. */
struct json_object *elbv2_attributes_json(const struct target_group *group);

/* Where the tags of a resource stand; NULL for an unknown ARN. */
struct json_object **elbv2_find_tags(struct region *region, const char *arn);
/* The request's Tags; NULL after failing the call; the caller owns the list. */
struct json_object *elbv2_take_tags(struct call *call);
/* The name of the error for an ARN that names nothing, by its kind. */
bool elbv2_fail_not_found(struct call *call, const char *arn);

/* A load balancer at that loopback address; its listeners; a rule before the default one. The
 * actions and conditions are handed over. NULL with an error if the balancer can't. */
struct load_balancer *elbv2_add_load_balancer(struct region *region, const char *name, const char *address,
                                              const char *security_group);
struct listener *elbv2_add_listener(struct region *region, struct load_balancer *load_balancer, uint16_t port,
                                    struct json_object *actions, struct error *error);
struct rule *elbv2_add_rule(struct region *region, struct listener *listener, int priority,
                            struct json_object *conditions, struct json_object *actions);
/* The listener's rules in the order they are tried: the default one, whose priority is 0, comes last. */
size_t elbv2_sort_rules(struct region *region, const struct listener *listener,
                        struct rule *sorted[BALANCER_RULES_MAX]);
/* Tells the balancer the listener's rules as they are now. */
bool elbv2_apply_listener(struct region *region, struct listener *listener, struct error *error);

/* elbv2_actions.c. Actions as the API describes them: of an action that forwards to one group both
 * TargetGroupArn and ForwardConfig are there. `current` are those they replace (NULL: none). NULL after
 * failing the call; the caller owns the list. */
struct json_object *elbv2_take_actions(struct region *region, struct call *call, struct json_object *actions,
                                       const struct listener *listener, struct json_object *current);
/* What they come to: the last one decides, those before it (authentication) are only described. */
void elbv2_fill_actions(struct region *region, struct json_object *actions, struct balancer_rule *rule);
/* elbv2_conditions.c. The request's Conditions as the API describes them; NULL after failing the call;
 * the caller owns the list. */
struct json_object *elbv2_take_conditions(struct call *call);
void elbv2_fill_conditions(struct json_object *conditions, struct balancer_rule *rule);

/* Tells the balancer the group's health check and deregistration delay as they are now. */
bool elbv2_apply_group(struct region *region, struct target_group *group, struct error *error);
int elbv2_deregistration_delay_s(const struct target_group *group);

#endif
