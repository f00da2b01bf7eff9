/* DynamoDB's numbers: read, printed, ordered and added, exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "sandbox/dynamodb_number.h"

static struct number read(const char *text)
{
    struct number number;

    assert_int_equal(number_read(&number, text, strlen(text)), NUMBER_FINE);
    return number;
}

static void expect_print(const char *text, const char *wanted)
{
    struct number number = read(text);
    char printed[NUMBER_TEXT_MAX];

    number_print(&number, printed);
    assert_string_equal(printed, wanted);
}

static void every_number_has_one_form(void **state)
{
    char text[NUMBER_TEXT_MAX];

    (void)state;
    expect_print("0", "0");
    expect_print("-0", "0");
    expect_print("0e500", "0");
    expect_print("000.000", "0");
    expect_print("1.0", "1");
    expect_print("-1.50", "-1.5");
    expect_print("+5.", "5");
    expect_print(".5", "0.5");
    expect_print("007", "7");
    expect_print("1e3", "1000");
    expect_print("1E-3", "0.001");
    expect_print("12345.678e-2", "123.45678");
    expect_print("1000000e2", "100000000");
    expect_print("0.00000000000000000000123", "0.00000000000000000000123");
    expect_print("99999999999999999999999999999999999999", "99999999999999999999999999999999999999");
    /* 40 digits as written, 38 that count. */
    expect_print("0123456789012345678901234567890123456780", "123456789012345678901234567890123456780");
    expect_print("1e125", "1000000000000000000000000000000000000000000000000000000000000000000000000000000"
                          "00000000000000000000000000000000000000000000000");
    snprintf(text, sizeof text, "-0.%0129d1", 0);
    expect_print("-1e-130", text);
}

static void expect_refused(const char *text, enum number_status status)
{
    struct number number;

    assert_int_equal(number_read(&number, text, strlen(text)), status);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const malformed[] = {"",    "-",     "+",     ".",  "e1",    "1e",
                                            "1e+", "1.2.3", "--1",   "1 ", " 1",    "0x10",
                                            "NaN", "Inf",   "1e1.5", "１", "1,000", "1e1e1"};

    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        expect_refused(malformed[i], NUMBER_MALFORMED);
    expect_refused("123456789012345678901234567890123456789", NUMBER_TOO_PRECISE);
    expect_refused("0.000123456789012345678901234567890123456789", NUMBER_TOO_PRECISE);
    expect_refused("1e126", NUMBER_OVERFLOW);
    expect_refused("-10e125", NUMBER_OVERFLOW);
    expect_refused("1e99999999999999999999", NUMBER_OVERFLOW);
    expect_refused("0.1e-130", NUMBER_UNDERFLOW);
    expect_refused("1e-99999999999999999999", NUMBER_UNDERFLOW);
    assert_int_equal(number_read(&(struct number){0}, "1\0002", 3), NUMBER_MALFORMED);
}

static void expect_sum(const char *a, const char *b, bool minus, const char *wanted)
{
    struct number left = read(a), right = read(b), sum;
    char printed[NUMBER_TEXT_MAX];

    assert_int_equal(number_add(&left, &right, minus, &sum), NUMBER_FINE);
    number_print(&sum, printed);
    assert_string_equal(printed, wanted);
}

static void sums_are_exact(void **state)
{
    struct number sum, a, b;

    (void)state;
    expect_sum("0.1", "0.2", false, "0.3");
    expect_sum("1", "1", true, "0");
    expect_sum("-1", "1", false, "0");
    expect_sum("0", "5", true, "-5");
    expect_sum("-5", "0", false, "-5");
    expect_sum("-2", "-3", false, "-5");
    expect_sum("-2", "3", true, "-5");
    expect_sum("2", "-3", true, "5");
    expect_sum("100", "0.01", true, "99.99");
    expect_sum("99999999999999999999999999999999999999", "1", false,
               "100000000000000000000000000000000000000");
    expect_sum("9007199254740993", "1", false, "9007199254740994"); /* beyond a double's 53 bits */
    expect_sum("1e-130", "1e-130", true, "0");
    a = read("1e38");
    b = read("1");
    assert_int_equal(number_add(&a, &b, false, &sum), NUMBER_TOO_PRECISE);
    a = read("9e125");
    assert_int_equal(number_add(&a, &a, false, &sum), NUMBER_OVERFLOW);
    a = read("1.1e-130"); /* its last digit is below the smallest number */
    b = read("1e-130");
    assert_int_equal(number_add(&a, &b, true, &sum), NUMBER_UNDERFLOW);
}

/* Against whole numbers of the machine. */
static void sums_are_those_of_integers(void **state)
{
    struct random random;

    (void)state;
    random_seed(&random, 7);
    for (int i = 0; i < 20000; i++) {
        int64_t x = (int64_t)random_below(&random, 2000000000) - 1000000000;
        int64_t y = (int64_t)random_below(&random, i % 2 ? 2000 : 2000000000) - 1000;
        char a[32], b[32], plus[32], minus[32];
        snprintf(a, sizeof a, "%lld", (long long)x);
        snprintf(b, sizeof b, "%lld", (long long)y);
        snprintf(plus, sizeof plus, "%lld", (long long)(x + y));
        snprintf(minus, sizeof minus, "%lld", (long long)(x - y));
        expect_sum(a, b, false, plus);
        expect_sum(a, b, true, minus);
        struct number left = read(a), right = read(b);
        assert_int_equal(number_compare(&left, &right), (x > y) - (x < y));
    }
}

static int compare_bytes(const struct number *a, const struct number *b)
{
    unsigned char left[NUMBER_BYTES_MAX], right[NUMBER_BYTES_MAX];
    size_t left_length = number_encode(a, left), right_length = number_encode(b, right);
    int order = memcmp(left, right, left_length < right_length ? left_length : right_length);

    if (order == 0)
        order = (left_length > right_length) - (left_length < right_length);
    return (order > 0) - (order < 0);
}

static void bytes_compare_as_the_numbers_do(void **state)
{
    static const char *const ascending[] = {
        "-9.99e125", "-1e125", "-100.5", "-100",    "-99.9", "-10",     "-9",    "-1.01",
        "-1",        "-0.5",   "-0.05",  "-1e-130", "0",     "1e-130",  "0.05",  "0.5",
        "1",         "1.001",  "1.01",   "1.1",     "2",     "9",       "10",    "11",
        "99.9",      "100",    "100.5",  "101",     "1e20",  "9.9e124", "1e125", "9.99e125"};
    size_t count = sizeof ascending / sizeof *ascending;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct number a = read(ascending[i]), b = read(ascending[j]);
            assert_int_equal(compare_bytes(&a, &b), (i > j) - (i < j));
            assert_int_equal((number_compare(&a, &b) > 0) - (number_compare(&a, &b) < 0), (i > j) - (i < j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_one_form),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(sums_are_those_of_integers),
        cmocka_unit_test(bytes_compare_as_the_numbers_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
