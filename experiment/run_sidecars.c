#include "experiment/run_internal.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/units.h"
#include "experiment/console_key.h"
#include "experiment/paths.h"

static void on_sample(void *context, const struct stats_sample *sample)
{
    struct run *run = context;
    series_add(run->series, sample, clock_epoch_ms());
    guards_sample(run->guards, sample, clock_ms());
    run->handlers.changed(run->handlers.context);
}

static void mark(struct run *run, const char *text, bool first)
{
    int64_t now_ms = clock_epoch_ms();
    series_mark(run->series, now_ms, text);
    series_restart_window(run->series, now_ms);
    run->handlers.mark(run->handlers.context, text, first);
}

static void format_took(double ms, char text[UNITS_TEXT_MAX])
{
    snprintf(text, UNITS_TEXT_MAX, ms < 1000 ? "%.1f ms" : "%.1f s", ms < 1000 ? ms : ms / 1000);
}

static void on_all_live(struct run *run, const struct sidecars_count *count)
{
    char text[MODEL_TEXT_MAX - 64], from[160], took[UNITS_TEXT_MAX];
    bool first = run->phase == MODEL_ARMED;
    format_took(count->last_ack_ms, took);
    fault_describe(&run->asked, text, sizeof text);
    fault_describe(&run->before_change, from, sizeof from);
    run->live = run->asked;
    mark(run, text, first);
    if (first) {
        run->started_ms = clock_epoch_ms();
        run->live_since_ms = clock_ms();
        run->ends_ms = run->request.duration_ms > 0 ? run->started_ms + run->request.duration_ms : 0;
        run->over_ms = clock_ms() + (run->ends_ms > 0 ? run->ends_ms : run->deadline_ms) - run->started_ms;
        journal_phase(run->journal, "injecting", NULL);
        run_set_phase(run, MODEL_INJECTING);
        run_say(run, MODEL_LOG_INFO, "%s: live on %zu of %zu sidecars in %s", text, count->acknowledged,
                count->total, took);
    } else {
        run_say(run, MODEL_LOG_INFO, "%s → %s: live on %zu of %zu sidecars in %s", from, text,
                count->acknowledged, count->total, took);
    }
}

static void on_all_clean(struct run *run)
{
    char took[UNITS_TEXT_MAX];
    run->clean_ms = (double)(clock_us() - run->rollback_us) / 1000.0;
    fault_init(&run->live);
    mark(run, "clean", false);
    format_took(run->clean_ms, took);
    progress_set(&run->progress, RESTORE_CLEAN, MODEL_STEP_DONE, 0, 0, "in %s", took);
    run_say(run, MODEL_LOG_GOOD, "all traffic clean in %s", took);
}

/* Once: who began the experiment elsewhere is the only one that they listen to. */
static void say_turned_away(struct run *run, const struct sidecars_count *count)
{
    if (count->turned_away == 0 || run->turned_away)
        return;
    run->turned_away = true;
    run_say(
        run, MODEL_LOG_WARNING, "%zu of %zu sidecars take another console's key, not this one%s",
        count->turned_away, count->total,
        run->phase == MODEL_RECOVERING
            ? ": they can't be cleared from here. Their faults end with the lease, once nobody renews it, "
              "or with their tasks"
            : "");
}

static void on_sidecars_changed(void *context)
{
    struct run *run = context;
    run->handlers.changed(run->handlers.context);
    struct sidecars_count count = sidecars_count(run->sidecars);
    say_turned_away(run, &count);
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

void run_tell_faults(struct run *run, int64_t lease_ms)
{
    char by[STATS_TEXT_MAX];
    paths_operator(by, sizeof by);
    run->told = true;
    run->next_renew_ms = clock_ms() + SIDECARS_RENEW_MS;
    run->renewed_ms = clock_boot_ms();
    sidecars_set(run->sidecars, &run->asked, run->deadline_ms, lease_ms, by);
    run_slow_told(run);
}

/* Those that have the new faults go back to what was live before: a set that is refused renews no lease, and
 * a service half in one state and half in another tells nobody anything. */
static void on_refused(void *context)
{
    struct run *run = context;
    if (run_slow_refused(run))
        return;
    if (run->phase != MODEL_INJECTING || !run->told || run->leaving ||
        fault_equal(&run->asked, &run->before_change))
        return;
    run_say(run, MODEL_LOG_WARNING, "the change was refused: the faults stay as they were");
    run->asked = run->before_change;
    run_tell_faults(run, SIDECARS_LEASE_MS);
}

bool run_let_go_of_sidecars(struct run *run)
{
    if (run->tunnels == NULL)
        return true;
    sidecars_free(run->sidecars);
    run->sidecars = NULL;
    return tunnels_are_idle(run->tunnels);
}

static bool open_tunnels(struct run *run, struct error *error)
{
    if (run->tunnels == NULL)
        run->tunnels = tunnels_new(run->loop, run->client);
    if (run->tunnels == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    sidecars_use_tunnels(run->sidecars, run->tunnels);
    return true;
}

bool run_open_sidecars(struct run *run, const struct arm_endpoints *endpoints, struct error *error)
{
    struct console_key key;
    const struct sidecars_handlers handlers = {.context = run,
                                               .sample = on_sample,
                                               .changed = on_sidecars_changed,
                                               .refused = on_refused,
                                               .log = on_sidecar_log};
    if (!console_key_open(&key, error))
        return false;
    run->sidecars = sidecars_new(run->loop, key.key, &handlers, error);
    console_key_close(&key);
    if (run->sidecars == NULL)
        return false;
    run->series = series_new(MODEL_SOURCE_SIDECARS, run->way_back.cluster, run->way_back.service);
    if (run->series == NULL || (run->way_back.reach == CHOICES_REACH_SSM && !open_tunnels(run, error))) {
        sidecars_free(run->sidecars);
        run->sidecars = NULL;
        return error_set(error, ERROR_SYSTEM, "out of memory");
    }
    if (run->way_back.reach == CHOICES_REACH_NONE)
        sidecars_expect(run->sidecars, &run->asked);
    sidecars_reconcile(run->sidecars, endpoints);
    return true;
}

const char *run_missing_capability(const struct run *run, const struct fault *fault)
{
    const struct {
        const char *name;
        bool wanted;
    } capabilities[] = {
        {"agent", run->way_back.agent},
        {"latency", fault->latency.mean_ms > 0 || fault->latency.jitter_ms > 0},
        {"loss", fault->loss.percent > 0},
        {"error", fault->error.percent > 0},
        {"reset", fault->reset.percent > 0},
        {"blackhole", fault->blackhole.percent > 0},
        {"bandwidth", fault->bandwidth.bytes_per_s > 0 || fault->bandwidth.total_bytes_per_s > 0},
        {"slow_close", fault->slow_close.delay_ms > 0},
        {"slice", fault->slice.bytes > 0},
        {"limit", fault->limit.bytes > 0},
        {"schedule",
         fault->schedule.start_ms > 0 || fault->schedule.duration_ms > 0 || fault->schedule.ramp_ms > 0},
    };
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
        if (capabilities[i].wanted && sidecars_without(run->sidecars, capabilities[i].name) != NULL)
            return capabilities[i].name;
    return NULL;
}
