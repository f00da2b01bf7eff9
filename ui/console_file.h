/*
 * console_file: the files that somebody at the screen asked for: a template to be read, or to be written.
 */
#ifndef SHAKETABLE_UI_CONSOLE_FILE_H
#define SHAKETABLE_UI_CONSOLE_FILE_H

#include "ui/state.h"

/* Does what state->file_wish says and resets it; what went wrong is a notice. `out` is emptied first. */
void console_file_follow(struct ui_state *state, struct model *model, int64_t now_ms, struct ui_intents *out);

#endif
