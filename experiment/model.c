#include "experiment/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/model_internal.h"

const char *model_guard_state_name(enum model_guard_state state)
{
    static const char *const names[] = {"waiting", "ok", "holds", "few", "missing", "tripped"};
    return names[state];
}

const char *model_phase_name(enum model_phase phase)
{
    switch (phase) {
    case MODEL_IDLE:
        return "idle";
    case MODEL_PLANNING:
        return "planning";
    case MODEL_PLANNED:
        return "planned";
    case MODEL_ARMING:
        return "arming";
    case MODEL_ARMED:
        return "armed";
    case MODEL_INJECTING:
        return "injecting";
    case MODEL_RECOVERING:
        return "recovering";
    case MODEL_RESTORED:
        return "restored";
    case MODEL_FAILED_PHASE:
        return "failed";
    }
    return "?";
}

double model_band_low_us(size_t band)
{
    return 10.0 * pow(10.0, (double)band / 6.0);
}

struct model_plan *model_plan_new(void)
{
    struct model_plan *plan = calloc(1, sizeof *plan);
    if (plan != NULL)
        plan->references = 1;
    return plan;
}

void model_plan_retain(struct model_plan *plan)
{
    if (plan != NULL)
        model_count_up(&plan->references);
}

void model_plan_release(struct model_plan *plan)
{
    if (plan == NULL || !model_count_down(&plan->references))
        return;
    free(plan->diff);
    free(plan);
}

void model_retain(struct model *model)
{
    if (model != NULL)
        model_count_up(&model->references);
}

void model_release(struct model *model)
{
    if (model == NULL || !model_count_down(&model->references))
        return;
    model_inventory_release(model->inventory);
    model_plan_release(model->experiment.plan);
    free(model);
}

const struct model_service *model_find_service(const struct model *model, const char *cluster,
                                               const char *service)
{
    return model_inventory_find(model->inventory, cluster, service);
}

bool model_is_active(const struct model *model)
{
    switch (model->experiment.phase) {
    case MODEL_ARMING:
    case MODEL_ARMED:
    case MODEL_INJECTING:
    case MODEL_RECOVERING:
        return true;
    default:
        return false;
    }
}
