/*
 * run: one experiment from plan to restored, as a state machine on the session's loop. AWS jobs run on a
 * thread of their own, one at a time; beside them, on libuv's workers, a watch over the service and a poll
 * for its guards while faults are live.
 */
#ifndef SHAKETABLE_EXPERIMENT_RUN_H
#define SHAKETABLE_EXPERIMENT_RUN_H

#include "aws/client.h"
#include "experiment/model.h"
#include "experiment/series.h"

#include <stdbool.h>
#include <uv.h>

#define RUN_BASELINE_MS 3000
#define RUN_REACH_MS 15000 /* until the sidecars must have answered */

struct run;

struct run_handlers {
    void *context;
    void (*changed)(void *context); /* the loop: there is something new to show */
    void (*wake)(void *context);    /* any thread: likewise */
    void (*log)(void *context, enum model_log_level level, const char *text);
    /* Faults went live, changed or ended: for the other series. */
    void (*mark)(void *context, const char *text, bool first);
    /* The service is another now: the tree should be read anew. */
    void (*service_changed)(void *context);
};

/* `client` is the run's alone (its calls are cancelled as a whole); NULL with `no_client` the reason. */
struct run *run_new(uv_loop_t *loop, struct aws_client *client, const char *no_client, bool take_over,
                    const struct run_handlers *handlers);
/* For a run that had none: credentials may have come meanwhile. Not while a job runs. */
void run_set_client(struct run *run, struct aws_client *client);
/* True when nothing of it is left on this machine or on AWS (sessions, processes); call it until then, once
 * it is idle. */
bool run_let_go(struct run *run);
/* Only when run_is_idle, and after run_let_go. */
void run_free(struct run *run);

void run_plan(struct run *run, const struct intent *intent);
void run_confirm(struct run *run);
void run_dismiss(struct run *run);
void run_adjust(struct run *run, const struct fault *fault);
/* They become the guards, from planned on; at once. */
void run_set_guards(struct run *run, const struct choices *choices);
/* `intent` NULL: because we end; an experiment that was left goes on then. */
void run_rollback(struct run *run, const struct intent *intent);
/* The faults go on until the deadline, without us. */
void run_leave(struct run *run);
/* After handlers.wake: the job under way may have ended. */
void run_take_job(struct run *run);
void run_tick(struct run *run, int64_t now_ms);

void run_show(const struct run *run, struct model_experiment *out);
/* The sidecars' series; NULL before they were reached. */
struct series *run_series(const struct run *run);
bool run_is_active(const struct run *run); /* R has work to do, or is doing it */
bool run_is_idle(const struct run *run);   /* no job is running and nothing is active */
bool run_is_of(const struct run *run, const char *cluster, const char *service);

#endif
