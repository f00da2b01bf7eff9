#include "ui/keys.h"

#include "ui/canvas.h"
#include "ui/event.h"

#include <stdbool.h>
#include <string.h>

/* clang-format off */
static const struct ui_binding table[] = {
    {UI_COMMAND_HELP, UI_CONTEXT_DESK | UI_CONTEXT_LIST | UI_CONTEXT_CHOICE, {'?', UI_KEY_F1}, "?", "help",
     "this help", 2},
    {UI_COMMAND_BACK, UI_CONTEXT_PLAN | UI_CONTEXT_LIST | UI_CONTEXT_QUIT | UI_CONTEXT_CHOICE | UI_CONTEXT_GUARDS, {UI_KEY_ESC}, "Esc", "back",
     NULL, 1},
    {UI_COMMAND_BACK, UI_CONTEXT_DESK, {UI_KEY_ESC}, "Esc", NULL,
     "back: closes what is open, drops a filter, takes note of what has ended", 9},
    {UI_COMMAND_BACK, UI_CONTEXT_TEXT, {UI_KEY_ESC}, "Esc", "cancel", NULL, 1},
    {UI_COMMAND_BACK, UI_CONTEXT_FORM, {UI_KEY_ESC}, "Esc", "to the list", NULL, 1},
    {UI_COMMAND_FILTER, UI_CONTEXT_DESK, {'/'}, "/", "filter",
     "filter the services as you type", 6},
    {UI_COMMAND_COMMAND, UI_CONTEXT_DESK, {':'}, ":", NULL,
     "a command, with completion: inject, latency 800ms, error 503@10%, duration 5m, theme light, …", 9},
    {UI_COMMAND_UP, UI_CONTEXT_NOT_TEXT, {UI_KEY_UP, 'k'}, "↑↓", NULL,
     "to the row above or below (also k and j)", 9},
    {UI_COMMAND_DOWN, UI_CONTEXT_NOT_TEXT, {UI_KEY_DOWN, 'j'}, "↓", NULL, NULL, 9},
    {UI_COMMAND_UP, UI_CONTEXT_TEXT, {UI_KEY_UP}, "↑", NULL, NULL, 9},
    {UI_COMMAND_DOWN, UI_CONTEXT_TEXT, {UI_KEY_DOWN}, "↓", NULL, NULL, 9},
    {UI_COMMAND_UP, UI_CONTEXT_FORM, {UI_KEY_UP, UI_KEY_BACKTAB}, "↑↓", "fields", NULL, 3},
    {UI_COMMAND_DOWN, UI_CONTEXT_FORM, {UI_KEY_DOWN, UI_KEY_TAB}, "↓", NULL, NULL, 9},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_TREE, {UI_KEY_ENTER, '\n'}, "⏎", "choose",
     "in the services: choose one, fold a cluster", 3},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_FADERS, {UI_KEY_ENTER, '\n'}, "⏎", "inject",
     "at the faders: show the plan; in a plan: go on (live: send what is staged)", 3},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_PLAN | UI_CONTEXT_QUIT, {UI_KEY_ENTER, '\n'}, "⏎", "press", NULL, 2},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_TEXT, {UI_KEY_ENTER, '\n'}, "⏎", "accept", NULL, 2},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_FORM, {UI_KEY_ENTER, '\n'}, "⏎", "plan", NULL, 2},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_CHOICE, {UI_KEY_ENTER, '\n'}, "⏎", "choose",
     "in a list: its details, or choose it", 3},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_LIST, {UI_KEY_ENTER, '\n'}, "⏎", NULL, NULL, 9},
    {UI_COMMAND_INJECT, UI_CONTEXT_DESK, {'i'}, "i", NULL,
     "show the plan for what is staged", 9},
    {UI_COMMAND_LESS, UI_CONTEXT_FADERS, {UI_KEY_LEFT, 'h'}, "←→", "adjust",
     "one step less or more (also h and l)", 4},
    {UI_COMMAND_LESS, UI_CONTEXT_TREE | UI_CONTEXT_CHOICE, {UI_KEY_LEFT, 'h'}, "←→", NULL, NULL, 9},
    {UI_COMMAND_LESS, UI_CONTEXT_PLAN | UI_CONTEXT_QUIT, {UI_KEY_LEFT, 'h'}, "←→", "buttons", NULL, 4},
    {UI_COMMAND_LESS, UI_CONTEXT_FORM, {UI_KEY_LEFT}, "←→", "choose", NULL, 4},
    {UI_COMMAND_MORE, UI_CONTEXT_FORM, {UI_KEY_RIGHT}, "→", NULL, NULL, 9},
    {UI_COMMAND_UP, UI_CONTEXT_PLAN, {UI_KEY_UP}, "↑↓", "scroll", NULL, 5},
    {UI_COMMAND_MORE, UI_CONTEXT_TREE | UI_CONTEXT_CHOICE, {UI_KEY_RIGHT}, "→", NULL, NULL, 9},
    {UI_COMMAND_MORE, UI_CONTEXT_FADERS | UI_CONTEXT_PLAN | UI_CONTEXT_QUIT, {UI_KEY_RIGHT, 'l'}, "→", NULL, NULL, 9},
    {UI_COMMAND_MUCH_LESS, UI_CONTEXT_DESK, {UI_KEY_SHIFT_LEFT, 'H'}, "⇧←→", NULL,
     "a large step less or more (also H and L)", 9},
    {UI_COMMAND_MUCH_MORE, UI_CONTEXT_DESK, {UI_KEY_SHIFT_RIGHT, 'L'}, "⇧→", NULL, NULL, 9},
    {UI_COMMAND_ENTRY, UI_CONTEXT_DESK, {'e'}, "e", "enter value",
     "enter a value with its unit: 800ms, 1.5s, 2%, 503@10%, 1MB/s; scope: 50% GET /api/*", 5},
    {UI_COMMAND_MODE, UI_CONTEXT_FADERS, {'m'}, "m", NULL,
     "the fader's kind: latency's distribution, the errors' status, the scope's direction", 9},
    {UI_COMMAND_ZERO, UI_CONTEXT_DESK, {'0'}, "0", "zero",
     "the fader to zero (bandwidth: no limit)", 6},
    {UI_COMMAND_UNDO, UI_CONTEXT_DESK, {'z'}, "z", "undo",
     "undo the last move of a fader", 7},
    {UI_COMMAND_DURATION, UI_CONTEXT_DESK, {'d'}, "d", "duration",
     "how long the faults stay: 5m, 90s, or none for an open end", 7},
    {UI_COMMAND_BLAST_RADIUS, UI_CONTEXT_DESK, {'b'}, "b", NULL,
     "the blast radius: how much of the traffic, by a few tasks beside the service (a canary); with FIS: of the tasks", 9},
    {UI_COMMAND_DEPENDENCY, UI_CONTEXT_DESK, {'D'}, "D", NULL,
     "what the service calls, to be faulted instead of what comes to it: dynamodb, s3, …, HOST:PORT, or none", 9},
    {UI_COMMAND_NEXT_PANEL, UI_CONTEXT_DESK | UI_CONTEXT_PLAN | UI_CONTEXT_QUIT | UI_CONTEXT_CHOICE, {UI_KEY_TAB}, "Tab", NULL,
     "to the next panel or button (Shift-Tab: to the one before)", 9},
    {UI_COMMAND_PREVIOUS_PANEL, UI_CONTEXT_DESK | UI_CONTEXT_PLAN | UI_CONTEXT_QUIT | UI_CONTEXT_CHOICE, {UI_KEY_BACKTAB}, "⇧Tab", NULL,
     NULL, 9},
    {UI_COMMAND_SERVICES, UI_CONTEXT_DESK, {'s'}, "s", NULL,
     "the services (where they do not fit beside the desk: as a drop-down)", 9},
    {UI_COMMAND_ENGINE, UI_CONTEXT_DESK, {'E'}, "E", NULL,
     "the engine of what is staged: our sidecar, AWS FIS or the ECS agent; each fader says what it becomes there", 9},
    {UI_COMMAND_CATALOGUE, UI_CONTEXT_DESK | UI_CONTEXT_CHOICE, {'a'}, "a", "actions",
     "the actions of AWS FIS: ⏎ opens one's form, and there shows its plan", 8},
    {UI_COMMAND_ACTIONS, UI_CONTEXT_DESK | UI_CONTEXT_LIST, {'A'}, "A", NULL,
     "how the running experiment's actions stand, one a line", 9},
    {UI_COMMAND_TASKS, UI_CONTEXT_DESK | UI_CONTEXT_LIST, {'t'}, "t", "tasks",
     "the sidecars and targets, one a line", 6},
    {UI_COMMAND_EXPERIMENTS, UI_CONTEXT_DESK | UI_CONTEXT_LIST | UI_CONTEXT_CHOICE, {'x'}, "x", "experiments",
     "the experiments there are and were: ⏎ tells more, R rolls back the one under the cursor", 8},
    {UI_COMMAND_FIS_DELETE, UI_CONTEXT_FIS_TEMPLATE, {'d', UI_KEY_DELETE}, "d", "delete",
     "on a template of FIS's that shaketable made: delete it, after a question", 2},
    {UI_COMMAND_FIS_STOP, UI_CONTEXT_FIS_EXPERIMENT, {'s'}, "s", "stop",
     "on somebody's experiment of FIS's: stop it, once its id is typed", 2},
    {UI_COMMAND_PLACE, UI_CONTEXT_DESK | UI_CONTEXT_CHOICE, {'p'}, "p", NULL,
     "another profile or region", 9},
    {UI_COMMAND_GUARDS, UI_CONTEXT_DESK | UI_CONTEXT_LIST | UI_CONTEXT_PLAN, {'g'}, "g", "guards",
     "the guards: what must not come to be; there a adds one, Enter changes it, d removes it", 5},
    {UI_COMMAND_GUARDS, UI_CONTEXT_GUARDS, {'g'}, "g", NULL, NULL, 9},
    {UI_COMMAND_ADD, UI_CONTEXT_GUARDS, {'a'}, "a", "add", NULL, 2},
    {UI_COMMAND_ACTIVATE, UI_CONTEXT_GUARDS, {UI_KEY_ENTER, '\n'}, "⏎", "change", NULL, 4},
    {UI_COMMAND_REMOVE, UI_CONTEXT_GUARDS, {'d', UI_KEY_DELETE}, "d", "remove", NULL, 3},
    {UI_COMMAND_LOG, UI_CONTEXT_TREE | UI_CONTEXT_LIST, {'l'}, "l", NULL, NULL, 9},
    {UI_COMMAND_LOG, UI_CONTEXT_DESK | UI_CONTEXT_LIST, {'o'}, "o", "log",
     "the log (in the services, and in lists, also l)", 7},
    {UI_COMMAND_HISTORY, UI_CONTEXT_DESK, {'v'}, "v", NULL,
     "histogram or history, where there is room for one only", 9},
    {UI_COMMAND_AXIS_LEFT, UI_CONTEXT_DESK, {'['}, "[ ]", NULL,
     "the round trip's axis: the range before, the next range", 9},
    {UI_COMMAND_AXIS_RIGHT, UI_CONTEXT_DESK, {']'}, "]", NULL, NULL, 9},
    {UI_COMMAND_FREEZE, UI_CONTEXT_DESK, {' '}, "Space", "freeze",
     "freeze the picture (never the experiment)", 7},
    {UI_COMMAND_REFRESH, UI_CONTEXT_DESK, {'r'}, "r", NULL,
     "read the services anew", 9},
    {UI_COMMAND_PAGE_UP, UI_CONTEXT_NOT_TEXT, {UI_KEY_PAGE_UP, UI_CONTROL('B')}, "PgUp PgDn", NULL,
     "a page up or down", 9},
    {UI_COMMAND_PAGE_DOWN, UI_CONTEXT_NOT_TEXT, {UI_KEY_PAGE_DOWN, UI_CONTROL('F')}, "PgDn", NULL, NULL, 9},
    {UI_COMMAND_FIRST, UI_CONTEXT_NOT_TEXT, {UI_KEY_HOME}, "Home End", NULL,
     "to the first or the last", 9},
    {UI_COMMAND_LAST, UI_CONTEXT_NOT_TEXT, {UI_KEY_END}, "End", NULL, NULL, 9},
    {UI_COMMAND_REDRAW, UI_CONTEXT_ALL, {UI_CONTROL('L')}, "^L", NULL, "draw the screen anew", 9},
    {UI_COMMAND_COMPLETE, UI_CONTEXT_TEXT, {UI_KEY_TAB}, "Tab", "complete", NULL, 3},
    {UI_COMMAND_ERASE, UI_CONTEXT_TYPING, {UI_KEY_BACKSPACE, UI_CONTROL('H')}, "⌫", NULL, NULL, 9},
    {UI_COMMAND_ERASE_ALL, UI_CONTEXT_TYPING, {UI_CONTROL('U')}, "^U", NULL, "in a text field: erase it", 9},
    {UI_COMMAND_ROLLBACK, UI_CONTEXT_NOT_TEXT, {'R', UI_CONTROL('R')}, "R", "roll back",
     "roll back at once, from everywhere (in a text field: Ctrl-R)", 0},
    {UI_COMMAND_ROLLBACK, UI_CONTEXT_TYPING, {UI_CONTROL('R')}, "^R", "roll back", NULL, 0},
    {UI_COMMAND_QUIT, UI_CONTEXT_DESK | UI_CONTEXT_LIST | UI_CONTEXT_CHOICE, {'q'}, "q", "quit",
     "quit; asks first what becomes of a running experiment", 3},
    {UI_COMMAND_NONE, 0, {0}, NULL, NULL, NULL, 0},
};
/* clang-format on */

const struct ui_binding *keys_table(void)
{
    return table;
}

enum ui_command keys_find(int key, unsigned context)
{
    for (const struct ui_binding *binding = table; binding->command != UI_COMMAND_NONE; binding++) {
        if ((binding->contexts & context) == 0)
            continue;
        for (int i = 0; i < UI_BINDING_KEYS_MAX && binding->keys[i] != 0; i++)
            if (binding->keys[i] == key)
                return binding->command;
    }
    return UI_COMMAND_NONE;
}

const char *keys_name(const struct ui_binding *binding, bool ascii)
{
    static const char *const names[][2] = {{"⏎", "Enter"},      {"←→", "Left Right"},  {"↑↓", "Up Down"},
                                           {"⇧←→", "Shift <>"}, {"⇧Tab", "Shift-Tab"}, {"⌫", "Bksp"}};
    for (size_t i = 0; ascii && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(binding->key_name, names[i][0]) == 0)
            return names[i][1];
    return binding->key_name;
}

const struct ui_binding *keys_binding(enum ui_command command, unsigned context)
{
    for (const struct ui_binding *binding = table; binding->command != UI_COMMAND_NONE; binding++)
        if (binding->command == command && (binding->contexts & context) != 0 && binding->key_name[0] != '\0')
            return binding;
    return NULL;
}

size_t keys_bar(unsigned context, int width, bool ascii, const struct ui_binding *bar[UI_KEY_BAR_MAX])
{
    bool taken[sizeof table / sizeof table[0]] = {false};
    int used = 0;
    for (int rank = 0; rank < 10; rank++)
        for (size_t i = 0; table[i].command != UI_COMMAND_NONE; i++) {
            if (table[i].rank != rank || table[i].label == NULL || (table[i].contexts & context) == 0)
                continue;
            int needed =
                canvas_text_width(keys_name(&table[i], ascii)) + 1 + canvas_text_width(table[i].label) + 2;
            if (used + needed > width)
                continue;
            used += needed;
            taken[i] = true;
        }
    size_t count = 0;
    for (size_t i = 0; table[i].command != UI_COMMAND_NONE && count < UI_KEY_BAR_MAX; i++)
        if (taken[i])
            bar[count++] = &table[i];
    return count;
}
