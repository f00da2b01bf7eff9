/*
 * view_experiments: what the list of experiments, one's details and the offer tell alike.
 */
#ifndef SHAKETABLE_UI_VIEW_EXPERIMENTS_H
#define SHAKETABLE_UI_VIEW_EXPERIMENTS_H

#include "ui/view_overlay.h"

#define RECORD_WORDS_MAX 320

/* In short, with its glyph: "live here", "running", "left behind", "elsewhere", "restored". */
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

#endif
