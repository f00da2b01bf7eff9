/*
 * desk: a model, a state and a clock, on which tests press keys; and what was asked for by the last of them.
 */
#ifndef SHAKETABLE_TESTS_UI_DESK_H
#define SHAKETABLE_TESTS_UI_DESK_H

#include "tests/ui/fixture.h"
#include "ui/state.h"

struct desk {
    struct model *model;
    struct ui_state state;
    struct ui_intents intents;
    int64_t now_ms;
};

/* A scene with what its experiment runs staged, no caps, and the focus on the faders. */
struct desk *desk_new(enum fixture_scene scene);
void desk_free(struct desk *desk);
void desk_send(struct desk *desk, struct ui_event event);
void desk_press(struct desk *desk, int key);
void desk_type(struct desk *desk, const char *text);
void desk_tick(struct desk *desk, int64_t ms);
/* The intent of that kind that the last event asked for; NULL: it did not. */
const struct intent *desk_sent(const struct desk *desk, enum intent_kind kind);
/* From an empty desk: ":LINE", Enter. */
void desk_command(struct desk *desk, const char *line);

#endif
