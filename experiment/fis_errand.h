/*
 * fis_errand: what the list of experiments does to FIS's own things, on a worker, one at a time: a template
 * of ours is deleted, an experiment of anybody's is stopped. What runs through an experiment of ours is its
 * run's.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_ERRAND_H
#define SHAKETABLE_EXPERIMENT_FIS_ERRAND_H

#include "experiment/job.h"

#include <uv.h>

struct fis_errand;

/* On the loop. */
struct fis_errand_handlers {
    void *context;
    void (*log)(void *context, enum model_log_level level, const char *text);
    void (*ended)(void *context); /* FIS may hold something else now */
};
/* NULL without memory. */
struct fis_errand *fis_errand_new(uv_loop_t *loop, const struct fis_errand_handlers *handlers);
/* Only when it is idle; NULL is allowed. */
void fis_errand_free(struct fis_errand *errand);
bool fis_errand_is_idle(const struct fis_errand *errand);
/* Does what INTENT_FIS_DELETE or INTENT_FIS_STOP asks for, and says how it went; a second one meanwhile is
 * refused. Whether anything may be changed is the client's to know (--read-only). `client` is borrowed until
 * it is idle again; NULL: there is none. */
void fis_errand_run(struct fis_errand *errand, struct aws_client *client, const atomic_bool *cancel,
                    const struct intent *intent);

/* The worker's part, blocking: ERROR_REFUSED where the template is not ours or is still needed. `said` is
 * what was done. */
bool fis_errand_delete(const struct job *job, const char *id, char said[MODEL_TEXT_MAX], struct error *error);
bool fis_errand_stop(const struct job *job, const char *id, char said[MODEL_TEXT_MAX], struct error *error);

#endif
