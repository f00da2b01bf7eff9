/* run: an experiment from plan to restored, with its sidecar and its endpoint in the test's own process. */
#include "tests/experiment/run_fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/client_internal.h"
#include "experiment/model_internal.h"

static void an_experiment_goes_through_its_phases(void **state)
{
    (void)state;
    struct model_experiment *shown = calloc(1, sizeof *shown);
    go_live();
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 800);
    assert_int_equal(atomic_load(&sidecar.lease_ms), SIDECARS_LEASE_MS);
    run_show(run, shown);
    assert_int_equal(shown->live_on, 1);
    assert_int_equal(shown->ends_ms - shown->started_ms, 60000);
    assert_int_equal((int)shown->live.latency.mean_ms, 800);
    assert_contains(shown->way_back, "checkout:41, saved");
    model_plan_release(shown->plan);

    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = 300;
    run_adjust(run, &fault);
    RUN_UNTIL((int)run->live.latency.mean_ms == 300);
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 300);

    roll_back();
    assert_restored();
    assert_int_equal(run->exit_status, 0);
    assert_int_equal(atomic_load(&sidecar.clears), 1);
    assert_true(run->clean_ms >= 0);
    assert_true(run_is_idle(run));
    free(shown);
}

static void traffic_is_clean_before_the_service_is_touched(void **state)
{
    (void)state;
    go_live();
    unsigned updates = updates_made();
    pthread_mutex_lock(&ecs.lock); /* AWS does not answer */
    const struct intent intent = {.kind = INTENT_ROLLBACK};
    run_rollback(run, &intent);
    RUN_UNTIL(run->clean_ms >= 0);
    assert_int_equal(ecs.updates, updates);
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 0);
    pthread_mutex_unlock(&ecs.lock);
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
}

static void the_lease_is_renewed(void **state)
{
    (void)state;
    go_live();
    run->next_renew_ms = 0;
    RUN_UNTIL(atomic_load(&sidecar.renews) == 1);
    roll_back();
    assert_restored();
}

static void it_ends_with_its_duration(void **state)
{
    (void)state;
    go_live();
    run->over_ms = clock_ms(); /* whatever the clock of the day says */
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_int_equal(run->exit_status, 0);
}

static void a_rollback_while_arming_restores(void **state)
{
    (void)state;
    SET(deployment_looks, 1000000);
    plan_and_confirm();
    RUN_UNTIL(updates_made() == 1);
    SET(deployment_looks, 1);
    roll_back();
    assert_restored();
    assert_int_equal(run->exit_status, 0);
}

static void a_rollback_at_once_after_the_confirmation_restores(void **state)
{
    (void)state;
    plan_and_confirm();
    roll_back();
    assert_restored();
}

static void a_plan_is_dismissed_while_it_is_made_and_after(void **state)
{
    (void)state;
    const struct intent plan = intent_of(INTENT_PLAN);
    run_plan(run, &plan);
    run_dismiss(run);
    RUN_UNTIL(run->phase == MODEL_IDLE);
    run_plan(run, &plan);
    RUN_UNTIL(run->phase == MODEL_PLANNED);
    run_rollback(run, NULL);
    assert_int_equal(run->phase, MODEL_IDLE);
    assert_int_equal(fake_ecs_active(&ecs), 1);
}

static void sidecars_that_never_take_the_faults_end_in_a_rollback(void **state)
{
    (void)state;
    atomic_store(&sidecar.refuse, true);
    arm_and_tell();
    RUN_UNTIL(atomic_load(&sidecar.sets) == 1);
    run->next_renew_ms = 0;
    RUN_UNTIL(atomic_load(&sidecar.sets) == 2); /* it is told again */
    assert_int_equal(run->phase, MODEL_ARMED);
    run->reach_until_ms = 0;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_int_equal(run->exit_status, 1);
    assert_contains(run->problem, "1 of 1 sidecars have not taken the faults");
}

static void sidecars_that_are_not_reached_end_in_a_rollback(void **state)
{
    (void)state;
    atomic_store(&sidecar.turn_away, true);
    plan_and_confirm();
    RUN_UNTIL(run->phase == MODEL_ARMED);
    run->reach_until_ms = 0;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_int_equal(run->exit_status, 1);
    assert_contains(run->problem, "none of the sidecars could be reached");
    struct model_experiment *shown = calloc(1, sizeof *shown);
    run_show(run, shown);
    assert_int_equal(shown->steps[0].state, MODEL_STEP_DONE);
    model_plan_release(shown->plan);
    free(shown);
}

static void sidecars_that_cannot_do_it_are_not_asked(void **state)
{
    (void)state;
    sidecar.capabilities = "loss";
    plan_and_confirm();
    RUN_UNTIL(run->phase == MODEL_ARMED && run->baseline_from_ms != 0);
    run->baseline_from_ms -= RUN_BASELINE_MS;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_contains(run->problem, "can't do latency");
    assert_int_equal(atomic_load(&sidecar.sets), 0);
}

static void a_change_that_the_sidecars_cannot_do_is_not_asked_of_them(void **state)
{
    (void)state;
    sidecar.capabilities = "latency";
    go_live();
    struct fault fault;
    fault_init(&fault);
    fault.loss.percent = 5;
    run_adjust(run, &fault);
    assert_contains(last_log, "can't do loss: the faults stay as they are");
    assert_int_equal((int)run->asked.latency.mean_ms, 800);
    assert_false(run->told);
    run->next_renew_ms = 0;
    RUN_UNTIL(atomic_load(&sidecar.renews) == 1);
    assert_int_equal(atomic_load(&sidecar.sets), 1);
    roll_back();
    assert_restored();
}

static void a_change_that_is_refused_leaves_the_faults_and_their_lease(void **state)
{
    (void)state;
    atomic_store(&sidecar.most_ms, 1000);
    go_live();
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = 2000;
    run_adjust(run, &fault);
    RUN_UNTIL(atomic_load(&sidecar.sets) == 3 && !run->told); /* the old ones again */
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 800);
    assert_int_equal((int)run->live.latency.mean_ms, 800);
    assert_int_equal((int)run->asked.latency.mean_ms, 800);
    run->next_renew_ms = 0;
    RUN_UNTIL(atomic_load(&sidecar.renews) == 1);
    assert_int_equal(atomic_load(&sidecar.sets), 3);
    roll_back();
    assert_restored();
}

static void somebody_who_deploys_meanwhile_is_left_alone(void **state)
{
    (void)state;
    go_live();
    fake_ecs_deploy(&ecs, OTHER);
    run->next_watch_ms = 0;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_runs(OTHER);
    assert_int_equal(fake_ecs_active(&ecs), 1);
    assert_int_equal(run->exit_status, 1); /* it ended early */
    assert_contains(run->problem, "someone deployed meanwhile");
    assert_contains(last_log, "checkout:42 meanwhile; it was left as it is");
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 0);
}

static void a_rollback_that_failed_can_be_repeated(void **state)
{
    (void)state;
    go_live();
    SET(lose_effect, true);
    SET(lose, "UpdateService");
    SET(lose_count, 1000);
    roll_back();
    assert_int_equal(run->phase, MODEL_FAILED_PHASE);
    assert_int_equal(run->exit_status, 5);
    SET(lose, NULL);
    roll_back();
    assert_restored();
}

static void clean_that_comes_late_is_not_taken_for_faults(void **state)
{
    (void)state;
    go_live();
    atomic_store(&sidecar.turn_away, true);
    atomic_store(&sidecar.drop, true);
    RUN_UNTIL(sidecars_count(run->sidecars).reached == 0);
    SET(deny, "DescribeServices");
    roll_back();
    assert_int_equal(run->phase, MODEL_FAILED_PHASE);
    assert_true(run->told);
    atomic_store(&sidecar.turn_away, false);
    RUN_UNTIL(!run->told);
    assert_true(fault_is_clean(&run->live));
    assert_true(run->clean_ms >= 0);
    assert_contains(last_log, "clean");
    SET(deny, NULL);
    roll_back();
    assert_restored();
}

static void what_was_left_goes_on_though_we_end(void **state)
{
    (void)state;
    go_live();
    run_leave(run);
    run_rollback(run, NULL); /* the terminal is lost in this moment */
    struct fault fault;
    fault_init(&fault);
    run_adjust(run, &fault);
    RUN_UNTIL(run_is_idle(run));
    assert_int_equal(run->phase, MODEL_INJECTING);
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 800);
    assert_true(atomic_load(&sidecar.lease_ms) > 2 * SIDECARS_LEASE_MS);
    char id[32];
    memcpy(id, run->way_back.experiment, sizeof id);

    end_run(); /* and another console finds it by its journal */
    new_run();
    struct intent intent = {.kind = INTENT_ROLLBACK};
    memcpy(intent.experiment, id, sizeof id);
    run_rollback(run, &intent);
    RUN_UNTIL(run->phase == MODEL_RESTORED || run->phase == MODEL_FAILED_PHASE);
    assert_restored();
    assert_true(atomic_load(&sidecar.clears) >= 1);
}

static void leaving_does_not_wait_for_aws(void **state)
{
    (void)state;
    go_live();
    RUN_UNTIL(!run->watching);
    pthread_mutex_lock(&ecs.lock); /* AWS does not answer */
    run->next_watch_ms = 0;
    RUN_UNTIL(run->watching);
    clock_sleep_ms(50); /* the call is made */
    run_leave(run);
    RUN_UNTIL(run_is_idle(run));
    pthread_mutex_unlock(&ecs.lock);
    assert_int_equal(run->phase, MODEL_INJECTING);
    roll_back();
    assert_restored();
}

static void what_was_left_for_a_day_has_the_longest_lease(void **state)
{
    (void)state;
    go_live();
    run->deadline_ms = clock_epoch_ms() + INT64_C(86400000);
    run_leave(run);
    RUN_UNTIL(run_is_idle(run));
    assert_int_equal(atomic_load(&sidecar.lease_ms), STATS_LEASE_MAX_MS);
    roll_back();
    assert_restored();
}

static void what_else_was_changed_is_a_warning_and_the_end(void **state)
{
    (void)state;
    go_live();
    pthread_mutex_lock(&ecs.lock);
    json_put_integer(ecs.service, "healthCheckGracePeriodSeconds", 90);
    pthread_mutex_unlock(&ecs.lock);
    roll_back();
    assert_restored();
    assert_int_equal(run->exit_status, 0);
    assert_string_equal(last_log, "healthCheckGracePeriodSeconds: 60 → 90");
    struct journal_list list;
    assert_true(journal_list_read(&list, NULL));
    assert_true(list.entries[0].ended);
    journal_list_free(&list);
}

static void without_its_journal_a_failed_rollback_can_be_repeated(void **state)
{
    (void)state;
    go_live();
    run_leave(run);
    RUN_UNTIL(run_is_idle(run));
    end_run();
    support_remove_home();
    support_make_home();
    new_run();
    SET(deny, "DeregisterTaskDefinition");
    const struct intent intent = intent_of(INTENT_ROLLBACK);
    run_rollback(run, &intent);
    RUN_UNTIL(run->phase == MODEL_FAILED_PHASE);
    assert_null(run->journal);
    assert_int_equal(run->exit_status, 5);
    SET(deny, NULL);
    roll_back(); /* without a name: it is still ours */
    assert_restored();
}

/* As on another machine: no journal, and a key of its own. */
static void begin_again_elsewhere(void)
{
    go_live();
    run_leave(run);
    RUN_UNTIL(run_is_idle(run));
    end_run();
    support_remove_home();
    support_make_home();
    new_run();
}

static void a_console_with_another_key_rolls_back_by_aws_alone(void **state)
{
    (void)state;
    const struct intent intent = intent_of(INTENT_ROLLBACK);
    begin_again_elsewhere();
    assert_false(not_cleared);
    unsigned hellos = atomic_load(&sidecar.hellos);
    SET(deployment_looks, 1000000);
    run_rollback(run, &intent);
    RUN_UNTIL(not_cleared);
    assert_int_equal(run->phase, MODEL_RECOVERING);
    SET(deployment_looks, 1);
    SET(looks_left, 1); /* where the way back was begun already */
    RUN_UNTIL(run->phase == MODEL_RESTORED || run->phase == MODEL_FAILED_PHASE);
    assert_restored();
    assert_int_equal(run->exit_status, 0);
    assert_int_equal(atomic_load(&sidecar.hellos), hellos); /* nothing of what it said was read */
    assert_int_equal(atomic_load(&sidecar.clears), 0);
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 800);
}

static void spoil_key(void)
{
    char path[SUPPORT_PATH_MAX * 2];
    struct console_key other;
    struct error error;
    assert_done(console_key_open(&other, &error), &error);
    console_key_close(&other);
    snprintf(path, sizeof path, "%s/shaketable/%s", support_home(), CONSOLE_KEY_FILE);
    assert_int_equal(chmod(path, 0644), 0);
}

static void without_a_usable_key_a_rollback_still_restores(void **state)
{
    (void)state;
    const struct intent intent = intent_of(INTENT_ROLLBACK);
    begin_again_elsewhere();
    spoil_key();
    run_rollback(run, &intent);
    RUN_UNTIL(run->phase == MODEL_RESTORED || run->phase == MODEL_FAILED_PHASE);
    assert_restored();
    assert_int_equal(run->exit_status, 0);
    assert_true(not_cleared);
    assert_int_equal(atomic_load(&sidecar.clears), 0);
}

static void without_a_usable_key_nothing_is_begun(void **state)
{
    (void)state;
    const struct intent plan = intent_of(INTENT_PLAN);
    spoil_key();
    run_plan(run, &plan);
    RUN_UNTIL(run->phase == MODEL_PLANNED);
    assert_int_equal(run->exit_status, 3);
    assert_contains(run->plan->shown->findings[0].what, "this console's key can't be used");
    assert_contains(run->plan->shown->findings[0].why, "chmod 600");
    assert_as_before();
}

static void colleagues_may_steer_too(void **state)
{
    (void)state;
    const struct intent plan = intent_of(INTENT_PLAN);
    char both[2 * TLS_PIN_TEXT_MAX + 16];
    struct tls_pins pins;
    static const char other[] = "sha256:0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF";
    snprintf(both, sizeof both, "%s,%s", pin, other);
    setenv("SHAKETABLE_CONSOLE_KEY", other, 1);
    run_plan(run, &plan);
    RUN_UNTIL(run->phase == MODEL_PLANNED);
    unsetenv("SHAKETABLE_CONSOLE_KEY");
    assert_int_equal(run->exit_status, 0);
    assert_contains(json_object_to_json_string_ext(run->plan->revision, JSON_C_TO_STRING_PLAIN), both);
    assert_true(tls_pins_parse(both, "both", &pins, NULL));
    assert_int_equal(pins.count, 2);
}

/* As a watch, a guard's poll and tunnels are that wait for an AWS which does not answer. */
static void wait_until_let_go(uv_work_t *request)
{
    while (!atomic_load((atomic_bool *)request->data))
        clock_sleep_ms(2);
}

static void on_let_go(uv_work_t *request, int status)
{
    (void)status;
    request->data = NULL;
}

static void a_rollback_waits_for_nothing_that_waits_for_aws(void **state)
{
    (void)state;
    uv_work_t waiting[2 * LIBUV_THREADS];
    atomic_bool let_go = false;
    go_live();
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        waiting[i].data = &let_go;
        uv_queue_work(&loop, &waiting[i], wait_until_let_go, on_let_go);
    }
    roll_back();
    assert_int_equal(run->phase, MODEL_RESTORED);
    atomic_store(&let_go, true);
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++)
        RUN_UNTIL(waiting[i].data == NULL);
}

int main(void)
{
#define WITH_RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_RUN(a_rollback_waits_for_nothing_that_waits_for_aws),
        WITH_RUN(an_experiment_goes_through_its_phases),
        WITH_RUN(traffic_is_clean_before_the_service_is_touched),
        WITH_RUN(the_lease_is_renewed),
        WITH_RUN(it_ends_with_its_duration),
        WITH_RUN(a_rollback_while_arming_restores),
        WITH_RUN(a_rollback_at_once_after_the_confirmation_restores),
        WITH_RUN(a_plan_is_dismissed_while_it_is_made_and_after),
        WITH_RUN(sidecars_that_never_take_the_faults_end_in_a_rollback),
        WITH_RUN(sidecars_that_are_not_reached_end_in_a_rollback),
        WITH_RUN(sidecars_that_cannot_do_it_are_not_asked),
        WITH_RUN(a_change_that_the_sidecars_cannot_do_is_not_asked_of_them),
        WITH_RUN(a_change_that_is_refused_leaves_the_faults_and_their_lease),
        WITH_RUN(somebody_who_deploys_meanwhile_is_left_alone),
        WITH_RUN(a_rollback_that_failed_can_be_repeated),
        WITH_RUN(clean_that_comes_late_is_not_taken_for_faults),
        WITH_RUN(what_was_left_goes_on_though_we_end),
        WITH_RUN(leaving_does_not_wait_for_aws),
        WITH_RUN(what_was_left_for_a_day_has_the_longest_lease),
        WITH_RUN(a_console_with_another_key_rolls_back_by_aws_alone),
        WITH_RUN(without_a_usable_key_a_rollback_still_restores),
        WITH_RUN(without_a_usable_key_nothing_is_begun),
        WITH_RUN(colleagues_may_steer_too),
        WITH_RUN(what_else_was_changed_is_a_warning_and_the_end),
        WITH_RUN(without_its_journal_a_failed_rollback_can_be_repeated),
    };
    signal(SIGPIPE, SIG_IGN); /* the session's thread blocks it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
