/* LocalStack's faults: how rules are read, which calls they hit, and the Chaos API. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sandbox/chaos.h"
#include "sandbox/memory.h"

static struct chaos_verdict decide(struct chaos *chaos, const char *service, const char *operation,
                                   const char *region)
{
    struct chaos_verdict verdict;
    struct call call = {.status = 200};

    text_copy(call.service, sizeof call.service, service);
    text_copy(call.operation, sizeof call.operation, operation);
    text_copy(call.region, sizeof call.region, region);
    chaos_decide(chaos, &call, true, &verdict);
    return verdict;
}

static void add(struct chaos *chaos, bool is_latency, const char *parameters, const char *owner)
{
    struct json_object *json = json_tokener_parse(parameters);
    struct chaos_rule rule;
    struct error error = {0};

    assert_true(api_rule_read_parameters(&rule.rule, is_latency, json, "us-east-1", &error));
    text_copy(rule.owner, sizeof rule.owner, owner);
    assert_true(chaos_add(chaos, &rule));
    json_object_put(json);
}

static void the_defaults_of_an_error(void **state)
{
    struct chaos *chaos = chaos_new();

    (void)state;
    add(chaos, false, "{}", "a");
    struct chaos_verdict verdict = decide(chaos, "ecs", "ListTasks", "us-east-1");
    assert_true(verdict.fails && verdict.certain);
    assert_int_equal(verdict.status, 500);
    assert_int_equal(verdict.delay_ms, 0);
    assert_string_equal(verdict.code, "InternalError");
    assert_string_equal(verdict.message, "Failing as per Fault Injection Simulator configuration");
    assert_false(decide(chaos, "ecs", "ListTasks", "eu-west-1").fails);
    assert_false(decide(chaos, "fis", "StopExperiment", "us-east-1").fails);
    chaos_free(chaos);
}

static void rules_stack(void **state)
{
    struct chaos *chaos = chaos_new();

    (void)state;
    add(chaos, true, "{\"latencyMilliseconds\":5000,\"region\":\"all\"}", "a");
    add(chaos, true, "{\"latencyMilliseconds\":\"100\",\"service\":\"cloudwatch\"}", "b");
    add(chaos, false,
        "{\"service\":\"monitoring\",\"api\":\"DescribeAlarms\",\"exception\":\"A B\",\"errorCode\":503,"
        "\"latency\":\"2\"}",
        "c");
    add(chaos, false, "{\"service\":\"monitoring\",\"exception\":\"Late\"}", "d");
    struct chaos_verdict verdict = decide(chaos, "monitoring", "DescribeAlarms", "us-east-1");
    assert_int_equal(verdict.delay_ms, 7100);
    assert_string_equal(verdict.code, "A B"); /* the first that fails it */
    assert_int_equal(verdict.status, 503);
    verdict = decide(chaos, "monitoring", "DeleteAlarms", "us-east-1");
    assert_int_equal(verdict.delay_ms, 5100);
    assert_string_equal(verdict.code, "Late");
    assert_int_equal(decide(chaos, "ecs", "ListTasks", "eu-west-1").delay_ms, 5000);
    chaos_remove(chaos, "a");
    assert_int_equal(decide(chaos, "ecs", "ListTasks", "eu-west-1").delay_ms, 0);
    chaos_remove(chaos, "c");
    assert_string_equal(decide(chaos, "monitoring", "DescribeAlarms", "us-east-1").code, "Late");
    chaos_free(chaos);
}

static void a_percentage_is_a_share(void **state)
{
    struct chaos *chaos = chaos_new();
    int fails = 0;

    (void)state;
    random_seed(&chaos->random, 3);
    add(chaos, false, "{\"percentage\":\"30\"}", "a");
    for (int i = 0; i < 2000; i++) {
        struct chaos_verdict verdict = decide(chaos, "sts", "X", "us-east-1");
        assert_false(verdict.certain);
        fails += verdict.fails;
    }
    assert_in_range(fails, 500, 700);
    assert_int_equal(chaos->counts[0].attempts, (unsigned)fails);
    chaos_free(chaos);
}

static void ask(struct chaos *chaos, const char *method, const char *path, const char *body, int status,
                const char *wanted)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    int got = api_faults_answer(&chaos->faults, method, path, "application/json; charset=utf-8", body,
                                strlen(body), &out);
    assert_int_equal(got, status);
    if (!strstr(buf_text(&out), wanted))
        fail_msg("wanted: %s\ngot: %s", wanted, buf_text(&out));
    buf_free(&out);
}

static void the_chaos_api(void **state)
{
    const char *faults = "/_localstack/chaos/faults", *effects = "/_localstack/chaos/effects";
    struct chaos *chaos = chaos_new();

    (void)state;
    ask(chaos, "GET", faults, "", 200, "[]");
    ask(chaos, "POST", faults, "[{\"service\":\"s3\",\"probability\":0.25}]", 200, "[{\"service\":\"s3\"");
    ask(chaos, "PATCH", faults, "[{\"region\":\"us-east-1\"},{}]", 200,
        "0.25},{\"region\":\"us-east-1\"},{}]");
    assert_int_equal(chaos->faults.rules->count, 3);
    assert_true(chaos->faults.rules->items[0].percent > 24.9 && chaos->faults.rules->items[0].percent < 25.1);
    assert_string_equal(decide(chaos, "sts", "X", "us-east-1").code, "ServiceUnavailable");
    assert_int_equal(decide(chaos, "sts", "X", "us-east-1").status, 503);
    ask(chaos, "DELETE", faults, "[{\"probability\":0.25,\"service\":\"s3\"},{}]", 200,
        "[{\"region\":\"us-east-1\"}]");
    ask(chaos, "DELETE", faults, "[{}]", 404, "no such fault");
    ask(chaos, "PATCH", faults, "[{\"service\":\"x\"}]", 400, "there is no service x");
    ask(chaos, "GET", faults, "", 200, "[{\"region\":\"us-east-1\"}]");
    ask(chaos, "POST", faults, "[]", 200, "[]");
    assert_false(decide(chaos, "sts", "X", "us-east-1").fails);
    ask(chaos, "POST", effects, "{\"latency\":1500}", 200, "1500");
    assert_int_equal(decide(chaos, "sts", "X", "eu-west-1").delay_ms, 1500);
    assert_int_equal(decide(chaos, "fis", "X", "eu-west-1").delay_ms, 0);
    ask(chaos, "POST", effects, "[]", 400, "must be an object");
    ask(chaos, "POST", effects, "{}", 200, "0");
    ask(chaos, "PATCH", effects, "{}", 405, "");
    ask(chaos, "POST", faults, "", 400, "not JSON");
    ask(chaos, "POST", faults, "[] x", 400, "not JSON");
    chaos_free(chaos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_of_an_error),
        cmocka_unit_test(rules_stack),
        cmocka_unit_test(a_percentage_is_a_share),
        cmocka_unit_test(the_chaos_api),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
