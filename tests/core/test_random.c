#include "core/random.h"

#include "tests/core/support.h"

#include <math.h>

/* The reference implementations' first numbers. */
static void the_generator_is_xoshiro256_starstar(void **state)
{
    (void)state;
    static const uint64_t expected[] = {UINT64_C(11520),
                                        UINT64_C(0),
                                        UINT64_C(1509978240),
                                        UINT64_C(1215971899390074240),
                                        UINT64_C(1216172134540287360),
                                        UINT64_C(607988272756665600),
                                        UINT64_C(16172922978634559625),
                                        UINT64_C(8476171486693032832)};
    struct random random = {.state = {1, 2, 3, 4}};
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_true(random_next(&random) == expected[i]);
}

static void the_seed_is_spread_by_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431)};
    struct random random;
    random_seed(&random, 1234567);
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_true(random.state[i] == expected[i]);
}

static void a_seed_repeats_and_zero_does_not(void **state)
{
    (void)state;
    struct random a, b;
    random_seed(&a, 99);
    random_seed(&b, 99);
    for (int i = 0; i < 100; i++)
        assert_true(random_normal(&a) == random_normal(&b));
    random_seed(&a, 0);
    random_seed(&b, 0);
    assert_true(random_next(&a) != random_next(&b) || random_next(&a) != random_next(&b));
}

static void uniform_numbers_are_even(void **state)
{
    (void)state;
    enum { DRAWS = 100000, CELLS = 20 };
    struct random random;
    unsigned cells[CELLS] = {0};
    random_seed(&random, 1);
    for (int i = 0; i < DRAWS; i++) {
        double value = random_uniform(&random);
        assert_true(value >= 0 && value < 1);
        cells[(int)(value * CELLS)]++;
    }
    for (int i = 0; i < CELLS; i++)
        assert_true(cells[i] > 4700 && cells[i] < 5300);
}

static void below_reaches_all_and_only_what_is_below(void **state)
{
    (void)state;
    struct random random;
    unsigned seen[7] = {0};
    random_seed(&random, 2);
    for (int i = 0; i < 70000; i++) {
        uint64_t value = random_below(&random, COUNT(seen));
        assert_true(value < COUNT(seen));
        seen[value]++;
    }
    for (size_t i = 0; i < COUNT(seen); i++)
        assert_true(seen[i] > 9500 && seen[i] < 10500);
    assert_int_equal(random_below(&random, 1), 0);
    /* Just above a half of all numbers: the biased way would give the lower half twice as often. */
    uint64_t n = (UINT64_C(3) << 62);
    unsigned low = 0;
    for (int i = 0; i < 30000; i++)
        low += random_below(&random, n) < n / 3;
    assert_true(low > 9500 && low < 10500);
}

static void normal_numbers_have_their_moments(void **state)
{
    (void)state;
    enum { DRAWS = 200000 };
    struct random random;
    double sum = 0, squares = 0;
    int within = 0;
    random_seed(&random, 3);
    for (int i = 0; i < DRAWS; i++) {
        double value = random_normal(&random);
        assert_true(isfinite(value));
        sum += value;
        squares += value * value;
        within += fabs(value) < 1;
    }
    assert_true(fabs(sum / DRAWS) < 0.02);
    assert_true(fabs(squares / DRAWS - 1) < 0.02);
    assert_true(fabs((double)within / DRAWS - 0.6827) < 0.01);
}

static void percentages_are_kept(void **state)
{
    (void)state;
    struct random random, untouched;
    int hits = 0;
    random_seed(&random, 4);
    untouched = random;
    for (int i = 0; i < 1000; i++) {
        assert_false(random_percent(&random, 0));
        assert_true(random_percent(&random, 100));
    }
    assert_memory_equal(&random, &untouched, sizeof random);
    for (int i = 0; i < 100000; i++)
        hits += random_percent(&random, 2.5);
    assert_true(hits > 2250 && hits < 2750);
}

static void names_are_of_letters_and_digits(void **state)
{
    (void)state;
    char a[101], b[101];
    memset(a, '!', sizeof a);
    random_name(a, 100);
    random_name(b, 100);
    assert_int_equal(strlen(a), 100);
    assert_int_equal(strspn(a, "0123456789abcdefghijklmnopqrstuvwxyz"), 100);
    assert_string_not_equal(a, b);
    random_name(a, 0);
    assert_string_equal(a, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_is_xoshiro256_starstar),
        cmocka_unit_test(the_seed_is_spread_by_splitmix64),
        cmocka_unit_test(a_seed_repeats_and_zero_does_not),
        cmocka_unit_test(uniform_numbers_are_even),
        cmocka_unit_test(below_reaches_all_and_only_what_is_below),
        cmocka_unit_test(normal_numbers_have_their_moments),
        cmocka_unit_test(percentages_are_kept),
        cmocka_unit_test(names_are_of_letters_and_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
