/*
 * restore: the second stage of a rollback. Looks at what is there, takes the service back to what the way
 * back says, removes our revisions, proves it. Every step can be repeated, by anyone.
 */
#ifndef SHAKETABLE_EXPERIMENT_RESTORE_H
#define SHAKETABLE_EXPERIMENT_RESTORE_H

#include "core/error.h"
#include "experiment/job.h"
#include "experiment/journal.h"

#include <stdbool.h>

struct json_object;

enum restore_step {
    RESTORE_CLEAN, /* the session's to set */
    RESTORE_UPDATE,
    RESTORE_TASKS,
    RESTORE_TARGETS,
    RESTORE_DEREGISTER,
    RESTORE_COMPARE,
    RESTORE_STEPS
};
extern const char *const restore_step_names[RESTORE_STEPS];

/* How a rollback that is complete went. */
struct restore_outcome {
    bool theirs;                  /* someone deployed meanwhile: the service is as they deployed it */
    uint64_t clean_us;            /* when the faults had ended (clock_us), if not before; else 0 */
    char note[ERROR_MESSAGE_MAX]; /* what the operator should know all the same, line by line; "" nothing */
};

/* `before`: the service as it was (DescribeServices), to compare every field with, and to note what else was
 * changed meanwhile; NULL: only what the way back holds is compared. A service that someone deployed
 * meanwhile is left to them once nothing of ours is in it, unless `take_over`. ERROR_INCOMPLETE says what is
 * left and what to do; ERROR_CONFLICT that what they deployed still holds a sidecar: nothing was touched
 * then. Journals what it does; does not write "ended". The progress must have been begun with
 * restore_step_names. */
bool restore_run(const struct job *job, const struct way_back *way_back, struct json_object *before,
                 struct journal *journal, bool take_over, struct restore_outcome *outcome,
                 struct error *error);

/* Deregisters the experiment's revisions; shown in this step of the progress. */
bool restore_remove_revisions(const struct job *job, const struct way_back *way_back, struct journal *journal,
                              size_t step, struct error *error);
/* What is not found is gone only if this is where it was, the region and the account: else ERROR_INCOMPLETE,
 * and how to get there. */
bool restore_is_where_it_was(const struct job *job, const struct way_back *way_back, struct error *error);

/* Appends each difference of two services that is not in the nature of a running one, nor ECS's own doing, a
 * line each: "propagateTags: "NONE" → "SERVICE"". Returns how many. */
struct buf;
size_t restore_compare(struct json_object *before, struct json_object *after, struct buf *differences);

#endif
