/*
 * ecs: what the ECS handlers share: finding what a call names, and how things are described.
 */
#ifndef SHAKETABLE_SANDBOX_ECS_H
#define SHAKETABLE_SANDBOX_ECS_H

#include "sandbox/call.h"
#include "sandbox/region.h"

#include <stdbool.h>

#define ECS_TAGS_MAX 50
#define ECS_BATCH_MAX 100
#define ECS_SERVICES_BATCH_MAX 10

/* The ACTIVE cluster that request.cluster names ("default" if it names none); NULL after failing the
 * call with ClusterNotFoundException. */
struct cluster *ecs_find_cluster(struct region *region, struct call *call);
/* True when request.include has the word. */
bool ecs_includes(const struct call *call, const char *word);
/* Adds {arn, reason:"MISSING"} to response.failures. */
void ecs_add_missing(struct call *call, const char *arn_format, ...) __attribute__((format(printf, 2, 3)));
/* Takes request.tags ([{key,value}]) apart: NULL after failing the call; the caller owns the result. */
struct json_object *ecs_take_tags(struct call *call);

/* Descriptions as the API gives them; the caller owns them. */
struct json_object *ecs_service_json(const struct service *service, bool with_tags);
struct json_object *ecs_task_json(const struct region *region, const struct task *task, bool with_tags);
struct json_object *ecs_definition_json(const struct definition *definition);

/* A service as CreateService's request has it, and as if its deployment were complete; nothing is started. */
struct service *ecs_add_described_service(struct region *region, struct cluster *cluster,
                                          struct json_object *request, struct definition *definition);

/* "ECS", "CODE_DEPLOY", "EXTERNAL". */
const char *ecs_controller_of(const struct service *service);
/* By its launch type or capacity providers; of one that names neither by what its definition is for. */
bool ecs_is_on_fargate(const struct service *service, const struct definition *definition);
/* The same of what CreateService's or RunTask's request says. */
bool ecs_asks_for_fargate(struct json_object *asked, const struct definition *definition);

/* ecs_service_checks.c: each fails the call in ECS's words. */
/* The ACTIVE definition of that name, or NULL. */
struct definition *ecs_take_definition(struct region *region, struct call *call, const char *name);
bool ecs_check_network(struct call *call, const struct definition *definition, struct json_object *network,
                       bool on_fargate);
/* Members of the request that can only be one of a few words. */
bool ecs_check_words(struct call *call);
/* UpdateService may not do what is CodeDeploy's, or a task set's, to do. */
bool ecs_check_controller(const struct service *service, struct call *call);
/* ecs_dependencies.c: RegisterTaskDefinition's, whose containers are there and have names of their own: all
 * that they depend on is there, can come to pass, and makes no circle. */
bool ecs_check_dependencies(struct call *call);
/* Checks a service's load balancers against the task definition and the target groups. */
bool ecs_check_load_balancers(struct region *region, struct call *call, struct json_object *load_balancers,
                              const struct definition *definition);

#endif
