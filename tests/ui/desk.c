#include "tests/ui/desk.h"

#include <stdlib.h>

#include "experiment/template.h"

struct desk *desk_new(enum fixture_scene scene)
{
    struct desk *desk = calloc(1, sizeof *desk);
    desk->model = fixture_model(scene);
    desk->now_ms = FIXTURE_NOW_MS;
    fixture_state(scene, desk->model, &desk->state);
    desk->state.staged = desk->model->experiment.asked;
    desk->state.touched = false;
    for (unsigned i = 0; i < FADER_COUNT; i++)
        desk->state.cap[i] = scale_no_cap((enum fader)i);
    desk->state.focus = UI_FOCUS_FADERS;
    return desk;
}

/* As a session does once it has taken them. */
static void drop_intents(struct desk *desk)
{
    for (size_t i = 0; i < desk->intents.count; i++)
        template_release(desk->intents.list[i].template);
    desk->intents.count = 0;
}

void desk_free(struct desk *desk)
{
    drop_intents(desk);
    ui_state_free(&desk->state);
    model_release(desk->model);
    free(desk);
}

void desk_send(struct desk *desk, struct ui_event event)
{
    drop_intents(desk);
    event.at_ms = desk->now_ms;
    ui_handle_event(&desk->state, desk->model, &event, &desk->intents);
}

void desk_press(struct desk *desk, int key)
{
    desk_send(desk, (struct ui_event){.type = UI_EVENT_KEY, .key = key});
}

void desk_type(struct desk *desk, const char *text)
{
    for (; *text != '\0'; text++)
        desk_press(desk, (unsigned char)*text);
}

void desk_tick(struct desk *desk, int64_t ms)
{
    desk->now_ms += ms;
    desk_send(desk, (struct ui_event){.type = UI_EVENT_TICK});
}

const struct intent *desk_sent(const struct desk *desk, enum intent_kind kind)
{
    for (size_t i = 0; i < desk->intents.count; i++)
        if (desk->intents.list[i].kind == kind)
            return &desk->intents.list[i];
    return NULL;
}

void desk_command(struct desk *desk, const char *line)
{
    desk->state.overlay = UI_OVERLAY_NONE;
    desk_press(desk, ':');
    desk_type(desk, line);
    desk_press(desk, UI_KEY_ENTER);
}
