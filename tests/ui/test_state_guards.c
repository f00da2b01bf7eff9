/* The guards: what keys do to them. */
#include "tests/ui/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void guards_are_chosen_for_the_next_plan(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_press(desk, 'g');
    assert_int_equal(desk->state.overlay, UI_OVERLAY_GUARDS);
    desk_press(desk, 'a');
    desk_type(desk, "p99 > soon");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_GUARD);
    assert_non_null(strstr(desk->state.text_error, "expected a time"));
    desk_press(desk, UI_CONTROL('U'));
    desk_type(desk, "err");
    desk_press(desk, UI_KEY_TAB);
    assert_string_equal(desk->state.text, "errors > 20% for 5s");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_GUARDS);
    desk_press(desk, 'a');
    desk_type(desk, "p99 > 2s");
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_GUARDS));
    assert_int_equal(desk->state.choices.guard_count, 2);
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_non_null(plan);
    assert_int_equal(plan->choices.guard_count, 2);
    assert_string_equal(plan->choices.guards[1], "p99 > 2s");
    desk_free(desk);
}

static void a_guard_is_changed_in_its_place_and_removed(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_GUARDS);
    assert_int_equal(desk->state.choices.guard_count, 5);
    desk_press(desk, UI_KEY_DOWN);
    desk_press(desk, UI_KEY_ENTER);
    assert_string_equal(desk->state.text, "errors > 20%");
    desk_press(desk, UI_CONTROL('U'));
    desk_type(desk, "errors > 50%");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *intent = desk_sent(desk, INTENT_GUARDS);
    assert_non_null(intent);
    assert_int_equal(intent->choices.guard_count, 5);
    assert_string_equal(intent->choices.guards[1], "errors > 50%");
    assert_string_equal(intent->choices.guards[2], "healthy targets < 2");
    desk_press(desk, UI_KEY_END);
    desk_press(desk, 'd');
    intent = desk_sent(desk, INTENT_GUARDS);
    assert_non_null(intent);
    assert_int_equal(intent->choices.guard_count, 4);
    assert_int_equal(desk->state.guard, 3);
    /* What the model tells is taken once it must know of ours. */
    desk_tick(desk, 100);
    assert_int_equal(desk->state.choices.guard_count, 4);
    desk_tick(desk, 2000);
    assert_int_equal(desk->state.choices.guard_count, 5);
    desk_free(desk);
}

static void the_command_adds_a_guard_or_says_what_is_wrong(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_LIVE);
    desk_press(desk, ':');
    desk_type(desk, "guard lost > 5% for 3s");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *intent = desk_sent(desk, INTENT_GUARDS);
    assert_non_null(intent);
    assert_string_equal(intent->choices.guards[0], "lost > 5% for 3s");
    desk_press(desk, ':');
    desk_type(desk, "guard lost");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_COMMAND);
    assert_non_null(strstr(desk->state.text_error, "expected >"));
    desk_press(desk, UI_KEY_ESC);
    desk_press(desk, ':');
    desk_type(desk, "guard");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_GUARDS);
    desk_free(desk);
}

static void the_list_over_a_plan_leads_back_to_it(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_PLAN);
    desk_press(desk, 'g');
    desk_press(desk, 'a');
    desk_type(desk, "p99 > 2s");
    desk_press(desk, UI_KEY_ENTER);
    assert_non_null(desk_sent(desk, INTENT_GUARDS));
    desk_press(desk, UI_KEY_ESC);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    assert_null(desk_sent(desk, INTENT_DISMISS));
    desk_free(desk);
}

static void while_it_is_rolled_back_guards_stay(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_RECOVERING);
    desk_press(desk, 'g');
    desk_press(desk, 'a');
    desk_type(desk, "p99 > 2s");
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_GUARDS));
    assert_non_null(strstr(desk->state.text_error, "rolled back"));
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guards_are_chosen_for_the_next_plan),
        cmocka_unit_test(a_guard_is_changed_in_its_place_and_removed),
        cmocka_unit_test(the_command_adds_a_guard_or_says_what_is_wrong),
        cmocka_unit_test(the_list_over_a_plan_leads_back_to_it),
        cmocka_unit_test(while_it_is_rolled_back_guards_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
