#include "experiment/fis_errand.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/fis.h"
#include "core/clock.h"
#include "experiment/fis_tags.h"
#include "experiment/journal.h"
#include "experiment/json.h"

#define POLL_LOCAL_MS 200
#define POLL_AWS_MS 2500
#define END_PATIENCE_MS 60000 /* until what was stopped has ended */

struct fis_errand {
    uv_loop_t *loop;
    struct fis_errand_handlers handlers;
    uv_work_t work;
    bool working;

    /* The worker's, while it works. */
    struct job job;
    enum intent_kind kind;
    char id[MODEL_FIS_ID_MAX];
    char said[MODEL_TEXT_MAX];
    struct error error;
};

/* ── the worker's part ───────────────────────────────────────────────────────────────────── */

static bool is_unused(const struct job *job, const char *id, struct error *error)
{
    struct json_object *experiments = NULL;
    struct fis_experiment experiment;
    bool unused = fis_list_experiments(job->client, id, &experiments, error);
    for (size_t i = 0; unused && i < json_object_array_length(experiments); i++) {
        fis_read_experiment(&experiment, json_object_array_get_idx(experiments, i));
        if (strcmp(experiment.template_id, id) == 0 && !fis_status_is_final(experiment.status))
            unused = error_set(error, ERROR_REFUSED, "template %s was not deleted: its experiment %s is %s",
                               id, experiment.id, experiment.status);
    }
    json_object_put(experiments);
    return unused;
}

bool fis_errand_delete(const struct job *job, const char *id, char said[MODEL_TEXT_MAX], struct error *error)
{
    struct json_object *template = NULL;
    struct error failure = {0};
    bool done = fis_get_template(job->client, id, &template, &failure);
    const char *ours = fis_tag(template, WAY_BACK_LABEL_EXPERIMENT);
    if (done && ours[0] == '\0')
        done = error_set(&failure, ERROR_REFUSED,
                         "template %s was not deleted: it does not carry shaketable's tag (aws fis "
                         "delete-experiment-template --id %s)",
                         id, id);
    else if (done && journal_is_held(ours))
        done = error_set(&failure, ERROR_REFUSED,
                         "template %s was not deleted: experiment %s is under way; roll that back", id, ours);
    done = done && is_unused(job, id, &failure) && fis_delete_template(job->client, id, &failure);
    json_object_put(template);
    bool gone = failure.code == ERROR_NOT_FOUND;
    snprintf(said, MODEL_TEXT_MAX, done ? "FIS template %s is deleted" : "FIS template %s was gone already",
             id);
    if (!done && !gone && error != NULL)
        *error = failure;
    return done || gone;
}

bool fis_errand_stop(const struct job *job, const char *id, char said[MODEL_TEXT_MAX], struct error *error)
{
    struct fis_experiment experiment;
    if (!fis_stop_experiment(job->client, id, &experiment, error))
        return false;
    int64_t until_ms = clock_ms() + END_PATIENCE_MS;
    while (!fis_status_is_final(experiment.status) && clock_ms() < until_ms && !job_is_canceled(job, NULL)) {
        struct fis_experiment now;
        job_wait(job);
        if (fis_get_experiment(job->client, id, &now, NULL))
            experiment = now;
    }
    snprintf(said, MODEL_TEXT_MAX, "FIS experiment %s: %s%s%.120s", id, experiment.status,
             experiment.reason[0] == '\0' ? "" : ", ", experiment.reason);
    return true;
}

/* ── on the loop ─────────────────────────────────────────────────────────────────────────── */

struct fis_errand *fis_errand_new(uv_loop_t *loop, const struct fis_errand_handlers *handlers)
{
    struct fis_errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL)
        return NULL;
    errand->loop = loop;
    errand->handlers = *handlers;
    errand->work.data = errand;
    return errand;
}

void fis_errand_free(struct fis_errand *errand)
{
    free(errand);
}

bool fis_errand_is_idle(const struct fis_errand *errand)
{
    return !errand->working;
}

static void work(uv_work_t *request)
{
    struct fis_errand *errand = request->data;
    if (errand->kind == INTENT_FIS_DELETE)
        fis_errand_delete(&errand->job, errand->id, errand->said, &errand->error);
    else
        fis_errand_stop(&errand->job, errand->id, errand->said, &errand->error);
}

static void after_work(uv_work_t *request, int status)
{
    (void)status;
    struct fis_errand *errand = request->data;
    bool done = errand->error.code == ERROR_NONE;
    errand->working = false;
    errand->handlers.log(errand->handlers.context, done ? MODEL_LOG_GOOD : MODEL_LOG_ERROR,
                         done ? errand->said : errand->error.message);
    errand->handlers.ended(errand->handlers.context);
}

void fis_errand_run(struct fis_errand *errand, struct aws_client *client, const atomic_bool *cancel,
                    const struct intent *intent)
{
    bool local = client != NULL && job_endpoint_is_local(aws_client_endpoint(client));
    if (client == NULL || errand->working) {
        errand->handlers.log(errand->handlers.context, MODEL_LOG_WARNING,
                             client == NULL ? "AWS can't be asked: FIS is left as it is"
                                            : "what was asked of FIS before is still under way: try again");
        return;
    }
    errand->job =
        (struct job){.client = client, .cancel = cancel, .poll_ms = local ? POLL_LOCAL_MS : POLL_AWS_MS};
    errand->kind = intent->kind;
    memcpy(errand->id, intent->fis_id, sizeof errand->id);
    error_clear(&errand->error);
    errand->said[0] = '\0';
    errand->working = true;
    if (uv_queue_work(errand->loop, &errand->work, work, after_work) != 0) {
        error_set(&errand->error, ERROR_SYSTEM, "no worker could be started");
        after_work(&errand->work, 0);
    }
}
