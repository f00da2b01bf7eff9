#include "sandbox/admission.h"

#include "sandbox/security_group.h"

#include <stdio.h>
#include <string.h>

/* True when one of the task's groups lets the load balancer in. */
static bool task_admits(struct region *region, const struct task *task,
                        const struct load_balancer *load_balancer, int port)
{
    for (size_t i = 0; i < json_length(task->security_groups); i++) {
        const struct security_group *group =
            security_group_find(region, json_text_at(task->security_groups, i));
        if (!group ||
            security_group_admits(group, load_balancer->security_group, load_balancer->address, port))
            return true;
    }
    return json_length(task->security_groups) == 0;
}

static bool is_admitted(struct region *region, const struct task *task, struct json_object *load_balancers,
                        int port)
{
    for (size_t i = 0; i < json_length(load_balancers); i++) {
        const struct load_balancer *load_balancer =
            region_find_load_balancer(region, json_text_at(load_balancers, i));
        if (load_balancer && task_admits(region, task, load_balancer, port))
            return true;
    }
    return json_length(load_balancers) == 0;
}

void admission_apply(struct region *region, const struct task *task, const struct target_group *group,
                     uint16_t port)
{
    struct json_object *load_balancers = region_group_load_balancers(region, group);
    int check_port = (int)json_integer(group->settings, "HealthCheckPort", 0); /* "traffic-port": 0 */

    balancer_set_reach(region->balancer, group->number, task->address, port,
                       is_admitted(region, task, load_balancers, port),
                       is_admitted(region, task, load_balancers, check_port > 0 ? check_port : port));
    json_object_put(load_balancers);
}

void admission_refresh(struct region *region)
{
    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        for (size_t k = 0; k < json_length(task->load_balancers) && task->registered; k++) {
            struct json_object *mapping = json_object_array_get_idx(task->load_balancers, k);
            const struct target_group *group =
                region_find_group(region, json_text(mapping, "targetGroupArn"));
            if (group)
                admission_apply(region, task, group, (uint16_t)json_integer(mapping, "containerPort", 0));
        }
    }
}
