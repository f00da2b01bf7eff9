/* fis_check_actions: a template's actions, by the catalogue, and the order in which they start. */
#include "core/api_rules.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/fis_check.h"

#include <string.h>

#define DESCRIPTION_MAX 512

static bool check_targets(struct call *call, const char *name, const struct fis_action_type *type,
                          struct json_object *given, struct json_object *targets)
{
    if (given && !json_object_is_type(given, json_type_object))
        return fis_invalid(call, "The targets of action \"%s\" must be a map of texts.", name);
    if (given) {
        json_object_object_foreach(given, key, value)
        {
            const char *target =
                json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
            const char *kind = json_text(json_map(targets, target), "resourceType");
            if (!type->target || strcmp(type->target, key) != 0)
                return fis_invalid(call, "Unexpected target \"%.80s\" found in action \"%s\".", key, name);
            if (!kind)
                return fis_invalid(call, "Target \"%.80s\" of action \"%s\" is not one of the template's.",
                                   target, name);
            if (strcmp(kind, type->resource_type) != 0)
                return fis_invalid(
                    call, "Target \"%s\" of action \"%s\" has resource type \"%s\", %s needs \"%s\".", target,
                    name, kind, type->id, type->resource_type);
        }
    }
    if (type->target && !json_any(given, type->target))
        return fis_invalid(call, "Missing required target \"%s\" in action \"%s\".", type->target, name);
    return true;
}

static bool check_start_after(struct call *call, const char *name, struct json_object *action,
                              struct json_object *actions)
{
    struct json_object *given = json_any(action, "startAfter");

    if (given && !json_object_is_type(given, json_type_array))
        return fis_invalid(call, "The startAfter of action \"%s\" must be a list.", name);
    for (size_t i = 0; i < json_length(given); i++) {
        const char *other = json_text_at(given, i);
        if (!json_map(actions, other))
            return fis_invalid(call,
                               "Action \"%s\" starts after \"%.80s\", which is no action of the template.",
                               name, other);
    }
    return true;
}

/* A rule of LocalStack's is read as it will be when it runs, so that nothing of it fails then. */
static bool check_local(struct call *call, const char *name, const struct fis_action_type *type,
                        struct json_object *parameters, const char *region)
{
    struct json_object *none = NULL;
    struct api_rule rule;
    struct error error = {0};
    bool done = true;

    if (!parameters)
        parameters = none = json_object_new_object();
    if (!api_rule_read_parameters(&rule, type->act == FIS_ACT_API_LATENCY, parameters, region, &error))
        done = fis_invalid(call, "Invalid parameters in action \"%s\": %s.", name, error.message);
    json_object_put(none);
    return done;
}

static bool check_action(struct call *call, const char *name, struct json_object *action,
                         struct json_object *body, const char *region)
{
    const char *id = json_text(action, "actionId"), *description = json_text(action, "description");
    struct json_object *parameters = json_any(action, "parameters");
    const struct fis_action_type *type = id ? fis_action_type(id) : NULL;

    if (!fis_check_name(call, "an action", name))
        return false;
    if (!json_object_is_type(action, json_type_object))
        return fis_invalid(call, "Action \"%s\" must be an object.", name);
    if (!id)
        return fis_invalid(
            call,
            "1 validation error detected: Value null at 'actions.%s.member.actionId' failed to "
            "satisfy constraint: Member must not be null",
            name);
    if (!type)
        return fis_invalid(call, "Invalid action ID \"%.130s\" in action \"%s\".", id, name);
    if (json_any(action, "description") && (!description || strlen(description) > DESCRIPTION_MAX))
        return fis_invalid(call, "The description of action \"%s\" must have at most %d characters.", name,
                           DESCRIPTION_MAX);
    return fis_check_parameters(call, "action", name, type->parameters, parameters) &&
           (!fis_is_local(type) || check_local(call, name, type, parameters, region)) &&
           check_targets(call, name, type, json_any(action, "targets"), json_map(body, "targets")) &&
           check_start_after(call, name, action, json_map(body, "actions"));
}

/* True when all that it starts after is among those that are done. */
static bool is_free(struct json_object *action, struct json_object *done)
{
    struct json_object *before = json_list(action, "startAfter");

    for (size_t i = 0; i < json_length(before); i++) {
        if (!json_any(done, json_text_at(before, i)))
            return false;
    }
    return true;
}

/* Takes away, again and again, what nothing holds back; what is left goes in a circle. */
bool fis_has_cycle(struct json_object *actions, const char **name)
{
    struct json_object *done = json_object_new_object();
    bool found = true;

    while (found) {
        found = false;
        json_object_object_foreach(actions, key, action)
        {
            if (json_any(done, key) || !is_free(action, done))
                continue;
            json_put_flag(done, key, true);
            found = true;
        }
    }
    *name = NULL;
    json_object_object_foreach(actions, left, rest)
    {
        (void)rest;
        if (!*name && !json_any(done, left))
            *name = left;
    }
    json_object_put(done);
    return *name != NULL;
}

bool fis_check_actions(struct call *call, struct json_object *body, const char *region)
{
    struct json_object *actions = json_any(body, "actions");
    const char *in_cycle = NULL;

    if (!actions)
        return fis_invalid(call, "1 validation error detected: Value null at 'actions' failed to satisfy "
                                 "constraint: Member must not be null");
    if (!json_object_is_type(actions, json_type_object) || json_object_object_length(actions) == 0)
        return fis_invalid(call, "A template must have at least one action.");
    if (json_object_object_length(actions) > FIS_ACTIONS_MAX)
        return call_fail_status(call, 402, "ServiceQuotaExceededException",
                                "A template can have at most %d actions.", FIS_ACTIONS_MAX);
    json_object_object_foreach(actions, name, action)
    {
        if (!check_action(call, name, action, body, region))
            return false;
    }
    if (fis_has_cycle(actions, &in_cycle))
        return fis_invalid(call,
                           "The startAfter of action \"%s\" leads back to itself: actions can't wait for "
                           "each other in a cycle.",
                           in_cycle);
    return true;
}
