/* Which requests a fault is for. */
#include "proxy/scope.h"
#include "tests/proxy/support.h"

#include <string.h>

static void health_checks_are_known_by_agent_and_path(void **state)
{
    (void)state;
    assert_true(scope_is_health_check("ELB-HealthChecker/2.0", "/", ""));
    assert_true(scope_is_health_check("ELB-HealthChecker/9", "/x", "/healthz"));
    assert_false(scope_is_health_check("ELB-HealthChecker", "/", ""));
    assert_false(scope_is_health_check("curl ELB-HealthChecker/2.0", "/", ""));
    assert_true(scope_is_health_check("", "/healthz", "/healthz"));
    assert_false(scope_is_health_check("", "/healthz/", "/healthz"));
    assert_false(scope_is_health_check("", "", ""));
}

static void method_path_and_exemption(void **state)
{
    (void)state;
    struct fault fault;
    fault_init(&fault);
    assert_true(scope_matches(&fault, "GET", "/", false));
    assert_false(scope_matches(&fault, "GET", "/", true));
    fault.scope.health_checks = true;
    assert_true(scope_matches(&fault, "GET", "/", true));
    strcpy(fault.scope.method, "post");
    assert_true(scope_matches(&fault, "POST", "/", false));
    assert_false(scope_matches(&fault, "GET", "/", false));
    strcpy(fault.scope.path, "/api/*/items");
    assert_true(scope_matches(&fault, "POST", "/api/v1/items", false));
    assert_true(scope_matches(&fault, "POST", "/api/v1/x/items", false));
    assert_false(scope_matches(&fault, "POST", "/api/v1/items/7", false));
}

static void same_scope(void **state)
{
    (void)state;
    struct fault a;
    struct fault b;
    fault_init(&a);
    fault_init(&b);
    b.latency.mean_ms = 5;
    assert_true(scope_same(&a, &b));
    strcpy(b.scope.path, "/x");
    assert_false(scope_same(&a, &b));
    b = a;
    strcpy(b.scope.header, "X");
    assert_false(scope_same(&a, &b));
    b = a;
    strcpy(b.scope.source, "::1");
    assert_false(scope_same(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_checks_are_known_by_agent_and_path),
        cmocka_unit_test(method_path_and_exemption),
        cmocka_unit_test(same_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
