/*
 * survey_fis: the part of a survey that FIS tells: its templates and experiments, ours or not, and what those
 * of ours have there. No calls.
 */
#ifndef SHAKETABLE_EXPERIMENT_SURVEY_FIS_H
#define SHAKETABLE_EXPERIMENT_SURVEY_FIS_H

#include "experiment/adopt_fis.h"
#include "experiment/model.h"

/* After the records: each gets its ids too. More than MODEL_FIS_…_MAX are counted and left out. */
void survey_fis_take(struct model_records *records, const struct adopt_fis *fis);
/* As it was read before. */
void survey_fis_keep(struct model_records *records, const struct model_records *previous);
/* Labels, tags and descriptions can be written by others: what would steer a terminal is not passed on. */
void survey_copy_text(char *to, size_t size, const char *from);

#endif
