/*
 * plan_parts: what the plans of all engines share; for plan.c and fis_plan.c.
 */
#ifndef SHAKETABLE_EXPERIMENT_PLAN_PARTS_H
#define SHAKETABLE_EXPERIMENT_PLAN_PARTS_H

#include "core/buf.h"
#include "experiment/plan.h"
#include "experiment/preflight.h"

#define PLAN_DIFF_MAX (1024 * 1024)

/* The experiment's id, its operator, place and times. */
void plan_name_experiment(struct plan *plan, const struct job *job);
/* The same, and all that restores the service. */
bool plan_fill_way_back(struct plan *plan, const struct job *job, const struct ecs_service *service,
                        struct json_object *task_definition, struct error *error);
int64_t plan_estimate(const struct plan *plan, const struct preflight *at);
/* A unified diff of two documents, as people read them. */
bool plan_print_diff(const char *before_name, struct json_object *before, const char *after_name,
                     struct json_object *after, struct buf *out);
/* The plan's diff: the revision and the service. `response` is DescribeTaskDefinition's. */
bool plan_show_diff(struct plan *plan, struct json_object *response, struct error *error);

#endif
