/*
 * way_back: all that restores a service, as plain JSON. It stands in the journal before the first
 * change, and in the dockerLabels of the registered revision, so that any console can roll back what
 * it finds.
 */
#ifndef SHAKETABLE_EXPERIMENT_WAY_BACK_H
#define SHAKETABLE_EXPERIMENT_WAY_BACK_H

#include "core/error.h"
#include "experiment/choices.h"

#include <stdbool.h>
#include <stdint.h>

struct json_object;

/* The labels on the sidecar's container. */
#define WAY_BACK_LABEL_EXPERIMENT "shaketable.experiment"
#define WAY_BACK_LABEL_OPERATOR "shaketable.operator"
#define WAY_BACK_LABEL_DEADLINE "shaketable.deadline"
#define WAY_BACK_LABEL "shaketable.way-back"
/* Our revisions live in a family of their own, so the service's family keeps its latest. */
#define WAY_BACK_FAMILY_PREFIX "shaketable-"

struct way_back {
    char experiment[32];
    char operator_name[128]; /* user@host */
    char region[64];
    char endpoint[256]; /* "" for AWS itself */
    char cluster[256];  /* names, for people */
    char service[256];
    char cluster_arn[512];
    char service_arn[512];
    char task_definition[512];          /* the ARN to go back to */
    char family[256];                   /* of our revision: shaketable-FAMILY */
    int64_t created_ms, deadline_ms;    /* epoch */
    enum choices_reach reach;           /* how the sidecars are spoken to; never AUTO */
    int64_t faults_until_ms;            /* reach none: their faults end then by themselves; else 0 */
    struct json_object *load_balancers; /* the service's, as DescribeServices gave them; owned */
    bool agent;                         /* the ECS agent's faults, by our sidecar: see engine_agent.c */
    struct json_object *dependencies; /* texts, as choices.h has them: the sidecars stand between the service
                                         and these, not before it; NULL: none; owned */
    bool prepares;                    /* no sidecar: the revision has what FIS needs of a task */
    struct json_object *fis;          /* see engine_fis.c; NULL: no experiment of FIS's. Then there may be no
                                         service, task definition, family or load balancers; owned */
    struct json_object *canary;       /* see canary.h; NULL: the service itself carries the sidecar; owned */
    struct json_object *ingress;      /* see ingress.h; NULL: no security group was opened; owned */
};

/* "direct", "ssm", "none". */
const char *way_back_reach_word(enum choices_reach reach);
/* The service that carries the sidecars, as DescribeServices takes it. */
const char *way_back_carrier(const struct way_back *way_back);

/* Frees what it owns; the struct may be used again. */
void way_back_free(struct way_back *way_back);
bool way_back_copy(struct way_back *to, const struct way_back *from, struct error *error);
/* The caller owns the result. */
struct json_object *way_back_to_json(const struct way_back *way_back);
/* On error `way_back` is untouched. */
bool way_back_from_json(struct way_back *way_back, struct json_object *json, struct error *error);
/* Adds the labels to a container's dockerLabels object. */
void way_back_label(const struct way_back *way_back, struct json_object *labels);
/* From a task definition (the object of DescribeTaskDefinition's `taskDefinition`): false with
 * ERROR_NOT_FOUND when no container of ours is in it, ERROR_INVALID when its labels can't be read. */
bool way_back_from_task_definition(struct way_back *way_back, struct json_object *task_definition,
                                   struct error *error);
/* True when the ARN or FAMILY:REVISION names a revision of ours. */
bool way_back_is_ours(const char *task_definition_arn);

#endif
