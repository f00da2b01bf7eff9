#include "experiment/canary_calls.h"

#include "aws/elbv2_change.h"
#include "experiment/canary.h"
#include "experiment/deployment.h"
#include "experiment/json.h"

bool canary_find_groups(const struct job *job, struct json_object *canary, struct json_object **made,
                        struct error *error)
{
    struct json_object *groups = json_array(canary, "groups");
    struct error failure = {0};
    *made = json_object_new_object();
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        const char *name = json_text(json_object_array_get_idx(groups, i), "name");
        struct json_object *group = NULL;
        if (elbv2_read_target_group(job->client, name, &group, &failure)) {
            json_put_text(*made, name, json_text(group, "TargetGroupArn"));
            json_object_put(group);
        } else if (failure.code != ERROR_NOT_FOUND) {
            json_object_put(*made);
            *made = NULL;
            if (error != NULL)
                *error = failure;
            return false;
        }
    }
    return true;
}

bool canary_read_actions(const struct job *job, struct json_object *rule, struct json_object **actions,
                         struct error *error)
{
    struct json_object *raw = NULL;
    *actions = NULL;
    if (!elbv2_read_rule(job->client, json_text(rule, "rule"), &raw, error))
        return false;
    *actions = json_object_get(json_array(raw, "Actions"));
    json_object_put(raw);
    return *actions != NULL ||
           error_set(error, ERROR_NETWORK, "the rule %s has no actions", json_text(rule, "rule"));
}

bool canary_set_actions(const struct job *job, struct journal *journal, struct json_object *rule,
                        struct json_object *actions, const char *undo, struct error *error)
{
    struct json_object *now = NULL;
    struct error failure = {0};
    bool is_default = json_flag(rule, "default");
    const char *call = is_default ? "ModifyListener" : "ModifyRule";
    if (!journal_will(journal, call, undo, error))
        return false;
    bool done = is_default
                    ? elbv2_modify_listener(job->client, json_text(rule, "listener"), actions, &failure)
                    : elbv2_modify_rule(job->client, json_text(rule, "rule"), actions, &failure);
    if (!done && deployment_may_have_happened(&failure) && canary_read_actions(job, rule, &now, NULL))
        done = canary_same_actions(now, actions);
    json_object_put(now);
    if (!done && error != NULL)
        *error = failure;
    return done && journal_did(journal, call, json_text(rule, "rule"), error);
}
