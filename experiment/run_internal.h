/*
 * run_internal: what the parts of a run share: run.c (its beginning, and what is shown of it), run_live.c
 * (from armed on, while faults are live), run_guards.c (the guards), run_sidecars.c (what the sidecars are
 * told and say), run_unreached.c (sidecars without links), run_fis.c (what AWS FIS runs), run_timeline.c
 * (a template that the sidecars play), run_dependency.c (calls that do not come), run_slow.c (faults that
 * take seconds to change), run_restore.c (the way back), run_jobs.c (the work on other threads).
 */
#ifndef SHAKETABLE_EXPERIMENT_RUN_INTERNAL_H
#define SHAKETABLE_EXPERIMENT_RUN_INTERNAL_H

#include "aws/logs.h"
#include "experiment/adopt.h"
#include "experiment/engine.h"
#include "experiment/guards.h"
#include "experiment/run.h"
#include "experiment/sidecars.h"
#include "experiment/template.h"
#include "experiment/timeline.h"

#define RUN_POLL_LOCAL_MS 200
#define RUN_POLL_AWS_MS 2500
#define RUN_SETTLE_LOCAL_MS 3000
#define RUN_SETTLE_AWS_MS 10000

/* An action of a template, as it is played. */
struct played_action {
    int64_t started_ms, ended_ms; /* epoch; 0: not yet */
    char problem[MODEL_TEXT_MAX]; /* "": none */
};

/* Whether the calls of a service come to the sidecars before its dependencies; by the wanted sidecars. */
struct silence {
    int64_t since_ms[REVISION_MAPPINGS_MAX]; /* by clock_ms; 0: it could not be told yet */
    bool heard[REVISION_MAPPINGS_MAX], said[REVISION_MAPPINGS_MAX];
};

struct run;
typedef void run_step(struct run *run);

struct run {
    uv_loop_t *loop;
    struct aws_client *client;
    char no_client[ERROR_MESSAGE_MAX];
    bool take_over;
    struct run_handlers handlers;
    const struct engine *engine;

    enum model_phase phase;
    char problem[ERROR_MESSAGE_MAX];
    int exit_status;
    bool discard;         /* the plan that is being made is not wanted any more */
    bool rollback_wanted; /* as soon as the job under way has ended */
    bool failed;          /* it ends with status 1 even when all is restored */
    bool tripped;         /* … with status 4: a guard did */

    /* What the experiment is. Written on the loop while no job runs. */
    struct plan_request request;
    struct plan *plan;
    struct way_back way_back;
    struct revision_sidecars sidecars_wanted;
    struct json_object *before;
    struct journal *journal;
    struct progress progress;

    /* The job on a worker. */
    atomic_bool cancel;
    uv_thread_t thread;
    atomic_bool job_ended;
    bool working;
    run_step *on_worker;
    run_step *on_done;
    struct error error; /* its result */
    struct intent adopt_intent;
    struct adopted adopted;
    struct restore_outcome outcome;
    struct arm_endpoints endpoints;

    /* The watch, while faults are live. */
    uv_work_t watch;
    bool watching;
    bool watch_failed;
    struct engine_status watched;
    struct fis_experiment fis; /* engine FIS: as it was seen last */
    int64_t next_watch_ms;

    /* A template that the sidecars play; its tasks are stopped by a worker, one action at a time. */
    struct timeline *timeline; /* NULL: none */
    size_t next_moment;
    struct played_action played[TEMPLATE_ACTIONS_MAX]; /* by the template's actions */
    uv_work_t stop_work;
    bool stopping_tasks;
    struct {
        const struct timeline_moment *moment;
        struct error error;
        size_t stopped;
    } task_stop; /* the worker's while it stops */

    /* The logs of sidecars that are not reached; a worker fills `heard` and the error. */
    uv_work_t listen_work;
    bool listening;
    struct logs_events heard[REVISION_MAPPINGS_MAX];
    struct error listen_error;
    struct stats_frame *log_frame; /* scratch */
    int64_t next_listen_ms;
    int64_t heard_until_ms; /* the newest of their frames, epoch */
    bool deaf;              /* it was said that they can't be read */
    int64_t faults_from_ms; /* they begin by themselves, epoch; 0: not of this kind */

    /* The guards, from armed on, and the poll for what they ask of AWS. */
    struct guards *guards;
    uv_work_t guard_work;
    bool polling;
    struct guard_poll guard_poll; /* the worker's while it polls */
    int64_t next_poll_ms;

    struct silence silence;

    /* The sidecars. */
    struct tunnels *tunnels; /* of those that are reached by ssm; NULL: none so far */
    struct sidecars *sidecars;
    struct series *series;
    bool turned_away;         /* it was said that they take another console's key */
    int64_t reach_until_ms;   /* then they must have been reached; and later, have taken the faults */
    int64_t baseline_from_ms; /* 0: not all are reached yet */
    bool told;                /* sidecars_set was called for the change below */
    struct fault asked, live;
    struct fault before_change;
    int64_t started_ms, ends_ms, deadline_ms;
    int64_t live_since_ms; /* as started_ms, by clock_ms */
    int64_t over_ms;       /* as ends_ms or deadline_ms, by clock_ms */
    int64_t next_renew_ms;
    int64_t renewed_ms;   /* when the lease was last given, by clock_boot_ms */
    uint64_t rollback_us; /* when R was pressed */
    double clean_ms;
    /* Slow engines: the change that waits for the one before it, the newest; and when the next may go. */
    bool holding;
    struct fault held;
    int64_t next_change_ms; /* by clock_ms */
    int64_t clean_until_ms; /* so long the way back waits for clean traffic, by clock_ms; 0: it does not */
    bool leaving;
    int64_t leave_until_ms; /* an answer is not waited for any longer */
};

/* Runs `on_worker` on another thread and then `on_done` on the loop. Only while !run->working. */
void run_start_job(struct run *run, run_step *on_worker, run_step *on_done);
struct job run_job(struct run *run);

/* The workers' parts: they fill run->error (code ERROR_NONE when done). */
void run_work_plan(struct run *run);
void run_work_arm(struct run *run);
void run_work_adopt(struct run *run);
void run_work_restore(struct run *run);
/* Starts the watch if none is under way; calls run_watch_done on the loop. */
void run_start_watch(struct run *run);
void run_watch_done(struct run *run);

/* ── run.c ───────────────────────────────────────────────────────────────────────────────── */
/* Work of this run is under way on another thread. */
bool run_is_busy(const struct run *run);
void run_say(struct run *run, enum model_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void run_set_phase(struct run *run, enum model_phase phase);
/* Also says it. */
void run_set_problem(struct run *run, const char *text);
/* As if nothing had been; the phase stays. */
void run_forget(struct run *run);
void run_end_failed(struct run *run, int exit_status, const char *problem);

/* ── run_sidecars.c ──────────────────────────────────────────────────────────────────────── */
/* False: this console's key can't be used, or no memory; there are no links then. */
bool run_open_sidecars(struct run *run, const struct arm_endpoints *endpoints, struct error *error);
/* All shall have the faults that are asked for. */
void run_tell_faults(struct run *run, int64_t lease_ms);
/* Its links end, and what they went through. Done when this is true. */
bool run_let_go_of_sidecars(struct run *run);
/* What these faults take and one of the sidecars can't do; NULL: nothing. */
const char *run_missing_capability(const struct run *run, const struct fault *fault);

/* ── run_live.c ──────────────────────────────────────────────────────────────────────────── */
/* The sidecars' lease has run out, for this process or the machine stood still: their faults are gone. It is
 * said, and the experiment is rolled back: nobody has asked for them to come back now. */
bool run_end_if_lapsed(struct run *run);
void run_tick_armed(struct run *run, int64_t now_ms);
void run_tick_injecting(struct run *run, int64_t now_ms);

/* As run_adjust, without asking whether somebody may. */
void run_change_faults(struct run *run, const struct fault *fault);

/* How long the sidecars may take to answer. */
int64_t run_reach_ms(const struct run *run);
void run_watch_when_due(struct run *run);

/* ── run_unreached.c ─────────────────────────────────────────────────────────────────────── */
/* At the confirmation: when the faults will be live. */
bool run_take_timetable(struct run *run, struct error *error);
void run_tick_unreached(struct run *run, int64_t now_ms);
void run_listen_when_due(struct run *run);
/* The first step of restoring. */
void run_show_unreached_clean(struct run *run);

/* ── run_fis.c ───────────────────────────────────────────────────────────────────────────── */
/* Its actions run. */
void run_fis_go_live(struct run *run);
void run_fis_tick(struct run *run, int64_t now_ms);
/* After a look: run->watched has what FIS says. */
void run_fis_watched(struct run *run);
void run_fis_show(const struct run *run, struct model_experiment *out);

/* ── run_timeline.c ──────────────────────────────────────────────────────────────────────── */
/* While faults are live: whatever is due. Without a template nothing. */
void run_timeline_tick(struct run *run);
/* As run_missing_capability, for all of its faults. */
const char *run_timeline_missing(const struct run *run);
void run_timeline_show(const struct run *run, struct model_experiment *out);

/* ── run_slow.c ──────────────────────────────────────────────────────────────────────────── */
/* True: the engine can't take this change yet, or has it already. It is kept, in place of one that was kept
 * before, and goes when it can. */
bool run_slow_hold(struct run *run, const struct fault *fault);
/* While faults are live: sends what was kept, once it can go. */
void run_slow_tick(struct run *run);
/* The sidecars have just been told. */
void run_slow_told(struct run *run);
/* How long they may take to acknowledge. */
int64_t run_ack_ms(const struct run *run);
/* One has refused the latest: true: it was dealt with. */
bool run_slow_refused(struct run *run);
/* The way back: true: the traffic is to be clean first, and run_slow_tick_clean goes on with it. */
bool run_slow_wait_for_clean(struct run *run);
void run_slow_tick_clean(struct run *run);
void run_slow_show(const struct run *run, struct model_experiment *out);

/* ── run_dependency.c ────────────────────────────────────────────────────────────────────── */
/* While sidecars stand before what the service calls: says once where no call comes to them. */
void run_dependency_tick(struct run *run);

/* ── run_guards.c ────────────────────────────────────────────────────────────────────────── */
/* With the baseline. */
void run_guards_begin(struct run *run);
/* True: one has tripped, and the way back has begun. */
bool run_guards_tick(struct run *run);
void run_guards_show(const struct run *run, struct model_experiment *out);

/* ── run_restore.c ───────────────────────────────────────────────────────────────────────── */
/* Stage two, on a worker. */
void run_restore_service(struct run *run);
void run_start_restore(struct run *run);
/* Likewise, and it ends with status 1. */
void run_fail_and_restore(struct run *run, const char *problem);

#endif
