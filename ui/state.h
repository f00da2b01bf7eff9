/*
 * state: the view's own state, and what keys and mouse do to it.
 *
 * ui_handle_event() is a pure function of state, model and event: it changes the state and says
 * what is to be asked of the experiment, as intents. It knows no terminal and no clock but the event's.
 */
#ifndef SHAKETABLE_UI_STATE_H
#define SHAKETABLE_UI_STATE_H

#include "core/refusals.h"
#include "experiment/model.h"
#include "ui/event.h"
#include "ui/form.h"
#include "ui/keys.h"
#include "ui/scale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ui_focus { UI_FOCUS_TREE, UI_FOCUS_FADERS };
enum ui_overlay {
    UI_OVERLAY_NONE,
    UI_OVERLAY_PLAN,
    UI_OVERLAY_HELP,
    UI_OVERLAY_LOG,
    UI_OVERLAY_TASKS,
    UI_OVERLAY_QUIT,
    UI_OVERLAY_EXPERIMENTS,
    UI_OVERLAY_RECORD,     /* one of them */
    UI_OVERLAY_FIS_DELETE, /* a template of FIS's: delete it? */
    UI_OVERLAY_FIS_STOP,   /* somebody's experiment of FIS's: its id is typed to stop it */
    UI_OVERLAY_OFFER,      /* those that were left behind: roll back? */
    UI_OVERLAY_PLACE,      /* profile and region */
    UI_OVERLAY_ENTRY,      /* an exact value for state->fader */
    UI_OVERLAY_DURATION,   /* … for the duration */
    UI_OVERLAY_COMMAND,
    UI_OVERLAY_FILTER,
    UI_OVERLAY_CODE, /* of an MFA device */
    UI_OVERLAY_GUARDS,
    UI_OVERLAY_GUARD,     /* one guard's text */
    UI_OVERLAY_ACTIONS,   /* of the experiment, with their states */
    UI_OVERLAY_CATALOGUE, /* the actions that FIS has */
    UI_OVERLAY_FORM,      /* one of these, to be filled in */
    UI_OVERLAY_NOTES,     /* what could not be taken over from a file, or written to one */
    UI_OVERLAYS
};
enum ui_file_wish { UI_FILE_NONE, UI_FILE_IMPORT, UI_FILE_EXPORT };
enum ui_plan_button { UI_PLAN_CANCEL, UI_PLAN_INJECT, UI_PLAN_BUTTONS };
enum ui_quit_button { UI_QUIT_ROLLBACK, UI_QUIT_LEAVE, UI_QUIT_STAY, UI_QUIT_BUTTONS };
enum ui_offer_button { UI_OFFER_ROLLBACK, UI_OFFER_LEAVE, UI_OFFER_BUTTONS };
enum ui_fis_button { UI_FIS_CANCEL, UI_FIS_DELETE, UI_FIS_BUTTONS };
enum ui_place_column { UI_PLACE_PROFILES, UI_PLACE_REGIONS, UI_PLACE_COLUMNS };
enum ui_ending { UI_ENDING_NONE, UI_ENDING_AT_ONCE, UI_ENDING_ROLLBACK, UI_ENDING_LEAVE };

#define UI_TEXT_MAX 200
#define UI_NOTICE_MAX 256
#define UI_FOLDED_MAX 128
#define UI_OPEN_CLUSTERS_MAX 8 /* more of them are folded at first */
#define UI_UNDO_MAX 32
#define UI_ADJUST_INTERVAL_MS 100
#define UI_SELECT_DELAY_MS 150
/* After a plan has become ready the focus moves to Inject; an Enter meant for what stood there
 * before must not start it. */
#define UI_PLAN_SETTLE_MS 150
/* The offer comes by itself: a key meant for the desk must not answer it. */
#define UI_OFFER_SETTLE_MS 700
#define UI_OFFER_AGAIN_MS 2000 /* after one was rolled back */
#define UI_OFFERS_MAX 32
#define UI_NOTICE_MS 5000
#define UI_FORMS_MAX 8 /* that are remembered while the console runs */
#define UI_DURATION_DEFAULT_MS 300000
#define UI_DURATION_MAX_MS (INT64_C(24) * 3600 * 1000)

struct ui_state {
    enum ui_focus focus;
    enum ui_overlay overlay;
    int scroll; /* of the overlay; views show as much as there is */

    /* The tree: its cursor is a cluster's row (service "") or a service's. */
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char chosen_cluster[MODEL_NAME_MAX]; /* the service that the desk is for */
    char chosen_service[MODEL_NAME_MAX];
    bool fold_decided; /* the clusters have been seen */
    bool fold_all;     /* clusters are folded but for those in `folded`; else those in it are */
    char folded[UI_FOLDED_MAX][MODEL_NAME_MAX];
    size_t folded_count;
    uint64_t visible; /* of what was told to be visible, a hash */
    char filter[UI_TEXT_MAX];
    bool select_pending;
    int64_t select_at_ms;

    /* The faders. */
    enum fader fader;
    struct fault staged;
    bool touched;      /* staged was moved and not sent */
    struct fault seen; /* the model's `asked` when last looked at */
    double cap[FADER_COUNT];
    int64_t duration_ms; /* 0: open end */
    struct fault undo[UI_UNDO_MAX];
    size_t undo_count;
    bool adjust_pending;
    int64_t adjusted_ms; /* when the last INTENT_ADJUST went */
    bool was_changing;   /* the model's `changing` when last looked at */
    bool dragging;
    struct rect drag_track;

    /* The guards: of the next plan, or of the experiment under way as far as it is known. */
    struct choices choices;
    size_t guard;          /* the cursor */
    bool guards_over_plan; /* the list was opened over the plan */
    bool guard_change;     /* the text field is for the one at the cursor, not for a new one */
    int64_t guards_sent_ms;

    /* FIS's actions: the list's cursor; and their forms, the one that is open or was last is the first. */
    size_t catalogue_row;
    struct form *forms[UI_FORMS_MAX]; /* NULL behind the last */
    char form_error[UI_NOTICE_MAX];   /* of the form as a whole */
    bool plan_from_form;              /* leaving the plan leads back to it */
    char plan_words[UI_NOTICE_MAX];   /* what is planned, where it is not what the faders say; "" */

    /* Files of templates: the console reads or writes them, and resets the wish. */
    enum ui_file_wish file_wish;
    char file_path[UI_TEXT_MAX];
    char notes_title[UI_NOTICE_MAX];
    struct refusals notes;

    /* Text fields. */
    char text[UI_TEXT_MAX];
    bool text_is_offered; /* the value as it is: the first letter replaces it, Backspace keeps it */
    char text_error[UI_NOTICE_MAX];

    /* The plan. */
    int plan_button;       /* -1: as the plan says, else chosen by hand */
    int64_t plan_ready_ms; /* 0: not yet */
    int quit_button;

    /* The experiments: the cursor, by id; and those to be offered. */
    char record[32];
    char fis[MODEL_FIS_ID_MAX]; /* where it is among what FIS holds; "" */
    int fis_button;
    char offers[UI_OFFERS_MAX][32];
    size_t offer_count;
    bool offers_closed;     /* what is found from now on is only told */
    int offer_button;       /* -1: as the record says, else chosen by hand */
    int64_t offer_since_ms; /* since when the offer stands there */

    /* Profile and region. */
    enum ui_place_column place_column;
    size_t place_row[UI_PLACE_COLUMNS];
    bool move_wanted;      /* to these; the console resets it */
    char move_profile[64]; /* "": as it is */
    char move_region[64];
    /* The code of an MFA device. */
    unsigned code_number;  /* of the question that the dialog is for */
    unsigned code_settled; /* of the last one that was answered here */
    bool code_over_plan;   /* the plan's dialog stands behind it */

    unsigned axis; /* index into the axes, see axis.h */
    bool history;
    struct model *frozen; /* retained; NULL: not frozen */
    char notice[UI_NOTICE_MAX];
    int64_t notice_until_ms;
    enum model_phase last_phase;
    enum ui_ending ending;
    bool redraw;         /* the screen is to be drawn whole; the console resets it */
    char theme_name[16]; /* asked for by :theme; "" as it was */
    bool ascii;
    bool ascii_changed;
};

#define UI_INTENTS_MAX 4
struct ui_intents {
    size_t count;
    struct intent list[UI_INTENTS_MAX];
};

struct json_object;
struct template;

void ui_state_init(struct ui_state *state);
void ui_state_free(struct ui_state *state);

/* `out` is emptied first. */
void ui_handle_event(struct ui_state *state, struct model *model, const struct ui_event *event,
                     struct ui_intents *out);

/* How soon a tick is due: 0 at once, -1 for whenever. */
int ui_state_tick_in_ms(const struct ui_state *state, const struct model *model, int64_t now_ms);

/* Which context the keys are in. */
unsigned ui_state_context(const struct ui_state *state, const struct model *model);
/* True while letters are typed. */
bool ui_state_is_typing(const struct ui_state *state, const struct model *model);
/* The plan's button that has the focus. */
int ui_state_plan_button(const struct ui_state *state, const struct model *model, int64_t now_ms);
/* The plan is there, nothing speaks against it, and (where it must be) the name is typed. */
bool ui_state_plan_may_start(const struct ui_state *state, const struct model *model, int64_t now_ms);
/* True while the desk's own service is the experiment's. */
bool ui_state_shows_experiment(const struct ui_state *state, const struct model *model);
/* Whether what is staged is for AWS FIS; while an experiment is planned or runs here, whether that is. */
bool ui_state_is_fis(const struct ui_state *state, const struct model *model);
/* The engine of what is staged; while an experiment is planned or runs here, its own. */
enum choices_engine ui_state_engine(const struct ui_state *state, const struct model *model);
/* What the service calls and the faders act on: of the experiment that is planned or runs here, else of what
 * is staged. False, and "": they act on what comes to it. */
bool ui_state_dependencies(const struct ui_state *state, const struct model *model, char *text, size_t size);
/* Why the faders can't be moved, as a sentence without its full stop; NULL: they can. */
const char *ui_state_fader_lock(const struct ui_state *state, const struct model *model);
/* What the engine would refuse of what is staged; none with the sidecar. */
void ui_state_refusals(const struct ui_state *state, const struct model *model, struct refusals *refusals);
/* How long until a change of the faults can be sent: faults that take seconds to change take no two at once,
 * and none before the last was acknowledged (then it is -1). 0: now. */
int64_t ui_state_change_in_ms(const struct model *model, int64_t now_ms);
/* There are actions to be told of, here or of the account as a whole. */
bool ui_state_shows_actions(const struct ui_state *state, const struct model *model);

/* The catalogue's rows: our table's first, then whatever else the account's FIS has. NULL behind the last. */
const char *ui_catalogue_at(const struct model *model, size_t row);
/* The form that is open; NULL: none. */
struct form *ui_state_form(const struct ui_state *state);

/* The template that was asked for (UI_FILE_IMPORT): becomes what is staged, or what is planned; what could
 * not be taken over is told. It stays the caller's. `out` is emptied first. */
void ui_state_import(struct ui_state *state, struct model *model, struct template *template, int64_t now_ms,
                     struct ui_intents *out);
/* What is staged as a template's document (json_object_put it); NULL: FIS can't do it, which is told. */
struct json_object *ui_state_export(struct ui_state *state, const struct model *model);

bool ui_state_is_folded(const struct ui_state *state, const char *cluster);

/* The experiments as their list shows them: NULL behind the last, and while they are not known. */
const struct model_record *ui_record_at(const struct model *model, size_t row);
/* The one under the cursor (the first, where that is not among them); NULL: there is none, or the cursor is
 * among what FIS holds. */
const struct model_record *ui_record_chosen(const struct ui_state *state, const struct model *model);
/* The whole list: the experiments, and below them what FIS holds: its experiments that have not ended, its
 * templates, those that have ended. One of the three, the others are NULL. False: behind the last. */
struct ui_list_row {
    const struct model_record *record;
    const struct model_fis_template *template;
    const struct model_fis_experiment *experiment;
};
bool ui_list_row_at(const struct model *model, size_t row, struct ui_list_row *out);
/* The cursor's; 0 where it is not among them. */
size_t ui_list_cursor(const struct ui_state *state, const struct model *model);
/* Likewise those on offer. */
const struct model_record *ui_offer_at(const struct ui_state *state, const struct model *model, size_t row);
const struct model_record *ui_offer_chosen(const struct ui_state *state, const struct model *model);
int ui_offer_button(const struct ui_state *state, const struct model *model, int64_t now_ms);
/* The rows of profiles and regions; NULL behind the last. `detail` (may be NULL) gets a profile's region. */
const char *ui_place_name(const struct model *model, enum ui_place_column column, size_t row,
                          const char **detail);
/* Another place: what was chosen and opened there is forgotten, how the screen looks is not. */
void ui_state_move(struct ui_state *state);

void ui_state_notice(struct ui_state *state, int64_t now_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tree rows as shown, filter and folding applied. Returns how many there are; `rows` may be NULL. */
struct ui_tree_row {
    const struct model_cluster *cluster;
    const struct model_service *service; /* NULL: the cluster's row */
};
#define UI_TREE_ROWS_MAX 8192
#define UI_TREE_ROWS_GUESS 24 /* on a screen that was not drawn yet */
size_t ui_tree_rows(const struct ui_state *state, const struct model *model, struct ui_tree_row *rows,
                    size_t max);
/* The cursor's row, 0 if it is not among them. */
size_t ui_tree_cursor(const struct ui_state *state, const struct ui_tree_row *rows, size_t count);
/* The first row that is drawn where `height` rows have room. */
size_t ui_tree_first(size_t cursor, size_t count, int height);

#endif
