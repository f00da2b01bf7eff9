/*
 * adopt: finds the way back of an experiment that this process did not start: by its journal, by the labels
 * of the revision that the service runs, by those of a revision that was registered and never used, or by the
 * tags of what AWS FIS holds. Where a service has an experiment and was prepared for it, the experiment is
 * found first.
 */
#ifndef SHAKETABLE_EXPERIMENT_ADOPT_H
#define SHAKETABLE_EXPERIMENT_ADOPT_H

#include "experiment/adopt_fis.h"
#include "experiment/arm.h"
#include "experiment/job.h"
#include "experiment/journal.h"

#include <stdbool.h>

struct adopted {
    struct way_back way_back;
    struct revision_sidecars sidecars;
    struct arm_endpoints endpoints;
    struct json_object *before;   /* the service as it was, where a journal holds it; NULL */
    struct journal *journal;      /* locked; NULL where there is none on this machine */
    char running[32];             /* after ERROR_CONFLICT: the experiment that another process runs */
    char note[ERROR_MESSAGE_MAX]; /* FIS was to be looked at and could not be, and why; "" */
};

/* `experiment` "" : by cluster and service. An experiment that has no journal here is looked for in AWS.
 * ERROR_NOT_FOUND: nothing to roll back there; ERROR_CONFLICT: another process on this machine runs it. */
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

/* Experiments that can be found without a journal: what FIS holds of ours, those that run first, and
 * revisions of ours, ACTIVE, whether used or not; those that prepare a service come last. An experiment may
 * stand there twice. */
struct adopt_list {
    size_t count;
    struct way_back *items;
    struct adopt_fis fis;
};
/* Reads as much as can be read, also after an error. Without `ask_fis` its part is left out; where FIS was
 * asked in vain that is no error, and list->fis tells. */
bool adopt_list_read(const struct job *job, bool ask_fis, struct adopt_list *list, struct error *error);
void adopt_list_free(struct adopt_list *list);

#endif
