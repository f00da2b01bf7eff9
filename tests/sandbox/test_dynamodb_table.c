/* DynamoDB's operations, called as another part of the region calls them: without HTTP. What a region
 * holds is counted exactly and has a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/dynamodb_table.h"
#include "sandbox/dynamodb_value.h"
#include "sandbox/router.h"

#define CREATE                                                                                             \
    "{\"TableName\":\"things\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":["             \
    "{\"AttributeName\":\"h\",\"AttributeType\":\"S\"},{\"AttributeName\":\"r\",\"AttributeType\":\"N\"}," \
    "{\"AttributeName\":\"g\",\"AttributeType\":\"S\"}],\"KeySchema\":["                                   \
    "{\"AttributeName\":\"h\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"r\",\"KeyType\":\"RANGE\"}],"     \
    "\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by-g\",\"KeySchema\":[{\"AttributeName\":\"g\","         \
    "\"KeyType\":\"HASH\"}],\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}]}"

/* The answer, the caller's; its error where `code` is given. */
static struct json_object *run(struct region *region, const char *aws_region, const char *operation,
                               const char *request, const char *code)
{
    struct call call;

    call_init(&call);
    call.protocol = CALL_JSON;
    snprintf(call.service, sizeof call.service, "dynamodb");
    snprintf(call.operation, sizeof call.operation, "%s", operation);
    snprintf(call.region, sizeof call.region, "%s", aws_region);
    call.request = json_tokener_parse(request);
    assert_non_null(call.request);
    bool done = router_call(region, &call);
    if (done != !code)
        print_message("%s: %s %s\n", operation, call.code, call.message);
    assert_int_equal(done, !code);
    assert_string_equal(call.code, code ? code : "");
    struct json_object *response = json_object_get(call.response);
    call_free(&call);
    return response;
}

static void expect(struct region *region, const char *aws_region, const char *operation, const char *request,
                   const char *wanted)
{
    struct json_object *response = run(region, aws_region, operation, request, NULL),
                       *expected = json_tokener_parse(wanted);

    if (!json_object_equal(response, expected))
        print_message("%s %s\n  %s\n", operation, request, json_object_to_json_string(response));
    assert_true(json_object_equal(response, expected));
    json_object_put(response);
    json_object_put(expected);
}

static void refuse(struct region *region, const char *operation, const char *request, const char *code)
{
    json_object_put(run(region, "", operation, request, code));
}

static void made(struct region *region, const char *aws_region)
{
    json_object_put(run(region, aws_region, "CreateTable", CREATE, NULL));
}

#define PUT(H, R, MORE) \
    "{\"TableName\":\"things\",\"Item\":{\"h\":{\"S\":\"" H "\"},\"r\":{\"N\":\"" R "\"}" MORE "}}"

static void each_aws_region_has_its_own_tables(void **state)
{
    struct region region;

    (void)state;
    region_init(&region, "us-east-1", 1);
    expect(&region, "", "ListTables", "{}", "{\"TableNames\":[]}");
    made(&region, "us-east-1");
    made(&region, "eu-central-1");
    refuse(&region, "CreateTable", CREATE, "ResourceInUseException");
    expect(&region, "eu-central-1", "PutItem", PUT("a", "1", ""), "{}");
    expect(&region, "", "Scan", "{\"TableName\":\"things\"}",
           "{\"Items\":[],\"Count\":0,\"ScannedCount\":0}");
    expect(&region, "eu-central-1", "Scan", "{\"TableName\":\"things\",\"Select\":\"COUNT\"}",
           "{\"Count\":1,\"ScannedCount\":1}");
    json_object_put(run(&region, "eu-central-1", "DeleteTable", "{\"TableName\":\"things\"}", NULL));
    expect(&region, "eu-central-1", "ListTables", "{}", "{\"TableNames\":[]}");
    expect(&region, "us-east-1", "ListTables", "{}", "{\"TableNames\":[\"things\"]}");
    region_free(&region);
}

static void what_is_held_is_counted(void **state)
{
    struct region region;

    (void)state;
    region_init(&region, "us-east-1", 1);
    made(&region, "");
    size_t empty = region.dynamodb->held;
    expect(&region, "", "PutItem", PUT("a", "1", ""), "{}");
    size_t one = region.dynamodb->held;
    assert_true(one > empty);
    assert_int_equal(region.dynamodb->items, 1);
    /* The same item again, larger and in the index, and as it was. */
    expect(&region, "", "PutItem", PUT("a", "1.0", ",\"g\":{\"S\":\"x\"},\"more\":{\"S\":\"more\"}"), "{}");
    assert_true(region.dynamodb->held > one);
    assert_int_equal(region.dynamodb->items, 1);
    expect(&region, "", "UpdateItem",
           "{\"TableName\":\"things\",\"Key\":{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"1\"}},"
           "\"UpdateExpression\":\"REMOVE g, more\"}",
           "{}");
    assert_int_equal(region.dynamodb->held, one);
    expect(&region, "", "DeleteItem",
           "{\"TableName\":\"things\",\"Key\":{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"1e0\"}}}", "{}");
    assert_int_equal(region.dynamodb->held, empty);
    assert_int_equal(region.dynamodb->items, 0);
    expect(&region, "", "PutItem", PUT("a", "1", ",\"g\":{\"S\":\"x\"}"), "{}");
    json_object_put(run(&region, "", "DeleteTable", "{\"TableName\":\"things\"}", NULL));
    assert_int_equal(region.dynamodb->held, 0);
    assert_int_equal(region.dynamodb->items, 0);
    region_free(&region);
}

static void a_full_region_says_so(void **state)
{
    struct region region;

    (void)state;
    region_init(&region, "us-east-1", 1);
    made(&region, "");
    expect(&region, "", "PutItem", PUT("a", "1", ""), "{}");
    size_t held = region.dynamodb->held;
    region.dynamodb->held = DYNAMODB_BYTES_MAX - 10;
    refuse(&region, "PutItem", PUT("a", "2", ""), "ItemCollectionSizeLimitExceededException");
    refuse(&region, "CreateTable",
           "{\"TableName\":\"more\",\"BillingMode\":\"PAY_PER_REQUEST\","
           "\"AttributeDefinitions\":[{\"AttributeName\":\"h\",\"AttributeType\":\"S\"}],"
           "\"KeySchema\":[{\"AttributeName\":\"h\",\"KeyType\":\"HASH\"}]}",
           "LimitExceededException");
    region.dynamodb->held = held;
    region.dynamodb->items = DYNAMODB_ITEMS_MAX;
    refuse(&region, "PutItem", PUT("a", "2", ""), "ItemCollectionSizeLimitExceededException");
    /* In the place of another there is room. */
    expect(&region, "", "PutItem", PUT("a", "1", ""), "{}");
    region.dynamodb->items = 1;
    expect(&region, "", "Scan", "{\"TableName\":\"things\",\"Select\":\"COUNT\"}",
           "{\"Count\":1,\"ScannedCount\":1}");
    region_free(&region);
}

static void indexes_follow_their_items(void **state)
{
    static const char query[] =
        "{\"TableName\":\"things\",\"IndexName\":\"by-g\",\"KeyConditionExpression\":\"g = :g\","
        "\"ExpressionAttributeValues\":{\":g\":{\"S\":\"x\"}}}";
    struct region region;

    (void)state;
    region_init(&region, "us-east-1", 1);
    made(&region, "");
    expect(&region, "", "PutItem", PUT("a", "1", ",\"g\":{\"S\":\"x\"},\"more\":{\"S\":\"not projected\"}"),
           "{}");
    expect(&region, "", "PutItem", PUT("a", "2", ""), "{}");
    expect(&region, "", "Query", query,
           "{\"Items\":[{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"1\"},\"g\":{\"S\":\"x\"}}],\"Count\":1,"
           "\"ScannedCount\":1}");
    expect(&region, "", "PutItem", PUT("a", "1", ",\"g\":{\"S\":\"y\"}"), "{}");
    expect(&region, "", "Query", query, "{\"Items\":[],\"Count\":0,\"ScannedCount\":0}");
    expect(&region, "", "UpdateItem",
           "{\"TableName\":\"things\",\"Key\":{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"2\"}},\"UpdateExpression\":"
           "\"SET g = :g\",\"ExpressionAttributeValues\":{\":g\":{\"S\":\"x\"}}}",
           "{}");
    expect(&region, "", "Query", query,
           "{\"Items\":[{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"2\"},\"g\":{\"S\":\"x\"}}],\"Count\":1,"
           "\"ScannedCount\":1}");
    json_object_put(run(&region, "", "DeleteItem",
                        "{\"TableName\":\"things\",\"Key\":{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"2\"}}}",
                        NULL));
    expect(&region, "", "Query", query, "{\"Items\":[],\"Count\":0,\"ScannedCount\":0}");
    region_free(&region);
}

/* All pages of all segments together are the table, each item once. */
static void segments_and_pages_cover_a_table(void **state)
{
    enum { ITEMS = 200, SEGMENTS = 7 };
    bool seen[ITEMS] = {false};
    struct region region;
    char request[1024];
    size_t total = 0;

    (void)state;
    region_init(&region, "us-east-1", 1);
    made(&region, "");
    for (int i = 0; i < ITEMS; i++) {
        snprintf(request, sizeof request, PUT("p%d", "%d", ""), i / 2, i);
        json_object_put(run(&region, "", "PutItem", request, NULL));
    }
    for (int segment = 0; segment < SEGMENTS; segment++) {
        char start[256] = "";
        do {
            snprintf(request, sizeof request,
                     "{\"TableName\":\"things\",\"Limit\":3,\"Segment\":%d,\"TotalSegments\":%d%s}", segment,
                     SEGMENTS, start);
            struct json_object *page = run(&region, "", "Scan", request, NULL),
                               *items = json_list(page, "Items"), *last = json_map(page, "LastEvaluatedKey");
            for (size_t i = 0; i < json_length(items); i++) {
                const char *number = json_text(json_map(json_item(items, i), "r"), "N");
                int n = (int)strtol(number, NULL, 10);
                assert_false(seen[n]);
                seen[n] = true;
                total++;
            }
            snprintf(start, sizeof start, ",\"ExclusiveStartKey\":%s",
                     last ? json_object_to_json_string(last) : "");
            if (!last)
                start[0] = '\0';
            json_object_put(page);
        } while (*start);
    }
    assert_int_equal(total, ITEMS);
    region_free(&region);
}

/* A page ends at 1 MB, whatever was asked for; an item is at most 400 KB. */
static void pages_and_items_have_a_size(void **state)
{
    size_t length = VALUE_ITEM_MAX - 16;
    char *request = malloc(length + 256), *large = malloc(length + 1);
    struct region region;

    (void)state;
    assert_non_null(request);
    assert_non_null(large);
    memset(large, 'x', length);
    large[length] = '\0';
    region_init(&region, "us-east-1", 1);
    made(&region, "");
    for (int i = 0; i < 6; i++) {
        snprintf(request, length + 256, PUT("a", "%d", ",\"v\":{\"S\":\"%s\"}"), i, large);
        json_object_put(run(&region, "", "PutItem", request, NULL));
    }
    snprintf(request, length + 256, PUT("a", "1", ",\"too much of it\":{\"S\":\"%s\"}"), large);
    refuse(&region, "PutItem", request, "ValidationException");
    expect(&region, "", "Query",
           "{\"TableName\":\"things\",\"KeyConditionExpression\":\"h = :a\",\"ExpressionAttributeValues\":"
           "{\":a\":{\"S\":\"a\"}},\"ProjectionExpression\":\"r\",\"ScanIndexForward\":false}",
           "{\"Items\":[{\"r\":{\"N\":\"5\"}},{\"r\":{\"N\":\"4\"}},{\"r\":{\"N\":\"3\"}}],\"Count\":3,"
           "\"ScannedCount\":3,\"LastEvaluatedKey\":{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"3\"}}}");
    /* Many times itself would be too large: it is refused before it is built. */
    refuse(&region, "UpdateItem",
           "{\"TableName\":\"things\",\"Key\":{\"h\":{\"S\":\"a\"},\"r\":{\"N\":\"1\"}},\"UpdateExpression\":"
           "\"SET a1 = v, a2 = v, a3 = v, a4 = v, a5 = v, a6 = v, a7 = v, a8 = v, a9 = v\"}",
           "ValidationException");
    region_free(&region);
    free(request);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_aws_region_has_its_own_tables),
        cmocka_unit_test(what_is_held_is_counted),
        cmocka_unit_test(a_full_region_says_so),
        cmocka_unit_test(indexes_follow_their_items),
        cmocka_unit_test(segments_and_pages_cover_a_table),
        cmocka_unit_test(pages_and_items_have_a_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
