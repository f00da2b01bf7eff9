/*
 * engine: what puts faults into a service. An experiment goes through the same phases whatever
 * the engine; these are the parts that differ. Functions run on a worker thread and block.
 */
#ifndef SHAKETABLE_EXPERIMENT_ENGINE_H
#define SHAKETABLE_EXPERIMENT_ENGINE_H

#include "experiment/arm.h"
#include "experiment/job.h"
#include "experiment/journal.h"
#include "experiment/plan.h"
#include "experiment/restore.h"

#include <stdbool.h>

/* What an engine looks after while the faults are live. */
struct engine_status {
    bool ours; /* the service still runs what we deployed */
    char running[MODEL_NAME_MAX];
    struct arm_endpoints endpoints;
};

struct engine {
    const char *name;
    bool live_faders; /* faults can be changed without starting anew, through the sidecars' links */
    bool (*plan)(const struct job *job, const struct plan_request *request, struct plan **out,
                 struct error *error);
    /* After an error the caller stops it: something may have been changed. */
    bool (*start)(const struct job *job, const struct plan *plan, struct journal *journal,
                  struct error *error);
    bool (*status)(const struct job *job, const struct way_back *way_back,
                   const struct revision_sidecars *sidecars, struct engine_status *out, struct error *error);
    bool (*stop)(const struct job *job, const struct way_back *way_back, struct json_object *before,
                 struct journal *journal, bool take_over, struct restore_outcome *outcome,
                 struct error *error);
};

extern const struct engine engine_sidecar;

#endif
