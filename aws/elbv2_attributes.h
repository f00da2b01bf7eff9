/*
 * elbv2_attributes: a target group's attributes (deregistration_delay.timeout_seconds,
 * proxy_protocol_v2.enabled, …), by DescribeTargetGroupAttributes. Which there are depends on the group's
 * type.
 */
#ifndef SHAKETABLE_AWS_ELBV2_ATTRIBUTES_H
#define SHAKETABLE_AWS_ELBV2_ATTRIBUTES_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>

#define ELBV2_ATTRIBUTES_MAX 64
#define ELBV2_ATTRIBUTE_MAX 128

struct elbv2_attributes {
    size_t count;
    struct {
        char key[ELBV2_ATTRIBUTE_MAX], value[ELBV2_ATTRIBUTE_MAX];
    } items[ELBV2_ATTRIBUTES_MAX];
};

/* After an error there are none. */
bool elbv2_describe_target_group_attributes(struct aws_client *client, const char *target_group_arn,
                                            struct elbv2_attributes *out, struct error *error);
/* "" where it is not told. */
const char *elbv2_attribute(const struct elbv2_attributes *attributes, const char *key);
/* `missing` where it is not told or no number. */
int elbv2_attribute_number(const struct elbv2_attributes *attributes, const char *key, int missing);

#endif
