/*
 * engine: what puts faults into a service. An experiment goes through the same phases whatever
 * the engine; these are the parts that differ. Functions run on a worker thread and block.
 */
#ifndef SHAKETABLE_EXPERIMENT_ENGINE_H
#define SHAKETABLE_EXPERIMENT_ENGINE_H

#include "aws/fis.h"
#include "experiment/arm.h"
#include "experiment/job.h"
#include "experiment/journal.h"
#include "experiment/plan.h"
#include "experiment/restore.h"

#include <stdbool.h>
#include <stddef.h>

/* What an engine looks after while the faults are live. */
struct engine_status {
    bool ours;                 /* what was put in is still there */
    struct fis_experiment fis; /* engine FIS; what one look has found helps the next */

    char drift[MODEL_TEXT_MAX]; /* else what is there instead, a sentence */
    struct arm_endpoints endpoints;
};

struct engine {
    const char *name;
    /* With sidecars the last two steps of starting are that they are reached and the baseline, and the first
     * of stopping that the traffic is clean. These are the caller's to set. */
    const char *const *start_steps;
    size_t start_step_count;
    const char *const *stop_steps;
    size_t stop_step_count;
    bool sidecars; /* that we speak to: faults can be changed while they are live, and are cleared at once */
    /* What changes its faults takes no two changes within so long; 0: it is changed at once. Then a change
     * waits for the one before it to be acknowledged, which takes up to ack_ms (see run_slow.c). */
    int64_t slow_ms, ack_ms;
    /* NULL: whatever the sidecars can. ERROR_REFUSED names what these faults have and it can't. */
    bool (*can)(const struct fault *fault, struct error *error);
    /* After an error the caller stops it: something may have been changed. */
    bool (*start)(const struct job *job, const struct plan *plan, struct journal *journal,
                  struct error *error);
    bool (*status)(const struct job *job, const struct way_back *way_back,
                   const struct revision_sidecars *sidecars, struct engine_status *out, struct error *error);
    bool (*stop)(const struct job *job, const struct way_back *way_back, struct json_object *before,
                 struct journal *journal, bool take_over, struct restore_outcome *outcome,
                 struct error *error);
};

extern const struct engine engine_sidecar; /* in place: the service's own tasks */
extern const struct engine engine_canary;
extern const struct engine engine_fis;     /* an experiment of AWS FIS's on the service as it is */
extern const struct engine engine_agent;   /* in place: the ECS agent's faults, called by our sidecar */
extern const struct engine engine_prepare; /* no faults: the service gets what FIS needs of its tasks */

/* The one that made an experiment, and can undo it. */
const struct engine *engine_of(const struct way_back *way_back);

#endif
