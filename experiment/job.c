#include "experiment/job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

#define NAP_MS 50

void progress_init(struct progress *progress, void (*changed)(void *context), void *context)
{
    memset(progress, 0, sizeof *progress);
    pthread_mutex_init(&progress->mutex, NULL);
    progress->changed = changed;
    progress->context = context;
}

void progress_destroy(struct progress *progress)
{
    pthread_mutex_destroy(&progress->mutex);
}

static void tell(struct progress *progress)
{
    if (progress->changed != NULL)
        progress->changed(progress->context);
}

void progress_begin(struct progress *progress, const char *const *names, size_t count)
{
    pthread_mutex_lock(&progress->mutex);
    memset(progress->steps, 0, sizeof progress->steps);
    progress->step_count = count < MODEL_STEPS_MAX ? count : MODEL_STEPS_MAX;
    for (size_t i = 0; i < progress->step_count; i++)
        snprintf(progress->steps[i].name, sizeof progress->steps[i].name, "%s", names[i]);
    progress->estimate_ms = 0;
    pthread_mutex_unlock(&progress->mutex);
    tell(progress);
}

void progress_set(struct progress *progress, size_t index, enum model_step_state state, int done, int total,
                  const char *format, ...)
{
    struct model_step *step = &progress->steps[index];
    va_list arguments;
    pthread_mutex_lock(&progress->mutex);
    step->state = state;
    step->done = done;
    step->total = total;
    va_start(arguments, format);
    vsnprintf(step->detail, sizeof step->detail, format, arguments);
    va_end(arguments);
    pthread_mutex_unlock(&progress->mutex);
    tell(progress);
}

void progress_estimate(struct progress *progress, int64_t estimate_ms)
{
    pthread_mutex_lock(&progress->mutex);
    progress->estimate_ms = estimate_ms;
    pthread_mutex_unlock(&progress->mutex);
}

void progress_fail(struct progress *progress)
{
    pthread_mutex_lock(&progress->mutex);
    for (size_t i = 0; i < progress->step_count; i++)
        if (progress->steps[i].state == MODEL_STEP_DOING)
            progress->steps[i].state = MODEL_STEP_FAILED;
    progress->estimate_ms = 0;
    pthread_mutex_unlock(&progress->mutex);
    tell(progress);
}

void progress_read(struct progress *progress, struct model_experiment *out)
{
    pthread_mutex_lock(&progress->mutex);
    memcpy(out->steps, progress->steps, sizeof out->steps);
    out->step_count = progress->step_count;
    out->estimate_ms = progress->estimate_ms;
    pthread_mutex_unlock(&progress->mutex);
}

bool job_is_canceled(const struct job *job, struct error *error)
{
    if (!atomic_load(job->cancel))
        return false;
    error_set(error, ERROR_CANCELED, "stopped on request");
    return true;
}

void job_wait(const struct job *job)
{
    for (int waited = 0; waited < job->poll_ms && !atomic_load(job->cancel); waited += NAP_MS)
        clock_sleep_ms(NAP_MS);
}

bool job_endpoint_is_local(const char *endpoint)
{
    const char *host = strstr(endpoint, "://");
    if (host == NULL)
        return false;
    host += 3;
    return strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0 ||
           strncmp(host, "[::1]", 5) == 0;
}
