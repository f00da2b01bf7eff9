#include "experiment/engine.h"

#include <stdio.h>
#include <string.h>

#include "experiment/json.h"

static bool status(const struct job *job, const struct way_back *way_back,
                   const struct revision_sidecars *sidecars, struct engine_status *out, struct error *error)
{
    struct json_object *raw = NULL;
    memset(out, 0, sizeof *out);
    if (!ecs_describe_service(job->client, way_back->cluster_arn, way_back->service_arn, &raw, error))
        return false;
    const char *running = ecs_short_name(json_text(raw, "taskDefinition"));
    size_t family = strlen(way_back->family);
    out->ours = strncmp(running, way_back->family, family) == 0 && running[family] == ':';
    if (!out->ours)
        snprintf(out->drift, sizeof out->drift, "someone deployed meanwhile: the service now runs %.190s",
                 running);
    json_object_put(raw);
    return arm_find_sidecars(job, way_back, sidecars, &out->endpoints, error);
}

const struct engine engine_sidecar = {
    .name = "sidecar",
    .start_steps = arm_step_names,
    .start_step_count = ARM_STEPS,
    .stop_steps = restore_step_names,
    .stop_step_count = RESTORE_STEPS,
    .sidecars = true,
    .start = arm_run,
    .status = status,
    .stop = restore_run,
};

const struct engine engine_prepare = {
    .name = "prepare",
    .start_steps = arm_step_names,
    .start_step_count = ARM_REACH, /* there are no sidecars to be reached */
    .stop_steps = restore_step_names,
    .stop_step_count = RESTORE_STEPS,
    .start = arm_run,
    .status = status,
    .stop = restore_run,
};

const struct engine *engine_of(const struct way_back *way_back)
{
    return way_back->fis != NULL      ? &engine_fis
           : way_back->prepares       ? &engine_prepare
           : way_back->canary != NULL ? &engine_canary
           : way_back->agent          ? &engine_agent
                                      : &engine_sidecar;
}
