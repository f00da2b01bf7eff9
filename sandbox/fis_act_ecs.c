/* fis_act_ecs: the actions on ECS tasks, and what AWS asks of a task before it takes them
 * (https://docs.aws.amazon.com/fis/latest/userguide/ecs-task-actions.html). */
#include "core/process.h"
#include "sandbox/ecs.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/interface.h"
#include "sandbox/memory.h"
#include "sandbox/process_name.h"
#include "sandbox/task.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define AGENT "amazon-ssm-agent"
#define AGENT_VARIABLE "MANAGED_INSTANCE_ROLE_NAME"
#define DELAY_MS 200
#define JITTER_MS 10
#define LOSS_PERCENT 7
#define SOURCES_MAX 1025

static struct json_object *parameters_of(const struct fis_action *action)
{
    return json_map(action->json, "parameters");
}

static bool parameter_flag(const struct fis_action *action, const char *name, bool missing)
{
    const char *text = json_text(parameters_of(action), name);

    return text ? strcasecmp(text, "true") == 0 : missing;
}

static int parameter_number(const struct fis_action *action, const char *name, int missing)
{
    return (int)json_integer(parameters_of(action), name, missing);
}

static bool parameter_is(const struct fis_action *action, const char *name, const char *value)
{
    const char *text = json_text(parameters_of(action), name);

    return text && strcmp(text, value) == 0;
}

/* By its ARN; NULL once it is gone. */
static struct task *find_task(struct region *region, const char *arn)
{
    for (size_t i = 0; i < region->clusters.count; i++) {
        struct task *task = region_find_task(region, region->clusters.items[i], arn);
        if (task)
            return task;
    }
    return NULL;
}

/* --- what is asked of a task -------------------------------------------------------------------- */

static bool has_variable(struct json_object *definition, const char *name)
{
    struct json_object *list = json_list(definition, "environment");

    for (size_t i = 0; i < json_length(list); i++) {
        const char *key = json_text(json_item(list, i), "name"),
                   *value = json_text(json_item(list, i), "value");
        if (key && strcmp(key, name) == 0 && value && *value)
            return true;
    }
    return false;
}

/* What is wrong with the SSM agent's container; NULL: nothing. */
static const char *agent_lack(const struct task *task)
{
    struct json_object *list = json_list(task->definition->body, "containerDefinitions");

    for (size_t i = 0; i < json_length(list) && i < task->container_count; i++) {
        const struct container *container = &task->containers[i];
        if (!strstr(container->name, AGENT) && !strstr(container->image, AGENT))
            continue;
        if (!has_variable(json_item(list, i), AGENT_VARIABLE))
            return "Its container " AGENT " has no environment variable " AGENT_VARIABLE ".";
        return container->state == CONTAINER_RUNNING ? NULL : "Its container " AGENT " does not run.";
    }
    return "It has no container " AGENT ".";
}

/* What the task lacks for the action; NULL: nothing. */
static const char *lack_of(const struct task *task, const struct fis_action *action)
{
    bool is_network = action->type->act != FIS_ACT_KILL_PROCESS;
    bool by_endpoints = parameter_flag(action, "useEcsFaultInjectionEndpoints", false);
    struct json_object *body = task->definition->body;
    struct json_object *asked = task->service ? task->service->created_from : task->asked;
    const char *pid = json_text(body, "pidMode"), *agent = agent_lack(task);

    if (agent)
        return agent;
    if (!pid || strcmp(pid, "task") != 0)
        return "pidMode of its task definition is not task.";
    if (is_network && !by_endpoints && ecs_asks_for_fargate(asked, task->definition))
        return "On AWS Fargate the action needs useEcsFaultInjectionEndpoints=true.";
    if (is_network && by_endpoints && !json_flag(body, "enableFaultInjection", false))
        return "enableFaultInjection is not true in its task definition.";
    if (task->execute_command)
        return "ECS Exec is enabled for it.";
    return is_network ? interface_lack(task) : NULL;
}

static bool check(const struct task *task, const struct fis_action *action, struct error *error)
{
    const char *lack = task->state == TASK_RUNNING ? lack_of(task, action) : "It is not RUNNING.";

    if (!lack)
        return true;
    return error_set(error, ERROR_REFUSED, "Task %.200s can't take %s. %s", task->arn, action->type->id,
                     lack);
}

/* --- processes ---------------------------------------------------------------------------------- */

static bool kill_process(struct task *task, const struct fis_action *action, struct error *error)
{
    const char *name = json_text(parameters_of(action), "processName");
    int number = parameter_is(action, "signal", "SIGKILL") ? SIGKILL : SIGTERM;
    bool found = false;

    for (size_t i = 0; i < task->container_count; i++) {
        const struct container *container = &task->containers[i];
        if (container->pid <= 0 ||
            !(strcmp(container->name, name) == 0 || process_is_named(container->pid, name)))
            continue;
        process_signal(container->pid, number);
        found = true;
    }
    return found || error_set(error, ERROR_NOT_FOUND, "Task %.200s has no process %.64s.", task->arn, name);
}

/* --- the network -------------------------------------------------------------------------------- */

static enum interface_kind kind_of(const struct fis_action *action)
{
    return action->type->act == FIS_ACT_LATENCY ? INTERFACE_LATENCY
           : action->type->act == FIS_ACT_LOSS  ? INTERFACE_LOSS
                                                : INTERFACE_BLACKHOLE;
}

/* "10.0.0.1, DYNAMODB" as a list; the caller owns it. */
static struct json_object *sources_of(const struct fis_action *action)
{
    const char *text = json_text(parameters_of(action), "sources");
    struct json_object *list = json_object_new_array();
    char copy[SOURCES_MAX], *rest = NULL;

    text_copy(copy, sizeof copy, text);
    for (char *one = strtok_r(copy, ", ", &rest); one; one = strtok_r(NULL, ", ", &rest))
        json_append_text(list, one);
    return list;
}

static bool start_network(struct region *region, struct task *task, struct fis_action *action,
                          struct error *error)
{
    struct interface_fault fault = {.kind = kind_of(action),
                                    .delay_ms = parameter_number(action, "delayMilliseconds", DELAY_MS),
                                    .jitter_ms = parameter_number(action, "jitterMilliseconds", JITTER_MS),
                                    .loss_percent = parameter_number(action, "lossPercent", LOSS_PERCENT),
                                    .flows_percent = parameter_number(action, "flowsPercent", 100),
                                    .port = parameter_number(action, "port", 0),
                                    .udp = parameter_is(action, "protocol", "udp"),
                                    .ingress = parameter_is(action, "trafficType", "ingress")};
    bool done = true;

    for (int kind = 0; kind < INTERFACE_KINDS && done; kind++) {
        if (interface_is_running(task, (enum interface_kind)kind))
            done = error_set(
                error, ERROR_CONFLICT,
                "Task %.200s has a network fault already: the network actions can't run in parallel.",
                task->arn);
    }
    fault.sources = sources_of(action);
    done = done && interface_start(region, task, &fault, error);
    json_object_put(fault.sources);
    if (!done)
        return false;
    if (!action->hit)
        action->hit = json_object_new_array();
    json_append_text(action->hit, task->arn);
    return true;
}

/* --- all of the target -------------------------------------------------------------------------- */

static bool act_on(struct region *region, struct fis_experiment *experiment, struct fis_action *action,
                   struct task *task, struct error *error)
{
    char reason[REGION_REASON_MAX];

    if (action->type->act == FIS_ACT_STOP_TASK) {
        snprintf(reason, sizeof reason, "Task stopped by AWS FIS experiment %s", experiment->id);
        task_stop(region, task, "UserInitiated", reason);
        return true;
    }
    if (action->type->act == FIS_ACT_KILL_PROCESS)
        return kill_process(task, action, error);
    return start_network(region, task, action, error);
}

bool fis_act_on_tasks(struct region *region, struct fis_experiment *experiment, struct fis_action *action,
                      struct error *error)
{
    struct fis_target *target = fis_target_of(experiment, action);
    bool is_plain = action->type->act == FIS_ACT_STOP_TASK;
    struct json_object *arns = target ? target->resolved : NULL;

    /* All are looked at before any is touched. */
    for (size_t i = 0; i < json_length(arns); i++) {
        struct task *task = find_task(region, json_text_at(arns, i));
        if (!task)
            return error_set(error, ERROR_NOT_FOUND, "Task %.200s does not exist any more.",
                             json_text_at(arns, i));
        if (!is_plain && !check(task, action, error))
            return false;
    }
    for (size_t i = 0; i < json_length(arns); i++) {
        if (!act_on(region, experiment, action, find_task(region, json_text_at(arns, i)), error))
            return false;
    }
    return true;
}

void fis_act_off_tasks(struct region *region, struct fis_experiment *experiment, struct fis_action *action)
{
    (void)experiment;
    for (size_t i = 0; i < json_length(action->hit); i++) {
        struct task *task = find_task(region, json_text_at(action->hit, i));
        if (task)
            interface_stop(region, task, kind_of(action));
    }
    json_object_put(action->hit);
    action->hit = NULL;
}
