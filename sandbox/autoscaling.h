/*
 * autoscaling: what the region knows of Application Auto Scaling for its ECS services. Targets, policies
 * and scheduled actions are kept and described; no metric or clock stands behind them. What does act is
 * the registration itself: a service outside its minimum and maximum is brought within them, as on AWS,
 * and that is an activity.
 */
#ifndef SHAKETABLE_SANDBOX_AUTOSCALING_H
#define SHAKETABLE_SANDBOX_AUTOSCALING_H

#include "sandbox/region.h"

#define AUTOSCALING_ACTIVITIES_MAX 100 /* of the region, the latest */
#define AUTOSCALING_ITEMS_MAX 500      /* of a kind */

/* Targets, policies and schedules as an experiment must leave them; the caller owns it. */
struct json_object *autoscaling_state_json(struct region *region);

#endif
