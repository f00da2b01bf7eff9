/* run: faults that take seconds to change, the ECS agent's: when they are live, which changes are sent, and
 * what the way back waits for. */
#include "tests/experiment/run_fixture.h"

#include "experiment/model_internal.h"

static int setup_agent(void **state)
{
    engine_wanted = CHOICES_ENGINE_AGENT;
    sidecar_capabilities = "latency loss blackhole agent";
    return setup(state);
}

static int setup_old_sidecar(void **state)
{
    engine_wanted = CHOICES_ENGINE_AGENT;
    sidecar_capabilities = NULL;
    return setup(state);
}

static void adjust(double latency_ms)
{
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = latency_ms;
    run_adjust(run, &fault);
}

static struct model_experiment *show(void)
{
    static struct model_experiment shown; /* large */
    run_show(run, &shown);
    model_plan_release(shown.plan);
    return &shown;
}

static void steps(int count)
{
    for (int i = 0; i < count; i++)
        step();
}

static void they_are_live_once_that_is_said_and_not_told_again_meanwhile(void **state)
{
    (void)state;
    atomic_store(&sidecar.hold_acks, true);
    arm_and_tell();
    RUN_UNTIL(atomic_load(&sidecar.latency_ms) > 0);
    run->next_renew_ms = 0;
    RUN_UNTIL(atomic_load(&sidecar.renews) == 1); /* the lease goes on, and what it works at is let be */
    assert_int_equal(run->phase, MODEL_ARMED);
    assert_int_equal(atomic_load(&sidecar.sets), 1);
    assert_true(show()->changing);
    assert_int_equal(show()->slow_ms, 5000);
    atomic_store(&sidecar.hold_acks, false);
    RUN_UNTIL(run->phase == MODEL_INJECTING);
    assert_false(show()->changing);
    assert_string_equal(show()->engine, "agent");
    assert_true(show()->live_faders);
    roll_back();
    assert_restored();
}

static void one_that_does_not_answer_in_its_time_is_told_again_and_then_given_up(void **state)
{
    (void)state;
    atomic_store(&sidecar.no_ack, true);
    arm_and_tell();
    RUN_UNTIL(atomic_load(&sidecar.sets) == 1);
    sidecars_be_patient(run->sidecars, 0);
    run->next_renew_ms = 0;
    RUN_UNTIL(atomic_load(&sidecar.sets) == 2);
    assert_int_equal(run->phase, MODEL_ARMED);
    run->reach_until_ms = 0;
    RUN_UNTIL(run->phase == MODEL_RECOVERING);
    assert_contains(run->problem, "have not taken the faults within 20 s");
    run->clean_until_ms = 1;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_int_equal(run->exit_status, 1);
}

static void changes_wait_their_turn_and_the_newest_wins(void **state)
{
    (void)state;
    go_live();
    assert_true(show()->next_change_ms > clock_epoch_ms());
    adjust(300);
    adjust(400);
    adjust(500);
    steps(20);
    assert_int_equal(atomic_load(&sidecar.sets), 1);
    assert_true(show()->change_waits);
    assert_int_equal((int)show()->asked.latency.mean_ms, 500);
    assert_int_equal((int)show()->live.latency.mean_ms, 800);
    run->next_change_ms = 0; /* five seconds later */
    RUN_UNTIL((int)run->live.latency.mean_ms == 500);
    assert_int_equal(atomic_load(&sidecar.sets), 2);
    assert_false(show()->change_waits);
    roll_back();
    assert_restored();
}

static void none_is_sent_before_the_last_was_acknowledged(void **state)
{
    (void)state;
    go_live();
    run->next_change_ms = 0;
    atomic_store(&sidecar.hold_acks, true);
    adjust(300);
    RUN_UNTIL(atomic_load(&sidecar.sets) == 2);
    run->next_change_ms = 0;
    adjust(400);
    steps(20);
    assert_int_equal(atomic_load(&sidecar.sets), 2);
    assert_int_equal((int)run->live.latency.mean_ms, 800);
    atomic_store(&sidecar.hold_acks, false);
    RUN_UNTIL((int)run->live.latency.mean_ms == 300);
    run->next_change_ms = 0;
    RUN_UNTIL((int)run->live.latency.mean_ms == 400);
    assert_int_equal(atomic_load(&sidecar.sets), 3);
    roll_back();
    assert_restored();
}

static void a_change_back_leaves_nothing_to_wait(void **state)
{
    (void)state;
    go_live();
    adjust(300);
    assert_true(show()->change_waits);
    adjust(800);
    assert_false(show()->change_waits);
    run->next_change_ms = 0;
    steps(20);
    assert_int_equal(atomic_load(&sidecar.sets), 1 + !fault_equal(&run->asked, &run->live));
    roll_back();
    assert_restored();
}

static void what_the_agent_has_not_is_refused_by_name_and_nothing_is_sent(void **state)
{
    (void)state;
    struct fault fault;
    go_live();
    run->next_change_ms = 0;
    fault_init(&fault);
    fault.error.percent = 10;
    fault.reset.percent = 1;
    run_adjust(run, &fault);
    assert_contains(last_log, "the faults stay as they are");
    assert_contains(last_log, "--error");
    assert_contains(last_log, "--reset");
    assert_int_equal((int)run->asked.latency.mean_ms, 800);
    assert_int_equal(atomic_load(&sidecar.sets), 1);
    roll_back();
    assert_restored();
}

/* A foreign fault, an agent that fails: the sidecar says so, and nothing is to be waited for. */
static void first_faults_that_are_refused_end_it_with_the_reason(void **state)
{
    (void)state;
    atomic_store(&sidecar.refuse, true);
    arm_and_tell();
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_int_equal(run->exit_status, 1);
    assert_contains(run->problem, "the ECS agent does not take the faults");
    assert_contains(run->problem, "not these faults");
    assert_int_equal(atomic_load(&sidecar.sets), 1);
}

static void a_change_that_is_refused_goes_back(void **state)
{
    (void)state;
    go_live();
    run->next_change_ms = 0;
    atomic_store(&sidecar.most_ms, 1000);
    adjust(1500);
    RUN_UNTIL(atomic_load(&sidecar.sets) == 3);
    RUN_UNTIL(!run->told);
    assert_int_equal(run->phase, MODEL_INJECTING);
    assert_int_equal((int)run->live.latency.mean_ms, 800);
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 800);
    roll_back();
    assert_restored();
    assert_int_equal(run->exit_status, 0);
}

static void where_that_is_refused_too_all_is_rolled_back(void **state)
{
    (void)state;
    go_live();
    run->next_change_ms = 0;
    atomic_store(&sidecar.refuse, true);
    adjust(300);
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_int_equal(run->exit_status, 1);
    assert_contains(run->problem, "not these faults");
}

static void the_way_back_waits_for_clean_traffic(void **state)
{
    (void)state;
    go_live();
    unsigned updates = updates_made();
    const struct intent intent = {.kind = INTENT_ROLLBACK};
    adjust(300); /* which is not sent any more */
    atomic_store(&sidecar.hold_acks, true);
    run_rollback(run, &intent);
    RUN_UNTIL(atomic_load(&sidecar.clears) == 1);
    steps(50);
    assert_int_equal(run->phase, MODEL_RECOVERING);
    assert_int_equal(updates_made(), updates);
    assert_false(run_is_idle(run));
    assert_int_equal(show()->steps[RESTORE_CLEAN].state, MODEL_STEP_DOING);
    atomic_store(&sidecar.hold_acks, false);
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_true(run->clean_ms >= 0);
    assert_int_equal(atomic_load(&sidecar.sets), 1);
}

static void but_not_for_ever(void **state)
{
    (void)state;
    go_live();
    const struct intent intent = {.kind = INTENT_ROLLBACK};
    atomic_store(&sidecar.no_ack, true);
    run_rollback(run, &intent);
    RUN_UNTIL(atomic_load(&sidecar.clears) == 1);
    assert_true(run->clean_until_ms > clock_ms() + 5000);
    assert_true(run->clean_until_ms < clock_ms() + 20000);
    run->clean_until_ms = 1;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_true(run->clean_ms < 0);
    assert_contains(show()->steps[RESTORE_CLEAN].detail, "with their tasks");
}

static void who_leaves_it_leaves_what_was_asked_for_last(void **state)
{
    (void)state;
    go_live();
    adjust(300);
    assert_true(show()->change_waits);
    run_leave(run);
    RUN_UNTIL(atomic_load(&sidecar.sets) == 2);
    assert_int_equal((int)atomic_load(&sidecar.latency_ms), 300);
    assert_true(atomic_load(&sidecar.lease_ms) > SIDECARS_LEASE_MS);
    RUN_UNTIL(run_is_idle(run));
    roll_back();
    assert_restored();
}

static void a_sidecar_that_does_not_know_the_agent_is_found_out(void **state)
{
    (void)state;
    plan_and_confirm();
    RUN_UNTIL(run->phase == MODEL_ARMED && run->baseline_from_ms != 0);
    run->baseline_from_ms -= RUN_BASELINE_MS;
    RUN_UNTIL(run->phase == MODEL_RESTORED);
    assert_restored();
    assert_contains(run->problem, "the sidecars can't do agent");
    assert_int_equal(atomic_load(&sidecar.sets), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_are_live_once_that_is_said_and_not_told_again_meanwhile,
                                        setup_agent, teardown),
        cmocka_unit_test_setup_teardown(one_that_does_not_answer_in_its_time_is_told_again_and_then_given_up,
                                        setup_agent, teardown),
        cmocka_unit_test_setup_teardown(changes_wait_their_turn_and_the_newest_wins, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(none_is_sent_before_the_last_was_acknowledged, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(a_change_back_leaves_nothing_to_wait, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(what_the_agent_has_not_is_refused_by_name_and_nothing_is_sent,
                                        setup_agent, teardown),
        cmocka_unit_test_setup_teardown(first_faults_that_are_refused_end_it_with_the_reason, setup_agent,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_change_that_is_refused_goes_back, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(where_that_is_refused_too_all_is_rolled_back, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(the_way_back_waits_for_clean_traffic, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(but_not_for_ever, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(who_leaves_it_leaves_what_was_asked_for_last, setup_agent, teardown),
        cmocka_unit_test_setup_teardown(a_sidecar_that_does_not_know_the_agent_is_found_out,
                                        setup_old_sidecar, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
