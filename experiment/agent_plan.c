#include "experiment/agent_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/refusals.h"
#include "core/units.h"
#include "experiment/dependency_task.h"
#include "experiment/json.h"
#include "experiment/preflight_agent.h"
#include "experiment/revision_agent.h"

#define HTTP_PORT 80
#define TLS_PORT 443 /* of AWS's services */

bool agent_plan_is_wanted(const struct plan *plan)
{
    return plan->request.choices.engine == CHOICES_ENGINE_AGENT;
}

/* Of "http://127.0.0.1:4566/path"; the scheme's where it names none. */
static int url_port(const char *url)
{
    const char *start = strstr(url, "://");
    const char *host = start == NULL ? url : start + 3;
    size_t length = strcspn(host, "/?#");
    const char *colon = memrchr(host, ':', length), *bracket = memrchr(host, ']', length);
    if (colon != NULL && (bracket == NULL || colon > bracket))
        return (int)strtol(colon + 1, NULL, 10);
    return strncmp(url, "http://", strlen("http://")) == 0 ? HTTP_PORT : TLS_PORT;
}

/* Where the service's calls to it went before they were led to the sidecar, and go on to. */
static int dependency_port(struct json_object *task_definition, const char *text)
{
    struct dependency dependency;
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    size_t count = containers == NULL ? 0 : json_object_array_length(containers);
    if (!dependency_parse(text, "--dependency", &dependency, NULL))
        return 0;
    if (dependency.service == NULL)
        return dependency.port;
    for (size_t i = 0; i < count; i++) {
        struct json_object *container = json_object_array_get_idx(containers, i);
        const char *url = dependency_endpoint(container, dependency.service);
        if (url[0] != '\0' && dependency_is_application(container)) /* a log router's is not led away */
            return url_port(url);
    }
    return TLS_PORT;
}

/* Where what is faulted comes in or goes out. Before the application that is the sidecar's own port: the load
 * balancer comes to it now, and a black hole behind it would let clients connect. */
static uint16_t blackhole_port(const struct revision_sidecar *sidecar, struct json_object *task_definition)
{
    int port = sidecar->dependency[0] != '\0'       ? dependency_port(task_definition, sidecar->dependency)
               : sidecar->front == REVISION_INBOUND ? sidecar->port
                                                    : sidecar->application_port;
    return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* What the sidecar is told for all of the experiment: places and the blackhole's port. */
static void make_setting(const struct plan *plan, const struct preflight *at, struct agent_setting *setting)
{
    const struct choices *choices = &plan->request.choices;
    const struct revision_sidecar *sidecar = &plan->sidecars.item[0];
    memset(setting, 0, sizeof *setting);
    for (size_t i = 0; i < choices->source_count; i++)
        agent_setting_add_source(setting, choices->sources[i], "--agent-source", NULL);
    setting->egress = sidecar->dependency[0] != '\0';
    setting->port = blackhole_port(sidecar, at->task_definition);
}

static void take_sidecar(struct plan *plan, const struct preflight *at)
{
    struct error refusal;
    if (plan->request.choices.dependency_count > 1)
        preflight_add(plan->shown, MODEL_STOP, "more than one dependency was named",
                      "one sidecar calls the ECS agent, and its faults are the whole task's",
                      "name one, or use --engine sidecar");
    if (plan->sidecars.count > 1) {
        memset(&plan->sidecars.item[1], 0, (REVISION_MAPPINGS_MAX - 1) * sizeof plan->sidecars.item[1]);
        plan->sidecars.count = 1;
    }
    if (plan->sidecars.count == 0 && at->service->load_balancer_count == 0 && !at->outbound &&
        !revision_find_alone(at->task_definition, &plan->sidecars, &refusal))
        preflight_add(plan->shown, MODEL_STOP, "the sidecar can't be put in", refusal.message,
                      "choose another service");
    plan->sidecars.item[0].agent = plan->sidecars.count > 0;
}

/* The agent acts on flows of a task: less than all of the traffic is a share of these. */
static void take_share(struct plan *plan)
{
    struct choices *choices = &plan->request.choices;
    char what[MODEL_TEXT_MAX], percent[UNITS_TEXT_MAX];
    double *scope = &plan->request.fault.scope.percent;
    if (choices->way == CHOICES_WAY_CANARY)
        preflight_add(plan->shown, MODEL_STOP, "a canary can't be had with the ECS agent's faults",
                      "they act on a task's whole network, and are put into the service's own tasks",
                      "leave out --way canary; --blast-radius makes it a share of the flows");
    choices->way = CHOICES_WAY_IN_PLACE;
    if (choices->blast_radius <= 0 || choices->blast_radius >= 100)
        return;
    *scope = *scope * choices->blast_radius / 100.0;
    units_format_percent(*scope, percent);
    snprintf(what, sizeof what, "in place: every task gets the sidecar, %s of its flows the faults", percent);
    preflight_add(plan->shown, MODEL_NOTE, what, "the agent takes a share of the connections (FlowsPercent)",
                  "nothing to do");
}

/* All refusals become findings: each says by its name what the agent can't do. */
static void check_faults(struct plan *plan, const struct agent_setting *setting)
{
    struct agent_fault unused;
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (refusals == NULL)
        return;
    agent_faults_map(&plan->request.fault, setting, &unused, refusals);
    for (size_t i = 0; i < refusals->count; i++) {
        char what[MODEL_TEXT_MAX];
        snprintf(what, sizeof what, "%.80s: %.160s", refusals->items[i].where, refusals->items[i].why);
        preflight_add(plan->shown, MODEL_STOP, what, "the ECS agent has no such fault",
                      "set it to zero, or use --engine sidecar");
    }
    free(refusals);
}

void agent_plan_begin(struct plan *plan, struct preflight *at)
{
    struct agent_setting setting;
    plan->way_back.agent = true;
    take_sidecar(plan, at);
    take_share(plan);
    make_setting(plan, at, &setting);
    check_faults(plan, &setting);
    preflight_agent(at, &setting, &plan->request.choices);
}

void agent_plan_reach(const struct plan *plan, const struct preflight *at)
{
    struct agent_setting setting;
    make_setting(plan, at, &setting);
    preflight_agent_reach(at, &setting, plan->way_back.reach);
}

void agent_plan_revise(struct plan *plan, const struct preflight *at)
{
    struct agent_setting setting;
    make_setting(plan, at, &setting);
    revision_add_agent(plan->revision, &plan->sidecars.item[0], &setting);
    if (plan->sidecars.item[0].front == REVISION_ALONE) /* the one port that it has now */
        plan->sidecars.item[0].port = plan->sidecars.item[0].stats_port;
}
