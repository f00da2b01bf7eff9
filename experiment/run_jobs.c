#include "experiment/run_internal.h"

#include <string.h>

struct job run_job(struct run *run)
{
    bool local = job_endpoint_is_local(aws_client_endpoint(run->client));
    return (struct job){
        .client = run->client,
        .cancel = &run->cancel,
        .progress = &run->progress,
        .poll_ms = local ? RUN_POLL_LOCAL_MS : RUN_POLL_AWS_MS,
        .settle_ms = local ? RUN_SETTLE_LOCAL_MS : RUN_SETTLE_AWS_MS,
    };
}

static void work(void *context)
{
    struct run *run = context;
    error_clear(&run->error);
    if (run->client == NULL)
        error_set(&run->error, ERROR_DENIED, "%s", run->no_client);
    else
        run->on_worker(run);
    atomic_store(&run->job_ended, true);
    run->handlers.wake(run->handlers.context);
}

void run_take_job(struct run *run)
{
    if (!atomic_exchange(&run->job_ended, false))
        return;
    uv_thread_join(&run->thread);
    run->working = false;
    run->on_done(run);
    run->handlers.changed(run->handlers.context);
}

/* A thread of its own: what waits for AWS on libuv's few (a watch, a guard's poll, a tunnel's start) must not
 * stand in a rollback's way. */
void run_start_job(struct run *run, run_step *on_worker, run_step *on_done)
{
    run->working = true;
    run->on_worker = on_worker;
    run->on_done = on_done;
    atomic_store(&run->cancel, false);
    atomic_store(&run->job_ended, false);
    if (uv_thread_create(&run->thread, work, run) == 0)
        return;
    error_set(&run->error, ERROR_SYSTEM, "no thread could be started");
    run->working = false;
    on_done(run);
}

void run_work_plan(struct run *run)
{
    struct job job = run_job(run);
    plan_make(&job, &run->request, &run->plan, &run->error);
}

void run_work_arm(struct run *run)
{
    struct job job = run_job(run);
    if (run->engine->start(&job, run->plan, run->journal, &run->error) && run->engine->sidecars)
        arm_find_sidecars(&job, &run->way_back, &run->sidecars_wanted, &run->endpoints, &run->error);
    if (run->error.code != ERROR_NONE)
        progress_fail(&run->progress);
}

void run_work_adopt(struct run *run)
{
    struct job job = run_job(run);
    const struct intent *intent = &run->adopt_intent;
    if (!adopt_find(&job, intent->experiment, intent->cluster, intent->service, &run->adopted, &run->error) &&
        run->adopted.running[0] != '\0') {
        error_clear(&run->error);
        adopt_ask_owner(run->adopted.running, &run->error);
    }
}

void run_work_restore(struct run *run)
{
    struct job job = run_job(run);
    if (!run->engine->stop(&job, &run->way_back, run->before, run->journal, run->take_over, &run->outcome,
                           &run->error))
        progress_fail(&run->progress);
}

static void watch(uv_work_t *request)
{
    struct run *run = request->data;
    struct job job = run_job(run);
    run->watch_failed =
        !run->engine->status(&job, &run->way_back, &run->sidecars_wanted, &run->watched, NULL);
}

static void after_watch(uv_work_t *request, int status)
{
    (void)status;
    struct run *run = request->data;
    run->watching = false;
    run_watch_done(run);
}

void run_start_watch(struct run *run)
{
    if (run->watching)
        return;
    run->watching = true;
    run->watch.data = run;
    uv_queue_work(run->loop, &run->watch, watch, after_watch);
}
