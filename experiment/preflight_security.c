/* preflight of the security groups of the tasks. */
#include "experiment/preflight.h"

#include <string.h>

#include "aws/ec2.h"

static bool admits(const struct ec2_security_group *group, int port)
{
    for (size_t i = 0; i < group->rule_count; i++) {
        const struct ec2_rule *rule = &group->rules[i];
        bool protocol = strcmp(rule->protocol, "tcp") == 0 || strcmp(rule->protocol, "6") == 0 ||
                        strcmp(rule->protocol, "-1") == 0;
        if (protocol &&
            (rule->from_port == EC2_PORT_ANY || (rule->from_port <= port && port <= rule->to_port)))
            return true;
    }
    return group->more_rules;
}

static void check_admitted(const struct preflight *at, const struct ec2_security_groups *groups, int port,
                           const char *why, const char *advice)
{
    for (size_t i = 0; i < groups->count; i++)
        if (admits(&groups->items[i], port))
            return;
    preflight_say(at, MODEL_STOP, why, advice, "no security group of the tasks admits port %d", port);
}

void preflight_security_groups(const struct preflight *at)
{
    const struct ecs_service *service = at->service;
    const char *ids[ECS_NETWORK_MAX];
    struct ec2_security_groups groups = {0};
    struct error error;
    for (size_t i = 0; i < service->security_group_count; i++)
        ids[i] = service->security_groups[i];
    if (service->security_group_count == 0)
        return;
    if (!ec2_describe_security_groups(at->job->client, ids, service->security_group_count, &groups, &error)) {
        preflight_say(at, MODEL_WARNING, error.message,
                      "see that they admit the sidecar's port from the load balancer",
                      "its security groups could not be read");
        return;
    }
    for (size_t i = 0; i < at->sidecars->count; i++) {
        check_admitted(at, &groups, at->sidecars->item[i].port,
                       "the load balancer could not reach the sidecar",
                       "add an inbound rule for that port from the load balancer's security group");
        if (!preflight_is_local(at)) /* there none is in force */
            check_admitted(at, &groups, at->sidecars->item[i].stats_port,
                           "this console could not reach the sidecar to set faults and to clear them",
                           "add an inbound rule for that port (TCP) from this machine's address alone");
    }
    ec2_security_groups_free(&groups);
}
