/*
 * template_import: a template as the state of the faders: the faults that its first fault brings, and what
 * could not be taken over. Pure.
 */
#ifndef SHAKETABLE_EXPERIMENT_TEMPLATE_IMPORT_H
#define SHAKETABLE_EXPERIMENT_TEMPLATE_IMPORT_H

#include "core/fault.h"
#include "core/refusals.h"
#include "experiment/choices.h"
#include "experiment/template.h"
#include "experiment/timeline.h"

#include <stdbool.h>
#include <stdint.h>

struct template_import {
    struct fault fault;
    int64_t duration_ms;
    char cluster[TIMELINE_NAME_MAX], service[TIMELINE_NAME_MAX]; /* "": the template does not tell */
    struct choices choices;                                      /* its alarms as guards */
    struct refusals left;                                        /* what could not be taken over */
};

/* False where no fault at all could be taken over; `left` says why then too. */
bool template_import(const struct template *template, struct template_import *import);

#endif
