/*
 * theme: what each role looks like, for as many colours as the terminal has.
 *
 * Views name roles, never colours. A role can be a foreground or a background. No role's meaning
 * stands on its colour alone: a glyph or a word says it too. A theme brings its background along,
 * so that it is legible whatever the terminal's own is; mono leaves the terminal its colours.
 */
#ifndef SHAKETABLE_UI_THEME_H
#define SHAKETABLE_UI_THEME_H

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_TEXT,
    ROLE_GROUND, /* the background of it all */
    ROLE_BRIGHT, /* figures and names that are read first */
    ROLE_DIM,
    ROLE_FAINT, /* tracks, unmeasured, disabled */
    ROLE_FRAME,
    ROLE_TITLE,
    ROLE_ACCENT,
    ROLE_LIVE,
    ROLE_STAGED,
    ROLE_GOOD,
    ROLE_WARN,
    ROLE_DANGER,
    ROLE_BASELINE,
    ROLE_INK,                    /* text on a chip of a strong colour */
    ROLE_BAR,                    /* background of the top line and the key bar */
    ROLE_SELECTED,               /* background of the selected row */
    ROLE_DIALOG,                 /* background of a dialog */
    ROLE_FIELD,                  /* background of a text field and of a button at rest */
    ROLE_HEAT0,                  /* least … */
    ROLE_HEAT7 = ROLE_HEAT0 + 7, /* … most */
    ROLE_COUNT
};

enum theme_depth { DEPTH_NONE, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_TRUE };

struct theme;

/* "default", "light", "safe" (for the colour-blind), "mono"; NULL for another name. */
const struct theme *theme_find(const char *name);
/* The names in order, NULL after the last. */
const char *theme_name_at(unsigned index);
const char *theme_name(const struct theme *theme);
/* Views need to know: without colour, shares and states are drawn with texture. */
bool theme_is_mono(const struct theme *theme);

/* A colour's number at that depth (0xRRGGBB at DEPTH_TRUE), -1 for the terminal's own. */
int32_t theme_color(const struct theme *theme, enum role role, enum theme_depth depth);
/* Attributes that stand in where there is no colour. */
#define THEME_BOLD 1U
#define THEME_DIM 2U
#define THEME_REVERSE 4U
#define THEME_UNDERLINE 8U
/* Of a foreground and of a background role together; with colour only what few colours can't say. */
unsigned theme_attributes(const struct theme *theme, enum role foreground, enum role background,
                          enum theme_depth depth);

#endif
