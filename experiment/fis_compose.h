/*
 * fis_compose: an experiment template of one action, from what somebody has filled in: its parameters, what
 * it shall hit, and how much of that. Pure. The role, the tags and the guards are added by whoever starts it.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_COMPOSE_H
#define SHAKETABLE_EXPERIMENT_FIS_COMPOSE_H

#include "core/error.h"
#include "experiment/template.h"

#include <stdbool.h>
#include <stddef.h>

enum fis_compose_by {
    FIS_COMPOSE_SERVICE, /* a service's tasks */
    FIS_COMPOSE_TASKS,   /* tasks by their ids */
    FIS_COMPOSE_TAG,     /* whatever has a tag, KEY=VALUE */
    FIS_COMPOSE_ARNS     /* resources by their ARNs */
};
struct fis_compose_target {
    const char *key, *resource_type; /* "Tasks", "aws:ecs:task"; "": the action has no target */
    enum fis_compose_by by;
    const char *value; /* ids or ARNs with spaces or commas between them, or KEY=VALUE */
    enum template_selection selection;
    const char *number; /* of COUNT and PERCENT, as it was written */
};
struct fis_compose {
    const char *action_id;
    const struct template_pair *parameters; /* those whose value is "" are left out */
    size_t parameter_count;
    struct fis_compose_target target;
    const char *cluster, *service, *service_arn; /* of FIS_COMPOSE_SERVICE and FIS_COMPOSE_TASKS */
};

/* What is wrong with what was written, for the field where it stands. */
bool fis_compose_check_value(const struct fis_compose_target *target, struct error *error);
bool fis_compose_check_number(const struct fis_compose_target *target, struct error *error);
/* The caller's to release. NULL: template_from_json's error, or that of a check above. */
struct template *fis_compose(const struct fis_compose *wanted, struct error *error);

#endif
