/* Calls that fail on demand: which ones, and in what words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sandbox/fail.h"

static void expect_spec(const char *text, const char *wanted)
{
    struct fail_spec spec;
    struct error error = {0};
    char printed[FAIL_SPEC_MAX];

    assert_true(fail_spec_parse(&spec, text, &error));
    fail_spec_print(&spec, printed);
    assert_string_equal(printed, wanted);
}

static void specifications_are_read(void **state)
{
    static const char *const same[] = {
        "ecs:UpdateService=refuse",
        "ecs:UpdateService@1=throttle",
        "*:*=500-before",
        "ecs:*@12+=500-after",
        "*:ListTasks=timeout-before",
        "sts:*=timeout-after",
        "ec2:DescribeSubnets=cut-before",
        "application-autoscaling:*=half",
        "ecs:ListClusters=cut-after",
        "ecs:UpdateService@2=delay:1500ms",
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        expect_spec(same[i], same[i]);
    expect_spec("*=throttle", "*:*=throttle");
    expect_spec("*@2=throttle", "*:*@2=throttle");
    expect_spec("ecs:A=delay:2s", "ecs:A=delay:2000ms");
    expect_spec("ecs:A=delay:2", "ecs:A=delay:2ms");
}

static void expect_refused(const char *text, const char *words)
{
    struct fail_spec spec;
    struct error error = {0};

    assert_false(fail_spec_parse(&spec, text, &error));
    assert_true(error.code == ERROR_USAGE || error.code == ERROR_INVALID);
    assert_non_null(strstr(error.message, words));
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    expect_refused("", "SERVICE:OPERATION");
    expect_refused("UpdateService=refuse", "SERVICE:OPERATION");
    expect_refused("ecs:=refuse", "SERVICE:OPERATION");
    expect_refused("ecs:Update Service=refuse", "SERVICE:OPERATION");
    expect_refused("ecs:Update*=refuse", "SERVICE:OPERATION");
    expect_refused("ecs:UpdateService", "SERVICE:OPERATION");
    expect_refused("ecs:UpdateService@=refuse", "behind @");
    expect_refused("ecs:UpdateService@0=refuse", "behind @");
    expect_refused("ecs:UpdateService@2-=refuse", "SERVICE:OPERATION");
    expect_refused("ecs:UpdateService@99999999999999999999=refuse", "behind @");
    expect_refused("ecs:UpdateService=", "no way to fail");
    expect_refused("ecs:UpdateService=500", "500-before");
    expect_refused("ecs:UpdateService=delay:0", "delay");
    expect_refused("ecs:UpdateService=delay:2h", "delay");
    expect_refused("ecs:UpdateService=delay:soon", "delay");
}

static enum fail_how decide(struct fail *fail, const char *service, const char *operation)
{
    struct call call = {0};
    int delay_ms = 0;

    strcpy(call.service, service);
    strcpy(call.operation, operation);
    return fail_decide(fail, &call, &delay_ms);
}

static void calls_are_counted_for_each(void **state)
{
    struct fail *fail = test_malloc(sizeof *fail);
    struct buf out;

    (void)state;
    fail_init(fail);
    assert_true(fail_set(fail, "ecs:A@2=refuse\necs:*@4+=throttle\n\nsts:*=half\r\n", NULL));
    assert_int_equal(decide(fail, "ecs", "A"), FAIL_NOT);
    assert_int_equal(decide(fail, "ecs", "A"), FAIL_REFUSE);
    assert_int_equal(decide(fail, "ec2", "A"), FAIL_NOT);
    assert_int_equal(decide(fail, "ecs", "B"), FAIL_NOT);
    assert_int_equal(decide(fail, "ecs", "A"), FAIL_THROTTLE); /* ecs' fourth */
    assert_int_equal(decide(fail, "ecs", "B"), FAIL_THROTTLE);
    assert_int_equal(decide(fail, "sts", "GetCallerIdentity"), FAIL_HALF);
    buf_init(&out, 4096);
    fail_print(fail, &out);
    assert_string_equal(buf_text(&out),
                        "{\"calls\":{\"ec2:A\":1,\"ecs:A\":3,\"ecs:B\":2,\"sts:GetCallerIdentity\":1},"
                        "\"fail\":[\"ecs:A@2=refuse\",\"ecs:*@4+=throttle\",\"sts:*=half\"]}\n");
    buf_free(&out);

    /* Anew, and all or nothing. */
    assert_false(fail_set(fail, "ecs:A@1=refuse\nnonsense", NULL));
    assert_int_equal(decide(fail, "sts", "GetCallerIdentity"), FAIL_HALF);
    assert_true(fail_set(fail, "ecs:A@1=refuse", NULL));
    assert_int_equal(decide(fail, "sts", "GetCallerIdentity"), FAIL_NOT);
    assert_int_equal(decide(fail, "ecs", "A"), FAIL_REFUSE);
    assert_int_equal(decide(fail, "ecs", "A"), FAIL_NOT);
    fail_destroy(fail);
    test_free(fail);
}

static void expect_answer(enum call_protocol protocol, enum fail_how how, int status, const char *code)
{
    struct call call;

    call_init(&call);
    call.protocol = protocol;
    fail_answer(&call, how);
    assert_int_equal(call.status, status);
    assert_string_equal(call.code, code);
    call_free(&call);
}

static void each_service_has_its_own_words(void **state)
{
    (void)state;
    expect_answer(CALL_JSON, FAIL_REFUSE, 400, "AccessDeniedException");
    expect_answer(CALL_QUERY, FAIL_REFUSE, 403, "AccessDenied");
    expect_answer(CALL_EC2, FAIL_REFUSE, 403, "UnauthorizedOperation");
    expect_answer(CALL_JSON, FAIL_THROTTLE, 400, "ThrottlingException");
    expect_answer(CALL_QUERY, FAIL_THROTTLE, 400, "Throttling");
    expect_answer(CALL_EC2, FAIL_THROTTLE, 503, "RequestLimitExceeded");
    expect_answer(CALL_JSON, FAIL_ERROR_AFTER, 500, "ServerException");
    expect_answer(CALL_QUERY, FAIL_ERROR_BEFORE, 500, "InternalFailure");
    expect_answer(CALL_EC2, FAIL_ERROR_BEFORE, 500, "InternalError");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specifications_are_read),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(calls_are_counted_for_each),
        cmocka_unit_test(each_service_has_its_own_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
