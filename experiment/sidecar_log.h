/*
 * sidecar_log: what a sidecar logged, as CloudWatch Logs gives it back: whose it is, and which frame it is.
 */
#ifndef SHAKETABLE_EXPERIMENT_SIDECAR_LOG_H
#define SHAKETABLE_EXPERIMENT_SIDECAR_LOG_H

#include "core/stats.h"

#include <stdbool.h>

#define SIDECAR_LOG_PATTERN "{ $.type = \"stats\" }"
#define SIDECAR_LOG_NAME_MAX 64

struct sidecar_log {
    char container[SIDECAR_LOG_NAME_MAX];
    char task_id[SIDECAR_LOG_NAME_MAX];
};

/* `stream` is "PREFIX/CONTAINER/TASK". False for another stream, or a line that is no stats frame (other
 * things are printed as well); `frame` is scratch then. */
bool sidecar_log_read(const char *stream, const char *prefix, const char *line, struct sidecar_log *whose,
                      struct stats_frame *frame);

#endif
