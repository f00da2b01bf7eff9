/*
 * keys: the key table. One array says which key does what where, what the key bar calls it and what
 * the help and the man page say; all of them are made from it.
 */
#ifndef SHAKETABLE_UI_KEYS_H
#define SHAKETABLE_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum ui_command {
    UI_COMMAND_NONE,
    UI_COMMAND_ROLLBACK,
    UI_COMMAND_ACTIVATE, /* Enter: plan, go into a service, press a button, accept a text */
    UI_COMMAND_INJECT,
    UI_COMMAND_BACK,
    UI_COMMAND_QUIT,
    UI_COMMAND_HELP,
    UI_COMMAND_FILTER,
    UI_COMMAND_COMMAND,
    UI_COMMAND_FREEZE,
    UI_COMMAND_TASKS,
    UI_COMMAND_LOG,
    UI_COMMAND_EXPERIMENTS,
    UI_COMMAND_PLACE,
    UI_COMMAND_NEXT_PANEL,
    UI_COMMAND_PREVIOUS_PANEL,
    UI_COMMAND_UP,
    UI_COMMAND_DOWN,
    UI_COMMAND_PAGE_UP,
    UI_COMMAND_PAGE_DOWN,
    UI_COMMAND_FIRST,
    UI_COMMAND_LAST,
    UI_COMMAND_LESS,
    UI_COMMAND_MORE,
    UI_COMMAND_MUCH_LESS,
    UI_COMMAND_MUCH_MORE,
    UI_COMMAND_ENTRY,
    UI_COMMAND_MODE,
    UI_COMMAND_ZERO,
    UI_COMMAND_UNDO,
    UI_COMMAND_DURATION,
    UI_COMMAND_BLAST_RADIUS,
    UI_COMMAND_DEPENDENCY,
    UI_COMMAND_SERVICES,
    UI_COMMAND_HISTORY,
    UI_COMMAND_AXIS_LEFT,
    UI_COMMAND_AXIS_RIGHT,
    UI_COMMAND_REFRESH,
    UI_COMMAND_COMPLETE,
    UI_COMMAND_ERASE,
    UI_COMMAND_ERASE_ALL,
    UI_COMMAND_REDRAW,
    UI_COMMAND_GUARDS,
    UI_COMMAND_ADD,
    UI_COMMAND_REMOVE,
    UI_COMMAND_ENGINE,
    UI_COMMAND_CATALOGUE,
    UI_COMMAND_ACTIONS,
    UI_COMMAND_FIS_DELETE,
    UI_COMMAND_FIS_STOP,
};

/* Where a key means something. */
enum ui_context {
    UI_CONTEXT_TREE = 1,
    UI_CONTEXT_FADERS = 2,
    UI_CONTEXT_DESK = UI_CONTEXT_TREE | UI_CONTEXT_FADERS,
    UI_CONTEXT_PLAN = 4,
    UI_CONTEXT_LIST = 8, /* help, log, tasks, actions */
    UI_CONTEXT_QUIT = 16,
    UI_CONTEXT_CHOICE = 32, /* a list with a cursor: experiments, profile and region, actions */
    UI_CONTEXT_TEXT = 64,   /* wherever letters are typed */
    UI_CONTEXT_GUARDS = 128,
    UI_CONTEXT_FIS_TEMPLATE = 256, /* beside CHOICE: the cursor is on one of FIS's */
    UI_CONTEXT_FIS_EXPERIMENT = 512,
    UI_CONTEXT_FORM = 1024, /* fields below each other: letters are typed there too */
    UI_CONTEXT_ALL = 2047,
    UI_CONTEXT_TYPING = UI_CONTEXT_TEXT | UI_CONTEXT_FORM,
    UI_CONTEXT_NOT_TEXT = UI_CONTEXT_ALL & ~UI_CONTEXT_TYPING,
};

#define UI_BINDING_KEYS_MAX 3
struct ui_binding {
    enum ui_command command;
    unsigned contexts;
    int keys[UI_BINDING_KEYS_MAX]; /* 0 where there are fewer */
    const char *key_name;          /* "R", "⏎", "←→" */
    const char *label;             /* in the key bar; NULL: not there */
    const char *help;              /* NULL: said by its neighbour in the table */
    int rank;                      /* the lower, the sooner it stands in a narrow key bar */
};

/* The whole table; ends with command UI_COMMAND_NONE. */
const struct ui_binding *keys_table(void);
enum ui_command keys_find(int key, unsigned context);
/* key_name, for terminals without Unicode in words. */
const char *keys_name(const struct ui_binding *binding, bool ascii);
/* The binding that a key bar shows for a command in a context; NULL if it has none. */
const struct ui_binding *keys_binding(enum ui_command command, unsigned context);
/* The bindings for a context's key bar, in the table's order, those that `fits` columns can hold by
 * rank; each takes the width of key_name, label and three spaces. Returns how many. */
#define UI_KEY_BAR_MAX 24
size_t keys_bar(unsigned context, int width, bool ascii, const struct ui_binding *bar[UI_KEY_BAR_MAX]);

#endif
