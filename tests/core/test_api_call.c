/* Which call a request is. */
#include "core/api_call.h"

#include "tests/core/support.h"

#define SCOPE(region, service)                                                               \
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261129/" region "/" service "/aws4_request, " \
    "SignedHeaders=host;x-amz-date, Signature=0000"
#define FORM                                                               \
    {                                                                      \
        "Content-Type", "application/x-www-form-urlencoded; charset=utf-8" \
    }

static struct api_call recognise(const char *method, const char *path, const char *query,
                                 const struct http1_header *headers, size_t count, const char *body)
{
    const struct api_request request = {.method = method,
                                        .path = path,
                                        .query = query,
                                        .headers = headers,
                                        .header_count = count,
                                        .body = body,
                                        .body_length = strlen(body)};
    struct api_call call;
    api_call_recognise(&call, &request);
    return call;
}

static struct api_call rest(const char *service, const char *method, const char *path, const char *query)
{
    char scope[256];
    snprintf(scope, sizeof scope,
             "AWS4-HMAC-SHA256 Credential=A/20261129/eu-west-1/%s/aws4_request, Signature=0", service);
    const struct http1_header headers[] = {{"Authorization", scope}};
    return recognise(method, path, query, headers, 1, "");
}

static void calls_by_target(void **state)
{
    const struct http1_header dynamodb[] = {{"authorization", SCOPE("us-east-1", "dynamodb")},
                                            {"x-amz-target", "DynamoDB_20120810.GetItem"}};
    const struct http1_header streams[] = {{"Authorization", SCOPE("eu-west-1", "dynamodb")},
                                           {"X-Amz-Target", "DynamoDBStreams_20120810.GetRecords"}};
    const struct http1_header unsigned_one[] = {{"X-Amz-Target", "Logs_20140328.PutLogEvents"}};
    (void)state;
    struct api_call call = recognise("POST", "/", "", dynamodb, 2, "{}");
    assert_int_equal(call.signature, API_SIGNED);
    assert_int_equal(call.protocol, API_JSON);
    assert_string_equal(call.service, "dynamodb");
    assert_string_equal(call.region, "us-east-1");
    assert_string_equal(call.operation, "GetItem");
    assert_string_equal(call.shown, "GetItem");
    assert_string_equal(call.info->host, "dynamodb");
    call = recognise("POST", "/", "", streams, 2, "{}");
    assert_string_equal(call.info->host, "streams.dynamodb");
    assert_string_equal(call.operation, "GetRecords");
    call = recognise("POST", "/", "", unsigned_one, 1, "{}");
    assert_int_equal(call.signature, API_UNSIGNED);
    assert_string_equal(call.service, "logs");
    assert_string_equal(call.region, "");
}

static void calls_by_action(void **state)
{
    const struct http1_header query[] = {{"Authorization", SCOPE("us-east-1", "sts")}, FORM};
    const struct http1_header ec2[] = {{"Authorization", SCOPE("us-east-1", "ec2")}, FORM};
    const struct http1_header bare[] = {FORM};
    (void)state;
    struct api_call call =
        recognise("POST", "/", "", query, 2, "Version=2011-06-15&Action=GetCallerIdentity");
    assert_int_equal(call.protocol, API_QUERY);
    assert_string_equal(call.operation, "GetCallerIdentity");
    call = recognise("POST", "/", "", ec2, 2, "Action=Describe%49nstances&Version=2016-11-15");
    assert_int_equal(call.protocol, API_EC2);
    assert_string_equal(call.operation, "DescribeInstances");
    call = recognise("GET", "/",
                     "Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%"
                     "2F20261129%2Fus-east-1%2Fsts%2Faws4_request",
                     NULL, 0, "");
    assert_int_equal(call.signature, API_PRESIGNED);
    assert_int_equal(call.protocol, API_QUERY);
    assert_string_equal(call.service, "sts");
    call = recognise("POST", "/", "", bare, 1, "Action=ListUsers");
    assert_int_equal(call.signature, API_UNSIGNED);
    assert_int_equal(call.protocol, API_QUERY);
    assert_string_equal(call.operation, "ListUsers");
}

static void calls_by_path(void **state)
{
    static const struct {
        const char *service, *method, *path, *query, *operation, *host;
        enum api_protocol protocol;
    } cases[] = {
        {"s3", "GET", "/", "", "ListBuckets", "s3", API_REST_XML},
        {"s3", "GET", "/bucket", "", "ListObjects", "s3", API_REST_XML},
        {"s3", "GET", "/bucket", "prefix=a&list-type=2", "ListObjectsV2", "s3", API_REST_XML},
        {"s3", "GET", "/bucket/", "acl", "GetBucketAcl", "s3", API_REST_XML},
        {"s3", "GET", "/bucket/a/b/c", "x-id=GetObject", "GetObject", "s3", API_REST_XML},
        {"s3", "PUT", "/bucket/a//b", "", "PutObject", "s3", API_REST_XML},
        {"s3", "PUT", "/bucket/a", "partNumber=1&uploadId=x", "UploadPart", "s3", API_REST_XML},
        {"s3", "POST", "/bucket/a", "uploads", "CreateMultipartUpload", "s3", API_REST_XML},
        {"s3", "POST", "/bucket", "delete", "DeleteObjects", "s3", API_REST_XML},
        {"lambda", "POST", "/2015-03-31/functions/f/invocations", "Qualifier=1", "Invoke", "lambda",
         API_REST_JSON},
        {"lambda", "GET", "/2015-03-31/functions", "", "ListFunctions", "lambda", API_REST_JSON},
        {"lambda", "GET", "/2015-03-31/functions/arn%3Aaws%3Alambda", "", "GetFunction", "lambda",
         API_REST_JSON},
        {"fis", "GET", "/experimentTemplates", "", "ListExperimentTemplates", "fis", API_REST_JSON},
        {"fis", "POST", "/experiments", "", "StartExperiment", "fis", API_REST_JSON},
        {"elasticfilesystem", "POST", "/2015-02-01/file-systems", "", "CreateFileSystem", "elasticfilesystem",
         API_REST_JSON},
        {"eks", "GET", "/clusters/c", "", "DescribeCluster", "eks", API_REST_JSON},
        {"apigateway", "GET", "/restapis/x/resources", "", "GetResources", "apigateway", API_REST_JSON},
        {"apigateway", "GET", "/v2/apis", "", "GetApis", "apigateway", API_REST_JSON},
        {"batch", "POST", "/v1/submitjob", "", "SubmitJob", "batch", API_REST_JSON},
        {"route53", "POST", "/2013-04-01/hostedzone/Z1/rrset", "", "ChangeResourceRecordSets", "route53",
         API_REST_XML},
        {"cloudfront", "GET", "/2020-05-31/distribution", "", "ListDistributions", "cloudfront",
         API_REST_XML},
        {"scheduler", "GET", "/schedules/x", "", "GetSchedule", "scheduler", API_REST_JSON},
        {"bedrock", "POST", "/model/a.b-v1%3A0/converse", "", "Converse", "bedrock-runtime", API_REST_JSON},
        {"bedrock", "GET", "/foundation-models", "", "ListFoundationModels", "bedrock", API_REST_JSON},
        {"xray", "POST", "/TraceSegments", "", "PutTraceSegments", "xray", API_REST_JSON},
        {"es", "GET", "/2021-01-01/opensearch/domain/d", "", "DescribeDomain", "es", API_REST_JSON},
        {"iotdata", "GET", "/things/t/shadow", "", "GetThingShadow", "data-ats.iot", API_REST_JSON},
        {"fis", "GET", "/nothing/like/it", "", "", "fis", API_REST_JSON},
        {"s3", "PATCH", "/bucket/key", "", "", "s3", API_REST_XML},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct api_call call = rest(cases[i].service, cases[i].method, cases[i].path, cases[i].query);
        if (strcmp(call.operation, cases[i].operation) != 0)
            print_error("%s %s?%s is %s\n", cases[i].method, cases[i].path, cases[i].query, call.operation);
        assert_string_equal(call.operation, cases[i].operation);
        assert_string_equal(call.info->host, cases[i].host);
        assert_int_equal(call.protocol, cases[i].protocol);
    }
    assert_string_equal(rest("fis", "GET", "/nothing/like\"it", "").shown, "GET /nothing");
    assert_string_equal(rest("nobody", "GET", "/a\"\t/b", "").shown, "GET /a??");
    assert_null(rest("nobody", "GET", "/", "").info);
}

static void a_copy_is_told_by_its_header(void **state)
{
    const struct http1_header headers[] = {{"Authorization", SCOPE("us-east-1", "s3")},
                                           {"X-Amz-Copy-Source", "/b/k"}};
    (void)state;
    assert_string_equal(recognise("PUT", "/b/k", "", headers, 2, "").operation, "CopyObject");
    assert_string_equal(recognise("PUT", "/b/k", "partNumber=1&uploadId=2", headers, 2, "").operation,
                        "UploadPartCopy");
}

static void calls_by_cbor(void **state)
{
    const struct http1_header headers[] = {{"Authorization", SCOPE("us-east-1", "monitoring")},
                                           {"Smithy-Protocol", "rpc-v2-cbor"}};
    (void)state;
    struct api_call call = recognise(
        "POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "", headers, 2, "");
    assert_int_equal(call.protocol, API_CBOR);
    assert_string_equal(call.service, "monitoring");
    assert_string_equal(call.operation, "DescribeAlarms");
}

static void signatures_of_other_kinds(void **state)
{
    static const struct {
        const char *authorization;
        enum api_signature signature;
    } cases[] = {
        {"AWS4-ECDSA-P256-SHA256 Credential=A/20261129/s3/aws4_request, Signature=0", API_ASYMMETRIC},
        {"AWS4-HMAC-SHA256 Credential=A, Signature=0", API_UNREADABLE},
        {"AWS4-HMAC-SHA256 Credential=A/20261129/us east/s3/aws4_request", API_UNREADABLE},
        {"AWS4-HMAC-SHA256 Credential=A/20261129/../s3\"/aws4_request", API_UNREADABLE},
        {"AWS4-HMAC-SHA256", API_UNREADABLE},
        {"Bearer x", API_OTHER_SCHEME},
        {"", API_OTHER_SCHEME},
        {"AWS4-HMAC-SHA256 Credential=A/B/C/20261129/us-east-1/s3/aws4_request, Signature=0", API_SIGNED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct http1_header headers[] = {{"Authorization", cases[i].authorization}};
        struct api_call call = recognise("GET", "/", "", headers, 1, "");
        assert_case(call.signature == cases[i].signature, cases[i].authorization);
        assert_case((call.service[0] != '\0') == (cases[i].signature == API_SIGNED), cases[i].authorization);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_by_target), cmocka_unit_test(calls_by_action),
        cmocka_unit_test(calls_by_path),   cmocka_unit_test(a_copy_is_told_by_its_header),
        cmocka_unit_test(calls_by_cbor),   cmocka_unit_test(signatures_of_other_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
