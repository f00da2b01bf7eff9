/* What stands in the scrollback afterwards. */
#include "tests/ui/fixture.h"
#include "ui/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *summary_with(struct model *model, bool live, enum ui_outcome outcome)
{
    struct ui_summary *summary = calloc(1, sizeof *summary);
    summary->outcome = outcome;
    if (live) {
        struct model *before = fixture_model(FIXTURE_LIVE);
        ui_summary_note(summary, before);
        model_release(before);
    }
    ui_summary_note(summary, model);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ui_summary_print(out, summary, model);
    fclose(out);
    model_release(model);
    free(summary);
    return text;
}

/* A session that was live and ended in `last`; the caller frees the text. */
static char *summary_of(bool live, enum fixture_scene last, enum ui_outcome outcome)
{
    return summary_with(fixture_model(last), live, outcome);
}

static void says_what_was_injected_for_how_long_and_that_all_is_restored(void **context)
{
    (void)context;
    char *text = summary_of(true, FIXTURE_RESTORED, UI_OUTCOME_QUIT);
    assert_non_null(strstr(text, "latency 800 ms"));
    assert_non_null(strstr(text, "storefront/checkout for 00:42"));
    assert_non_null(strstr(text, "before   p50 12.0 ms"));
    assert_non_null(strstr(text, "during   p50 813 ms"));
    assert_non_null(strstr(text, "All is as it was"));
    free(text);
}

static void does_not_claim_what_was_left_to_others(void **context)
{
    (void)context;
    struct model *model = fixture_model(FIXTURE_RESTORED);
    model->experiment.left_to_others = true;
    char *text = summary_with(model, true, UI_OUTCOME_QUIT);
    assert_non_null(strstr(text, "as someone deployed it"));
    assert_null(strstr(text, "All is as it was"));
    free(text);
}

static void says_what_is_left_to_do(void **context)
{
    (void)context;
    char *text = summary_of(true, FIXTURE_FAILED, UI_OUTCOME_QUIT);
    assert_non_null(strstr(text, "Not all is restored"));
    assert_non_null(strstr(text, "shaketable rollback k3x9p2qa"));
    assert_null(strstr(text, "All is as it was"));
    free(text);
    text = summary_of(true, FIXTURE_RECOVERING, UI_OUTCOME_SIGNAL);
    assert_non_null(strstr(text, "Not all is restored"));
    free(text);
    text = summary_of(false, FIXTURE_ARMING,
                      UI_OUTCOME_SIGNAL); /* nothing was live, and yet something is there */
    assert_non_null(strstr(text, "Not all is restored"));
    free(text);
}

static void says_that_it_goes_on_without_us(void **context)
{
    (void)context;
    char *text = summary_of(true, FIXTURE_LIVE, UI_OUTCOME_LEFT);
    assert_non_null(strstr(text, "until its deadline"));
    assert_null(strstr(text, "All is as it was"));
    free(text);
}

static void tells_the_two_groups_of_faults_for_a_share(void **context)
{
    (void)context;
    char *text = summary_with(fixture_model(FIXTURE_LIVE), false, UI_OUTCOME_LEFT);
    assert_null(strstr(text, "control"));
    free(text);
    struct model *model = fixture_model(FIXTURE_LIVE);
    model->series.scoped = model->series.now;
    model->series.control = model->series.before;
    text = summary_with(model, false, UI_OUTCOME_LEFT);
    assert_non_null(strstr(text, "\n  in scope p50 8"));
    assert_non_null(strstr(text, "\n  control  p50 1"));
    free(text);
}

static void says_nothing_when_nothing_was_done(void **context)
{
    (void)context;
    char *text = summary_of(false, FIXTURE_IDLE, UI_OUTCOME_QUIT);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_injected_for_how_long_and_that_all_is_restored),
        cmocka_unit_test(does_not_claim_what_was_left_to_others),
        cmocka_unit_test(says_what_is_left_to_do),
        cmocka_unit_test(says_that_it_goes_on_without_us),
        cmocka_unit_test(tells_the_two_groups_of_faults_for_a_share),
        cmocka_unit_test(says_nothing_when_nothing_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
