/*
 * state_parts: what the files of state share among themselves; nothing outside includes it.
 */
#ifndef SHAKETABLE_UI_STATE_PARTS_H
#define SHAKETABLE_UI_STATE_PARTS_H

#include "ui/state.h"

/* One event's surroundings, handed down. */
struct turn {
    struct ui_state *state;
    struct model *model;
    struct ui_intents *out;
    int64_t now_ms;
    int scroll_most;
    int tree_rows;
};

/* Adds an intent for the chosen service with what is staged; returns it for changes. */
struct intent *turn_add(struct turn *turn, enum intent_kind kind);
void turn_rollback(struct turn *turn);
void turn_close(struct turn *turn); /* the overlay */
void turn_open_text(struct turn *turn, enum ui_overlay overlay, const char *text);
/* Shows the plan for what is staged. */
void turn_plan(struct turn *turn);
/* The dialog of a plan that is being asked for. */
void turn_open_plan(struct turn *turn);
void turn_quit(struct turn *turn);
void turn_send_staged(struct turn *turn);
/* True while ADJUST means something: an experiment on the chosen service that is not rolled back. */
bool turn_can_adjust(const struct turn *turn);
void turn_freeze(struct turn *turn);

/* What time and a new model change. */
void turn_follow(struct turn *turn);

/* Keys and mouse. */
void turn_key(struct turn *turn, int key);
void turn_run(struct turn *turn, enum ui_command command);
/* Up or down: what moves depends on what is in front. */
void turn_move(struct turn *turn, int rows);
void turn_press(struct turn *turn, const struct ui_event *event);
void turn_wheel(struct turn *turn, const struct ui_event *event, int direction);

/* Dialogs. */
/* The plan's dialog asks for the service's name. */
bool dialog_asks_name(const struct ui_state *state, const struct model *model);
/* The plan has stood there long enough for an Enter to be meant for it. */
bool dialog_plan_is_settled(const struct ui_state *state, int64_t now_ms);
void dialog_press_plan(struct turn *turn, int button);
void dialog_press_quit(struct turn *turn, int button);

/* What the service calls, for the next plan: names and HOST:PORT, or "none". */
bool dependency_take(struct turn *turn, const char *words, struct error *error);
/* What may be completed from `start`; returns how many. */
size_t dependency_matches(const char *start, const char **matches, size_t most);

/* Experiments. */
/* R in their list or in the offer; false: that is not where it means one of them. */
bool records_rollback(struct turn *turn);
void records_open(struct turn *turn);
void records_move(struct turn *turn, int rows);
/* Enter in the list: its details, or back from them. */
void records_activate(struct turn *turn);
/* Rolls this experiment back, by its id where that alone names it. */
void records_roll_back(struct turn *turn, const struct model_record *record);
void records_press(struct turn *turn, size_t row);
/* What FIS holds: the key that deletes the template under the cursor, or stops the experiment, first asks. */
void fis_ask(struct turn *turn, enum ui_command command);
/* R on one of them. */
void fis_rollback(struct turn *turn, const struct ui_list_row *row);
void fis_press(struct turn *turn, int button);
/* The id was typed, or something else. */
void fis_accept(struct turn *turn, const char *text);
void fis_back(struct turn *turn);
/* The other button. */
void fis_sideways(struct turn *turn);
void offer_press(struct turn *turn, int button);
void offer_activate(struct turn *turn);
/* Esc: all of them are left. */
void offer_leave_all(struct turn *turn);
/* Takes note of what was left behind, and offers it when nothing else stands in front. */
void offer_follow(struct turn *turn);

/* Profile and region. */
void place_open(struct turn *turn, enum ui_place_column column);
void place_move(struct turn *turn, int rows);
void place_activate(struct turn *turn);
/* Either may be NULL: as it is. False with an error that says why not. */
bool place_go(struct turn *turn, const char *profile, const char *region, struct error *error);
/* The model asks for a code, or no longer: opens or closes the dialog. */
void code_follow(struct turn *turn);
/* "": nobody knows it. False: it is none, which the dialog says. */
bool code_answer(struct turn *turn, const char *code);

/* Tree. */
void tree_move(struct turn *turn, int rows);
void tree_go(struct turn *turn, size_t row);
/* Brings the cursor to the first service that is shown, if its own row is not. */
void tree_keep_cursor(struct turn *turn);
void tree_activate(struct turn *turn);
void tree_choose(struct turn *turn, const char *cluster, const char *service);
/* Once the clusters are known: many are shown folded. */
void tree_fold_many(struct turn *turn);
/* Asks for what is on the screen to be read, if that has changed. */
void tree_tell_visible(struct turn *turn);
void tree_set_folded(struct ui_state *state, const char *cluster, bool folded);

/* Faders. */
/* Not while they are locked; the notice says so. */
void fader_change(struct turn *turn, const struct fault *fault, bool undoable);
void fader_step(struct turn *turn, int direction, bool large);
void fader_zero(struct turn *turn);
void fader_undo(struct turn *turn);
void fader_mode(struct turn *turn);
void fader_drag_to(struct turn *turn, int x, bool undoable);
/* Adds the due ADJUST, if there is one. */
void fader_flush(struct turn *turn);
void fader_entry_text(const struct ui_state *state, char *text, size_t size);
/* Takes an exact value, with its unit and what goes with it. */
bool fader_enter(struct turn *turn, enum fader fader, const char *text, struct error *error);
bool fader_enter_duration(struct turn *turn, const char *text, struct error *error);

/* The guards. */
void guards_open(struct turn *turn);
/* From the text field to the list, from the list to where it was opened. */
void guards_back(struct turn *turn);
void guards_move(struct turn *turn, int rows);
void guards_run(struct turn *turn, enum ui_command command); /* add, change, remove */
bool guards_add(struct turn *turn, const char *text, struct error *error);
/* Takes the text field's text. */
bool guards_accept(struct turn *turn, const char *text, struct error *error);
void guards_complete(struct ui_state *state);
/* The experiment's guards may have been changed elsewhere. */
void guards_follow(struct turn *turn);

/* AWS FIS. */
void engine_toggle(struct turn *turn);
/* Shows the plan of what FIS needs of the service's tasks. */
bool engine_plan_prepare(struct turn *turn, struct error *error);
bool engine_take(struct turn *turn, const char *value, struct error *error);
/* Brings a moved fader to what the engine can do, in the direction of travel; says what else it had to
 * change. */
void engine_adapt(struct turn *turn, struct fault *fault, enum fader fader, int direction);
/* False with an error: the fader is one that the engine does not have, and would be moved away from rest. */
bool engine_allows(const struct turn *turn, const struct fault *fault, enum fader fader, struct error *error);

/* Its catalogue and the form. */
void catalogue_open(struct turn *turn);
void catalogue_move(struct turn *turn, int rows);
void catalogue_activate(struct turn *turn);
void catalogue_press(struct turn *turn, size_t row);
void form_move(struct turn *turn, int rows);
void form_sideways(struct turn *turn, int direction);
void form_activate(struct turn *turn);
void form_back(struct turn *turn);
/* The letter, or (NULL) what is to be erased. */
void form_type(struct turn *turn, const char *letter);
void form_erase(struct turn *turn, bool all);
void form_press(struct turn *turn, size_t row);

/* Templates. Shows the plan of one; `words` are what the dialog calls it. False with an error: not now. */
/* The intent that template_plan has just added. */
struct intent *turn_last_plan(struct turn *turn);
bool template_plan(struct turn *turn, struct template *template, const char *words, bool names_service,
                   struct error *error);

/* The command line. */
bool command_run(struct turn *turn, const char *line, struct error *error);

#endif
