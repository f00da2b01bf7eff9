/* The code of an MFA device: when it is asked for, and what is answered. */
#include "tests/ui/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct desk *desk_asked(enum fixture_scene scene)
{
    struct desk *desk = desk_new(scene);
    desk->model->question = (struct model_question){.number = 7, .serial = "arn:aws:iam::1:mfa/me"};
    return desk;
}

static void a_question_opens_a_dialog_whose_answer_is_sent(void **context)
{
    (void)context;
    struct desk *desk = desk_asked(FIXTURE_IDLE);
    desk_tick(desk, 10);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_CODE);
    desk_type(desk, "12345");
    desk_press(desk, UI_KEY_ENTER);
    assert_null(desk_sent(desk, INTENT_ANSWER));
    assert_non_null(strstr(desk->state.text_error, "six digits"));
    desk_type(desk, "6");
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *answer = desk_sent(desk, INTENT_ANSWER);
    assert_non_null(answer);
    assert_int_equal(answer->number, 7);
    assert_string_equal(answer->code, "123456");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_tick(desk, 10); /* the model does not know of it yet */
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk->model->question.number = 8;
    desk_tick(desk, 10);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_CODE);
    assert_string_equal(desk->state.text, "");
    desk_free(desk);
}

static void esc_says_that_nobody_knows_the_code(void **context)
{
    (void)context;
    struct desk *desk = desk_asked(FIXTURE_IDLE);
    desk_tick(desk, 10);
    desk_press(desk, UI_KEY_ENTER); /* nothing typed: no answer */
    assert_null(desk_sent(desk, INTENT_ANSWER));
    desk_press(desk, UI_KEY_ESC);
    const struct intent *answer = desk_sent(desk, INTENT_ANSWER);
    assert_non_null(answer);
    assert_int_equal(answer->number, 7);
    assert_string_equal(answer->code, "");
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_free(desk);
}

static void a_question_waits_for_what_is_being_typed(void **context)
{
    (void)context;
    struct desk *desk = desk_asked(FIXTURE_IDLE);
    desk_press(desk, ':');
    desk_tick(desk, 10);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_COMMAND);
    desk_press(desk, UI_KEY_ESC);
    desk_tick(desk, 10);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_CODE);
    desk->model->question.number = 0; /* it was withdrawn */
    desk_tick(desk, 10);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_NONE);
    desk_free(desk);
}

static void a_plan_that_waits_for_the_code_comes_back_after_it(void **context)
{
    (void)context;
    struct desk *desk = desk_asked(FIXTURE_IDLE);
    desk->state.overlay = UI_OVERLAY_PLAN;
    desk->state.last_phase = MODEL_PLANNING;
    desk->model->experiment.phase = MODEL_PLANNING;
    desk_tick(desk, 10);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_CODE);
    desk_type(desk, "123456");
    desk_press(desk, UI_KEY_ENTER);
    assert_int_equal(desk->state.overlay, UI_OVERLAY_PLAN);
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_opens_a_dialog_whose_answer_is_sent),
        cmocka_unit_test(esc_says_that_nobody_knows_the_code),
        cmocka_unit_test(a_question_waits_for_what_is_being_typed),
        cmocka_unit_test(a_plan_that_waits_for_the_code_comes_back_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
