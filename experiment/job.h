/*
 * job: what a worker thread gets that speaks to AWS on the experiment's behalf, and how it tells how far it
 * is. Jobs are straight-line code that blocks; the session's loop reads their progress.
 */
#ifndef SHAKETABLE_EXPERIMENT_JOB_H
#define SHAKETABLE_EXPERIMENT_JOB_H

#include "aws/client.h"
#include "experiment/model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Written by one worker, read by the loop. */
struct progress {
    pthread_mutex_t mutex;
    size_t step_count;
    struct model_step steps[MODEL_STEPS_MAX];
    int64_t estimate_ms;
    void (*changed)(void *context); /* called on the worker's thread */
    void *context;
};
void progress_init(struct progress *progress, void (*changed)(void *context), void *context);
void progress_destroy(struct progress *progress);
/* Forgets what was and lists the steps to come. */
void progress_begin(struct progress *progress, const char *const *names, size_t count);
/* Step `index` is in this state; `total` 0: not counted. The detail replaces the earlier one. */
void progress_set(struct progress *progress, size_t index, enum model_step_state state, int done, int total,
                  const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What is left, a guess; 0: unknown. */
void progress_estimate(struct progress *progress, int64_t estimate_ms);
/* Whatever is under way has failed. */
void progress_fail(struct progress *progress);
/* A copy of the steps. */
void progress_read(struct progress *progress, struct model_experiment *out);

struct job {
    struct aws_client *client;
    const atomic_bool *cancel;
    struct progress *progress;
    int poll_ms;   /* how long to wait between two looks at a deployment */
    int settle_ms; /* that long what was registered may not be seen yet */
};
bool job_is_canceled(const struct job *job, struct error *error);
/* Waits one poll interval, or until canceled. */
void job_wait(const struct job *job);
/* True for an endpoint on this machine: the embedded region, whose sidecars are on loopback too. */
bool job_endpoint_is_local(const char *endpoint);

#endif
