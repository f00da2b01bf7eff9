/* plan, arm, adopt, inventory: against an endpoint that loses answers. */
#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

#include "core/clock.h"
#include "experiment/adopt.h"
#include "experiment/model_internal.h"

#include <signal.h>
#include <sys/resource.h>

/* ── plan ────────────────────────────────────────────────────────────────────────────────── */

static void a_plan_changes_nothing_and_shows_all(void **state)
{
    struct fixture *fixture = *state;
    fixture_make_plan(fixture);
    const struct plan *plan = fixture->plan;
    assert_false(plan->shown->refused);
    assert_true(plan->shown->must_type_name);
    assert_contains(plan->shown->diff, "+      \"name\": \"shaketable-proxy\"");
    assert_contains(plan->shown->diff, "-  \"family\": \"checkout\"");
    assert_contains(plan->shown->diff, "+++ UpdateService");
    assert_contains(plan->shown->diff, "\"containerPort\": 15000");
    assert_null(strstr(plan->shown->diff, "-  \"tags\""));
    assert_string_equal(plan->way_back.task_definition, FAKE_OLD);
    assert_string_equal(plan->way_back.family, "shaketable-checkout");
    assert_string_equal(plan->way_back.endpoint, fixture->fake.liar.url);
    assert_true(plan->way_back.deadline_ms >= plan->way_back.created_ms + 60000);
    assert_string_equal(plan->sidecars.item[0].health_check_path, "/health");
    assert_int_equal(fixture->fake.registers + fixture->fake.updates + fixture->fake.deregisters, 0);
}

static void a_service_that_does_not_exist_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = {.cluster = "storefront", .service = "nobody"};
    fixture->fake.gone = true;
    assert_false(plan_make(&fixture->job, &request, &fixture->plan, &fixture->error));
    assert_null(fixture->plan);
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_contains(fixture->error.message, "nobody");
}

static void a_service_that_is_injected_already_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    plan_free(fixture->plan);
    fixture_make_plan(fixture);
    assert_true(fixture->plan->shown->refused);
    assert_null(fixture->plan->revision);
    assert_contains(fixture->plan->shown->findings[0].what, "injected already");
    assert_contains(fixture->plan->shown->findings[0].advice,
                    "shaketable rollback --cluster storefront --service checkout");
}

/* ── what it calls ───────────────────────────────────────────────────────────────────────── */

static void assert_stop(const struct fixture *fixture, const char *what)
{
    const struct model_plan *shown = fixture->plan->shown;
    assert_true(shown->refused);
    assert_null(fixture->plan->revision);
    assert_contains(shown->findings[0].what, what);
}

static void the_load_balancers_stay_where_calls_are_faulted(void **state)
{
    struct fixture *fixture = *state;
    struct arm_endpoints endpoints;
    struct json_object *before = json_copy(json_array(fixture->fake.service, "loadBalancers"));
    fixture_make_dependency_plan(fixture, "dynamodb", NULL);
    assert_contains(fixture->plan->shown->diff, "+          \"name\": \"AWS_ENDPOINT_URL_DYNAMODB\"");
    assert_null(strstr(fixture->plan->shown->diff, "\"containerPort\": 15000"));
    fixture_begin_and_arm(fixture);
    assert_int_equal(fixture->fake.updates, 1);
    assert_true(way_back_is_ours(json_text(fixture->fake.service, "taskDefinition")));
    assert_true(json_same(json_array(fixture->fake.service, "loadBalancers"), before));
    assert_true(arm_find_sidecars(&fixture->job, &fixture->plan->way_back, &fixture->plan->sidecars,
                                  &endpoints, &fixture->error));
    assert_int_equal(endpoints.count, 1);
    assert_int_equal(endpoints.items[0].stats_port, 15001);
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.updates, 2);
    fixture_assert_as_before(fixture);
    json_object_put(before);
}

static void a_service_without_load_balancers_will_do(void **state)
{
    struct fixture *fixture = *state;
    json_object_object_add(fixture->fake.service, "loadBalancers", json_object_new_array());
    fixture_make_plan(fixture);
    assert_stop(fixture, "the service has no load balancer");
    plan_free(fixture->plan);
    fixture_make_dependency_plan(fixture, "db.example.com:443", NULL);
    fixture_begin_and_arm(fixture);
    assert_int_equal(fixture_steps(fixture)[ARM_TARGETS].state, MODEL_STEP_DONE);
    assert_string_equal(fixture_steps(fixture)[ARM_TARGETS].detail, "it has none");
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

static void what_another_console_adopts_has_the_dependencies(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    fixture_make_dependency_plan(fixture, "dynamodb", NULL);
    fixture_begin_and_arm(fixture);
    journal_close(fixture->journal);
    fixture->journal = NULL;
    support_remove_home();
    support_make_home(); /* another machine */
    assert_done(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error),
                &fixture->error);
    assert_null(adopted.journal);
    assert_string_equal(json_object_get_string(json_object_array_get_idx(adopted.way_back.dependencies, 0)),
                        "dynamodb");
    assert_int_equal(adopted.endpoints.count, 1);
    assert_int_equal(adopted.endpoints.items[0].stats_port, 15001);
    assert_int_equal(adopted.sidecars.item[0].front, REVISION_AWS);
    adopt_free(&adopted);
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

static void a_canary_gets_no_share_of_calls(void **state)
{
    struct fixture *fixture = *state;
    struct choices choices = {.way = CHOICES_WAY_CANARY};
    fixture_make_dependency_plan(fixture, "dynamodb", &choices);
    assert_stop(fixture, "a canary can't be had");
    plan_free(fixture->plan);
    choices = (struct choices){.blast_radius = 25};
    fixture_make_dependency_plan(fixture, "dynamodb", &choices);
    assert_false(fixture->plan->shown->refused);
    assert_null(fixture->plan->way_back.canary);
    assert_true(fixture->plan->request.fault.scope.percent == 25);
}

static void fis_knows_no_dependency(void **state)
{
    struct fixture *fixture = *state;
    struct choices choices = {.engine = CHOICES_ENGINE_FIS};
    fixture_make_dependency_plan(fixture, "dynamodb", &choices);
    assert_stop(fixture, "AWS FIS knows no --dependency");
    assert_int_equal(fixture->fake.fis_calls, 0);
}

static void no_security_group_is_opened_for_calls(void **state)
{
    struct fixture *fixture = *state;
    struct choices choices = {.open_security_group = true};
    fixture_make_dependency_plan(fixture, "dynamodb", &choices);
    assert_false(fixture->plan->shown->refused);
    assert_null(fixture->plan->way_back.ingress);
}

/* ── arm ─────────────────────────────────────────────────────────────────────────────────── */

static void what_was_deployed_since_the_plan_is_not_overwritten(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin(fixture);
    fake_ecs_deploy(&fixture->fake, FIXTURE_OTHER);
    assert_false(fixture_arm(fixture));
    assert_int_equal(fixture->error.code, ERROR_CONFLICT);
    assert_contains(fixture->error.message, "checkout:42");
    assert_int_equal(fixture->fake.registers + fixture->fake.updates, 0);
    assert_string_equal(json_text(fixture->fake.service, "taskDefinition"), FIXTURE_OTHER);
}

static void arming_registers_once_and_updates_once(void **state)
{
    struct fixture *fixture = *state;
    struct arm_endpoints endpoints;
    fixture_begin_and_arm(fixture);
    assert_int_equal(fixture->fake.registers, 1);
    assert_int_equal(fixture->fake.updates, 1);
    const char *running = json_text(fixture->fake.service, "taskDefinition");
    assert_true(way_back_is_ours(running));
    struct json_object *mapping =
        json_object_array_get_idx(json_array(fixture->fake.service, "loadBalancers"), 0);
    assert_string_equal(json_text(mapping, "containerName"), "shaketable-proxy");
    assert_int_equal(json_integer(mapping, "containerPort"), 15000);
    for (size_t i = 0; i <= ARM_TARGETS; i++)
        assert_int_equal(fixture_steps(fixture)[i].state, MODEL_STEP_DONE);
    assert_true(arm_find_sidecars(&fixture->job, &fixture->plan->way_back, &fixture->plan->sidecars,
                                  &endpoints, &fixture->error));
    assert_int_equal(endpoints.count, 1);
    assert_string_equal(endpoints.items[0].address, "127.0.0.1");
    assert_int_equal(endpoints.items[0].stats_port, 15001);
}

static void a_lost_answer_to_register_is_resolved_by_looking(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.lose = "RegisterTaskDefinition";
    fixture->fake.lose_count = 1;
    fixture_begin_and_arm(fixture);
    assert_int_equal(fixture->fake.registers, 1);
    assert_int_equal(fake_ecs_active(&fixture->fake), 2);
    assert_true(way_back_is_ours(json_text(fixture->fake.service, "taskDefinition")));
}

static void a_register_that_never_arrived_is_an_error_and_nothing_is_changed(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.lose = "RegisterTaskDefinition";
    fixture->fake.lose_count = 1;
    fixture->fake.lose_effect = true;
    fixture_begin(fixture);
    assert_false(fixture_arm(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.updates, 0);
    fixture_assert_as_before(fixture);
}

static void a_register_that_is_seen_late_is_found(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.lose = "RegisterTaskDefinition";
    fixture->fake.lose_count = 1;
    fixture->fake.late_lists = 2;
    fixture_begin_and_arm(fixture);
    assert_false(journal_may_have_made(fixture->journal, "RegisterTaskDefinition"));
    assert_true(way_back_is_ours(json_text(fixture->fake.service, "taskDefinition")));
}

static void a_register_that_is_seen_only_on_the_way_back_is_removed(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.lose = "RegisterTaskDefinition";
    fixture->fake.lose_count = 1;
    fixture->fake.late_lists = FIXTURE_ALWAYS;
    fixture_begin(fixture);
    assert_false(fixture_arm(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_true(journal_may_have_made(fixture->journal, "RegisterTaskDefinition"));
    fixture->fake.late_lists = 2;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.deregisters, 1);
    fixture_assert_as_before(fixture);
}

static void a_register_that_is_refused_is_not_looked_for(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.deny = "RegisterTaskDefinition";
    fixture_begin(fixture);
    assert_false(fixture_arm(fixture));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_false(journal_may_have_made(fixture->journal, "RegisterTaskDefinition"));
}

static void a_lost_answer_to_update_is_resolved_by_looking(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.lose = "UpdateService";
    fixture->fake.lose_count = FIXTURE_ALWAYS;
    fixture_begin_and_arm(fixture);
    assert_true(way_back_is_ours(json_text(fixture->fake.service, "taskDefinition")));
}

static void an_update_that_never_arrived_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.lose = "UpdateService";
    fixture->fake.lose_count = FIXTURE_ALWAYS;
    fixture->fake.lose_effect = true;
    fixture_begin(fixture);
    assert_false(fixture_arm(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    fixture->fake.lose_count = 0;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    assert_int_equal(fixture->fake.updates, 0);
    fixture_assert_as_before(fixture);
}

static void a_deployment_that_fails_says_why(void **state)
{
    struct fixture *fixture = *state;
    fixture->fake.deployments_fail = true;
    fixture_begin(fixture);
    assert_false(fixture_arm(fixture));
    assert_int_equal(fixture->error.code, ERROR_SERVICE);
    assert_contains(fixture->error.message, "because it is FAILED");
    assert_contains(fixture->error.message, "steady state");
    fixture->fake.deployments_fail = false;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

static void nothing_is_called_that_the_journal_could_not_take(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    fixture_begin(fixture);
    unsigned calls = fixture->fake.calls;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    bool armed = fixture_arm(fixture);
    limit.rlim_cur = RLIM_INFINITY;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(armed);
    assert_contains(fixture->error.message, "cannot write the journal");
    assert_int_equal(fixture->fake.calls, calls);
    fixture_assert_as_before(fixture);
}

static void *cancel_soon(void *argument)
{
    struct fixture *fixture = argument;
    clock_sleep_ms(200);
    atomic_store(&fixture->cancel, true);
    return NULL;
}

static void arming_that_is_canceled_is_restored(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    fixture->fake.deployment_looks = 1000000;
    fixture_begin(fixture);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, fixture), 0);
    assert_false(fixture_arm(fixture));
    pthread_join(thread, NULL);
    assert_int_equal(fixture->error.code, ERROR_CANCELED);
    assert_int_equal(fixture->fake.updates, 1);
    atomic_store(&fixture->cancel, false);
    fixture->fake.deployment_looks = 1;
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

/* ── adopt ───────────────────────────────────────────────────────────────────────────────── */

static void assert_adopts(struct fixture *fixture, const char *experiment, bool with_journal)
{
    struct adopted adopted;
    const char *name = experiment[0] == '\0' ? "checkout" : "";
    assert_done(adopt_find(&fixture->job, experiment, "storefront", name, &adopted, &fixture->error),
                &fixture->error);
    assert_string_equal(adopted.way_back.experiment, fixture->plan->way_back.experiment);
    assert_string_equal(adopted.way_back.task_definition, FAKE_OLD);
    assert_int_equal(adopted.journal != NULL, with_journal);
    assert_int_equal(adopted.before != NULL, with_journal);
    assert_int_equal(adopted.endpoints.count, 1);
    assert_int_equal(adopted.endpoints.items[0].stats_port, 15001);
    adopt_free(&adopted);
}

static void an_experiment_is_found_by_its_journal_and_by_its_labels(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    journal_close(fixture->journal);
    fixture->journal = NULL;
    assert_adopts(fixture, fixture->plan->way_back.experiment, true);
    assert_adopts(fixture, "", true);
    support_remove_home(); /* another machine */
    support_make_home();
    assert_adopts(fixture, "", false);
}

static void an_experiment_that_runs_is_not_taken_away(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    fixture_begin_and_arm(fixture);
    assert_false(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_CONFLICT);
}

static void a_revision_that_was_never_used_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    struct adopt_list list;
    fixture_make_plan(fixture);
    assert_true(ecs_register_task_definition(fixture->client, fixture->plan->revision, NULL, NULL));
    assert_true(adopt_list_read(&fixture->job, true, &list, NULL));
    assert_int_equal(list.count, 1);
    adopt_list_free(&list);
    assert_done(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error),
                &fixture->error);
    assert_string_equal(adopted.way_back.experiment, fixture->plan->way_back.experiment);
    assert_int_equal(adopted.endpoints.count, 0);
    adopt_free(&adopted);
}

static void where_nothing_is_ours_nothing_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct adopted adopted;
    assert_false(adopt_find(&fixture->job, "", "storefront", "checkout", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_contains(fixture->error.message, "nothing to roll back");
    assert_false(adopt_find(&fixture->job, "abcd1234", "", "", &adopted, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_contains(fixture->error.message, "abcd1234");
}

int main(void)
{
#define WITH_ECS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ECS(a_plan_changes_nothing_and_shows_all),
        WITH_ECS(a_service_that_does_not_exist_is_named),
        WITH_ECS(a_service_that_is_injected_already_is_refused),
        WITH_ECS(the_load_balancers_stay_where_calls_are_faulted),
        WITH_ECS(a_service_without_load_balancers_will_do),
        WITH_ECS(what_another_console_adopts_has_the_dependencies),
        WITH_ECS(a_canary_gets_no_share_of_calls),
        WITH_ECS(fis_knows_no_dependency),
        WITH_ECS(no_security_group_is_opened_for_calls),
        WITH_ECS(what_was_deployed_since_the_plan_is_not_overwritten),
        WITH_ECS(arming_registers_once_and_updates_once),
        WITH_ECS(a_lost_answer_to_register_is_resolved_by_looking),
        WITH_ECS(a_register_that_never_arrived_is_an_error_and_nothing_is_changed),
        WITH_ECS(a_register_that_is_seen_late_is_found),
        WITH_ECS(a_register_that_is_seen_only_on_the_way_back_is_removed),
        WITH_ECS(a_register_that_is_refused_is_not_looked_for),
        WITH_ECS(a_lost_answer_to_update_is_resolved_by_looking),
        WITH_ECS(an_update_that_never_arrived_is_an_error),
        WITH_ECS(a_deployment_that_fails_says_why),
        WITH_ECS(nothing_is_called_that_the_journal_could_not_take),
        WITH_ECS(arming_that_is_canceled_is_restored),
        WITH_ECS(an_experiment_is_found_by_its_journal_and_by_its_labels),
        WITH_ECS(an_experiment_that_runs_is_not_taken_away),
        WITH_ECS(a_revision_that_was_never_used_is_found),
        WITH_ECS(where_nothing_is_ours_nothing_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
