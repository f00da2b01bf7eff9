/*
 * eventlog: what happened, in words, for the screen's log and a file. One thread.
 */
#ifndef SHAKETABLE_EXPERIMENT_EVENTLOG_H
#define SHAKETABLE_EXPERIMENT_EVENTLOG_H

#include "core/error.h"
#include "experiment/model.h"

#include <stdbool.h>
#include <stdio.h>

struct eventlog {
    size_t count;
    struct model_log_line lines[MODEL_LOG_MAX]; /* oldest first */
    FILE *file;                                 /* NULL: none */
};

/* `path` NULL: no file. It is appended to, mode 0600. */
bool eventlog_open(struct eventlog *log, const char *path, struct error *error);
void eventlog_close(struct eventlog *log);
void eventlog_add(struct eventlog *log, enum model_log_level level, const char *text);

#endif
