/* restore: the way back, against an endpoint that loses answers, and people who deploy. */
#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

#include "aws/client_internal.h"
#include "core/clock.h"
#include "experiment/deployment.h"

static void all_is_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
    assert_int_equal(fixture->fake.deregisters, 1);
    assert_string_equal(fixture_steps(fixture)[RESTORE_COMPARE].detail, "every field");
    for (size_t i = RESTORE_UPDATE; i < RESTORE_STEPS; i++)
        assert_int_equal(fixture_steps(fixture)[i].state, MODEL_STEP_DONE);
}

static void restoring_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    assert_true(fixture_restore(fixture, false));
    unsigned changes = fixture->fake.updates + fixture->fake.deregisters;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.updates + fixture->fake.deregisters, changes);
}

static void a_lost_answer_on_the_way_back_is_resolved_too(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.lose = "UpdateService";
    fixture->fake.lose_count = FIXTURE_ALWAYS;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

static void a_network_that_is_gone_for_a_moment_ends_no_rollback(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    struct deployment old = {.cluster_arn = FAKE_CLUSTER,
                             .service_arn = FAKE_SERVICE,
                             .task_definition = FAKE_OLD,
                             .load_balancers = fixture->plan->way_back.load_balancers};
    progress_begin(&fixture->progress, restore_step_names, RESTORE_STEPS);
    assert_true(deployment_update(&fixture->job, fixture->journal, &old, "nothing", NULL));
    fixture->fake.lose = "DescribeServices";
    fixture->fake.lose_count = 3 * AWS_RETRY_ATTEMPTS;
    assert_done(deployment_wait(&fixture->job, &old, RESTORE_TASKS, RESTORE_TARGETS, &fixture->error),
                &fixture->error);
    assert_int_equal(fixture->fake.lose_count, 0);
}

static void each_step_of_a_rollback_survives_a_network_that_is_gone_for_a_moment(void **state)
{
    static const char *const calls[] = {"DescribeServices", "ListTaskDefinitions", "DescribeTaskDefinition",
                                        "DeregisterTaskDefinition"};
    struct fixture *fixture = *state;
    fixture_begin(fixture);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_done(fixture_arm(fixture), &fixture->error);
        fixture->fake.lose = calls[i];
        fixture->fake.lose_effect = true;
        fixture->fake.lose_count = 2 * AWS_RETRY_ATTEMPTS;
        assert_done(fixture_restore(fixture, false), &fixture->error);
        assert_int_equal(fixture->fake.lose_count, 0);
        fixture_assert_as_before(fixture);
    }
}

static void the_comparison_survives_it_too(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.lose_later = 2 * AWS_RETRY_ATTEMPTS;
    fixture->fake.lose = "DescribeServices";
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.lose_count + fixture->fake.lose_later, 0);
    fixture_assert_as_before(fixture);
}

static void a_service_that_still_shows_what_it_was_is_not_taken_for_drift(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.stale_looks = 3;
    fixture_begin_and_arm(fixture);
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

static void drift_while_waiting_is_seen_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    struct deployment old = {.cluster_arn = FAKE_CLUSTER,
                             .service_arn = FAKE_SERVICE,
                             .task_definition = FAKE_OLD,
                             .load_balancers = fixture->plan->way_back.load_balancers};
    assert_false(deployment_wait(&fixture->job, &old, RESTORE_TASKS, RESTORE_TARGETS, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_CONFLICT);
    assert_contains(fixture->error.message, "now runs checkout:42");
}

static void a_revision_that_was_registered_and_never_used_is_removed(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin(fixture);
    assert_true(ecs_register_task_definition(fixture->client, fixture->plan->revision, NULL, NULL));
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.updates, 0);
    fixture_assert_as_before(fixture);
}

static void what_somebody_deployed_is_left_and_only_ours_removed(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    unsigned updates = fixture->fake.updates;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_true(fixture->outcome.theirs);
    assert_contains(fixture->outcome.note, "someone deployed checkout:42 meanwhile; it was left as it is");
    assert_int_equal(fixture->fake.updates, updates);
    assert_int_equal(fixture->fake.deregisters, 1);
    assert_string_equal(json_text(fixture->fake.service, "taskDefinition"), FIXTURE_OTHER);
    assert_int_equal(fake_ecs_active(&fixture->fake), 1);
}

static void what_somebody_deployed_is_taken_over_when_told(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    assert_done(fixture_restore(fixture, true), &fixture->error);
    assert_false(fixture->outcome.theirs);
    fixture_assert_as_before(fixture);
}

static void assert_refused_as_drift(struct fixture *fixture)
{
    unsigned updates = fixture->fake.updates;
    assert_false(fixture_restore(fixture, false));
    assert_int_equal(fixture->error.code, ERROR_CONFLICT);
    assert_contains(fixture->error.message, "--take-over");
    assert_int_equal(fixture->fake.updates, updates);
    assert_int_equal(fixture->fake.deregisters, 0);
}

static void a_deployment_that_keeps_our_mapping_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    struct json_object *ours = json_copy(json_array(fixture->fake.service, "loadBalancers"));
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    json_object_object_add(fixture->fake.service, "loadBalancers", ours);
    assert_refused_as_drift(fixture);
    assert_contains(fixture->error.message, "checkout:42");
    assert_done(fixture_restore(fixture, true), &fixture->error);
    fixture_assert_as_before(fixture);
}

static void a_copy_that_somebody_made_of_ours_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    const char *ours = json_text(fixture->fake.service, "taskDefinition");
    struct json_object *copy = json_copy(json_object_of(fixture->fake.definitions, ours));
    json_put_flag(copy, "somebodyElses", true);
    json_object_object_add(fixture->fake.definitions, FIXTURE_OTHER, copy);
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    assert_refused_as_drift(fixture);
}

static void *end_their_deployment_soon(void *argument)
{
    struct fixture *fixture = argument;
    clock_sleep_ms(200);
    assert_int_equal(fake_ecs_active(&fixture->fake), 2); /* ECS may still go back to it */
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    return NULL;
}

static void our_revision_stays_while_its_tasks_drain(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    fixture_begin_and_arm(fixture);
    struct json_object *draining =
        support_json("{'id':'ecs-svc/0','status':'ACTIVE','desiredCount':1,'runningCount':1}");
    json_put_text(draining, "taskDefinition", json_text(fixture->fake.service, "taskDefinition"));
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    json_object_array_add(json_array(fixture->fake.service, "deployments"), draining);
    assert_int_equal(pthread_create(&thread, NULL, end_their_deployment_soon, fixture), 0);
    bool done = fixture_restore(fixture, false);
    pthread_join(thread, NULL);
    assert_done(done, &fixture->error);
    assert_true(fixture->outcome.theirs);
    assert_int_equal(fake_ecs_active(&fixture->fake), 1);
}

static void somebody_elses_experiment_is_drift_as_well(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    strcpy(fixture->plan->way_back.experiment, "another1");
    assert_false(fixture_restore(fixture, false));
    assert_int_equal(fixture->error.code, ERROR_CONFLICT);
    assert_int_equal(fixture->fake.deregisters, 0);
}

static void an_old_revision_that_is_gone_is_said_with_what_to_do(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    assert_true(ecs_deregister_task_definition(fixture->client, FAKE_OLD, NULL));
    assert_false(fixture_restore(fixture, false));
    assert_int_equal(fixture->error.code, ERROR_INCOMPLETE);
    assert_contains(fixture->error.message, "checkout:41 was deregistered");
    assert_contains(fixture->error.message, "run this rollback again");
}

static void a_service_that_is_gone_leaves_nothing_of_ours(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.gone = true;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fake_ecs_active(&fixture->fake), 1);
    assert_contains(fixture_steps(fixture)[RESTORE_COMPARE].detail, "gone");
}

static void a_service_that_is_not_found_elsewhere_is_not_gone(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.gone = true;
    fixture_open_client(fixture, "us-east-1");
    assert_false(fixture_restore(fixture, false));
    assert_int_equal(fixture->error.code, ERROR_INCOMPLETE);
    assert_contains(fixture->error.message, "--region eu-west-1 --endpoint-url http://127.0.0.1:");
    assert_int_equal(fixture->fake.deregisters, 0);
}

static void a_service_that_is_not_found_in_another_account_is_not_gone(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.gone = true;
    fixture->fake.account = "210987654321";
    assert_false(fixture_restore(fixture, false));
    assert_int_equal(fixture->error.code, ERROR_INCOMPLETE);
    assert_contains(fixture->error.message, "not found in account 210987654321");
    assert_contains(fixture->error.message, "made in account 123456789012");
    assert_int_equal(fixture->fake.deregisters, 0);
    fixture->fake.account = NULL;
    assert_done(fixture_restore(fixture, false), &fixture->error);
}

static void what_else_was_changed_is_named(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    json_put_integer(fixture->fake.service, "healthCheckGracePeriodSeconds", 90);
    json_put_text(fixture->fake.service, "propagateTags", "SERVICE");
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_contains(fixture->outcome.note, "left as it is:\nhealthCheckGracePeriodSeconds: 60 → 90\n");
    assert_contains(fixture->outcome.note, "propagateTags: not there → \"SERVICE\"");
    assert_contains(fixture_steps(fixture)[RESTORE_COMPARE].detail, "2 other fields");
    assert_int_equal(fixture->fake.updates, 2);
    assert_int_equal(fake_ecs_active(&fixture->fake), 1);
}

static void the_role_that_ecs_puts_in_is_only_noted(void **state)
{
    struct fixture *fixture = *state;
    json_put_text(fixture->fake.service, "roleArn", "arn:aws:iam::123456789012:role/ours");
    fixture_begin_and_arm(fixture);
    json_put_text(fixture->fake.service, "roleArn",
                  "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_string_equal(fixture->outcome.note,
                        "ECS uses its service-linked role now, before: arn:aws:iam::123456789012:role/ours");
    assert_string_equal(fixture_steps(fixture)[RESTORE_COMPARE].detail, "every field");
    fixture_assert_as_before(fixture);
}

static void without_the_service_as_it_was_the_way_back_is_compared(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    progress_begin(&fixture->progress, restore_step_names, RESTORE_STEPS);
    assert_done(restore_run(&fixture->job, &fixture->plan->way_back, NULL, NULL, false, &fixture->outcome,
                            &fixture->error),
                &fixture->error);
    assert_string_equal(fixture_steps(fixture)[RESTORE_COMPARE].detail, "task definition and load balancers");
    fixture_assert_as_before(fixture);
}

static void a_rollback_without_permission_is_not_complete(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.deny = "DeregisterTaskDefinition";
    assert_false(fixture_restore(fixture, false));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_string_equal(json_text(fixture->fake.service, "taskDefinition"), FAKE_OLD);
}

int main(void)
{
#define WITH_ECS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ECS(all_is_as_it_was),
        WITH_ECS(restoring_again_changes_nothing),
        WITH_ECS(a_lost_answer_on_the_way_back_is_resolved_too),
        WITH_ECS(a_network_that_is_gone_for_a_moment_ends_no_rollback),
        WITH_ECS(each_step_of_a_rollback_survives_a_network_that_is_gone_for_a_moment),
        WITH_ECS(the_comparison_survives_it_too),
        WITH_ECS(a_service_that_still_shows_what_it_was_is_not_taken_for_drift),
        WITH_ECS(drift_while_waiting_is_seen_all_the_same),
        WITH_ECS(a_revision_that_was_registered_and_never_used_is_removed),
        WITH_ECS(what_somebody_deployed_is_left_and_only_ours_removed),
        WITH_ECS(what_somebody_deployed_is_taken_over_when_told),
        WITH_ECS(a_deployment_that_keeps_our_mapping_is_refused),
        WITH_ECS(a_copy_that_somebody_made_of_ours_is_refused),
        WITH_ECS(our_revision_stays_while_its_tasks_drain),
        WITH_ECS(somebody_elses_experiment_is_drift_as_well),
        WITH_ECS(an_old_revision_that_is_gone_is_said_with_what_to_do),
        WITH_ECS(a_service_that_is_gone_leaves_nothing_of_ours),
        WITH_ECS(a_service_that_is_not_found_elsewhere_is_not_gone),
        WITH_ECS(a_service_that_is_not_found_in_another_account_is_not_gone),
        WITH_ECS(what_else_was_changed_is_named),
        WITH_ECS(the_role_that_ecs_puts_in_is_only_noted),
        WITH_ECS(without_the_service_as_it_was_the_way_back_is_compared),
        WITH_ECS(a_rollback_without_permission_is_not_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
