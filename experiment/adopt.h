/*
 * adopt: finds the way back of an experiment that this process did not start: by its journal, by the labels
 * of the revision that the service runs, or by those of a revision that was registered and never used.
 */
#ifndef SHAKETABLE_EXPERIMENT_ADOPT_H
#define SHAKETABLE_EXPERIMENT_ADOPT_H

#include "experiment/arm.h"
#include "experiment/job.h"
#include "experiment/journal.h"

#include <stdbool.h>

struct adopted {
    struct way_back way_back;
    struct revision_sidecars sidecars;
    struct arm_endpoints endpoints;
    struct json_object *before; /* the service as it was, where a journal holds it; NULL */
    struct journal *journal;    /* locked; NULL where there is none on this machine */
    char running[32];           /* after ERROR_CONFLICT: the experiment that another process runs */
};

/* `experiment` "" : by cluster and service. ERROR_NOT_FOUND: nothing to roll back there; ERROR_CONFLICT:
 * another process on this machine runs it. */
bool adopt_find(const struct job *job, const char *experiment, const char *cluster, const char *service,
                struct adopted *out, struct error *error);
void adopt_free(struct adopted *adopted);
/* Who has the experiment in hand. It opens its door a moment after it has taken the journal: waits for that.
 */
enum adopt_owner {
    ADOPT_OWNER_ANSWERS,
    ADOPT_OWNER_SILENT, /* it holds the journal, and no door opens */
    ADOPT_OWNER_DEAD,   /* nobody */
    ADOPT_OWNER_DONE,   /* nobody: it has ended, and all is restored */
};
enum adopt_owner adopt_find_owner(const char *experiment);

/* Asks the process that runs the experiment to roll it back, and waits until it has. */
bool adopt_ask_owner(const char *experiment, struct error *error);

/* Experiments that can be found without a journal: revisions of ours, ACTIVE, whether used or not. */
struct adopt_list {
    size_t count;
    struct way_back *items;
};
bool adopt_list_read(const struct job *job, struct adopt_list *list, struct error *error);
void adopt_list_free(struct adopt_list *list);

#endif
