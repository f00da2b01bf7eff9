/*
 * launch: from a container's definition to a process: the image's program, the arguments and the
 * environment, in which local hosts mean the task's own address (rewrite.h).
 */
#ifndef SHAKETABLE_SANDBOX_LAUNCH_H
#define SHAKETABLE_SANDBOX_LAUNCH_H

#include "sandbox/region.h"

/* Starts it: container->pid. On failure the error's message is the reason that ECS would show
 * ("CannotPullContainerError: …"). Main thread only (core/process.h). */
bool launch_container(struct region *region, struct task *task, struct container *container,
                      struct json_object *definition, struct error *error);

#endif
