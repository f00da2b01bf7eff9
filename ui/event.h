/*
 * event: what happened at the terminal, without a terminal: keys as codepoints (control keys as
 * their codes below 32) or enum ui_key, the mouse with what it hit on the screen.
 */
#ifndef SHAKETABLE_UI_EVENT_H
#define SHAKETABLE_UI_EVENT_H

#include "ui/canvas.h"

#include <stdbool.h>
#include <stdint.h>

enum ui_key {
    UI_KEY_ENTER = '\r',
    UI_KEY_ESC = 27,
    UI_KEY_TAB = '\t',
    UI_KEY_BACKSPACE = 127,
    UI_KEY_FIRST_SPECIAL = 0x110000, /* above every codepoint */
    UI_KEY_UP,
    UI_KEY_DOWN,
    UI_KEY_LEFT,
    UI_KEY_RIGHT,
    UI_KEY_SHIFT_LEFT,
    UI_KEY_SHIFT_RIGHT,
    UI_KEY_BACKTAB,
    UI_KEY_PAGE_UP,
    UI_KEY_PAGE_DOWN,
    UI_KEY_HOME,
    UI_KEY_END,
    UI_KEY_DELETE,
    UI_KEY_F1,
};
#define UI_CONTROL(letter) ((letter) - 'A' + 1)

enum ui_event_type {
    UI_EVENT_KEY,
    UI_EVENT_PRESS,
    UI_EVENT_DRAG,
    UI_EVENT_RELEASE,
    UI_EVENT_WHEEL_UP,
    UI_EVENT_WHEEL_DOWN,
    UI_EVENT_TICK, /* time has passed, or there is a new model */
    UI_EVENT_RESIZE,
    UI_EVENT_FOCUS_IN,
    UI_EVENT_FOCUS_OUT,
};
struct ui_event {
    enum ui_event_type type;
    int key;
    int x, y;
    struct hit hit;  /* what lies under the mouse */
    int scroll_most; /* the canvas's, when it was drawn */
    int tree_rows;   /* likewise; < 0: nothing was drawn yet */
    int64_t at_ms;   /* epoch, as the model's now_ms */
};

#endif
