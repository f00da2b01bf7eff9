/*
 * view_experiments: what the list of experiments, one's details and the offer tell alike.
 */
#ifndef SHAKETABLE_UI_VIEW_EXPERIMENTS_H
#define SHAKETABLE_UI_VIEW_EXPERIMENTS_H

#include "ui/view_overlay.h"

#define RECORD_WORDS_MAX 320

/* What of a row fits: of a wide one all, of a narrow one the service. */
#define RECORD_WIDE 78
#define RECORD_MEDIUM 56
#define RECORD_NARROW 44
#define RECORD_WORD_WIDTH 12

/* In short, with its glyph: "live here", "running", "left behind", "elsewhere", "prepared", "restored". */
struct view_mark record_mark(const struct view *view, const struct model_record *record);
/* Who: "you" or the operator. */
const char *record_owner(const struct model_record *record);
/* "12 min" of a length of time, rounded down. */
void record_age(int64_t length_ms, char text[UNITS_TEXT_MAX]);
/* "12 min ago", and "until 14:09:07, 5 min left" or "its deadline has passed". */
void record_begun(const struct view *view, const struct model_record *record, char text[RECORD_WORDS_MAX]);
void record_deadline(const struct view *view, const struct model_record *record, char text[RECORD_WORDS_MAX]);
/* A sentence or two: what is known of it, and what that means. */
void record_story(const struct view *view, const struct model_record *record, char text[RECORD_WORDS_MAX]);
/* One row of a list; `lit` under the cursor. */
void record_row(const struct view *view, struct rect rect, const struct model_record *record, bool lit);
/* Its beginning, the cursor and the mark; returns the column behind it. */
int record_row_begin(const struct view *view, struct rect rect, struct view_mark mark, bool lit);

/* The details of something: lines are counted as they are drawn; what is above the scroll or below the room
 * is clipped. */
struct record_page {
    const struct view *view;
    struct rect rect;
    int y;
};
void record_page_wrap(struct record_page *page, int indent, paint style, const char *text);
/* "label   text"; nothing where the text is "". */
void record_page_field(struct record_page *page, const char *label, paint style, const char *text);

/* ── view_fis.c: what FIS holds ──────────────────────────────────────────────────────────── */
/* "running", "template", "completed"; of one that is not a record. */
struct view_mark fis_mark(const struct ui_list_row *row);
void fis_row(const struct view *view, struct rect rect, const struct ui_list_row *row, bool lit);
/* Whether there is something to be said of FIS; and the line that says it. */
bool fis_has_heading(const struct view *view);
void fis_heading(const struct view *view, struct rect rect);
const char *fis_title(const struct ui_list_row *row);
void fis_details(struct record_page *page, const struct ui_list_row *row);

#endif
