/*
 * follow: a headless command's loop: waits for snapshots and signals, and tells what changed, in words or as
 * one JSON object a line.
 */
#ifndef SHAKETABLE_SRC_FOLLOW_H
#define SHAKETABLE_SRC_FOLLOW_H

#include "experiment/session.h"
#include "src/cli.h"
#include "ui/console.h"

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
    struct ui_summary summary; /* for the report at the end */
};

/* Blocks SIGINT, SIGTERM and SIGHUP, so that they arrive here, and opens a session as the command line says.
 * False with a message printed: there is nothing to close then. */
bool follow_open(struct follow *follow, const struct cli *cli);
/* Ends the session, and waits for a rollback that is under way. */
void follow_close(struct follow *follow);
/* Waits until the experiment is in one of the phases (a bit each: 1U << MODEL_PLANNED); tells
 * what happens meanwhile. A signal rolls back (once; further ones are answered in words), and
 * ends the wait when nothing is left to do. Returns the
 * snapshot, retained for the caller. */
struct model *follow_until(struct follow *follow, unsigned phases);
/* The figures before and now on standard output. */
void follow_print_figures(const struct model *model);

#endif
