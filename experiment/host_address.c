#include "experiment/host_address.h"

#include <stdio.h>
#include <string.h>

#include "aws/instances.h"

static bool wants(const struct ecs_task *task)
{
    return task->address[0] == '\0' && task->container_instance[0] != '\0' &&
           strcmp(task->last_status, "RUNNING") == 0;
}

/* The next ones from *at on that stand on instances not named yet in this call. */
static size_t collect(const struct ecs_tasks *tasks, size_t *at, const char *arns[INSTANCES_A_CALL])
{
    size_t count = 0;
    for (; *at < tasks->count && count < INSTANCES_A_CALL; ++*at) {
        const struct ecs_task *task = &tasks->items[*at];
        bool known = !wants(task);
        for (size_t i = 0; i < count; i++)
            known = known || strcmp(arns[i], task->container_instance) == 0;
        if (!known)
            arns[count++] = task->container_instance;
    }
    return count;
}

static void fill(struct ecs_tasks *tasks, const struct instances *instances)
{
    for (size_t i = 0; i < tasks->count; i++)
        for (size_t k = 0; k < instances->count && wants(&tasks->items[i]); k++)
            if (strcmp(instances->items[k].arn, tasks->items[i].container_instance) == 0)
                snprintf(tasks->items[i].address, sizeof tasks->items[i].address, "%.47s",
                         instances->items[k].address);
}

bool host_address_fill(const struct job *job, const char *cluster, struct ecs_tasks *tasks,
                       struct error *error)
{
    const char *arns[INSTANCES_A_CALL];
    struct instances instances = {0};
    bool done = true;
    for (size_t at = 0, count; done && (count = collect(tasks, &at, arns)) > 0;) {
        done = instances_describe(job->client, cluster, arns, count, &instances, error);
        fill(tasks, &instances);
    }
    instances_free(&instances);
    return done;
}
