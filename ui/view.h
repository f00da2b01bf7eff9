/*
 * view: what the desk looks like. Pure renderers: from a model, a state and a time onto a canvas.
 */
#ifndef SHAKETABLE_UI_VIEW_H
#define SHAKETABLE_UI_VIEW_H

#include "ui/canvas.h"
#include "ui/state.h"
#include "ui/theme.h"

#include <stdbool.h>
#include <stdint.h>

struct view {
    struct canvas *canvas;
    const struct model *model;
    const struct ui_state *state;
    const struct model_series *series; /* the frozen one while the picture is frozen */
    int64_t now_ms;                    /* of the series: stands still while frozen */
    int64_t clock_ms;                  /* of everything else */
    bool mono;                         /* say with texture what colour would say */
};

/* Where the parts stand; a part with height 0 is not shown. */
struct layout {
    struct rect top, tree, faders, trip, history, log, keys;
    struct rect frame; /* around faders, trip and history */
    bool small;        /* too small for frames: one fader and figures */
    bool tiny;         /* a word and R */
    bool tree_folded;  /* the tree is a drop-down */
    int fader_rows;    /* rows of faders that fit */
    bool fader_scale;  /* the scale under them */
    int trip_rows;     /* rows of the histogram's columns */
    bool difference;   /* the table's third row */
};
void layout_make(struct layout *layout, int cols, int rows, bool history);

/* Draws everything; clears the canvas first. */
void view_draw(struct canvas *canvas, const struct model *model, const struct ui_state *state, int64_t now_ms,
               bool mono);

/* The parts. */
void view_top(const struct view *view, struct rect rect);
void view_tree(const struct view *view, struct rect rect);
void view_details(const struct view *view, struct rect rect);
void view_faders(const struct view *view, struct rect rect, int rows, bool scale);
void view_trip(const struct view *view, struct rect rect, int rows, bool difference);
void view_table(const struct view *view, struct rect rect, bool difference);
void view_history(const struct view *view, struct rect rect);
/* The experiment's actions: as a panel of their own, or over the upper right of another. */
void view_actions(const struct view *view, struct rect rect);
void view_actions_beside(const struct view *view, struct rect rect);
/* "AWS FIS · running · 3 of 5 over, 1 failed"; without `engine` from "running" on. */
#define VIEW_ACTION_WORDS_MAX 96
void view_action_words(const struct view *view, bool engine, char text[VIEW_ACTION_WORDS_MAX]);
void view_actions_plain(const struct view *view, struct rect rect);
/* The action that matters most, in one row. */
void view_action_row(const struct view *view, struct rect row);
void view_steps(const struct view *view, struct rect rect);
void view_log(const struct view *view, struct rect rect);
void view_keys(const struct view *view, struct rect rect);
void view_small(const struct view *view, const struct layout *layout);
void view_tiny(const struct view *view);
void view_overlay(const struct view *view, struct rect rect);

/* How the guards stand, in a few words ("2 guards ok"; "" if there are none), and their role. */
#define VIEW_GUARD_WORDS_MAX 96
enum role view_guard_words(const struct view *view, char text[VIEW_GUARD_WORDS_MAX]);
/* The limits of round trips, as lines in the room of the histogram's columns, to be drawn before those. */
struct axis;
void view_guard_lines(const struct view *view, const struct axis *axis, struct rect columns);

/* Shared. */
#define VIEW_STYLE(role) STYLE_OF(role, ROLE_GROUND)
/* One fader's track: its three marks between the ends of `rect`'s first row. */
void view_fader_track(const struct view *view, enum fader fader, struct rect rect);
/* The fader's staged value; while it is locked, the live one. */
double view_staged(const struct view *view, enum fader fader);
/* What the fader becomes with the engine; "" with the sidecar. `can` false: the engine does not have it. */
const char *view_engine_words(const struct view *view, enum fader fader, bool *can);
struct rect view_dialog(const struct view *view, struct rect rect, int width, int height, const char *title);
/* "12.4 ms", or the mark for unknown below 0. */
void view_format_us(const struct view *view, double us, char text[UNITS_TEXT_MAX]);
void view_format_share(const struct view *view, double percent, char text[UNITS_TEXT_MAX]);
/* A sidecar's state: word, glyph, role. */
struct view_mark {
    const char *word;
    enum glyph glyph;
    enum role role;
};
struct view_mark view_sidecar_mark(const struct model_sidecar *sidecar);
struct view_mark view_service_mark(const struct view *view, const struct model_cluster *cluster,
                                   const struct model_service *service);
/* "direct", "ssm, …"; "" where it was not chosen yet. */
const char *view_reach_words(enum choices_reach reach);
/* "live on 3 of 4 sidecars, 1 unreachable"; `behind` in place of "live on" while others have yet to follow.
 */
void view_live_words(const struct view *view, const char *behind, char *text, size_t size);
/* Faults that take seconds to change: what is under way, and when the next can go; false: nothing to tell. */
#define VIEW_CHANGE_WORDS_MAX 96
bool view_change_words(const struct view *view, bool brief, char text[VIEW_CHANGE_WORDS_MAX]);
struct view_mark view_phase_mark(const struct view *view);
void view_spark(const struct view *view, int x, int y, const double *values, size_t count, paint style);
/* True when there is something that R would roll back. */
bool view_has_way_back(const struct view *view);
/* How old the figures are, 0 while they are fresh. */
int64_t view_age_ms(const struct view *view);
uint32_t view_spinner(const struct view *view);

#endif
