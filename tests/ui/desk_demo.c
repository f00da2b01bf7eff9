/* Shows the desk on a terminal, with an experiment that is played: desk_demo [--theme NAME] [--ascii]
 * [--no-color] [--still] [--scene NAME]. With --still nothing happens by itself, with --scene at all. */
#include "core/clock.h"
#include "experiment/session.h"
#include "tests/ui/fixture.h"
#include "ui/console.h"
#include "ui/screen.h"
#include "ui/view.h"

#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_scene(const char *name, const struct ui_options *options)
{
    struct error error = {0};
    struct screen_options wanted = {theme_find(options->theme != NULL ? options->theme : "default"),
                                    options->ascii, options->no_color};
    for (int i = 0; i < FIXTURE_SCENES; i++) {
        if (strcmp(fixture_scene_name((enum fixture_scene)i), name) != 0)
            continue;
        struct model *model = fixture_model((enum fixture_scene)i);
        struct ui_state *state = calloc(1, sizeof *state);
        fixture_state((enum fixture_scene)i, model, state);
        struct screen *screen = screen_open(&wanted, &error);
        if (screen == NULL) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        struct canvas canvas;
        int cols = 0;
        int rows = 0;
        screen_size(screen, &cols, &rows);
        canvas_init(&canvas, cols, rows, screen_is_ascii(screen));
        view_draw(&canvas, model, state, FIXTURE_NOW_MS, screen_is_mono(screen));
        while (!screen_flush(screen, &canvas))
            clock_sleep_ms(10);
        struct pollfd input = {.fd = screen_input_fd(screen), .events = POLLIN};
        poll(&input, 1, 10000);
        screen_close(screen);
        canvas_free(&canvas);
        ui_state_free(state);
        free(state);
        model_release(model);
        return 0;
    }
    fprintf(stderr, "no scene %s\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    struct ui_options options = {0};
    struct session_options session_options = {0};
    const char *scene = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--ascii") == 0)
            options.ascii = true;
        else if (strcmp(argv[i], "--no-color") == 0)
            options.no_color = true;
        else if (strcmp(argv[i], "--still") == 0)
            session_options.read_only = true;
        else if (strcmp(argv[i], "--theme") == 0 && i + 1 < argc)
            options.theme = argv[++i];
        else if (strcmp(argv[i], "--scene") == 0 && i + 1 < argc)
            scene = argv[++i];
    }
    if (scene != NULL)
        return show_scene(scene, &options);
    struct error error = {0};
    struct session *session = session_start(&session_options, &error);
    struct ui_summary *summary = calloc(1, sizeof *summary);
    int result = ui_console_run(session, &options, summary, &error);
    if (result != 0)
        fprintf(stderr, "%s\n", error.message);
    while (summary->outcome != UI_OUTCOME_QUIT && !session_ended(session))
        clock_sleep_ms(50);
    struct model *last = session_latest(session);
    ui_summary_print(stdout, summary, last);
    model_release(last);
    session_stop(session);
    free(summary);
    return result == 0 ? 0 : 1;
}
