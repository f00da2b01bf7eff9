/* AWS FIS does it: a template is made, its targets are previewed (actionsMode skip-all), and it is started.
 * The service itself is not touched; the way back is StopExperiment and DeleteExperimentTemplate. */
#include "experiment/engine.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/deployment.h"
#include "experiment/fis_tags.h"
#include "experiment/json.h"

#define TEMPLATES_MAX 8
#define EXPERIMENTS_MAX 16
#define PATIENCE_MS (15 * 60 * 1000) /* until what was started runs, or what was stopped has ended */
#define TOKEN_MAX 64

enum start_step { START_CREATE, START_PREVIEW, START_EXPERIMENT, START_RUNNING, START_STEPS };
static const char *const start_steps[START_STEPS] = {"Create template", "Preview targets", "Start experiment",
                                                     "Actions running"};
enum stop_step { STOP_EXPERIMENT, STOP_ENDED, STOP_DELETE, STOP_STEPS };
static const char *const stop_steps[STOP_STEPS] = {"Stop experiment", "Actions ended", "Delete template"};

/* What FIS holds of an experiment of ours. */
struct things {
    size_t template_count;
    char templates[TEMPLATES_MAX][FIS_ID_MAX];
    size_t live_count; /* not ended, the preview among them */
    char live[EXPERIMENTS_MAX][FIS_ID_MAX];
    char experiment[FIS_ID_MAX]; /* the one that acts, whether it has ended or not; "" */
    int64_t created_ms;
};

static void take_template(struct things *things, struct json_object *raw, const char *ours)
{
    const char *id = json_text(raw, "id");
    if (strcmp(fis_tag(raw, WAY_BACK_LABEL_EXPERIMENT), ours) == 0 && id[0] != '\0' &&
        things->template_count < TEMPLATES_MAX)
        snprintf(things->templates[things->template_count++], FIS_ID_MAX, "%s", id);
}

static bool is_of_template(const struct things *things, const char *id)
{
    for (size_t i = 0; i < things->template_count; i++)
        if (strcmp(things->templates[i], id) == 0)
            return true;
    return false;
}

static void take_experiment(struct things *things, struct json_object *raw, const char *ours)
{
    struct fis_experiment experiment;
    fis_read_experiment(&experiment, raw);
    bool tagged = strcmp(fis_tag(raw, WAY_BACK_LABEL_EXPERIMENT), ours) == 0;
    if (experiment.id[0] == '\0' || (!tagged && !is_of_template(things, experiment.template_id)))
        return;
    if (!fis_status_is_final(experiment.status) && things->live_count < EXPERIMENTS_MAX)
        memcpy(things->live[things->live_count++], experiment.id, FIS_ID_MAX);
    if (fis_tag(raw, FIS_TAG_PREVIEW)[0] == '\0' && experiment.created_ms >= things->created_ms) {
        memcpy(things->experiment, experiment.id, FIS_ID_MAX);
        things->created_ms = experiment.created_ms;
    }
}

static bool find_things(const struct job *job, const char *ours, struct things *things, struct error *error)
{
    struct json_object *templates = NULL, *experiments = NULL;
    memset(things, 0, sizeof *things);
    bool done = fis_list_templates(job->client, &templates, error) &&
                fis_list_experiments(job->client, NULL, &experiments, error);
    for (size_t i = 0; done && i < json_object_array_length(templates); i++)
        take_template(things, json_object_array_get_idx(templates, i), ours);
    for (size_t i = 0; done && i < json_object_array_length(experiments); i++)
        take_experiment(things, json_object_array_get_idx(experiments, i), ours);
    json_object_put(templates);
    json_object_put(experiments);
    return done;
}

/* ── start ───────────────────────────────────────────────────────────────────────────────── */

/* After an answer that was lost: it may be there, or come. */
static bool find_created(const struct job *job, const char *ours, char id[FIS_ID_MAX])
{
    struct things things;
    int64_t until_ms = clock_ms() + job->settle_ms;
    bool found = false;
    do {
        found = find_things(job, ours, &things, NULL) && things.template_count > 0;
        if (!found)
            job_wait(job);
    } while (!found && clock_ms() < until_ms && !job_is_canceled(job, NULL));
    if (found)
        memcpy(id, things.templates[0], FIS_ID_MAX);
    return found;
}

static bool create(const struct job *job, const struct plan *plan, struct journal *journal,
                   char id[FIS_ID_MAX], struct error *error)
{
    const char *ours = plan->way_back.experiment;
    struct error failure = {0};
    progress_set(job->progress, START_CREATE, MODEL_STEP_DOING, 0, 0, "%s", "");
    if (!journal_will(journal, "CreateExperimentTemplate",
                      "DeleteExperimentTemplate of the template with this experiment's tag", error))
        return false;
    if (!fis_create_template(job->client, plan->fis_template, ours, id, &failure) &&
        (!deployment_may_have_happened(&failure) || !find_created(job, ours, id))) {
        if (!deployment_may_have_happened(&failure))
            journal_did(journal, "CreateExperimentTemplate", "refused", NULL);
        if (error != NULL)
            *error = failure;
        return false;
    }
    progress_set(job->progress, START_CREATE, MODEL_STEP_DONE, 0, 0, "%s", id);
    return journal_did(journal, "CreateExperimentTemplate", id, error);
}

static bool start_one(const struct job *job, const struct plan *plan, struct journal *journal,
                      const char *template_id, bool preview, struct fis_experiment *out, struct error *error)
{
    char token[TOKEN_MAX];
    struct json_object *tags = json_object_new_object();
    snprintf(token, sizeof token, "%s-%s", plan->way_back.experiment, preview ? "preview" : "run");
    if (preview)
        json_put_text(tags, FIS_TAG_PREVIEW, "true");
    struct error failure = {0};
    bool done =
        fis_tags_add(tags, &plan->way_back, error) &&
        journal_will(journal, "StartExperiment", "StopExperiment, and DeleteExperimentTemplate", error);
    if (done && !fis_start_experiment(job->client, template_id, token, preview, tags, out, &failure)) {
        done = false;
        if (!deployment_may_have_happened(&failure))
            journal_did(journal, "StartExperiment", "refused", NULL);
        if (error != NULL)
            *error = failure;
    }
    json_object_put(tags);
    return done && journal_did(journal, "StartExperiment", out->id, error);
}

static void count_actions(const struct fis_experiment *experiment, int *running, int *ended)
{
    *running = *ended = 0;
    for (size_t i = 0; i < experiment->action_count; i++) {
        const char *status = experiment->actions[i].status;
        *running += strcmp(status, "running") == 0;
        *ended += fis_status_is_final(status) || strcmp(status, "skipped") == 0;
    }
}

/* Until it runs and an action has begun, or, with `until_final`, until it has ended. */
static bool wait_for(const struct job *job, size_t step, bool until_final, struct fis_experiment *experiment,
                     struct error *error)
{
    int64_t start_ms = clock_ms(), seen_ms = start_ms;
    char id[FIS_ID_MAX];
    memcpy(id, experiment->id, sizeof id);
    for (;;) {
        int running, ended;
        count_actions(experiment, &running, &ended);
        bool final = fis_status_is_final(experiment->status);
        bool acts = strcmp(experiment->status, "running") == 0 && running + ended > 0;
        if (final || (!until_final && acts))
            return true;
        progress_set(job->progress, step, MODEL_STEP_DOING, 0, 0, "%s", experiment->status);
        if (clock_ms() - start_ms > PATIENCE_MS)
            return error_set(error, ERROR_TIMEOUT, "FIS: experiment %s is still %s after %d minutes", id,
                             experiment->status, PATIENCE_MS / 60000);
        job_wait(job);
        if (job_is_canceled(job, error))
            return false;
        struct error failure = {0};
        struct fis_experiment now;
        if (fis_get_experiment(job->client, id, &now, &failure)) {
            *experiment = now;
            seen_ms = clock_ms();
        } else if (!deployment_may_look_again(&failure, clock_ms() - start_ms, clock_ms() - seen_ms)) {
            if (error != NULL)
                *error = failure;
            return false;
        }
    }
}

/* How a failed experiment is told: by its own reason, or by its first action's that failed. */
static bool fail(const struct fis_experiment *experiment, struct error *error)
{
    for (size_t i = 0; i < experiment->action_count; i++) {
        const struct fis_action_state *action = &experiment->actions[i];
        if (strcmp(action->status, "failed") == 0 && action->reason[0] != '\0')
            return error_set(error, ERROR_SERVICE, "FIS: action %s failed: %s", action->name, action->reason);
    }
    return error_set(error, ERROR_SERVICE, "FIS: experiment %s %s%s%s", experiment->id, experiment->status,
                     experiment->reason[0] == '\0' ? "" : ": ", experiment->reason);
}

/* What FIS itself resolves, before anything acts. */
static bool preview(const struct job *job, const struct plan *plan, struct journal *journal,
                    const char *template_id, struct error *error)
{
    struct fis_experiment experiment;
    struct json_object *targets = NULL, *wanted = json_object_of(plan->fis_template, "targets");
    if (wanted == NULL || json_object_object_length(wanted) == 0) {
        progress_set(job->progress, START_PREVIEW, MODEL_STEP_DONE, 0, 0, "%s", "its actions have none");
        return true;
    }
    progress_set(job->progress, START_PREVIEW, MODEL_STEP_DOING, 0, 0, "%s", "");
    if (!start_one(job, plan, journal, template_id, true, &experiment, error) ||
        !wait_for(job, START_PREVIEW, true, &experiment, error))
        return false;
    if (strcmp(experiment.status, "completed") != 0)
        return fail(&experiment, error);
    if (!fis_list_resolved_targets(job->client, experiment.id, &targets, error))
        return false;
    size_t count = json_object_array_length(targets);
    json_object_put(targets);
    progress_set(job->progress, START_PREVIEW, MODEL_STEP_DONE, 0, 0, "%zu target%s", count,
                 count == 1 ? "" : "s");
    return count > 0 || error_set(error, ERROR_REFUSED, "FIS resolves no target: nothing was started");
}

static bool start(const struct job *job, const struct plan *plan, struct journal *journal,
                  struct error *error)
{
    char template_id[FIS_ID_MAX];
    struct fis_experiment experiment;
    progress_begin(job->progress, start_steps, START_STEPS);
    if (!journal_phase(journal, "arming", error) || !create(job, plan, journal, template_id, error) ||
        !preview(job, plan, journal, template_id, error) || job_is_canceled(job, error))
        return false;
    progress_set(job->progress, START_EXPERIMENT, MODEL_STEP_DOING, 0, 0, "%s", template_id);
    if (!start_one(job, plan, journal, template_id, false, &experiment, error))
        return false;
    progress_set(job->progress, START_EXPERIMENT, MODEL_STEP_DONE, 0, 0, "%s", experiment.id);
    if (!wait_for(job, START_RUNNING, false, &experiment, error))
        return false;
    if (strcmp(experiment.status, "failed") == 0 || strcmp(experiment.status, "cancelled") == 0)
        return fail(&experiment, error);
    progress_set(job->progress, START_RUNNING, MODEL_STEP_DONE, 0, 0, "%s", experiment.status);
    return true;
}

/* ── while it runs ───────────────────────────────────────────────────────────────────────── */

static bool status(const struct job *job, const struct way_back *way_back,
                   const struct revision_sidecars *sidecars, struct engine_status *out, struct error *error)
{
    struct things things;
    char id[FIS_ID_MAX];
    (void)sidecars;
    memcpy(id, out->fis.id, sizeof id);
    out->ours = true;
    out->drift[0] = '\0';
    if (id[0] == '\0') {
        if (!find_things(job, way_back->experiment, &things, error))
            return false;
        if (things.experiment[0] == '\0')
            return error_set(error, ERROR_NOT_FOUND, "FIS lists no experiment of ours");
        memcpy(id, things.experiment, sizeof id);
    }
    return fis_get_experiment(job->client, id, &out->fis, error);
}

/* ── the way back ────────────────────────────────────────────────────────────────────────── */

struct stopping {
    const struct job *job;
    const struct way_back *way_back;
    struct journal *journal;
    struct things things;
    size_t stopped, deleted;
};

static bool stop_live(void *context, struct error *error)
{
    struct stopping *stopping = context;
    if (!find_things(stopping->job, stopping->way_back->experiment, &stopping->things, error))
        return false;
    for (size_t i = 0; i < stopping->things.live_count; i++) {
        struct fis_experiment experiment;
        const char *id = stopping->things.live[i];
        if (!journal_will(stopping->journal, "StopExperiment", "nothing: this is the way back", error) ||
            !fis_stop_experiment(stopping->job->client, id, &experiment, error) ||
            !journal_did(stopping->journal, "StopExperiment", id, error))
            return false;
        stopping->stopped++;
    }
    return true;
}

static bool wait_until_ended(const struct stopping *stopping, struct error *error)
{
    const struct job *job = stopping->job;
    for (size_t i = 0; i < stopping->things.live_count; i++) {
        struct fis_experiment experiment = {.status = "stopping"};
        memcpy(experiment.id, stopping->things.live[i], sizeof experiment.id);
        if (!wait_for(job, STOP_ENDED, true, &experiment, error))
            return false;
        if (strcmp(experiment.status, "failed") == 0) {
            fail(&experiment, error);
            if (error != NULL)
                error_set(error, ERROR_INCOMPLETE,
                          "FIS could not end experiment %s itself; look at its tasks, and stop those that "
                          "are still faulted (aws ecs stop-task). %.300s",
                          experiment.id, error->message);
            return false;
        }
    }
    return true;
}

static bool delete_templates(void *context, struct error *error)
{
    struct stopping *stopping = context;
    for (size_t i = 0; i < stopping->things.template_count; i++) {
        const char *id = stopping->things.templates[i];
        struct error failure = {0};
        if (!journal_will(stopping->journal, "DeleteExperimentTemplate", "nothing: the template is ours",
                          error))
            return false;
        if (!fis_delete_template(stopping->job->client, id, &failure) && failure.code != ERROR_NOT_FOUND) {
            if (error != NULL)
                *error = failure;
            return false;
        }
        if (!journal_did(stopping->journal, "DeleteExperimentTemplate", id, error))
            return false;
        stopping->deleted++;
    }
    stopping->things.template_count = 0;
    return true;
}

/* One round: what is there is stopped, ended and deleted. */
static bool stop_all(struct stopping *stopping, struct restore_outcome *outcome, struct error *error)
{
    const struct job *job = stopping->job;
    progress_set(job->progress, STOP_EXPERIMENT, MODEL_STEP_DOING, 0, 0, "%s", "");
    if (!deployment_persist(job, stop_live, stopping, error))
        return false;
    if (stopping->things.template_count == 0 && stopping->things.experiment[0] == '\0' &&
        stopping->deleted == 0 && json_text(stopping->way_back->fis, "account")[0] != '\0' &&
        !restore_is_where_it_was(job, stopping->way_back, error))
        return false; /* nothing is there: is this where it was? */
    if (stopping->stopped > 0)
        progress_set(job->progress, STOP_EXPERIMENT, MODEL_STEP_DONE, 0, 0, "%zu stopped", stopping->stopped);
    else
        progress_set(job->progress, STOP_EXPERIMENT, MODEL_STEP_DONE, 0, 0, "%s", "none was running");
    if (!wait_until_ended(stopping, error))
        return false;
    outcome->clean_us = clock_us();
    progress_set(job->progress, STOP_ENDED, MODEL_STEP_DONE, 0, 0, "%s", "");
    progress_set(job->progress, STOP_DELETE, MODEL_STEP_DOING, 0, 0, "%s", "");
    return deployment_persist(job, delete_templates, stopping, error);
}

static bool stop(const struct job *job, const struct way_back *way_back, struct json_object *before,
                 struct journal *journal, bool take_over, struct restore_outcome *outcome,
                 struct error *error)
{
    struct stopping stopping = {.job = job, .way_back = way_back, .journal = journal};
    int64_t until_ms = clock_ms();
    (void)before;
    (void)take_over;
    memset(outcome, 0, sizeof *outcome);
    if (journal_may_have_made(journal, "CreateExperimentTemplate") ||
        journal_may_have_made(journal, "StartExperiment"))
        until_ms += job->settle_ms;
    if (!stop_all(&stopping, outcome, error))
        return false;
    while (stopping.deleted == 0 && clock_ms() < until_ms) { /* it may take effect late */
        job_wait(job);
        if (!stop_all(&stopping, outcome, error))
            return false;
    }
    progress_set(job->progress, STOP_DELETE, MODEL_STEP_DONE, 0, 0, "%zu deleted", stopping.deleted);
    return true;
}

const struct engine engine_fis = {
    .name = "fis",
    .start_steps = start_steps,
    .start_step_count = START_STEPS,
    .stop_steps = stop_steps,
    .stop_step_count = STOP_STEPS,
    .start = start,
    .status = status,
    .stop = stop,
};
