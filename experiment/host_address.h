/*
 * host_address: where tasks in the host network mode are reached: at the private address of the instance that
 * they run on.
 */
#ifndef SHAKETABLE_EXPERIMENT_HOST_ADDRESS_H
#define SHAKETABLE_EXPERIMENT_HOST_ADDRESS_H

#include "aws/ecs.h"
#include "experiment/job.h"

/* Gives an address to each RUNNING task that has none of its own, as far as it can be found: not for one that
 * runs outside EC2. Makes no call where all have one. False: it could not be read. */
bool host_address_fill(const struct job *job, const char *cluster, struct ecs_tasks *tasks,
                       struct error *error);

#endif
