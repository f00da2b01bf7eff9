/* The numbers that faults are made of: means, deviations, rates, runs. */
#include "proxy/sample.h"
#include "tests/proxy/support.h"

#include <math.h>

#define DRAWS 200000

static struct fault latency(double mean_ms, double jitter_ms, enum fault_distribution distribution)
{
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = mean_ms;
    fault.latency.jitter_ms = jitter_ms;
    fault.latency.distribution = distribution;
    return fault;
}

static void moments(const struct fault *fault, double *mean, double *deviation)
{
    struct random random;
    random_seed(&random, 11);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double ms = (double)sample_latency_ns(fault, &random) / 1e6;
        sum += ms;
        squares += ms * ms;
    }
    *mean = sum / DRAWS;
    *deviation = sqrt(squares / DRAWS - *mean * *mean);
}

static void check_moments(enum fault_distribution distribution, double deviation_wanted, double tolerance)
{
    struct fault fault = latency(1000, 20, distribution);
    double mean;
    double deviation;
    moments(&fault, &mean, &deviation);
    assert_true(fabs(mean - 1000) < 0.5);
    assert_true(fabs(deviation - deviation_wanted) < tolerance);
}

static void normal_has_mean_and_deviation(void **state)
{
    (void)state;
    check_moments(FAULT_NORMAL, 20, 0.3);
}

static void uniform_has_mean_and_spread(void **state)
{
    (void)state;
    check_moments(FAULT_UNIFORM, 20 / sqrt(3), 0.2);
    struct fault fault = latency(100, 20, FAULT_UNIFORM);
    struct random random;
    random_seed(&random, 5);
    for (int i = 0; i < 10000; i++) {
        uint64_t ns = sample_latency_ns(&fault, &random);
        assert_true(ns >= 80 * SAMPLE_NS_PER_MS && ns <= 120 * SAMPLE_NS_PER_MS);
    }
}

/* The fourth moment of a Pareto of shape 3 does not exist: its sampled deviation wanders. */
static void pareto_has_mean_and_deviation(void **state)
{
    (void)state;
    check_moments(FAULT_PARETO, 20, 4);
    check_moments(FAULT_PARETONORMAL, 20, 4);
}

static void pareto_has_its_tail_on_one_side(void **state)
{
    (void)state;
    struct fault fault = latency(1000, 100, FAULT_PARETO);
    struct random random;
    random_seed(&random, 5);
    int late = 0;
    for (int i = 0; i < 10000; i++) {
        double ms = (double)sample_latency_ns(&fault, &random) / 1e6;
        assert_true(ms >= 1000 - 100 * 0.5 / sqrt(0.75) - 0.01);
        late += ms > 1300;
    }
    assert_true(late > 50);
}

static void latency_is_clamped(void **state)
{
    (void)state;
    struct fault fault = latency(1, 50, FAULT_NORMAL);
    struct random random;
    random_seed(&random, 5);
    int zeros = 0;
    for (int i = 0; i < 10000; i++)
        zeros += sample_latency_ns(&fault, &random) == 0;
    assert_in_range(zeros, 4000, 6000);
    fault = latency(60000, 60000, FAULT_PARETO);
    for (int i = 0; i < 10000; i++)
        assert_true(sample_latency_ns(&fault, &random) <= 60000 * SAMPLE_NS_PER_MS);
    fault = latency(0.25, 0, FAULT_NORMAL);
    assert_int_equal(sample_latency_ns(&fault, &random), 250000);
}

static void split_loses_nothing(void **state)
{
    (void)state;
    uint64_t request;
    uint64_t response;
    sample_split(FAULT_BOTH, 1001, &request, &response);
    assert_int_equal(request, 500);
    assert_int_equal(response, 501);
    sample_split(FAULT_REQUEST, 7, &request, &response);
    assert_true(request == 7 && response == 0);
    sample_split(FAULT_RESPONSE, 7, &request, &response);
    assert_true(request == 0 && response == 7);
}

static void check_loss(double percent, double burst, double run_wanted)
{
    struct fault fault;
    struct random random;
    struct sample_loss_state chain = {0};
    fault_init(&fault);
    fault.loss.percent = percent;
    fault.loss.burst = burst;
    random_seed(&random, 23);
    int lost = 0;
    int runs = 0;
    bool before = false;
    for (int i = 0; i < 10 * DRAWS; i++) {
        bool now = sample_segment_lost(&chain, &fault, &random);
        lost += now;
        runs += now && !before;
        before = now;
    }
    double rate = 100.0 * lost / (10 * DRAWS);
    assert_true(fabs(rate - percent) < 0.06 * percent);
    assert_true(fabs((double)lost / runs - run_wanted) < 0.05 * run_wanted);
}

static void loss_keeps_its_rate_whatever_the_burst(void **state)
{
    (void)state;
    check_loss(2, 1, 1 / 0.98);
    check_loss(20, 1, 1 / 0.8);
    check_loss(2, 5, 5);
    check_loss(10, 20, 20);
}

static void loss_of_all_and_of_nothing(void **state)
{
    (void)state;
    struct fault fault;
    struct random random;
    struct sample_loss_state chain = {0};
    fault_init(&fault);
    random_seed(&random, 1);
    struct sample_loss loss = sample_losses(&chain, &fault, &random, 10, true, 5);
    assert_true(!loss.middle && loss.tail_ns == 0);
    fault.loss.percent = 100;
    loss = sample_losses(&chain, &fault, &random, 10, true, 5);
    assert_true(loss.middle && loss.middle_segment == 0 && loss.middle_ns == 5);
    assert_int_equal(loss.tail_ns, SAMPLE_STALL_MAX_NS);
    loss = sample_losses(&chain, &fault, &random, 1, false, 5);
    assert_true(loss.middle && loss.tail_ns == 0);
}

static void stalls_are_those_of_linux(void **state)
{
    (void)state;
    const uint64_t ms[] = {0, 207, 415, 840, 1680, 3360, 6720};
    for (unsigned i = 0; i < sizeof ms / sizeof ms[0]; i++)
        assert_int_equal(sample_tail_stall_ns(i), ms[i] * SAMPLE_NS_PER_MS);
    assert_int_equal(sample_tail_stall_ns(40), SAMPLE_STALL_MAX_NS);
}

/* Measured with real drops: 5 % of 64 KB answers' segments delayed 6.1 % of them by more than 20 ms. */
static void few_of_a_long_message_wait(void **state)
{
    (void)state;
    struct fault fault;
    struct random random;
    struct sample_loss_state chain = {0};
    fault_init(&fault);
    fault.loss.percent = 5;
    random_seed(&random, 9);
    int waits = 0;
    int mended = 0;
    for (int i = 0; i < 20000; i++) {
        struct sample_loss loss = sample_losses(&chain, &fault, &random, 46, true, 200000);
        waits += loss.tail_ns > 20 * SAMPLE_NS_PER_MS;
        mended += loss.middle;
    }
    assert_in_range(waits, 850, 1250);
    assert_in_range(mended, 17500, 18800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_has_mean_and_deviation),
        cmocka_unit_test(uniform_has_mean_and_spread),
        cmocka_unit_test(pareto_has_mean_and_deviation),
        cmocka_unit_test(pareto_has_its_tail_on_one_side),
        cmocka_unit_test(latency_is_clamped),
        cmocka_unit_test(split_loses_nothing),
        cmocka_unit_test(loss_keeps_its_rate_whatever_the_burst),
        cmocka_unit_test(loss_of_all_and_of_nothing),
        cmocka_unit_test(stalls_are_those_of_linux),
        cmocka_unit_test(few_of_a_long_message_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
