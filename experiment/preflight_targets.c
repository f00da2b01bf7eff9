/* preflight of the target groups: protocol, attributes, health checks, and how their targets are. */
#include "experiment/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/elbv2_attributes.h"
#include "experiment/json.h"
#include "experiment/preflight_agent.h"

#define DRAIN_LONG_S 120 /* from here on it is worth a word */
#define DRAIN_DEFAULT_S 300

static bool is_on(const struct elbv2_attributes *attributes, const char *key)
{
    return strcmp(elbv2_attribute(attributes, key), "true") == 0;
}

/* ── what it speaks, and to whom ─────────────────────────────────────────────────────────── */

/* The faults that need to know a request from the next. */
static bool needs_http(const struct fault *fault)
{
    return fault->error.percent > 0 || fault->scope.method[0] != '\0' || fault->scope.path[0] != '\0' ||
           fault->scope.header[0] != '\0';
}

static void say_opaque(const struct preflight *at, const char *what, const char *why)
{
    if (needs_http(at->fault))
        preflight_say(at, MODEL_STOP, why,
                      "leave out --error, --path, --method and --header: the others work on bytes", "%s",
                      what);
    else
        preflight_say(at, MODEL_WARNING, why,
                      "use latency, loss, reset, blackhole and bandwidth; not errors, paths or methods", "%s",
                      what);
}

static void check_protocol(const struct preflight *at, const struct elbv2_target_group *group)
{
    char what[MODEL_TEXT_MAX];
    const char *protocol = group->protocol;
    if (strcmp(protocol, "TLS") == 0 || strcmp(protocol, "HTTPS") == 0) {
        snprintf(what, sizeof what, "%s speaks %s to the tasks", group->name, protocol);
        say_opaque(at, what, "the sidecar passes TLS through and sees bytes, not requests");
    } else if (protocol[0] != '\0' && strcmp(protocol, "HTTP") != 0 && strcmp(protocol, "TCP") != 0) {
        preflight_say(at, MODEL_STOP, "the sidecar relays TCP; what comes otherwise would be lost",
                      "choose a service behind HTTP, HTTPS, TCP or TLS", "%s is for %s", group->name,
                      protocol);
    }
    if (strcmp(group->address_type, "ipv6") == 0)
        preflight_say(at, MODEL_STOP, "the sidecar listens on the tasks' IPv4 addresses",
                      "choose a service with an ipv4 target group", "%s reaches its targets by IPv6",
                      group->name);
}

static void check_target_type(const struct preflight *at, const struct elbv2_target_group *group)
{
    const char *mode = json_text(at->task_definition, "networkMode");
    const char *type = group->target_type;
    if (strcmp(type, "lambda") == 0 || strcmp(type, "alb") == 0)
        preflight_say(at, MODEL_STOP, "it has no tasks for targets, so its port can't be switched",
                      "choose a service whose target group is of type ip or instance",
                      "%s has targets of type %s", group->name, type);
    else if ((strcmp(mode, "awsvpc") == 0 && strcmp(type, "instance") == 0) ||
             (strcmp(mode, "host") == 0 && strcmp(type, "ip") == 0))
        preflight_say(at, MODEL_STOP, "ECS refuses that pair when load balancers are changed",
                      "use target type ip with awsvpc, and instance with host networking",
                      "%s has targets of type %s, its tasks %s networking", group->name, type, mode);
}

/* ── attributes ──────────────────────────────────────────────────────────────────────────── */

static void check_network_attributes(const struct preflight *at, const struct elbv2_target_group *group,
                                     const struct elbv2_attributes *attributes)
{
    char what[MODEL_TEXT_MAX];
    if (is_on(attributes, "proxy_protocol_v2.enabled")) {
        snprintf(what, sizeof what, "%s sends the proxy protocol", group->name);
        say_opaque(at, what,
                   "the sidecar hands its header on to the application, and takes the connection for bytes");
    }
    if (is_on(attributes, "preserve_client_ip.enabled"))
        preflight_say(
            at, MODEL_WARNING,
            "the application sees connections from 127.0.0.1 instead, and the sidecar's port must be "
            "open to the clients' addresses",
            "go on if nothing depends on the clients' addresses", "%s preserves client addresses",
            group->name);
}

static void check_times(struct preflight *at, const struct elbv2_target_group *group,
                        const struct elbv2_attributes *attributes)
{
    char advice[MODEL_TEXT_MAX];
    int drain_s = elbv2_attribute_number(attributes, "deregistration_delay.timeout_seconds", DRAIN_DEFAULT_S);
    int slow_s = elbv2_attribute_number(attributes, "slow_start.duration_seconds", 0);
    if (drain_s > at->drain_s)
        at->drain_s = drain_s;
    if (drain_s >= DRAIN_LONG_S) {
        snprintf(advice, sizeof advice,
                 "nothing to do; clean traffic does not wait for it. A shorter "
                 "deregistration_delay.timeout_seconds makes both faster");
        preflight_say(at, MODEL_NOTE, "so long old tasks drain, when the sidecars are put in and taken out",
                      advice, "%s has a deregistration delay of %d s", group->name, drain_s);
    }
    if (slow_s > 0)
        preflight_say(at, MODEL_NOTE, "new tasks get their full share of requests only after it",
                      "let the baseline run that long before you compare",
                      "%s starts targets slowly, over %d s", group->name, slow_s);
}

static void check_attributes(struct preflight *at, const struct elbv2_target_group *group)
{
    struct elbv2_attributes attributes = {0};
    struct error error;
    if (!elbv2_describe_target_group_attributes(at->job->client, group->arn, &attributes, &error)) {
        preflight_say(at, MODEL_NOTE, error.message,
                      "allow elasticloadbalancing:DescribeTargetGroupAttributes, or see for yourself that it "
                      "has no proxy protocol",
                      "the attributes of %s could not be read", group->name);
        if (!preflight_is_local(at))
            at->drain_s = DRAIN_DEFAULT_S;
        return;
    }
    if (!at->outbound)
        check_network_attributes(at, group, &attributes);
    if (!preflight_is_local(at) || attributes.count > 0)
        check_times(at, group, &attributes);
}

/* ── health ──────────────────────────────────────────────────────────────────────────────── */

static bool fails_health_checks(const struct fault *fault, const struct elbv2_health_check *check)
{
    return fault->scope.health_checks &&
           (fault->error.percent > 0 || fault->reset.percent > 0 || fault->blackhole.percent > 0 ||
            fault->loss.percent > 0 ||
            fault->latency.mean_ms + fault->latency.jitter_ms >= check->timeout_s * 1000.0);
}

static void check_health_checks(struct preflight *at, const struct elbv2_target_group *group)
{
    const struct elbv2_health_check *check = &group->health_check;
    bool own = false;
    int healthy_s = check->interval_s * (check->healthy > 0 ? check->healthy : 1);
    if (healthy_s > at->healthy_s)
        at->healthy_s = healthy_s;
    if (at->agent)
        preflight_agent_health(at, group);
    if (at->outbound)
        return;
    for (size_t i = 0; i < at->sidecars->count; i++)
        own = own || (int)strtol(check->port, NULL, 10) == at->sidecars->item[i].application_port;
    if (check->port[0] != '\0' && strcmp(check->port, "traffic-port") != 0)
        preflight_say(at, MODEL_NOTE, "the checks go past the sidecar and say nothing of it",
                      own ? "nothing to do: the application goes on to listen there" : "nothing to do",
                      "%s checks health on port %s%s", group->name, check->port,
                      own ? ", the application's own" : "");
    if (!at->agent && fails_health_checks(at->fault, check))
        preflight_say(at, MODEL_WARNING,
                      "targets become unhealthy, and ECS replaces the tasks under test over and over",
                      "leave out --include-health-checks, unless that is what you want to see",
                      "the faults are meant for the health checks of %s too", group->name);
}

static void check_target_health(const struct preflight *at, const struct elbv2_target_group *group)
{
    struct elbv2_targets targets = {0};
    size_t healthy = 0;
    struct error error;
    if (!elbv2_describe_target_health(at->job->client, group->arn, &targets, &error)) {
        /* Arming and the way back both wait for it: they would fail half way. */
        preflight_say(at, MODEL_STOP, error.message,
                      "allow elasticloadbalancing:DescribeTargetHealth: the deployment is watched with it",
                      "the health of %s could not be read", group->name);
        elbv2_targets_free(&targets);
        return;
    }
    for (size_t i = 0; i < targets.count; i++)
        healthy += strcmp(targets.items[i].state, "healthy") == 0;
    if (healthy == 0)
        preflight_say(at, MODEL_STOP, "there is no steady state to compare with", "mend the service first",
                      "%s has no healthy target", group->name);
    else if (healthy < targets.count)
        preflight_say(at, MODEL_WARNING, "the baseline is measured on a service that is not well",
                      "wait until all are healthy", "%s: %zu of %zu targets healthy", group->name, healthy,
                      targets.count);
    elbv2_targets_free(&targets);
}

/* ── all of it ───────────────────────────────────────────────────────────────────────────── */

static void check_target_group(struct preflight *at, const struct elbv2_target_group *group)
{
    if (!at->outbound) {
        check_protocol(at, group);
        check_target_type(at, group);
    }
    if (group->load_balancer_count == 0) {
        preflight_say(at, MODEL_STOP, "UpdateService refuses such a target group", "attach it to a listener",
                      "%s has no load balancer", group->name);
        return;
    }
    check_attributes(at, group);
    check_health_checks(at, group);
    check_target_health(at, group);
}

static void take_health_check_path(const struct preflight *at, const struct elbv2_target_group *group)
{
    for (size_t i = 0; i < at->service->load_balancer_count; i++) {
        const struct ecs_load_balancer *mapping = &at->service->load_balancers[i];
        if (strcmp(mapping->target_group_arn, group->arn) != 0)
            continue;
        for (size_t k = 0; k < at->sidecars->count; k++) {
            struct revision_sidecar *sidecar = &at->sidecars->item[k];
            if (strcmp(sidecar->application, mapping->container_name) == 0 &&
                sidecar->application_port == mapping->container_port)
                snprintf(sidecar->health_check_path, sizeof sidecar->health_check_path, "%s",
                         group->health_check.path);
        }
    }
}

void preflight_targets(struct preflight *at)
{
    const struct ecs_service *service = at->service;
    const char *arns[ECS_LOAD_BALANCERS_MAX];
    size_t count = 0;
    struct elbv2_target_groups groups = {0};
    struct error error;
    for (size_t i = 0; i < service->load_balancer_count; i++)
        if (service->load_balancers[i].target_group_arn[0] != '\0')
            arns[count++] = service->load_balancers[i].target_group_arn;
    if (count < service->load_balancer_count && !at->outbound)
        preflight_say(at, MODEL_STOP, "it has no target groups to switch",
                      "choose a service behind an Application or Network Load Balancer",
                      "it uses a Classic Load Balancer");
    if (count == 0)
        return;
    if (!elbv2_describe_target_groups(at->job->client, arns, count, &groups, &error))
        preflight_say(at, MODEL_STOP, error.message, "allow elasticloadbalancing:DescribeTargetGroups",
                      "its target groups can't be read");
    for (size_t i = 0; i < groups.count; i++) {
        check_target_group(at, &groups.items[i]);
        take_health_check_path(at, &groups.items[i]);
    }
    elbv2_target_groups_free(&groups);
}
