/* The part of an experiment whose sidecars are not reached: they live by the clock, and are heard of by their
 * logs. */
#include "experiment/run_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/sidecar_log.h"

#define LISTEN_LOCAL_MS 1000
#define LISTEN_AWS_MS 5000
#define OVERLAP_MS 20000 /* what is logged may be found that much later than what was logged after it */

/* ── their logs ──────────────────────────────────────────────────────────────────────────── */

static void read_log(struct run *run, size_t index)
{
    const struct revision_sidecar *sidecar = &run->sidecars_wanted.item[index];
    char prefix[LOGS_STREAM_MAX];
    struct error error = {0};
    snprintf(prefix, sizeof prefix, "%s/%s/", sidecar->log_prefix, sidecar->container);
    const struct logs_query query = {.group = sidecar->log_group,
                                     .stream_prefix = prefix,
                                     .pattern = SIDECAR_LOG_PATTERN,
                                     .from_ms = run->heard_until_ms - OVERLAP_MS};
    if (!logs_filter_events(run->client, &query, &run->heard[index], &error) &&
        error.code != ERROR_NOT_FOUND && error.code != ERROR_CANCELED)
        run->listen_error = error;
}

static void read_logs(uv_work_t *request)
{
    struct run *run = request->data;
    error_clear(&run->listen_error);
    for (size_t i = 0; i < run->sidecars_wanted.count; i++)
        if (run->sidecars_wanted.item[i].log_group[0] != '\0')
            read_log(run, i);
}

static void take_event(struct run *run, size_t index, const struct logs_event *event)
{
    struct sidecar_log whose;
    struct stats_frame *frame = run->log_frame;
    const char *prefix = run->sidecars_wanted.item[index].log_prefix;
    if (!sidecar_log_read(event->stream, prefix, event->message, &whose, frame) ||
        !sidecars_take_log(run->sidecars, whose.task_id, whose.container, &frame->sample, event->time_ms))
        return;
    series_add_late(run->series, &frame->sample, clock_epoch_ms(), event->time_ms);
    if (event->time_ms >= run->faults_from_ms)
        guards_sample(run->guards, &frame->sample, clock_ms());
    if (event->time_ms > run->heard_until_ms)
        run->heard_until_ms = event->time_ms;
}

/* Said once, not at each look. */
static void say_deaf(struct run *run)
{
    bool deaf = run->listen_error.code != ERROR_NONE;
    if (deaf && run->series != NULL)
        series_set_problem(run->series, run->listen_error.message);
    if (deaf && !run->deaf)
        run_say(run, MODEL_LOG_WARNING, "the sidecars' logs can't be read: %.180s",
                run->listen_error.message);
    run->deaf = deaf;
}

static void after_listening(uv_work_t *request, int status)
{
    (void)status;
    struct run *run = request->data;
    run->listening = false;
    for (size_t i = 0; i < REVISION_MAPPINGS_MAX; i++) {
        for (size_t k = 0; run->sidecars != NULL && run->log_frame != NULL && k < run->heard[i].count; k++)
            take_event(run, i, &run->heard[i].items[k]);
        logs_events_free(&run->heard[i]);
    }
    say_deaf(run);
    run->handlers.changed(run->handlers.context);
}

void run_listen_when_due(struct run *run)
{
    bool local = job_endpoint_is_local(aws_client_endpoint(run->client));
    if (run->way_back.reach != CHOICES_REACH_NONE || run->listening || run->leaving ||
        clock_ms() < run->next_listen_ms)
        return;
    run->next_listen_ms = clock_ms() + (local ? LISTEN_LOCAL_MS : LISTEN_AWS_MS);
    run->listening = true;
    run->listen_work.data = run;
    uv_queue_work(run->loop, &run->listen_work, read_logs, after_listening);
}

/* ── their clock ─────────────────────────────────────────────────────────────────────────── */

static void go_live(struct run *run, int64_t now_ms)
{
    char text[MODEL_TEXT_MAX - 64];
    fault_describe(&run->asked, text, sizeof text);
    series_take_baseline(run->series);
    progress_set(&run->progress, run->engine->start_step_count - 1, MODEL_STEP_DONE, 0, 0, "n %llu",
                 (unsigned long long)series_window_total(run->series));
    progress_estimate(&run->progress, 0);
    run->live = run->asked;
    run->started_ms = run->faults_from_ms;
    run->deadline_ms = run->way_back.faults_until_ms;
    run->ends_ms = run->request.duration_ms > 0 ? run->deadline_ms : 0;
    run->over_ms = clock_ms() + run->deadline_ms - now_ms;
    series_mark(run->series, run->faults_from_ms, text);
    series_restart_window(run->series, run->faults_from_ms);
    run->handlers.mark(run->handlers.context, text, true);
    run_guards_begin(run);
    journal_phase(run->journal, "injecting", NULL);
    run_set_phase(run, MODEL_INJECTING);
    run_say(run, MODEL_LOG_INFO, "%s: live by the sidecars' own clocks", text);
}

void run_tick_unreached(struct run *run, int64_t now_ms)
{
    struct sidecars_count count = sidecars_count(run->sidecars);
    int64_t left_ms = run->faults_from_ms - now_ms;
    size_t baseline = run->engine->start_step_count - 1;
    run_listen_when_due(run);
    progress_set(&run->progress, baseline - 1, MODEL_STEP_DONE, 0, 0, "%zu, not reached, %zu heard of",
                 count.total, count.reached);
    if (now_ms >= run->way_back.faults_until_ms) {
        run_fail_and_restore(run,
                             "the deployment took so long that the faults' time was over before all tasks "
                             "were there: use a longer --duration");
    } else if (left_ms > 0) {
        progress_set(&run->progress, baseline, MODEL_STEP_DOING, 0, 0, "faults begin in %lld s",
                     (long long)((left_ms + 999) / 1000));
        progress_estimate(&run->progress, left_ms);
        run->handlers.changed(run->handlers.context);
    } else {
        go_live(run, now_ms);
    }
}

bool run_take_timetable(struct run *run, struct error *error)
{
    if (run->way_back.reach != CHOICES_REACH_NONE)
        return true;
    if (run->log_frame == NULL)
        run->log_frame = calloc(1, sizeof *run->log_frame);
    run->faults_from_ms = run->plan->faults_from_ms;
    run->heard_until_ms = clock_epoch_ms();
    return run->log_frame != NULL || error_set(error, ERROR_SYSTEM, "out of memory");
}

/* Nothing clears them but time. */
void run_show_unreached_clean(struct run *run)
{
    char at[CLOCK_TEXT_MAX];
    bool over = clock_epoch_ms() >= run->way_back.faults_until_ms;
    clock_format_local_time(run->way_back.faults_until_ms, at, sizeof at);
    progress_set(&run->progress, RESTORE_CLEAN, over ? MODEL_STEP_DONE : MODEL_STEP_DOING, 0, 0,
                 over ? "by its own clock at %s" : "no path: with the tasks, or at %s", at);
    if (!over)
        run_say(run, MODEL_LOG_WARNING,
                "the sidecars can't be reached: traffic is clean when their tasks are gone, or at %s", at);
}
