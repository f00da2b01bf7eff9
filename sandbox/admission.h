/*
 * admission: security groups in force between a load balancer and its targets. A target whose task's
 * groups do not admit the load balancer's group (or address) on a port is out of reach there, as on
 * AWS: no answer, health checks end in Target.Timeout, requests in 504. Connections that are open stay.
 *
 * Of a target group that several load balancers use, one that is admitted is enough. A task without
 * security groups, or with one that the region does not know, admits everything.
 */
#ifndef SHAKETABLE_SANDBOX_ADMISSION_H
#define SHAKETABLE_SANDBOX_ADMISSION_H

#include "sandbox/region.h"

/* Tells the balancer who may reach the target; it is registered. */
void admission_apply(struct region *region, const struct task *task, const struct target_group *group,
                     uint16_t port);
/* The same for all targets: a security group or a listener has changed. */
void admission_refresh(struct region *region);

#endif
