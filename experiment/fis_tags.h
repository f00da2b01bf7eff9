/*
 * fis_tags: the way back of an experiment of FIS's, as tags of its template and its experiment, so that any
 * console can find and end it. A tag's value has 256 characters at most, so it is not one document as in a
 * task definition's labels; to end such an experiment its id is enough.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_TAGS_H
#define SHAKETABLE_EXPERIMENT_FIS_TAGS_H

#include "core/error.h"
#include "experiment/way_back.h"

#include <stdbool.h>

struct json_object;

#define FIS_TAG_CLUSTER "shaketable.cluster"
#define FIS_TAG_SERVICE "shaketable.service"
#define FIS_TAG_TIMES "shaketable.times" /* created and deadline, epoch milliseconds */
#define FIS_TAG_PREVIEW "shaketable.preview"

/* Adds ours to a map of tags. ERROR_REFUSED: a name does not fit. */
bool fis_tags_add(struct json_object *tags, const struct way_back *way_back, struct error *error);
/* From a template or an experiment as FIS lists them. False: it is none of ours. The caller frees it. */
bool fis_tags_read(struct json_object *raw, const char *region, const char *endpoint,
                   struct way_back *way_back);

#endif
