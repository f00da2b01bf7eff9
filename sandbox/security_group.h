/*
 * security_group: the region's security groups. Their ingress rules are in force where they matter to
 * an experiment: between a load balancer and its targets (admission.h). All else is on one machine and
 * only described. With the region's mutex held.
 */
#ifndef SHAKETABLE_SANDBOX_SECURITY_GROUP_H
#define SHAKETABLE_SANDBOX_SECURITY_GROUP_H

#include "sandbox/region.h"

#include <stdbool.h>

#define SECURITY_GROUP_RULES_MAX 60
#define SECURITY_PORT_ALL (-1)

/* What a rule admits: members of a group, addresses, a prefix list. */
enum security_source { SECURITY_GROUP, SECURITY_IPV4, SECURITY_IPV6, SECURITY_PREFIX_LIST };

struct security_group_rule {
    char id[32];            /* "sgr-…" */
    char protocol[16];      /* "tcp", "udp", "icmp", "-1" for all, or a number */
    int from_port, to_port; /* SECURITY_PORT_ALL: every port */
    enum security_source kind;
    char source[64];       /* a group's id, a CIDR, a prefix list's id */
    char description[256]; /* "" : none */
    struct json_object *tags;
};

/* A new one of the region's, without rules. */
struct security_group *security_group_add(struct region *region, const char *id, const char *name,
                                          const char *description);
struct security_group *security_group_find(struct region *region, const char *id);
/* Copies the rule, gives it an id, takes its tags (NULL: none). */
struct security_group_rule *security_group_add_rule(struct security_group *group,
                                                    const struct security_group_rule *rule);
/* The rule that admits the same, whatever its description; NULL if there is none. */
struct security_group_rule *security_group_find_rule(const struct security_group *group,
                                                     const struct security_group_rule *like);
void security_group_remove_rule(struct security_group *group, struct security_group_rule *rule);
void security_group_free(struct security_group *group);

/* "10.1.2.3/16" to "10.1.0.0/16", as EC2 keeps it; false if it is no IPv4 CIDR. */
bool security_cidr_normalize(const char *text, char normal[64]);
/* True when a rule of the group admits TCP to the port from that address or from a member of the
 * group `source`. */
bool security_group_admits(const struct security_group *group, const char *source, const char *address,
                           int port);

#endif
