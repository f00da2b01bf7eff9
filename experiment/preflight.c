#include "experiment/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "aws/elbv2.h"
#include "experiment/ingress.h"
#include "experiment/json.h"
#include "experiment/way_back.h"

void preflight_add(struct model_plan *plan, enum model_severity severity, const char *what, const char *why,
                   const char *advice)
{
    if (severity == MODEL_STOP)
        plan->refused = true;
    if (plan->finding_count == MODEL_FINDINGS_MAX)
        return;
    struct model_finding *finding = &plan->findings[plan->finding_count++];
    finding->severity = severity;
    snprintf(finding->what, sizeof finding->what, "%s", what);
    snprintf(finding->why, sizeof finding->why, "%s", why);
    snprintf(finding->advice, sizeof finding->advice, "%s", advice);
}

static void check_controller(struct model_plan *plan, const struct ecs_service *service)
{
    char what[MODEL_TEXT_MAX];
    if (strcmp(service->deployment_controller, "ECS") != 0) {
        snprintf(what, sizeof what, "the deployment controller is %s", service->deployment_controller);
        preflight_add(plan, MODEL_STOP, what, "UpdateService can't change its task definition",
                      "choose a service that ECS deploys itself");
    }
    bool advanced = false;
    for (size_t i = 0; i < service->load_balancer_count; i++)
        advanced = advanced || service->load_balancers[i].advanced;
    if (strcmp(service->deployment_strategy, "ROLLING") != 0 || advanced) {
        snprintf(what, sizeof what, "the deployment strategy is %s", service->deployment_strategy);
        preflight_add(plan, MODEL_STOP, what, "its listener rules are moved by ECS during a deployment",
                      "choose a service with rolling deployments");
    }
}

static void check_deployments(struct model_plan *plan, const struct ecs_service *service)
{
    const struct ecs_deployment *first = &service->deployments[0];
    if (service->deployment_count > 1 ||
        (service->deployment_count == 1 && strcmp(first->rollout_state, "IN_PROGRESS") == 0))
        preflight_add(plan, MODEL_STOP, "a deployment is under way",
                      "the service is not in a steady state to come back to",
                      "wait until it is COMPLETED, then try again");
    if (service->circuit_breaker_enabled && service->circuit_breaker_rollback)
        preflight_add(plan, MODEL_NOTE, "the deployment circuit breaker rolls back",
                      "if the sidecar's tasks fail, ECS undoes the injection by itself", "nothing to do");
}

void preflight_service(struct model_plan *plan, const struct ecs_service *service)
{
    char what[MODEL_TEXT_MAX], advice[MODEL_TEXT_MAX];
    if (strcmp(service->status, "ACTIVE") != 0) {
        snprintf(what, sizeof what, "the service is %s", service->status);
        preflight_add(plan, MODEL_STOP, what, "there is nothing to inject into", "choose an ACTIVE service");
        return;
    }
    if (way_back_is_ours(service->task_definition)) {
        snprintf(what, sizeof what, "it is injected already, by revision %s",
                 ecs_short_name(service->task_definition));
        snprintf(advice, sizeof advice, "shaketable rollback --cluster %.60s --service %.60s",
                 ecs_short_name(service->cluster_arn), service->name);
        preflight_add(plan, MODEL_STOP, what, "another experiment holds this service", advice);
        return;
    }
    check_controller(plan, service);
    check_deployments(plan, service);
    if (service->load_balancer_count == 0)
        preflight_add(plan, MODEL_STOP, "the service has no load balancer",
                      "a sidecar would see none of its traffic",
                      "attach a target group to it, or inject into the service that calls it");
    if (service->desired == 0)
        preflight_add(plan, MODEL_STOP, "its desired count is 0", "no task would carry the sidecar",
                      "scale it to at least one task");
    if (service->service_connect)
        preflight_add(plan, MODEL_WARNING, "Service Connect is enabled",
                      "calls that come through it do not pass the sidecar",
                      "only traffic of the load balancer is faulted");
    if (service->role_arn[0] != '\0' && strstr(service->role_arn, "AWSServiceRoleForECS") == NULL)
        preflight_add(plan, MODEL_WARNING, "the service has a role of its own",
                      "changing load balancers makes ECS use the service-linked role, for good",
                      "go on only if nothing depends on that role");
}

void preflight_task_definition(struct model_plan *plan, struct json_object *task_definition)
{
    char what[MODEL_TEXT_MAX];
    if (strcmp(json_text(task_definition, "status"), "ACTIVE") != 0) {
        snprintf(what, sizeof what, "%s is %s",
                 ecs_short_name(json_text(task_definition, "taskDefinitionArn")),
                 json_text(task_definition, "status"));
        preflight_add(plan, MODEL_STOP, what,
                      "ECS would refuse to set it again, so there would be no way back",
                      "deploy an ACTIVE revision first");
    }
    const char *mode = json_text(task_definition, "networkMode");
    if (strcmp(mode, "host") == 0) {
        preflight_add(plan, MODEL_WARNING, "the network mode is host",
                      "the sidecar's ports may be taken on an instance, and a task then stays PENDING",
                      "watch the deployment");
    } else if (strcmp(mode, "awsvpc") != 0) {
        snprintf(what, sizeof what, "the network mode is %s", mode[0] == '\0' ? "bridge" : mode);
        preflight_add(plan, MODEL_STOP, what, "the sidecar can't reach the application on 127.0.0.1 there",
                      "choose a service with awsvpc or host networking");
    }
    struct json_object *platform = json_object_of(task_definition, "runtimePlatform");
    if (strncmp(json_text(platform, "operatingSystemFamily"), "WINDOWS", 7) == 0)
        preflight_add(plan, MODEL_STOP, "its tasks run on Windows", "the sidecar is a Linux program",
                      "choose a service on Linux");
}

static void check_target_health(struct model_plan *plan, const struct job *job,
                                const struct elbv2_target_group *group)
{
    struct elbv2_targets targets = {0};
    char what[MODEL_TEXT_MAX];
    size_t healthy = 0;
    struct error error;
    if (!elbv2_describe_target_health(job->client, group->arn, &targets, &error)) {
        snprintf(what, sizeof what, "the health of %s could not be read", group->name);
        /* Arming and the way back both wait for it: they would fail half way. */
        preflight_add(plan, MODEL_STOP, what, error.message,
                      "allow elasticloadbalancing:DescribeTargetHealth: the deployment is watched with it");
        elbv2_targets_free(&targets);
        return;
    }
    for (size_t i = 0; i < targets.count; i++)
        healthy += strcmp(targets.items[i].state, "healthy") == 0;
    if (healthy == 0) {
        snprintf(what, sizeof what, "%s has no healthy target", group->name);
        preflight_add(plan, MODEL_STOP, what, "there is no steady state to compare with",
                      "mend the service first");
    } else if (healthy < targets.count) {
        snprintf(what, sizeof what, "%s: %zu of %zu targets healthy", group->name, healthy, targets.count);
        preflight_add(plan, MODEL_WARNING, what, "the baseline is measured on a service that is not well",
                      "wait until all are healthy");
    }
    elbv2_targets_free(&targets);
}

static void check_target_group(struct model_plan *plan, const struct job *job,
                               const struct elbv2_target_group *group)
{
    char what[MODEL_TEXT_MAX];
    if (group->load_balancer_count == 0) {
        snprintf(what, sizeof what, "%s has no load balancer", group->name);
        preflight_add(plan, MODEL_STOP, what, "UpdateService refuses such a target group",
                      "attach it to a listener");
        return;
    }
    if (strcmp(group->health_check.port, "traffic-port") != 0) {
        snprintf(what, sizeof what, "%s checks health on port %s", group->name, group->health_check.port);
        preflight_add(plan, MODEL_NOTE, what, "the checks go past the sidecar and say nothing of it",
                      "nothing to do");
    }
    check_target_health(plan, job, group);
}

static void take_health_check_path(const struct ecs_service *service, const struct elbv2_target_group *group,
                                   struct revision_sidecars *sidecars)
{
    for (size_t i = 0; i < service->load_balancer_count; i++) {
        const struct ecs_load_balancer *mapping = &service->load_balancers[i];
        if (strcmp(mapping->target_group_arn, group->arn) != 0)
            continue;
        for (size_t k = 0; k < sidecars->count; k++) {
            struct revision_sidecar *sidecar = &sidecars->item[k];
            if (strcmp(sidecar->application, mapping->container_name) == 0 &&
                sidecar->application_port == mapping->container_port)
                snprintf(sidecar->health_check_path, sizeof sidecar->health_check_path, "%s",
                         group->health_check.path);
        }
    }
}

static void check_target_groups(struct model_plan *plan, const struct job *job,
                                const struct ecs_service *service, struct revision_sidecars *sidecars)
{
    const char *arns[ECS_LOAD_BALANCERS_MAX];
    size_t count = 0;
    struct elbv2_target_groups groups = {0};
    struct error error;
    for (size_t i = 0; i < service->load_balancer_count; i++)
        if (service->load_balancers[i].target_group_arn[0] != '\0')
            arns[count++] = service->load_balancers[i].target_group_arn;
    if (count == 0) {
        preflight_add(plan, MODEL_STOP, "it uses a Classic Load Balancer",
                      "it has no target groups to switch",
                      "choose a service behind an Application or Network Load Balancer");
        return;
    }
    if (!elbv2_describe_target_groups(job->client, arns, count, &groups, &error)) {
        preflight_add(plan, MODEL_STOP, "its target groups can't be read", error.message,
                      "allow elasticloadbalancing:DescribeTargetGroups");
        return;
    }
    for (size_t i = 0; i < groups.count; i++) {
        check_target_group(plan, job, &groups.items[i]);
        take_health_check_path(service, &groups.items[i], sidecars);
    }
    elbv2_target_groups_free(&groups);
}

static void check_admitted(struct model_plan *plan, const struct ec2_security_groups *groups, int port,
                           enum model_severity severity, const char *why, const char *advice)
{
    char what[MODEL_TEXT_MAX];
    if (ingress_admits(groups, port))
        return;
    snprintf(what, sizeof what, "no security group of the tasks admits port %d", port);
    preflight_add(plan, severity, what, why, advice);
}

static void check_security_groups(struct model_plan *plan, const struct job *job,
                                  const struct ecs_service *service, const struct revision_sidecars *sidecars,
                                  bool opens, bool direct)
{
    const char *ids[ECS_NETWORK_MAX];
    struct ec2_security_groups groups = {0};
    struct error error;
    for (size_t i = 0; i < service->security_group_count; i++)
        ids[i] = service->security_groups[i];
    if (service->security_group_count == 0)
        return;
    if (!ec2_describe_security_groups(job->client, ids, service->security_group_count, &groups, &error)) {
        preflight_add(plan, MODEL_WARNING, "its security groups could not be read", error.message,
                      "see that they admit the sidecar's port from the load balancer");
        return;
    }
    bool local = job_endpoint_is_local(aws_client_endpoint(job->client)); /* there none is in force */
    for (size_t i = 0; i < sidecars->count; i++) {
        check_admitted(plan, &groups, sidecars->item[i].port, opens ? MODEL_NOTE : MODEL_STOP,
                       "the load balancer could not reach the sidecar",
                       opens ? "it is opened, and closed again on the way back"
                             : "add --open-security-group, or an inbound rule for that port from the load "
                               "balancer's security group");
        if (!local && direct)
            check_admitted(plan, &groups, sidecars->item[i].stats_port, MODEL_STOP,
                           "this console could not reach the sidecar to set faults and to clear them",
                           "add an inbound rule for that port (TCP) from this machine's address alone");
    }
    ec2_security_groups_free(&groups);
}

void preflight_network(struct model_plan *plan, const struct job *job, const struct ecs_service *service,
                       struct revision_sidecars *sidecars, const struct choices *choices)
{
    check_target_groups(plan, job, service, sidecars);
    check_security_groups(plan, job, service, sidecars, choices->open_security_group,
                          choices->reach == CHOICES_REACH_DIRECT);
}
