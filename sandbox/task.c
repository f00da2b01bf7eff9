#include "sandbox/task.h"

#include "core/clock.h"
#include "core/process.h"
#include "sandbox/admission.h"
#include "sandbox/agent.h"
#include "sandbox/elbv2.h"
#include "sandbox/interface.h"
#include "sandbox/logs.h"
#include "sandbox/names.h"
#include "sandbox/overrides.h"
#include "sandbox/ssm.h"
#include "sandbox/task_keys.h"
#include "sandbox/task_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long the region takes for what costs ECS seconds; times the pace. */
#define PROVISIONING_MS 500
#define PENDING_MS 500
#define ACTIVATING_MS 300
#define DEACTIVATING_MS 1000 /* at least: ECS is slow to notice that a target has drained */
#define DEPROVISIONING_MS 300
#define STOP_TIMEOUT_S 30   /* from SIGTERM to SIGKILL where stopTimeout does not say; whatever the pace */
#define DRAIN_SLACK_MS 1000 /* beyond the deregistration delay, then the task goes on */

static const char *const state_names[] = {"PROVISIONING", "PENDING",  "ACTIVATING",     "RUNNING",
                                          "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"};

const char *task_state_name(enum task_state state)
{
    return state_names[state];
}

/* `id` is the task's, a copy: the compiler can't know that the two arrays of a task do not overlap. */
static void add_containers(struct region *region, struct task *task, const char *id)
{
    struct json_object *list = json_list(task->definition->body, "containerDefinitions");

    task->containers = memory_new((json_length(list) + 1) * sizeof *task->containers);
    for (size_t i = 0; i < json_length(list) && i < REGION_CONTAINERS_MAX; i++) {
        struct json_object *definition = json_object_array_get_idx(list, i);
        struct container *container = &task->containers[task->container_count++];
        char uuid[37];
        names_uuid(uuid);
        agent_take_id(task, container);
        text_copy(container->name, sizeof container->name, json_text(definition, "name"));
        text_copy(container->image, sizeof container->image, json_text(definition, "image"));
        container->definition = overrides_apply(definition, json_map(task->asked, "overrides"));
        container->essential = json_flag(definition, "essential", true);
        container->stop_timeout_s = (int)json_integer(definition, "stopTimeout", STOP_TIMEOUT_S);
        snprintf(container->arn, sizeof container->arn, "arn:aws:ecs:%s:%s:container/%s/%s/%s", region->name,
                 REGION_ACCOUNT, task->cluster->name, id, uuid);
    }
}

/* What every task has: names, a place in its network, containers. It is in region->tasks. */
static struct task *add_task(struct region *region, struct cluster *cluster, struct definition *definition,
                             struct json_object *network, struct json_object *asked)
{
    struct task *task = memory_new(sizeof *task);
    struct json_object *vpc = json_map(network, "awsvpcConfiguration");
    struct json_object *subnets = json_list(vpc, "subnets");
    char hex[18], id[33];

    names_hex(id, 32);
    text_copy(task->id, sizeof task->id, id);
    names_uuid(task->attachment_id);
    names_hex(hex, 17);
    snprintf(task->interface_id, sizeof task->interface_id, "eni-0%s", hex + 1);
    snprintf(task->mac, sizeof task->mac, "0a:%.2s:%.2s:%.2s:%.2s:%.2s", hex, hex + 2, hex + 4, hex + 6,
             hex + 8);
    task->cluster = cluster;
    task->definition = definition;
    task->asked = json_copy(asked);
    snprintf(task->arn, sizeof task->arn, "arn:aws:ecs:%s:%s:task/%s/%s", region->name, REGION_ACCOUNT,
             cluster->name, id);
    task->security_groups = json_object_get(json_list(vpc, "securityGroups"));
    if (json_length(subnets) > 0) {
        size_t turn = region->next_address % json_length(subnets);
        text_copy(task->subnet, sizeof task->subnet, json_text_at(subnets, turn));
    }
    region_take_address(region, task->address);
    text_copy(task->inside, sizeof task->inside, task->address);
    task->created = region_now();
    task->since_ms = clock_ms();
    add_containers(region, task, id);
    task->keys = task_keys_new(task);
    list_add(&region->tasks, task);
    return task;
}

struct task *task_create(struct region *region, struct service *service, const struct deployment *deployment)
{
    struct task *task = add_task(region, service->cluster, deployment->definition, deployment->network, NULL);
    const char *propagate = json_text(service->created_from, "propagateTags");

    task->service = service;
    text_copy(task->deployment, sizeof task->deployment, deployment->id);
    text_copy(task->started_by, sizeof task->started_by, deployment->id);
    snprintf(task->group, sizeof task->group, "service:%s", service->name);
    task->load_balancers = json_object_get(deployment->load_balancers);
    task->execute_command = json_flag(service->created_from, "enableExecuteCommand", false);
    task->tags =
        propagate && strcmp(propagate, "SERVICE") == 0 ? json_copy(service->tags) : json_object_new_array();
    return task;
}

struct task *task_create_alone(struct region *region, struct cluster *cluster, struct definition *definition,
                               struct json_object *request)
{
    struct task *task =
        add_task(region, cluster, definition, json_map(request, "networkConfiguration"), request);
    const char *group = json_text(request, "group");

    text_copy(task->started_by, sizeof task->started_by, json_text(request, "startedBy"));
    if (group)
        text_copy(task->group, sizeof task->group, group);
    else
        snprintf(task->group, sizeof task->group, "family:%s", definition->family);
    task->execute_command = json_flag(request, "enableExecuteCommand", false);
    task->tags = json_object_new_array();
    return task;
}

void task_free(struct task *task)
{
    for (size_t i = 0; i < task->container_count; i++) {
        logs_close(task->containers[i].log);
        json_object_put(task->containers[i].definition);
    }
    interface_free(task);
    json_object_put(task->asked);
    json_object_put(task->load_balancers);
    json_object_put(task->security_groups);
    json_object_put(task->tags);
    free(task->containers);
    free(task->keys);
    free(task);
}

static void enter(struct task *task, enum task_state state, int64_t now_ms)
{
    task->state = state;
    task->since_ms = now_ms;
}

bool task_is_over(const struct task *task)
{
    return task->state == TASK_STOPPED;
}

void task_signal(struct task *task, int signal_number)
{
    for (size_t i = 0; i < task->container_count; i++) {
        if (task->containers[i].pid > 0)
            process_signal(task->containers[i].pid, signal_number);
    }
}

bool task_reap(struct task *task)
{
    bool alive = false;

    for (size_t i = 0; i < task->container_count; i++) {
        struct container *container = &task->containers[i];
        int status = 0;
        if (container->pid <= 0)
            continue;
        logs_read(container->log);
        if (!process_ended(container->pid, &status)) {
            alive = true;
            continue;
        }
        logs_close(container->log);
        container->log = NULL;
        container->pid = 0;
        container->state = CONTAINER_STOPPED;
        container->has_exit_code = true;
        container->exit_code = status;
    }
    return alive;
}

/* --- targets ------------------------------------------------------------------------------------ */

static void each_target(struct region *region, struct task *task,
                        void (*act)(struct region *, struct task *, struct target_group *, uint16_t))
{
    for (size_t i = 0; i < json_length(task->load_balancers); i++) {
        struct json_object *mapping = json_object_array_get_idx(task->load_balancers, i);
        struct target_group *group = region_find_group(region, json_text(mapping, "targetGroupArn"));
        if (group)
            act(region, task, group, (uint16_t)json_integer(mapping, "containerPort", 0));
    }
}

static void register_target(struct region *region, struct task *task, struct target_group *group,
                            uint16_t port)
{
    struct error error = {0};

    if (!balancer_register(region->balancer, group->number, task->address, port, &error)) {
        service_add_event(task->service,
                          "(service %s) failed to register targets in (target-group %s) with (error %s)",
                          task->service->name, group->arn, error.message);
        return;
    }
    admission_apply(region, task, group, port);
    service_add_event(task->service, "(service %s) registered 1 targets in (target-group %s)",
                      task->service->name, group->arn);
}

static void deregister_target(struct region *region, struct task *task, struct target_group *group,
                              uint16_t port)
{
    if (balancer_deregister(region->balancer, group->number, task->address, port, NULL))
        service_add_event(task->service, "(service %s) deregistered 1 targets in (target-group %s)",
                          task->service->name, group->arn);
}

static const struct balancer_target *find_target(const struct target_group *group, const char *address,
                                                 uint16_t port)
{
    for (size_t i = 0; i < group->seen_count; i++) {
        if (group->seen[i].port == port && strcmp(group->seen[i].address, address) == 0)
            return &group->seen[i];
    }
    return NULL;
}

/* The worst of its targets: NULL when all are healthy (or in a group without a listener). With
 * `any` the first that is there at all. */
static const struct balancer_target *worst_target(struct region *region, const struct task *task, bool any,
                                                  bool *missing, const char **group_arn)
{
    *missing = false;
    for (size_t i = 0; i < json_length(task->load_balancers); i++) {
        struct json_object *mapping = json_object_array_get_idx(task->load_balancers, i);
        struct target_group *group = region_find_group(region, json_text(mapping, "targetGroupArn"));
        if (!group)
            continue;
        const struct balancer_target *target =
            find_target(group, task->address, (uint16_t)json_integer(mapping, "containerPort", 0));
        if (!target)
            *missing = true;
        if (target && (any || (target->state != BALANCER_HEALTHY && target->state != BALANCER_UNUSED))) {
            *group_arn = group->arn;
            return target;
        }
    }
    return NULL;
}

/* --- the steps ---------------------------------------------------------------------------------- */

void task_stop(struct region *region, struct task *task, const char *code, const char *reason)
{
    int64_t now_ms = clock_ms();

    if (task->stopping)
        return;
    task->stopping = true;
    task->healthy = false;
    task->stopping_at = region_now();
    text_copy(task->stop_code, sizeof task->stop_code, code);
    text_copy(task->stopped_reason, sizeof task->stopped_reason, reason);
    if (task->registered) {
        each_target(region, task, deregister_target);
        service_add_event(task->service, "(service %s) has begun draining connections on 1 tasks.",
                          task->service->name);
        enter(task, TASK_DEACTIVATING, now_ms);
    } else if (task->state >= TASK_ACTIVATING) {
        enter(task, TASK_STOPPING, now_ms);
        task_order_stop(task, now_ms);
    } else {
        enter(task, TASK_DEPROVISIONING, now_ms);
    }
    region_wake(region);
}

/* Those whose turn it is; true once all are started. */
static bool start_containers(struct region *region, struct task *task, int64_t now_ms)
{
    struct error error = {0};
    enum task_order_state state = task_order_start(region, task, now_ms, &error);

    if (state == TASK_ORDER_FAILED)
        task_stop(region, task, "TaskFailedToStart", error.message);
    return state == TASK_ORDER_STARTED;
}

static void activate(struct region *region, struct task *task, int64_t now_ms)
{
    task->connected = task->pull_started = task->pull_stopped = region_now();
    enter(task, TASK_ACTIVATING, now_ms);
    start_containers(region, task, now_ms);
}

static void run(struct region *region, struct task *task, int64_t now_ms)
{
    enter(task, TASK_RUNNING, now_ms);
    task->running_ms = now_ms;
    task->started = region_now();
    task->registered = json_length(task->load_balancers) > 0;
    each_target(region, task, register_target);
}

/* Its network is made before its containers, and they start only once it is there. */
static void begin_interface(struct region *region, struct task *task, int64_t now_ms)
{
    struct error error = {0};

    enter(task, TASK_PENDING, now_ms);
    if (!interface_begin(region, task, &error)) {
        error_prefix(&error, "ResourceInitializationError: ");
        task_stop(region, task, "TaskFailedToStart", error.message);
    }
}

/* True once it carries. A task without its network is of no use: it stops, and its service replaces it. */
static bool look_at_interface(struct region *region, struct task *task, int64_t now_ms)
{
    struct error error = {0};
    enum interface_state state = interface_look(task, now_ms, &error);

    if (state == INTERFACE_BROKEN && !task->stopping) {
        error_prefix(&error, "ResourceInitializationError: ");
        task_stop(region, task, "TaskFailedToStart", error.message);
    }
    return state == INTERFACE_READY;
}

static void stop_when_essential_exited(struct region *region, struct task *task)
{
    for (size_t i = 0; i < task->container_count; i++) {
        const struct container *container = &task->containers[i];
        if (container->essential && container->state == CONTAINER_STOPPED)
            task_stop(region, task, "EssentialContainerExited", "Essential container in task exited");
    }
}

static void check_health(struct region *region, struct task *task, int64_t now_ms)
{
    bool missing = false;
    const char *group_arn = "";
    const struct balancer_target *worst = worst_target(region, task, false, &missing, &group_arn);
    int grace_ms =
        task->service && task->service->grace_s > 0 ? region_wait_ms(region, task->service->grace_s) : 0;

    task->healthy = !worst && !missing;
    if (worst && worst->state == BALANCER_UNHEALTHY && now_ms - task->running_ms > grace_ms) {
        char reason[REGION_REASON_MAX];
        service_add_event(
            task->service,
            "(service %s) (task %s) (port %u) is unhealthy in (target-group %s) due to (reason %s)",
            task->service->name, task->id, worst->port, group_arn,
            *worst->description ? worst->description : worst->reason);
        snprintf(reason, sizeof reason, "Task failed ELB health checks in (target-group %s)", group_arn);
        task_stop(region, task, "ServiceSchedulerInitiated", reason);
        task->failed = true;
    }
}

static int64_t drain_limit_ms(struct region *region, const struct task *task)
{
    int longest = 0;

    for (size_t i = 0; i < json_length(task->load_balancers); i++) {
        struct json_object *mapping = json_object_array_get_idx(task->load_balancers, i);
        const struct target_group *group = region_find_group(region, json_text(mapping, "targetGroupArn"));
        if (group && elbv2_deregistration_delay_s(group) > longest)
            longest = elbv2_deregistration_delay_s(group);
    }
    return region_wait_ms(region, longest) + DRAIN_SLACK_MS;
}

static void drain(struct region *region, struct task *task, int64_t now_ms)
{
    bool missing = false;
    const char *group_arn = "";
    bool there = worst_target(region, task, true, &missing, &group_arn) != NULL;

    int64_t waited_ms = now_ms - task->since_ms;

    if ((double)waited_ms < DEACTIVATING_MS * region->pace)
        return;
    if (there && waited_ms < drain_limit_ms(region, task))
        return;
    task->registered = false;
    enter(task, TASK_STOPPING, now_ms);
    task_order_stop(task, now_ms);
}

static void finish_processes(struct task *task, bool alive, int64_t now_ms)
{
    if (!alive) {
        for (size_t i = 0; i < task->container_count; i++)
            task->containers[i].state = CONTAINER_STOPPED;
        task->execution_stopped = region_now();
        enter(task, TASK_DEPROVISIONING, now_ms);
    } else {
        task_order_stop(task, now_ms);
    }
}

void task_advance(struct region *region, struct task *task, int64_t now_ms)
{
    double waited = (double)(now_ms - task->since_ms) / region->pace;
    bool alive = task_reap(task), carries = look_at_interface(region, task, now_ms);

    if (task->state == TASK_ACTIVATING || task->state == TASK_RUNNING)
        stop_when_essential_exited(region, task);
    switch (task->state) {
    case TASK_PROVISIONING:
        if (waited >= PROVISIONING_MS)
            begin_interface(region, task, now_ms);
        break;
    case TASK_PENDING:
        if (waited >= PENDING_MS && carries)
            activate(region, task, now_ms);
        break;
    case TASK_ACTIVATING:
        if (start_containers(region, task, now_ms) && waited >= ACTIVATING_MS)
            run(region, task, now_ms);
        break;
    case TASK_RUNNING:
        check_health(region, task, now_ms);
        break;
    case TASK_DEACTIVATING:
        drain(region, task, now_ms);
        break;
    case TASK_STOPPING:
        finish_processes(task, alive, now_ms);
        break;
    case TASK_DEPROVISIONING:
        if (interface_end(task, now_ms, false) || waited < DEPROVISIONING_MS)
            break;
        for (size_t i = 0; i < task->container_count; i++)
            task->containers[i].state = CONTAINER_STOPPED;
        task->stopped = region_now();
        ssm_end_sessions_of(region, task);
        interface_free(task);
        enter(task, TASK_STOPPED, now_ms);
        break;
    case TASK_STOPPED:
        break;
    }
}
