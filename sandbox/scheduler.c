#include "sandbox/scheduler.h"

#include "core/clock.h"
#include "sandbox/deployment.h"
#include "sandbox/fis.h"
#include "sandbox/interface.h"
#include "sandbox/plan.h"
#include "sandbox/product_api.h"
#include "sandbox/task.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 40 /* between rounds while something is under way */
#define QUIET_MS 250
#define RETRY_FIRST_MS 500 /* before a task that failed is replaced; doubles */
#define RETRY_LAST_MS 30000
#define TEXT_TASKS_MAX 10 /* tasks named in one event */

enum standing { STANDING_WAITING, STANDING_HEALTHY, STANDING_LEAVING };

static enum standing standing_of(const struct task *task)
{
    if (task->stopping)
        return STANDING_LEAVING;
    return task->healthy ? STANDING_HEALTHY : STANDING_WAITING;
}

static bool belongs_to(const struct task *task, const struct deployment *deployment)
{
    return strcmp(task->deployment, deployment->id) == 0;
}

/* --- looking ------------------------------------------------------------------------------------ */

static void see_targets(struct region *region)
{
    for (size_t i = 0; i < region->target_groups.count; i++) {
        struct target_group *group = region->target_groups.items[i];
        if (group->described)
            continue;
        if (!group->seen)
            group->seen = memory_new(BALANCER_TARGETS_MAX * sizeof *group->seen);
        group->seen_count =
            balancer_targets(region->balancer, group->number, group->seen, BALANCER_TARGETS_MAX);
        if (group->seen_count > BALANCER_TARGETS_MAX)
            group->seen_count = BALANCER_TARGETS_MAX;
    }
}

static struct plan_counts count_tasks(struct region *region, struct service *service)
{
    struct deployment *primary = service_primary(service);
    struct plan_counts counts = {.desired = service->state == SERVICE_ACTIVE ? service->desired : 0,
                                 .minimum_percent = service->minimum_percent,
                                 .maximum_percent = service->maximum_percent};

    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        enum standing standing = standing_of(task);
        if (task->service != service || standing == STANDING_LEAVING)
            continue;
        if (belongs_to(task, primary)) {
            counts.new_healthy += standing == STANDING_HEALTHY;
            counts.new_waiting += standing == STANDING_WAITING;
        } else {
            counts.old_healthy += standing == STANDING_HEALTHY;
            counts.old_waiting += standing == STANDING_WAITING;
        }
    }
    return counts;
}

/* What DescribeServices shows: RUNNING tasks, and those that drain, count as running; not yet
 * RUNNING ones as pending. Returns how many tasks are not over. */
static int count_deployment(struct region *region, struct service *service, struct deployment *deployment)
{
    int left = 0;

    deployment->running = deployment->pending = 0;
    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        if (task->service != service || !belongs_to(task, deployment))
            continue;
        deployment->running += task->state == TASK_RUNNING || task->state == TASK_DEACTIVATING;
        deployment->pending += task->state < TASK_RUNNING;
        left += task->state < TASK_DEPROVISIONING;
    }
    return left;
}

/* --- acting ------------------------------------------------------------------------------------- */

static void note_tasks(struct service *service, const char *verb, struct task *const *tasks, int count)
{
    char names[TEXT_TASKS_MAX * 48] = "";
    size_t length = 0;

    for (int i = 0; i < count && i < TEXT_TASKS_MAX; i++) {
        snprintf(names + length, sizeof names - length, " (task %s)", tasks[i]->id);
        length = strlen(names);
    }
    if (count > 0)
        service_add_event(service, "(service %s) has %s tasks:%s.", service->name, verb, names);
}

static void start_tasks(struct region *region, struct service *service, int count)
{
    struct task *started[TEXT_TASKS_MAX];
    char verb[32];

    for (int i = 0; i < count; i++) {
        struct task *task = task_create(region, service, service_primary(service));
        if (i < TEXT_TASKS_MAX)
            started[i] = task;
    }
    snprintf(verb, sizeof verb, "started %d", count);
    note_tasks(service, verb, started, count);
}

/* Stops up to `count` tasks of that standing, the primary deployment's or the others'; those that
 * started last go first. */
static void stop_tasks(struct region *region, struct service *service, bool of_primary,
                       enum standing standing, int count)
{
    struct deployment *primary = service_primary(service);
    struct task *stopped[TEXT_TASKS_MAX];
    int done = 0;
    char verb[32], reason[REGION_REASON_MAX];

    for (size_t i = region->tasks.count; i-- > 0 && done < count;) {
        struct task *task = region->tasks.items[i];
        if (task->service != service || standing_of(task) != standing ||
            belongs_to(task, primary) != of_primary)
            continue;
        snprintf(reason, sizeof reason, "Scaling activity initiated by (deployment %s)", primary->id);
        task_stop(region, task, "ServiceSchedulerInitiated", reason);
        if (done < TEXT_TASKS_MAX)
            stopped[done] = task;
        done++;
    }
    snprintf(verb, sizeof verb, "stopped %d running", done);
    note_tasks(service, verb, stopped, done);
}

/* Tasks that ended without being asked to. */
static void count_failures(struct region *region, struct service *service, int64_t now_ms)
{
    struct deployment *primary = service_primary(service);

    for (size_t i = 0; i < region->tasks.count; i++) {
        struct task *task = region->tasks.items[i];
        bool by_itself = strcmp(task->stop_code, "EssentialContainerExited") == 0 ||
                         strcmp(task->stop_code, "TaskFailedToStart") == 0 || task->failed;
        if (task->service != service || !task->stopping || !by_itself || task->counted)
            continue;
        task->counted = true;
        if (!belongs_to(task, primary))
            continue;
        if (!primary->completed)
            primary->failed_tasks++;
        int64_t delay_ms = (int64_t)RETRY_FIRST_MS
                           << (service->failures_in_a_row < 6 ? service->failures_in_a_row : 6);
        service->failures_in_a_row++;
        service->retry_ms =
            now_ms + (int64_t)((double)(delay_ms < RETRY_LAST_MS ? delay_ms : RETRY_LAST_MS) * region->pace);
        if (service->failures_in_a_row == 3)
            service_add_event(service,
                              "(service %s) is unable to consistently start tasks successfully. For more "
                              "information, see the Troubleshooting section.",
                              service->name);
    }
}

static void drop_finished_deployments(struct region *region, struct service *service)
{
    for (size_t i = service->deployments.count; i-- > 0;) {
        struct deployment *deployment = service->deployments.items[i];
        if (count_deployment(region, service, deployment) == 0 && !deployment->primary) {
            deployment_free(deployment);
            list_remove_at(&service->deployments, i);
        }
    }
}

static void settle(struct region *region, struct service *service, const struct plan_counts *counts)
{
    struct deployment *primary = service_primary(service);

    drop_finished_deployments(region, service);
    bool whole =
        counts->new_healthy == counts->desired && counts->new_waiting == 0 && service->deployments.count == 1;
    if (whole && service->state == SERVICE_DRAINING && primary->running + primary->pending == 0) {
        service->state = SERVICE_INACTIVE;
        return;
    }
    if (whole && service->state == SERVICE_ACTIVE) {
        if (!primary->completed && !primary->broken)
            deployment_complete(service, primary);
        if (!service->steady)
            service_add_event(service, "(service %s) has reached a steady state.", service->name);
        service->failures_in_a_row = 0;
    }
    service->steady = whole;
}

/* True while something is under way. */
static bool run_service(struct region *region, struct service *service, int64_t now_ms)
{
    if (!service_primary(service)) { /* an EXTERNAL controller's, without a task set */
        if (service->state == SERVICE_DRAINING)
            service->state = SERVICE_INACTIVE;
        return false;
    }
    count_failures(region, service, now_ms);
    deployment_check_breaker(service);
    struct deployment *primary = service_primary(service);
    primary->desired = service->state == SERVICE_ACTIVE ? service->desired : 0;
    struct plan_counts counts = count_tasks(region, service);
    struct plan_steps steps = plan_deployment(&counts);
    /* A deployment that the breaker gave up starts nothing more, and what serves stays. */
    if (primary->broken)
        steps.start = steps.stop_old_waiting = steps.stop_old_healthy = 0;
    for (size_t i = 1; i < service->deployments.count; i++)
        ((struct deployment *)service->deployments.items[i])->desired = counts.old_healthy;
    stop_tasks(region, service, false, STANDING_WAITING, steps.stop_old_waiting);
    stop_tasks(region, service, false, STANDING_HEALTHY, steps.stop_old_healthy);
    stop_tasks(region, service, true, STANDING_WAITING, steps.stop_new_waiting);
    stop_tasks(region, service, true, STANDING_HEALTHY, steps.stop_new_healthy);
    if (steps.start > 0 && now_ms >= service->retry_ms)
        start_tasks(region, service, steps.start);
    settle(region, service, &counts);
    return !service->steady;
}

static bool run_tasks(struct region *region, int64_t now_ms)
{
    bool busy = false;

    for (size_t i = 0; i < region->tasks.count; i++) {
        struct task *task = region->tasks.items[i];
        if (task->service && task->service->described)
            continue;
        task_advance(region, task, now_ms);
        busy = busy || (task->state != TASK_RUNNING && task->state != TASK_STOPPED);
    }
    for (size_t i = region->tasks.count; i-- > 0;) {
        struct task *task = region->tasks.items[i];
        if (task_is_over(task) && now_ms - task->since_ms > (int64_t)REGION_STOPPED_KEPT_S * 1000) {
            list_remove_at(&region->tasks, i);
            task_free(task);
        }
    }
    return busy;
}

int scheduler_run(struct region *region)
{
    int64_t now_ms = clock_ms();
    bool busy = false;

    pthread_mutex_lock(&region->mutex);
    see_targets(region);
    busy = run_tasks(region, now_ms);
    for (size_t i = 0; i < region->services.count; i++) {
        struct service *service = region->services.items[i];
        if (service->state != SERVICE_INACTIVE && !service->described)
            busy = run_service(region, service, now_ms) || busy;
    }
    busy = fis_advance(region, now_ms) || busy;
    product_api_advance(region, now_ms);
    pthread_mutex_unlock(&region->mutex);
    return busy ? BUSY_MS : QUIET_MS;
}

void scheduler_end_all(struct region *region, int grace_ms)
{
    int64_t until_ms = clock_ms() + grace_ms;
    bool alive = true;

    pthread_mutex_lock(&region->mutex);
    fis_end_all(region);
    pthread_mutex_unlock(&region->mutex);
    for (int signal_number = SIGTERM; alive; clock_sleep_ms(5)) {
        alive = false;
        pthread_mutex_lock(&region->mutex);
        for (size_t i = 0; i < region->tasks.count; i++) {
            struct task *task = region->tasks.items[i];
            if (signal_number)
                task_signal(task, signal_number);
            alive = task_reap(task) || interface_end(task, clock_ms(), clock_ms() > until_ms) || alive;
        }
        pthread_mutex_unlock(&region->mutex);
        signal_number = clock_ms() > until_ms ? SIGKILL : 0;
    }
}
