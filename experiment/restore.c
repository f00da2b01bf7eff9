#include "experiment/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecs.h"
#include "aws/sts.h"
#include "core/buf.h"
#include "core/clock.h"
#include "experiment/arm.h"
#include "experiment/dependency_task.h"
#include "experiment/deployment.h"
#include "experiment/ingress.h"
#include "experiment/json.h"
#include "experiment/revision.h"

#define DIFFERENCES_MAX 600
#define VALUE_MAX 80
#define ACCOUNT_MAX 32
#define LINKED_ROLE "AWSServiceRoleForECS"

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

/* ECS puts its service-linked role in the place of a custom one and does not take that back. */
static bool is_linked_role_instead(const char *key, struct json_object *now)
{
    return strcmp(key, "roleArn") == 0 && json_object_is_type(now, json_type_string) &&
           strstr(json_object_get_string(now), LINKED_ROLE) != NULL;
}

size_t restore_compare(struct json_object *before, struct json_object *after, struct buf *differences)
{
    size_t count = 0;
    json_object_object_foreach(before, key, value)
    {
        struct json_object *now = NULL;
        json_object_object_get_ex(after, key, &now);
        if (is_volatile(key) || json_same(value, now) || is_linked_role_instead(key, now))
            continue;
        if (strcmp(key, "loadBalancers") == 0 && deployment_same_load_balancers(value, now))
            continue;
        buf_printf(differences, "%s%s: %.*s → %.*s", count == 0 ? "" : "\n", key, VALUE_MAX,
                   json_object_to_json_string(value), VALUE_MAX, json_object_to_json_string(now));
        count++;
    }
    json_object_object_foreach(after, new_key, new_value)
    {
        if (is_volatile(new_key) || json_object_object_get_ex(before, new_key, NULL) ||
            is_linked_role_instead(new_key, new_value))
            continue;
        buf_printf(differences, "%s%s: not there → %.*s", count == 0 ? "" : "\n", new_key, VALUE_MAX,
                   json_object_to_json_string(new_value));
        count++;
    }
    return count;
}

enum found {
    FOUND_OURS,
    FOUND_RESTORED,
    FOUND_THEIRS, /* someone deployed, and nothing of ours is in it */
    FOUND_DRIFT,  /* someone deployed, and a sidecar is in it */
    FOUND_NO_SERVICE,
};

/* One rollback. */
struct restoring {
    const struct job *job;
    const struct way_back *way_back;
    struct deployment old;
    struct json_object *before;
    struct journal *journal;
    struct restore_outcome *outcome;
    enum found found;
    char running[ECS_ARN_MAX];
};

static bool describe(const struct restoring *restoring, struct json_object **raw, struct error *error)
{
    return ecs_describe_service(restoring->job->client, restoring->old.cluster_arn,
                                restoring->old.service_arn, raw, error);
}

static bool points_to_a_sidecar(struct json_object *raw)
{
    struct json_object *mappings = json_array(raw, "loadBalancers");
    size_t count = mappings == NULL ? 0 : json_object_array_length(mappings);
    for (size_t i = 0; i < count; i++)
        if (strncmp(json_text(json_object_array_get_idx(mappings, i), "containerName"), REVISION_CONTAINER,
                    strlen(REVISION_CONTAINER)) == 0)
            return true;
    return false;
}

/* Whose revision is it that the service runs? */
static bool find_owner(struct restoring *restoring, struct json_object *raw, struct error *error)
{
    struct json_object *response = NULL;
    struct way_back found = {0};
    struct error none = {0};
    if (!ecs_describe_task_definition(restoring->job->client, restoring->running, &response, error))
        return false;
    if (way_back_from_task_definition(&found, json_object_of(response, "taskDefinition"), &none))
        restoring->found = way_back_is_ours(restoring->running) &&
                                   strcmp(found.experiment, restoring->way_back->experiment) == 0
                               ? FOUND_OURS
                               : FOUND_DRIFT; /* also a copy that somebody made of ours */
    else
        restoring->found = none.code != ERROR_NOT_FOUND || points_to_a_sidecar(raw) ||
                                   (restoring->way_back->dependencies != NULL &&
                                    dependency_leads_nowhere(json_object_of(response, "taskDefinition")))
                               ? FOUND_DRIFT
                               : FOUND_THEIRS;
    way_back_free(&found);
    json_object_put(response);
    return true;
}

static bool find_out(void *context, struct error *error)
{
    struct restoring *restoring = context;
    struct json_object *raw = NULL;
    struct error failure = {0};
    bool done = true;
    if (!describe(restoring, &raw, &failure)) {
        restoring->found = FOUND_NO_SERVICE;
        if (failure.code == ERROR_NOT_FOUND)
            return true;
        if (error != NULL)
            *error = failure;
        return false;
    }
    snprintf(restoring->running, sizeof restoring->running, "%s", json_text(raw, "taskDefinition"));
    restoring->old.keeps_load_balancers =
        deployment_same_load_balancers(json_array(raw, "loadBalancers"), restoring->way_back->load_balancers);
    if (strcmp(json_text(raw, "status"), "ACTIVE") != 0) /* DRAINING: it is deleted, its last tasks end */
        restoring->found = FOUND_NO_SERVICE;
    else if (deployment_is(raw, &restoring->old))
        restoring->found = FOUND_RESTORED;
    else
        done = find_owner(restoring, raw, error);
    json_object_put(raw);
    return done;
}

static bool go_back(const struct restoring *restoring, struct error *error)
{
    const char *name = ecs_short_name(restoring->old.task_definition);
    progress_set(restoring->job->progress, RESTORE_UPDATE, MODEL_STEP_DOING, 0, 0, "%s", name);
    if (!deployment_update(restoring->job, restoring->journal, &restoring->old,
                           "nothing: this is the way back", error)) {
        if (error != NULL && strstr(error->message, "inactive") != NULL)
            error_set(
                error, ERROR_INCOMPLETE,
                "%s was deregistered meanwhile and ECS does not take it again: register it anew "
                "(aws ecs describe-task-definition shows it), deploy that, then run this rollback again",
                name);
        return false;
    }
    progress_set(restoring->job->progress, RESTORE_UPDATE, MODEL_STEP_DONE, 0, 0, "%s", name);
    return true;
}

static bool is_of_family(const struct restoring *restoring, const char *arn)
{
    const char *name = ecs_short_name(arn);
    size_t length = strlen(restoring->way_back->family);
    return strncmp(name, restoring->way_back->family, length) == 0 && name[length] == ':';
}

/* Looks once; *drained: no deployment of the service runs ours any more. */
static bool look_for_ours(const struct restoring *restoring, bool *drained, struct error *error)
{
    struct json_object *raw = NULL;
    if (!describe(restoring, &raw, error))
        return false;
    bool theirs = strcmp(json_text(raw, "taskDefinition"), restoring->running) == 0;
    struct json_object *deployments = json_array(raw, "deployments");
    size_t count = deployments == NULL ? 0 : json_object_array_length(deployments);
    *drained = theirs;
    for (size_t i = 0; i < count; i++)
        if (is_of_family(restoring, json_text(json_object_array_get_idx(deployments, i), "taskDefinition")))
            *drained = false;
    if (!theirs)
        error_set(error, ERROR_CONFLICT, "service %s now runs %s: run this rollback again",
                  restoring->way_back->service, ecs_short_name(json_text(raw, "taskDefinition")));
    json_object_put(raw);
    return theirs;
}

/* Until their deployment has arrived it may fail and ECS go back to ours, which must be there then. */
static bool let_drain(const struct restoring *restoring, struct error *error)
{
    const struct job *job = restoring->job;
    int64_t start_ms = clock_ms(), seen_ms = start_ms;
    struct error failure = {0};
    bool drained = false;
    progress_set(job->progress, RESTORE_UPDATE, MODEL_STEP_DONE, 0, 0, "%s", "left as someone deployed it");
    progress_set(job->progress, RESTORE_TASKS, MODEL_STEP_DOING, 0, 0, "%s", "ours drain");
    while (!job_is_canceled(job, error)) {
        if (look_for_ours(restoring, &drained, &failure)) {
            seen_ms = clock_ms();
        } else if (!deployment_may_look_again(&failure, clock_ms() - start_ms, clock_ms() - seen_ms)) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        if (drained)
            break;
        if (clock_ms() - start_ms > DEPLOYMENT_PATIENCE_MS)
            return error_set(error, ERROR_TIMEOUT,
                             "someone deployed %s meanwhile, which has not replaced our tasks within %d "
                             "minutes: run this rollback again when it has",
                             ecs_short_name(restoring->running), DEPLOYMENT_PATIENCE_MS / 60000);
        job_wait(job);
    }
    return drained;
}

struct removing {
    const struct job *job;
    const struct way_back *way_back;
    struct journal *journal;
    size_t removed;
};

static bool remove_revisions(void *context, struct error *error)
{
    struct removing *removing = context;
    struct ecs_names names = {0};
    const struct job *job = removing->job;
    bool done = arm_find_revisions(job, removing->way_back, &names, error);
    for (size_t i = 0; done && i < names.count; i++) {
        done = journal_will(removing->journal, "DeregisterTaskDefinition", "nothing: the revision is ours",
                            error) &&
               ecs_deregister_task_definition(job->client, names.items[i], error) &&
               journal_did(removing->journal, "DeregisterTaskDefinition", names.items[i], error);
        removing->removed += done;
    }
    ecs_names_free(&names);
    return done;
}

/* Looks again for one that may have been registered after its answer was given up. */
bool restore_remove_revisions(const struct job *job, const struct way_back *way_back, struct journal *journal,
                              size_t step, struct error *error)
{
    struct removing removing = {.job = job, .way_back = way_back, .journal = journal};
    int64_t until_ms = clock_ms();
    if (journal_may_have_made(journal, "RegisterTaskDefinition"))
        until_ms += job->settle_ms;
    progress_set(job->progress, step, MODEL_STEP_DOING, 0, 0, "%s", way_back->family);
    if (!deployment_persist(job, remove_revisions, &removing, error))
        return false;
    while (removing.removed == 0 && clock_ms() < until_ms) {
        job_wait(job);
        if (!deployment_persist(job, remove_revisions, &removing, error))
            return false;
    }
    progress_set(job->progress, step, MODEL_STEP_DONE, 0, 0, "%zu removed", removing.removed);
    return true;
}

static bool deregister(const struct restoring *restoring, struct error *error)
{
    return ingress_close(restoring->job, restoring->way_back, restoring->journal, error) &&
           restore_remove_revisions(restoring->job, restoring->way_back, restoring->journal,
                                    RESTORE_DEREGISTER, error);
}

/* What was changed beside the task definition and the load balancers is nothing of ours, and not ours to
 * change back: it is told. */
static void note_differences(const struct restoring *restoring, struct json_object *now)
{
    struct buf differences;
    const char *role = json_text(restoring->before, "roleArn");
    buf_init(&differences, DIFFERENCES_MAX);
    size_t count = restore_compare(restoring->before, now, &differences);
    bool other_role = strcmp(role, json_text(now, "roleArn")) != 0 &&
                      strstr(json_text(now, "roleArn"), LINKED_ROLE) != NULL;
    snprintf(restoring->outcome->note, sizeof restoring->outcome->note, "%s%.200s%s%s%s",
             other_role ? "ECS uses its service-linked role now, before: " : "",
             !other_role       ? ""
             : role[0] == '\0' ? "none"
                               : role,
             other_role && count > 0 ? "\n" : "",
             count > 0 ? "someone, or ECS, changed the service meanwhile; left as it is:\n" : "",
             buf_text(&differences));
    buf_free(&differences);
    if (count > 0)
        progress_set(restoring->job->progress, RESTORE_COMPARE, MODEL_STEP_DONE, 0, 0,
                     "%zu other fields were changed", count);
    else
        progress_set(restoring->job->progress, RESTORE_COMPARE, MODEL_STEP_DONE, 0, 0, "%s", "every field");
}

static bool compare(void *context, struct error *error)
{
    const struct restoring *restoring = context;
    struct json_object *raw = NULL;
    struct progress *progress = restoring->job->progress;
    progress_set(progress, RESTORE_COMPARE, MODEL_STEP_DOING, 0, 0, "%s", "");
    if (!describe(restoring, &raw, error))
        return false;
    bool same = deployment_is(raw, &restoring->old);
    if (!same)
        error_set(error, ERROR_CONFLICT, "the service was changed again while it was being restored");
    else if (restoring->before != NULL)
        note_differences(restoring, raw);
    else
        progress_set(progress, RESTORE_COMPARE, MODEL_STEP_DONE, 0, 0, "%s",
                     "task definition and load balancers");
    json_object_put(raw);
    return same;
}

/* What is looked for: an experiment of FIS's is no service. */
static const char *kind_of(const struct way_back *way_back)
{
    return way_back->fis != NULL ? "experiment" : "service";
}

static const char *name_of(const struct way_back *way_back)
{
    return way_back->fis != NULL ? way_back->experiment : way_back->service;
}

static bool is_region(const struct aws_client *client, const struct way_back *way_back, struct error *error)
{
    const char *endpoint = aws_client_endpoint(client);
    if (strcmp(aws_client_region(client), way_back->region) == 0 && strcmp(endpoint, way_back->endpoint) == 0)
        return true;
    return error_set(error, ERROR_INCOMPLETE,
                     "%s %s is not found in %s%s%s, but the experiment was made in %s%s%s: roll it back "
                     "with --region %s%s%s",
                     kind_of(way_back), name_of(way_back), aws_client_region(client),
                     endpoint[0] == '\0' ? "" : " at ", endpoint, way_back->region,
                     way_back->endpoint[0] == '\0' ? "" : " at ", way_back->endpoint, way_back->region,
                     way_back->endpoint[0] == '\0' ? "" : " --endpoint-url ", way_back->endpoint);
}

/* The fifth part of an ARN. */
static void read_account(const char *arn, char account[ACCOUNT_MAX])
{
    account[0] = '\0';
    for (int i = 0; i < 4 && arn != NULL; i++) {
        arn = strchr(arn, ':');
        arn = arn == NULL ? NULL : arn + 1;
    }
    if (arn != NULL)
        snprintf(account, ACCOUNT_MAX, "%.*s", (int)strcspn(arn, ":"), arn);
}

bool restore_is_where_it_was(const struct job *job, const struct way_back *way_back, struct error *error)
{
    struct sts_identity identity;
    char account[ACCOUNT_MAX];
    if (!is_region(job->client, way_back, error) || !sts_get_caller_identity(job->client, &identity, error))
        return false;
    if (way_back->fis != NULL)
        snprintf(account, sizeof account, "%s", json_text(way_back->fis, "account"));
    else
        read_account(way_back->service_arn, account);
    if (strcmp(identity.account, account) == 0)
        return true;
    return error_set(error, ERROR_INCOMPLETE,
                     "%s %s is not found in account %s, but the experiment was made in account %s: roll it "
                     "back with that one's credentials (--profile)",
                     kind_of(way_back), name_of(way_back), identity.account, account);
}

static bool is_where_it_was(void *context, struct error *error)
{
    const struct restoring *restoring = context;
    return restore_is_where_it_was(restoring->job, restoring->way_back, error);
}

static void skip(const struct restoring *restoring, enum restore_step first, enum restore_step last,
                 const char *why)
{
    for (size_t i = first; i <= (size_t)last; i++)
        progress_set(restoring->job->progress, i, MODEL_STEP_DONE, 0, 0, "%s", why);
}

static bool refuse_drift(const struct restoring *restoring, struct error *error)
{
    const char *running = ecs_short_name(restoring->running);
    const char *old = ecs_short_name(restoring->old.task_definition);
    return error_set(error, ERROR_CONFLICT,
                     "service %s runs %s, which is neither this experiment's nor %s, and holds a sidecar of "
                     "shaketable, or leads to one: someone deployed meanwhile. Nothing was changed. To go "
                     "back to %s all the "
                     "same, add --take-over",
                     restoring->way_back->service, running, old, old);
}

static bool end_without_service(struct restoring *restoring, struct error *error)
{
    if (!deployment_persist(restoring->job, is_where_it_was, restoring, error))
        return false;
    skip(restoring, RESTORE_UPDATE, RESTORE_TARGETS, "the service is gone");
    if (!deregister(restoring, error))
        return false;
    skip(restoring, RESTORE_COMPARE, RESTORE_COMPARE, "the service is gone");
    return true;
}

/* Going back would undo what they wanted, and nothing of ours is in it: only our revision is left to remove.
 */
static bool end_with_theirs(struct restoring *restoring, struct error *error)
{
    if (!let_drain(restoring, error))
        return false;
    skip(restoring, RESTORE_TASKS, RESTORE_TARGETS, "theirs");
    if (!deregister(restoring, error))
        return false;
    skip(restoring, RESTORE_COMPARE, RESTORE_COMPARE, "theirs");
    restoring->outcome->theirs = true;
    snprintf(restoring->outcome->note, sizeof restoring->outcome->note,
             "someone deployed %s meanwhile; it was left as it is; our revision is removed",
             ecs_short_name(restoring->running));
    return true;
}

static bool end_with_old(struct restoring *restoring, struct error *error)
{
    if (restoring->found == FOUND_RESTORED)
        skip(restoring, RESTORE_UPDATE, RESTORE_UPDATE, "was done before");
    else if (!go_back(restoring, error))
        return false;
    return deployment_wait(restoring->job, &restoring->old, RESTORE_TASKS, RESTORE_TARGETS, error) &&
           deregister(restoring, error) && deployment_persist(restoring->job, compare, restoring, error);
}

bool restore_run(const struct job *job, const struct way_back *way_back, struct json_object *before,
                 struct journal *journal, bool take_over, struct restore_outcome *outcome,
                 struct error *error)
{
    struct restoring restoring = {
        .job = job,
        .way_back = way_back,
        .old = {.cluster_arn = way_back->cluster_arn,
                .service_arn = way_back->service_arn,
                .task_definition = way_back->task_definition,
                .load_balancers = way_back->load_balancers},
        .before = before,
        .journal = journal,
        .outcome = outcome,
    };
    memset(outcome, 0, sizeof *outcome);
    if (!journal_phase(journal, "recovering", error) || !deployment_persist(job, find_out, &restoring, error))
        return false;
    if (restoring.found == FOUND_NO_SERVICE)
        return end_without_service(&restoring, error);
    if (restoring.found == FOUND_DRIFT && !take_over)
        return refuse_drift(&restoring, error);
    if (restoring.found == FOUND_THEIRS && !take_over)
        return end_with_theirs(&restoring, error);
    return end_with_old(&restoring, error);
}
