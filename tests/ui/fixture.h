/*
 * fixture: models as the experiment would publish them, for tests and for the demonstration.
 */
#ifndef SHAKETABLE_TESTS_UI_FIXTURE_H
#define SHAKETABLE_TESTS_UI_FIXTURE_H

#include "experiment/model.h"
#include "ui/state.h"

enum fixture_scene {
    FIXTURE_LOADING,
    FIXTURE_NO_CREDENTIALS,
    FIXTURE_IDLE, /* the clients' round trips are there */
    FIXTURE_PLAN,
    FIXTURE_PRODUCTION, /* a plan that asks for the name */
    FIXTURE_REFUSED,
    FIXTURE_ARMING,
    FIXTURE_ARMED,
    FIXTURE_LIVE,   /* with a change staged */
    FIXTURE_BEHIND, /* one sidecar unreachable */
    FIXTURE_RECOVERING,
    FIXTURE_RESTORED,
    FIXTURE_FAILED, /* with something left to do */
    FIXTURE_OFFER,  /* two experiments were left behind */
    FIXTURE_EXPERIMENTS,
    FIXTURE_RECORD,
    FIXTURE_PLACE,
    FIXTURE_GUARDS,  /* live, the list of guards open */
    FIXTURE_GUARD,   /* live, one is being typed */
    FIXTURE_TRIPPED, /* restored because of one */
    FIXTURE_FIS,     /* the experiments, and what FIS holds */
    FIXTURE_FIS_EXPERIMENT,
    FIXTURE_FIS_DELETE,
    FIXTURE_FIS_STOP,
    FIXTURE_FIS_REFUSED,
    FIXTURE_PREPARED,     /* the details of a service that is prepared */
    FIXTURE_ENGINE,       /* staged for AWS FIS, with a fault that it does not have */
    FIXTURE_ENGINE_LIVE,  /* it runs one action, and the clients measure */
    FIXTURE_ENGINE_ALONE, /* it runs several, and nobody measures */
    FIXTURE_ACTIONS,      /* the list of these */
    FIXTURE_CATALOGUE,
    FIXTURE_FORM,       /* of an action of our table, with a mistake in it */
    FIXTURE_FORM_OTHER, /* of an action that FIS has told of */
    FIXTURE_NOTES,
    FIXTURE_AGENT,           /* staged for the ECS agent, with a fault that it does not have */
    FIXTURE_AGENT_PLAN,      /* the plan of one that it has */
    FIXTURE_AGENT_LIVE,      /* a change is under way, and one more waits */
    FIXTURE_DEPENDENCY,      /* staged for what the service calls */
    FIXTURE_DEPENDENCY_LIVE, /* its calls have the faults */
    FIXTURE_SCENES
};
const char *fixture_scene_name(enum fixture_scene scene);

#define FIXTURE_NOW_MS INT64_C(1795269780000) /* 2026-11-21 14:03:00 UTC */

/* The caller releases it with model_release. */
struct model *fixture_model(enum fixture_scene scene);
/* A state that has seen the scene's model, as it would be after the keys that lead there. */
void fixture_state(enum fixture_scene scene, struct model *model, struct ui_state *state);

/* Parts, for models that move. */
struct model_inventory *fixture_inventory(void);
/* So many clusters with so many services each. */
struct model_inventory *fixture_big_inventory(size_t clusters, size_t services);
struct model_plan *fixture_plan(bool refused, bool production);
/* Round trips as seen at `now_ms`; `live_since_ms` 0: no faults. `heat`: how many columns are there. */
void fixture_series(struct model_series *series, int64_t now_ms, int64_t live_since_ms, double added_ms,
                    uint64_t seed);
void fixture_fault(struct fault *fault);
void fixture_sidecars(struct model_experiment *experiment, enum model_sidecar_state state, double us,
                      int64_t now_ms);
void fixture_steps(struct model_experiment *experiment, bool restoring, int64_t into_ms);

#endif
