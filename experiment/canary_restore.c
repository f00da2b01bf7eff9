#include "experiment/canary_restore.h"

#include <stdio.h>
#include <string.h>

#include "aws/ecs.h"
#include "aws/elbv2_change.h"
#include "core/clock.h"
#include "experiment/canary.h"
#include "experiment/canary_calls.h"
#include "experiment/deployment.h"
#include "experiment/ingress.h"
#include "experiment/json.h"

const char *const canary_restore_step_names[CANARY_RESTORE_STEPS] = {
    "Traffic clean",       "Weight 0",        "Remove service", "Rules as they were",
    "Remove target group", "Remove revision", "Compare",
};

/* One rollback. */
struct restoring {
    const struct job *job;
    const struct way_back *way_back;
    struct json_object *canary;
    struct journal *journal;
    struct restore_outcome *outcome;
    struct json_object *made; /* our target groups that are there, by name */
    bool found;               /* anything of it */
};

static void begin(const struct restoring *restoring, enum canary_restore_step step)
{
    progress_set(restoring->job->progress, step, MODEL_STEP_DOING, 0, 0, "%s", "");
}

static void end(const struct restoring *restoring, enum canary_restore_step step, const char *how)
{
    progress_set(restoring->job->progress, step, MODEL_STEP_DONE, 0, 0, "%s", how);
}

static void note(const struct restoring *restoring, const char *rule, const char *what)
{
    char *text = restoring->outcome->note;
    size_t length = strlen(text);
    if (strstr(text, ecs_short_name(rule)) != NULL)
        return; /* a step that is repeated says it once */
    snprintf(text + length, sizeof restoring->outcome->note - length, "%srule %.80s: %s",
             length == 0 ? "" : "\n", ecs_short_name(rule), what);
}

/* One that was being made when its answer was lost may come yet. */
static int64_t settle_until(const struct restoring *restoring, const char *call)
{
    return clock_ms() + (journal_may_have_made(restoring->journal, call) ? restoring->job->settle_ms : 0);
}

/* ── rules ───────────────────────────────────────────────────────────────────────────────── */

static bool is_ours_with(const struct restoring *restoring, struct json_object *rule, struct json_object *now,
                         double percent)
{
    struct json_object *ours =
        canary_actions(json_array(rule, "actions"), restoring->canary, restoring->made, percent, NULL);
    bool same = ours != NULL && canary_same_actions(now, ours);
    json_object_put(ours);
    return same;
}

/* What one rule shall be now; NULL: it needs no change. */
static struct json_object *wanted(const struct restoring *restoring, struct json_object *rule,
                                  struct json_object *now, bool last)
{
    struct json_object *before = json_array(rule, "actions");
    if (canary_forwards_to_ours(now)[0] == '\0')
        return NULL;
    bool share = is_ours_with(restoring, rule, now, canary_percent(restoring->canary));
    bool zero = is_ours_with(restoring, rule, now, 0);
    if (!share && !zero) {
        note(restoring, json_text(rule, "rule"),
             "someone changed it meanwhile; only what is ours was taken out");
        return canary_actions_without_ours(now);
    }
    if (last)
        return json_copy(before);
    return zero ? NULL : canary_actions(before, restoring->canary, restoring->made, 0, NULL);
}

static bool restore_rule(const struct restoring *restoring, struct json_object *rule, bool last,
                         struct error *error)
{
    struct json_object *now = NULL;
    struct error failure = {0};
    if (!canary_read_actions(restoring->job, rule, &now, &failure)) {
        if (failure.code == ERROR_NOT_FOUND)
            return true; /* gone with its listener; compare() tells it */
        if (error != NULL)
            *error = failure;
        return false;
    }
    struct json_object *actions = wanted(restoring, rule, now, last);
    bool done = actions == NULL || canary_set_actions(restoring->job, restoring->journal, rule, actions,
                                                      "nothing: this is the way back", error);
    json_object_put(actions);
    json_object_put(now);
    return done;
}

static bool restore_rules(const struct restoring *restoring, bool last, struct error *error)
{
    struct json_object *rules = json_array(restoring->canary, "rules");
    for (size_t i = 0; i < json_object_array_length(rules); i++)
        if (!restore_rule(restoring, json_object_array_get_idx(rules, i), last, error))
            return false;
    return true;
}

static bool to_weight_zero(void *context, struct error *error)
{
    return restore_rules(context, false, error);
}

static bool to_what_was(void *context, struct error *error)
{
    return restore_rules(context, true, error);
}

/* ── the service ─────────────────────────────────────────────────────────────────────────── */

enum life { LIFE_NONE, LIFE_ACTIVE, LIFE_DRAINING };

static bool look(const struct restoring *restoring, enum life *life, int *running, struct error *error)
{
    struct json_object *raw = NULL;
    struct error failure = {0};
    *life = LIFE_NONE;
    *running = 0;
    if (!ecs_describe_service(restoring->job->client, restoring->way_back->cluster_arn,
                              way_back_carrier(restoring->way_back), &raw, &failure)) {
        if (failure.code == ERROR_NOT_FOUND)
            return true;
        if (error != NULL)
            *error = failure;
        return false;
    }
    const char *status = json_text(raw, "status");
    *running = (int)json_integer(raw, "runningCount");
    if (strcmp(status, "ACTIVE") == 0)
        *life = LIFE_ACTIVE;
    else if (strcmp(status, "DRAINING") == 0)
        *life = LIFE_DRAINING;
    json_object_put(raw);
    return true;
}

static bool delete_if_there(void *context, struct error *error)
{
    struct restoring *restoring = context;
    const char *name = way_back_carrier(restoring->way_back);
    struct error failure = {0};
    enum life life;
    int running;
    if (!look(restoring, &life, &running, error))
        return false;
    restoring->found = restoring->found || life != LIFE_NONE;
    if (life != LIFE_ACTIVE)
        return true;
    if (!journal_will(restoring->journal, "DeleteService", "nothing: the service is ours", error))
        return false;
    if (!ecs_delete_service(restoring->job->client, restoring->way_back->cluster_arn, name, &failure) &&
        failure.code != ERROR_NOT_FOUND &&
        !(deployment_may_have_happened(&failure) && look(restoring, &life, &running, NULL) &&
          life != LIFE_ACTIVE)) {
        if (error != NULL)
            *error = failure;
        return false;
    }
    return journal_did(restoring->journal, "DeleteService", name, error);
}

static bool wait_until_gone(const struct restoring *restoring, struct error *error)
{
    const struct job *job = restoring->job;
    int64_t start_ms = clock_ms(), seen_ms = start_ms;
    struct error failure = {0};
    enum life life = LIFE_ACTIVE;
    int running = 0;
    while (!job_is_canceled(job, error)) {
        if (look(restoring, &life, &running, &failure)) {
            seen_ms = clock_ms();
            if (life == LIFE_NONE)
                return true;
            progress_set(job->progress, CANARY_RESTORE_SERVICE, MODEL_STEP_DOING, 0, 0, "%d drain", running);
        } else if (!deployment_may_look_again(&failure, clock_ms() - start_ms, clock_ms() - seen_ms)) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        if (clock_ms() - start_ms > DEPLOYMENT_PATIENCE_MS)
            return error_set(error, ERROR_TIMEOUT, "the tasks of %s have not stopped within %d minutes",
                             way_back_carrier(restoring->way_back), DEPLOYMENT_PATIENCE_MS / 60000);
        job_wait(job);
    }
    return false;
}

static bool remove_service(struct restoring *restoring, struct error *error)
{
    int64_t until_ms = settle_until(restoring, "CreateService");
    begin(restoring, CANARY_RESTORE_SERVICE);
    for (;;) {
        bool found = restoring->found;
        restoring->found = false;
        if (!deployment_persist(restoring->job, delete_if_there, restoring, error))
            return false;
        bool there = restoring->found;
        restoring->found = there || found;
        if (there || clock_ms() >= until_ms)
            break;
        job_wait(restoring->job);
    }
    if (!wait_until_gone(restoring, error))
        return false;
    end(restoring, CANARY_RESTORE_SERVICE, way_back_carrier(restoring->way_back));
    return true;
}

/* ── target groups ───────────────────────────────────────────────────────────────────────── */

static bool find_groups(void *context, struct error *error)
{
    struct restoring *restoring = context;
    json_object_put(restoring->made);
    restoring->made = NULL;
    if (!canary_find_groups(restoring->job, restoring->canary, &restoring->made, error))
        return false;
    restoring->found = restoring->found || json_object_object_length(restoring->made) > 0;
    return true;
}

static bool remove_group(const struct restoring *restoring, const char *name, const char *arn,
                         struct error *error)
{
    struct error failure = {0};
    if (!journal_will(restoring->journal, "DeleteTargetGroup", "nothing: the group is ours", error))
        return false;
    if (!elbv2_delete_target_group(restoring->job->client, arn, &failure) &&
        failure.code != ERROR_NOT_FOUND) {
        if (error != NULL)
            *error = failure;
        if (strcmp(failure.reason, "ResourceInUse") == 0)
            error_set(error, ERROR_CONFLICT,
                      "a listener that is not of this experiment forwards to %s: take it out there, then run "
                      "this rollback again",
                      name);
        return false;
    }
    return journal_did(restoring->journal, "DeleteTargetGroup", name, error);
}

static bool remove_groups(void *context, struct error *error)
{
    struct restoring *restoring = context;
    if (!find_groups(restoring, error))
        return false;
    json_object_object_foreach(restoring->made, name, arn)
    {
        if (!remove_group(restoring, name, json_object_get_string(arn), error))
            return false;
    }
    return true;
}

static bool remove_all_groups(struct restoring *restoring, struct error *error)
{
    int64_t until_ms = settle_until(restoring, "CreateTargetGroup");
    begin(restoring, CANARY_RESTORE_GROUPS);
    do {
        if (!deployment_persist(restoring->job, remove_groups, restoring, error))
            return false;
        if (clock_ms() < until_ms)
            job_wait(restoring->job);
    } while (clock_ms() < until_ms);
    end(restoring, CANARY_RESTORE_GROUPS, "removed");
    return true;
}

/* ── all of it ───────────────────────────────────────────────────────────────────────────── */

/* Each rule as it was; what others changed in it is told and is theirs. */
static bool compare(void *context, struct error *error)
{
    const struct restoring *restoring = context;
    struct json_object *rules = json_array(restoring->canary, "rules");
    struct error failure = {0};
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i), *now = NULL;
        bool read = canary_read_actions(restoring->job, rule, &now, &failure);
        if (!read && failure.code != ERROR_NOT_FOUND) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        bool ours = read && canary_forwards_to_ours(now)[0] != '\0';
        bool same = read && canary_same_actions(now, json_array(rule, "actions"));
        json_object_put(now);
        if (ours)
            return error_set(error, ERROR_CONFLICT,
                             "the rule %s was changed again while it was being restored",
                             ecs_short_name(json_text(rule, "rule")));
        if (!same)
            note(restoring, json_text(rule, "rule"),
                 read ? "someone changed it meanwhile; it was left as it is" : "it is gone");
    }
    return true;
}

static bool is_where_it_was(void *context, struct error *error)
{
    const struct restoring *restoring = context;
    return restore_is_where_it_was(restoring->job, restoring->way_back, error);
}

static bool run(struct restoring *restoring, struct error *error)
{
    const struct job *job = restoring->job;
    if (!deployment_persist(job, find_groups, restoring, error))
        return false;
    begin(restoring, CANARY_RESTORE_WEIGHT);
    if (!deployment_persist(job, to_weight_zero, restoring, error))
        return false;
    end(restoring, CANARY_RESTORE_WEIGHT, "no new request goes there");
    if (!remove_service(restoring, error))
        return false;
    if (!restoring->found && !deployment_persist(job, is_where_it_was, restoring, error))
        return false;
    begin(restoring, CANARY_RESTORE_RULES);
    if (!deployment_persist(job, to_what_was, restoring, error))
        return false;
    end(restoring, CANARY_RESTORE_RULES, "");
    if (!remove_all_groups(restoring, error) ||
        !ingress_close(job, restoring->way_back, restoring->journal, error) ||
        !restore_remove_revisions(job, restoring->way_back, restoring->journal, CANARY_RESTORE_REVISION,
                                  error))
        return false;
    begin(restoring, CANARY_RESTORE_COMPARE);
    if (!deployment_persist(job, compare, restoring, error))
        return false;
    end(restoring, CANARY_RESTORE_COMPARE,
        restoring->outcome->note[0] == '\0' ? "every rule" : "rules were changed by others");
    return true;
}

bool canary_restore(const struct job *job, const struct way_back *way_back, struct json_object *before,
                    struct journal *journal, bool take_over, struct restore_outcome *outcome,
                    struct error *error)
{
    struct restoring restoring = {
        .job = job, .way_back = way_back, .canary = way_back->canary, .journal = journal, .outcome = outcome};
    (void)before;    /* the service itself was never touched */
    (void)take_over; /* nothing of others' stands in the way */
    memset(outcome, 0, sizeof *outcome);
    bool done = journal_phase(journal, "recovering", error) && run(&restoring, error);
    json_object_put(restoring.made);
    return done;
}
