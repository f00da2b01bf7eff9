/*
 * fis_document: the input of CreateExperimentTemplate, from the faders or from a template that was read.
 * Pure. The role and the tags are the caller's to add.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_DOCUMENT_H
#define SHAKETABLE_EXPERIMENT_FIS_DOCUMENT_H

#include "core/fault.h"
#include "core/refusals.h"
#include "experiment/choices.h"
#include "experiment/template.h"

#include <stdbool.h>
#include <stdint.h>

struct json_object;

struct fis_document_request {
    const char *experiment;        /* its id, for the description; "" without one */
    const char *cluster, *service; /* names; "" for a template that names what it needs itself */
    const char *service_arn;       /* its partition, region and account are those of alarms and tasks; "" */
    bool alone;                    /* FIS is to keep all guards, for no console will be there */
    int64_t port;                  /* the container's, for a blackhole; 0: not known */
    const struct fault *fault;
    int64_t duration_ms;
    const struct choices
        *choices; /* which tasks, the blast radius, and guards: alarms become stop conditions */
};

/* Owned by the caller; NULL where something can't be had: each is a refusal then. */
struct json_object *fis_document_make(const struct fis_document_request *request, struct refusals *refusals);
/* Its part "targets" alone: the tasks that the request's choices name. The caller's, whatever is refused. */
struct json_object *fis_document_targets(const struct fis_document_request *request,
                                         struct refusals *refusals);
/* The template as it is, with the guards' alarms among its stop conditions. */
struct json_object *fis_document_from_template(const struct template *template,
                                               const struct fis_document_request *request,
                                               struct refusals *refusals);
/* True when one of its actions goes through the SSM agent of a task. */
bool fis_document_needs_agent(const struct template *template);

#endif
