/*
 * fis_role: which role AWS FIS takes for an experiment, and what it and the tasks' roles may do.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_ROLE_H
#define SHAKETABLE_EXPERIMENT_FIS_ROLE_H

#include "experiment/plan.h"
#include "experiment/preflight.h"

#include <stdbool.h>

struct json_object;

#define FIS_ROLE_VARIABLE "SHAKETABLE_FIS_ROLE"

struct fis_role {
    char arn[CHOICES_ROLE_MAX]; /* "": none is known */
    char why[MODEL_TEXT_MAX];   /* where it was found, if nobody named it; or why there is none; else "" */
};

/* The one that was named (choices, $SHAKETABLE_FIS_ROLE, the template's own), or else the only one in the
 * account that trusts FIS. That IAM may not be asked is no error: `why` says so. */
bool fis_role_choose(const struct job *job, const struct plan_request *request, struct fis_role *role,
                     struct error *error);

/* Adds findings for what FIS's role, the tasks' and the managed instances' lack, for an experiment by this
 * document (see fis_document.h). */
void preflight_fis_roles(const struct preflight *at, struct json_object *document);

#endif
