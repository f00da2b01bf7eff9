/* What keys and mouse do: state and intents, without a terminal. */
#include "experiment/model_internal.h"
#include "tests/ui/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ── R ───────────────────────────────────────────────────────────────────────────────────── */

static void r_rolls_back_in_every_scene_and_over_every_overlay(void **context)
{
    (void)context;
    for (int scene = FIXTURE_IDLE; scene < FIXTURE_SCENES; scene++)
        for (int overlay = UI_OVERLAY_NONE; overlay < UI_OVERLAYS; overlay++)
            for (int focus = UI_FOCUS_TREE; focus <= UI_FOCUS_FADERS; focus++) {
                struct desk *desk = desk_new((enum fixture_scene)scene);
                desk->state.overlay = (enum ui_overlay)overlay;
                desk->state.record[0] = desk->state.fis[0] = '\0'; /* in a list it is the one at the cursor */
                desk->state.focus = (enum ui_focus)focus;
                bool typing = ui_state_is_typing(&desk->state, desk->model);
                desk_press(desk, typing ? UI_CONTROL('R') : 'R');
                const struct intent *intent = desk_sent(desk, INTENT_ROLLBACK);
                assert_non_null(intent);
                assert_string_equal(intent->service, "checkout");
                assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
                desk_free(desk);
            }
}

static void ctrl_r_rolls_back_everywhere_too(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, UI_CONTROL('R'));
    assert_non_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_free(desk);
}

static void r_is_a_letter_where_letters_are_typed(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, ':');
    desk_press(desk, 'R');
    assert_int_equal(desk->intents.count, 0);
    assert_string_equal(desk->state.text, "R");
    desk_free(desk);
}

static void nothing_is_sent_after_a_rollback(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, UI_KEY_RIGHT);
    desk_press(desk, UI_KEY_RIGHT); /* this one waits */
    assert_true(desk->state.adjust_pending);
    desk_press(desk, 'R');
    desk_tick(desk, 500);
    assert_null(desk_sent(desk, INTENT_ADJUST));
    desk_free(desk);
}

static void a_click_on_the_way_back_rolls_back(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_PRESS,
                                      .hit = {.kind = HIT_COMMAND, .value = UI_COMMAND_ROLLBACK}});
    assert_non_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_free(desk);
}

/* ── faders ──────────────────────────────────────────────────────────────────────────────── */

static void moves_are_staged_until_the_faults_are_live(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    fault_init(&desk->state.staged);
    for (int i = 0; i < 5; i++) {
        desk_press(desk, 'l');
        assert_int_equal(desk->intents.count, 0);
    }
    assert_true(desk->state.staged.latency.mean_ms > 4.9);
    desk_tick(desk, 1000);
    assert_null(desk_sent(desk, INTENT_ADJUST));
    desk_free(desk);
}

static void live_moves_are_sent_at_most_ten_a_second_and_the_last_always(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    int count = 0;
    double last = 0;
    for (int i = 0; i < 100; i++) { /* a press each 10 ms: a second */
        desk_press(desk, i % 2 == 0 ? 'l' : 'h');
        const struct intent *intent = desk_sent(desk, INTENT_ADJUST);
        count += intent != NULL;
        last = intent != NULL ? intent->fault.latency.mean_ms : last;
        desk->now_ms += 10;
    }
    desk_press(desk, 'L');
    for (int i = 0; i < 2; i++) { /* that press, and what still waits after it */
        const struct intent *intent = desk_sent(desk, INTENT_ADJUST);
        count += intent != NULL;
        last = intent != NULL ? intent->fault.latency.mean_ms : last;
        desk_tick(desk, 200);
    }
    assert_in_range(count, 5, 12);
    assert_true(last == desk->state.staged.latency.mean_ms);
    assert_false(desk->state.adjust_pending);
    desk_free(desk);
}

static void a_change_from_elsewhere_moves_the_faders(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk->model->experiment.asked.latency.mean_ms = 300;
    desk_tick(desk, 100);
    assert_true(desk->state.staged.latency.mean_ms == 300);
    desk_free(desk);
}

static void what_was_moved_while_arming_stays_staged(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_ARMING);
    desk_press(desk, 'l');
    double staged = desk->state.staged.latency.mean_ms;
    desk->model->experiment.phase = MODEL_INJECTING;
    desk_tick(desk, 100);
    assert_int_equal(desk->intents.count, 0);
    assert_true(desk->state.staged.latency.mean_ms == staged);
    desk_press(desk, UI_KEY_ENTER);
    assert_true(desk_sent(desk, INTENT_ADJUST)->fault.latency.mean_ms == staged);
    desk_free(desk);
}

static void zero_and_undo(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk->state.staged.latency.mean_ms = 800;
    desk_press(desk, '0');
    assert_true(desk->state.staged.latency.mean_ms <= 0);
    desk_press(desk, 'z');
    assert_true(desk->state.staged.latency.mean_ms == 800);
    desk_press(desk, 'z');
    assert_string_equal(desk->state.notice, "nothing to undo");
    for (int i = 0; i < 2 * UI_UNDO_MAX; i++)
        desk_press(desk, i % 2 == 0 ? 'l' : 'h');
    for (int i = 0; i < UI_UNDO_MAX; i++)
        desk_press(desk, 'z');
    assert_int_equal(desk->state.undo_count, 0);
    desk_free(desk);
}

static void a_drag_follows_the_mouse_also_off_its_row(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    struct hit track = {{50, 3, 41, 1}, HIT_FADER, FADER_LOSS};
    desk_send(desk, (struct ui_event){.type = UI_EVENT_PRESS, .x = 60, .y = 3, .hit = track});
    assert_int_equal(desk->state.fader, FADER_LOSS);
    assert_true(desk->state.staged.loss.percent == 25);
    struct hit other = {{50, 4, 41, 1}, HIT_FADER, FADER_ERRORS};
    desk_send(desk, (struct ui_event){.type = UI_EVENT_DRAG, .x = 70, .y = 4, .hit = other});
    assert_true(desk->state.staged.loss.percent == 50);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_DRAG, .x = 500, .y = 40});
    assert_true(desk->state.staged.loss.percent == 100);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_RELEASE, .x = 54, .y = 9});
    assert_true(desk->state.staged.loss.percent == 10);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_DRAG, .x = 90, .y = 3, .hit = track});
    assert_true(desk->state.staged.loss.percent == 10);
    desk_press(desk, 'z'); /* the whole drag is one move */
    assert_true(desk->state.staged.loss.percent <= 0);
    desk_free(desk);
}

static void the_wheel_steps_the_fader_under_it(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    struct hit row = {{38, 5, 80, 1}, HIT_FADER_ROW, FADER_RESET};
    desk_send(desk, (struct ui_event){.type = UI_EVENT_WHEEL_UP, .hit = row});
    assert_true(desk->state.staged.reset.percent > 0);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_WHEEL_DOWN, .hit = row});
    assert_true(desk->state.staged.reset.percent <= 0);
    desk_free(desk);
}

/* ── entries and commands ────────────────────────────────────────────────────────────────── */

static void enter(struct desk *desk, enum fader fader, const char *text)
{
    desk->state.overlay = UI_OVERLAY_NONE;
    desk->state.focus = UI_FOCUS_FADERS;
    desk->state.fader = fader;
    desk_press(desk, 'e');
    desk_press(desk, UI_CONTROL('U'));
    desk_type(desk, text);
    desk_press(desk, UI_KEY_ENTER);
}

static void exact_values_are_taken_with_their_units(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    struct fault *staged = &desk->state.staged;
    enter(desk, FADER_LATENCY, "1.5s");
    assert_true(staged->latency.mean_ms == 1500);
    enter(desk, FADER_LATENCY, "800 ms 50ms pareto");
    assert_true(staged->latency.mean_ms == 800 && staged->latency.jitter_ms == 50);
    assert_int_equal(staged->latency.distribution, FAULT_PARETO);
    enter(desk, FADER_LOSS, "2 %");
    assert_true(staged->loss.percent == 2);
    enter(desk, FADER_ERRORS, "10% 500");
    assert_true(staged->error.percent == 10 && staged->error.status == 500);
    enter(desk, FADER_ERRORS, "504@3%");
    assert_true(staged->error.percent == 3 && staged->error.status == 504);
    enter(desk, FADER_BANDWIDTH, "1MB/s");
    assert_int_equal(staged->bandwidth.bytes_per_s, 1000000);
    enter(desk, FADER_SCOPE, "50% GET /api/*");
    assert_true(staged->scope.percent == 50);
    assert_string_equal(staged->scope.method, "GET");
    assert_string_equal(staged->scope.path, "/api/*");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_free(desk);
}

static void a_wrong_entry_says_why_and_changes_nothing(void **context)
{
    (void)context;
    static const char *const wrong[] = {"", "fast", "-5ms", "70s", "5%%"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct desk *desk = desk_new(FIXTURE_IDLE);
        struct fault before = desk->state.staged;
        enter(desk, FADER_LATENCY, wrong[i]);
        assert_int_equal(desk->state.overlay, UI_OVERLAY_ENTRY);
        assert_true(desk->state.text_error[0] != '\0');
        assert_true(fault_equal(&before, &desk->state.staged));
        desk_press(desk, UI_KEY_ESC);
        assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
        desk_free(desk);
    }
}

static void commands_do_what_keys_do(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_command(desk, "latency 800ms");
    assert_true(desk->state.staged.latency.mean_ms == 800);
    desk_command(desk, "error 503@10%");
    assert_true(desk->state.staged.error.percent == 10);
    desk_command(desk, "blackhole 5%");
    assert_true(desk->state.staged.blackhole.percent == 5);
    desk_command(desk, "duration 90s");
    assert_int_equal(desk->state.duration_ms, 90000);
    desk_command(desk, "theme light");
    assert_string_equal(desk->state.theme_name, "light");
    desk_command(desk, "ascii");
    assert_true(desk->state.ascii && desk->state.ascii_changed);
    desk_command(desk, "select payments/ledger");
    assert_string_equal(desk_sent(desk, INTENT_SELECT)->service, "ledger");
    desk_command(desk, "refresh");
    assert_non_null(desk_sent(desk, INTENT_REFRESH));
    desk_command(desk, "client-stats tcp:127.0.0.1:5000");
    assert_string_equal(desk_sent(desk, INTENT_CLIENT_STATS)->client_stats, "tcp:127.0.0.1:5000");
    desk_command(desk, "client-stats none");
    assert_string_equal(desk_sent(desk, INTENT_CLIENT_STATS)->client_stats, "");
    desk_command(desk, "client-stats somewhere");
    assert_null(desk_sent(desk, INTENT_CLIENT_STATS));
    assert_true(strstr(desk->state.text_error, "is not tcp:ADDRESS:PORT") != NULL);
    desk_press(desk, UI_KEY_ESC);
    desk_command(desk, "inject");
    assert_string_equal(desk_sent(desk, INTENT_PLAN)->service, "ledger");
    desk_command(desk, "clear");
    assert_true(fault_is_clean(&desk->state.staged));
    desk_command(desk, "rollback");
    assert_non_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_command(desk, "wobble 3");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_COMMAND);
    assert_true(desk->state.text_error[0] != '\0');
    assert_string_equal(desk->state.text, "wobble 3");
    desk_free(desk);
}

static void the_command_line_completes(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_press(desk, ':');
    desk_type(desk, "lat");
    desk_press(desk, UI_KEY_TAB);
    assert_string_equal(desk->state.text, "latency ");
    desk_press(desk, UI_CONTROL('U'));
    desk_type(desk, "theme li");
    desk_press(desk, UI_KEY_TAB);
    assert_string_equal(desk->state.text, "theme light ");
    desk_press(desk, UI_CONTROL('U'));
    desk_type(desk, "re");
    desk_press(desk, UI_KEY_TAB); /* reset, refresh: as far as they agree */
    assert_string_equal(desk->state.text, "re");
    desk_free(desk);
}

static void a_cap_stops_keys_entries_and_drags(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_command(desk, "cap latency 1s");
    enter(desk, FADER_LATENCY, "2s");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_ENTRY);
    desk_press(desk, UI_KEY_ESC);
    for (int i = 0; i < 40; i++)
        desk_press(desk, 'L');
    assert_true(desk->state.staged.latency.mean_ms == 1000);
    struct hit track = {{50, 3, 41, 1}, HIT_FADER, FADER_LATENCY};
    desk_send(desk, (struct ui_event){.type = UI_EVENT_PRESS, .x = 90, .y = 3, .hit = track});
    assert_true(desk->state.staged.latency.mean_ms == 1000);
    desk_free(desk);
}

/* ── the plan ────────────────────────────────────────────────────────────────────────────── */

static void enter_enter_starts_the_tasks(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    fixture_fault(&desk->state.staged);
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_non_null(plan);
    assert_string_equal(plan->cluster, "storefront");
    assert_string_equal(plan->service, "checkout");
    assert_true(fault_equal(&plan->fault, &desk->state.staged));
    assert_int_equal(plan->duration_ms, UI_DURATION_DEFAULT_MS);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    desk_tick(desk, 10); /* still the old model */
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    model_release(desk->model);
    desk->model = fixture_model(FIXTURE_PLAN);
    desk_tick(desk, 400);
    desk_press(desk, UI_KEY_ENTER); /* meant for what stood there before */
    assert_int_equal(desk->intents.count, 0);
    desk_tick(desk, UI_PLAN_SETTLE_MS);
    assert_int_equal(ui_state_plan_button(&desk->state, desk->model, desk->now_ms), UI_PLAN_INJECT);
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(desk_sent(desk, INTENT_CONFIRM));
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_free(desk);
}

static void cancel_has_the_focus_while_the_plan_is_read(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_press(desk, 'i');
    assert_int_equal(ui_state_plan_button(&desk->state, desk->model, desk->now_ms), UI_PLAN_CANCEL);
    desk_press(desk, UI_KEY_RIGHT); /* there is nothing else to go to */
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(desk_sent(desk, INTENT_DISMISS));
    assert_null(desk_sent(desk, INTENT_CONFIRM));
    desk_free(desk);
}

static void cancel_has_the_focus_with_a_warning(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_PLAN);
    desk->model->experiment.plan->findings[0].severity = MODEL_WARNING;
    assert_int_equal(ui_state_plan_button(&desk->state, desk->model, desk->now_ms), UI_PLAN_CANCEL);
    desk_press(desk, UI_KEY_TAB);
    assert_int_equal(ui_state_plan_button(&desk->state, desk->model, desk->now_ms), UI_PLAN_INJECT);
    desk_press(desk, UI_KEY_TAB);
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(desk_sent(desk, INTENT_DISMISS));
    desk_free(desk);
}

static void a_refused_plan_cannot_be_started(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_REFUSED);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    desk_press(desk, UI_KEY_RIGHT);
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_CONFIRM));
    assert_non_null(desk_sent(desk, INTENT_DISMISS));
    desk_free(desk);
}

static void production_asks_for_the_name(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_PRODUCTION);
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_CONFIRM));
    desk_type(desk, "checkouR");
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_CONFIRM));
    desk_press(desk, UI_KEY_BACKSPACE);
    desk_press(desk, 't');
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(desk_sent(desk, INTENT_CONFIRM));
    desk_free(desk);
}

/* ── quitting ────────────────────────────────────────────────────────────────────────────── */

static void quitting_asks_only_with_something_active(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_press(desk, 'q');
    assert_non_null(desk_sent(desk, INTENT_QUIT));
    assert_int_equal(desk->state.ending, UI_ENDING_AT_ONCE);
    desk_free(desk);

    static const struct {
        int rights;
        enum ui_ending ending;
    } choices[] = {{0, UI_ENDING_ROLLBACK}, {1, UI_ENDING_LEAVE}, {2, UI_ENDING_NONE}};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        desk = desk_new(FIXTURE_LIVE);
        desk_press(desk, 'q');
        assert_int_equal(desk->intents.count, 0);
        assert_int_equal(desk->state.overlay, UI_OVERLAY_QUIT);
        for (int j = 0; j < choices[i].rights; j++)
            desk_press(desk, UI_KEY_RIGHT);
        desk_press(desk, UI_KEY_ENTER);
        assert_int_equal(desk->state.ending, choices[i].ending);
        assert_true((desk_sent(desk, INTENT_QUIT) != NULL) == (choices[i].rights == 0));
        assert_true((desk_sent(desk, INTENT_LEAVE) != NULL) == (choices[i].rights == 1));
        desk_free(desk);
    }
}

/* ── tree and the rest ───────────────────────────────────────────────────────────────────── */

static void the_first_service_is_chosen_when_the_tree_comes(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LOADING);
    assert_string_equal(desk->state.chosen_service, "");
    model_release(desk->model);
    desk->model = fixture_model(FIXTURE_IDLE);
    desk_tick(desk, 10);
    assert_string_equal(desk_sent(desk, INTENT_SELECT)->service, "catalog");
    desk_free(desk);
}

static void the_desk_follows_the_cursor_once_it_rests(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk->state.focus = UI_FOCUS_TREE;
    desk_press(desk, UI_KEY_DOWN);
    desk_tick(desk, 10);
    assert_null(desk_sent(desk, INTENT_SELECT));
    desk_press(desk, UI_KEY_DOWN); /* the cluster payments */
    desk_press(desk, UI_KEY_DOWN);
    desk_tick(desk, UI_SELECT_DELAY_MS);
    assert_string_equal(desk_sent(desk, INTENT_SELECT)->service, "fraud");
    desk_press(desk, UI_KEY_DOWN);
    desk_press(desk, UI_KEY_ENTER); /* at once */
    assert_string_equal(desk_sent(desk, INTENT_SELECT)->service, "ledger");
    assert_int_equal(desk->state.focus, UI_FOCUS_FADERS);
    desk_free(desk);
}

static void clusters_fold_and_the_filter_narrows(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, 100), 7);
    desk->state.focus = UI_FOCUS_TREE;
    desk_press(desk, UI_KEY_HOME);
    desk_press(desk, UI_KEY_LEFT);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, 100), 4);
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, 100), 7);
    desk_press(desk, '/');
    desk_type(desk, "LED");
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, 100), 2);
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, 100), 2);
    desk_press(desk, UI_KEY_ENTER); /* what is shown is what is chosen */
    assert_string_equal(desk->state.chosen_service, "ledger");
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, 100), 7);
    desk_free(desk);
}

/* A big account in the place of the scene's. */
static struct desk *big_desk(void)
{
    struct desk *desk = desk_new(FIXTURE_IDLE);
    model_inventory_release(desk->model->inventory);
    desk->model->inventory = fixture_big_inventory(100, 20);
    desk->state.cluster[0] = desk->state.chosen_service[0] = desk->state.chosen_cluster[0] = '\0';
    desk->state.focus = UI_FOCUS_TREE;
    desk->state.fold_decided = false;
    return desk;
}

static void many_clusters_are_folded_but_one(void **context)
{
    (void)context;
    struct desk *desk = big_desk();
    desk_tick(desk, 0);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, UI_TREE_ROWS_MAX), 120);
    assert_string_equal(desk->state.chosen_service, "svc-000-000-api");
    desk_press(desk, UI_KEY_END);
    assert_string_equal(desk->state.cluster, "cluster-099");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, UI_TREE_ROWS_MAX), 140);
    desk_press(desk, '/');
    desk_type(desk, "050-01");
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, UI_TREE_ROWS_MAX), 11);
    desk_type(desk, "7-WORK");
    assert_int_equal(ui_tree_rows(&desk->state, desk->model, NULL, UI_TREE_ROWS_MAX), 0);
    desk_free(desk);
}

static void what_is_found_by_a_filter_is_seen_when_the_filter_is_gone(void **context)
{
    (void)context;
    struct desk *desk = big_desk();
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    desk_tick(desk, 0);
    desk_press(desk, '/');
    desk_type(desk, "077-013");
    desk_press(desk, UI_KEY_ENTER);
    desk_press(desk, UI_KEY_ENTER);
    assert_string_equal(desk->state.chosen_service, "svc-077-013-gateway");
    desk_press(desk, UI_KEY_ESC);
    size_t count = ui_tree_rows(&desk->state, desk->model, rows, UI_TREE_ROWS_MAX);
    size_t cursor = ui_tree_cursor(&desk->state, rows, count);
    assert_non_null(rows[cursor].service);
    assert_string_equal(rows[cursor].service->name, "svc-077-013-gateway");
    desk_free(desk);
}

static void what_is_on_the_screen_is_told_once(void **context)
{
    (void)context;
    struct desk *desk = big_desk();
    struct ui_event event = {.type = UI_EVENT_TICK, .tree_rows = 10};
    desk_send(desk, event);
    const struct intent *intent = desk_sent(desk, INTENT_VISIBLE);
    assert_non_null(intent);
    assert_int_equal(intent->visible_count, 10); /* a cluster that is open, and nine of its services */
    assert_true(intent->visible[0] == model_key("cluster-000", ""));
    assert_true(intent->visible[1] == model_key("cluster-000", "svc-000-000-api"));
    desk_send(desk, event);
    assert_null(desk_sent(desk, INTENT_VISIBLE));
    desk_press(desk, UI_KEY_END);
    desk_send(desk, event);
    intent = desk_sent(desk, INTENT_VISIBLE);
    assert_non_null(intent);
    assert_int_equal(intent->visible_count, 0); /* folded clusters: nothing of them is awaited */
    desk_press(desk, UI_KEY_ENTER);
    desk_send(desk, event);
    intent = desk_sent(desk, INTENT_VISIBLE);
    assert_non_null(intent);
    assert_true(intent->visible[0] == model_key("cluster-099", ""));
    desk_free(desk);
}

static void the_cursor_stays_on_its_service_while_the_list_fills(void **context)
{
    (void)context;
    struct desk *desk = big_desk();
    struct ui_tree_row rows[UI_TREE_ROWS_MAX];
    desk_tick(desk, 0);
    for (int i = 0; i < 7; i++)
        desk_press(desk, UI_KEY_DOWN);
    char name[MODEL_NAME_MAX];
    memcpy(name, desk->state.service, sizeof name);
    assert_string_not_equal(name, "");
    model_inventory_release(desk->model->inventory);
    desk->model->inventory = fixture_big_inventory(100, 15);
    desk_tick(desk, 1000);
    size_t count = ui_tree_rows(&desk->state, desk->model, rows, UI_TREE_ROWS_MAX);
    assert_int_equal(count, 115);
    assert_string_equal(rows[ui_tree_cursor(&desk->state, rows, count)].service->name, name);
    desk_free(desk);
}

static void space_freezes_the_picture_never_the_experiment(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, ' ');
    assert_ptr_equal(desk->state.frozen, desk->model);
    desk_press(desk, 'l');
    assert_non_null(desk_sent(desk, INTENT_ADJUST));
    desk_press(desk, 'R');
    assert_non_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_press(desk, ' ');
    assert_null(desk->state.frozen);
    desk_free(desk);
}

static void lists_scroll_as_far_as_they_go(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, '?');
    desk_send(desk, (struct ui_event){.type = UI_EVENT_KEY, .key = UI_KEY_END, .scroll_most = 7});
    assert_int_equal(desk->state.scroll, 7);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_KEY, .key = UI_KEY_UP, .scroll_most = 7});
    assert_int_equal(desk->state.scroll, 6);
    desk_press(desk, 'o'); /* the log: its end is in sight, up goes back */
    assert_int_equal(desk->state.overlay, UI_OVERLAY_LOG);
    desk_send(desk, (struct ui_event){.type = UI_EVENT_KEY, .key = UI_KEY_UP, .scroll_most = 7});
    assert_int_equal(desk->state.scroll, 1);
    desk_free(desk);
}

static void esc_takes_note_of_what_has_ended(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_RESTORED);
    desk_press(desk, UI_KEY_ESC);
    assert_non_null(desk_sent(desk, INTENT_DISMISS));
    desk_free(desk);
}

/* Whatever is pressed wherever: nothing starts an experiment but Enter and i, and nothing breaks. */
static void every_key_in_every_context_is_harmless(void **context)
{
    (void)context;
    for (int overlay = UI_OVERLAY_NONE; overlay < UI_OVERLAYS; overlay++)
        for (int key = 1; key < 0x110000 + 20; key = key == 0x1ff ? 0x10ffff : key + 1) {
            static const enum fixture_scene scenes[] = {FIXTURE_LOADING, FIXTURE_LIVE};
            static struct desk *desks[2];
            for (size_t i = 0; i < 2; i++) {
                if (desks[i] == NULL)
                    desks[i] = desk_new(scenes[i]);
                desks[i]->state.overlay = (enum ui_overlay)overlay;
                desk_press(desks[i], key);
                bool starts = key == UI_KEY_ENTER || key == '\n' || key == 'i';
                assert_true(starts || desk_sent(desks[i], INTENT_PLAN) == NULL);
                assert_true(starts || desk_sent(desks[i], INTENT_CONFIRM) == NULL);
            }
            if (key == 0x110000 + 19 && overlay == UI_OVERLAYS - 1)
                for (size_t i = 0; i < 2; i++)
                    desk_free(desks[i]);
        }
}

static void help_and_key_bar_come_from_one_table(void **context)
{
    (void)context;
    static const unsigned contexts[] = {UI_CONTEXT_TREE, UI_CONTEXT_FADERS, UI_CONTEXT_PLAN, UI_CONTEXT_LIST,
                                        UI_CONTEXT_QUIT, UI_CONTEXT_CHOICE, UI_CONTEXT_TEXT};
    for (size_t i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
        for (int width = 14; width < 200; width++) {
            const struct ui_binding *bar[UI_KEY_BAR_MAX];
            size_t count = keys_bar(contexts[i], width, width % 2 == 0, bar);
            bool way_back = false;
            for (size_t j = 0; j < count; j++)
                way_back = way_back || bar[j]->command == UI_COMMAND_ROLLBACK;
            assert_true(way_back);
        }
    for (const struct ui_binding *binding = keys_table(); binding->command != UI_COMMAND_NONE; binding++)
        for (int i = 0; i < UI_BINDING_KEYS_MAX && binding->keys[i] != 0; i++)
            for (unsigned where = 1; where <= UI_CONTEXT_TEXT; where <<= 1U)
                if ((binding->contexts & where) != 0)
                    assert_int_equal(keys_find(binding->keys[i], where), binding->command);
}

/* ── experiments that were left behind ───────────────────────────────────────────────────── */

static struct model_record *record_at(struct desk *desk, size_t i)
{
    return &desk->model->records->items[i];
}

static void what_was_left_behind_is_offered_and_never_rolled_back_by_itself(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_OFFER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_OFFER);
    assert_string_equal(ui_offer_at(&desk->state, desk->model, 0)->id, "k3x9p2qa");
    assert_string_equal(ui_offer_at(&desk->state, desk->model, 1)->id, "b7d0c4ee");
    assert_null(ui_offer_at(&desk->state, desk->model, 2)); /* neither the running nor another region's */
    for (int i = 0; i < 100; i++) {
        desk_tick(desk, 1000);
        assert_null(desk_sent(desk, INTENT_ROLLBACK));
    }
    desk_free(desk);
}

static void
the_focus_is_on_roll_back_for_dead_ones_and_on_leave_for_others_before_their_deadline(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_OFFER);
    assert_int_equal(ui_offer_button(&desk->state, desk->model, desk->now_ms), UI_OFFER_ROLLBACK);
    desk_press(desk, UI_KEY_DOWN);
    assert_string_equal(ui_offer_chosen(&desk->state, desk->model)->id, "b7d0c4ee");
    assert_int_equal(ui_offer_button(&desk->state, desk->model, desk->now_ms), UI_OFFER_LEAVE);
    assert_int_equal(ui_offer_button(&desk->state, desk->model, record_at(desk, 1)->deadline_ms),
                     UI_OFFER_ROLLBACK);
    desk_press(desk, UI_KEY_TAB);
    assert_int_equal(ui_offer_button(&desk->state, desk->model, desk->now_ms), UI_OFFER_ROLLBACK);
    desk_free(desk);
}

static void enter_answers_the_offer_only_once_it_has_stood_there(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_OFFER);
    desk_press(desk, UI_KEY_ENTER); /* it was meant for the desk */
    assert_null(desk_sent(desk, INTENT_ROLLBACK));
    assert_int_equal(desk->state.overlay, UI_OVERLAY_OFFER);
    desk_tick(desk, UI_OFFER_SETTLE_MS);
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *intent = desk_sent(desk, INTENT_ROLLBACK);
    assert_non_null(intent);
    assert_string_equal(intent->experiment, "k3x9p2qa");
    assert_string_equal(intent->service, "checkout");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    /* The other one is offered once this one is done with. */
    desk->model->experiment.phase = MODEL_RECOVERING;
    desk_tick(desk, UI_OFFER_AGAIN_MS);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk->model->experiment.phase = MODEL_IDLE;
    record_at(desk, 0)->state = MODEL_RECORD_ENDED;
    desk_tick(desk, 100);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_OFFER);
    assert_string_equal(ui_offer_chosen(&desk->state, desk->model)->id, "b7d0c4ee");
    desk_free(desk);
}

static void r_rolls_back_the_one_under_the_cursor_at_once(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_OFFER);
    desk_press(desk, UI_KEY_DOWN);
    desk_press(desk, 'R');
    const struct intent *intent = desk_sent(desk, INTENT_ROLLBACK);
    assert_non_null(intent);
    assert_string_equal(intent->experiment, ""); /* it has no journal here: by its service, from the labels */
    assert_string_equal(intent->cluster, "payments");
    assert_string_equal(intent->service, "ledger");
    desk_free(desk);
}

static void what_was_left_stays_left_and_what_comes_later_does_not_interrupt(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_OFFER);
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    record_at(desk, 2)->state = MODEL_RECORD_DEAD;
    desk_tick(desk, 10000);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    assert_int_equal(desk->intents.count, 0);
    desk_free(desk);
}

static void an_own_failed_experiment_is_set_aside_for_another(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_EXPERIMENTS);
    desk->model->experiment.phase = MODEL_FAILED_PHASE;
    desk->model->experiment.exit_status = 5;
    desk_press(desk, 'R');
    assert_int_equal(desk->intents.list[0].kind, INTENT_DISMISS);
    assert_int_equal(desk->intents.list[1].kind, INTENT_ROLLBACK);
    desk_free(desk);
}

static void read_only_offers_nothing_and_another_region_is_named(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_EXPERIMENTS);
    for (int i = 0; i < 3; i++)
        desk_press(desk, UI_KEY_DOWN);
    desk_press(desk, 'R');
    assert_null(desk_sent(desk, INTENT_ROLLBACK));
    assert_non_null(strstr(desk->state.notice, "shaketable rollback zz90yy80"));
    desk->model->place.read_only = true;
    desk->state.offers_closed = false;
    desk_tick(desk, 10000);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_press(desk, 'x');
    desk_press(desk, 'R');
    assert_null(desk_sent(desk, INTENT_ROLLBACK));
    desk_free(desk);
}

static void while_one_is_active_r_means_that_one(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_EXPERIMENTS);
    desk->model->experiment.phase = MODEL_INJECTING;
    snprintf(desk->model->experiment.service, MODEL_NAME_MAX, "web");
    desk_press(desk, 'R');
    assert_string_equal(desk_sent(desk, INTENT_ROLLBACK)->service, "web");
    desk_free(desk);
}

/* ── what AWS FIS holds ──────────────────────────────────────────────────────────────────── */

static void go_down(struct desk *desk, int rows)
{
    for (int i = 0; i < rows; i++)
        desk_press(desk, UI_KEY_DOWN);
}

/* In the fixture: six records, two experiments that run, three templates, two experiments that have ended. */
enum {
    ROW_THEIRS = 6,
    ROW_OURS,
    ROW_TEMPLATE,
    ROW_TEMPLATE_IDLE,
    ROW_TEMPLATE_THEIRS,
    ROW_ENDED,
    ROW_FAILED
};

static struct desk *desk_at(int row)
{
    struct desk *desk = desk_new(FIXTURE_FIS);
    desk_press(desk, UI_KEY_HOME);
    go_down(desk, row);
    return desk;
}

static void the_cursor_goes_through_the_experiments_and_what_fis_holds(void **context)
{
    (void)context;
    static const char *const ids[] = {"EXP3theirs4run5n", "EXP7kLmN8oPqR9sT", "EXT2aBcD3eFgH4iJ",
                                      "EXT9zYxW8vUtS7rQ", "EXT4gameday2026a", "EXP6preview7only",
                                      "EXP1failed2last3"};
    struct desk *desk = desk_at(0);
    assert_string_equal(ui_record_chosen(&desk->state, desk->model)->id, "k3x9p2qa");
    for (int row = 0; row <= ROW_FAILED; row++, desk_press(desk, UI_KEY_DOWN)) {
        assert_int_equal(ui_list_cursor(&desk->state, desk->model), row);
        if (row >= ROW_THEIRS) {
            assert_string_equal(desk->state.fis, ids[row - ROW_THEIRS]);
            assert_null(ui_record_chosen(&desk->state, desk->model));
        }
    }
    assert_int_equal(ui_list_cursor(&desk->state, desk->model), ROW_FAILED); /* the last stays the last */
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_RECORD);
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
    assert_string_equal(desk->state.fis, "EXP1failed2last3");
    desk->model->records->fis.experiment_count = 2; /* it is told no longer */
    assert_int_equal(ui_list_cursor(&desk->state, desk->model), 0);
    desk_free(desk);
}

static void a_template_of_ours_is_deleted_after_a_question(void **context)
{
    (void)context;
    struct desk *desk = desk_at(ROW_TEMPLATE_IDLE);
    desk_press(desk, 'd');
    assert_int_equal(desk->state.overlay, UI_OVERLAY_FIS_DELETE);
    desk_press(desk, UI_KEY_ENTER); /* Cancel has the focus */
    assert_int_equal(desk->intents.count, 0);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
    desk_press(desk, 'd');
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->intents.count, 0);
    desk_press(desk, UI_KEY_ENTER); /* from the details too */
    desk_press(desk, 'd');
    desk_press(desk, UI_KEY_TAB);
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *intent = desk_sent(desk, INTENT_FIS_DELETE);
    assert_non_null(intent);
    assert_string_equal(intent->fis_id, "EXT9zYxW8vUtS7rQ");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
    desk_free(desk);
}

static void what_must_not_be_deleted_or_stopped_is_not_asked_for(void **context)
{
    (void)context;
    static const struct {
        int row, key;
        const char *said;
    } rows[] = {{ROW_TEMPLATE_THEIRS, 'd', "shaketable's tag"},
                {ROW_TEMPLATE, 'd', "R rolls it back"},
                {ROW_OURS, 's', "R rolls it back"},
                {ROW_ENDED, 's', "has ended: completed"},
                {ROW_THEIRS, 'd', ""},
                {ROW_TEMPLATE_IDLE, 's', ""},
                {0, 'd', ""},
                {0, 's', ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct desk *desk = desk_at(rows[i].row);
        desk_press(desk, rows[i].key);
        assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
        assert_int_equal(desk->intents.count, 0);
        assert_non_null(strstr(desk->state.notice, rows[i].said));
        desk_free(desk);
    }
}

static void somebodys_experiment_is_stopped_once_its_id_is_typed(void **context)
{
    (void)context;
    struct desk *desk = desk_at(ROW_THEIRS);
    desk_press(desk, 's');
    assert_int_equal(desk->state.overlay, UI_OVERLAY_FIS_STOP);
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->intents.count, 0);
    desk_type(desk, "EXP3theirs4run5");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->intents.count, 0);
    assert_string_not_equal(desk->state.text_error, "");
    desk_type(desk, "n");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *intent = desk_sent(desk, INTENT_FIS_STOP);
    assert_non_null(intent);
    assert_string_equal(intent->fis_id, "EXP3theirs4run5n");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
    desk_press(desk, 's');
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
    desk_free(desk);
}

static void r_on_what_fis_holds_rolls_back_ours_by_its_id_and_nothing_else(void **context)
{
    (void)context;
    static const int others[] = {ROW_THEIRS, ROW_TEMPLATE_THEIRS, ROW_ENDED, ROW_FAILED};
    for (int row = ROW_OURS; row <= ROW_TEMPLATE; row++) {
        struct desk *desk = desk_at(row);
        desk_press(desk, 'R');
        const struct intent *intent = desk_sent(desk, INTENT_ROLLBACK);
        assert_non_null(intent);
        assert_string_equal(intent->experiment, "k3x9p2qa");
        assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
        desk_free(desk);
    }
    struct desk *desk = desk_at(ROW_TEMPLATE_IDLE); /* no record tells of it */
    desk_press(desk, 'R');
    assert_string_equal(desk_sent(desk, INTENT_ROLLBACK)->experiment, "dd33ee44");
    desk_free(desk);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        desk = desk_at(others[i]);
        desk_press(desk, 'R');
        assert_int_equal(desk->intents.count, 0);
        assert_string_not_equal(desk->state.notice, "");
        desk_free(desk);
    }
}

static void a_prepared_service_is_not_offered_and_r_takes_it_back_by_its_id(void **context)
{
    (void)context;
    struct desk *desk = desk_at(3);
    record_at(desk, 3)->journal = false;
    desk_press(desk, 'R');
    const struct intent *intent = desk_sent(desk, INTENT_ROLLBACK);
    assert_non_null(intent);
    assert_string_equal(intent->experiment, "zz90yy80");
    desk_free(desk);
    desk = desk_at(0);
    desk_press(desk, UI_KEY_ESC);
    desk->state.offers_closed = false;
    desk->state.offer_since_ms = 0;
    desk_tick(desk, 10000);
    const struct model_record *offer;
    for (size_t i = 0; (offer = ui_offer_at(&desk->state, desk->model, i)) != NULL; i++)
        assert_string_not_equal(offer->id, "zz90yy80");
    desk_free(desk);
}

static void read_only_neither_deletes_nor_stops(void **context)
{
    (void)context;
    static const struct {
        int row, key;
    } rows[] = {{ROW_TEMPLATE_IDLE, 'd'}, {ROW_THEIRS, 's'}, {ROW_OURS, 'R'}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct desk *desk = desk_at(rows[i].row);
        desk->model->place.read_only = true;
        desk_press(desk, rows[i].key);
        assert_int_equal(desk->intents.count, 0);
        assert_non_null(strstr(desk->state.notice, "read-only"));
        assert_int_equal(desk->state.overlay, UI_OVERLAY_EXPERIMENTS);
        desk_free(desk);
    }
}

/* ── profile and region ──────────────────────────────────────────────────────────────────── */

static void a_profile_brings_its_region_and_a_region_keeps_the_profile(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_PLACE);
    desk_press(desk, UI_KEY_DOWN); /* the cursor was on prod, the present one */
    desk_press(desk, UI_KEY_ENTER);
    assert_true(desk->state.move_wanted);
    assert_string_equal(desk->state.move_profile, "stage");
    assert_string_equal(desk->state.move_region, "eu-west-1");
    desk->state.move_wanted = false;
    desk_press(desk, ':');
    desk_type(desk, "region eu-north-1");
    desk_press(desk, UI_KEY_ENTER);
    assert_true(desk->state.move_wanted);
    assert_string_equal(desk->state.move_profile, ""); /* as it is */
    assert_string_equal(desk->state.move_region, "eu-north-1");
    desk_free(desk);
}

static void another_place_is_refused_while_an_experiment_is_active(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, ':');
    desk_type(desk, "region eu-north-1");
    desk_press(desk, UI_KEY_ENTER);
    assert_false(desk->state.move_wanted);
    assert_non_null(strstr(desk->state.text_error, "R rolls back first"));
    desk_free(desk);
    desk = desk_new(FIXTURE_PLACE);
    desk_press(desk, UI_KEY_ESC);
    desk_press(desk, ':');
    desk_type(desk, "profile nobody");
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(strstr(desk->state.text_error, "no profile nobody"));
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r_rolls_back_in_every_scene_and_over_every_overlay),
        cmocka_unit_test(what_was_left_behind_is_offered_and_never_rolled_back_by_itself),
        cmocka_unit_test(
            the_focus_is_on_roll_back_for_dead_ones_and_on_leave_for_others_before_their_deadline),
        cmocka_unit_test(enter_answers_the_offer_only_once_it_has_stood_there),
        cmocka_unit_test(r_rolls_back_the_one_under_the_cursor_at_once),
        cmocka_unit_test(what_was_left_stays_left_and_what_comes_later_does_not_interrupt),
        cmocka_unit_test(an_own_failed_experiment_is_set_aside_for_another),
        cmocka_unit_test(read_only_offers_nothing_and_another_region_is_named),
        cmocka_unit_test(while_one_is_active_r_means_that_one),
        cmocka_unit_test(the_cursor_goes_through_the_experiments_and_what_fis_holds),
        cmocka_unit_test(a_template_of_ours_is_deleted_after_a_question),
        cmocka_unit_test(what_must_not_be_deleted_or_stopped_is_not_asked_for),
        cmocka_unit_test(somebodys_experiment_is_stopped_once_its_id_is_typed),
        cmocka_unit_test(r_on_what_fis_holds_rolls_back_ours_by_its_id_and_nothing_else),
        cmocka_unit_test(a_prepared_service_is_not_offered_and_r_takes_it_back_by_its_id),
        cmocka_unit_test(read_only_neither_deletes_nor_stops),
        cmocka_unit_test(a_profile_brings_its_region_and_a_region_keeps_the_profile),
        cmocka_unit_test(another_place_is_refused_while_an_experiment_is_active),
        cmocka_unit_test(ctrl_r_rolls_back_everywhere_too),
        cmocka_unit_test(r_is_a_letter_where_letters_are_typed),
        cmocka_unit_test(nothing_is_sent_after_a_rollback),
        cmocka_unit_test(a_click_on_the_way_back_rolls_back),
        cmocka_unit_test(moves_are_staged_until_the_faults_are_live),
        cmocka_unit_test(live_moves_are_sent_at_most_ten_a_second_and_the_last_always),
        cmocka_unit_test(a_change_from_elsewhere_moves_the_faders),
        cmocka_unit_test(what_was_moved_while_arming_stays_staged),
        cmocka_unit_test(zero_and_undo),
        cmocka_unit_test(a_drag_follows_the_mouse_also_off_its_row),
        cmocka_unit_test(the_wheel_steps_the_fader_under_it),
        cmocka_unit_test(exact_values_are_taken_with_their_units),
        cmocka_unit_test(a_wrong_entry_says_why_and_changes_nothing),
        cmocka_unit_test(commands_do_what_keys_do),
        cmocka_unit_test(the_command_line_completes),
        cmocka_unit_test(a_cap_stops_keys_entries_and_drags),
        cmocka_unit_test(enter_enter_starts_the_tasks),
        cmocka_unit_test(cancel_has_the_focus_while_the_plan_is_read),
        cmocka_unit_test(cancel_has_the_focus_with_a_warning),
        cmocka_unit_test(a_refused_plan_cannot_be_started),
        cmocka_unit_test(production_asks_for_the_name),
        cmocka_unit_test(quitting_asks_only_with_something_active),
        cmocka_unit_test(the_first_service_is_chosen_when_the_tree_comes),
        cmocka_unit_test(the_desk_follows_the_cursor_once_it_rests),
        cmocka_unit_test(clusters_fold_and_the_filter_narrows),
        cmocka_unit_test(many_clusters_are_folded_but_one),
        cmocka_unit_test(what_is_found_by_a_filter_is_seen_when_the_filter_is_gone),
        cmocka_unit_test(what_is_on_the_screen_is_told_once),
        cmocka_unit_test(the_cursor_stays_on_its_service_while_the_list_fills),
        cmocka_unit_test(space_freezes_the_picture_never_the_experiment),
        cmocka_unit_test(lists_scroll_as_far_as_they_go),
        cmocka_unit_test(esc_takes_note_of_what_has_ended),
        cmocka_unit_test(every_key_in_every_context_is_harmless),
        cmocka_unit_test(help_and_key_bar_come_from_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
