/*
 * instances: the machines under tasks that have no address of their own: ECS's container instances
 * (DescribeContainerInstances) and EC2's instances (DescribeInstances). Lists as in ecs.h.
 */
#ifndef SHAKETABLE_AWS_INSTANCES_H
#define SHAKETABLE_AWS_INSTANCES_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>

#define INSTANCES_A_CALL 100 /* that ECS takes at a time */
#define INSTANCE_ID_MAX 48
#define INSTANCE_ARN_MAX 512
#define INSTANCE_GROUPS_MAX 16
#define INSTANCE_VERSION_MAX 24

struct instance {
    char arn[INSTANCE_ARN_MAX];                                 /* of the container instance */
    char id[INSTANCE_ID_MAX];                                   /* "i-…"; "mi-…" outside EC2 */
    char address[INSTANCE_ID_MAX];                              /* private IPv4; "" if EC2 tells none */
    char security_groups[INSTANCE_GROUPS_MAX][INSTANCE_ID_MAX]; /* their ids */
    size_t security_group_count;
    char agent_version[INSTANCE_VERSION_MAX]; /* of the ECS agent there, "1.89.2"; "" if it tells none */
};
struct instances {
    struct instance *items;
    size_t count;
    size_t capacity;
};

void instances_free(struct instances *instances);
/* The container instances of these ARNs (at most INSTANCES_A_CALL) with what EC2 knows of them. One that is
 * gone is left out; `count` 0: none, without a call. */
bool instances_describe(struct aws_client *client, const char *cluster, const char *const *arns, size_t count,
                        struct instances *out, struct error *error);
/* The same from ECS alone: no address and no groups, and EC2 is not asked. */
bool instances_describe_agents(struct aws_client *client, const char *cluster, const char *const *arns,
                               size_t count, struct instances *out, struct error *error);

#endif
