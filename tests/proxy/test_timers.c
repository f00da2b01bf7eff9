#include "proxy/loop.h"

#include "core/clock.h"
#include "tests/proxy/support.h"

#define MS UINT64_C(1000000)
#define COUNT_MAX 64

struct fixture {
    struct loop loop;
    unsigned fired;
    unsigned wanted; /* the loop stops after so many */
};
struct alarm_clock {
    struct timer timer; /* first member */
    struct fixture *fixture;
    uint64_t at_ns;
    uint64_t fired_ns;
    unsigned turn;
};

static void ring(struct timer *timer)
{
    struct alarm_clock *alarm = (struct alarm_clock *)timer;
    struct fixture *f = alarm->fixture;
    alarm->fired_ns = clock_ns();
    alarm->turn = ++f->fired;
    if (f->fired == f->wanted)
        f->loop.stopped = true;
}

static void set_alarm(struct fixture *f, struct alarm_clock *alarm, uint64_t at_ns)
{
    *alarm = (struct alarm_clock){.timer.fire = ring, .fixture = f, .at_ns = at_ns};
    assert_true(timers_set(&f->loop.timers, &alarm->timer, at_ns));
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    *state = &f;
    return loop_init(&f.loop);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_free(&f->loop);
    return 0;
}

static void they_fire_in_order_and_never_early(void **state)
{
    struct fixture *f = *state;
    struct alarm_clock alarms[COUNT_MAX];
    uint64_t begin = clock_ns();
    f->wanted = COUNT_MAX;
    /* The latest is set first, 0.3 ms apart. */
    for (unsigned i = COUNT_MAX; i-- > 0;)
        set_alarm(f, &alarms[i], begin + 5 * MS + i * 3 * MS / 10);
    loop_run(&f->loop);
    for (unsigned i = 0; i < COUNT_MAX; i++) {
        assert_true(alarms[i].fired_ns >= alarms[i].at_ns);
        assert_int_equal(alarms[i].turn, i + 1);
    }
    assert_in_range(f->loop.timers.lead_ns, TIMERS_LEAD_MIN_NS, TIMERS_LEAD_MAX_NS);
}

static void what_is_cancelled_or_never_does_not_fire(void **state)
{
    struct fixture *f = *state;
    struct alarm_clock cancelled, never, last;
    uint64_t begin = clock_ns();
    f->wanted = 1;
    set_alarm(f, &cancelled, begin + MS);
    set_alarm(f, &never, HEAP_NEVER);
    set_alarm(f, &last, begin + 3 * MS);
    timers_cancel(&f->loop.timers, &cancelled.timer);
    loop_run(&f->loop);
    assert_int_equal(last.turn, 1);
    assert_int_equal(cancelled.fired_ns, 0);
    assert_int_equal(never.fired_ns, 0);
    timers_cancel(&f->loop.timers, &never.timer);
}

static void without_credit_they_fire_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct alarm_clock alarm;
    f->wanted = 1;
    f->loop.timers.credit_ns = 0;
    set_alarm(f, &alarm, clock_ns() + TIMERS_LEAD_MIN_NS);
    loop_run(&f->loop);
    assert_true(alarm.fired_ns >= alarm.at_ns);
}

/* There is always a deadline within the lead: nothing but its bound ends the polling. */
static void polling_takes_no_more_than_its_share(void **state)
{
    struct fixture *f = *state;
    struct alarm_clock bait;
    uint64_t polled = 0, begin = clock_ns(), before = begin;
    while (before - begin < 50 * MS) {
        f->loop.timers.lead_ns = TIMERS_LEAD_MAX_NS;
        set_alarm(f, &bait, clock_ns() + TIMERS_LEAD_MAX_NS / 2);
        loop_turn(&f->loop, false);
        uint64_t now = clock_ns();
        if (f->loop.timers.polling)
            polled += now - before;
        before = now;
        timers_cancel(&f->loop.timers, &bait.timer);
    }
    assert_true(polled > 0);
    /* A fifth; the rest is for a machine that takes the processor away in the middle of it. */
    assert_true(polled < (before - begin) / 2 + TIMERS_POLLING_MAX_NS);
}

static void what_is_due_fires_without_waiting_for_the_loop(void **state)
{
    struct fixture *f = *state;
    struct alarm_clock due, later;
    f->wanted = 2;
    set_alarm(f, &due, clock_ns());
    set_alarm(f, &later, clock_ns() + 5 * MS);
    timers_run(&f->loop.timers);
    assert_int_equal(due.turn, 1);
    assert_int_equal(later.fired_ns, 0);
    loop_run(&f->loop);
    assert_int_equal(later.turn, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_fire_in_order_and_never_early, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_cancelled_or_never_does_not_fire, setup, teardown),
        cmocka_unit_test_setup_teardown(without_credit_they_fire_all_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(polling_takes_no_more_than_its_share, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_due_fires_without_waiting_for_the_loop, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
