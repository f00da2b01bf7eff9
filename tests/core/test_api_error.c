/* Errors in every protocol, as SDKs read them. */
#include "core/api_error.h"

#include "tests/core/support.h"

#include <json-c/json.h>

static void check(const struct api_error *error, const char *body, const char *headers)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    api_error_body(error, &out);
    if (strcmp(buf_text(&out), body) != 0)
        print_error("wanted: %s\ngot:    %s\n", body, buf_text(&out));
    assert_string_equal(buf_text(&out), body);
    buf_reset(&out);
    api_error_headers(error, &out);
    assert_string_equal(buf_text(&out), headers);
    buf_free(&out);
}

static void every_protocol(void **state)
{
    struct api_error error = {
        .protocol = API_JSON, .status = 400, .code = "SlowDown", .message = "a <b> \"c\"", .request_id = "1"};
    (void)state;
    check(
        &error, "{\"__type\":\"SlowDown\",\"message\":\"a <b> \\\"c\\\"\"}",
        "Content-Type: application/x-amz-json-1.1\r\nx-amzn-ErrorType: SlowDown\r\nx-amzn-RequestId: 1\r\n");
    error.query_errors = true;
    error.content_type = "application/x-amz-json-1.0";
    check(&error, "{\"__type\":\"SlowDown\",\"message\":\"a <b> \\\"c\\\"\"}",
          "Content-Type: application/x-amz-json-1.0\r\nx-amzn-ErrorType: SlowDown\r\n"
          "x-amzn-query-error: SlowDown;Sender\r\nx-amzn-RequestId: 1\r\n");
    error.query_errors = false;
    error.protocol = API_REST_JSON;
    check(&error, "{\"__type\":\"SlowDown\",\"message\":\"a <b> \\\"c\\\"\"}",
          "Content-Type: application/json\r\nx-amzn-ErrorType: SlowDown\r\nx-amzn-RequestId: 1\r\n");
    error.protocol = API_QUERY;
    check(&error,
          "<ErrorResponse><Error><Type>Sender</Type><Code>SlowDown</Code><Message>a &lt;b&gt; "
          "&quot;c&quot;</Message></Error><RequestId>1</RequestId></ErrorResponse>",
          "Content-Type: text/xml\r\nx-amzn-RequestId: 1\r\n");
    error.protocol = API_REST_XML;
    error.status = 503;
    check(&error,
          "<ErrorResponse><Error><Type>Receiver</Type><Code>SlowDown</Code><Message>a &lt;b&gt; "
          "&quot;c&quot;</Message></Error><RequestId>1</RequestId></ErrorResponse>",
          "Content-Type: application/xml\r\nx-amzn-RequestId: 1\r\n");
    error.s3 = true;
    check(&error,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code><Message>a &lt;b&gt; "
          "&quot;c&quot;</Message><RequestId>1</RequestId><HostId>1</HostId></Error>",
          "Content-Type: application/xml\r\nx-amz-request-id: 1\r\nx-amz-id-2: 1\r\n");
    error.s3 = false;
    error.protocol = API_EC2;
    check(
        &error,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>SlowDown</Code><Message>a "
        "&lt;b&gt; &quot;c&quot;</Message></Error></Errors><RequestID>1</RequestID></Response>",
        "Content-Type: text/xml;charset=UTF-8\r\nx-amzn-RequestId: 1\r\n");
}

static void cbor(void **state)
{
    const struct api_error error = {
        .protocol = API_CBOR, .status = 500, .code = "X", .message = "yz", .request_id = "1"};
    static const char wanted[] = "\xa2\x79\x00\x06__type\x79\x00\x01X\x79\x00\x07message\x79\x00\x02yz";
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 16);
    api_error_body(&error, &out);
    assert_int_equal(out.length, sizeof wanted - 1);
    assert_memory_equal(out.data, wanted, sizeof wanted - 1);
    buf_free(&out);
}

static void request_ids_differ(void **state)
{
    char one[API_REQUEST_ID_MAX], other[API_REQUEST_ID_MAX];
    (void)state;
    api_request_id(one);
    api_request_id(other);
    assert_int_equal(strlen(one), 36);
    assert_int_equal(strspn(one, "0123456789abcdef-"), 36);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_protocol),
        cmocka_unit_test(cbor),
        cmocka_unit_test(request_ids_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
