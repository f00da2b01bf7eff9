#include "experiment/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/units.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/paths.h"
#include "experiment/run_internal.h"

#define WATCH_LOCAL_MS 1000
#define WATCH_AWS_MS 5000
#define LEAVE_MS 3000

static void say(struct run *run, enum model_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void start_restore(struct run *run);
static void on_refused(void *context);

static void say(struct run *run, enum model_log_level level, const char *format, ...)
{
    char text[MODEL_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    run->handlers.log(run->handlers.context, level, text);
}

static void set_phase(struct run *run, enum model_phase phase)
{
    run->phase = phase;
    run->handlers.changed(run->handlers.context);
}

static void set_problem(struct run *run, const char *text)
{
    snprintf(run->problem, sizeof run->problem, "%s", text);
    say(run, MODEL_LOG_ERROR, "%s", text);
}

/* ── the sidecars' word ──────────────────────────────────────────────────────────────────── */

static void on_sample(void *context, const struct stats_sample *sample)
{
    struct run *run = context;
    series_add(run->series, sample, clock_epoch_ms());
    run->handlers.changed(run->handlers.context);
}

static void mark(struct run *run, const char *text, bool first)
{
    int64_t now_ms = clock_epoch_ms();
    series_mark(run->series, now_ms, text);
    series_restart_window(run->series, now_ms);
    run->handlers.mark(run->handlers.context, text, first);
}

static void on_all_live(struct run *run, const struct sidecars_count *count)
{
    char text[MODEL_TEXT_MAX - 64], from[160];
    bool first = run->phase == MODEL_ARMED;
    fault_describe(&run->asked, text, sizeof text);
    fault_describe(&run->before_change, from, sizeof from);
    run->live = run->asked;
    mark(run, text, first);
    if (first) {
        run->started_ms = clock_epoch_ms();
        run->ends_ms = run->request.duration_ms > 0 ? run->started_ms + run->request.duration_ms : 0;
        run->over_ms = clock_ms() + (run->ends_ms > 0 ? run->ends_ms : run->deadline_ms) - run->started_ms;
        journal_phase(run->journal, "injecting", NULL);
        set_phase(run, MODEL_INJECTING);
        say(run, MODEL_LOG_INFO, "%s: live on %zu of %zu sidecars in %.1f ms", text, count->acknowledged,
            count->total, count->last_ack_ms);
    } else {
        say(run, MODEL_LOG_INFO, "%s → %s: live on %zu of %zu sidecars in %.1f ms", from, text,
            count->acknowledged, count->total, count->last_ack_ms);
    }
}

static void on_all_clean(struct run *run)
{
    run->clean_ms = (double)(clock_us() - run->rollback_us) / 1000.0;
    fault_init(&run->live);
    mark(run, "clean", false);
    progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DONE, 0, 0, "in %.1f ms", run->clean_ms);
    say(run, MODEL_LOG_GOOD, "all traffic clean in %.1f ms", run->clean_ms);
}

static void on_sidecars_changed(void *context)
{
    struct run *run = context;
    run->handlers.changed(run->handlers.context);
    struct sidecars_count count = sidecars_count(run->sidecars);
    if (!run->told || count.reached == 0 || count.acknowledged < count.reached)
        return;
    run->told = false;
    if (run->phase == MODEL_ARMED || run->phase == MODEL_INJECTING)
        on_all_live(run, &count);
    else
        on_all_clean(run); /* also after a rollback that failed, from one that was reached late */
}

static void on_sidecar_log(void *context, enum model_log_level level, const char *text)
{
    struct run *run = context;
    if (run->phase != MODEL_RECOVERING) /* there they leave because their tasks do */
        run->handlers.log(run->handlers.context, level, text);
}

static bool open_sidecars(struct run *run, const struct arm_endpoints *endpoints)
{
    const struct sidecars_handlers handlers = {.context = run,
                                               .sample = on_sample,
                                               .changed = on_sidecars_changed,
                                               .refused = on_refused,
                                               .log = on_sidecar_log};
    run->sidecars = sidecars_new(run->loop, &handlers);
    run->series = series_new(MODEL_SOURCE_SIDECARS, run->way_back.cluster, run->way_back.service);
    if (run->sidecars == NULL || run->series == NULL)
        return false;
    sidecars_reconcile(run->sidecars, endpoints);
    return true;
}

static void tell_faults(struct run *run, int64_t lease_ms)
{
    char by[STATS_TEXT_MAX];
    paths_operator(by, sizeof by);
    run->told = true;
    run->next_renew_ms = clock_ms() + SIDECARS_RENEW_MS;
    sidecars_set(run->sidecars, &run->asked, run->deadline_ms, lease_ms, by);
}

/* Those that have the new faults go back to what was live before: a set that is refused renews no lease, and
 * a service half in one state and half in another tells nobody anything. */
static void on_refused(void *context)
{
    struct run *run = context;
    if (run->phase != MODEL_INJECTING || !run->told || run->leaving ||
        fault_equal(&run->asked, &run->before_change))
        return;
    say(run, MODEL_LOG_WARNING, "the change was refused: the faults stay as they were");
    run->asked = run->before_change;
    tell_faults(run, SIDECARS_LEASE_MS);
}

static const char *missing_capability(const struct run *run, const struct fault *fault)
{
    const struct {
        const char *name;
        bool wanted;
    } capabilities[] = {
        {"latency", fault->latency.mean_ms > 0 || fault->latency.jitter_ms > 0},
        {"loss", fault->loss.percent > 0},
        {"error", fault->error.percent > 0},
        {"reset", fault->reset.percent > 0},
        {"blackhole", fault->blackhole.percent > 0},
        {"bandwidth", fault->bandwidth.bytes_per_s > 0},
    };
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
        if (capabilities[i].wanted && sidecars_without(run->sidecars, capabilities[i].name) != NULL)
            return capabilities[i].name;
    return NULL;
}

/* ── plan ────────────────────────────────────────────────────────────────────────────────── */

static void forget(struct run *run)
{
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
    run->discard = run->rollback_wanted = run->failed = run->told = run->leaving = false;
    run->baseline_from_ms = run->started_ms = run->ends_ms = run->deadline_ms = run->over_ms = 0;
    run->clean_ms = -1;
    fault_init(&run->live);
    fault_init(&run->asked);
    fault_init(&run->before_change);
    progress_begin(&run->progress, NULL, 0);
}

static void to_idle(struct run *run)
{
    forget(run);
    set_phase(run, MODEL_IDLE);
}

static void end_failed(struct run *run, int exit_status, const char *problem)
{
    run->exit_status = exit_status;
    set_problem(run, problem);
    set_phase(run, MODEL_FAILED_PHASE);
}

static void on_planned(struct run *run)
{
    if (run->discard) {
        to_idle(run);
    } else if (run->error.code != ERROR_NONE) {
        end_failed(run, run->error.code == ERROR_REFUSED ? 3 : 1, run->error.message);
    } else {
        run->exit_status = run->plan->shown->refused ? 3 : 0;
        set_phase(run, MODEL_PLANNED);
    }
}

void run_plan(struct run *run, const struct intent *intent)
{
    if (run->working || run->watching || run_is_active(run))
        return;
    forget(run);
    memset(&run->request, 0, sizeof run->request);
    memcpy(run->request.cluster, intent->cluster, sizeof run->request.cluster);
    memcpy(run->request.service, intent->service, sizeof run->request.service);
    run->request.fault = intent->fault;
    run->request.duration_ms = intent->duration_ms;
    run->engine = &engine_sidecar;
    set_phase(run, MODEL_PLANNING);
    run_start_job(run, run_work_plan, on_planned);
}

void run_dismiss(struct run *run)
{
    if (run->phase == MODEL_PLANNING && run->working) {
        run->discard = true;
        atomic_store(&run->cancel, true);
    } else if (!run->working && !run->watching && !run_is_active(run)) {
        to_idle(run);
    }
}

static void fail_and_restore(struct run *run, const char *problem)
{
    run->failed = true;
    set_problem(run, problem);
    start_restore(run);
}

/* ── arm ─────────────────────────────────────────────────────────────────────────────────── */

static void on_armed(struct run *run)
{
    run->handlers.service_changed(run->handlers.context);
    if (run->error.code != ERROR_NONE && !run->rollback_wanted) {
        run->failed = true;
        set_problem(run, run->error.message);
        run->rollback_wanted = true;
    }
    if (run->rollback_wanted) {
        start_restore(run);
        return;
    }
    if (!open_sidecars(run, &run->endpoints)) {
        fail_and_restore(run, "out of memory");
        return;
    }
    run->reach_until_ms = clock_ms() + RUN_REACH_MS;
    progress_set(&run->progress, ARM_REACH, MODEL_STEP_DOING, 0, (int)run->endpoints.count, "%s", "");
    journal_phase(run->journal, "armed", NULL);
    set_phase(run, MODEL_ARMED);
}

void run_confirm(struct run *run)
{
    struct error error;
    if (run->phase != MODEL_PLANNED || run->working || run->plan->shown->refused)
        return;
    if (aws_client_read_only(run->client)) {
        end_failed(run, 3, "--read-only: nothing is changed. Start without it to inject");
        return;
    }
    if (!way_back_copy(&run->way_back, &run->plan->way_back, &error)) {
        end_failed(run, 1, error.message);
        return;
    }
    run->sidecars_wanted = run->plan->sidecars;
    run->before = json_object_get(run->plan->service);
    run->asked = run->request.fault;
    run->journal = journal_begin(&run->way_back, run->before, &run->asked, run->request.duration_ms, &error);
    if (run->journal == NULL) {
        end_failed(run, 1, error.message);
        return;
    }
    say(run, MODEL_LOG_INFO, "experiment %s on %s/%s begins; the way back is %s", run->way_back.experiment,
        run->way_back.cluster, run->way_back.service, ecs_short_name(run->way_back.task_definition));
    set_phase(run, MODEL_ARMING);
    run_start_job(run, run_work_arm, on_armed);
}

static void go_live(struct run *run, int64_t now_ms)
{
    char text[MODEL_TEXT_MAX];
    const char *missing = missing_capability(run, &run->asked);
    if (missing != NULL) {
        snprintf(text, sizeof text, "the sidecars can't do %s: use a newer image of shaketable-proxy",
                 missing);
        fail_and_restore(run, text);
        return;
    }
    series_take_baseline(run->series);
    progress_set(&run->progress, ARM_BASELINE, MODEL_STEP_DONE, 0, 0, "n %llu",
                 (unsigned long long)series_window_total(run->series));
    progress_estimate(&run->progress, 0);
    run->deadline_ms = now_ms + (run->request.duration_ms > 0 ? run->request.duration_ms : PLAN_OPEN_END_MS);
    run->reach_until_ms = clock_ms() + RUN_REACH_MS;
    tell_faults(run, SIDECARS_LEASE_MS);
}

static void renew_when_due(struct run *run)
{
    if (clock_ms() < run->next_renew_ms || run->leaving)
        return;
    run->next_renew_ms = clock_ms() + SIDECARS_RENEW_MS;
    sidecars_renew(run->sidecars);
}

/* Told, and not acknowledged by all yet: those that have it keep it, the others are told again, for a while.
 */
static void wait_for_live(struct run *run)
{
    char text[MODEL_TEXT_MAX];
    struct sidecars_count count = sidecars_count(run->sidecars);
    renew_when_due(run);
    if (clock_ms() < run->reach_until_ms)
        return;
    snprintf(text, sizeof text, "%zu of %zu sidecars have not taken the faults within %d s",
             count.total - count.acknowledged, count.total, RUN_REACH_MS / 1000);
    fail_and_restore(run, text);
}

static void tick_armed(struct run *run, int64_t now_ms)
{
    struct sidecars_count count = sidecars_count(run->sidecars);
    if (run->baseline_from_ms == 0) {
        bool all = count.total > 0 && count.reached == count.total;
        progress_set(&run->progress, ARM_REACH, all ? MODEL_STEP_DONE : MODEL_STEP_DOING, (int)count.reached,
                     (int)count.total, "%zu of %zu", count.reached, count.total);
        if (!all && clock_ms() < run->reach_until_ms)
            return;
        if (count.reached == 0) {
            fail_and_restore(run, "none of the sidecars could be reached on its stats port");
            return;
        }
        if (!all)
            say(run, MODEL_LOG_WARNING,
                "%zu of %zu sidecars could not be reached: their tasks stay unfaulted",
                count.total - count.reached, count.total);
        run->baseline_from_ms = clock_ms();
        series_restart_window(run->series, now_ms);
    }
    int64_t since = clock_ms() - run->baseline_from_ms;
    if (run->deadline_ms != 0) {
        wait_for_live(run);
        return;
    }
    progress_set(&run->progress, ARM_BASELINE, MODEL_STEP_DOING, (int)since, RUN_BASELINE_MS, "n %llu",
                 (unsigned long long)series_window_total(run->series));
    progress_estimate(&run->progress, RUN_BASELINE_MS - since);
    if (since >= RUN_BASELINE_MS)
        go_live(run, now_ms);
}

/* ── live ────────────────────────────────────────────────────────────────────────────────── */

void run_adjust(struct run *run, const struct fault *fault)
{
    if (run->phase != MODEL_ARMING && run->phase != MODEL_ARMED && run->phase != MODEL_INJECTING)
        return;
    if (run->leaving)
        return; /* it would shorten the lease that they are left with */
    const char *missing = run->sidecars == NULL ? NULL : missing_capability(run, fault);
    if (missing != NULL) {
        say(run, MODEL_LOG_WARNING,
            "the sidecars can't do %s: the faults stay as they are. Use a newer image of shaketable-proxy",
            missing);
        return;
    }
    if (!run->told)
        run->before_change = run->live;
    run->asked = *fault;
    if (run->phase == MODEL_INJECTING || run->deadline_ms != 0)
        tell_faults(run, SIDECARS_LEASE_MS);
    run->handlers.changed(run->handlers.context);
}

void run_watch_done(struct run *run)
{
    if (run->phase != MODEL_INJECTING || run->watch_failed || run->leaving)
        return;
    if (!run->watched.ours) {
        char text[MODEL_TEXT_MAX * 2];
        snprintf(text, sizeof text, "someone deployed meanwhile: the service now runs %.200s",
                 run->watched.running);
        fail_and_restore(run, text);
        return;
    }
    sidecars_reconcile(run->sidecars, &run->watched.endpoints);
    run->handlers.changed(run->handlers.context);
}

static void tick_injecting(struct run *run, int64_t now_ms)
{
    renew_when_due(run);
    if (clock_ms() >= run->next_watch_ms && !run->leaving) {
        bool local = job_endpoint_is_local(aws_client_endpoint(run->client));
        run->next_watch_ms = clock_ms() + (local ? WATCH_LOCAL_MS : WATCH_AWS_MS);
        run_start_watch(run);
    }
    /* By either clock: that of the day may be set back. */
    if (clock_ms() >= run->over_ms || now_ms >= (run->ends_ms > 0 ? run->ends_ms : run->deadline_ms)) {
        say(run, MODEL_LOG_INFO, "%s", run->ends_ms > 0 ? "the duration is over" : "the deadline has come");
        start_restore(run);
    }
}

void run_leave(struct run *run)
{
    if (run->phase != MODEL_INJECTING) {
        run_rollback(run, NULL);
        return;
    }
    int64_t lease_ms = run->deadline_ms - clock_epoch_ms();
    run->leaving = true;
    atomic_store(&run->cancel, true); /* a watch under way is not waited for */
    run->leave_until_ms = clock_ms() + LEAVE_MS;
    tell_faults(run, lease_ms < STATS_LEASE_MIN_MS   ? STATS_LEASE_MIN_MS
                     : lease_ms > STATS_LEASE_MAX_MS ? STATS_LEASE_MAX_MS
                                                     : lease_ms);
    journal_phase(run->journal, "left", NULL);
    say(run, MODEL_LOG_WARNING, "experiment %s goes on until its deadline; shaketable rollback %s ends it",
        run->way_back.experiment, run->way_back.experiment);
}

/* ── the way back ────────────────────────────────────────────────────────────────────────── */

static void say_outcome(struct run *run)
{
    if (!run->outcome.theirs)
        say(run, MODEL_LOG_GOOD, "%s/%s is restored: it runs %s again", run->way_back.cluster,
            run->way_back.service, ecs_short_name(run->way_back.task_definition));
    for (const char *line = run->outcome.note; line[0] != '\0';) {
        size_t length = strcspn(line, "\n");
        say(run, MODEL_LOG_WARNING, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void on_restored(struct run *run)
{
    run->handlers.service_changed(run->handlers.context);
    if (run->error.code != ERROR_NONE) {
        journal_ended(run->journal, false, run->error.message, NULL);
        end_failed(run, 5, run->error.message);
        return;
    }
    journal_ended(run->journal, true, run->outcome.note[0] == '\0' ? NULL : run->outcome.note, NULL);
    if (run->told)
        progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DONE, 0, 0, "%s", "with their tasks");
    run->told = false;
    run->exit_status = run->failed ? 1 : 0;
    say_outcome(run);
    sidecars_free(run->sidecars);
    run->sidecars = NULL;
    set_phase(run, MODEL_RESTORED);
}

/* Stage one at once, on the loop; stage two on a worker. */
static void start_restore(struct run *run)
{
    run->rollback_us = clock_us();
    run->rollback_wanted = run->leaving = run->told = false;
    run->clean_ms = -1;
    set_phase(run, MODEL_RECOVERING);
    progress_begin(&run->progress, restore_step_names, RESTORE_STEPS);
    if (run->sidecars != NULL && sidecars_count(run->sidecars).total > 0) {
        progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DOING, 0, 0, "%s", "");
        run->told = true;
        sidecars_clear(run->sidecars);
    } else {
        progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DONE, 0, 0, "%s", "no fault was live");
    }
    run_start_job(run, run_work_restore, on_restored);
}

static void on_adopted(struct run *run)
{
    if (run->error.code != ERROR_NONE) {
        bool nothing = run->error.code == ERROR_NOT_FOUND;
        adopt_free(&run->adopted);
        end_failed(run, nothing ? 1 : 5, run->error.message);
        return;
    }
    run->way_back = run->adopted.way_back; /* what adopt_free would free is the run's now */
    run->before = run->adopted.before;
    run->journal = run->adopted.journal;
    run->sidecars_wanted = run->adopted.sidecars;
    snprintf(run->request.cluster, sizeof run->request.cluster, "%s", run->way_back.cluster);
    snprintf(run->request.service, sizeof run->request.service, "%s", run->way_back.service);
    say(run, MODEL_LOG_INFO, "found experiment %s of %s on %s/%s", run->way_back.experiment,
        run->way_back.operator_name, run->way_back.cluster, run->way_back.service);
    if (run->adopted.endpoints.count > 0)
        open_sidecars(run, &run->adopted.endpoints);
    memset(&run->adopted, 0, sizeof run->adopted);
    start_restore(run);
}

static void adopt(struct run *run, const struct intent *intent)
{
    forget(run);
    run->engine = &engine_sidecar;
    run->adopt_intent = *intent;
    memcpy(run->request.cluster, intent->cluster, sizeof run->request.cluster);
    memcpy(run->request.service, intent->service, sizeof run->request.service);
    set_phase(run, MODEL_RECOVERING);
    run_start_job(run, run_work_adopt, on_adopted);
}

void run_rollback(struct run *run, const struct intent *intent)
{
    bool restorable =
        run->phase == MODEL_FAILED_PHASE && run->exit_status == 5 && run->way_back.experiment[0] != '\0';
    if (intent == NULL && run->leaving)
        return; /* it was left on purpose */
    switch (run->phase) {
    case MODEL_PLANNING:
    case MODEL_PLANNED:
        run_dismiss(run);
        break;
    case MODEL_ARMING:
        run->rollback_wanted = true;
        atomic_store(&run->cancel, true);
        break;
    case MODEL_ARMED:
    case MODEL_INJECTING:
        start_restore(run);
        break;
    case MODEL_RECOVERING:
        break;
    case MODEL_IDLE:
    case MODEL_RESTORED:
    case MODEL_FAILED_PHASE:
        if (run->working || run->watching)
            break;
        if (restorable)
            start_restore(run);
        else if (intent != NULL && (intent->experiment[0] != '\0' || intent->service[0] != '\0'))
            adopt(run, intent);
        break;
    }
}

/* ── the rest ────────────────────────────────────────────────────────────────────────────── */

struct run *run_new(uv_loop_t *loop, struct aws_client *client, const char *no_client, bool take_over,
                    const struct run_handlers *handlers)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->loop = loop;
    run->client = client;
    run->take_over = take_over;
    run->handlers = *handlers;
    run->engine = &engine_sidecar;
    snprintf(run->no_client, sizeof run->no_client, "%s", no_client);
    atomic_init(&run->cancel, false);
    if (client != NULL)
        aws_client_set_cancel(client, &run->cancel);
    progress_init(&run->progress, handlers->wake, handlers->context);
    forget(run);
    return run;
}

void run_free(struct run *run)
{
    if (run == NULL)
        return;
    forget(run);
    progress_destroy(&run->progress);
    free(run);
}

void run_tick(struct run *run, int64_t now_ms)
{
    if (run->series != NULL)
        series_advance(run->series, now_ms);
    if (run->phase == MODEL_ARMED)
        tick_armed(run, now_ms);
    else if (run->phase == MODEL_INJECTING)
        tick_injecting(run, now_ms);
}

static void show_way_back(const struct run *run, struct model_experiment *out)
{
    if (run->way_back.experiment[0] == '\0')
        return;
    snprintf(out->way_back, sizeof out->way_back, "%.200s, %s", ecs_short_name(run->way_back.task_definition),
             run->phase == MODEL_RESTORED ? run->outcome.theirs ? "not taken" : "restored"
             : run->journal != NULL       ? "saved"
                                          : "in its labels");
}

void run_show(const struct run *run, struct model_experiment *out)
{
    memset(out, 0, sizeof *out);
    out->phase = run->phase;
    out->ours = run->phase != MODEL_IDLE;
    snprintf(out->engine, sizeof out->engine, "%s", run->engine->name);
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
    memcpy(out->problem, run->problem, sizeof out->problem);
    if (run->phase != MODEL_PLANNING && run->plan != NULL) {
        out->plan = run->plan->shown;
        model_plan_retain(out->plan);
    }
    progress_read((struct progress *)&run->progress, out);
    show_way_back(run, out);
    if (run->sidecars != NULL)
        sidecars_show(run->sidecars, out);
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
    return !run->working && !run->watching && (left || !run_is_active(run));
}

bool run_is_of(const struct run *run, const char *cluster, const char *service)
{
    return run->phase != MODEL_IDLE && strcmp(run->request.service, service) == 0 &&
           strcmp(run->request.cluster, cluster) == 0;
}
