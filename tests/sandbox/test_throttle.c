/* throttle: AWS's quotas, by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sandbox/throttle.h"

#define SECOND_US UINT64_C(1000000)

/* How many of so many calls at one moment pass. */
static unsigned pass(struct throttle *throttle, const char *service, const char *operation, unsigned calls,
                     uint64_t now_us)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < calls; i++) {
        struct call call = {.protocol = CALL_QUERY};
        strcpy(call.service, service);
        strcpy(call.operation, operation);
        passed += throttle_take(throttle, &call, now_us);
    }
    return passed;
}

static void each_kind_of_call_has_its_bucket(void **state)
{
    (void)state;
    struct throttle throttle = {0};
    assert_true(throttle_parse(&throttle, "aws", NULL));
    assert_int_equal(pass(&throttle, "ecs", "DescribeServices", 150, SECOND_US), 100);
    assert_int_equal(pass(&throttle, "ecs", "ListServices", 1, SECOND_US), 0); /* of the same bucket */
    assert_int_equal(pass(&throttle, "ecs", "ListClusters", 60, SECOND_US), 50);
    assert_int_equal(pass(&throttle, "elasticloadbalancing", "DescribeTargetHealth", 60, SECOND_US), 40);
    assert_int_equal(pass(&throttle, "elasticloadbalancing", "DescribeRules", 20, 2 * SECOND_US), 10);
    assert_int_equal(pass(&throttle, "ecs", "ListServices", 150, 2 * SECOND_US), 20);
    assert_int_equal(pass(&throttle, "ecs", "ListServices", 150, 100 * SECOND_US), 100);
}

static void a_number_is_for_all(void **state)
{
    (void)state;
    struct throttle throttle = {0};
    struct error error;
    assert_true(throttle_parse(&throttle, "2", NULL));
    assert_int_equal(pass(&throttle, "ecs", "ListClusters", 5, SECOND_US), 2);
    assert_int_equal(pass(&throttle, "ec2", "DescribeSecurityGroups", 5, 2 * SECOND_US), 2);
    assert_false(throttle_parse(&throttle, "2x", &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_call_has_its_bucket),
        cmocka_unit_test(a_number_is_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
