/*
 * ec2: how the region describes what it has of EC2, for its handlers and for the state document.
 */
#ifndef SHAKETABLE_SANDBOX_EC2_H
#define SHAKETABLE_SANDBOX_EC2_H

#include "sandbox/region.h"

/* As DescribeSecurityGroups gives it; the caller owns it. */
struct json_object *ec2_security_group_json(const struct security_group *group);

#endif
