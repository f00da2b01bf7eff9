#include "core/nearest.h"

#include "tests/core/support.h"

static void the_nearest_is_found(void **state)
{
    struct nearest near;
    (void)state;
    nearest_begin(&near, "latncy", 6);
    nearest_offer(&near, "loss", 4);
    assert_null(near.found);
    nearest_offer(&near, "latency", 7);
    nearest_offer(&near, "latency2", 8);
    assert_string_equal(near.found, "latency");
    assert_int_equal(near.found_length, 7);
}

static void what_is_too_long_is_near_to_nothing(void **state)
{
    char name[2 * NEAREST_LENGTH_MAX] = "";
    struct nearest near;
    (void)state;
    memset(name, 'a', sizeof name - 1);
    nearest_begin(&near, name, strlen(name));
    nearest_offer(&near, name, NEAREST_LENGTH_MAX + 1);
    assert_null(near.found);
    nearest_begin(&near, "", 0);
    nearest_offer(&near, name, strlen(name));
    assert_null(near.found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_is_found),
        cmocka_unit_test(what_is_too_long_is_near_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
