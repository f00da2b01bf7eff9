/*
 * screen: the terminal. The only place with curses.
 *
 * Keys are read from /dev/tty opened anew (never from standard input, whose open file description
 * standard output may share), drawing goes to standard output. A canvas is flushed by what changed
 * since the last one; while the terminal is backed up nothing is written. However the program ends,
 * the terminal is put back as it was: screen_close(), and on fatal signals a handler of ours.
 * There is one terminal, so at most one screen is open at a time.
 */
#ifndef SHAKETABLE_UI_SCREEN_H
#define SHAKETABLE_UI_SCREEN_H

#include "core/error.h"
#include "ui/canvas.h"
#include "ui/event.h"
#include "ui/theme.h"

#include <stdbool.h>

struct screen;

struct screen_options {
    const struct theme *theme;
    bool ascii;    /* also chosen where the locale is not UTF-8 */
    bool no_color; /* also chosen by NO_COLOR in the environment */
};

/* Install handlers for SIGINT, SIGTERM, SIGTSTP and SIGWINCH before: curses leaves those alone then. */
struct screen *screen_open(const struct screen_options *options, struct error *error);
void screen_close(struct screen *screen);

/* To be polled for POLLIN. */
int screen_input_fd(const struct screen *screen);
/* The next key or mouse event that waits; its hit is not filled in. False when there is none. */
bool screen_next_event(struct screen *screen, struct ui_event *event);
/* Takes over the terminal's size. */
void screen_resize(struct screen *screen);
void screen_size(const struct screen *screen, int *cols, int *rows);
bool screen_is_ascii(const struct screen *screen);
/* Without colour states are drawn with texture, see theme_is_mono(). */
bool screen_is_mono(const struct screen *screen);
void screen_set_theme(struct screen *screen, const struct theme *theme);

/* Draws what changed. False if the terminal is backed up: nothing was drawn, try again later. */
bool screen_flush(struct screen *screen, const struct canvas *canvas);
/* The next flush draws everything anew. */
void screen_forget(struct screen *screen);

/* Leaves the terminal to the shell, and takes it again. */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen);

#endif
