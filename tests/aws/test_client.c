/* client: calls against an endpoint that answers well, badly, late, half, or not at all. */
#include "aws/client.h"

#include "aws/client_internal.h"
#include "aws/ecs.h"
#include "aws/elbv2.h"
#include "aws/sigv4.h"
#include "aws/sts.h"
#include "core/clock.h"
#include "tests/aws/liar.h"
#include "tests/aws/testing.h"

#include <string.h>
#include <time.h>

#define SHORT_MS 300
#define GENEROUS_MS 8000 /* what a noisy machine keeps */

struct fixture {
    struct liar liar;
    struct aws_client *client;
    struct error error;
};

static void open_client(struct fixture *fixture, liar_answer *answer, bool read_only)
{
    liar_start(&fixture->liar, answer, fixture);
    struct aws_options options = {
        .endpoint_url = fixture->liar.url, .read_only = read_only, .timeout_ms = GENEROUS_MS};
    fixture->client = aws_client_open(&options, &fixture->error);
    if (!fixture->client)
        fail_msg("%s", fixture->error.message);
    fixture->client->retry.unit_ms = 10;
}

static int setup(void **state)
{
    testing_clean_environment();
    setenv("AWS_ACCESS_KEY_ID", "AKIDTEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret+/=", 1);
    setenv("AWS_SESSION_TOKEN", "token+/=", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    aws_client_close(fixture->client);
    if (fixture->liar.answer)
        liar_stop(&fixture->liar);
    free(fixture);
    return 0;
}

static unsigned requests(struct fixture *fixture)
{
    return atomic_load(&fixture->liar.requests);
}

static bool list_clusters(struct fixture *fixture)
{
    return aws_call_json(fixture->client, AWS_ECS, "ListClusters", NULL, NULL, &fixture->error);
}

static void assert_message(const struct fixture *fixture, const char *part)
{
    if (!strstr(fixture->error.message, part))
        fail_msg("'%s' is not in '%s'", part, fixture->error.message);
}

/* Signed requests. */

static bool answer_if_signed(void *context, const struct liar_request *request)
{
    struct sigv4_header headers[LIAR_HEADERS_MAX];
    char hash[SIGV4_HEX_MAX];
    struct error error = {0};
    bool json = strncmp(liar_header(request, "X-Amz-Target"), "Amazon", 6) == 0;
    struct sigv4_scope scope = {"eu-west-1", json ? "ecs" : "elasticloadbalancing"};
    (void)context;
    for (size_t i = 0; i < request->header_count; i++)
        headers[i] = (struct sigv4_header){request->headers[i].name, request->headers[i].value};
    sigv4_sha256_hex(request->body, request->body_length, hash);
    struct sigv4_request received = {.method = request->method,
                                     .path = request->path,
                                     .headers = headers,
                                     .header_count = request->header_count,
                                     .payload_hash = hash,
                                     .double_encode = true,
                                     .normalize_path = true};
    if (sigv4_verify(&received, "secret+/=", &scope, clock_epoch_ms() / 1000, NULL, &error) != SIGV4_VALID)
        return liar_reply_json(request, 403,
                               "{\"__type\":\"InvalidSignatureException\",\"message\":\"bad\"}");
    if (!json)
        return liar_reply_xml(request, 200, "<R><DescribeRulesResult><Rules/></DescribeRulesResult></R>");
    return liar_reply_json(request, 200, "{\"clusterArns\":[]}");
}

static void a_json_call_is_signed_and_answered(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *output = NULL, *input = json_tokener_parse("{\"x\":\"größe/€\"}");
    open_client(fixture, answer_if_signed, false);
    if (!aws_call_json(fixture->client, AWS_ECS, "ListClusters", input, &output, &fixture->error))
        fail_msg("%s", fixture->error.message);
    assert_true(json_object_object_get_ex(output, "clusterArns", NULL));
    json_object_put(output);
    json_object_put(input);
}

static void a_query_call_is_signed_and_answered(void **state)
{
    struct fixture *fixture = *state;
    struct elbv2_rules rules = {0};
    open_client(fixture, answer_if_signed, false);
    if (!elbv2_describe_rules(fixture->client, "arn:aws:x/ü +&=", &rules, &fixture->error))
        fail_msg("%s", fixture->error.message);
    elbv2_rules_free(&rules);
}

static bool answer_with_head(void *context, const struct liar_request *request)
{
    (void)context;
    bool right = strcmp(liar_header(request, "X-Amz-Target"),
                        "AmazonEC2ContainerServiceV20141113.ListClusters") == 0 &&
                 strcmp(liar_header(request, "Content-Type"), "application/x-amz-json-1.1") == 0 &&
                 strncmp(liar_header(request, "User-Agent"), "shaketable/", 11) == 0 &&
                 strcmp(liar_header(request, "X-Amz-Security-Token"), "token+/=") == 0 &&
                 strcmp(liar_header(request, "X-Amz-Content-Sha256"), "") == 0 && request->body_length == 2 &&
                 memcmp(request->body, "{}", 2) == 0;
    return liar_reply_json(request, right ? 200 : 400, right ? "{}" : "{\"__type\":\"Wrong\"}");
}

static void a_call_has_the_headers_of_its_protocol_and_keeps_its_connection(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_with_head, false);
    for (int i = 0; i < 5; i++) {
        if (!list_clusters(fixture))
            fail_msg("%s", fixture->error.message);
    }
    assert_int_equal(requests(fixture), 5);
    assert_int_equal(atomic_load(&fixture->liar.connections), 1);
}

static void a_proxy_in_the_environment_is_not_asked_for_this_machine(void **state)
{
    struct fixture *fixture = *state;
    unsetenv("NO_PROXY");
    unsetenv("no_proxy");
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    open_client(fixture, answer_with_head, false);
    bool done = list_clusters(fixture);
    unsetenv("http_proxy");
    if (!done)
        fail_msg("%s", fixture->error.message);
}

#define AHEAD_S 7200

/* A server whose clock is two hours ahead. */
static bool answer_ahead(void *context, const struct liar_request *request)
{
    char date[64], head[256];
    int64_t signed_s = 0;
    time_t now = (time_t)(clock_epoch_ms() / 1000 + AHEAD_S);
    struct tm tm;
    (void)context;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    bool good = sigv4_parse_date(liar_header(request, "X-Amz-Date"), &signed_s) &&
                signed_s > (int64_t)now - 60 && signed_s < (int64_t)now + 60;
    const char *body =
        good ? "{}" : "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}";
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nDate: %s\r\nContent-Length: %zu\r\n\r\n%s",
             good ? 200 : 403, date, strlen(body), body);
    liar_reply_raw(request, head);
    return true;
}

static void a_clock_that_is_off_is_corrected_once(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_ahead, false);
    assert_true(
        aws_call_json(fixture->client, AWS_ECS, "RegisterTaskDefinition", NULL, NULL, &fixture->error));
    assert_int_equal(requests(fixture), 2);
    assert_true(list_clusters(fixture));
    assert_int_equal(requests(fixture), 3);
}

/* Errors of AWS. */

static bool answer_inactive(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(
        request, 400,
        "{\"__type\":\"com.amazonaws.ecs#ClientException\",\"message\":\"TaskDefinition is inactive\"}");
}

static void an_error_names_service_operation_code_and_message(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_inactive, false);
    assert_false(ecs_update_service(fixture->client, NULL, NULL, &fixture->error));
    assert_string_equal(fixture->error.message,
                        "ECS UpdateService: ClientException: TaskDefinition is inactive");
    assert_string_equal(fixture->error.reason, "ClientException");
    assert_int_equal(fixture->error.code, ERROR_CONFLICT);
    assert_int_equal(requests(fixture), 1);
}

static bool answer_denied(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 400, "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}");
}

static void an_access_denied_names_the_permission(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_denied, false);
    assert_false(ecs_update_service(fixture->client, NULL, NULL, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_message(fixture, "needs the permission ecs:UpdateService: no");
}

static bool answer_wrong_key(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_xml(
        request, 403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The "
        "security token included in the request is invalid.</Message></Error></ErrorResponse>");
}

static void a_wrong_key_names_where_it_comes_from(void **state)
{
    struct fixture *fixture = *state;
    struct sts_identity identity;
    open_client(fixture, answer_wrong_key, false);
    assert_false(sts_get_caller_identity(fixture->client, &identity, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_message(fixture, "STS GetCallerIdentity: InvalidClientTokenId: The security token");
    assert_message(fixture, "AWS_ACCESS_KEY_ID");
    assert_null(strstr(fixture->error.message, "secret+/="));
}

/* Read-only. */

static bool answer_empty(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 200, "{}");
}

static void read_only_lets_no_change_out(void **state)
{
    struct fixture *fixture = *state;
    static const char *const changes[] = {"UpdateService", "RegisterTaskDefinition", "Listen",
                                          "DeleteService"};
    open_client(fixture, answer_empty, true);
    assert_true(aws_client_read_only(fixture->client));
    for (size_t i = 0; i < 4; i++) {
        assert_false(aws_call_json(fixture->client, AWS_ECS, changes[i], NULL, NULL, &fixture->error));
        assert_int_equal(fixture->error.code, ERROR_DENIED);
        assert_message(fixture, "--read-only");
    }
    assert_int_equal(requests(fixture), 0);
    assert_true(list_clusters(fixture));
}

/* Answers that are none. */

static bool answer_garbage(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply(request, 200, "text/html", "<html>\x1b[31m\n\n  <b>It works!</b>");
}

static void garbage_is_shown_as_a_bounded_printable_excerpt(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_garbage, false);
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_message(fixture, "text/html");
    assert_message(fixture, "'<html>.[31m <b>It works!</b>'");
    assert_message(fixture, fixture->liar.url);
}

static bool answer_half(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 200, "{\"clusterArns\":[\"arn:aws:ecs:eu-west-1:1");
}

static void half_a_document_is_no_answer(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_half, false);
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_message(fixture, "{\"clusterArns\":[\"arn:aws");
}

static bool answer_not_an_object(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 200, request->number % 2 ? "[]" : "{} {}");
}

static void only_one_object_is_an_answer(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_not_an_object, false);
    assert_false(list_clusters(fixture));
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
}

static bool answer_redirect(void *context, const struct liar_request *request)
{
    char head[256];
    (void)context;
    snprintf(head, sizeof head, "HTTP/1.1 301 Moved\r\nLocation: %s/other\r\nContent-Length: 0\r\n\r\n",
             request->liar->url);
    liar_reply_raw(request, head);
    return true;
}

static void redirects_are_not_followed(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_redirect, false);
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_message(fixture, "301");
    assert_int_equal(requests(fixture), 1);
}

static bool answer_huge(void *context, const struct liar_request *request)
{
    char block[65536];
    char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    (void)context;
    liar_reply_raw(request, head);
    memset(block, ' ', sizeof block - 1);
    block[sizeof block - 1] = '\0';
    for (int i = 0; i < 400; i++)
        liar_reply_raw(request, block);
    return false;
}

static void a_huge_answer_is_not_taken(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_huge, false);
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_LIMIT);
    assert_int_equal(requests(fixture), 1);
}

/* Retries. */

static bool answer_throttled_first(void *context, const struct liar_request *request)
{
    (void)context;
    if (request->number < 3)
        return liar_reply_json(request, 400,
                               "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}");
    return liar_reply_json(request, 200, "{}");
}

static void a_throttled_call_is_made_again_even_if_it_changes_something(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_throttled_first, false);
    if (!aws_call_json(fixture->client, AWS_ECS, "RegisterTaskDefinition", NULL, NULL, &fixture->error))
        fail_msg("%s", fixture->error.message);
    assert_int_equal(requests(fixture), 3);
}

static bool answer_broken_first(void *context, const struct liar_request *request)
{
    (void)context;
    if (request->number == 1)
        return liar_reply_json(request, 500,
                               "{\"__type\":\"ServerException\",\"message\":\"Service Unavailable\"}");
    if (request->number == 2)
        return liar_reply(request, 503, "text/html", "<html>busy</html>");
    return liar_reply_json(request, 200, "{}");
}

static void a_server_error_is_retried_for_a_read(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_broken_first, false);
    assert_true(list_clusters(fixture));
    assert_int_equal(requests(fixture), 3);
    assert_int_equal(fixture->error.code, ERROR_NONE);
}

static void a_server_error_is_not_retried_where_it_may_have_had_its_effect(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_broken_first, false);
    assert_false(
        aws_call_json(fixture->client, AWS_ECS, "RegisterTaskDefinition", NULL, NULL, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_SERVICE);
    assert_int_equal(requests(fixture), 1);
}

static bool answer_always_throttled(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 400,
                           "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}");
}

static void three_attempts_are_all(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_always_throttled, false);
    assert_false(list_clusters(fixture));
    assert_int_equal(requests(fixture), 3);
    assert_message(fixture, "ThrottlingException: Rate exceeded (3 attempts)");
    assert_string_equal(fixture->error.reason, "ThrottlingException");
}

static bool answer_never(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_hang(request);
}

static void a_slow_endpoint_is_a_time_out(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_never, false);
    fixture->client->timeout_ms = SHORT_MS;
    int64_t start = clock_ms();
    assert_false(list_clusters(fixture));
    assert_true(clock_ms() - start >= 3 * SHORT_MS - 50);
    assert_int_equal(fixture->error.code, ERROR_TIMEOUT);
    assert_message(fixture, "within 0.3 s (3 attempts)");
    assert_int_equal(requests(fixture), 3);
}

static void a_time_out_is_not_retried_where_it_may_have_had_its_effect(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_never, false);
    fixture->client->timeout_ms = SHORT_MS;
    assert_false(
        aws_call_json(fixture->client, AWS_ECS, "RegisterTaskDefinition", NULL, NULL, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_TIMEOUT);
    assert_int_equal(requests(fixture), 1);
}

static bool answer_cut(void *context, const struct liar_request *request)
{
    (void)context;
    if (request->number % 2)
        return false;
    return liar_reply_raw(request, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"clusterArns\":");
}

static void a_cut_connection_is_retried_for_a_read(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_cut, false);
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_message(fixture, "was cut before the answer was whole");
    assert_int_equal(requests(fixture), 3);
}

static bool answer_first_then_cut(void *context, const struct liar_request *request)
{
    (void)context;
    return request->number == 1 && liar_reply_json(request, 200, "{}");
}

static void a_cut_connection_is_not_retried_where_it_may_have_had_its_effect(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_first_then_cut, false);
    assert_true(list_clusters(fixture)); /* leaves a connection that could be used again */
    assert_false(
        aws_call_json(fixture->client, AWS_ECS, "RegisterTaskDefinition", NULL, NULL, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_int_equal(requests(fixture), 2);
}

static void an_endpoint_that_is_down_is_named(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_empty, false);
    liar_stop(&fixture->liar);
    fixture->liar.answer = NULL;
    assert_false(list_clusters(fixture));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    char expected[256];
    snprintf(expected, sizeof expected,
             "ECS ListClusters: cannot reach %s: Connection refused. Is the endpoint up?", fixture->liar.url);
    assert_message(fixture, expected);
}

/* Cancellation. */

static atomic_bool cancel_flag;

static void *cancel_soon(void *argument)
{
    (void)argument;
    clock_sleep_ms(100);
    atomic_store(&cancel_flag, true);
    return NULL;
}

static void assert_canceled_soon(struct fixture *fixture)
{
    pthread_t thread;
    atomic_store(&cancel_flag, false);
    aws_client_set_cancel(fixture->client, &cancel_flag);
    int64_t start = clock_ms();
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    assert_false(list_clusters(fixture));
    assert_true(clock_ms() - start < GENEROUS_MS / 2);
    pthread_join(thread, NULL);
    assert_int_equal(fixture->error.code, ERROR_CANCELED);
}

static void a_call_that_waits_for_an_answer_can_be_canceled(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_never, false);
    assert_canceled_soon(fixture);
    assert_int_equal(requests(fixture), 1);
}

static void a_call_that_waits_to_be_made_again_can_be_canceled(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_always_throttled, false);
    fixture->client->retry.unit_ms = 1000000;
    assert_canceled_soon(fixture);
    assert_int_equal(requests(fixture), 1);
}

#define LATE_MS 400

static bool answer_late(void *context, const struct liar_request *request)
{
    (void)context;
    clock_sleep_ms(LATE_MS);
    return liar_reply_json(request, 200, "{\"service\":{}}");
}

static bool change_and_cancel(struct fixture *fixture, const char *operation)
{
    pthread_t thread;
    atomic_store(&cancel_flag, false);
    aws_client_set_cancel(fixture->client, &cancel_flag);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    bool done = aws_call_json(fixture->client, AWS_ECS, operation, NULL, NULL, &fixture->error);
    pthread_join(thread, NULL);
    return done;
}

static void a_change_that_was_sent_is_never_cut_off(void **state)
{
    struct fixture *fixture = *state;
    static const char *const changes[] = {"UpdateService", "RegisterTaskDefinition"};
    open_client(fixture, answer_late, false);
    for (unsigned i = 0; i < 2; i++) {
        int64_t start = clock_ms();
        if (!change_and_cancel(fixture, changes[i]))
            fail_msg("%s", fixture->error.message);
        assert_true(clock_ms() - start >= LATE_MS - 50);
        assert_int_equal(requests(fixture), i + 1);
    }
}

static void a_change_whose_answer_was_lost_says_so_when_canceled(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_never, false);
    fixture->client->timeout_ms = SHORT_MS;
    fixture->client->retry.unit_ms = 1000000;
    assert_false(change_and_cancel(fixture, "UpdateService"));
    assert_int_equal(fixture->error.code, ERROR_TIMEOUT);
    assert_int_equal(requests(fixture), 1);
}

static void a_change_that_was_not_taken_is_canceled(void **state)
{
    struct fixture *fixture = *state;
    open_client(fixture, answer_always_throttled, false);
    fixture->client->retry.unit_ms = 1000000;
    assert_false(change_and_cancel(fixture, "UpdateService"));
    assert_int_equal(fixture->error.code, ERROR_CANCELED);
    assert_int_equal(requests(fixture), 1);
    assert_false(aws_call_json(fixture->client, AWS_ECS, "UpdateService", NULL, NULL, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_CANCELED);
    assert_int_equal(requests(fixture), 1);
}

int main(void)
{
#define WITH_LIAR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LIAR(a_json_call_is_signed_and_answered),
        WITH_LIAR(a_query_call_is_signed_and_answered),
        WITH_LIAR(a_call_has_the_headers_of_its_protocol_and_keeps_its_connection),
        WITH_LIAR(a_proxy_in_the_environment_is_not_asked_for_this_machine),
        WITH_LIAR(a_clock_that_is_off_is_corrected_once),
        WITH_LIAR(an_error_names_service_operation_code_and_message),
        WITH_LIAR(an_access_denied_names_the_permission),
        WITH_LIAR(a_wrong_key_names_where_it_comes_from),
        WITH_LIAR(read_only_lets_no_change_out),
        WITH_LIAR(garbage_is_shown_as_a_bounded_printable_excerpt),
        WITH_LIAR(half_a_document_is_no_answer),
        WITH_LIAR(only_one_object_is_an_answer),
        WITH_LIAR(redirects_are_not_followed),
        WITH_LIAR(a_huge_answer_is_not_taken),
        WITH_LIAR(a_throttled_call_is_made_again_even_if_it_changes_something),
        WITH_LIAR(a_server_error_is_retried_for_a_read),
        WITH_LIAR(a_server_error_is_not_retried_where_it_may_have_had_its_effect),
        WITH_LIAR(three_attempts_are_all),
        WITH_LIAR(a_slow_endpoint_is_a_time_out),
        WITH_LIAR(a_time_out_is_not_retried_where_it_may_have_had_its_effect),
        WITH_LIAR(a_cut_connection_is_retried_for_a_read),
        WITH_LIAR(a_cut_connection_is_not_retried_where_it_may_have_had_its_effect),
        WITH_LIAR(an_endpoint_that_is_down_is_named),
        WITH_LIAR(a_call_that_waits_for_an_answer_can_be_canceled),
        WITH_LIAR(a_call_that_waits_to_be_made_again_can_be_canceled),
        WITH_LIAR(a_change_that_was_sent_is_never_cut_off),
        WITH_LIAR(a_change_whose_answer_was_lost_says_so_when_canceled),
        WITH_LIAR(a_change_that_was_not_taken_is_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
