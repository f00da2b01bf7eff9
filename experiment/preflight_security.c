/* preflight of the security groups of the tasks. */
#include "experiment/preflight.h"

#include "aws/ec2.h"
#include "experiment/ingress.h"

static void check_admitted(const struct preflight *at, const struct ec2_security_groups *groups, int port,
                           enum model_severity severity, const char *why, const char *advice)
{
    if (!ingress_admits(groups, port))
        preflight_say(at, severity, why, advice, "no security group of the tasks admits port %d", port);
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
        if (at->sidecars->item[i].front == REVISION_INBOUND)
            check_admitted(at, &groups, at->sidecars->item[i].port,
                           at->opens_security_group ? MODEL_NOTE : MODEL_STOP,
                           "the load balancer could not reach the sidecar",
                           at->opens_security_group
                               ? "it is opened, and closed again on the way back"
                               : "add --open-security-group, or an inbound rule for that port from the load "
                                 "balancer's security group");
        /* On this machine none is in force; and where another way may do, that is tried instead. */
        if (!preflight_is_local(at) && at->reach == CHOICES_REACH_DIRECT)
            check_admitted(at, &groups, at->sidecars->item[i].stats_port, MODEL_STOP,
                           "this console could not reach the sidecar to set faults and to clear them",
                           "add an inbound rule for that port (TCP) from this machine's address alone");
    }
    ec2_security_groups_free(&groups);
}
