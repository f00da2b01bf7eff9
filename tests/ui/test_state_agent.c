/* The ECS agent as an engine: what it means for the faders, and how slow they are. */
#include "tests/ui/desk.h"
#include "ui/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct desk *desk_with_agent(void)
{
    struct desk *desk = desk_new(FIXTURE_IDLE);
    fault_init(&desk->state.staged);
    desk_press(desk, 'E');
    desk_press(desk, 'E');
    return desk;
}

/* Live, all have acknowledged, and the agent would take a change now. */
static struct desk *desk_that_is_live(void)
{
    struct desk *desk = desk_new(FIXTURE_AGENT_LIVE);
    struct model_experiment *experiment = &desk->model->experiment;
    experiment->live = experiment->asked;
    experiment->changing = false;
    experiment->next_change_ms = 0;
    desk->state.staged = experiment->asked;
    desk->state.touched = desk->state.adjust_pending = false;
    desk->state.adjusted_ms = 0;
    desk->state.fader = FADER_LATENCY;
    return desk;
}

static void e_goes_round_and_the_command_line_names_it(void **context)
{
    (void)context;
    struct desk *desk = desk_with_agent();
    assert_int_equal(ui_state_engine(&desk->state, desk->model), CHOICES_ENGINE_AGENT);
    assert_non_null(strstr(desk->state.notice, "one change in 5 s"));
    desk->state.staged.latency.mean_ms = 200;
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk_sent(desk, INTENT_PLAN)->choices.engine, CHOICES_ENGINE_AGENT);
    desk_press(desk, UI_KEY_ESC);
    desk_press(desk, 'E');
    assert_int_equal(ui_state_engine(&desk->state, desk->model), CHOICES_ENGINE_SIDECAR);
    desk_command(desk, "engine agent");
    assert_int_equal(ui_state_engine(&desk->state, desk->model), CHOICES_ENGINE_AGENT);
    desk_free(desk);
}

static void what_the_agent_does_not_have_is_not_staged_without_a_word(void **context)
{
    (void)context;
    static const enum fader faders[] = {FADER_ERRORS, FADER_RESET, FADER_BANDWIDTH};
    for (size_t i = 0; i < sizeof faders / sizeof faders[0]; i++) {
        struct desk *desk = desk_with_agent();
        desk->state.fader = faders[i];
        desk_press(desk, faders[i] == FADER_BANDWIDTH ? 'h' : 'l');
        assert_true(fault_is_clean(&desk->state.staged));
        assert_non_null(strstr(desk->state.notice, "not in the agent"));
        desk_free(desk);
    }
}

static void steps_are_what_the_agent_can_do(void **context)
{
    (void)context;
    struct desk *desk = desk_with_agent();
    struct refusals refusals;
    desk->state.fader = FADER_LOSS;
    desk_press(desk, 'l');
    assert_true(desk->state.staged.loss.percent == 1);
    desk->state.staged.latency.distribution = FAULT_NORMAL;
    desk->state.fader = FADER_JITTER;
    desk_press(desk, 'l');
    assert_int_equal(desk->state.staged.latency.distribution, FAULT_UNIFORM);
    assert_non_null(strstr(desk->state.notice, "the agent's jitter is uniform"));
    ui_state_refusals(&desk->state, desk->model, &refusals);
    assert_int_equal(refusals.count, 1);
    assert_string_equal(refusals.items[0].where, "--latency and --loss");
    desk_free(desk);
}

static void places_are_named_and_taken_back(void **context)
{
    (void)context;
    struct desk *desk = desk_with_agent();
    desk_command(desk, "source 10.0.0.0/16");
    desk_command(desk, "source 192.0.2.7");
    assert_int_equal(desk->state.choices.source_count, 2);
    assert_string_equal(desk->state.choices.sources[1], "192.0.2.7");
    desk_command(desk, "source s3.amazonaws.com");
    assert_non_null(strstr(desk->state.text_error, "takes no names"));
    assert_int_equal(desk->state.choices.source_count, 2);
    desk_command(desk, "source all");
    assert_int_equal(desk->state.choices.source_count, 0);
    desk_free(desk);
}

static void a_move_is_sent_at_once_where_the_agent_can_take_it(void **context)
{
    (void)context;
    struct desk *desk = desk_that_is_live();
    desk_press(desk, 'l');
    const struct intent *intent = desk_sent(desk, INTENT_ADJUST);
    assert_non_null(intent);
    assert_true(intent->fault.latency.mean_ms > 800);
    assert_false(desk->state.touched);
    desk_free(desk);
}

static void moves_within_five_seconds_become_one(void **context)
{
    (void)context;
    struct desk *desk = desk_that_is_live();
    desk_press(desk, 'l');
    assert_non_null(desk_sent(desk, INTENT_ADJUST));
    for (int i = 0; i < 20; i++) {
        desk_tick(desk, 200);
        assert_null(desk_sent(desk, INTENT_ADJUST));
        desk_press(desk, 'l');
        assert_null(desk_sent(desk, INTENT_ADJUST));
    }
    double newest = desk->state.staged.latency.mean_ms;
    assert_true(desk->state.touched);
    desk_tick(desk, 1001);
    assert_true(desk_sent(desk, INTENT_ADJUST)->fault.latency.mean_ms == newest);
    desk_tick(desk, 6000);
    assert_null(desk_sent(desk, INTENT_ADJUST));
    desk_free(desk);
}

/* However long that takes. */
/* A blast radius of 30 % is FlowsPercent 30 then: a move of another fader leaves it so. */
static void the_blast_radius_stays_when_a_fader_is_moved(void **context)
{
    (void)context;
    struct desk *desk = desk_that_is_live();
    struct model_experiment *experiment = &desk->model->experiment;
    desk->state.choices.engine = CHOICES_ENGINE_AGENT;
    desk->state.choices.blast_radius = 30;
    desk->state.staged.scope.percent = 100;
    desk->state.last_phase = MODEL_PLANNED;
    experiment->phase = MODEL_ARMING;
    experiment->asked.scope.percent = 30;
    experiment->ours = true;
    desk_tick(desk, 200);
    assert_true(desk->state.staged.scope.percent == 30);
    assert_true(desk->state.choices.blast_radius == 0); /* else the next plan would take 30 % of 30 % */
    experiment->phase = MODEL_INJECTING;
    experiment->live = experiment->asked;
    desk_press(desk, 'l');
    const struct intent *sent = desk_sent(desk, INTENT_ADJUST);
    assert_true(sent->fault.scope.percent == 30);
    desk_free(desk);
}

static void none_goes_before_the_last_was_acknowledged(void **context)
{
    (void)context;
    struct desk *desk = desk_that_is_live();
    struct model_experiment *experiment = &desk->model->experiment;
    experiment->changing = true;
    desk_press(desk, 'l');
    desk_tick(desk, 30000);
    assert_null(desk_sent(desk, INTENT_ADJUST));
    assert_true(ui_state_tick_in_ms(&desk->state, desk->model, desk->now_ms) <= UI_ADJUST_INTERVAL_MS);
    experiment->changing = false;
    experiment->last_ack_ms = 4800;
    desk_tick(desk, 100);
    assert_non_null(desk_sent(desk, INTENT_ADJUST));
    assert_non_null(strstr(desk->state.notice, "live after 4.8 s"));
    desk_free(desk);
}

static void enter_does_not_hurry_it_and_r_does_not_wait(void **context)
{
    (void)context;
    struct desk *desk = desk_that_is_live();
    desk->model->experiment.changing = true;
    desk_press(desk, 'l');
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_ADJUST));
    desk_press(desk, 'R');
    assert_non_null(desk_sent(desk, INTENT_ROLLBACK));
    desk->model->experiment.changing = false;
    desk_tick(desk, 10000);
    assert_null(desk_sent(desk, INTENT_ADJUST));
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e_goes_round_and_the_command_line_names_it),
        cmocka_unit_test(what_the_agent_does_not_have_is_not_staged_without_a_word),
        cmocka_unit_test(steps_are_what_the_agent_can_do),
        cmocka_unit_test(places_are_named_and_taken_back),
        cmocka_unit_test(a_move_is_sent_at_once_where_the_agent_can_take_it),
        cmocka_unit_test(moves_within_five_seconds_become_one),
        cmocka_unit_test(the_blast_radius_stays_when_a_fader_is_moved),
        cmocka_unit_test(none_goes_before_the_last_was_acknowledged),
        cmocka_unit_test(enter_does_not_hurry_it_and_r_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
