/*
 * bench_frame: what drawing the desk onto its grid of cells costs, for each scene and some sizes. What a
 * terminal is sent is not in it: see the console's own tests.
 */
#include "core/clock.h"
#include "experiment/model_internal.h"
#include "tests/ui/fixture.h"
#include "ui/canvas.h"
#include "ui/view.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES 400U

#define BIG_CLUSTERS 100
#define BIG_SERVICES 20 /* in each */

/* With a big account's tree, if there is a filter ("" is one that lets all through). */
static double microseconds_a_frame(enum fixture_scene scene, const char *filter, int cols, int rows)
{
    struct canvas canvas;
    struct ui_state *state = calloc(1, sizeof *state);
    struct model *model = fixture_model(scene);
    if (state == NULL || model == NULL)
        exit(1);
    ui_state_init(state);
    fixture_state(scene, model, state);
    if (filter != NULL) {
        model_inventory_release(model->inventory);
        model->inventory = fixture_big_inventory(BIG_CLUSTERS, BIG_SERVICES);
        snprintf(state->filter, sizeof state->filter, "%s", filter);
    }
    canvas_init(&canvas, cols, rows, false);
    uint64_t began = clock_ns();
    for (unsigned i = 0; i < FRAMES; i++)
        view_draw(&canvas, model, state, FIXTURE_NOW_MS + i, false);
    double us = (double)(clock_ns() - began) / FRAMES / 1000;
    canvas_free(&canvas);
    ui_state_free(state);
    free(state);
    model_release(model);
    return us;
}

int main(void)
{
    static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}};
    printf("a frame, drawn                %10s %10s %10s\n", "80×24", "120×40", "200×60");
    for (int scene = 0; scene < FIXTURE_SCENES; scene++) {
        printf("  %-26s", fixture_scene_name((enum fixture_scene)scene));
        for (size_t i = 0; i < 3; i++)
            printf(" %7.0f µs",
                   microseconds_a_frame((enum fixture_scene)scene, NULL, sizes[i][0], sizes[i][1]));
        printf("\n");
    }
    static const char *const filters[] = {"", "work", "099-019", "none of them"};
    for (size_t f = 0; f < sizeof filters / sizeof filters[0]; f++) {
        printf("  2000 services, /%-10s", filters[f]);
        for (size_t i = 0; i < 3; i++)
            printf(" %7.0f µs", microseconds_a_frame(FIXTURE_IDLE, filters[f], sizes[i][0], sizes[i][1]));
        printf("\n");
    }
    return 0;
}
