/*
 * report: a snapshot as a JSON document, the one that --json prints and the control socket answers with.
 */
#ifndef SHAKETABLE_EXPERIMENT_REPORT_H
#define SHAKETABLE_EXPERIMENT_REPORT_H

#include "experiment/model.h"

struct json_object;

/* Owned by the caller. */
struct json_object *report_status(const struct model *model);
struct json_object *report_plan(const struct model *model);
struct json_object *report_figures(const struct model_figures *figures);

#endif
