/*
 * ingress: opens the tasks' security group for the sidecars' ports, from the load balancers' groups alone,
 * and closes it again. Only when it was asked for (--open-security-group).
 *
 * In the way back: [{"group":"sg-…","port":15000,"source":"sg-…"}]. A rule of ours is known by its
 * description, "shaketable ID": one that somebody else made is never taken away.
 */
#ifndef SHAKETABLE_EXPERIMENT_INGRESS_H
#define SHAKETABLE_EXPERIMENT_INGRESS_H

#include "aws/ec2.h"
#include "aws/ecs.h"
#include "experiment/job.h"
#include "experiment/journal.h"
#include "experiment/revision.h"

#include <stdbool.h>

struct json_object;

/* Whether one of the groups admits TCP on this port from somewhere. */
bool ingress_admits(const struct ec2_security_groups *groups, int port);

/* Which rules are missing, for the way back; *ingress is NULL where none is. ERROR_REFUSED: the load balancer
 * has no security group that the rule could name. */
bool ingress_plan(const struct job *job, const struct ecs_service *service,
                  const struct revision_sidecars *sidecars, struct json_object **ingress,
                  struct error *error);
/* Makes and removes the rules of the way back, if it has any; journalled. Closing what is not open is done.
 */
bool ingress_open(const struct job *job, const struct way_back *way_back, struct journal *journal,
                  struct error *error);
bool ingress_close(const struct job *job, const struct way_back *way_back, struct journal *journal,
                   struct error *error);

#endif
