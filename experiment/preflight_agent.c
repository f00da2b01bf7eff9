#include "experiment/preflight_agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/fis.h"
#include "aws/instances.h"
#include "core/units.h"
#include "experiment/fis_actions.h"
#include "experiment/guard.h"
#include "experiment/json.h"

#define AGENT_MAJOR 1 /* the first ECS agent that has the fault endpoints: 1.88.0 */
#define AGENT_MINOR 88

static size_t length_of(struct json_object *array)
{
    return array == NULL ? 0 : json_object_array_length(array);
}

static bool is_host(const struct preflight *at)
{
    return strcmp(json_text(at->task_definition, "networkMode"), "host") == 0;
}

/* ── where it runs ───────────────────────────────────────────────────────────────────────── */

static void check_platform(const struct preflight *at)
{
    const char *platform = json_text(at->raw_service, "platformVersion");
    if (platform[0] == '1' && strcmp(platform, "1.4.0") < 0)
        preflight_say(at, MODEL_STOP, "Fargate's agent has the fault endpoints from 1.4.0 on",
                      "deploy it on LATEST or 1.4.0, or use --engine sidecar",
                      "the Fargate platform version is %s", platform);
    if (strcmp(at->service->launch_type, "EXTERNAL") == 0)
        preflight_say(at, MODEL_STOP, "AWS has fault injection by the agent on Fargate and EC2 alone",
                      "use --engine sidecar", "its tasks run outside AWS (launch type EXTERNAL)");
    if (json_flag(at->task_definition, "enableFaultInjection"))
        preflight_say(at, MODEL_NOTE, "who may call the agent from inside the task can start a fault there",
                      "nothing to do: a foreign fault makes the agent refuse ours, which is told",
                      "its task definition allows fault injection already; so it stays");
    if (is_host(at))
        preflight_say(
            at, MODEL_WARNING,
            "its other tasks are faulted as well, and a fault that is not taken back stays when the "
            "task ends",
            "see that nothing else stands on these instances",
            "the faults act on the whole instance: the network mode is host");
}

static bool is_old(const char *version)
{
    char *end = NULL;
    long major = strtol(version, &end, 10), minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return major < AGENT_MAJOR || (major == AGENT_MAJOR && minor < AGENT_MINOR);
}

static size_t collect_instances(const struct ecs_tasks *tasks, const char *arns[INSTANCES_A_CALL])
{
    size_t count = 0;
    for (size_t i = 0; i < tasks->count && count < INSTANCES_A_CALL; i++) {
        bool known = tasks->items[i].container_instance[0] == '\0';
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(arns[k], tasks->items[i].container_instance) == 0;
        if (!known)
            arns[count++] = tasks->items[i].container_instance;
    }
    return count;
}

static void check_versions(const struct preflight *at, const struct instances *instances)
{
    const struct instance *old = NULL, *silent = NULL;
    for (size_t i = 0; i < instances->count; i++) {
        const struct instance *instance = &instances->items[i];
        if (instance->agent_version[0] == '\0')
            silent = instance;
        else if (is_old(instance->agent_version))
            old = instance;
    }
    if (old != NULL)
        preflight_say(at, MODEL_STOP, "the fault endpoints came with 1.88.0",
                      "update it (aws ecs update-container-agent), or use --engine sidecar",
                      "the ECS agent on %s is %s", old->id, old->agent_version);
    else if (silent != NULL)
        preflight_say(at, MODEL_NOTE, "the fault endpoints came with 1.88.0",
                      "see that it is at least that: a fault is refused otherwise, and all is rolled back",
                      "the ECS agent on %s does not tell its version", silent->id);
}

/* On EC2 each instance has an agent of its own; where a new task will stand is not known, so those that have
 * its tasks now speak for all. */
static void check_agents(const struct preflight *at)
{
    const char *arns[INSTANCES_A_CALL];
    struct ecs_tasks tasks = {0};
    struct instances instances = {0};
    struct error error;
    size_t count = 0;
    bool read =
        ecs_list_service_tasks(at->job->client, at->service->cluster_arn, at->service->arn, &tasks, &error);
    if (read)
        count = collect_instances(&tasks, arns);
    if (read &&
        instances_describe_agents(at->job->client, at->service->cluster_arn, arns, count, &instances, &error))
        check_versions(at, &instances);
    else
        preflight_say(at, MODEL_NOTE, error.message,
                      "see that it is 1.88.0 or newer (allow ecs:DescribeContainerInstances)",
                      "the version of its instances' ECS agent could not be read");
    instances_free(&instances);
    ecs_tasks_free(&tasks);
}

/* ── who else faults it ──────────────────────────────────────────────────────────────────── */

/* Whether a template's targets name the service; one that takes tasks by tag or ARN does not say. */
static bool names_service(struct json_object *template, const struct ecs_service *service)
{
    struct json_object *targets = json_object_of(template, "targets");
    if (targets == NULL)
        return false;
    json_object_object_foreach(targets, name, target)
    {
        struct json_object *parameters = json_object_of(target, "parameters");
        (void)name;
        if (strcmp(json_text(target, "resourceType"), FIS_TASK_TYPE) == 0 &&
            strcmp(ecs_short_name(json_text(parameters, "service")), service->name) == 0 &&
            strcmp(ecs_short_name(json_text(parameters, "cluster")), ecs_short_name(service->cluster_arn)) ==
                0)
            return true;
    }
    return false;
}

static void check_experiment(const struct preflight *at, const struct fis_experiment *experiment)
{
    struct json_object *template = NULL;
    struct error error;
    if (!fis_get_template(at->job->client, experiment->template_id, &template, &error))
        preflight_say(at, MODEL_NOTE, error.message,
                      "see that it is not this service: the agent refuses a second fault (allow "
                      "fis:GetExperimentTemplate)",
                      "what experiment %s of AWS FIS runs on could not be seen", experiment->id);
    else if (names_service(template, at->service))
        preflight_say(at, MODEL_STOP,
                      "it targets these tasks, which would be replaced under it; and the agent refuses a "
                      "second fault",
                      "wait until it has ended, or stop it", "experiment %s of AWS FIS runs on it",
                      experiment->id);
    json_object_put(template);
}

static void check_fis(const struct preflight *at)
{
    struct json_object *list = NULL;
    struct error error = {0};
    if (!fis_list_experiments(at->job->client, NULL, &list, &error)) {
        preflight_say(at, MODEL_NOTE, error.message, "see that none does: the agent refuses a second fault",
                      "whether an experiment of AWS FIS runs on it could not be seen");
        return;
    }
    for (size_t i = 0; i < length_of(list); i++) {
        struct fis_experiment experiment;
        fis_read_experiment(&experiment, json_object_array_get_idx(list, i));
        if (!fis_status_is_final(experiment.status))
            check_experiment(at, &experiment);
    }
    json_object_put(list);
}

/* ── what they act on ────────────────────────────────────────────────────────────────────── */

/* At a dependency the sidecar measures what goes there alone, and the kernel faults more than that. */
static void warn_of_other_calls(const struct preflight *at, const struct agent_setting *setting)
{
    char why[MODEL_TEXT_MAX];
    snprintf(why, sizeof why,
             "it knows no services: latency and loss meet answers to clients and all other calls too, a "
             "blackhole all that goes out to port %u",
             (unsigned)setting->port);
    preflight_say(at, MODEL_WARNING, why,
                  "name its addresses with --agent-source (:source), or use --engine sidecar",
                  "the kernel faults all that its tasks send, not the calls to %.80s alone",
                  at->sidecars->item[0].dependency);
}

static void note_reach_of_faults(const struct preflight *at, const struct agent_setting *setting)
{
    char what[MODEL_TEXT_MAX] = "";
    size_t used = 0;
    bool outbound = at->sidecars->count > 0 && at->sidecars->item[0].dependency[0] != '\0';
    if (outbound && setting->source_count == 0) {
        warn_of_other_calls(at, setting);
        return;
    }
    for (size_t i = 0; i < setting->source_count && used < sizeof what; i++)
        used += (size_t)snprintf(what + used, sizeof what - used, "%s%s", i == 0 ? "" : ", ",
                                 setting->sources[i]);
    preflight_say(
        at, MODEL_NOTE, "answers to clients and to health checks, and its own calls, AWS's among them",
        setting->source_count == 0 ? "name places with --agent-source (:source) to leave the others out"
                                   : "nothing to do",
        "the kernel faults all that its tasks send%s%.150s", setting->source_count == 0 ? "" : " to ", what);
}

static void note_end_of_faults(const struct preflight *at)
{
    preflight_say(at, MODEL_NOTE,
                  "at the lease's end, the deadline's, or when its task stops; ECS itself has no such timer",
                  "nothing to do", "the sidecar takes the fault back, also if this console dies");
}

static bool is_inbound(const struct preflight *at)
{
    return at->sidecars->count > 0 && at->sidecars->item[0].front == REVISION_INBOUND;
}

static void check_guards(const struct preflight *at, const struct choices *choices, bool alone)
{
    struct guard guard;
    for (size_t i = 0; i < choices->guard_count; i++) {
        if (!guard_parse(&guard, choices->guards[i], NULL) || !guard_is_measured(guard.metric))
            continue;
        if (alone)
            preflight_say(at, MODEL_STOP, "no traffic passes the sidecar, so nothing is measured",
                          "name an alarm instead ('alarm NAME')", "the guard '%.120s' can't be kept",
                          choices->guards[i]);
        else if (is_inbound(at))
            preflight_say(at, MODEL_WARNING, "the sidecars measure it, and the kernel acts behind them",
                          "name an alarm for what clients see ('alarm NAME')",
                          "the guard '%.120s' does not see what the faults add", choices->guards[i]);
    }
}

/* Where the sidecar stands decides what it can measure. */
static void check_measures(const struct preflight *at, const struct choices *choices)
{
    bool alone = at->sidecars->count > 0 && at->sidecars->item[0].front == REVISION_ALONE;
    if (alone)
        preflight_say(
            at, MODEL_NOTE, "it only calls the agent: no traffic passes it, and no port is switched",
            "watch the service by its clients or alarms", "there will be no round trips from the sidecar");
    else if (is_inbound(at))
        preflight_say(
            at, MODEL_NOTE,
            "the kernel delays and drops behind the sidecar; what its round trips show is the "
            "service's own calls",
            "look at the clients' round trips for the rest, as the console does where they are told",
            "the sidecar sees what the application takes, not what is added to its answers");
    check_guards(at, choices, alone);
}

void preflight_agent(const struct preflight *at, const struct agent_setting *setting,
                     const struct choices *choices)
{
    check_platform(at);
    check_agents(at);
    check_fis(at);
    note_reach_of_faults(at, setting);
    note_end_of_faults(at);
    check_measures(at, choices);
}

void preflight_agent_reach(const struct preflight *at, const struct agent_setting *setting,
                           enum choices_reach reach)
{
    if (reach == CHOICES_REACH_SSM && setting->source_count == 0)
        preflight_say(at, MODEL_WARNING,
                      "where it is lost the lease ends the fault, and the experiment is rolled back",
                      "name places with --agent-source, or keep the faults mild",
                      "Session Manager's way to the sidecars is faulted as well");
}

/* ── health checks ───────────────────────────────────────────────────────────────────────── */

void preflight_agent_health(const struct preflight *at, const struct elbv2_target_group *group)
{
    const struct fault *fault = at->fault;
    const struct elbv2_health_check *check = &group->health_check;
    char longest[UNITS_TEXT_MAX];
    double ms = fault->latency.mean_ms + fault->latency.jitter_ms;
    const char *why = "targets become unhealthy, and ECS replaces the tasks under test over and over";
    /* The task answers twice before it is heard: to the connection, and to the request. */
    units_format_us(2 * ms * 1000, longest);
    if (ms > 0 && check->timeout_s > 0 && 2 * ms >= check->timeout_s * 1000.0)
        preflight_say(at, MODEL_WARNING, why,
                      "stay below it, or leave the load balancer out with --agent-source",
                      "connecting and answering take %s longer, and %s's health checks wait for %d s",
                      longest, group->name, check->timeout_s);
    if (fault->loss.percent >= 50)
        preflight_say(at, MODEL_WARNING, why, "lose less, or leave the load balancer out with --agent-source",
                      "%g %% of the packets of %s's health checks are lost too", fault->loss.percent,
                      group->name);
    if (fault->blackhole.percent > 0 && is_inbound(at))
        preflight_say(at, MODEL_WARNING, why, "go on if that is what you want to see",
                      "the blackhole swallows %s's health checks too", group->name);
}
