/* retry, xml, query, pager, batch, answer: the parts of the client that need no network. */
#include "aws/answer.h"
#include "aws/client.h"
#include "aws/pace.h"
#include "aws/pager.h"
#include "aws/query.h"
#include "aws/retry.h"
#include "aws/xml.h"
#include "core/clock.h"
#include "tests/aws/testing.h"

#include <pthread.h>
#include <string.h>

/* retry */

static void codes_and_statuses_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(aws_retry_classify("ThrottlingException", 400), AWS_ATTEMPT_THROTTLED);
    assert_int_equal(aws_retry_classify("RequestLimitExceeded", 503), AWS_ATTEMPT_THROTTLED);
    assert_int_equal(aws_retry_classify("", 429), AWS_ATTEMPT_THROTTLED);
    assert_int_equal(aws_retry_classify("ServerException", 500), AWS_ATTEMPT_TRANSIENT);
    assert_int_equal(aws_retry_classify("", 502), AWS_ATTEMPT_TRANSIENT);
    assert_int_equal(aws_retry_classify("RequestTimeout", 400), AWS_ATTEMPT_TRANSIENT);
    assert_int_equal(aws_retry_classify("ClientException", 400), AWS_ATTEMPT_FAILED);
    assert_int_equal(aws_retry_classify("InternalFailure", 501), AWS_ATTEMPT_FAILED);
}

static void only_what_does_no_harm_twice_is_repeatable(void **state)
{
    (void)state;
    assert_true(aws_operation_is_repeatable("DescribeServices"));
    assert_true(aws_operation_is_repeatable("UpdateService"));
    assert_true(aws_operation_is_repeatable("DeregisterTaskDefinition"));
    assert_false(aws_operation_is_repeatable("RegisterTaskDefinition"));
    assert_false(aws_operation_is_repeatable("RunTask"));
    assert_false(aws_operation_is_repeatable("AnOperationOfTomorrow"));
}

static void an_unknown_effect_is_not_repeated_but_no_effect_is(void **state)
{
    struct aws_retry retry;
    int64_t wait_ms = 0;
    int cost = 0;
    (void)state;
    aws_retry_init(&retry);
    static const enum aws_attempt unknown[] = {AWS_ATTEMPT_TIMEOUT, AWS_ATTEMPT_CUT, AWS_ATTEMPT_TRANSIENT};
    for (size_t i = 0; i < 3; i++) {
        assert_false(aws_retry_decide(&retry, 1, unknown[i], false, &wait_ms, &cost));
        assert_true(aws_retry_decide(&retry, 1, unknown[i], true, &wait_ms, &cost));
    }
    assert_true(aws_retry_decide(&retry, 1, AWS_ATTEMPT_THROTTLED, false, &wait_ms, &cost));
    assert_true(aws_retry_decide(&retry, 1, AWS_ATTEMPT_NOT_SENT, false, &wait_ms, &cost));
    assert_false(aws_retry_decide(&retry, 1, AWS_ATTEMPT_FAILED, true, &wait_ms, &cost));
    assert_false(aws_retry_decide(&retry, AWS_RETRY_ATTEMPTS, AWS_ATTEMPT_THROTTLED, true, &wait_ms, &cost));
    aws_retry_destroy(&retry);
}

static void the_wait_doubles_and_is_jittered(void **state)
{
    struct aws_retry retry;
    int64_t longest[3] = {0}, shortest = INT64_MAX;
    (void)state;
    aws_retry_init(&retry);
    for (int i = 0; i < 200; i++) {
        for (int attempt = 1; attempt <= 2; attempt++) {
            int64_t wait_ms = -1;
            int cost = 0;
            retry.tokens = AWS_RETRY_TOKENS;
            assert_true(aws_retry_decide(&retry, attempt, AWS_ATTEMPT_THROTTLED, true, &wait_ms, &cost));
            assert_true(wait_ms >= 0 && wait_ms <= INT64_C(1000) * attempt);
            if (wait_ms > longest[attempt])
                longest[attempt] = wait_ms;
            if (wait_ms < shortest)
                shortest = wait_ms;
        }
    }
    assert_true(longest[1] > 500);
    assert_true(longest[2] > 1000);
    assert_true(shortest < 500);
    aws_retry_destroy(&retry);
}

static void the_bucket_runs_dry_and_fills_with_successes(void **state)
{
    struct aws_retry retry;
    int64_t wait_ms = 0;
    int cost = 0, done = 0;
    (void)state;
    aws_retry_init(&retry);
    while (aws_retry_decide(&retry, 1, AWS_ATTEMPT_TIMEOUT, true, &wait_ms, &cost))
        done++;
    assert_int_equal(done, AWS_RETRY_TOKENS / AWS_RETRY_COST_TIMEOUT);
    assert_false(aws_retry_decide(&retry, 1, AWS_ATTEMPT_THROTTLED, true, &wait_ms, &cost));
    for (int i = 0; i < AWS_RETRY_COST; i++)
        aws_retry_succeeded(&retry, 0);
    assert_true(aws_retry_decide(&retry, 1, AWS_ATTEMPT_THROTTLED, true, &wait_ms, &cost));
    assert_int_equal(cost, AWS_RETRY_COST);
    aws_retry_succeeded(&retry, cost);
    assert_int_equal(retry.tokens, AWS_RETRY_COST);
    for (int i = 0; i < 2 * AWS_RETRY_TOKENS; i++)
        aws_retry_succeeded(&retry, 0);
    assert_int_equal(retry.tokens, AWS_RETRY_TOKENS);
    aws_retry_destroy(&retry);
}

/* xml */

static struct aws_xml *parse(const char *text, struct error *error)
{
    return aws_xml_parse(text, strlen(text), error);
}

static void a_tree_is_read_and_walked(void **state)
{
    struct error error = {0};
    (void)state;
    struct aws_xml *root =
        parse("<?xml version=\"1.0\"?><R xmlns='u' xmlns:p='v'><p:A x='1'>  a &amp;&#x20AC; <B/>b\n</p:A>"
              "<L><member>1</member><other/><member>2</member></L><N> -12 </N><M>12x</M></R>",
              &error);
    if (!root)
        fail_msg("%s", error.message);
    assert_string_equal(aws_xml_text(root, "A"), "a &€ b");
    assert_string_equal(aws_xml_text(root, "A/B"), "");
    assert_string_equal(aws_xml_text(root, "A/B/C"), "");
    assert_int_equal(aws_xml_integer(root, "N", 7), -12);
    assert_int_equal(aws_xml_integer(root, "M", 7), 7);
    assert_int_equal(aws_xml_integer(root, "X", 7), 7);
    const struct aws_xml *list = aws_xml_find(root, "L"), *member = aws_xml_child(list, "member");
    assert_string_equal(aws_xml_text(member, ""), "1");
    assert_string_equal(aws_xml_next(member, NULL)->name, "other");
    member = aws_xml_next(member, "member");
    assert_string_equal(aws_xml_text(member, ""), "2");
    assert_null(aws_xml_next(member, "member"));
    assert_null(aws_xml_child(NULL, "x"));
    assert_string_equal(aws_xml_text(NULL, "x"), "");
    aws_xml_free(root);
}

static void the_result_is_found_or_is_the_root(void **state)
{
    (void)state;
    struct aws_xml *root = parse("<XResponse><Meta/><XResult><a>1</a></XResult></XResponse>", NULL);
    assert_string_equal(aws_xml_text(aws_xml_result(root), "a"), "1");
    aws_xml_free(root);
    root = parse("<XResponse><a>1</a></XResponse>", NULL);
    assert_string_equal(aws_xml_text(aws_xml_result(root), "a"), "1");
    aws_xml_free(root);
    assert_null(aws_xml_result(NULL));
}

static void bad_xml_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "text",
                                      "<a>",
                                      "<a></b>",
                                      "<a/><b/>",
                                      "<a>&undefined;</a>",
                                      "<a",
                                      "<!DOCTYPE a><a/>",
                                      "<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;&x;\">]><a>&z;</a>"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error error = {0};
        if (parse(bad[i], &error))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_true(*error.message);
    }
}

static void deep_xml_is_refused(void **state)
{
    char text[3 * (AWS_XML_DEPTH_MAX + 1) + 1];
    struct error error = {0};
    (void)state;
    for (int i = 0; i <= AWS_XML_DEPTH_MAX; i++)
        snprintf(text + (ptrdiff_t)i * 3, 4, "<a>");
    assert_null(parse(text, &error));
    assert_int_equal(error.code, ERROR_LIMIT);
}

/* query */

static void parameters_are_encoded(void **state)
{
    struct aws_query query;
    const char *values[] = {"a b", "ü"};
    (void)state;
    aws_query_init(&query);
    aws_query_add(&query, "A", "1+2=3&~*");
    aws_query_add_integer(&query, "N", -5);
    aws_query_add_list(&query, "L.member", values, 2);
    aws_query_add_indexed(&query, "Actions.member", 2, "Type", "forward");
    assert_string_equal(buf_text(&query.text), "A=1%2B2%3D3%26~%2A&N=-5&L.member.1=a%20b&L.member.2=%C3%BC&"
                                               "Actions.member.2.Type=forward");
    aws_query_free(&query);
}

/* pager */

static void pages_end_and_cycles_of_any_length_are_noticed(void **state)
{
    struct aws_pager *pager = malloc(sizeof *pager);
    char token[32], *long_token = calloc(1, AWS_PAGE_TOKEN_MAX + 1);
    bool more = false;
    (void)state;
    for (unsigned length = 1; length <= 40; length++) {
        unsigned calls = 0;
        aws_pager_init(pager);
        do
            snprintf(token, sizeof token, "%u", calls % length);
        while (aws_pager_next(pager, token, "Op", &more, NULL) && ++calls < 1000);
        assert_true(calls <= 4 * length);
    }
    aws_pager_init(pager);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(token, sizeof token, "%u", i);
        assert_true(aws_pager_next(pager, token, "Op", &more, NULL) && more);
        assert_string_equal(pager->token, token);
    }
    assert_true(aws_pager_next(pager, NULL, "Op", &more, NULL) && !more);
    assert_true(aws_pager_next(pager, "", "Op", &more, NULL) && !more);
    memset(long_token, 'x', AWS_PAGE_TOKEN_MAX);
    assert_false(aws_pager_next(pager, long_token, "Op", &more, NULL));
    free(long_token);
    free(pager);
}

/* batch */

struct jobs {
    atomic_uint runs[100];
    atomic_uint at_once, most_at_once;
    size_t fails_at;
};

static bool job(void *context, size_t index, struct error *error)
{
    struct jobs *jobs = context;
    unsigned now = atomic_fetch_add(&jobs->at_once, 1) + 1;
    if (now > atomic_load(&jobs->most_at_once))
        atomic_store(&jobs->most_at_once, now);
    atomic_fetch_add(&jobs->runs[index], 1);
    clock_sleep_ms(2);
    atomic_fetch_sub(&jobs->at_once, 1);
    if (index == jobs->fails_at)
        return error_set(error, ERROR_SERVICE, "job %zu failed", index);
    return true;
}

static void every_job_runs_once_on_no_more_threads_than_asked_for(void **state)
{
    struct jobs jobs = {.fails_at = 1000};
    struct error error = {0};
    (void)state;
    assert_true(aws_batch_run(100, 4, job, &jobs, &error));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(atomic_load(&jobs.runs[i]), 1);
    assert_true(atomic_load(&jobs.most_at_once) <= 4);
    assert_true(aws_batch_run(0, 4, job, &jobs, &error));
    assert_true(aws_batch_run(1, 0, job, &jobs, &error));
    assert_int_equal(atomic_load(&jobs.runs[0]), 2);
}

static void the_first_error_ends_a_batch(void **state)
{
    struct jobs jobs = {.fails_at = 5};
    struct error error = {0};
    unsigned runs = 0;
    (void)state;
    assert_false(aws_batch_run(100, 2, job, &jobs, &error));
    assert_string_equal(error.message, "job 5 failed");
    for (size_t i = 0; i < 100; i++)
        runs += atomic_load(&jobs.runs[i]);
    assert_true(runs >= 6 && runs < 100);
    assert_false(aws_batch_run(100, 2, job, &jobs, NULL));
}

/* answer */

static void answer_of(struct aws_http_answer *answer, const char *body, const char *type)
{
    memset(answer, 0, sizeof *answer);
    buf_init(&answer->body, 10000);
    buf_append_text(&answer->body, body);
    snprintf(answer->error_type, sizeof answer->error_type, "%s", type);
}

static void error_answers_are_read_in_every_form(void **state)
{
    static const struct {
        enum aws_service service;
        const char *body, *type, *code, *message;
    } forms[] = {
        {AWS_ECS, "{\"__type\":\"Code\",\"message\":\"m\"}", "", "Code", "m"},
        {AWS_ECS, "{\"__type\":\"ns.of#Code\",\"Message\":\"M\"}", "", "Code", "M"},
        {AWS_ECS, "{\"code\":\"Code\"}", "", "Code", ""},
        {AWS_ECS, "{}", "Code:http://internal/", "Code", ""},
        {AWS_ECS, "<html>", "ns#Code", "Code", ""},
        {AWS_ECS, "{\"__type\":\"Co de\"}", "", NULL, NULL},
        {AWS_ECS, "{\"__type\":7}", "", NULL, NULL},
        {AWS_ECS, "<html>", "", NULL, NULL},
        {AWS_ELBV2,
         "<ErrorResponse><Error><Code>C</Code><Message>two\nlines</Message></Error></ErrorResponse>", "", "C",
         "two lines"},
        {AWS_EC2, "<Response><Errors><Error><Code>A.B</Code><Message>m</Message></Error></Errors></Response>",
         "", "A.B", "m"},
        {AWS_EC2, "<Error><Code>C</Code></Error>", "", "C", ""},
        {AWS_EC2, "<Response/>", "", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct aws_http_answer answer;
        struct aws_answer_error error;
        answer_of(&answer, forms[i].body, forms[i].type);
        bool known = aws_answer_read_error(&answer, forms[i].service, &error);
        if (known != (forms[i].code != NULL))
            fail_msg("%s", forms[i].body);
        if (known) {
            assert_string_equal(error.code, forms[i].code);
            assert_string_equal(error.message, forms[i].message);
        }
        aws_http_answer_free(&answer);
    }
}

static void aws_codes_have_our_meaning(void **state)
{
    static const struct {
        const char *code, *message;
        long status;
        enum error_code meaning;
    } meanings[] = {
        {"ClusterNotFoundException", "", 400, ERROR_NOT_FOUND},
        {"TargetGroupNotFound", "", 400, ERROR_NOT_FOUND},
        {"InvalidGroup.NotFound", "", 400, ERROR_NOT_FOUND},
        {"ClientException", "Unable to describe task definition.", 400, ERROR_NOT_FOUND},
        {"ClientException", "TaskDefinition is inactive", 400, ERROR_CONFLICT},
        {"ClientException", "something", 400, ERROR_INVALID},
        {"AccessDeniedException", "", 400, ERROR_DENIED},
        {"InvalidSignatureException", "", 403, ERROR_DENIED},
        {"InvalidClientTokenId", "", 403, ERROR_DENIED},
        {"ExpiredTokenException", "", 400, ERROR_DENIED},
        {"SomethingNew", "", 403, ERROR_DENIED},
        {"InvalidParameterException", "", 400, ERROR_INVALID},
        {"ValidationError", "", 400, ERROR_INVALID},
        {"ResourceInUse", "", 400, ERROR_CONFLICT},
        {"ServiceNotActiveException", "", 400, ERROR_CONFLICT},
        {"DuplicateTargetGroupName", "", 400, ERROR_CONFLICT},
        {"ServerException", "", 500, ERROR_SERVICE},
        {"ThrottlingException", "", 400, ERROR_SERVICE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        struct aws_answer_error error;
        snprintf(error.code, sizeof error.code, "%s", meanings[i].code);
        snprintf(error.message, sizeof error.message, "%s", meanings[i].message);
        if (aws_answer_code(&error, meanings[i].status) != meanings[i].meaning)
            fail_msg("%s %s", meanings[i].code, meanings[i].message);
    }
}

static void the_missing_permission_is_the_one_that_aws_names(void **state)
{
    struct aws_answer_error answer = {.code = "AccessDeniedException",
                                      .message = "User: arn:aws:iam::1:user/u is not authorized to perform: "
                                                 "iam:PassRole on resource: arn:aws:iam::1:role/r"};
    struct error error = {0};
    (void)state;
    assert_false(aws_answer_set_error(&error, &answer, 400, AWS_ECS, "RegisterTaskDefinition", "x"));
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(
        error.message, "arn:aws:iam::1:user/u needs the permission iam:PassRole on arn:aws:iam::1:role/r"));
    assert_string_equal(error.reason, "AccessDeniedException");
    strcpy(answer.message, "");
    aws_answer_set_error(&error, &answer, 400, AWS_ELBV2, "DescribeRules", "x");
    assert_non_null(strstr(error.message, "needs the permission elasticloadbalancing:DescribeRules"));
}

static void an_excerpt_is_printable_and_bounded(void **state)
{
    char text[AWS_ANSWER_EXCERPT_MAX], bytes[1000];
    (void)state;
    aws_answer_excerpt("a\x1b[2J\r\n\t  b\xff", 12, text);
    assert_string_equal(text, "a.[2J b.");
    memset(bytes, 'x', sizeof bytes);
    aws_answer_excerpt(bytes, sizeof bytes, text);
    assert_true(strlen(text) < AWS_ANSWER_EXCERPT_MAX);
    assert_string_equal(text + strlen(text) - strlen("x…"), "x…");
    aws_answer_excerpt("", 0, text);
    assert_string_equal(text, "");
}

/* Pace. */

/* Calls as fast as they are let, of which AWS takes so many a second and throttles the others; returns how
 * many of them AWS was asked for in the last ten of `seconds`, a second. */
static double offered_rate(struct aws_pace *pace, double capacity, int seconds)
{
    int64_t now_ms = 1000000, end_ms = now_ms + seconds * INT64_C(1000), late_from_ms = end_ms - 10000;
    double tokens = capacity;
    unsigned late = 0;
    for (int64_t last_ms = now_ms; now_ms < end_ms; last_ms = now_ms) {
        now_ms += aws_pace_take(pace, now_ms, AWS_PACE_READ_WAIT_MS) + 10;
        tokens += capacity * (double)(now_ms - last_ms) / 1000;
        tokens = tokens > capacity ? capacity : tokens;
        bool throttled = tokens < 1;
        tokens -= throttled ? 0 : 1;
        late += now_ms >= late_from_ms;
        aws_pace_ended(pace, now_ms, throttled);
    }
    return late / 10.0;
}

static void a_throttled_client_finds_the_pace_that_is_allowed(void **state)
{
    static const double capacities[] = {2, 5, 20};
    (void)state;
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        struct aws_pace pace;
        aws_pace_init(&pace);
        double rate = offered_rate(&pace, capacities[i], 60); /* without a pace it would be 100 */
        if (rate < capacities[i] * 0.5 || rate > capacities[i] * 1.6)
            fail_msg("%g a second where %g are allowed", rate, capacities[i]);
        aws_pace_destroy(&pace);
    }
}

static void nothing_is_held_back_before_it_was_throttled_and_long_after(void **state)
{
    struct aws_pace pace;
    int64_t now_ms = 1000;
    (void)state;
    aws_pace_init(&pace);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(aws_pace_take(&pace, now_ms, 5000), 0);
        aws_pace_ended(&pace, now_ms, false);
    }
    assert_true(aws_pace_limit(&pace, now_ms) == 0);
    aws_pace_ended(&pace, now_ms, true);
    assert_true(aws_pace_limit(&pace, now_ms) > 0);
    assert_int_equal(aws_pace_throttled(&pace), 1);
    now_ms += AWS_PACE_FREE_MS;
    assert_int_equal(aws_pace_take(&pace, now_ms, 5000), 0);
    assert_int_equal(aws_pace_take(&pace, now_ms, 5000), 0);
    assert_true(aws_pace_limit(&pace, now_ms) == 0);
    aws_pace_destroy(&pace);
}

/* However much is throttled, and however many wait. */
static void the_way_back_is_never_held_back_for_long(void **state)
{
    struct aws_pace pace;
    int64_t now_ms = 1000;
    (void)state;
    aws_pace_init(&pace);
    for (int i = 0; i < 1000; i++) {
        now_ms += 600;
        aws_pace_ended(&pace, now_ms, true);
        assert_true(aws_pace_limit(&pace, now_ms) >= AWS_PACE_LEAST);
        assert_true(aws_pace_take(&pace, now_ms, AWS_PACE_READ_WAIT_MS) <= AWS_PACE_READ_WAIT_MS);
        assert_true(aws_pace_take(&pace, now_ms, AWS_PACE_CHANGE_WAIT_MS) <= AWS_PACE_CHANGE_WAIT_MS);
    }
    aws_pace_destroy(&pace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_throttled_client_finds_the_pace_that_is_allowed),
        cmocka_unit_test(nothing_is_held_back_before_it_was_throttled_and_long_after),
        cmocka_unit_test(the_way_back_is_never_held_back_for_long),
        cmocka_unit_test(codes_and_statuses_are_told_apart),
        cmocka_unit_test(only_what_does_no_harm_twice_is_repeatable),
        cmocka_unit_test(an_unknown_effect_is_not_repeated_but_no_effect_is),
        cmocka_unit_test(the_wait_doubles_and_is_jittered),
        cmocka_unit_test(the_bucket_runs_dry_and_fills_with_successes),
        cmocka_unit_test(a_tree_is_read_and_walked),
        cmocka_unit_test(the_result_is_found_or_is_the_root),
        cmocka_unit_test(bad_xml_is_refused),
        cmocka_unit_test(deep_xml_is_refused),
        cmocka_unit_test(parameters_are_encoded),
        cmocka_unit_test(pages_end_and_cycles_of_any_length_are_noticed),
        cmocka_unit_test(every_job_runs_once_on_no_more_threads_than_asked_for),
        cmocka_unit_test(the_first_error_ends_a_batch),
        cmocka_unit_test(error_answers_are_read_in_every_form),
        cmocka_unit_test(aws_codes_have_our_meaning),
        cmocka_unit_test(the_missing_permission_is_the_one_that_aws_names),
        cmocka_unit_test(an_excerpt_is_printable_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
