/*
 * canvas: a grid of cells that views draw on; no terminal in sight.
 *
 * A cell is a Unicode codepoint and a style; a style (type paint) is a role for the foreground, a role for
 * the background (see theme.h) and attributes. All drawing is clipped to the canvas and to its clip
 * rectangle. A character of width two takes two cells, the second holds codepoint 0; characters of
 * width zero are dropped. While drawing, views register hit rectangles, so that what a click means
 * is decided by what is on the screen.
 */
#ifndef SHAKETABLE_UI_CANVAS_H
#define SHAKETABLE_UI_CANVAS_H

#include "ui/glyph.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rect {
    int x, y, width, height;
};
static inline bool rect_contains(struct rect rect, int x, int y)
{
    return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}
struct rect rect_inset(struct rect rect, int horizontally, int vertically);
struct rect rect_centered(struct rect outer, int width, int height);

typedef uint16_t paint;
#define STYLE_BOLD 0x1000U
#define STYLE_UNDERLINE 0x2000U
#define STYLE_OF(foreground, background) ((paint)((unsigned)(foreground) | ((unsigned)(background) << 6U)))
#define STYLE_FOREGROUND(style) ((style)&63U)
#define STYLE_BACKGROUND(style) (((style) >> 6U) & 63U)
static inline paint style_bold(paint s)
{
    return (paint)(s | STYLE_BOLD);
}
static inline paint style_on(paint s, unsigned background)
{
    return (paint)((s & ~(63U << 6U)) | (background << 6U));
}

struct cell {
    uint32_t ch; /* 0: the right half of a wide character */
    paint style;
};

enum hit_kind {
    HIT_NONE,
    HIT_TREE_ROW, /* value: row of the tree */
    HIT_TREE,     /* the tree's panel */
    HIT_FADER,    /* value: fader; the rectangle is the track */
    HIT_FADER_ROW,
    HIT_COMMAND,  /* value: enum ui_command */
    HIT_BUTTON,   /* value: the dialog's button */
    HIT_LIST_ROW, /* value: the row of a list with a cursor */
    HIT_GUARD,    /* value: its place in the list of guards */
    HIT_OVERLAY,  /* a dialog's body */
};
struct hit {
    struct rect rect;
    enum hit_kind kind;
    int value;
};
#define CANVAS_HITS_MAX 256
#define CANVAS_SIDE_MAX 1000

struct canvas {
    int cols, rows;
    struct cell *cells;
    struct rect clip;
    bool ascii;
    int scroll_most; /* how far what is in front can be scrolled, as drawn */
    int tree_rows;   /* how many rows of the tree there is room for, as drawn */
    size_t hit_count;
    struct hit hits[CANVAS_HITS_MAX];
};

/* Sides are brought within 1 and CANVAS_SIDE_MAX; without memory the process ends with a word. */
void canvas_init(struct canvas *canvas, int cols, int rows, bool ascii);
void canvas_free(struct canvas *canvas);
/* Blank cells, no hits, the whole canvas as clip. */
void canvas_clear(struct canvas *canvas);
/* Narrows the clip; returns the old one, for canvas_restore_clip. */
struct rect canvas_clip(struct canvas *canvas, struct rect clip);
void canvas_restore_clip(struct canvas *canvas, struct rect clip);

void canvas_put(struct canvas *canvas, int x, int y, uint32_t ch, paint style);
void canvas_glyph(struct canvas *canvas, int x, int y, enum glyph glyph, paint style);
void canvas_repeat(struct canvas *canvas, int x, int y, int count, enum glyph glyph, paint style);
void canvas_fill(struct canvas *canvas, struct rect rect, paint style);
/* Changes the style of what is there. */
void canvas_restyle(struct canvas *canvas, struct rect rect, paint style);

/* Text from x on; returns the column behind it. Invalid UTF-8 shows as ?, control characters as spaces. */
int canvas_text(struct canvas *canvas, int x, int y, paint style, const char *text);
/* At most `width` columns; what is longer ends in an ellipsis. Returns the column behind it. */
int canvas_text_fit(struct canvas *canvas, int x, int y, int width, paint style, const char *text);
/* Ends before column `right`; returns its first column. */
int canvas_text_right(struct canvas *canvas, int right, int y, paint style, const char *text);
int canvas_printf(struct canvas *canvas, int x, int y, paint style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Columns that a text takes. */
int canvas_text_width(const char *text);
/* Wraps at spaces into at most `height` lines of `width`; returns the lines used. With canvas NULL it
 * only counts. */
int canvas_wrap(struct canvas *canvas, int x, int y, int width, int height, paint style, const char *text);

/* Its lines join those that are there already: neighbours may share a border. */
void canvas_box(struct canvas *canvas, struct rect rect, paint style);
/* A title in a horizontal line: at the left " title ", at the right end " text ". */
void canvas_title(struct canvas *canvas, struct rect rect, paint style, const char *title);
void canvas_title_right(struct canvas *canvas, struct rect rect, paint style, const char *text);

/* A column of `eighths` eighths of a cell's height, growing upwards from row `bottom`. */
void canvas_column(struct canvas *canvas, int x, int bottom, int eighths, paint style);
/* A bar of `share` (0 to 1) of `width` cells: full and empty ones. */
void canvas_bar(struct canvas *canvas, int x, int y, int width, double share, paint full, paint empty);

void canvas_hit(struct canvas *canvas, struct rect rect, enum hit_kind kind, int value);
/* The topmost (last registered) at that cell; kind HIT_NONE if there is none. */
struct hit canvas_hit_at(const struct canvas *canvas, int x, int y);

/* Takes one character off a text: the codepoint, and moves *text behind it; 0 at the end. */
uint32_t canvas_next_codepoint(const char **text);
/* Columns of a codepoint: 0, 1 or 2. */
int canvas_codepoint_width(uint32_t ch);

#endif
