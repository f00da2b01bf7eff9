#include "sandbox/task_order.h"

#include "core/clock.h"
#include "core/process.h"
#include "sandbox/launch.h"
#include "sandbox/names.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* From a container's start to that of one that depends on it by START; times the pace. ECS, which talks to
 * a container runtime in between, takes a second and more, and applications rely on it: what they call at
 * first listens by then. */
#define START_MS 100
#define START_LEAST_MS 50      /* a program needs that to listen, whatever the pace */
#define EXIT_NEVER_STARTED 143 /* what ECS gives a container that it could not start for a dependency */

enum condition { CONDITION_MET, CONDITION_OPEN, CONDITION_IMPOSSIBLE };

/* The container that a dependency names; NULL can't be: the definition was checked. */
static struct container *depended_on(struct task *task, struct json_object *dependency)
{
    const char *name = json_text(dependency, "containerName");

    for (size_t i = 0; name && i < task->container_count; i++) {
        if (strcmp(task->containers[i].name, name) == 0)
            return &task->containers[i];
    }
    return NULL;
}

/* One that has ended, or never will start, has "started" as well: ECS has it so. */
static bool has_started(const struct region *region, const struct container *container, int64_t now_ms)
{
    double wait_ms = START_MS * region->pace;

    if (container->state == CONTAINER_STOPPED)
        return true;
    return container->state == CONTAINER_RUNNING &&
           (double)(now_ms - container->started_ms) >= (wait_ms < START_LEAST_MS ? START_LEAST_MS : wait_ms);
}

static enum condition look_at(const struct region *region, const struct container *other,
                              const char *condition, int64_t now_ms)
{
    bool ended = other->state == CONTAINER_STOPPED;

    if (condition && strcmp(condition, "COMPLETE") == 0)
        return ended ? CONDITION_MET : CONDITION_OPEN;
    if (condition && strcmp(condition, "SUCCESS") == 0) {
        if (!ended)
            return CONDITION_OPEN;
        return other->has_exit_code && other->exit_code == 0 ? CONDITION_MET : CONDITION_IMPOSSIBLE;
    }
    return has_started(region, other, now_ms) ? CONDITION_MET : CONDITION_OPEN;
}

static void give_up(struct container *container, const struct container *other)
{
    container->state = CONTAINER_STOPPED;
    container->has_exit_code = true;
    container->exit_code = EXIT_NEVER_STARTED;
    snprintf(container->reason, sizeof container->reason,
             "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency "
             "[%.200s(%.200s) (STOPPED->RUNNING) - Exit: %d] for target [%.200s(%.200s) (NONE->RUNNING)] as "
             "dependency did not exit successfully.",
             other->name, other->image, other->exit_code, container->name, container->image);
}

/* True when it is to be launched now. */
static bool may_start(const struct region *region, struct task *task, struct container *container,
                      int64_t now_ms)
{
    struct json_object *list = json_list(container->definition, "dependsOn");
    bool met = true;

    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *dependency = json_item(list, i);
        const struct container *other = depended_on(task, dependency);
        enum condition condition =
            other ? look_at(region, other, json_text(dependency, "condition"), now_ms) : CONDITION_MET;
        if (condition == CONDITION_IMPOSSIBLE) {
            give_up(container, other);
            return false;
        }
        met = met && condition == CONDITION_MET;
    }
    return met;
}

enum task_order_state task_order_start(struct region *region, struct task *task, int64_t now_ms,
                                       struct error *error)
{
    bool waiting = false;

    for (size_t i = 0; i < task->container_count; i++) {
        struct container *container = &task->containers[i];
        if (container->state != CONTAINER_PENDING)
            continue;
        if (!may_start(region, task, container, now_ms)) {
            waiting = waiting || container->state == CONTAINER_PENDING;
            if (container->essential && container->state == CONTAINER_STOPPED) {
                error_set(error, ERROR_CONFLICT, "%s", container->reason);
                return TASK_ORDER_FAILED;
            }
            continue;
        }
        if (!launch_container(region, task, container, error)) {
            container->state = CONTAINER_STOPPED;
            text_copy(container->reason, sizeof container->reason, error->message);
            return TASK_ORDER_FAILED;
        }
        container->state = CONTAINER_RUNNING;
        container->started_ms = clock_ms();
        names_hex(container->runtime_id, 32);
        snprintf(container->runtime_id + 32, sizeof container->runtime_id - 32, "-%d", 1000 + (int)i);
    }
    return waiting ? TASK_ORDER_WAITING : TASK_ORDER_STARTED;
}

static bool depends_on(const struct container *container, const char *name)
{
    struct json_object *list = json_list(container->definition, "dependsOn");

    for (size_t i = 0; i < json_length(list); i++) {
        const char *other = json_text(json_item(list, i), "containerName");
        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

/* While one that depends on it runs. One that was never started holds nobody up. */
static bool is_needed(const struct task *task, const struct container *container)
{
    for (size_t i = 0; i < task->container_count; i++) {
        if (task->containers[i].pid > 0 && depends_on(&task->containers[i], container->name))
            return true;
    }
    return false;
}

void task_order_stop(struct task *task, int64_t now_ms)
{
    for (size_t i = 0; i < task->container_count; i++) {
        struct container *container = &task->containers[i];
        if (container->pid <= 0 || container->killed)
            continue;
        if (!container->told_to_end) {
            if (is_needed(task, container))
                continue;
            container->told_to_end = true;
            container->told_ms = now_ms;
            process_signal(container->pid, SIGTERM);
        } else if (now_ms - container->told_ms > (int64_t)container->stop_timeout_s * 1000) {
            container->killed = true;
            process_signal(container->pid, SIGKILL);
        }
    }
}
