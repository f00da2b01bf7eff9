/* What the service calls, as what the faders act on. */
#include "tests/ui/desk.h"
#include "ui/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_calls(const struct desk *desk, const char *expected)
{
    char text[MODEL_TEXT_MAX];
    assert_int_equal(ui_state_dependencies(&desk->state, desk->model, text, sizeof text),
                     expected[0] != '\0');
    assert_string_equal(text, expected);
}

static void the_next_plan_is_for_its_calls(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    assert_calls(desk, "");
    desk_command(desk, "dependency DynamoDB db.example.com:443");
    assert_calls(desk, "dynamodb, db.example.com:443");
    assert_non_null(strstr(desk->state.notice, "the service's calls to dynamodb, db.example.com:443"));
    desk->state.staged.latency.mean_ms = 200;
    desk_press(desk, UI_KEY_ENTER);
    const struct intent *plan = desk_sent(desk, INTENT_PLAN);
    assert_non_null(plan);
    assert_int_equal(plan->choices.dependency_count, 2);
    assert_string_equal(plan->choices.dependencies[0], "dynamodb");
    desk_press(desk, UI_KEY_ESC);
    desk_command(desk, "dependency none");
    assert_calls(desk, "");
    desk_free(desk);
}

static void d_begins_the_command(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_press(desk, 'D');
    assert_int_equal(desk->state.overlay, UI_OVERLAY_COMMAND);
    desk_type(desk, "dynamodb");
    desk_press(desk, UI_KEY_ENTER);
    assert_calls(desk, "dynamodb");
    desk_free(desk);
}

/* A list that is refused as a whole leaves the one before. */
static void a_mistake_changes_nothing(void **context)
{
    (void)context;
    static const char *const lines[] = {"dependency sqs dinamodb", "dependency", "dependency a:1 b:1",
                                        "dependency sqs sqs"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct desk *desk = desk_new(FIXTURE_IDLE);
        desk_command(desk, "dependency s3");
        desk_command(desk, lines[i]);
        assert_string_not_equal(desk->state.text_error, "");
        assert_calls(desk, "s3");
        desk_free(desk);
    }
}

static void an_experiment_s_own_is_what_is_shown(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_DEPENDENCY_LIVE);
    desk_command(desk, "dependency sqs"); /* for the next plan */
    assert_calls(desk, "dynamodb");
    desk_free(desk);
    desk = desk_new(FIXTURE_LIVE);
    desk_command(desk, "dependency sqs");
    assert_calls(desk, "");
    desk_free(desk);
}

static void fis_has_none(void **context)
{
    (void)context;
    struct desk *desk = desk_new(FIXTURE_IDLE);
    desk_command(desk, "engine fis");
    desk_command(desk, "dependency dynamodb");
    assert_non_null(strstr(desk->state.text_error, "AWS FIS knows no dependency"));
    assert_calls(desk, "");
    desk_free(desk);
}

static void names_are_completed(void **context)
{
    (void)context;
    const char *matches[COMMAND_MATCHES_MAX];
    struct model *model = fixture_model(FIXTURE_IDLE);
    char line[UI_TEXT_MAX] = "dependency sqs secr";
    command_complete(model, line, sizeof line);
    assert_string_equal(line, "dependency sqs secretsmanager ");
    assert_int_equal(command_matches(model, "dependency dyn", matches), 2);
    assert_int_equal(command_matches(model, "dependency ", matches), 7);
    assert_string_equal(matches[0], "none");
    model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_plan_is_for_its_calls),
        cmocka_unit_test(d_begins_the_command),
        cmocka_unit_test(a_mistake_changes_nothing),
        cmocka_unit_test(an_experiment_s_own_is_what_is_shown),
        cmocka_unit_test(fis_has_none),
        cmocka_unit_test(names_are_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
