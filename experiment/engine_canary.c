#include "experiment/engine.h"

#include <stdio.h>
#include <string.h>

#include "experiment/canary.h"
#include "experiment/canary_arm.h"
#include "experiment/canary_calls.h"
#include "experiment/canary_restore.h"
#include "experiment/json.h"

/* Each rule still gives us our share. */
static bool check_rules(const struct job *job, struct json_object *canary, struct engine_status *out,
                        struct error *error)
{
    struct json_object *rules = json_array(canary, "rules");
    for (size_t i = 0; out->ours && i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i), *now = NULL;
        struct error failure = {0};
        bool read = canary_read_actions(job, rule, &now, &failure);
        if (!read && failure.code != ERROR_NOT_FOUND) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        out->ours = read && canary_forwards_to_ours(now)[0] != '\0';
        json_object_put(now);
        if (!out->ours)
            snprintf(out->drift, sizeof out->drift, "someone changed the rule %.80s meanwhile",
                     ecs_short_name(json_text(rule, "rule")));
    }
    return true;
}

static bool status(const struct job *job, const struct way_back *way_back,
                   const struct revision_sidecars *sidecars, struct engine_status *out, struct error *error)
{
    struct json_object *raw = NULL;
    struct error failure = {0};
    memset(out, 0, sizeof *out);
    bool read =
        ecs_describe_service(job->client, way_back->cluster_arn, way_back_carrier(way_back), &raw, &failure);
    if (!read && failure.code != ERROR_NOT_FOUND) {
        if (error != NULL)
            *error = failure;
        return false;
    }
    out->ours = read && strcmp(json_text(raw, "status"), "ACTIVE") == 0 &&
                way_back_is_ours(json_text(raw, "taskDefinition"));
    json_object_put(raw);
    if (!out->ours)
        snprintf(out->drift, sizeof out->drift, "someone removed the canary %.80s meanwhile",
                 way_back_carrier(way_back));
    return check_rules(job, way_back->canary, out, error) &&
           (!out->ours || arm_find_sidecars(job, way_back, sidecars, &out->endpoints, error));
}

const struct engine engine_canary = {
    .name = "canary",
    .start_steps = canary_arm_step_names,
    .start_step_count = CANARY_ARM_STEPS,
    .stop_steps = canary_restore_step_names,
    .stop_step_count = CANARY_RESTORE_STEPS,
    .sidecars = true,
    .start = canary_arm,
    .status = status,
    .stop = canary_restore,
};
