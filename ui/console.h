/*
 * console: the screen's loop, on the calling thread.
 *
 * It draws snapshots of a session and sends it intents; the two share nothing else. Signals: SIGINT,
 * SIGTERM and SIGHUP leave the screen at once and ask the session to end (which rolls back first);
 * so does a terminal that is gone. The caller then waits for the session (session_stop) and prints
 * the summary.
 */
#ifndef SHAKETABLE_UI_CONSOLE_H
#define SHAKETABLE_UI_CONSOLE_H

#include "core/error.h"
#include "experiment/session.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ui_options {
    const char *theme; /* NULL: default */
    bool ascii;
    bool no_color;
    /* Starts a session on another profile or region (NULL: as it is) and ends the present one, which is idle;
     * NULL with an error: the present one goes on. May be NULL. */
    struct session *(*move)(void *context, const char *profile, const char *region, struct error *error);
    void *context;
    const struct choices *choices; /* for the first plan; NULL: none */
};

enum ui_outcome {
    UI_OUTCOME_QUIT,     /* the user quit */
    UI_OUTCOME_LEFT,     /* … and leaves the experiment running until its deadline */
    UI_OUTCOME_SIGNAL,   /* a signal ended it */
    UI_OUTCOME_TERMINAL, /* the terminal is gone */
};

/* What the session went through while it was on the screen: what the last model no longer says. */
struct ui_summary {
    enum ui_outcome outcome;
    int signal;             /* with UI_OUTCOME_SIGNAL */
    bool injected;          /* faults were live at least once */
    struct fault strongest; /* the last faults that were live and not clean */
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char dependencies[MODEL_TEXT_MAX]; /* its calls to these had the faults; "" */
    int64_t live_ms;                   /* how long they were live, a length */
    struct model_figures before;
    struct model_figures during;
    struct model_figures scoped; /* the two groups of it, where there was a control group */
    struct model_figures control;
};

/* 0, or -1 with `error` when there is no terminal to draw on. */
int ui_console_run(struct session *session, const struct ui_options *options, struct ui_summary *summary,
                   struct error *error);

/* Some lines for the scrollback; `last` is the session's last model, after it has ended. Nothing if
 * nothing was injected and nothing is left. */
void ui_summary_print(FILE *out, const struct ui_summary *summary, const struct model *last);
/* Notes what `model` says; ui_console_run calls it for each. */
void ui_summary_note(struct ui_summary *summary, const struct model *model);

#endif
