#include "experiment/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecs.h"
#include "core/buf.h"
#include "experiment/arm.h"
#include "experiment/deployment.h"
#include "experiment/json.h"

#define DIFFERENCES_MAX 600
#define VALUE_MAX 80

const char *const restore_step_names[RESTORE_STEPS] = {
    "Traffic clean", "Update service", "Tasks running", "Targets healthy", "Remove revision", "Compare",
};

/* What changes by itself while a service runs. */
static const char *const volatile_keys[] = {
    "deployments",
    "events",
    "runningCount",
    "pendingCount",
    "taskSets",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "desiredCount",
};

static bool is_volatile(const char *key)
{
    for (size_t i = 0; i < sizeof volatile_keys / sizeof volatile_keys[0]; i++)
        if (strcmp(volatile_keys[i], key) == 0)
            return true;
    return false;
}

size_t restore_compare(struct json_object *before, struct json_object *after, struct buf *differences)
{
    size_t count = 0;
    json_object_object_foreach(before, key, value)
    {
        struct json_object *now = NULL;
        json_object_object_get_ex(after, key, &now);
        if (is_volatile(key) || json_same(value, now))
            continue;
        if (strcmp(key, "loadBalancers") == 0 && deployment_same_load_balancers(value, now))
            continue;
        buf_printf(differences, "%s%s: %.*s → %.*s", count == 0 ? "" : "; ", key, VALUE_MAX,
                   json_object_to_json_string(value), VALUE_MAX, json_object_to_json_string(now));
        count++;
    }
    json_object_object_foreach(after, new_key, new_value)
    {
        if (is_volatile(new_key) || json_object_object_get_ex(before, new_key, NULL))
            continue;
        buf_printf(differences, "%s%s: not there → %.*s", count == 0 ? "" : "; ", new_key, VALUE_MAX,
                   json_object_to_json_string(new_value));
        count++;
    }
    return count;
}

enum found { FOUND_OURS, FOUND_RESTORED, FOUND_DRIFT, FOUND_NO_SERVICE };

/* Whose revision does the service run? */
static bool find_out(const struct job *job, const struct deployment *old, const struct way_back *way_back,
                     enum found *found, char running[ECS_ARN_MAX], struct error *error)
{
    struct json_object *raw = NULL, *response = NULL;
    struct way_back theirs = {0};
    struct error failure = {0};
    if (!ecs_describe_service(job->client, old->cluster_arn, old->service_arn, &raw, &failure)) {
        *found = FOUND_NO_SERVICE;
        if (failure.code == ERROR_NOT_FOUND)
            return true;
        if (error != NULL)
            *error = failure;
        return false;
    }
    snprintf(running, ECS_ARN_MAX, "%s", json_text(raw, "taskDefinition"));
    bool inactive = strcmp(json_text(raw, "status"), "INACTIVE") == 0;
    bool restored = deployment_is(raw, old);
    json_object_put(raw);
    if (inactive || restored) {
        *found = inactive ? FOUND_NO_SERVICE : FOUND_RESTORED;
        return true;
    }
    *found = FOUND_DRIFT;
    if (way_back_is_ours(running)) {
        if (!ecs_describe_task_definition(job->client, running, &response, error))
            return false;
        if (way_back_from_task_definition(&theirs, json_object_of(response, "taskDefinition"), NULL) &&
            strcmp(theirs.experiment, way_back->experiment) == 0)
            *found = FOUND_OURS;
        way_back_free(&theirs);
        json_object_put(response);
    }
    return true;
}

static bool go_back(const struct job *job, const struct deployment *old, struct journal *journal,
                    struct error *error)
{
    progress_set(job->progress, RESTORE_UPDATE, MODEL_STEP_DOING, 0, 0, "%s",
                 ecs_short_name(old->task_definition));
    if (!deployment_update(job, journal, old, "nothing: this is the way back", error)) {
        if (error != NULL && strstr(error->message, "inactive") != NULL)
            error_set(
                error, ERROR_INCOMPLETE,
                "%s was deregistered meanwhile and ECS does not take it again: register it anew "
                "(aws ecs describe-task-definition shows it), deploy that, then run this rollback again",
                ecs_short_name(old->task_definition));
        return false;
    }
    progress_set(job->progress, RESTORE_UPDATE, MODEL_STEP_DONE, 0, 0, "%s",
                 ecs_short_name(old->task_definition));
    return true;
}

static bool deregister(const struct job *job, const struct way_back *way_back, struct journal *journal,
                       struct error *error)
{
    struct ecs_names names = {0};
    progress_set(job->progress, RESTORE_DEREGISTER, MODEL_STEP_DOING, 0, 0, "%s", way_back->family);
    bool done = arm_find_revisions(job, way_back, &names, error);
    for (size_t i = 0; done && i < names.count; i++)
        done = journal_will(journal, "DeregisterTaskDefinition", "nothing: the revision is ours", error) &&
               ecs_deregister_task_definition(job->client, names.items[i], error) &&
               journal_did(journal, "DeregisterTaskDefinition", names.items[i], error);
    if (done)
        progress_set(job->progress, RESTORE_DEREGISTER, MODEL_STEP_DONE, 0, 0, "%zu removed", names.count);
    ecs_names_free(&names);
    return done;
}

static bool compare(const struct job *job, const struct deployment *old, struct json_object *before,
                    struct error *error)
{
    struct json_object *raw = NULL;
    struct buf differences;
    progress_set(job->progress, RESTORE_COMPARE, MODEL_STEP_DOING, 0, 0, "%s", "");
    if (!ecs_describe_service(job->client, old->cluster_arn, old->service_arn, &raw, error))
        return false;
    buf_init(&differences, DIFFERENCES_MAX);
    size_t count = 0;
    bool same = deployment_is(raw, old);
    if (same && before != NULL)
        count = restore_compare(before, raw, &differences);
    if (!same)
        error_set(error, ERROR_CONFLICT, "the service was changed again while it was being restored");
    else if (count > 0)
        error_set(
            error, ERROR_INCOMPLETE,
            "the service runs %s with its load balancers again, but differs from before: %s. Someone changed "
            "it meanwhile, or ECS did; nothing of shaketable is left in it",
            ecs_short_name(old->task_definition), buf_text(&differences));
    else
        progress_set(job->progress, RESTORE_COMPARE, MODEL_STEP_DONE, 0, 0, "%s",
                     before == NULL ? "task definition and load balancers" : "every field");
    buf_free(&differences);
    json_object_put(raw);
    return same && count == 0;
}

/* A service that is not found is gone only if this is where it was. */
static bool is_where_it_was(const struct job *job, const struct way_back *way_back, struct error *error)
{
    if (strcmp(aws_client_region(job->client), way_back->region) == 0 &&
        strcmp(aws_client_endpoint(job->client), way_back->endpoint) == 0)
        return true;
    return error_set(error, ERROR_INCOMPLETE,
                     "service %s is not found in %s%s%s, but the experiment was made in %s%s%s: roll it back "
                     "with --region %s%s%s",
                     way_back->service, aws_client_region(job->client),
                     aws_client_endpoint(job->client)[0] == '\0' ? "" : " at ",
                     aws_client_endpoint(job->client), way_back->region,
                     way_back->endpoint[0] == '\0' ? "" : " at ", way_back->endpoint, way_back->region,
                     way_back->endpoint[0] == '\0' ? "" : " --endpoint-url ", way_back->endpoint);
}

static void skip(const struct job *job, enum restore_step first, enum restore_step last, const char *why)
{
    for (size_t i = first; i <= (size_t)last; i++)
        progress_set(job->progress, i, MODEL_STEP_DONE, 0, 0, "%s", why);
}

bool restore_run(const struct job *job, const struct way_back *way_back, struct json_object *before,
                 struct journal *journal, bool take_over, struct error *error)
{
    char running[ECS_ARN_MAX] = "";
    enum found found;
    const struct deployment old = {
        .cluster_arn = way_back->cluster_arn,
        .service_arn = way_back->service_arn,
        .task_definition = way_back->task_definition,
        .load_balancers = way_back->load_balancers,
    };
    if (!journal_phase(journal, "recovering", error) ||
        !find_out(job, &old, way_back, &found, running, error))
        return false;
    if (found == FOUND_DRIFT && !take_over)
        return error_set(
            error, ERROR_CONFLICT,
            "service %s runs %s, which is neither ours nor %s: someone deployed meanwhile. Nothing was "
            "changed. To go back to %s all the same, add --take-over",
            way_back->service, ecs_short_name(running), ecs_short_name(way_back->task_definition),
            ecs_short_name(way_back->task_definition));
    if (found == FOUND_NO_SERVICE && !is_where_it_was(job, way_back, error))
        return false;
    if (found == FOUND_NO_SERVICE) {
        skip(job, RESTORE_UPDATE, RESTORE_TARGETS, "the service is gone");
    } else if (found == FOUND_RESTORED) {
        progress_set(job->progress, RESTORE_UPDATE, MODEL_STEP_DONE, 0, 0, "%s", "was done before");
    } else if (!go_back(job, &old, journal, error)) {
        return false;
    }
    if (found != FOUND_NO_SERVICE && !deployment_wait(job, &old, RESTORE_TASKS, RESTORE_TARGETS, error))
        return false;
    if (!deregister(job, way_back, journal, error))
        return false;
    if (found == FOUND_NO_SERVICE) {
        skip(job, RESTORE_COMPARE, RESTORE_COMPARE, "the service is gone");
        return true;
    }
    return compare(job, &old, before, error);
}
