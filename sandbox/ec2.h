/*
 * ec2: how the region describes what it has of EC2, for its handlers and for the state document.
 */
#ifndef SHAKETABLE_SANDBOX_EC2_H
#define SHAKETABLE_SANDBOX_EC2_H

#include "sandbox/call.h"
#include "sandbox/security_group.h"

#include <stdbool.h>

#define EC2_PAGE_MAX 1000

/* As DescribeSecurityGroups and DescribeSecurityGroupRules give them; the caller owns them. */
struct json_object *ec2_security_group_json(const struct security_group *group);
struct json_object *ec2_rule_json(const struct region *region, const struct security_group *group,
                                  const struct security_group_rule *rule);
/* The group that the request names (GroupId, or GroupName); NULL after failing the call. */
struct security_group *ec2_take_group(struct region *region, struct call *call);
bool ec2_has_text(struct json_object *list, const char *text);

#endif
