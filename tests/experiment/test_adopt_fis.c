/* adopt and fis_errand: what FIS holds of ours, found from anywhere and ended, where FIS may be asked and
 * where it may not. */
#include "experiment/adopt.h"

#include "experiment/engine.h"
#include "experiment/fis_errand.h"
#include "tests/experiment/fake_fis.h"
#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

#define PREPARED_ARN FAKE_DEFINITION "shaketable-checkout:42"

/* An experiment on the service of fake_ecs, or on none. */
static void way_back_of(struct way_back *way_back, const char *id, bool service)
{
    support_way_back(way_back, id);
    snprintf(way_back->cluster_arn, sizeof way_back->cluster_arn, "%s", service ? FAKE_CLUSTER : "");
    snprintf(way_back->service_arn, sizeof way_back->service_arn, "%s", service ? FAKE_SERVICE : "");
}

static void add_template(struct fixture *fixture, const char *template_id, const char *experiment,
                         bool service)
{
    struct way_back way_back;
    way_back_of(&way_back, experiment, service);
    fake_fis_add_template(&fixture->fake, template_id, &way_back);
    way_back_free(&way_back);
}

static void add_experiment(struct fixture *fixture, const char *id, const char *template_id,
                           const char *status, const char *experiment)
{
    struct way_back way_back;
    way_back_of(&way_back, experiment, true);
    fake_fis_add_experiment(&fixture->fake, id, template_id, status, &way_back);
    way_back_free(&way_back);
}

/* The service runs a revision that prepares it. */
static void prepare(struct fixture *fixture, const char *id)
{
    struct way_back way_back;
    struct json_object *labels = json_object_new_object();
    struct json_object *revision =
        support_json("{'family':'shaketable-checkout','containerDefinitions':[{'name':'amazon-ssm-agent'}]}");
    way_back_of(&way_back, id, true);
    way_back.prepares = true;
    way_back_label(&way_back, labels);
    json_object_object_add(json_object_array_get_idx(json_array(revision, "containerDefinitions"), 0),
                           "dockerLabels", labels);
    assert_true(ecs_register_task_definition(fixture->client, revision, NULL, NULL));
    fake_ecs_deploy(&fixture->fake, PREPARED_ARN);
    json_object_put(revision);
    way_back_free(&way_back);
}

static void assert_finds(struct fixture *fixture, const char *experiment, const char *service,
                         const char *expected, struct adopted *adopted)
{
    assert_done(adopt_find(&fixture->job, experiment, "storefront", service, adopted, &fixture->error),
                &fixture->error);
    assert_string_equal(adopted->way_back.experiment, expected);
    assert_int_equal(adopted->endpoints.count, 0);
    assert_null(adopted->journal);
}

/* ── where it is found ───────────────────────────────────────────────────────────────────── */

static void a_template_of_ours_is_found_by_its_service_and_undone(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    struct restore_outcome outcome;
    fake_fis_add_template(&fixture->fake, "EXTtheirs", NULL);
    add_template(fixture, "EXTother", "other111", false);
    add_template(fixture, "EXTours", "aaaa1111", true);
    add_experiment(fixture, "EXPours", "EXTours", "running", "aaaa1111");
    assert_finds(fixture, "", "checkout", "aaaa1111", &adopted);
    assert_string_equal(adopted.way_back.service, "checkout");
    assert_string_equal(adopted.way_back.operator_name, "größe@laptop");
    assert_true(adopted.way_back.created_ms > 0 && adopted.way_back.deadline_ms > 0);
    assert_ptr_equal(engine_of(&adopted.way_back), &engine_fis);
    progress_begin(&fixture->progress, engine_fis.stop_steps, engine_fis.stop_step_count);
    assert_done(
        engine_fis.stop(&fixture->job, &adopted.way_back, NULL, NULL, false, &outcome, &fixture->error),
        &fixture->error);
    assert_string_equal(fake_fis_status(&fixture->fake, "EXTours"), "");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXPours"), "stopped");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXTtheirs"), "there");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXTother"), "there");
    adopt_free(&adopted);
    assert_false(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
}

static void an_experiment_whose_template_is_gone_is_found_while_it_runs(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    add_experiment(fixture, "EXPended", "EXTgone", "completed", "old00000");
    add_experiment(fixture, "EXPours", "EXTgone", "running", "aaaa1111");
    assert_finds(fixture, "", "checkout", "aaaa1111", &adopted);
    adopt_free(&adopted);
    assert_false(adopt_find(&fixture->job, "old00000", "", "", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
}

static void an_experiment_is_found_before_the_preparation_that_it_needs(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    prepare(fixture, "prep1111");
    assert_finds(fixture, "", "checkout", "prep1111", &adopted);
    assert_true(adopted.way_back.prepares);
    adopt_free(&adopted);
    add_template(fixture, "EXTours", "aaaa1111", true);
    assert_finds(fixture, "", "checkout", "aaaa1111", &adopted);
    assert_false(adopted.way_back.prepares);
    adopt_free(&adopted);
    assert_finds(fixture, "prep1111", "", "prep1111", &adopted);
    adopt_free(&adopted);
}

static void what_names_no_service_is_found_by_its_id(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    add_template(fixture, "EXTours", "aaaa1111", false);
    assert_finds(fixture, "aaaa1111", "", "aaaa1111", &adopted);
    assert_string_equal(adopted.way_back.service, "");
    adopt_free(&adopted);
    assert_false(adopt_find(&fixture->job, "bbbb2222", "", "", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_contains(fixture->error.message, "there is no experiment bbbb2222 on this machine, and nothing");
}

static void what_is_left_of_a_service_that_is_gone_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    add_template(fixture, "EXTours", "aaaa1111", true);
    fixture->fake.gone = true;
    assert_finds(fixture, "", "checkout", "aaaa1111", &adopted);
    adopt_free(&adopted);
}

static void the_list_has_what_runs_first_and_what_prepares_last(void **state)
{
    struct fixture *fixture = *state;
    struct adopt_list list;
    prepare(fixture, "prep1111");
    fixture_make_plan(fixture); /* refused: it is not deployed, but a revision of it is left */
    struct json_object *labels = json_object_new_object();
    struct json_object *revision =
        support_json("{'family':'shaketable-web','containerDefinitions':[{'name':'shaketable-proxy'}]}");
    struct way_back way_back;
    way_back_of(&way_back, "side1111", true);
    way_back_label(&way_back, labels);
    way_back_free(&way_back);
    json_object_object_add(json_object_array_get_idx(json_array(revision, "containerDefinitions"), 0),
                           "dockerLabels", labels);
    assert_true(ecs_register_task_definition(fixture->client, revision, NULL, NULL));
    json_object_put(revision);
    add_template(fixture, "EXTidle", "idle1111", true);
    add_template(fixture, "EXTours", "aaaa1111", true);
    add_experiment(fixture, "EXPours", "EXTours", "running", "aaaa1111");
    assert_true(adopt_list_read(&fixture->job, true, &list, &fixture->error));
    static const char *const wanted[] = {"aaaa1111", "idle1111", "side1111", "prep1111"};
    assert_int_equal(list.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(list.items[i].experiment, wanted[i]);
    adopt_list_free(&list);
}

static void a_prepared_service_takes_no_sidecar_and_says_what_to_do(void **state)
{
    struct fixture *fixture = *state;
    prepare(fixture, "prep1111");
    fixture_make_plan(fixture);
    assert_true(fixture->plan->shown->refused);
    assert_string_equal(fixture->plan->shown->findings[0].what, "it is prepared for AWS FIS");
    assert_contains(fixture->plan->shown->findings[0].advice, "shaketable rollback prep1111");
}

/* ── where FIS can't be asked ────────────────────────────────────────────────────────────── */

static const struct {
    const char *code;
    int status;
} refusals[] = {
    {"AccessDeniedException", 403}, {"UnknownOperationException", 404}, {"<html>what?</html>", 0}};

static void where_fis_is_refused_all_else_is_found_and_it_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    struct adopt_list list;
    prepare(fixture, "prep1111");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        fixture->fake.fis_error = refusals[i].code;
        fixture->fake.fis_error_status = refusals[i].status;
        assert_done(adopt_list_read(&fixture->job, true, &list, &fixture->error), &fixture->error);
        assert_int_equal(list.count, 1);
        assert_contains(list.fis.refused, "FIS was not looked at: FIS ListExperimentTemplates");
        assert_string_equal(list.fis.trouble, "");
        adopt_list_free(&list);
        assert_finds(fixture, "", "checkout", "prep1111", &adopted);
        assert_contains(adopted.note, "FIS was not looked at");
        adopt_free(&adopted);
    }
    fake_ecs_deploy(&fixture->fake, FAKE_OLD);
    assert_int_equal(ecs_deregister_task_definition(fixture->client, PREPARED_ARN, NULL), true);
    assert_false(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_contains(fixture->error.message, "nothing to roll back. FIS was not looked at");
}

static void a_preparation_stays_where_fis_does_not_answer_for_once(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    struct adopt_list list;
    prepare(fixture, "prep1111");
    fixture->fake.fis_error = "InternalServerException";
    fixture->fake.fis_error_status = 500;
    assert_false(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_SERVICE);
    assert_true(adopt_list_read(&fixture->job, true, &list, &fixture->error));
    assert_int_equal(list.count, 1);
    assert_string_equal(list.fis.refused, "");
    assert_contains(list.fis.trouble, "InternalServerException");
    adopt_list_free(&list);
    assert_finds(fixture, "prep1111", "", "prep1111", &adopted); /* who names it means it */
    adopt_free(&adopted);
    assert_false(adopt_find(&fixture->job, "aaaa1111", "", "", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_SERVICE); /* it may be there */
}

static void a_service_with_a_sidecar_asks_nothing_of_fis(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    fixture_begin_and_arm(fixture);
    journal_close(fixture->journal);
    fixture->journal = NULL;
    assert_done(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error),
                &fixture->error);
    adopt_free(&adopted);
    assert_int_equal(fixture->fake.fis_calls, 0);
}

/* ── what the list of experiments does to FIS's own ──────────────────────────────────────── */

static void only_a_template_of_ours_that_nobody_needs_is_deleted(void **state)
{
    struct fixture *fixture = *state;
    char said[MODEL_TEXT_MAX];
    fake_fis_add_template(&fixture->fake, "EXTtheirs", NULL);
    add_template(fixture, "EXTours", "aaaa1111", true);
    add_template(fixture, "EXTbusy", "bbbb2222", true);
    add_experiment(fixture, "EXPbusy", "EXTbusy", "initiating", "bbbb2222");
    assert_false(fis_errand_delete(&fixture->job, "EXTtheirs", said, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_REFUSED);
    assert_contains(fixture->error.message, "does not carry shaketable's tag");
    assert_false(fis_errand_delete(&fixture->job, "EXTbusy", said, &fixture->error));
    assert_contains(fixture->error.message, "EXPbusy is initiating");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXTbusy"), "there");
    error_clear(&fixture->error);
    assert_done(fis_errand_delete(&fixture->job, "EXTours", said, &fixture->error), &fixture->error);
    assert_string_equal(said, "FIS template EXTours is deleted");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXTours"), "");
    assert_done(fis_errand_delete(&fixture->job, "EXTours", said, &fixture->error), &fixture->error);
    assert_contains(said, "gone already");
}

static void a_template_whose_experiment_is_under_way_here_is_kept(void **state)
{
    struct fixture *fixture = *state;
    char said[MODEL_TEXT_MAX];
    fixture_begin(fixture);
    add_template(fixture, "EXTours", fixture->plan->way_back.experiment, true);
    assert_false(fis_errand_delete(&fixture->job, "EXTours", said, &fixture->error));
    assert_contains(fixture->error.message, "is under way; roll that back");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXTours"), "there");
}

static void an_experiment_of_anybodys_is_stopped(void **state)
{
    struct fixture *fixture = *state;
    char said[MODEL_TEXT_MAX];
    fake_fis_add_experiment(&fixture->fake, "EXPtheirs", "EXTx", "running", NULL);
    assert_done(fis_errand_stop(&fixture->job, "EXPtheirs", said, &fixture->error), &fixture->error);
    assert_string_equal(said, "FIS experiment EXPtheirs: stopped");
    assert_string_equal(fake_fis_status(&fixture->fake, "EXPtheirs"), "stopped");
    assert_false(fis_errand_stop(&fixture->job, "EXPnone", said, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_template_of_ours_is_found_by_its_service_and_undone),
        TEST(an_experiment_whose_template_is_gone_is_found_while_it_runs),
        TEST(an_experiment_is_found_before_the_preparation_that_it_needs),
        TEST(what_names_no_service_is_found_by_its_id),
        TEST(what_is_left_of_a_service_that_is_gone_is_found),
        TEST(the_list_has_what_runs_first_and_what_prepares_last),
        TEST(a_prepared_service_takes_no_sidecar_and_says_what_to_do),
        TEST(where_fis_is_refused_all_else_is_found_and_it_is_said),
        TEST(a_preparation_stays_where_fis_does_not_answer_for_once),
        TEST(a_service_with_a_sidecar_asks_nothing_of_fis),
        TEST(only_a_template_of_ours_that_nobody_needs_is_deleted),
        TEST(a_template_whose_experiment_is_under_way_here_is_kept),
        TEST(an_experiment_of_anybodys_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
