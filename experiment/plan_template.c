#include "experiment/plan_template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/fis_actions.h"
#include "experiment/guard.h"
#include "experiment/template.h"
#include "experiment/timeline.h"

static void take_name(char to[MODEL_NAME_MAX], const char *from)
{
    snprintf(to, MODEL_NAME_MAX, "%s", ecs_short_name(from));
}

/* The service that all of its targets name; else none: FIS finds them. */
static void take_service(struct plan_request *request)
{
    const struct template *template = request->template;
    const char *cluster = NULL, *service = NULL;
    for (size_t i = 0; i < template->target_count; i++) {
        const struct template_target *target = &template->targets[i];
        const char *its_cluster = template_value(&target->parameters, "cluster"),
                   *its_service = template_value(&target->parameters, "service");
        if (strcmp(target->resource_type, FIS_TASK_TYPE) != 0 || its_cluster == NULL || its_service == NULL)
            return;
        if (service != NULL && (strcmp(cluster, its_cluster) != 0 || strcmp(service, its_service) != 0))
            return;
        cluster = its_cluster;
        service = its_service;
    }
    if (service == NULL)
        return;
    take_name(request->cluster, cluster);
    take_name(request->service, service);
}

/* What AWS FIS would stop by are guards of ours. */
static void take_stops(struct plan *plan)
{
    const struct template *template = plan->request.template;
    for (size_t i = 0; i < template->stop_count; i++) {
        char text[CHOICES_GUARD_MAX];
        struct error error = {0};
        if (!template->stops[i].is_alarm)
            continue;
        int length = snprintf(text, sizeof text, "alarm %s", template->stops[i].arn);
        if (length < 0 || (size_t)length >= sizeof text)
            error_set(&error, ERROR_LIMIT, "the ARN is longer than %d characters", CHOICES_GUARD_MAX);
        else if (guard_is_there(&plan->request.choices, text) ||
                 guard_add(&plan->request.choices, text, &error))
            continue;
        preflight_add(plan->shown, MODEL_STOP, "a stop condition can't be kept", error.message,
                      "change the template, or use --engine fis");
    }
}

/* The preflight looks at the faults that come first; all of them are latency, loss and blackholes. */
static void take_timeline(struct plan *plan)
{
    const struct timeline *timeline = plan->timeline;
    if (plan->request.service[0] == '\0') {
        take_name(plan->request.cluster, timeline->cluster);
        take_name(plan->request.service, timeline->service);
    }
    fault_init(&plan->request.fault);
    if (timeline->moment_count > 0 && timeline->moments[0].what == TIMELINE_FAULT &&
        timeline->moments[0].at_ms == 0)
        plan->request.fault = timeline->moments[0].fault;
    plan->request.duration_ms = timeline->total_ms > 0 ? timeline->total_ms : 1;
}

bool plan_take_template(struct plan *plan)
{
    struct plan_request *request = &plan->request;
    if (request->choices.engine == CHOICES_ENGINE_FIS) {
        if (request->service[0] == '\0')
            take_service(request);
        return true;
    }
    if (request->choices.engine == CHOICES_ENGINE_AGENT) {
        preflight_add(plan->shown, MODEL_STOP, "a template can't be played by the ECS agent",
                      "its changes take seconds each, and a template's times are exact",
                      "use --engine sidecar, or fis");
        return false;
    }
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (refusals != NULL)
        plan->timeline = timeline_make(request->template, request->cluster, request->service, refusals);
    for (size_t i = 0; refusals != NULL && i < refusals->count; i++)
        preflight_add(plan->shown, MODEL_STOP, refusals->items[i].where, refusals->items[i].why,
                      "change the template, or use --engine fis");
    free(refusals);
    if (plan->timeline == NULL) {
        plan->shown->refused = true;
        return false;
    }
    take_timeline(plan);
    take_stops(plan);
    return true;
}

void plan_check_timeline(const struct preflight *at, const struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->port_count; i++) {
        bool found = false;
        for (size_t k = 0; k < at->service->load_balancer_count; k++)
            found = found || at->service->load_balancers[k].container_port == timeline->ports[i];
        if (!found)
            preflight_say(at, MODEL_STOP, "the sidecar stands where the load balancer points to",
                          "name the port of its target group, or use --engine fis",
                          "no target group of the service uses port %lld", (long long)timeline->ports[i]);
    }
}
