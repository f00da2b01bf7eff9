/*
 * preflight: is it safe, and will it work? Adds findings to a plan; changes nothing.
 */
#ifndef SHAKETABLE_EXPERIMENT_PREFLIGHT_H
#define SHAKETABLE_EXPERIMENT_PREFLIGHT_H

#include "aws/ecs.h"
#include "experiment/job.h"
#include "experiment/revision.h"

struct json_object;

void preflight_add(struct model_plan *plan, enum model_severity severity, const char *what, const char *why,
                   const char *advice);
/* The service alone: status, controller, strategy, deployment under way, load balancers, already injected. */
void preflight_service(struct model_plan *plan, const struct ecs_service *service);
/* Its task definition: status, network mode, platform. */
void preflight_task_definition(struct model_plan *plan, struct json_object *task_definition);
/* Target groups and security groups, which take calls; also fills health_check_path of the sidecars. What may
 * not be read is a warning, or stops where the deployment could not be watched without it. */
void preflight_network(struct model_plan *plan, const struct job *job, const struct ecs_service *service,
                       struct revision_sidecars *sidecars, const struct choices *choices);
/* How the sidecars will be spoken to: what was asked for, if it can be had, or the first of direct, ssm, none
 * that can. On a real account it tries whether one of the service's tasks can be reached from here, and for
 * ssm looks for ECS Exec and session-manager-plugin; takes up to eight seconds. Never AUTO. */
enum choices_reach preflight_reach(struct model_plan *plan, const struct job *job,
                                   const struct ecs_service *service,
                                   const struct revision_sidecars *sidecars, enum choices_reach asked);

#endif
