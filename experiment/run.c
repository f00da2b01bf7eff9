#include "experiment/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/canary.h"
#include "experiment/dependency.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/run_internal.h"

void run_say(struct run *run, enum model_log_level level, const char *format, ...)
{
    char text[MODEL_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    run->handlers.log(run->handlers.context, level, text);
}

void run_set_phase(struct run *run, enum model_phase phase)
{
    run->phase = phase;
    run->handlers.changed(run->handlers.context);
}

void run_set_problem(struct run *run, const char *text)
{
    snprintf(run->problem, sizeof run->problem, "%s", text);
    run_say(run, MODEL_LOG_ERROR, "%s", text);
}

/* ── plan ────────────────────────────────────────────────────────────────────────────────── */

bool run_is_busy(const struct run *run)
{
    return run->working || run->watching || run->listening || run->polling || run->stopping_tasks;
}

void run_forget(struct run *run)
{
    guards_reset(run->guards);
    sidecars_free(run->sidecars);
    series_free(run->series);
    plan_free(run->plan);
    way_back_free(&run->way_back);
    json_object_put(run->before);
    journal_close(run->journal);
    run->sidecars = NULL;
    run->series = NULL;
    run->plan = NULL;
    run->before = NULL;
    run->journal = NULL;
    run->problem[0] = '\0';
    run->exit_status = 0;
    run->discard = run->rollback_wanted = run->failed = run->told = run->leaving = run->turned_away = false;
    memset(&run->watched, 0, sizeof run->watched);
    memset(&run->fis, 0, sizeof run->fis);
    timeline_free(run->timeline);
    run->timeline = NULL;
    run->next_moment = 0;
    memset(run->played, 0, sizeof run->played);
    template_release(run->request.template);
    run->request.template = NULL;
    memset(&run->silence, 0, sizeof run->silence);
    run->faults_from_ms = run->heard_until_ms = run->next_listen_ms = 0;
    run->deaf = false;
    run->tripped = false;
    run->baseline_from_ms = run->started_ms = run->ends_ms = run->deadline_ms = run->over_ms = 0;
    run->clean_ms = -1;
    run->next_change_ms = run->clean_until_ms = 0;
    run->holding = false;
    fault_init(&run->live);
    fault_init(&run->asked);
    fault_init(&run->before_change);
    progress_begin(&run->progress, NULL, 0);
}

static void to_idle(struct run *run)
{
    run_forget(run);
    run_set_phase(run, MODEL_IDLE);
}

void run_end_failed(struct run *run, int exit_status, const char *problem)
{
    run->exit_status = exit_status;
    run_set_problem(run, problem);
    run_set_phase(run, MODEL_FAILED_PHASE);
}

static void on_planned(struct run *run)
{
    if (run->discard) {
        to_idle(run);
    } else if (run->error.code != ERROR_NONE) {
        run_end_failed(run, run->error.code == ERROR_REFUSED ? 3 : 1, run->error.message);
    } else {
        const struct plan_request *planned = &run->plan->request;
        run->engine = engine_of(&run->plan->way_back);
        memcpy(run->request.cluster, planned->cluster, sizeof run->request.cluster);
        memcpy(run->request.service, planned->service, sizeof run->request.service);
        run->request.fault = planned->fault;
        run->request.duration_ms = planned->duration_ms;
        if (planned->template != NULL)
            run->request.choices = planned->choices; /* its stop conditions are guards now */
        run->exit_status = run->plan->shown->refused ? 3 : 0;
        run_set_phase(run, MODEL_PLANNED);
    }
}

void run_plan(struct run *run, const struct intent *intent)
{
    if (run_is_busy(run) || run_is_active(run))
        return;
    run_forget(run);
    memset(&run->request, 0, sizeof run->request);
    memcpy(run->request.cluster, intent->cluster, sizeof run->request.cluster);
    memcpy(run->request.service, intent->service, sizeof run->request.service);
    run->request.fault = intent->fault;
    run->request.duration_ms = intent->duration_ms;
    run->request.choices = intent->choices;
    run->request.prepare = intent->prepare;
    run->request.template = template_retain(intent->template);
    run_set_phase(run, MODEL_PLANNING);
    run_start_job(run, run_work_plan, on_planned);
}

void run_dismiss(struct run *run)
{
    if (run->phase == MODEL_PLANNING && run->working) {
        run->discard = true;
        atomic_store(&run->cancel, true);
    } else if (!run_is_busy(run) && !run_is_active(run)) {
        to_idle(run);
    }
}

/* ── arm ─────────────────────────────────────────────────────────────────────────────────── */

/* It stays as it is until a rollback, with no process behind it. */
static void on_prepared(struct run *run)
{
    journal_phase(run->journal, "prepared", NULL);
    run_say(run, MODEL_LOG_GOOD, "%s/%s is prepared for AWS FIS; shaketable rollback %s takes that back",
            run->way_back.cluster, run->way_back.service, run->way_back.experiment);
    to_idle(run);
}

static void on_armed(struct run *run)
{
    run->handlers.service_changed(run->handlers.context);
    if (run->error.code != ERROR_NONE && !run->rollback_wanted) {
        run->failed = true;
        run_set_problem(run, run->error.message);
        run->rollback_wanted = true;
    }
    if (run->rollback_wanted) {
        run_start_restore(run);
        return;
    }
    if (run->engine == &engine_prepare) {
        on_prepared(run);
        return;
    }
    if (!run->engine->sidecars) {
        run_fis_go_live(run);
        return;
    }
    struct error error;
    if (!run_open_sidecars(run, &run->endpoints, &error)) {
        run_fail_and_restore(run, error.message);
        return;
    }
    run->reach_until_ms = clock_ms() + run_reach_ms(run);
    progress_set(&run->progress, run->engine->start_step_count - 2, MODEL_STEP_DOING, 0,
                 (int)run->endpoints.count, "%s", "");
    journal_phase(run->journal, "armed", NULL);
    run_set_phase(run, MODEL_ARMED);
}

static void say_beginning(struct run *run)
{
    const struct way_back *way_back = &run->way_back;
    char words[MODEL_TEXT_MAX / 2];
    dependency_words(way_back->dependencies, words, sizeof words);
    if (way_back->fis != NULL)
        run_say(run, MODEL_LOG_INFO,
                "experiment %s%s%s%s%s begins; the way back is to stop it and to delete its template",
                way_back->experiment, way_back->service[0] == '\0' ? "" : " on ", way_back->cluster,
                way_back->service[0] == '\0' ? "" : "/", way_back->service);
    else
        run_say(run, MODEL_LOG_INFO, "experiment %s on %s%s%s%s/%s begins; the way back is %s",
                way_back->experiment, words[0] == '\0' ? "" : "calls to ", words,
                words[0] == '\0' ? "" : " of ", way_back->cluster, way_back->service,
                ecs_short_name(way_back->task_definition));
}

void run_confirm(struct run *run)
{
    struct error error;
    if (run->phase != MODEL_PLANNED || run->working || run->plan->shown->refused)
        return;
    if (aws_client_read_only(run->client)) {
        run_end_failed(run, 3, "--read-only: nothing is changed. Start without it to inject");
        return;
    }
    plan_set_times(run->plan, job_endpoint_is_local(aws_client_endpoint(run->client)));
    if (!way_back_copy(&run->way_back, &run->plan->way_back, &error) || !run_take_timetable(run, &error)) {
        run_end_failed(run, 1, error.message);
        return;
    }
    run->sidecars_wanted = run->plan->sidecars;
    run->before = json_object_get(run->plan->service);
    /* What the plan made of it; the guards may be newer than the plan. */
    run->request.fault = run->plan->request.fault;
    run->asked = run->request.fault;
    run->timeline = run->plan->timeline; /* the run's from now on */
    run->plan->timeline = NULL;
    run->journal = journal_begin(&run->way_back, run->before, &run->asked, run->request.duration_ms, &error);
    if (run->journal == NULL) {
        run_end_failed(run, 1, error.message);
        return;
    }
    say_beginning(run);
    run_set_phase(run, MODEL_ARMING);
    run_start_job(run, run_work_arm, on_armed);
}

/* ── the rest ────────────────────────────────────────────────────────────────────────────── */

void run_set_client(struct run *run, struct aws_client *client)
{
    run->client = client;
    if (client != NULL)
        aws_client_set_cancel(client, &run->cancel);
}

struct run *run_new(uv_loop_t *loop, struct aws_client *client, const char *no_client, bool take_over,
                    const struct run_handlers *handlers)
{
    struct run *run = calloc(1, sizeof *run);
    struct guards *guards = guards_new();
    if (run == NULL || guards == NULL) {
        free(run);
        guards_free(guards);
        return NULL;
    }
    run->guards = guards;
    run->loop = loop;
    run->take_over = take_over;
    run->handlers = *handlers;
    run->engine = &engine_sidecar;
    snprintf(run->no_client, sizeof run->no_client, "%s", no_client);
    atomic_init(&run->cancel, false);
    run_set_client(run, client);
    progress_init(&run->progress, handlers->wake, handlers->context);
    run_forget(run);
    return run;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    run_forget(run);
    tunnels_free(run->tunnels);
    free(run->log_frame);
    guards_free(run->guards);
    progress_destroy(&run->progress);
    free(run);
}

void run_tick(struct run *run, int64_t now_ms)
{
    run_take_job(run);
    if (run->series != NULL)
        series_advance(run->series, now_ms);
    if (run->phase == MODEL_ARMED || run->phase == MODEL_INJECTING)
        run_dependency_tick(run);
    if (run->phase == MODEL_ARMED)
        run_tick_armed(run, now_ms);
    else if (run->phase == MODEL_INJECTING && run->engine->sidecars)
        run_tick_injecting(run, now_ms);
    else if (run->phase == MODEL_INJECTING)
        run_fis_tick(run, now_ms);
    else if (run->phase == MODEL_RECOVERING)
        run_slow_tick_clean(run);
}

static void show_way_back(const struct run *run, struct model_experiment *out)
{
    if (run->way_back.experiment[0] == '\0')
        return;
    snprintf(out->way_back, sizeof out->way_back, "%.200s, %s",
             run->way_back.fis != NULL      ? "stop, delete template"
             : run->way_back.canary != NULL ? "canary away"
                                            : ecs_short_name(run->way_back.task_definition),
             run->phase == MODEL_RESTORED ? run->outcome.theirs ? "not taken" : "restored"
             : run->journal != NULL       ? "saved"
                                          : "in its labels");
}

void run_show(const struct run *run, struct model_experiment *out)
{
    /* While it is being made it is the worker's. */
    const struct plan *plan = run->phase == MODEL_PLANNING ? NULL : run->plan;
    const struct way_back *way_back =
        run->way_back.experiment[0] == '\0' && plan != NULL ? &plan->way_back : &run->way_back;
    memset(out, 0, sizeof *out);
    out->phase = run->phase;
    out->reach = way_back->reach;
    out->faults_from_ms = run->faults_from_ms;
    out->ours = run->phase != MODEL_IDLE;
    out->live_faders =
        run->engine->sidecars && way_back->reach != CHOICES_REACH_NONE && run->timeline == NULL;
    snprintf(out->engine, sizeof out->engine, "%s", run->engine->name);
    out->blast_radius = way_back->canary == NULL ? 0 : canary_percent(way_back->canary);
    dependency_words(way_back->dependencies, out->dependencies, sizeof out->dependencies);
    memcpy(out->id, run->way_back.experiment, sizeof out->id);
    memcpy(out->cluster, run->request.cluster, sizeof out->cluster);
    memcpy(out->service, run->request.service, sizeof out->service);
    out->live = run->live;
    out->asked =
        run->phase == MODEL_PLANNING || run->phase == MODEL_PLANNED ? run->request.fault : run->asked;
    out->last_ack_ms = -1;
    out->clean_ms = run->clean_ms;
    out->started_ms = run->started_ms;
    out->ends_ms = run->ends_ms;
    out->deadline_ms = run->deadline_ms;
    out->exit_status = run->exit_status;
    out->left_to_others = run->outcome.theirs;
    memcpy(out->problem, run->problem, sizeof out->problem);
    if (plan != NULL) {
        out->plan = plan->shown;
        model_plan_retain(out->plan);
    }
    progress_read((struct progress *)&run->progress, out);
    show_way_back(run, out);
    if (run->request.template != NULL)
        snprintf(out->title, sizeof out->title, "%.250s", run->request.template->description);
    run_guards_show(run, out);
    run_fis_show(run, out);
    run_timeline_show(run, out);
    run_slow_show(run, out);
    if (run->sidecars != NULL)
        sidecars_show(run->sidecars, out);
}

bool run_let_go(struct run *run)
{
    atomic_store(&run->cancel, false); /* the sessions' ends must be told */
    return run_let_go_of_sidecars(run);
}

struct series *run_series(const struct run *run)
{
    return run->series;
}

bool run_is_active(const struct run *run)
{
    return run->phase == MODEL_ARMING || run->phase == MODEL_ARMED || run->phase == MODEL_INJECTING ||
           run->phase == MODEL_RECOVERING;
}

bool run_is_idle(const struct run *run)
{
    bool left = run->leaving && (!run->told || clock_ms() > run->leave_until_ms);
    return !run_is_busy(run) && (left || !run_is_active(run));
}

bool run_is_of(const struct run *run, const char *cluster, const char *service)
{
    return run->phase != MODEL_IDLE && strcmp(run->request.service, service) == 0 &&
           strcmp(run->request.cluster, cluster) == 0;
}
