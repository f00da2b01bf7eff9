#include "ui/console.h"

#include "core/clock.h"
#include "ui/console_file.h"
#include "ui/screen.h"
#include "ui/signals.h"
#include "ui/state.h"
#include "ui/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MS 100
#define FRAME_UNFOCUSED_MS 500
#define BACKED_UP_MS 100

struct console {
    struct session *session;
    const struct ui_options *options;
    struct screen *screen;
    struct ui_summary *summary;
    struct model *model;
    struct ui_state *state;
    struct canvas canvas;
    bool dirty, focused, over;
    int64_t drawn_ms; /* monotonic */
};

static void finish(struct console *console, enum ui_outcome outcome)
{
    console->over = true;
    console->summary->outcome = outcome;
}

static void handle(struct console *console, struct ui_event *event)
{
    struct ui_intents *intents = calloc(1, sizeof *intents);
    if (intents == NULL)
        return;
    event->at_ms = clock_epoch_ms();
    event->scroll_most = console->canvas.scroll_most;
    event->tree_rows = console->drawn_ms == 0 ? -1 : console->canvas.tree_rows;
    ui_handle_event(console->state, console->model, event, intents);
    for (size_t i = 0; i < intents->count; i++)
        session_send(console->session, &intents->list[i]);
    free(intents);
    if (console->state->ending == UI_ENDING_AT_ONCE)
        finish(console, UI_OUTCOME_QUIT);
}

static void tick(struct console *console)
{
    struct ui_event event = {.type = UI_EVENT_TICK};
    handle(console, &event);
    console->dirty = true;
}

static void send_quit(struct console *console)
{
    struct intent *intent = calloc(1, sizeof *intent);
    if (intent == NULL)
        return; /* session_stop asks again */
    intent->kind = INTENT_QUIT;
    fault_init(&intent->fault);
    session_send(console->session, intent);
    free(intent);
}

static void take_model(struct console *console)
{
    session_acknowledge(console->session);
    struct model *newest = session_latest(console->session);
    if (newest == NULL)
        return;
    if (console->model != NULL)
        model_release(console->model);
    console->model = newest;
    ui_summary_note(console->summary, newest);
}

static void make_canvas(struct console *console)
{
    int cols = 0;
    int rows = 0;
    screen_size(console->screen, &cols, &rows);
    if (console->canvas.cells != NULL)
        canvas_free(&console->canvas);
    canvas_init(&console->canvas, cols, rows, console->state->ascii);
    console->dirty = true;
}

/* To another profile or region: all that was known of the present one goes. */
static void move(struct console *console)
{
    struct ui_state *state = console->state;
    struct error error = {0};
    state->move_wanted = false;
    if (console->options->move == NULL)
        return;
    struct session *session = console->options->move(
        console->options->context, state->move_profile[0] != '\0' ? state->move_profile : NULL,
        state->move_region[0] != '\0' ? state->move_region : NULL, &error);
    if (session == NULL) {
        ui_state_notice(state, clock_epoch_ms(), "%s", error.message);
        return;
    }
    console->session = session;
    ui_state_move(state);
    take_model(console);
    console->dirty = true;
}

static void follow_file(struct console *console)
{
    struct ui_intents *intents = calloc(1, sizeof *intents);
    if (intents == NULL)
        return;
    console_file_follow(console->state, console->model, clock_epoch_ms(), intents);
    for (size_t i = 0; i < intents->count; i++)
        session_send(console->session, &intents->list[i]);
    free(intents);
    console->dirty = true;
}

/* The state may ask for another look, or for another place. */
static void follow_wishes(struct console *console)
{
    struct ui_state *state = console->state;
    if (state->move_wanted)
        move(console);
    if (state->file_wish != UI_FILE_NONE)
        follow_file(console);
    if (state->theme_name[0] != '\0') {
        const struct theme *theme = theme_find(state->theme_name);
        if (theme != NULL)
            screen_set_theme(console->screen, theme);
        state->theme_name[0] = '\0';
    }
    if (state->ascii_changed) {
        state->ascii_changed = false;
        make_canvas(console);
    }
    if (state->redraw) {
        state->redraw = false;
        screen_resize(console->screen);
        make_canvas(console);
    }
}

/* Returns for how long at most to wait: until a frame may be drawn, or 0 when one was. */
static int draw(struct console *console)
{
    int64_t now = clock_ms();
    int64_t least = console->focused ? FRAME_MS : FRAME_UNFOCUSED_MS;
    if (!console->dirty)
        return -1;
    if (console->drawn_ms != 0 && now - console->drawn_ms < least)
        return (int)(least - (now - console->drawn_ms));
    view_draw(&console->canvas, console->model, console->state, clock_epoch_ms(),
              screen_is_mono(console->screen));
    if (!screen_flush(console->screen, &console->canvas))
        return BACKED_UP_MS;
    console->drawn_ms = now;
    console->dirty = false;
    return -1;
}

static void suspend(struct console *console)
{
    if (model_is_active(console->model)) {
        /* A stopped process renews no lease. */
        ui_state_notice(console->state, clock_epoch_ms(),
                        "not suspended: the faults' lease would run out; R rolls back, q asks");
        console->dirty = true;
        return;
    }
    screen_suspend(console->screen);
    raise(SIGSTOP);
    screen_resume(console->screen);
    make_canvas(console);
}

static void handle_signals(struct console *console)
{
    bool resized = false;
    for (int number = signals_next(); number != 0; number = signals_next())
        switch (number) {
        case SIGWINCH:
            resized = true;
            break;
        case SIGTSTP:
            suspend(console);
            break;
        case SIGCONT:
            screen_resume(console->screen);
            resized = true;
            break;
        default:
            console->summary->signal = number;
            finish(console, UI_OUTCOME_SIGNAL);
            break;
        }
    if (!resized)
        return;
    screen_resize(console->screen);
    make_canvas(console);
}

static void handle_input(struct console *console)
{
    struct ui_event event = {0};
    while (!console->over && screen_next_event(console->screen, &event)) {
        if (event.type == UI_EVENT_FOCUS_IN || event.type == UI_EVENT_FOCUS_OUT)
            console->focused = event.type == UI_EVENT_FOCUS_IN;
        else
            console->focused = true; /* whoever types is here */
        event.hit = canvas_hit_at(&console->canvas, event.x, event.y);
        handle(console, &event);
        console->dirty = true;
        memset(&event, 0, sizeof event);
    }
}

static void loop(struct console *console)
{
    struct pollfd fds[] = {
        {.fd = screen_input_fd(console->screen), .events = POLLIN},
        {.fd = session_event_fd(console->session), .events = POLLIN},
        {.fd = signals_fd(), .events = POLLIN},
    };
    while (!console->over) {
        follow_wishes(console);
        fds[1].fd = session_event_fd(console->session);
        int wait = draw(console);
        int due = ui_state_tick_in_ms(console->state, console->model, clock_epoch_ms());
        if (wait < 0 || due < wait)
            wait = due;
        int ready = poll(fds, sizeof fds / sizeof fds[0], wait);
        if (ready < 0 && errno != EINTR)
            break;
        if (ready < 0)
            continue;
        if (fds[2].revents != 0)
            handle_signals(console);
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
            finish(console, UI_OUTCOME_TERMINAL);
            break;
        }
        if (fds[1].revents != 0)
            take_model(console);
        if (fds[0].revents != 0)
            handle_input(console);
        if (!console->over)
            tick(console);
        if (console->state->ending != UI_ENDING_NONE && session_ended(console->session) && !console->over)
            finish(console, console->state->ending == UI_ENDING_LEAVE ? UI_OUTCOME_LEFT : UI_OUTCOME_QUIT);
    }
}

int ui_console_run(struct session *session, const struct ui_options *options, struct ui_summary *summary,
                   struct error *error)
{
    struct console console = {.session = session, .options = options, .summary = summary, .focused = true};
    struct screen_options wanted = {theme_find(options->theme != NULL ? options->theme : "default"),
                                    options->ascii, options->no_color};
    int result = -1;
    memset(summary, 0, sizeof *summary);
    fault_init(&summary->strongest);
    if (wanted.theme == NULL) {
        error_set(error, ERROR_USAGE, "--theme: %s is none of default, light, safe, mono", options->theme);
        return -1;
    }
    console.state = calloc(1, sizeof *console.state);
    if (console.state == NULL || !signals_catch(error)) {
        free(console.state);
        return -1;
    }
    ui_state_init(console.state);
    if (options->choices != NULL)
        console.state->choices = *options->choices;
    console.screen = screen_open(&wanted, error);
    if (console.screen == NULL)
        goto done;
    console.state->ascii = screen_is_ascii(console.screen);
    take_model(&console);
    make_canvas(&console);
    tick(&console);
    loop(&console);
    screen_close(console.screen);
    if (summary->outcome == UI_OUTCOME_SIGNAL || summary->outcome == UI_OUTCOME_TERMINAL)
        send_quit(&console);
    result = 0;
done:
    if (console.canvas.cells != NULL)
        canvas_free(&console.canvas);
    ui_state_free(console.state);
    free(console.state);
    if (console.model != NULL)
        model_release(console.model);
    signals_release();
    return result;
}
