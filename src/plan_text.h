/*
 * plan_text: a plan as text: its findings by severity, and its unified diff, coloured where that is wanted.
 */
#ifndef SHAKETABLE_SRC_PLAN_TEXT_H
#define SHAKETABLE_SRC_PLAN_TEXT_H

#include "experiment/model.h"
#include "src/cli.h"

#include <stdbool.h>
#include <stdio.h>

/* True for a terminal that shows colours, unless --no-color or NO_COLOR say otherwise. */
bool plan_text_colors(const struct cli *cli, FILE *out);
/* What it is, why it matters, what to do; the stops first. */
void plan_text_findings(const struct model_plan *plan, FILE *out, bool colors);
/* "2 stops, 1 warning, 3 notes"; "no findings". */
void plan_text_count(const struct model_plan *plan, char *text, size_t size);
void plan_text_diff(const char *diff, FILE *out, bool colors);

#endif
