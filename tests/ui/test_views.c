/* The desk as text, for each scene at each size, in Unicode and in ASCII, against golden files.
 * UPDATE_GOLDEN=1 writes them anew: look at the difference before you commit it. */
#include "tests/ui/fixture.h"
#include "ui/view.h"

#include "core/buf.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOLDEN_MAX (1U << 22)

static const struct {
    int cols, rows;
} sizes[] = {{200, 50}, {120, 36}, {100, 30}, {80, 24}, {60, 16}, {40, 10}, {30, 6}};

static void append_codepoint(struct buf *out, uint32_t ch)
{
    if (ch < 0x80) {
        buf_append_char(out, (char)ch);
    } else if (ch < 0x800) {
        buf_append_char(out, (char)(0xc0U | (ch >> 6U)));
        buf_append_char(out, (char)(0x80U | (ch & 0x3fU)));
    } else {
        buf_append_char(out, (char)(0xe0U | (ch >> 12U)));
        buf_append_char(out, (char)(0x80U | ((ch >> 6U) & 0x3fU)));
        buf_append_char(out, (char)(0x80U | (ch & 0x3fU)));
    }
}

static void append_canvas(struct buf *out, const struct canvas *canvas)
{
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            uint32_t ch = canvas->cells[y * canvas->cols + x].ch;
            if (ch != 0)
                append_codepoint(out, ch);
        }
        while (out->length > 0 && out->data[out->length - 1] == ' ')
            out->length--;
        out->data[out->length] = '\0';
        buf_append_char(out, '\n');
    }
}

/* Renders a scene; the caller frees the canvas. */
static void render(enum fixture_scene scene, int cols, int rows, bool ascii, bool mono, struct canvas *canvas)
{
    struct model *model = fixture_model(scene);
    struct ui_state *state = calloc(1, sizeof *state);
    fixture_state(scene, model, state);
    canvas_init(canvas, cols, rows, ascii);
    view_draw(canvas, model, state, FIXTURE_NOW_MS, mono);
    ui_state_free(state);
    free(state);
    model_release(model);
}

static void golden_path(char *path, size_t size, int cols, int rows, bool ascii)
{
    const char *top = getenv("top_srcdir");
    snprintf(path, size, "%s/tests/ui/golden/%dx%d-%s.txt", top != NULL ? top : ".", cols, rows,
             ascii ? "ascii" : "unicode");
}

static void compare(const struct buf *got, const char *path)
{
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(got->data, 1, got->length, file), got->length);
        fclose(file);
        return;
    }
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("no golden file %s (UPDATE_GOLDEN=1 writes it)", path);
    char *want = calloc(1, GOLDEN_MAX);
    size_t length = fread(want, 1, GOLDEN_MAX - 1, file);
    fclose(file);
    want[length] = '\0';
    size_t line = 1;
    for (size_t i = 0; i < length && i < got->length && want[i] == got->data[i]; i++)
        line += want[i] == '\n';
    if (length != got->length || memcmp(want, got->data, length) != 0) {
        char other[4096];
        snprintf(other, sizeof other, "%s.got", strrchr(path, '/') + 1);
        FILE *out = fopen(other, "w");
        if (out != NULL) {
            fwrite(got->data, 1, got->length, out);
            fclose(out);
        }
        free(want);
        fail_msg("%s differs from line %zu on; what was drawn stands in %s", path, line, other);
    }
    free(want);
}

static void draws_every_scene_as_the_golden_files_say(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int ascii = 0; ascii < 2; ascii++) {
            struct buf out;
            buf_init(&out, GOLDEN_MAX);
            for (int scene = 0; scene < FIXTURE_SCENES; scene++) {
                struct canvas canvas;
                render((enum fixture_scene)scene, sizes[i].cols, sizes[i].rows, ascii != 0, false, &canvas);
                buf_printf(&out, "== %s\n", fixture_scene_name((enum fixture_scene)scene));
                append_canvas(&out, &canvas);
                canvas_free(&canvas);
            }
            assert_false(out.failed);
            char path[4096];
            golden_path(path, sizeof path, sizes[i].cols, sizes[i].rows, ascii != 0);
            compare(&out, path);
            buf_free(&out);
        }
}

static bool shows(const struct canvas *canvas, const char *text)
{
    struct buf out;
    buf_init(&out, GOLDEN_MAX);
    append_canvas(&out, canvas);
    bool found = strstr(buf_text(&out), text) != NULL;
    buf_free(&out);
    return found;
}

/* A model of faults that are live for a share of the requests; the caller releases it. */
static struct model *live_for_a_share(void)
{
    struct model *model = fixture_model(FIXTURE_LIVE);
    struct model_series *series = &model->series;
    series->scoped = series->control = series->before;
    series->scoped.n = 1700;
    series->scoped.p50_us = 812000;
    series->scoped.p99_us = -1; /* too few to say */
    series->control.n = 1712;
    return model;
}

static bool share_shows(int cols, int rows, const char *text)
{
    struct model *model = live_for_a_share();
    struct ui_state *state = calloc(1, sizeof *state);
    struct canvas canvas;
    fixture_state(FIXTURE_LIVE, model, state);
    canvas_init(&canvas, cols, rows, false);
    view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
    bool found = shows(&canvas, text);
    canvas_free(&canvas);
    ui_state_free(state);
    free(state);
    model_release(model);
    return found;
}

static void a_control_group_stands_beside_the_experiment(void **context)
{
    (void)context;
    assert_true(share_shows(120, 36, "in scope  p50 812 ms  p99 "));
    assert_true(share_shows(120, 36, "control  p50 12"));
    assert_true(share_shows(80, 24, "control  p50 12"));
    /* Where there is no room, what matters more stays. */
    assert_false(share_shows(60, 16, "control"));
    struct canvas canvas;
    render(FIXTURE_LIVE, 120, 36, false, false, &canvas);
    assert_false(shows(&canvas, "control"));
    canvas_free(&canvas);
}

static void draws_only_ascii_when_asked_to(void **context)
{
    (void)context;
    for (int scene = 0; scene < FIXTURE_SCENES; scene++) {
        struct canvas canvas;
        render((enum fixture_scene)scene, 120, 36, true, false, &canvas);
        for (int i = 0; i < canvas.cols * canvas.rows; i++)
            assert_in_range(canvas.cells[i].ch, ' ', '~');
        canvas_free(&canvas);
    }
}

/* In every scene, at every size: the key that rolls back. */
static void shows_the_way_back_at_every_size(void **context)
{
    (void)context;
    for (int scene = 0; scene < FIXTURE_SCENES; scene++) {
        struct model *model = fixture_model((enum fixture_scene)scene);
        struct ui_state *state = calloc(1, sizeof *state);
        fixture_state((enum fixture_scene)scene, model, state);
        for (int cols = 1; cols <= 210; cols += cols < 44 ? 3 : 37)
            for (int rows = 1; rows <= 60; rows += rows < 12 ? 3 : 13) {
                struct canvas canvas;
                canvas_init(&canvas, cols, rows, false);
                view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
                struct hit way_back = {.kind = HIT_NONE};
                for (size_t i = 0; i < canvas.hit_count; i++)
                    if (canvas.hits[i].kind == HIT_COMMAND && canvas.hits[i].value == UI_COMMAND_ROLLBACK)
                        way_back = canvas.hits[i];
                assert_int_equal(way_back.kind, HIT_COMMAND);
                assert_true(shows(&canvas, "R"));
                canvas_free(&canvas);
            }
        ui_state_free(state);
        free(state);
        model_release(model);
    }
}

/* What differs between two states must differ without colour: in glyphs, or in what mono makes of it. */
static void tells_states_apart_without_colour(void **context)
{
    (void)context;
    static const enum fixture_scene pairs[][2] = {
        {FIXTURE_LIVE, FIXTURE_BEHIND},       {FIXTURE_IDLE, FIXTURE_LIVE},
        {FIXTURE_ARMED, FIXTURE_LIVE},        {FIXTURE_RESTORED, FIXTURE_FAILED},
        {FIXTURE_RECOVERING, FIXTURE_LIVE},   {FIXTURE_PLAN, FIXTURE_REFUSED},
        {FIXTURE_ENGINE, FIXTURE_ENGINE_LIVE}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct canvas canvases[2];
        struct buf texts[2];
        for (int j = 0; j < 2; j++) {
            buf_init(&texts[j], GOLDEN_MAX);
            render(pairs[i][j], 120, 36, false, true, &canvases[j]);
            append_canvas(&texts[j], &canvases[j]);
        }
        assert_string_not_equal(buf_text(&texts[0]), buf_text(&texts[1]));
        for (int j = 0; j < 2; j++) {
            buf_free(&texts[j]);
            canvas_free(&canvases[j]);
        }
    }
}

static void draws_the_baseline_and_shares_with_texture_in_mono(void **context)
{
    (void)context;
    struct canvas canvas;
    render(FIXTURE_LIVE, 120, 36, false, true, &canvas);
    assert_true(shows(&canvas, "░░"));
    assert_true(shows(&canvas, "▓"));
    assert_false(shows(&canvas, "▀"));
    canvas_free(&canvas);
}

static void marks_staged_live_and_cap_apart(void **context)
{
    (void)context;
    struct canvas canvas;
    render(FIXTURE_LIVE, 120, 36, false, false, &canvas);
    assert_true(shows(&canvas, "━━●┈"));
    assert_true(shows(&canvas, "◇"));
    assert_true(shows(&canvas, "┆"));
    assert_true(shows(&canvas, "→ 5 % staged"));
    canvas_free(&canvas);
}

static void shows_an_unreachable_sidecar_as_such(void **context)
{
    (void)context;
    struct canvas canvas;
    render(FIXTURE_BEHIND, 120, 36, false, false, &canvas);
    assert_true(shows(&canvas, "✗ unreachable"));
    assert_true(shows(&canvas, "acknowledged by 2 of 3 sidecars"));
    canvas_free(&canvas);
}

static void says_of_each_fader_what_it_becomes_with_fis(void **context)
{
    (void)context;
    static const char *const words[] = {
        "Faults · AWS FIS",    "delayMilliseconds · staged", "jitterMilliseconds", "lossPercent",
        "refused: not in FIS", "50 % of the tasks",          "flowsPercent",       "refused: error"};
    struct canvas canvas;
    render(FIXTURE_ENGINE, 120, 36, false, false, &canvas);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_true(shows(&canvas, words[i]));
    canvas_free(&canvas);
    render(FIXTURE_IDLE, 120, 36, false, false, &canvas);
    assert_true(shows(&canvas, "Faults · sidecar"));
    assert_false(shows(&canvas, "not in FIS"));
    canvas_free(&canvas);
}

static void says_how_slow_the_agents_faders_are_and_what_is_under_way(void **context)
{
    (void)context;
    static const char *const staged[] = {"Faults · ECS agent · one change in 5 s",
                                         "DelayMilliseconds · staged", "refused: not in the agent",
                                         "FlowsPercent · to 10.0.0.0/16", "refused: error"};
    static const char *const live[] = {"changing · 3 s · one more waits", "→ +1.2 s staged"};
    struct canvas canvas;
    render(FIXTURE_AGENT, 120, 36, false, false, &canvas);
    for (size_t i = 0; i < sizeof staged / sizeof staged[0]; i++)
        assert_true(shows(&canvas, staged[i]));
    canvas_free(&canvas);
    render(FIXTURE_AGENT_LIVE, 120, 36, false, false, &canvas);
    for (size_t i = 0; i < sizeof live / sizeof live[0]; i++)
        assert_true(shows(&canvas, live[i]));
    assert_false(shows(&canvas, "locked"));
    canvas_free(&canvas);
    render(FIXTURE_AGENT_PLAN, 120, 36, false, false, &canvas);
    assert_true(shows(&canvas, "Engine: agent"));
    canvas_free(&canvas);
    render(FIXTURE_AGENT_LIVE, 40, 10, false, false, &canvas);
    assert_true(shows(&canvas, "changing · 3 s"));
    canvas_free(&canvas);
}

static void shows_how_each_action_stands(void **context)
{
    (void)context;
    static const char *const words[] = {"✓ slow",
                                        "✗ drop",
                                        "● lossy",
                                        "○ stop-some",
                                        "14:02:21 00:39",
                                        "did not answer",
                                        "3 of 5 over, 1 failed",
                                        "EXPc2mXnaUmUDHqTB9"};
    struct canvas canvas;
    render(FIXTURE_ENGINE_ALONE, 120, 36, false, false, &canvas);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_true(shows(&canvas, words[i]));
    assert_false(shows(&canvas, "Round trip ─")); /* nobody measures */
    canvas_free(&canvas);
    render(FIXTURE_ENGINE_LIVE, 120, 36, false, false, &canvas);
    assert_true(shows(&canvas, "● fault"));
    assert_true(shows(&canvas, "Round trip ─"));
    assert_true(shows(&canvas, "live by AWS FIS · locked while live"));
    canvas_free(&canvas);
    render(FIXTURE_ENGINE_ALONE, 40, 10, false, false, &canvas);
    assert_true(shows(&canvas, "● lossy"));
    assert_true(shows(&canvas, "1 failed"));
    canvas_free(&canvas);
}

static void what_was_staged_before_waits_unseen_while_the_faders_are_locked(void **context)
{
    (void)context;
    struct model *model = fixture_model(FIXTURE_ENGINE_LIVE);
    struct ui_state *state = calloc(1, sizeof *state);
    struct canvas canvas;
    fixture_state(FIXTURE_ENGINE_LIVE, model, state);
    state->staged.loss.percent = 5;
    canvas_init(&canvas, 120, 36, false);
    view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
    assert_false(shows(&canvas, "◇"));
    assert_false(shows(&canvas, "staged"));
    model->experiment.phase = MODEL_RESTORED;
    view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
    assert_true(shows(&canvas, "◇"));
    canvas_free(&canvas);
    ui_state_free(state);
    free(state);
    model_release(model);
}

static void says_how_old_figures_are(void **context)
{
    (void)context;
    struct model *model = fixture_model(FIXTURE_IDLE);
    struct ui_state *state = calloc(1, sizeof *state);
    struct canvas canvas;
    fixture_state(FIXTURE_IDLE, model, state);
    canvas_init(&canvas, 120, 36, false);
    model->series.heard_ms = FIXTURE_NOW_MS - 12000;
    view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
    assert_true(shows(&canvas, "12 s old"));
    canvas_free(&canvas);
    ui_state_free(state);
    free(state);
    model_release(model);
}

static void does_not_show_a_percentile_of_too_few(void **context)
{
    (void)context;
    struct model *model = fixture_model(FIXTURE_IDLE);
    struct ui_state *state = calloc(1, sizeof *state);
    struct canvas canvas;
    fixture_state(FIXTURE_IDLE, model, state);
    canvas_init(&canvas, 120, 36, false);
    model->series.now.p99_us = -1;
    model->series.now.p999_us = -1;
    view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
    assert_true(shows(&canvas, "·         ·"));
    canvas_free(&canvas);
    ui_state_free(state);
    free(state);
    model_release(model);
}

static void counts_at_the_edge_what_lies_beyond(void **context)
{
    (void)context;
    struct model *model = fixture_model(FIXTURE_IDLE);
    struct ui_state *state = calloc(1, sizeof *state);
    struct canvas canvas;
    fixture_state(FIXTURE_IDLE, model, state);
    canvas_init(&canvas, 120, 36, false);
    hist_record_n(&model->series.window, 30000000, 37);
    view_draw(&canvas, model, state, FIXTURE_NOW_MS, false);
    assert_true(shows(&canvas, "▶ 37"));
    canvas_free(&canvas);
    ui_state_free(state);
    free(state);
    model_release(model);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    if (setlocale(LC_ALL, "C.UTF-8") == NULL) {
        fputs("no C.UTF-8 locale here: skipped\n", stderr);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_every_scene_as_the_golden_files_say),
        cmocka_unit_test(a_control_group_stands_beside_the_experiment),
        cmocka_unit_test(draws_only_ascii_when_asked_to),
        cmocka_unit_test(shows_the_way_back_at_every_size),
        cmocka_unit_test(tells_states_apart_without_colour),
        cmocka_unit_test(draws_the_baseline_and_shares_with_texture_in_mono),
        cmocka_unit_test(marks_staged_live_and_cap_apart),
        cmocka_unit_test(shows_an_unreachable_sidecar_as_such),
        cmocka_unit_test(says_of_each_fader_what_it_becomes_with_fis),
        cmocka_unit_test(says_how_slow_the_agents_faders_are_and_what_is_under_way),
        cmocka_unit_test(shows_how_each_action_stands),
        cmocka_unit_test(what_was_staged_before_waits_unseen_while_the_faders_are_locked),
        cmocka_unit_test(says_how_old_figures_are),
        cmocka_unit_test(does_not_show_a_percentile_of_too_few),
        cmocka_unit_test(counts_at_the_edge_what_lies_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
