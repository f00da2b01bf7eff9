/*
 * scheduler: the region's hand. Each round looks at all tasks and services and takes the next step:
 * starts and stops tasks as the deployments ask (plan.h), replaces what has died, completes
 * deployments. On the main thread only: it starts processes.
 */
#ifndef SHAKETABLE_SANDBOX_SCHEDULER_H
#define SHAKETABLE_SANDBOX_SCHEDULER_H

#include "sandbox/region.h"

/* Returns in how many ms it wants to be called again. */
int scheduler_run(struct region *region);
/* Ends all processes, each task's interface after its containers: SIGTERM, after grace_ms SIGKILL; returns
 * when none is left. */
void scheduler_end_all(struct region *region, int grace_ms);

#endif
