/*
 * ec2: security groups, read by the preflight, opened for a sidecar's port. Lists as in ecs.h.
 */
#ifndef SHAKETABLE_AWS_EC2_H
#define SHAKETABLE_AWS_EC2_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>

#define EC2_ID_MAX 48
#define EC2_NAME_MAX 256
#define EC2_SOURCE_MAX 64
#define EC2_RULES_MAX 64
#define EC2_DESCRIPTION_MAX 64
#define EC2_PORT_ANY (-1)

/* What one inbound rule admits from one source. */
struct ec2_rule {
    char protocol[16]; /* "tcp", "udp", "icmp", a number; "-1" is every protocol */
    int from_port;     /* EC2_PORT_ANY: all ports */
    int to_port;
    char source[EC2_SOURCE_MAX]; /* a CIDR (v4 or v6), a group's id or a prefix list's id */
    bool source_is_group;
    char description[EC2_DESCRIPTION_MAX]; /* cut at the bound */
};

struct ec2_security_group {
    char id[EC2_ID_MAX];
    char name[EC2_NAME_MAX];
    char vpc_id[EC2_ID_MAX];
    struct ec2_rule rules[EC2_RULES_MAX];
    size_t rule_count;
    bool more_rules; /* there were more than EC2_RULES_MAX */
};
struct ec2_security_groups {
    struct ec2_security_group *items;
    size_t count;
    size_t capacity;
};

void ec2_security_groups_free(struct ec2_security_groups *groups);

/* ERROR_NOT_FOUND if one of them does not exist; `count` 0: none, without a call. */
bool ec2_describe_security_groups(struct aws_client *client, const char *const *ids, size_t count,
                                  struct ec2_security_groups *out, struct error *error);

/* Admits TCP on this port from another group. ERROR_CONFLICT: such a rule is there, whatever its description.
 */
bool ec2_authorize_ingress(struct aws_client *client, const char *group, int port, const char *source_group,
                           const char *description, struct error *error);
/* ERROR_NOT_FOUND: there is no such rule. */
bool ec2_revoke_ingress(struct aws_client *client, const char *group, int port, const char *source_group,
                        struct error *error);

#endif
