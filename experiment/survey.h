/*
 * survey: which experiments there are, by the journals of this machine, by the labels of the revisions that
 * stand in AWS, and by the tags of what FIS holds; one that is in several is one entry. And what FIS holds
 * that is not ours. It only looks.
 */
#ifndef SHAKETABLE_EXPERIMENT_SURVEY_H
#define SHAKETABLE_EXPERIMENT_SURVEY_H

#include "experiment/job.h"
#include "experiment/model.h"

#include <stdbool.h>
#include <stdint.h>

#define SURVEY_ENDED_MAX 20    /* that many that have ended are told */
#define SURVEY_RECORDS_MAX 400 /* in all */

struct survey_place {
    const char *region;
    const char *endpoint; /* "" for AWS itself */
    const char *account;  /* "" : not known */
    bool ask_again;       /* FIS too, where it was refused */
};

/* Blocking. With `job` NULL only the journals are looked at, and what AWS held by `previous` (may be NULL) is
 * kept. FIS is not asked again where it was refused by `previous`. What can't be read stands in `problem`;
 * NULL only without memory. The caller owns a reference. */
struct model_records *survey_read(const struct job *job, const struct survey_place *place,
                                  const struct model_records *previous);
/* Changes when a journal does: a look at the directory alone. 0: `records` (may be NULL) are wrong already
 * about which journal a process holds. */
uint64_t survey_journals_mark(const struct model_records *records);
/* The profiles of the AWS CLI's files; NULL when they can't be read. The caller owns a reference. */
struct model_profiles *survey_profiles(void);

#endif
