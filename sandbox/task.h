/*
 * task: one task's life, from PROVISIONING to STOPPED, and its processes. Called by the scheduler's
 * round, on the main thread, with the region's mutex held; task_stop may also be called by a handler.
 */
#ifndef SHAKETABLE_SANDBOX_TASK_H
#define SHAKETABLE_SANDBOX_TASK_H

#include "sandbox/region.h"

/* A new task of the deployment, in PROVISIONING; it is in region->tasks. */
struct task *task_create(struct region *region, struct service *service, const struct deployment *deployment);
/* One that RunTask's request asks for, without a service and without load balancers. */
struct task *task_create_alone(struct region *region, struct cluster *cluster, struct definition *definition,
                               struct json_object *request);
/* Begins to stop it: its targets are deregistered and drain, then its processes end. Without effect
 * on a task that is stopping already. */
void task_stop(struct region *region, struct task *task, const char *code, const char *reason);
/* One step: looks at its processes and at the clock. */
void task_advance(struct region *region, struct task *task, int64_t now_ms);
/* True once nothing of it runs any more. */
bool task_is_over(const struct task *task);
void task_free(struct task *task);
/* SIGTERM or SIGKILL to all its containers' processes at once, whatever their order (task_order.h): for the
 * region's end. Its interface ends after them (interface_end). */
void task_signal(struct task *task, int signal_number);
/* Reaps what has ended; true while the process of a container lives. */
bool task_reap(struct task *task);

const char *task_state_name(enum task_state state);

#endif
