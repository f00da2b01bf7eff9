/* run: faults on what a service calls, where its calls go past the sidecar. */
#include "tests/experiment/run_fixture.h"

#include "experiment/model_internal.h"

#define SILENCE_MS 20000

/* An application that does not read the variable calls past the sidecar, which would look like no fault. */
static void calls_that_do_not_come_are_told_of_once(void **state)
{
    (void)state;
    struct model_experiment *shown = calloc(1, sizeof *shown);
    struct intent plan = intent_of(INTENT_PLAN);
    assert_true(choices_take_dependency(&plan.choices, "dynamodb", "--dependency", NULL));
    atomic_store(&sidecar.idle, true);
    run_plan(run, &plan);
    RUN_UNTIL(run->phase != MODEL_PLANNING);
    run_confirm(run);
    RUN_UNTIL(run->phase == MODEL_ARMED && run->silence.since_ms[0] != 0);
    assert_contains(calls_log, "on calls to dynamodb of storefront/checkout begins");
    run->silence.since_ms[0] = clock_ms() - SILENCE_MS + PATIENCE_MS / 2;
    step();
    assert_null(strstr(calls_log, "AWS_ENDPOINT_URL_DYNAMODB"));
    run->silence.since_ms[0] = clock_ms() - SILENCE_MS;
    RUN_UNTIL(strstr(calls_log, "does the application read AWS_ENDPOINT_URL_DYNAMODB?") != NULL);
    calls_log[0] = '\0';
    step();
    assert_string_equal(calls_log, "");
    run_show(run, shown);
    assert_string_equal(shown->dependencies, "dynamodb");
    model_plan_release(shown->plan);
    free(shown);
    atomic_store(&sidecar.idle, false);
    RUN_UNTIL(strcmp(calls_log, "calls to dynamodb come now") == 0);
    roll_back();
    assert_restored();
}

/* Through a proxy comes what goes elsewhere, too: only what the faults are meant for is the call. */
static void calls_elsewhere_are_not_the_named_ones(void **state)
{
    (void)state;
    struct intent plan = intent_of(INTENT_PLAN);
    assert_true(choices_take_dependency(&plan.choices, "db.example.com:443", "--dependency", NULL));
    run_plan(run, &plan);
    RUN_UNTIL(run->phase != MODEL_PLANNING);
    run_confirm(run);
    RUN_UNTIL(run->phase == MODEL_ARMED && run->baseline_from_ms != 0);
    assert_true(run->silence.since_ms[0] == 0); /* it can't be told yet */
    run->baseline_from_ms -= RUN_BASELINE_MS;
    RUN_UNTIL(run->phase == MODEL_INJECTING && run->silence.since_ms[0] != 0);
    assert_false(run->silence.heard[0]);
    run->silence.since_ms[0] = clock_ms() - SILENCE_MS;
    RUN_UNTIL(run->silence.said[0]);
    roll_back();
    assert_restored();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_that_do_not_come_are_told_of_once, setup, teardown),
        cmocka_unit_test_setup_teardown(calls_elsewhere_are_not_the_named_ones, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
