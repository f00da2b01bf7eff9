/* fis_lever: the safety lever of each AWS region, and the tags of what FIS has. */
#include "core/clock.h"
#include "sandbox/fis.h"
#include "sandbox/fis_check.h"
#include "sandbox/memory.h"
#include "sandbox/operations.h"

#include <string.h>

#define LEVER "default"

struct fis_lever *fis_find_lever(struct region *region, const char *name)
{
    for (size_t i = 0; i < region->fis->lever_count; i++) {
        if (strcmp(region->fis->levers[i].region, name) == 0)
            return &region->fis->levers[i];
    }
    return NULL;
}

static bool answer(struct call *call, const struct fis_lever *lever, const char *region)
{
    struct json_object *json = json_object_new_object(), *state = json_object_new_object();

    json_put_text(state, "status", lever && lever->engaged ? "engaged" : "disengaged");
    json_put_text(state, "reason", lever ? lever->reason : "");
    json_put_text(json, "id", LEVER);
    json_put_format(json, "arn", "arn:aws:fis:%s:%s:safety-lever/" LEVER, region, REGION_ACCOUNT);
    json_put(json, "state", state);
    json_put(call->response, "safetyLever", json);
    return true;
}

static bool is_named(struct call *call)
{
    const char *id = json_text(call->request, "id");

    return (id && strcmp(id, LEVER) == 0) || fis_not_found(call, "Safety lever", id);
}

bool fis_get_safety_lever(struct region *region, struct call *call)
{
    const char *name = fis_region_of(region, call);

    return is_named(call) && answer(call, fis_find_lever(region, name), name);
}

static void stop_all(struct region *region, const char *name)
{
    for (size_t i = 0; i < region->fis->experiments.count; i++) {
        struct fis_experiment *experiment = region->fis->experiments.items[i];
        if (strcmp(experiment->region, name) == 0 && !fis_is_over(experiment))
            fis_stop(region, experiment, FIS_STOPPED, "Experiment stopped by safety lever.", clock_ms());
    }
}

bool fis_update_safety_lever_state(struct region *region, struct call *call)
{
    struct json_object *state = json_map(call->request, "state");
    const char *status = json_text(state, "status"), *reason = json_text(state, "reason"),
               *name = fis_region_of(region, call);
    struct fis_lever *lever = NULL;

    if (!is_named(call))
        return false;
    if (!status || !reason)
        return fis_invalid(
            call,
            "1 validation error detected: Value null at 'state.%s' failed to satisfy constraint: "
            "Member must not be null",
            status ? "reason" : "status");
    if (strcmp(status, "engaged") != 0 && strcmp(status, "disengaged") != 0)
        return fis_invalid(call,
                           "1 validation error detected: Value '%.100s' at 'state.status' failed to satisfy "
                           "constraint: Member must satisfy enum value set: [disengaged, engaged]",
                           status);
    if (strlen(reason) >= FIS_REASON_MAX)
        return fis_invalid(call, "The reason must have at most %d characters.", FIS_REASON_MAX - 1);
    bool engage = strcmp(status, "engaged") == 0;
    lever = fis_find_lever(region, name);
    if (engage == (lever && lever->engaged))
        return call_fail_status(call, 409, "ConflictException", "The safety lever is %s already.", status);
    if (!lever && region->fis->lever_count == FIS_LEVERS_MAX)
        return call_fail_status(call, 402, "ServiceQuotaExceededException",
                                "Safety levers of at most %d regions can be used here.", FIS_LEVERS_MAX);
    if (!lever) {
        lever = &region->fis->levers[region->fis->lever_count++];
        text_copy(lever->region, sizeof lever->region, name);
    }
    lever->engaged = engage;
    text_copy(lever->reason, sizeof lever->reason, reason);
    if (engage)
        stop_all(region, name);
    region_wake(region);
    return answer(call, lever, name);
}

/* --- tags --------------------------------------------------------------------------------------- */

/* The body whose tags they are; NULL after failing the call. */
static struct json_object *find_body(struct region *region, struct call *call)
{
    const char *arn = json_text(call->request, "resourceArn");

    for (size_t i = 0; i < region->fis->templates.count && arn; i++) {
        const struct fis_template *template = region->fis->templates.items[i];
        if (strcmp(template->arn, arn) == 0)
            return template->body;
    }
    for (size_t i = 0; i < region->fis->experiments.count && arn; i++) {
        const struct fis_experiment *experiment = region->fis->experiments.items[i];
        if (strcmp(experiment->arn, arn) == 0)
            return experiment->body;
    }
    fis_not_found(call, "Resource", arn);
    return NULL;
}

bool fis_tag_resource(struct region *region, struct call *call)
{
    struct json_object *body = find_body(region, call), *given = json_any(call->request, "tags"),
                       *tags = NULL;

    if (!body)
        return false;
    if (!given)
        return fis_invalid(call, "1 validation error detected: Value null at 'tags' failed to satisfy "
                                 "constraint: Member must not be null");
    if (!fis_check_tags(call, given, true))
        return false;
    tags = json_copy(json_map(body, "tags"));
    json_object_object_foreach(given, key, value)
    {
        json_put(tags, key, json_object_get(value));
    }
    if (!fis_check_tags(call, tags, true)) {
        json_object_put(tags);
        return false;
    }
    json_put(body, "tags", tags);
    return true;
}

bool fis_untag_resource(struct region *region, struct call *call)
{
    struct json_object *body = find_body(region, call), *keys = json_list(call->request, "tagKeys"),
                       *tags = json_map(body, "tags");

    if (!body)
        return false;
    if (!keys) /* without a list FIS takes all of them away */
        json_put(body, "tags", json_object_new_object());
    for (size_t i = 0; i < json_length(keys); i++)
        json_object_object_del(tags, json_text_at(keys, i));
    return true;
}

bool fis_list_tags_for_resource(struct region *region, struct call *call)
{
    struct json_object *body = find_body(region, call);

    if (body)
        json_put(call->response, "tags", json_copy(json_map(body, "tags")));
    return body != NULL;
}
