/* sigv4: signatures equal to botocore's, and verification that tells what is wrong. */
#include "aws/sigv4.h"
#include "tests/aws/testing.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

struct vector {
    struct sigv4_request request;
    struct sigv4_header headers[SIGV4_HEADERS_MAX];
    struct sigv4_credentials credentials;
    struct sigv4_scope scope;
    char hash[SIGV4_HEX_MAX];
    int64_t epoch_s;
    const char *name, *canonical, *authorization;
};

static const char *text_of(struct json_object *json, const char *key)
{
    struct json_object *value = json_object_object_get(json, key);
    assert_non_null(value);
    return json_object_get_string(value);
}

static void read_vector(struct json_object *json, struct vector *vector)
{
    struct json_object *headers = json_object_object_get(json, "headers");
    const char *body = text_of(json, "body");
    memset(vector, 0, sizeof *vector);
    vector->name = text_of(json, "name");
    vector->canonical = text_of(json, "canonical_request");
    vector->authorization = text_of(json, "authorization");
    vector->credentials = (struct sigv4_credentials){text_of(json, "access_key"), text_of(json, "secret_key"),
                                                     text_of(json, "session_token")};
    vector->scope = (struct sigv4_scope){text_of(json, "region"), text_of(json, "service")};
    assert_true(sigv4_parse_date(text_of(json, "date"), &vector->epoch_s));
    for (size_t i = 0; i < json_object_array_length(headers); i++) {
        struct json_object *pair = json_object_array_get_idx(headers, i);
        vector->headers[i].name = json_object_get_string(json_object_array_get_idx(pair, 0));
        vector->headers[i].value = json_object_get_string(json_object_array_get_idx(pair, 1));
    }
    sigv4_sha256_hex(body, strlen(body), vector->hash);
    vector->request = (struct sigv4_request){
        .method = text_of(json, "method"),
        .path = text_of(json, "path"),
        .query = text_of(json, "query"),
        .headers = vector->headers,
        .header_count = json_object_array_length(headers),
        .payload_hash = json_object_get_boolean(json_object_object_get(json, "unsigned_payload"))
                            ? SIGV4_UNSIGNED_PAYLOAD
                            : vector->hash,
    };
    sigv4_request_rules(&vector->request, vector->scope.service);
}

/* The request as a server gets it: with what signing added. */
static void apply(struct vector *vector, const struct sigv4_signed *result)
{
    for (size_t i = 0; i < result->add_count; i++)
        vector->headers[vector->request.header_count++] = result->add[i];
    vector->request.payload_hash = vector->hash;
}

static struct json_object *load_vectors(void)
{
    return testing_load_json("sigv4_vectors.json");
}

static void every_vector_is_signed_as_botocore_does(void **state)
{
    (void)state;
    struct json_object *vectors = load_vectors();
    size_t count = json_object_array_length(vectors);
    assert_true(count >= 30);
    for (size_t i = 0; i < count; i++) {
        struct vector vector;
        struct sigv4_signed result;
        struct error error = {0};
        read_vector(json_object_array_get_idx(vectors, i), &vector);
        if (!sigv4_sign(&vector.request, &vector.credentials, &vector.scope, vector.epoch_s, &result, &error))
            fail_msg("%s: %s", vector.name, error.message);
        if (strcmp(result.authorization, vector.authorization) != 0)
            fail_msg("%s:\n%s\n%s\n%s", vector.name, result.authorization, vector.authorization,
                     vector.canonical);
        sigv4_signed_free(&result);
    }
    json_object_put(vectors);
}

static void every_vector_verifies(void **state)
{
    (void)state;
    struct json_object *vectors = load_vectors();
    for (size_t i = 0; i < json_object_array_length(vectors); i++) {
        struct vector vector;
        struct sigv4_signed result;
        struct sigv4_authorization parts;
        struct error error = {0};
        read_vector(json_object_array_get_idx(vectors, i), &vector);
        assert_true(
            sigv4_sign(&vector.request, &vector.credentials, &vector.scope, vector.epoch_s, &result, &error));
        apply(&vector, &result);
        enum sigv4_verdict verdict = sigv4_verify(&vector.request, vector.credentials.secret_key,
                                                  &vector.scope, vector.epoch_s + 60, &parts, &error);
        if (verdict != SIGV4_VALID)
            fail_msg("%s: %d %s", vector.name, (int)verdict, error.message);
        assert_string_equal(parts.access_key, "AKIDEXAMPLE");
        assert_string_equal(parts.region, vector.scope.region);
        assert_string_equal(parts.service, vector.scope.service);
        sigv4_signed_free(&result);
    }
    json_object_put(vectors);
}

static void every_vector_fails_with_another_secret_method_or_query(void **state)
{
    (void)state;
    struct json_object *vectors = load_vectors();
    for (size_t i = 0; i < json_object_array_length(vectors); i++) {
        struct vector vector;
        struct sigv4_signed result;
        struct error error = {0};
        read_vector(json_object_array_get_idx(vectors, i), &vector);
        assert_true(
            sigv4_sign(&vector.request, &vector.credentials, &vector.scope, vector.epoch_s, &result, &error));
        apply(&vector, &result);
        const char *secret = vector.credentials.secret_key;
        assert_int_equal(sigv4_verify(&vector.request, "wrong", NULL, vector.epoch_s, NULL, &error),
                         SIGV4_MISMATCH);
        assert_non_null(strstr(error.message, "does not match the signature you provided"));
        struct sigv4_request changed = vector.request;
        changed.method = "DELETE";
        assert_int_equal(sigv4_verify(&changed, secret, NULL, vector.epoch_s, NULL, &error), SIGV4_MISMATCH);
        changed = vector.request;
        changed.query = "more=1";
        assert_int_equal(sigv4_verify(&changed, secret, NULL, vector.epoch_s, NULL, &error), SIGV4_MISMATCH);
        sigv4_signed_free(&result);
    }
    json_object_put(vectors);
}

/* One good request, to be spoilt. */
struct fixture {
    struct json_object *vectors;
    struct vector vector;
    struct sigv4_signed result;
};

static int make_request(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->vectors = load_vectors();
    read_vector(json_object_array_get_idx(fixture->vectors, 0), &fixture->vector);
    struct vector *vector = &fixture->vector;
    assert_true(sigv4_sign(&vector->request, &vector->credentials, &vector->scope, vector->epoch_s,
                           &fixture->result, NULL));
    apply(vector, &fixture->result);
    *state = fixture;
    return 0;
}

static int free_request(void **state)
{
    struct fixture *fixture = *state;
    sigv4_signed_free(&fixture->result);
    json_object_put(fixture->vectors);
    free(fixture);
    return 0;
}

static enum sigv4_verdict verify(struct vector *vector, const struct sigv4_scope *expected, int64_t late_s,
                                 struct error *error)
{
    return sigv4_verify(&vector->request, vector->credentials.secret_key, expected, vector->epoch_s + late_s,
                        NULL, error);
}

static struct sigv4_header *header_named(struct vector *vector, const char *name)
{
    for (size_t i = 0; i < vector->request.header_count; i++) {
        if (strcmp(vector->headers[i].name, name) == 0)
            return &vector->headers[i];
    }
    fail_msg("no header %s", name);
    return NULL;
}

static void a_body_that_was_changed_is_a_mismatch(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    vector->request.payload_hash = SIGV4_EMPTY_PAYLOAD;
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MISMATCH);
}

static void a_signed_header_that_was_changed_or_removed_is_a_mismatch(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    struct sigv4_header *target = header_named(vector, "X-Amz-Target");
    target->value = "AmazonEC2ContainerServiceV20141113.DeleteCluster";
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MISMATCH);
    target->name = "X-Other";
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MISMATCH);
}

static void a_header_that_is_not_signed_may_change(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    vector->headers[vector->request.header_count++] = (struct sigv4_header){"User-Agent", "something"};
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_VALID);
}

static void old_and_future_requests_are_expired(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    assert_int_equal(verify(vector, NULL, SIGV4_CLOCK_SKEW_S, &error), SIGV4_VALID);
    assert_int_equal(verify(vector, NULL, SIGV4_CLOCK_SKEW_S + 1, &error), SIGV4_EXPIRED);
    assert_string_equal(error.message,
                        "Signature expired: 20261121T140207Z is now earlier than 20261121T140208Z "
                        "(20261121T140708Z - 5 min.)");
    assert_int_equal(verify(vector, NULL, -SIGV4_CLOCK_SKEW_S - 1, &error), SIGV4_EXPIRED);
    assert_non_null(strstr(error.message, "Signature not yet current"));
}

static void another_region_or_service_is_out_of_scope(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    struct sigv4_scope expected = {"eu-west-1", "ecs"};
    assert_int_equal(verify(vector, &expected, 0, &error), SIGV4_SCOPE);
    assert_string_equal(error.message, "Credential should be scoped to a valid region, not 'us-east-1'.");
    expected = (struct sigv4_scope){NULL, "sts"};
    assert_int_equal(verify(vector, &expected, 0, &error), SIGV4_SCOPE);
    expected = (struct sigv4_scope){"us-east-1", "ecs"};
    assert_int_equal(verify(vector, &expected, 0, &error), SIGV4_VALID);
}

static void a_date_of_another_day_than_the_scope_is_out_of_scope(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    header_named(vector, "X-Amz-Date")->value = "20261122T140207Z";
    assert_int_equal(verify(vector, NULL, INT64_C(86400), &error), SIGV4_SCOPE);
}

static void no_authorization_is_missing(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    struct sigv4_header *authorization = header_named(vector, "Authorization");
    authorization->value = "Basic dXNlcjpwYXNz";
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MISSING);
    authorization->name = "X-Nothing";
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MISSING);
}

static void malformed_authorizations_are_told_apart(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
#define SIGNATURE "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const char *const bad[] = {
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/ecs/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/ecs/aws4_request, " SIGNATURE,
        "AWS4-HMAC-SHA256 SignedHeaders=host, " SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/ecs, SignedHeaders=host, " SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/2026112/us-east-1/ecs/aws4_request, SignedHeaders=host, " SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=/20261121/us-east-1/ecs/aws4_request, SignedHeaders=host, " SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20261121//ecs/aws4_request, SignedHeaders=host, " SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=12",
        "AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/ecs/aws4_request, "
        "SignedHeaders=x-amz-date, " SIGNATURE,
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        header_named(vector, "Authorization")->value = bad[i];
        if (verify(vector, NULL, 0, &error) != SIGV4_MALFORMED)
            fail_msg("taken: %s", bad[i]);
    }
}

static void a_request_without_a_date_is_malformed(void **state)
{
    struct vector *vector = &((struct fixture *)*state)->vector;
    struct error error = {0};
    header_named(vector, "X-Amz-Date")->value = "2026-11-21";
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MALFORMED);
    header_named(vector, "X-Amz-Date")->name = "X-Nothing";
    assert_int_equal(verify(vector, NULL, 0, &error), SIGV4_MALFORMED);
}

static void an_authorization_without_spaces_is_read(void **state)
{
    (void)state;
    struct sigv4_authorization parts;
    assert_int_equal(sigv4_authorization_parse("AWS4-HMAC-SHA256 Credential=A/B/20261121/r/s/aws4_request,"
                                               "SignedHeaders=host;x-amz-date," SIGNATURE,
                                               &parts, NULL),
                     SIGV4_VALID);
    assert_string_equal(parts.access_key, "A/B");
    assert_string_equal(parts.signed_headers, "host;x-amz-date");
}

static void what_cannot_be_signed_is_refused(void **state)
{
    (void)state;
    struct sigv4_header header = {"Accept", "x"};
    struct sigv4_request request = {
        .method = "GET", .headers = &header, .header_count = 1, .payload_hash = SIGV4_EMPTY_PAYLOAD};
    struct sigv4_credentials credentials = {"A", "S", NULL};
    struct sigv4_scope scope = {"r", "ecs"};
    struct sigv4_signed result;
    struct error error = {0};
    assert_false(sigv4_sign(&request, &credentials, &scope, 0, &result, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    sigv4_signed_free(&result);
    header = (struct sigv4_header){"Host\r\nX", "x"};
    assert_false(sigv4_sign(&request, &credentials, &scope, 0, &result, &error));
    sigv4_signed_free(&result);
}

int main(void)
{
#define ON_REQUEST(test) cmocka_unit_test_setup_teardown(test, make_request, free_request)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_signed_as_botocore_does),
        cmocka_unit_test(every_vector_verifies),
        cmocka_unit_test(every_vector_fails_with_another_secret_method_or_query),
        ON_REQUEST(a_body_that_was_changed_is_a_mismatch),
        ON_REQUEST(a_signed_header_that_was_changed_or_removed_is_a_mismatch),
        ON_REQUEST(a_header_that_is_not_signed_may_change),
        ON_REQUEST(old_and_future_requests_are_expired),
        ON_REQUEST(another_region_or_service_is_out_of_scope),
        ON_REQUEST(a_date_of_another_day_than_the_scope_is_out_of_scope),
        ON_REQUEST(no_authorization_is_missing),
        ON_REQUEST(malformed_authorizations_are_told_apart),
        ON_REQUEST(a_request_without_a_date_is_malformed),
        cmocka_unit_test(an_authorization_without_spaces_is_read),
        cmocka_unit_test(what_cannot_be_signed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
