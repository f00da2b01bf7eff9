#include "aws/client.h"

#include <pthread.h>

#define THREADS_MAX 32

struct batch {
    size_t count;
    aws_batch_job *job;
    void *context;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of the error */
    struct error *error;
};

static void *work(void *argument)
{
    struct batch *batch = argument;
    while (!atomic_load(&batch->failed)) {
        size_t index = atomic_fetch_add(&batch->next, 1);
        struct error error = {0};
        if (index >= batch->count)
            break;
        if (batch->job(batch->context, index, &error))
            continue;
        pthread_mutex_lock(&batch->lock);
        if (!atomic_exchange(&batch->failed, true) && batch->error)
            *batch->error = error;
        pthread_mutex_unlock(&batch->lock);
    }
    return NULL;
}

bool aws_batch_run(size_t count, unsigned parallel, aws_batch_job *job, void *context, struct error *error)
{
    struct batch batch = {.count = count, .job = job, .context = context, .error = error};
    pthread_t threads[THREADS_MAX];
    unsigned started = 0, wanted = parallel < THREADS_MAX ? parallel : THREADS_MAX;
    if (wanted > count)
        wanted = (unsigned)count;
    pthread_mutex_init(&batch.lock, NULL);
    /* Without more threads the caller does it all: slower, but done. */
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, &batch) == 0)
        started++;
    work(&batch);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&batch.lock);
    return !atomic_load(&batch.failed);
}
