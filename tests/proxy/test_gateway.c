/* The gateway's parts that need no socket: where calls go, requests, signed pieces, signatures, counts. */
#include "tests/proxy/support.h"

#include "aws/sigv4.h"
#include "core/clock.h"
#include "proxy/aws_chunked.h"
#include "proxy/gateway_counts.h"
#include "proxy/gateway_endpoint.h"
#include "proxy/gateway_request.h"
#include "proxy/gateway_sign.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1795960800 /* 2026-11-29T14:00:00Z */

/* ── where calls go ──────────────────────────────────────────────────────────────────────── */

static struct api_call call_of(const char *service, const char *region)
{
    struct api_call call = {.signature = API_SIGNED, .protocol = API_JSON};
    snprintf(call.service, sizeof call.service, "%s", service);
    snprintf(call.region, sizeof call.region, "%s", region);
    snprintf(call.shown, sizeof call.shown, "X");
    call.info = api_service_find(service);
    return call;
}

static void hosts_of_aws(void **state)
{
    static const struct {
        const char *service, *region, *host;
    } cases[] = {
        {"dynamodb", "eu-west-1", "dynamodb.eu-west-1.amazonaws.com"},
        {"ecr", "us-east-1", "api.ecr.us-east-1.amazonaws.com"},
        {"monitoring", "us-east-1", "monitoring.us-east-1.amazonaws.com"},
        {"elasticloadbalancing", "us-east-1", "elasticloadbalancing.us-east-1.amazonaws.com"},
        {"s3", "us-west-2", "s3.us-west-2.amazonaws.com"},
        {"sts", "us-east-1", "sts.us-east-1.amazonaws.com"},
        {"ses", "us-east-1", "email.us-east-1.amazonaws.com"},
        {"iam", "us-east-1", "iam.amazonaws.com"},
        {"iam", "us-gov-west-1", "iam.us-gov.amazonaws.com"},
        {"iam", "cn-north-1", "iam.cn-north-1.amazonaws.com.cn"},
        {"route53", "us-east-1", "route53.amazonaws.com"},
        {"cloudfront", "us-east-1", "cloudfront.amazonaws.com"},
        {"sqs", "cn-northwest-1", "sqs.cn-northwest-1.amazonaws.com.cn"},
        {"sqs", "us-gov-east-1", "sqs.us-gov-east-1.amazonaws.com"},
    };
    const struct gateway_endpoints none = {.option = NULL};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct api_call call = call_of(cases[i].service, cases[i].region);
        struct gateway_endpoint endpoint;
        struct error error = {0};
        assert_true(gateway_endpoint_find(&none, &call, &endpoint, &error));
        assert_string_equal(endpoint.url.host, cases[i].host);
        assert_string_equal(endpoint.authority, cases[i].host);
        assert_true(endpoint.url.tls && endpoint.url.port == 443);
        assert_int_equal(endpoint.prefix_length, 0);
    }
}

static void endpoints_that_are_given(void **state)
{
    struct gateway_endpoints endpoints = {.option = NULL};
    struct api_call elb = call_of("elasticloadbalancing", "us-east-1"), sqs = call_of("sqs", "us-east-1");
    struct gateway_endpoint endpoint;
    struct error error = {0};
    (void)state;
    setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://127.0.0.1:1/a/", 1);
    setenv("AWS_ENDPOINT_URL", "https://[::1]:444", 1);
    assert_true(gateway_endpoint_find(&endpoints, &elb, &endpoint, &error));
    assert_string_equal(endpoint.authority, "127.0.0.1:1");
    assert_int_equal(endpoint.prefix_length, 2);
    assert_true(gateway_endpoint_find(&endpoints, &sqs, &endpoint, &error));
    assert_string_equal(endpoint.authority, "[::1]:444");
    endpoints.option = "http://localhost:80";
    assert_true(gateway_endpoint_find(&endpoints, &sqs, &endpoint, &error));
    assert_string_equal(endpoint.authority, "localhost");
    unsetenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2");
    unsetenv("AWS_ENDPOINT_URL");
    endpoints.option = NULL;
    sqs = call_of("nosuchservice", "us-east-1");
    assert_false(gateway_endpoint_find(&endpoints, &sqs, &endpoint, &error));
    assert_non_null(strstr(error.message, "nosuchservice"));
}

/* ── requests ────────────────────────────────────────────────────────────────────────────── */

static enum gateway_read feed(struct gateway_request *request, const char *text, size_t piece)
{
    enum gateway_read result = GATEWAY_ENDED;
    for (size_t left = strlen(text); left > 0;) {
        size_t length = left < piece ? left : piece, used = 0;
        if (gateway_request_feed(request, text, length, &result, &used))
            return result;
        text += used;
        left -= used;
    }
    return GATEWAY_ENDED;
}

static void requests_in_pieces(void **state)
{
    static const char text[] = "POST http://h:80/a%20b?c=d&e#f HTTP/1.1\r\nHost: x\r\nX-A:  b \r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    (void)state;
    for (size_t piece = 1; piece < sizeof text; piece += 7) {
        struct gateway_request *request = calloc(1, sizeof *request);
        atomic_size_t bodies = 0;
        gateway_request_init(request, -1, &bodies);
        assert_int_equal(feed(request, text, piece), GATEWAY_WHOLE);
        assert_string_equal(request->method, "POST");
        assert_string_equal(request->path, "/a%20b");
        assert_string_equal(request->query, "c=d&e");
        assert_string_equal(request->headers[1].name, "X-A");
        assert_string_equal(request->headers[1].value, "b");
        assert_string_equal(buf_text(&request->body), "abcde");
        assert_true(request->keeps_alive);
        gateway_request_free(request);
        free(request);
    }
}

static void requests_that_are_wrong(void **state)
{
    static const struct {
        const char *text;
        enum gateway_read result;
    } cases[] = {
        {"\x16\x03\x01", GATEWAY_BROKEN},
        {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n", GATEWAY_TOO_LARGE},
        {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n", GATEWAY_BROKEN},
        /* what two programs could end at two places */
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
         GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\na", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\na", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\nHost: a\n\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\na", GATEWAY_BROKEN},
        {"POST / HTTP/1.1\r\nContent-Length: 67108864\r\n\r\n", GATEWAY_ENDED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gateway_request *request = calloc(1, sizeof *request);
        atomic_size_t bodies = 0;
        gateway_request_init(request, -1, &bodies);
        assert_int_equal(feed(request, cases[i].text, 1000), cases[i].result);
        gateway_request_free(request);
        free(request);
    }
}

static enum gateway_read read_body(atomic_size_t *bodies, size_t length)
{
    struct gateway_request *request = calloc(1, sizeof *request);
    struct buf text;
    buf_init(&text, GATEWAY_BODY_MAX);
    buf_printf(&text, "POST / HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%0*d", length, (int)length, 0);
    gateway_request_init(request, -1, bodies);
    size_t before = *bodies;
    enum gateway_read result = feed(request, buf_text(&text), 16384);
    if (result == GATEWAY_WHOLE)
        assert_int_equal(*bodies - before, length < GATEWAY_BODY_SMALL ? 0 : request->body.capacity);
    else
        assert_int_equal(*bodies, before); /* at once: the request goes on for as long as its answer takes */
    gateway_request_free(request);
    free(request);
    buf_free(&text);
    return result;
}

static void all_bodies_have_one_bound(void **state)
{
    atomic_size_t bodies = GATEWAY_BODIES_MAX - (1 << 20);
    (void)state;
    assert_int_equal(read_body(&bodies, 1 << 19), GATEWAY_WHOLE);
    assert_int_equal(bodies, GATEWAY_BODIES_MAX - (1 << 20));
    assert_int_equal(read_body(&bodies, 1 << 20), GATEWAY_NO_MEMORY);
    assert_int_equal(bodies, GATEWAY_BODIES_MAX - (1 << 20));
    bodies = GATEWAY_BODIES_MAX;
    assert_int_equal(read_body(&bodies, 100000), GATEWAY_NO_MEMORY);
    assert_int_equal(read_body(&bodies, 60000), GATEWAY_WHOLE); /* a small one always finds room */
    assert_int_equal(bodies, GATEWAY_BODIES_MAX);
}

/* ── signed pieces ───────────────────────────────────────────────────────────────────────── */

static bool decode(const char *text, struct buf *body, struct aws_chunked_trailers *trailers)
{
    buf_init(body, 1 << 16);
    buf_append_text(body, text);
    return aws_chunked_decode(body, trailers);
}

static void pieces(void **state)
{
    static const char *const wrong[] = {"",
                                        "x",
                                        "5\r\nhello",
                                        "5\r\nhell\r\n0\r\n",
                                        "5\r\nhelloX\r\n0\r\n\r\n",
                                        "fffffffff\r\n",
                                        ";a\r\n",
                                        "0\r\nno colon\r\n\r\n",
                                        "0\r\n:x\r\n\r\n",
                                        "0\r\na:b",
                                        "5 \r\nhello\r\n0\r\n\r\n"};
    struct aws_chunked_trailers trailers;
    struct buf body;
    (void)state;
    assert_true(decode(
        "5;chunk-signature=0\r\nhello\r\nA\r\n world, hi\r\n0;chunk-signature=1\r\nx-a: b\r\nx-c:d\r\n\r\n",
        &body, &trailers));
    assert_string_equal(buf_text(&body), "hello world, hi");
    assert_int_equal(trailers.count, 2);
    assert_string_equal(trailers.items[0].name, "x-a");
    assert_string_equal(trailers.items[0].value, "b");
    assert_string_equal(trailers.items[1].value, "d");
    buf_free(&body);
    assert_true(decode("0\r\n\r\n", &body, &trailers));
    assert_int_equal(body.length, 0);
    buf_free(&body);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (decode(wrong[i], &body, &trailers))
            fail_msg("taken: %s", wrong[i]);
        buf_free(&body);
    }
}

/* ── signatures ──────────────────────────────────────────────────────────────────────────── */

/* What goes on verifies, as the region verifies it; and holds here as one of our own. */
static void signed_anew(const char *service, const char *method, const char *path, const char *query,
                        const char *body)
{
    static const struct http1_header headers[] = {{"Host", "client"},
                                                  {"Authorization", "old"},
                                                  {"X-Amz-Date", "20200101T000000Z"},
                                                  {"X-Amz-Content-Sha256", "0"},
                                                  {"X-Custom", " a  b "},
                                                  {"User-Agent", "u"}};
    const struct gateway_endpoints endpoints = {.option = "http://127.0.0.1:9/"};
    const struct api_request request = {method, path, query, headers, 6, body, strlen(body)};
    struct aws_credentials *own = calloc(1, sizeof *own);
    struct gateway_signed *result = calloc(1, sizeof *result);
    struct api_call call = call_of(service, "us-east-1");
    struct gateway_endpoint endpoint;
    struct error error = {0};
    snprintf(own->access_key, sizeof own->access_key, "AKID");
    snprintf(own->secret_key, sizeof own->secret_key, "secret");
    assert_true(gateway_endpoint_find(&endpoints, &call, &endpoint, &error));
    assert_true(gateway_sign(&request, &call, &endpoint, own, NOW, result, &error));
    char *target = result->target.data, *mark = strchr(target, '?');
    if (mark)
        *mark = '\0';
    const struct api_request came = {
        method, target, mark ? mark + 1 : "", result->headers, result->header_count, body, strlen(body)};
    enum api_refusal refusal;
    if (!gateway_signature_holds(&came, &call, own, NOW, &refusal, &error))
        fail_msg("%s %s?%s: %s", method, path, query, error.message);
    snprintf(own->secret_key, sizeof own->secret_key, "other");
    assert_false(gateway_signature_holds(&came, &call, own, NOW, &refusal, &error));
    assert_int_equal(refusal, API_WRONG_SIGNATURE);
    snprintf(own->access_key, sizeof own->access_key, "ANOTHER"); /* a foreign key can't be verified */
    assert_true(gateway_signature_holds(&came, &call, own, NOW, &refusal, &error));
    assert_true(gateway_signature_holds(&came, &call, NULL, NOW, &refusal, &error));
    assert_false(gateway_signature_holds(&came, &call, own, NOW + 301, &refusal, &error));
    assert_int_equal(refusal, API_EXPIRED_SIGNATURE);
    gateway_signed_free(result);
    free(result);
    free(own);
}

static void signatures(void **state)
{
    (void)state;
    signed_anew("dynamodb", "POST", "/", "", "{}");
    signed_anew("s3", "PUT", "/b/a%20b//c/../d", "partNumber=1&uploadId=%2F&empty=&x", "body");
    signed_anew("lambda", "GET", "/2015-03-31/functions/a%3Ab", "b=2&a=1&a=0", "");
    signed_anew("sts", "GET", "", "Action=X", "");
}

static void headers_have_a_bound(void **state)
{
    struct http1_header headers[GATEWAY_HEADERS_MAX];
    const struct gateway_endpoints endpoints = {.option = "http://127.0.0.1:9"};
    struct api_request request = {"GET", "/", "", headers, GATEWAY_HEADERS_MAX, NULL, 0};
    struct aws_credentials *own = calloc(1, sizeof *own);
    struct gateway_signed *result = calloc(1, sizeof *result);
    struct api_call call = call_of("s3", "us-east-1");
    struct gateway_endpoint endpoint;
    struct error error = {0};
    (void)state;
    for (size_t i = 0; i < GATEWAY_HEADERS_MAX; i++)
        headers[i] = (struct http1_header){"X-A", "b"};
    assert_true(gateway_endpoint_find(&endpoints, &call, &endpoint, &error));
    assert_false(gateway_sign(&request, &call, &endpoint, own, NOW, result, &error));
    assert_int_equal(error.code, ERROR_LIMIT);
    gateway_signed_free(result);
    request.header_count = SIGV4_HEADERS_MAX - 1; /* and the host */
    assert_true(gateway_sign(&request, &call, &endpoint, own, NOW, result, &error));
    gateway_signed_free(result);
    free(result);
    free(own);
}

/* ── counts ──────────────────────────────────────────────────────────────────────────────── */

static void attempts_of_one_invocation_are_one_call(void **state)
{
    struct gateway_counts *counts = gateway_counts_new();
    const struct api_call call = call_of("sqs", "us-east-1");
    const struct gateway_outcome outcome = {.injected = true, .upstream_us = -1, .whole_us = 1000};
    struct buf out;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i / 3);
        gateway_counts_add(counts, &call, id, &outcome);
    }
    buf_init(&out, GATEWAY_JSON_MAX);
    gateway_counts_print(counts, &out);
    assert_non_null(
        strstr(buf_text(&out), "\"attempts\":3000,\"calls\":1000,\"injected\":3000,\"delayed\":0"));
    assert_non_null(strstr(buf_text(&out), "\"whole\":{\"count\":3000,\"p50_us\":1"));
    buf_free(&out);
    gateway_counts_free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_aws),
        cmocka_unit_test(endpoints_that_are_given),
        cmocka_unit_test(requests_in_pieces),
        cmocka_unit_test(requests_that_are_wrong),
        cmocka_unit_test(all_bodies_have_one_bound),
        cmocka_unit_test(pieces),
        cmocka_unit_test(signatures),
        cmocka_unit_test(headers_have_a_bound),
        cmocka_unit_test(attempts_of_one_invocation_are_one_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
