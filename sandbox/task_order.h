/*
 * task_order: in which order the containers of a task start and end, by their definitions' dependsOn. A
 * container starts once the conditions on all that it depends on are met; on the way down it gets SIGTERM
 * once all that depend on it have ended, whatever the conditions were. Called on the main thread, or by a
 * handler (stopping only), with the region's mutex held.
 *
 * A container's own healthCheck is not run here, so HEALTHY is met when START is.
 */
#ifndef SHAKETABLE_SANDBOX_TASK_ORDER_H
#define SHAKETABLE_SANDBOX_TASK_ORDER_H

#include "sandbox/region.h"

enum task_order_state {
    TASK_ORDER_STARTED, /* no container is PENDING any more */
    TASK_ORDER_WAITING, /* for a condition: call again in the next round */
    TASK_ORDER_FAILED   /* one that the task needs can't be started, the error says why in ECS's words */
};

/* Launches those whose conditions are met. One whose condition can't be met any more becomes STOPPED with
 * ECS's reason and exit code; without it the task goes on unless it is essential. */
enum task_order_state task_order_start(struct region *region, struct task *task, int64_t now_ms,
                                       struct error *error);
/* SIGTERM, once, to those whose turn it is, and SIGKILL, once, to those that still run stopTimeout after
 * their own SIGTERM. To be called in each round until nothing of the task runs. */
void task_order_stop(struct task *task, int64_t now_ms);

#endif
