/*
 * paths: where the console keeps its files. Directories are made at need with mode 0700.
 */
#ifndef SHAKETABLE_EXPERIMENT_PATHS_H
#define SHAKETABLE_EXPERIMENT_PATHS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define PATHS_MAX 1024

/* $XDG_STATE_HOME/shaketable/experiments */
bool paths_experiments(char path[PATHS_MAX], struct error *error);
/* $XDG_CONFIG_HOME/shaketable */
bool paths_config(char path[PATHS_MAX], struct error *error);
/* …/experiments/ID.SUFFIX; the id is checked to be one of ours ([0-9a-z-], at most 31). */
bool paths_experiment_file(const char *experiment, const char *suffix, char path[PATHS_MAX],
                           struct error *error);
/* The control socket of a running experiment: $XDG_RUNTIME_DIR/shaketable/ID.sock, else beside the journal.
 */
bool paths_control_socket(const char *experiment, char path[PATHS_MAX], struct error *error);
/* "user@host". */
void paths_operator(char *text, size_t size);

#endif
