/* elbv2_internal: one <member> of an answer into its value. */
#ifndef SHAKETABLE_AWS_ELBV2_INTERNAL_H
#define SHAKETABLE_AWS_ELBV2_INTERNAL_H

#include "aws/elbv2.h"

void elbv2_target_group_from_xml(struct elbv2_target_group *group, const struct aws_xml *member);
void elbv2_target_from_xml(struct elbv2_target *target, const struct aws_xml *member);
void elbv2_load_balancer_from_xml(struct elbv2_load_balancer *balancer, const struct aws_xml *member);
void elbv2_listener_from_xml(struct elbv2_listener *listener, const struct aws_xml *member);
void elbv2_rule_from_xml(struct elbv2_rule *rule, const struct aws_xml *member);

#endif
