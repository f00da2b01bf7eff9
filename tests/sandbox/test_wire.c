/* Query forms to JSON, JSON to XML, errors in each protocol's form, pages, canonical JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/call.h"
#include "sandbox/wire.h"

static void expect_form(const char *form, const char *wanted)
{
    struct json_object *json = wire_read_form(form, strlen(form));
    struct buf out;

    if (!wanted) {
        assert_null(json);
        return;
    }
    assert_non_null(json);
    buf_init(&out, 65536);
    assert_true(json_print_canonical(json, &out));
    assert_string_equal(buf_text(&out), wanted);
    buf_free(&out);
    json_object_put(json);
}

static void forms_become_documents(void **state)
{
    (void)state;
    expect_form("", "{}");
    expect_form("Action=X&Version=1", "{\"Action\":\"X\",\"Version\":\"1\"}");
    expect_form("a=1+2%203%26", "{\"a\":\"1 2 3&\"}");
    expect_form("Names.member.1=a&Names.member.2=b", "{\"Names\":[\"a\",\"b\"]}");
    expect_form("N.member.10=j&N.member.2=b&N.member.1=a", "{\"N\":[\"a\",\"b\",\"j\"]}");
    expect_form("T.member.1.Key=k&T.member.1.Value=", "{\"T\":[{\"Key\":\"k\",\"Value\":\"\"}]}");
    expect_form("GroupId.1=sg-1&Filter.1.Name=n&Filter.1.Value.1=v",
                "{\"Filter\":[{\"Name\":\"n\",\"Value\":[\"v\"]}],\"GroupId\":[\"sg-1\"]}");
    expect_form("A.member.1.F.G.member.1.W=5", "{\"A\":[{\"F\":{\"G\":[{\"W\":\"5\"}]}}]}");
    expect_form("a", "{\"a\":\"\"}");
    expect_form("a=1&&b=2", "{\"a\":\"1\",\"b\":\"2\"}");
}

static void bad_forms_are_refused(void **state)
{
    char deep[200] = "a", wide[30000] = "";

    (void)state;
    expect_form("a=%", NULL);
    expect_form("a=%4", NULL);
    expect_form("a=%zz", NULL);
    expect_form("a=%00", NULL);
    expect_form("=1", NULL);
    expect_form("a=1&a=2", NULL);
    expect_form("a=1&a.b=2", NULL);
    expect_form("a.b=1&a=2", NULL);
    expect_form("1=a", NULL);
    for (int i = 0; i < 30; i++)
        strcat(deep, ".a");
    expect_form(deep, NULL);
    for (int i = 0; i < 2100; i++)
        sprintf(wide + strlen(wide), "a%d=1&", i);
    expect_form(wide, NULL);
}

static void bodies_must_be_objects(void **state)
{
    const char *const bad[] = {"[]", "1", "\"a\"", "{", "{}x", "{\"a\":}", "nul", "{\"a\":\"\xff\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(wire_read_json(bad[i], strlen(bad[i])));
    struct json_object *empty = wire_read_json("", 0);
    assert_true(json_object_is_type(empty, json_type_object));
    json_object_put(empty);
    struct json_object *json = wire_read_json("{\"a\":1} \n", 9);
    assert_int_equal(json_integer(json, "a", 0), 1);
    json_object_put(json);
}

static struct call make_call(enum call_protocol protocol, const char *service, const char *operation)
{
    struct call call;

    call_init(&call);
    call.protocol = protocol;
    snprintf(call.service, sizeof call.service, "%s", service);
    snprintf(call.operation, sizeof call.operation, "%s", operation);
    snprintf(call.id, sizeof call.id, "ID");
    call.request = json_object_new_object();
    return call;
}

static void expect_answer(struct call *call, const char *wanted)
{
    struct buf out;

    buf_init(&out, 65536);
    assert_true(wire_write(call, &out));
    assert_string_equal(buf_text(&out), wanted);
    buf_free(&out);
    call_free(call);
}

static void answers_have_their_protocols_form(void **state)
{
    struct call call = make_call(CALL_JSON, "ecs", "X");

    (void)state;
    json_put_text(call.response, "arn", "a/b");
    expect_answer(&call, "{\"arn\":\"a/b\"}");

    call = make_call(CALL_QUERY, "elasticloadbalancing", "Op");
    json_put(call.response, "Tags", json_tokener_parse("[{\"Key\":\"<&\\\">\",\"On\":true,\"N\":5}]"));
    expect_answer(&call,
                  "<OpResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><OpResult>"
                  "<Tags><member><Key>&lt;&amp;&quot;&gt;</Key><On>true</On><N>5</N></member></Tags>"
                  "</OpResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></OpResponse>");

    call = make_call(CALL_EC2, "ec2", "Op");
    json_put(call.response, "set", json_tokener_parse("[\"a\"]"));
    expect_answer(&call, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OpResponse "
                         "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>ID</requestId>"
                         "<set><item>a</item></set></OpResponse>");
}

static void errors_have_their_protocols_form(void **state)
{
    struct call call = make_call(CALL_JSON, "ecs", "X");

    (void)state;
    assert_false(call_fail(&call, "ClusterNotFoundException", "Cluster \"%s\".", "x"));
    assert_int_equal(call.status, 400);
    expect_answer(&call, "{\"__type\":\"ClusterNotFoundException\",\"message\":\"Cluster \\\"x\\\".\"}");

    call = make_call(CALL_QUERY, "sts", "X");
    call_fail_status(&call, 500, "InternalFailure", "a < b");
    expect_answer(
        &call,
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Receiver</Type>"
        "<Code>InternalFailure</Code><Message>a &lt; b</Message></Error>"
        "<RequestId>ID</RequestId></ErrorResponse>");

    call = make_call(CALL_EC2, "ec2", "X");
    call_fail(&call, "InvalidGroup.NotFound", "no");
    expect_answer(&call, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error>"
                         "<Code>InvalidGroup.NotFound</Code><Message>no</Message></Error></Errors>"
                         "<RequestID>ID</RequestID></Response>");
}

static struct json_object *letters(const char *text)
{
    struct json_object *list = json_object_new_array();

    for (; *text; text++) {
        char letter[2] = {*text, '\0'};
        json_append_text(list, letter);
    }
    return list;
}

/* Runs through all pages; joins the letters. Between the first page and the others, `later` is the
 * list. */
static void read_pages(const char *first, const char *later, int size, char *all)
{
    char token[1024] = "";

    *all = '\0';
    for (int page = 0; page < 50; page++) {
        struct call call = make_call(CALL_JSON, "ecs", "ListX");
        json_put_integer(call.request, "maxResults", size);
        if (*token)
            json_put_text(call.request, "nextToken", token);
        assert_true(call_answer_page(&call, letters(page ? later : first), "list", NULL, 10, 100));
        struct json_object *list = json_list(call.response, "list");
        assert_true(json_length(list) <= (size_t)size);
        for (size_t i = 0; i < json_length(list); i++)
            strcat(all, json_text_at(list, i));
        const char *next = json_text(call.response, "nextToken");
        snprintf(token, sizeof token, "%s", next ? next : "");
        call_free(&call);
        if (!*token)
            return;
    }
    fail_msg("the pages do not end");
}

static void pages_add_up_to_the_list(void **state)
{
    char all[200];

    (void)state;
    read_pages("abcdefghij", "abcdefghij", 3, all);
    assert_string_equal(all, "abcdefghij");
    read_pages("abcdef", "abcdef", 3, all);
    assert_string_equal(all, "abcdef");
    read_pages("", "", 3, all);
    assert_string_equal(all, "");
}

static void a_page_goes_on_behind_the_last_item_though_the_list_changes(void **state)
{
    char all[200];

    (void)state;
    read_pages("abcdef", "xyabcdef", 3, all); /* two came before it */
    assert_string_equal(all, "abcdef");
    read_pages("abcdef", "bcdef", 3, all); /* one before it has gone */
    assert_string_equal(all, "abcdef");
}

static void bad_pages_are_refused(void **state)
{
    const char *const tokens[] = {"", "x", "bm9ib2R5J3M=", "%%%%", "T3RoZXIgMSBh"};

    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        struct call call = make_call(CALL_JSON, "ecs", "ListX");
        json_put_text(call.request, "nextToken", tokens[i]);
        assert_false(call_answer_page(&call, letters("abc"), "list", NULL, 10, 100));
        assert_string_equal(call.code, "InvalidParameterException");
        call_free(&call);
    }
    struct call call = make_call(CALL_QUERY, "elasticloadbalancing", "X");
    json_put_text(call.request, "PageSize", "401");
    assert_false(call_answer_page(&call, letters("abc"), "list", NULL, 400, 400));
    assert_string_equal(call.code, "ValidationError");
    call_free(&call);
}

static void equal_documents_print_equally(void **state)
{
    struct json_object *a = json_tokener_parse("{\"b\":[1,{\"y\":null,\"x\":\"a/b\"}],\"a\":true}");
    struct json_object *b =
        json_tokener_parse("{ \"a\" : true, \"b\" : [ 1, { \"x\" : \"a\\/b\", \"y\" : null } ] }");
    struct buf one, two;

    (void)state;
    buf_init(&one, 4096);
    buf_init(&two, 4096);
    json_print_canonical(a, &one);
    json_print_canonical(b, &two);
    assert_string_equal(buf_text(&one), "{\"a\":true,\"b\":[1,{\"x\":\"a/b\",\"y\":null}]}");
    assert_string_equal(buf_text(&one), buf_text(&two));
    buf_free(&one);
    buf_free(&two);
    json_object_put(a);
    json_object_put(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_become_documents),
        cmocka_unit_test(bad_forms_are_refused),
        cmocka_unit_test(bodies_must_be_objects),
        cmocka_unit_test(answers_have_their_protocols_form),
        cmocka_unit_test(errors_have_their_protocols_form),
        cmocka_unit_test(pages_add_up_to_the_list),
        cmocka_unit_test(a_page_goes_on_behind_the_last_item_though_the_list_changes),
        cmocka_unit_test(bad_pages_are_refused),
        cmocka_unit_test(equal_documents_print_equally),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
