/*
 * view_overlay: what the dialogs share.
 */
#ifndef SHAKETABLE_UI_VIEW_OVERLAY_H
#define SHAKETABLE_UI_VIEW_OVERLAY_H

#include "ui/view.h"

/* "[ Inject ]"; returns the column behind it. */
int overlay_button(const struct view *view, int x, int y, const char *text, int value, bool focused,
                   bool enabled);
/* A text field with its cursor at the end. */
void overlay_field(const struct view *view, struct rect rect, const char *text);
/* "12 more lines ↓" in the dialog's lower border, and a scroll bar. */
void overlay_more(const struct view *view, struct rect body, int skip, int lines);

void overlay_experiments(const struct view *view, struct rect rect);
void overlay_record(const struct view *view, struct rect rect);
void overlay_fis_delete(const struct view *view, struct rect rect);
void overlay_fis_stop(const struct view *view, struct rect rect);
void overlay_offer(const struct view *view, struct rect rect);
void overlay_place(const struct view *view, struct rect rect);
void overlay_guards(const struct view *view, struct rect rect);
void overlay_guard(const struct view *view, struct rect rect);
void overlay_actions(const struct view *view, struct rect rect);
void overlay_catalogue(const struct view *view, struct rect rect);
void overlay_form(const struct view *view, struct rect rect);
void overlay_notes(const struct view *view, struct rect rect);
void overlay_plan(const struct view *view, struct rect rect);

#endif
