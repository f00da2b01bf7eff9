/* fis_act: what an experiment's actions do. */
#include "sandbox/chaos.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/memory.h"

#include <stdio.h>

static void name_owner(const struct fis_experiment *experiment, const struct fis_action *action,
                       char owner[CHAOS_OWNER_MAX])
{
    snprintf(owner, CHAOS_OWNER_MAX, "%s/%s", experiment->id, action->name);
}

static bool add_rule(struct region *region, const struct fis_experiment *experiment,
                     const struct fis_action *action, struct error *error)
{
    struct json_object *none = json_object_new_object(), *parameters = json_map(action->json, "parameters");
    struct chaos_rule rule;
    bool done = api_rule_read_parameters(&rule.rule, action->type->act == FIS_ACT_API_LATENCY,
                                         parameters ? parameters : none, experiment->region, error);

    json_object_put(none);
    if (!done)
        return false;
    name_owner(experiment, action, rule.owner);
    return chaos_add(region->chaos, &rule) ||
           error_set(error, ERROR_LIMIT, "there can be at most %d rules", API_RULES_MAX);
}

bool fis_act_start(struct region *region, struct fis_experiment *experiment, struct fis_action *action,
                   struct error *error)
{
    switch (action->type->act) {
    case FIS_ACT_WAIT:
        return true;
    case FIS_ACT_API_ERROR:
    case FIS_ACT_API_LATENCY:
        return add_rule(region, experiment, action, error);
    case FIS_ACT_STOP_TASK:
    case FIS_ACT_KILL_PROCESS:
    case FIS_ACT_LATENCY:
    case FIS_ACT_LOSS:
    case FIS_ACT_BLACKHOLE:
        return fis_act_on_tasks(region, experiment, action, error);
    case FIS_ACT_NONE:
        break;
    }
    return error_set(error, ERROR_INVALID, "%s can't be done in an embedded region.", action->type->id);
}

void fis_act_end(struct region *region, struct fis_experiment *experiment, struct fis_action *action)
{
    char owner[CHAOS_OWNER_MAX];

    name_owner(experiment, action, owner);
    chaos_remove(region->chaos, owner);
    fis_act_off_tasks(region, experiment, action);
}
