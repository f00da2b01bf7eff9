/*
 * adopt_fis: what AWS FIS holds, and the way back of those experiments of ours that have a template there, or
 * still run without one. FIS may not be allowed, or not be there at all: that is no failure of who looks.
 */
#ifndef SHAKETABLE_EXPERIMENT_ADOPT_FIS_H
#define SHAKETABLE_EXPERIMENT_ADOPT_FIS_H

#include "experiment/job.h"
#include "experiment/way_back.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

struct adopt_fis {
    struct json_object *templates, *experiments; /* as FIS lists them; NULL: not looked at; owned */
    char refused[ERROR_MESSAGE_MAX]; /* "FIS was not looked at: …", and asking again is of no use; "" */
    char trouble[ERROR_MESSAGE_MAX]; /* the same, and it may be of use; "" */
};
/* Two calls where FIS has little. False: FIS did not answer, and may do so later. */
bool adopt_fis_look(const struct job *job, struct adopt_fis *fis, struct error *error);
void adopt_fis_free(struct adopt_fis *fis);
/* The index-th that is ours, each experiment once, those that run first; the caller frees it. False: there
 * are no more. */
bool adopt_fis_at(const struct job *job, const struct adopt_fis *fis, size_t index,
                  struct way_back *way_back);

#endif
