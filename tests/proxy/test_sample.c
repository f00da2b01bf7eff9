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

#define MS SAMPLE_NS_PER_MS

/* A path of 60 µs, as a loopback's. */
static const struct sample_path path = {60000, 60000, SAMPLE_BBR};

/* A connection of its own each time: how late the last segment is. */
static uint64_t last_delay(const struct fault *fault, struct random *random, size_t segments)
{
    struct sample_loss_state chain = {0};
    struct sample_loss loss;
    sample_losses(&chain, fault, random, segments, true, &path, &loss);
    size_t sum = 0;
    for (size_t i = 0; i < loss.count; i++) {
        assert_true(loss.pieces[i].segments > 0);
        assert_true(i == 0 || loss.pieces[i].delay_ns > loss.pieces[i - 1].delay_ns);
        sum += loss.pieces[i].segments;
    }
    assert_true(loss.count <= SAMPLE_PIECES_MAX && (loss.count == 0 || sum == segments));
    return loss.count == 0 ? 0 : loss.pieces[loss.count - 1].delay_ns;
}

static void loss_of_all_and_of_nothing(void **state)
{
    (void)state;
    struct fault fault;
    struct random random;
    fault_init(&fault);
    random_seed(&random, 1);
    assert_int_equal(last_delay(&fault, &random, 10), 0);
    fault.loss.percent = 100;
    for (size_t segments = 1; segments < 300; segments += 13)
        assert_int_equal(last_delay(&fault, &random, segments), SAMPLE_STALL_MAX_NS);
    struct sample_loss_state chain = {0};
    struct sample_loss loss;
    sample_losses(&chain, &fault, &random, 10, false, &path, &loss);
    assert_true(loss.count == 1 && loss.pieces[0].delay_ns == SAMPLE_STALL_MAX_NS);
}

/* Measured with real drops: 207 ms, twice lost 415 (or 620, where no probe was sent), then 840 (1 460) … */
static void a_lone_segment_waits_as_on_linux(void **state)
{
    (void)state;
    static const double least_ms[][2] = {{205, 205}, {410, 615}, {820, 1435}, {1640, 3075}};
    struct fault fault;
    struct random random;
    int seen[4][2] = {{0}};
    fault_init(&fault);
    fault.loss.percent = 20;
    random_seed(&random, 3);
    for (int i = 0; i < DRAWS; i++) {
        double ms = (double)last_delay(&fault, &random, 1) / 1e6;
        for (int times = 0; times < 4; times++)
            for (int way = 0; way < 2; way++)
                seen[times][way] +=
                    ms >= least_ms[times][way] && ms < least_ms[times][way] + 4 * (times + 1) + 1;
    }
    double expected = DRAWS * 0.8;
    for (int times = 0; times < 4; times++) {
        expected *= 0.2;
        int both = times == 0 ? seen[0][0] : seen[times][0] + seen[times][1];
        assert_true(fabs(both - expected) < 5 * sqrt(expected));
        assert_true(times == 0 || seen[times][0] > 3 * seen[times][1]);
    }
}

/* The shares of 64 KB answers that real drops delayed by more than 100 ms, over 1 500 to 16 000 each. */
static void few_of_a_long_message_wait(void **state)
{
    (void)state;
    static const struct {
        enum sample_control control;
        double percent, delayed, tolerance;
    } measured[] = {{SAMPLE_BBR, 1, 1.00, 0.25},  {SAMPLE_BBR, 2, 2.15, 0.4},  {SAMPLE_BBR, 5, 4.98, 0.7},
                    {SAMPLE_BBR, 10, 11.5, 1.5},  {SAMPLE_BBR, 20, 26.5, 3},   {SAMPLE_CUBIC, 1, 0.83, 0.5},
                    {SAMPLE_CUBIC, 5, 6.30, 1.5}, {SAMPLE_CUBIC, 10, 26.0, 4}, {SAMPLE_RENO, 5, 4.72, 1.3},
                    {SAMPLE_RENO, 10, 17.2, 2.5}};
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++) {
        const struct sample_path loopback = {60000, 60000, measured[i].control};
        struct fault fault;
        struct random random;
        struct sample_loss_state chain = {0};
        struct sample_loss loss;
        fault_init(&fault);
        fault.loss.percent = measured[i].percent;
        random_seed(&random, 9);
        int waits = 0;
        for (int n = 0; n < 50000; n++) {
            if (n % 80 == 0)
                chain = (struct sample_loss_state){0};
            sample_losses(&chain, &fault, &random, 46, true, &loopback, &loss);
            waits += loss.count > 0 && loss.pieces[loss.count - 1].delay_ns > 100 * MS;
        }
        assert_true(fabs(waits / 500.0 - measured[i].delayed) < measured[i].tolerance);
    }
}

/* RFC 9438, 4.6, RFC 5681, 3.1: of a window of ten, a loss leaves seven, or five; a time-out one, which the
 * acknowledgement of its repair makes two. */
static void a_loss_takes_its_share_of_the_window(void **state)
{
    (void)state;
    static const struct {
        enum sample_control control;
        double threshold;
    } families[] = {{SAMPLE_CUBIC, 7}, {SAMPLE_RENO, 5}};
    for (size_t i = 0; i < 2; i++) {
        const struct sample_path loopback = {60000, 60000, families[i].control};
        struct fault fault;
        struct random random;
        int probed = 0;
        int timed_out = 0;
        fault_init(&fault);
        fault.loss.percent = 20;
        random_seed(&random, 11);
        for (int n = 0; n < 20000; n++) {
            struct sample_loss_state chain = {0};
            struct sample_loss loss;
            sample_losses(&chain, &fault, &random, 1, true, &loopback, &loss);
            if (loss.count == 0)
                continue;
            assert_true(chain.threshold == families[i].threshold);
            assert_true(chain.window == chain.threshold || chain.window == 2);
            probed += chain.window == chain.threshold;
            timed_out += chain.window == 2;
        }
        assert_true(probed > timed_out && timed_out > 100);
    }
}

/* With two segments out, the repair of one goes alone: lost too, it waits for the time-out (RFC 6298). With
 * more out, something follows it and tells. */
static void a_small_window_waits_for_lost_repairs(void **state)
{
    (void)state;
    const struct sample_path loopback = {60000, 60000, SAMPLE_CUBIC};
    int waits[2] = {0};
    for (int wide = 0; wide < 2; wide++) {
        struct fault fault;
        struct random random;
        fault_init(&fault);
        fault.loss.percent = 10;
        random_seed(&random, 12);
        for (int n = 0; n < 20000; n++) {
            struct sample_loss_state chain = {
                .window = wide ? 64 : 2, .threshold = wide ? 64 : 2, .free_window = 10};
            struct sample_loss loss;
            sample_losses(&chain, &fault, &random, 20, false, &loopback, &loss);
            waits[wide] += loss.count > 0 && loss.pieces[loss.count - 1].delay_ns > 100 * MS;
            assert_true(chain.window >= 1);
        }
    }
    /* Twenty segments, a tenth lost, a tenth of the repairs as well: at most 0.2 of the messages but for
     * time-outs that come of time-outs. */
    assert_true(waits[0] > 20000 * 0.05 && waits[0] < 20000 * 0.3);
    assert_true(waits[1] < waits[0] / 5);
}

/* What is lost before the last segments is mended at once: a round trip late, not a timer. */
static void a_hole_costs_a_round_trip(void **state)
{
    (void)state;
    const struct sample_path slow = {20 * MS, 25 * MS, SAMPLE_BBR};
    struct fault fault;
    struct random random;
    int round_trips = 0;
    int holes = 0;
    fault_init(&fault);
    fault.loss.percent = 0.5;
    random_seed(&random, 4);
    for (int i = 0; i < 20000; i++) {
        struct sample_loss_state chain = {0};
        struct sample_loss loss;
        sample_losses(&chain, &fault, &random, 10, false, &slow, &loss);
        if (loss.count == 0)
            continue;
        holes++;
        round_trips += loss.pieces[loss.count - 1].delay_ns == slow.rtt_ns;
    }
    assert_in_range(holes, 20000 * 0.0489 - 155, 20000 * 0.0489 + 155);
    assert_true(round_trips > holes * 0.97);
}

/* Mathis et al. 1997: with 1 % of losses a sender has 1.22 / √0.01 = 12 segments out, whatever it may. RFC
 * 9438, 4.3, has CUBIC keep the same where its curve is too slow. */
static void loss_narrows_the_window(void **state)
{
    (void)state;
    static const enum sample_control controls[] = {SAMPLE_BBR, SAMPLE_CUBIC, SAMPLE_RENO};
    for (size_t control = 0; control < 3; control++) {
        const struct sample_path slow = {100 * MS, 100 * MS, controls[control]};
        struct fault fault;
        struct random random;
        struct sample_loss_state chain = {0};
        struct sample_loss loss;
        const unsigned segments = 200;
        double late = 0;
        fault_init(&fault);
        fault.loss.percent = 1;
        random_seed(&random, 4);
        for (int i = 0; i < 2000; i++) {
            sample_losses(&chain, &fault, &random, segments, false, &slow, &loss);
            if (loss.count > 0)
                late += (double)loss.pieces[loss.count - 1].delay_ns / (double)(100 * MS);
        }
        double window = segments / (late / 2000 + 1);
        assert_true(window > 9 && window < 18);
    }
}

/* Nothing goes on for long, however bad the path is. */
static void a_hopeless_path_is_bounded(void **state)
{
    (void)state;
    struct fault fault;
    struct random random;
    fault_init(&fault);
    random_seed(&random, 4);
    fault.loss.percent = 99.999;
    for (int burst = 1; burst <= 100; burst += 33) {
        fault.loss.burst = burst;
        for (int i = 0; i < 200; i++) {
            struct sample_loss_state chain = {0};
            struct sample_loss loss;
            const struct sample_path loopback = {60000, 60000, i % 4 < 2 ? SAMPLE_BBR : SAMPLE_CUBIC};
            sample_losses(&chain, &fault, &random, 1000, i % 2 == 0, &loopback, &loss);
            assert_true(loss.pieces[loss.count - 1].delay_ns <= SAMPLE_STALL_MAX_NS);
        }
    }
}

static void a_changed_rate_acts_at_once(void **state)
{
    (void)state;
    struct fault fault;
    struct random random;
    struct sample_loss_state chain = {0};
    fault_init(&fault);
    random_seed(&random, 4);
    fault.loss.percent = 0.000001;
    for (int i = 0; i < 100; i++)
        assert_false(sample_segment_lost(&chain, &fault, &random));
    fault.loss.percent = 50;
    int lost = 0;
    for (int i = 0; i < 1000; i++)
        lost += sample_segment_lost(&chain, &fault, &random);
    assert_in_range(lost, 400, 600);
}

/* A connection may be short: its first segment is lost as often as any. */
static void the_first_segment_is_like_any_other(void **state)
{
    (void)state;
    struct fault fault;
    struct random random;
    int lost = 0;
    fault_init(&fault);
    fault.loss.percent = 10;
    fault.loss.burst = 20;
    random_seed(&random, 4);
    for (int i = 0; i < DRAWS; i++) {
        struct sample_loss_state chain = {0};
        lost += sample_segment_lost(&chain, &fault, &random);
    }
    assert_true(fabs(lost - 0.1 * DRAWS) < 5 * sqrt(0.09 * DRAWS));
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
        cmocka_unit_test(the_first_segment_is_like_any_other),
        cmocka_unit_test(a_changed_rate_acts_at_once),
        cmocka_unit_test(a_lone_segment_waits_as_on_linux),
        cmocka_unit_test(few_of_a_long_message_wait),
        cmocka_unit_test(a_loss_takes_its_share_of_the_window),
        cmocka_unit_test(a_small_window_waits_for_lost_repairs),
        cmocka_unit_test(a_hole_costs_a_round_trip),
        cmocka_unit_test(loss_narrows_the_window),
        cmocka_unit_test(a_hopeless_path_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
