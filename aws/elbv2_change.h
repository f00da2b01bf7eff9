/*
 * elbv2_change: what the canary needs of Elastic Load Balancing: rules and target groups as raw JSON, key for
 * key (aws/query_json.h), and the calls that change them.
 *
 * A rule is {"RuleArn":…,"Priority":…,"IsDefault":"true"|"false","Conditions":[…],"Actions":[…]}. ModifyRule
 * and ModifyListener replace the whole list of actions. DescribeRules never gives a client's secret of an
 * authenticate-oidc action: it is sent back with UseExistingClientSecret.
 */
#ifndef SHAKETABLE_AWS_ELBV2_CHANGE_H
#define SHAKETABLE_AWS_ELBV2_CHANGE_H

#include "aws/elbv2.h"

struct json_object;

/* All rules of the listener, the default one too; an array owned by the caller. */
bool elbv2_read_rules(struct aws_client *client, const char *listener_arn, struct json_object **rules,
                      struct error *error);
/* One of them; ERROR_NOT_FOUND when it is gone. */
bool elbv2_read_rule(struct aws_client *client, const char *rule_arn, struct json_object **rule,
                     struct error *error);
bool elbv2_modify_rule(struct aws_client *client, const char *rule_arn, struct json_object *actions,
                       struct error *error);
/* The default rule's actions are the listener's. */
bool elbv2_modify_listener(struct aws_client *client, const char *listener_arn, struct json_object *actions,
                           struct error *error);

/* As DescribeTargetGroups gives it; ERROR_NOT_FOUND when there is none of that name or ARN. */
bool elbv2_read_target_group(struct aws_client *client, const char *name_or_arn, struct json_object **group,
                             struct error *error);
/* `input` as CreateTargetGroup takes it. One of the same name and settings is found again, not made twice. */
bool elbv2_create_target_group(struct aws_client *client, struct json_object *input, char arn[ELBV2_ARN_MAX],
                               struct error *error);
bool elbv2_delete_target_group(struct aws_client *client, const char *arn, struct error *error);
/* An array of {"Key":…,"Value":…}. */
bool elbv2_read_target_group_attributes(struct aws_client *client, const char *arn,
                                        struct json_object **attributes, struct error *error);
bool elbv2_modify_target_group_attributes(struct aws_client *client, const char *arn,
                                          struct json_object *attributes, struct error *error);

#endif
