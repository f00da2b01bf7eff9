/*
 * follow: a headless command's loop: waits for snapshots and signals, and tells what changed, in words or as
 * one JSON object a line.
 */
#ifndef SHAKETABLE_SRC_FOLLOW_H
#define SHAKETABLE_SRC_FOLLOW_H

#include "experiment/session.h"
#include "src/cli.h"

#include <stdbool.h>

struct follow {
    struct session *session;
    bool json, quiet;
    int signal_fd;
    /* what was told already */
    enum model_phase phase;
    struct model_step steps[MODEL_STEPS_MAX];
    size_t log_told;
    int64_t log_last_ms;
    int64_t next_measure_ms;
    bool rolling_back;
};

/* Blocks SIGINT, SIGTERM, SIGHUP, so that they arrive at the follow. Call it before session_start. */
bool follow_prepare(struct follow *follow, bool json, struct error *error);
/* Waits until the experiment is in one of the phases (a bit each: 1U << MODEL_PLANNED); tells
 * what happens meanwhile. A signal rolls back (once; further ones are answered in words), and
 * ends the wait when nothing is left to do. Returns the
 * snapshot, retained for the caller. */
struct model *follow_until(struct follow *follow, unsigned phases);
void follow_end(struct follow *follow);

/* Opens a session as the command line says; NULL with a message printed. */
struct session *follow_open_session(const struct cli *cli, bool inventory);
void follow_print_findings(const struct model_plan *plan);
/* The figures before and now on standard output. */
void follow_print_figures(const struct model *model);

#endif
