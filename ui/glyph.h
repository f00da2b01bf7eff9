/*
 * glyph: what is drawn with, by role; each has a form in Unicode and one in ASCII.
 */
#ifndef SHAKETABLE_UI_GLYPH_H
#define SHAKETABLE_UI_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

enum glyph {
    GLYPH_OPEN,    /* an unfolded branch */
    GLYPH_FOLDED,  /* a folded one */
    GLYPH_CURSOR,  /* the selected row */
    GLYPH_CRUMB,   /* between the crumbs */
    GLYPH_LIVE,    /* the live value, and what is live */
    GLYPH_STAGED,  /* the staged value */
    GLYPH_CAP,     /* how far a fader may go */
    GLYPH_FILLED,  /* track up to the live value */
    GLYPH_PENDING, /* track between live and staged */
    GLYPH_TRACK,   /* the rest of the track */
    GLYPH_TRACK_START,
    GLYPH_TRACK_END,
    GLYPH_REST, /* a knob at rest */
    GLYPH_GOOD,
    GLYPH_BAD,
    GLYPH_PARTLY, /* under way, some of many */
    GLYPH_TODO,
    GLYPH_WARNING,
    GLYPH_NOTE,
    GLYPH_FOREIGN, /* injected by someone else */
    GLYPH_BEHIND,  /* reached, not acknowledged yet */
    GLYPH_UNREACHABLE,
    GLYPH_AXIS,
    GLYPH_AXIS_TICK,
    GLYPH_AXIS_START,
    GLYPH_AXIS_END,
    GLYPH_MARK_LIVE,     /* a percentile of now, on the axis */
    GLYPH_MARK_BASELINE, /* … of before */
    GLYPH_BEYOND,        /* counted beyond the axis' end */
    GLYPH_BEYOND_LEFT,
    GLYPH_MOMENT,      /* the dashed line of a change */
    GLYPH_MOMENT_MARK, /* its foot */
    GLYPH_SHADE,       /* the baseline's fill where there is no colour */
    GLYPH_FULL,        /* a full cell */
    GLYPH_HALF_UPPER,
    GLYPH_UNMEASURED, /* nothing was heard */
    GLYPH_UNKNOWN,    /* a figure with too few samples */
    GLYPH_ELLIPSIS,
    GLYPH_BAR_FULL,
    GLYPH_BAR_EMPTY,
    GLYPH_BACK,   /* recovering */
    GLYPH_SCROLL, /* a scrollbar's thumb */
    GLYPH_COUNT
};

uint32_t glyph_codepoint(enum glyph glyph, bool ascii);
/* Block column of 0–8 eighths; in ASCII ' ', '.', ':', '|' and the like. */
uint32_t glyph_eighths(int eighths, bool ascii);
/* How much, 0–8, as texture: for terminals without colour. */
uint32_t glyph_density(int level, bool ascii);
/* The spinner's n-th picture. */
uint32_t glyph_spinner(unsigned n, bool ascii);

/* Lines by the sides that they reach. */
enum glyph_side { SIDE_LEFT = 1, SIDE_RIGHT = 2, SIDE_UP = 4, SIDE_DOWN = 8 };
uint32_t glyph_line(unsigned sides, bool ascii);
/* The sides of a line character, 0 for anything else (in ASCII: '+' reaches all). */
unsigned glyph_line_sides(uint32_t ch, bool ascii);

/* An ASCII stand-in for a codepoint that texts of ours or of AWS hold; '?' for one unknown. */
uint32_t glyph_to_ascii(uint32_t ch);

#endif
