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
    snprintf(out->running, sizeof out->running, "%.255s", running);
    out->ours = strncmp(running, way_back->family, family) == 0 && running[family] == ':';
    json_object_put(raw);
    return arm_find_sidecars(job, way_back, sidecars, &out->endpoints, error);
}

const struct engine engine_sidecar = {
    .name = "sidecar",
    .live_faders = true,
    .plan = plan_make,
    .start = arm_run,
    .status = status,
    .stop = restore_run,
};
