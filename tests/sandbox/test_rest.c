/* From method, path and query to a REST-JSON operation and its request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sandbox/memory.h"
#include "sandbox/rest.h"

static void expect(const char *method, const char *path, const char *query, const char *body,
                   const char *operation, const char *request)
{
    struct call call;
    struct buf out;

    call_init(&call);
    text_copy(call.service, sizeof call.service, "fis");
    bool done = rest_read(&call, method, path, query, body, strlen(body));
    assert_int_equal(done, request != NULL);
    if (request) {
        buf_init(&out, 65536);
        assert_string_equal(call.operation, operation);
        json_print_canonical(call.request, &out);
        assert_string_equal(buf_text(&out), request);
        buf_free(&out);
    } else {
        assert_string_equal(call.code, operation);
    }
    call_free(&call);
}

static void paths_are_operations(void **state)
{
    (void)state;
    expect("GET", "/actions", "", "", "ListActions", "{}");
    expect("GET", "/actions/aws%3Afis%3Await", "", "", "GetAction", "{\"id\":\"aws:fis:wait\"}");
    expect("DELETE", "/experiments/EXP1", "", "", "StopExperiment", "{\"id\":\"EXP1\"}");
    expect("GET", "/experiments/EXP1/resolvedTargets", "maxResults=5&targetName=a+b%26", "",
           "ListExperimentResolvedTargets", "{\"id\":\"EXP1\",\"maxResults\":\"5\",\"targetName\":\"a b&\"}");
    expect("POST", "/experiments", "", "{\"a\":1}", "StartExperiment", "{\"a\":1}");
    expect("PATCH", "/safetyLevers/default/state", "", "{\"state\":{}}", "UpdateSafetyLeverState",
           "{\"id\":\"default\",\"state\":{}}");
    expect("DELETE", "/tags/arn%3Aaws%3Afis%3A%3A%3Ax%2Fy+z", "tagKeys=a&tagKeys=b%20c", "", "UntagResource",
           "{\"resourceArn\":\"arn:aws:fis:::x/y+z\",\"tagKeys\":[\"a\",\"b c\"]}");
    /* The path counts before the query, and the query before the body. */
    expect("PATCH", "/experimentTemplates/A", "id=B&x=Q", "{\"id\":\"C\",\"x\":\"B\",\"y\":1}",
           "UpdateExperimentTemplate", "{\"id\":\"A\",\"x\":\"Q\",\"y\":1}");
}

static void what_is_no_operation(void **state)
{
    (void)state;
    expect("GET", "/", "", "", "UnknownOperationException", NULL);
    expect("GET", "/actions/", "", "", "UnknownOperationException", NULL);
    expect("PUT", "/actions", "", "", "UnknownOperationException", NULL);
    expect("GET", "/a/b/c/d/e/f/g/h/i/j", "", "", "UnknownOperationException", NULL);
    expect("GET", "actions", "", "", "UnknownOperationException", NULL);
    expect("GET", "/actions/%zz", "", "", "SerializationException", NULL);
    expect("GET", "/actions/a%00b", "", "", "SerializationException", NULL);
    expect("GET", "/actions", "a=%1", "", "SerializationException", NULL);
    expect("GET", "/actions", "=x", "", "SerializationException", NULL);
    expect("POST", "/experiments", "", "[]", "SerializationException", NULL);
    expect("POST", "/experiments", "", "{", "SerializationException", NULL);
}

static void services_are_found(void **state)
{
    (void)state;
    assert_true(rest_serves("fis"));
    assert_false(rest_serves("ecs"));
    assert_string_equal(rest_find_service("GET", "/experiments"), "fis");
    assert_null(rest_find_service("POST", "/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_operations),
        cmocka_unit_test(what_is_no_operation),
        cmocka_unit_test(services_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
