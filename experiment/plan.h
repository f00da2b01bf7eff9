/*
 * plan: preflight (reads everything, changes nothing) and the plan that follows from it.
 */
#ifndef SHAKETABLE_EXPERIMENT_PLAN_H
#define SHAKETABLE_EXPERIMENT_PLAN_H

#include "experiment/job.h"
#include "experiment/revision.h"
#include "experiment/way_back.h"

#include <stdbool.h>

struct json_object;

/* How long a deployment may take on top of the experiment's own duration, in the deadline that stands in the
 * labels; and what an experiment of open end gets at most. */
#define PLAN_ARMING_ALLOWANCE_MS (15 * 60 * 1000)
#define PLAN_OPEN_END_MS (60 * 60 * 1000)
#define PLAN_CANARY_PERCENT 10 /* of the traffic, where a canary is asked for and no blast radius */
#define PLAN_DEFAULT_IMAGE "shaketable/proxy:" PACKAGE_VERSION

struct plan_request {
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    struct fault fault;
    int64_t duration_ms; /* 0: open end */
    struct choices choices;
    struct template *template; /* what is to be done, instead of the fault; retained; NULL: the fault */
    bool prepare;
    char image[MODEL_NAME_MAX]; /* of the sidecar; "": $SHAKETABLE_IMAGE or PLAN_DEFAULT_IMAGE */
};

struct plan {
    struct plan_request request;
    struct way_back way_back;
    struct revision_sidecars sidecars;
    int desired;                        /* tasks that will carry sidecars */
    struct json_object *service;        /* raw, as it was: what the way back is compared with */
    struct json_object *revision;       /* input of RegisterTaskDefinition; NULL when refused */
    struct json_object *load_balancers; /* for UpdateService; NULL when refused */
    struct json_object *canary_service; /* input of CreateService, target groups by name; NULL: in place */
    struct json_object *canary_groups;  /* [{"create": input of CreateTargetGroup, "attributes": […]}] */
    struct json_object *fis_template;   /* input of CreateExperimentTemplate, for the engine FIS; else NULL */
    struct timeline *timeline;          /* of a template that the sidecars play; NULL: the fault alone */
    int64_t faults_from_ms;             /* reach none: they begin by themselves then (epoch) */
    struct model_plan *shown;
};

/* True also when the preflight refuses (shown->refused). False: it could not be read (no such service, AWS
 * says no); *out is then NULL. */
bool plan_make(const struct job *job, const struct plan_request *request, struct plan **out,
               struct error *error);
/* Reach none: the times at which the faults begin and end, counted from now, put into the revision. Else it
 * does nothing. */
void plan_set_times(struct plan *plan, bool local);
void plan_free(struct plan *plan);

#endif
