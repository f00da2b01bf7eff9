/* intents: a full queue loses no wish to end, and the last change counts. */
#include "experiment/intents.h"
#include "tests/experiment/support.h"

static struct intents queue;
static struct intent taken[INTENTS_MAX];

static int setup(void **state)
{
    (void)state;
    memset(&queue, 0, sizeof queue);
    return 0;
}

static bool add(enum intent_kind kind, const char *service)
{
    struct intent intent = {.kind = kind};
    snprintf(intent.service, sizeof intent.service, "%s", service);
    return intents_add(&queue, &intent);
}

static bool adjust(double mean_ms)
{
    struct intent intent = {.kind = INTENT_ADJUST};
    fault_init(&intent.fault);
    intent.fault.latency.mean_ms = mean_ms;
    return intents_add(&queue, &intent);
}

static void they_are_taken_in_order(void **state)
{
    (void)state;
    assert_true(add(INTENT_PLAN, "checkout") && add(INTENT_CONFIRM, "") && add(INTENT_ROLLBACK, ""));
    assert_int_equal(intents_take(&queue, taken, 2), 2);
    assert_int_equal(taken[0].kind, INTENT_PLAN);
    assert_int_equal(taken[1].kind, INTENT_CONFIRM);
    assert_int_equal(intents_take(&queue, taken, 2), 1);
    assert_int_equal(taken[0].kind, INTENT_ROLLBACK);
    assert_int_equal(intents_take(&queue, taken, 2), 0);
}

static void the_last_of_many_changes_counts(void **state)
{
    (void)state;
    for (int i = 1; i <= 1000; i++) {
        assert_true(adjust(i));
        assert_true(add(INTENT_SELECT, i % 2 == 0 ? "checkout" : "search"));
        assert_true(add(INTENT_REFRESH, ""));
    }
    assert_int_equal(intents_take(&queue, taken, INTENTS_MAX), 3);
    assert_int_equal((int)taken[0].fault.latency.mean_ms, 1000);
    assert_string_equal(taken[1].service, "checkout");
}

static void a_change_overtakes_no_other_wish(void **state)
{
    (void)state;
    assert_true(adjust(1) && add(INTENT_ROLLBACK, "") && add(INTENT_SELECT, "x") && adjust(2));
    assert_int_equal(intents_take(&queue, taken, INTENTS_MAX), 4);
    assert_int_equal((int)taken[0].fault.latency.mean_ms, 1);
    assert_int_equal(taken[1].kind, INTENT_ROLLBACK);
    assert_int_equal((int)taken[3].fault.latency.mean_ms, 2);
}

static void a_full_queue_takes_what_ends(void **state)
{
    (void)state;
    while (add(INTENT_PLAN, "checkout"))
        assert_true(queue.count <= INTENTS_MAX);
    assert_false(add(INTENT_CONFIRM, ""));
    for (int i = 0; i < 1000; i++)
        assert_true(add(INTENT_ROLLBACK, "") && add(INTENT_LEAVE, "") && add(INTENT_QUIT, ""));
    size_t count = intents_take(&queue, taken, INTENTS_MAX);
    assert_int_equal(count, INTENTS_MAX - INTENTS_RESERVED + 3);
    assert_int_equal(taken[count - 3].kind, INTENT_ROLLBACK);
    assert_int_equal(taken[count - 2].kind, INTENT_LEAVE);
    assert_int_equal(taken[count - 1].kind, INTENT_QUIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(they_are_taken_in_order, setup),
        cmocka_unit_test_setup(the_last_of_many_changes_counts, setup),
        cmocka_unit_test_setup(a_change_overtakes_no_other_wish, setup),
        cmocka_unit_test_setup(a_full_queue_takes_what_ends, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
