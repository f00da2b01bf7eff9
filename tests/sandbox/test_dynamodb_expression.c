/* DynamoDB's expressions: what they say of an item, what they do to it, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sandbox/dynamodb_evaluate.h"
#include "sandbox/dynamodb_expression.h"
#include "sandbox/dynamodb_value.h"

static const char item_text[] =
    "{\"id\":{\"S\":\"k\"},\"n\":{\"N\":\"10\"},\"s\":{\"S\":\"gr\\u00fc\\u00dfe\"},\"b\":{\"B\":\"AAEC\"},"
    "\"t\":{\"BOOL\":true},\"z\":{\"NULL\":true},\"ss\":{\"SS\":[\"a\",\"b\",\"c\"]},"
    "\"ns\":{\"NS\":[\"1\",\"2.5\"]},\"l\":{\"L\":[{\"N\":\"0\"},{\"S\":\"one\"},{\"M\":{\"x\":{\"N\":\"2\"}}"
    "},"
    "{\"N\":\"3\"}]},\"m\":{\"M\":{\"x\":{\"N\":\"1\"},\"deep\":{\"L\":[{\"S\":\"p\"},{\"S\":\"q\"}]}}}}";
static const char values_text[] =
    "{\":n\":{\"N\":\"10\"},\":one\":{\"N\":\"1.0\"},\":tenth\":{\"N\":\"0.1\"},\":big\":{\"N\":\"100\"},"
    "\":s\":{\"S\":\"gr\\u00fc\\u00dfe\"},\":gr\":{\"S\":\"gr\"},\":b\":{\"B\":\"AAE=\"},\":a\":{\"S\":\"a\"}"
    ","
    "\":set\":{\"SS\":[\"c\",\"b\",\"a\"]},\":cd\":{\"SS\":[\"c\",\"d\"]},\":abc\":{\"SS\":[\"a\",\"b\","
    "\"c\"]},"
    "\":l\":{\"L\":[{\"S\":\"new\"}]},\":m\":{\"M\":{\"y\":{\"N\":\"9\"}}},\":N\":{\"S\":\"N\"},\":t\":{"
    "\"BOOL\":true},"
    "\":x\":{\"M\":{\"x\":{\"N\":\"2\"}}},\":25\":{\"N\":\"2.5\"},\":bad\":{\"S\":\"Q\"}}";
static const char names_text[] = "{\"#name\":\"name\",\"#s\":\"s\",\"#dot\":\"m.x\"}";

static struct json_object *read_map(const char *text)
{
    struct json_object *json = json_tokener_parse(text), *map = NULL;
    struct value_error error = {0};

    assert_non_null(json);
    map = value_read_map(json, &error);
    json_object_put(json);
    assert_non_null(map);
    return map;
}

struct given {
    struct json_object *names, *values, *item;
    struct expression_set set;
};

static void given_open(struct given *given)
{
    given->names = json_tokener_parse(names_text);
    given->values = read_map(values_text);
    given->item = read_map(item_text);
    expression_set_init(&given->set, given->names, given->values);
}

static void given_close(struct given *given)
{
    expression_set_free(&given->set);
    json_object_put(given->names);
    json_object_put(given->values);
    json_object_put(given->item);
}

static void expect_condition(const char *text, bool wanted)
{
    struct given given;

    given_open(&given);
    struct expression *condition = expression_read_condition(&given.set, text, strlen(text));
    if (!condition)
        print_message("%s: %s\n", text, given.set.message);
    assert_non_null(condition);
    if (evaluate_condition(condition, given.item) != wanted)
        print_message("%s\n", text);
    assert_int_equal(evaluate_condition(condition, given.item), wanted);
    given_close(&given);
}

static void conditions_hold_or_do_not(void **state)
{
    static const char *const hold[] = {"n = :n",
                                       "n <> :one",
                                       "n >= :n AND n <= :n",
                                       "n BETWEEN :one AND :big",
                                       "n IN (:one, :n)",
                                       "NOT n = :one",
                                       "n = :one OR s = :s",
                                       "n = :n OR n = :one AND n = :big", /* AND binds more */
                                       "NOT n = :one AND s = :s",         /* NOT binds most */
                                       "(n = :one OR n = :n) AND t = :t",
                                       "attribute_exists(m.deep[1])",
                                       "attribute_not_exists(m.deep[2])",
                                       "attribute_not_exists(l.x)",
                                       "attribute_type(n, :N)",
                                       "begins_with(s, :gr)",
                                       "begins_with(b, :b)",
                                       "contains(s, :gr)",
                                       "contains(b, :b)",
                                       "contains(ss, :a)",
                                       "contains(ns, :25)",
                                       "contains(l, :x)",
                                       "size(s) = size(s2) OR size(s) < :n",
                                       "size(ss) > :one",
                                       "size(l) < :n",
                                       "size(b) < :n",
                                       "ss = :set",
                                       "l[2] = :x",
                                       "l[2].x > :one",
                                       "m.x = :one",
                                       "#s = :s",
                                       "nope <> :n",
                                       "n > m.x",
                                       "(n) = :n",
                                       "n between :one and :big and not n < :n"};
    static const char *const do_not[] = {"n = :one",
                                         "n = :s",
                                         "n < :s",
                                         "s > :big",
                                         "nope = :n",
                                         "nope = nope2",
                                         "nope < :n",
                                         "size(n2) > :one",
                                         "size(t2) > :one",
                                         "n IN (:one, :big)",
                                         "attribute_exists(nope)",
                                         "attribute_exists(l[4])",
                                         "attribute_type(s, :N)",
                                         "begins_with(n, :gr)",
                                         "contains(s, :n)",
                                         "contains(ss, :n)",
                                         "contains(n, :n)",
                                         "t <> :t",
                                         "#dot = :one",
                                         "NOT n = :n",
                                         "n BETWEEN :one AND :one",
                                         "s BETWEEN :one AND :big"};

    (void)state;
    for (size_t i = 0; i < sizeof hold / sizeof *hold; i++)
        expect_condition(hold[i], true);
    for (size_t i = 0; i < sizeof do_not / sizeof *do_not; i++)
        expect_condition(do_not[i], false);
}

static void expect_update(const char *text, const char *paths, const char *wanted)
{
    struct list actions = {0}, asked = {0};
    struct given given;
    const char *message = NULL;

    given_open(&given);
    bool read = expression_read_update(&given.set, text, strlen(text), &actions);
    if (!read)
        print_message("%s: %s\n", text, given.set.message);
    assert_true(read);
    bool done = evaluate_update(given.item, &actions, &message);
    if (!paths) {
        assert_false(done);
        assert_string_equal(message, wanted);
    } else {
        struct json_object *expected = json_tokener_parse(wanted), *got = NULL;
        if (!done)
            print_message("%s: %s\n", text, message);
        assert_true(done);
        assert_true(expression_read_projection(&given.set, paths, strlen(paths), &asked));
        got = evaluate_projection(given.item, &asked);
        if (!json_object_equal(got, expected))
            print_message("%s: %s\n", text, json_object_to_json_string(got));
        assert_true(json_object_equal(got, expected));
        json_object_put(expected);
        json_object_put(got);
    }
    list_free(&actions);
    list_free(&asked);
    given_close(&given);
}

static void updates_change_an_item(void **state)
{
    (void)state;
    expect_update("SET n = n + :tenth", "n", "{\"n\":{\"N\":\"10.1\"}}");
    expect_update("set n = :one - n", "n", "{\"n\":{\"N\":\"-9\"}}");
    expect_update("SET n = m.x, q = n", "n, q", "{\"n\":{\"N\":\"1\"},\"q\":{\"N\":\"10\"}}");
    expect_update("SET q = if_not_exists(q, :one), n = if_not_exists(n, :one)", "n, q",
                  "{\"n\":{\"N\":\"10\"},\"q\":{\"N\":\"1\"}}");
    expect_update("SET q = if_not_exists(q, :big) + :one", "q", "{\"q\":{\"N\":\"101\"}}");
    expect_update("SET m.deep = list_append(:l, m.deep)", "m.deep",
                  "{\"m\":{\"M\":{\"deep\":{\"L\":[{\"S\":\"new\"},{\"S\":\"p\"},{\"S\":\"q\"}]}}}}");
    expect_update("SET l[1] = :a, l[9] = :s, l[7] = :gr REMOVE l[0], l[2]", "l",
                  "{\"l\":{\"L\":[{\"S\":\"a\"},{\"N\":\"3\"},{\"S\":\"gr\"},{\"S\":\"grüße\"}]}}");
    expect_update(
        "REMOVE m.x, s, nope, l[17]", "m, s, l[0]",
        "{\"m\":{\"M\":{\"deep\":{\"L\":[{\"S\":\"p\"},{\"S\":\"q\"}]}}},\"l\":{\"L\":[{\"N\":\"0\"}]}}");
    expect_update("ADD n :one, q :one, ss :cd", "n, q, ss",
                  "{\"n\":{\"N\":\"11\"},\"q\":{\"N\":\"1\"},\"ss\":{\"SS\":[\"a\",\"b\",\"c\",\"d\"]}}");
    expect_update("DELETE ss :cd", "ss", "{\"ss\":{\"SS\":[\"a\",\"b\"]}}");
    expect_update("DELETE ss :abc", "ss, n", "{\"n\":{\"N\":\"10\"}}");
    expect_update("SET #dot = :one", "#dot, m.x",
                  "{\"m.x\":{\"N\":\"1\"},\"m\":{\"M\":{\"x\":{\"N\":\"1\"}}}}");

    expect_update("SET n = s", "n", "{\"n\":{\"S\":\"grüße\"}}");
    expect_update("SET n = nope", NULL,
                  "The provided expression refers to an attribute that does not exist in the item");
    expect_update("SET n = s + :one", NULL, "An operand in the update expression has an incorrect data type");
    expect_update("ADD s :one", NULL, "An operand in the update expression has an incorrect data type");
    expect_update("DELETE n :cd", NULL, "An operand in the update expression has an incorrect data type");
    expect_update("SET nope.x = :one", NULL,
                  "The document path provided in the update expression is invalid for update");
    expect_update("SET m[0] = :one", NULL,
                  "The document path provided in the update expression is invalid for update");
}

enum kind { CONDITION, UPDATE, PROJECTION };
static void expect_message(enum kind kind, const char *text, const char *wanted)
{
    struct list list = {0};
    struct given given;
    bool read = false;

    given_open(&given);
    if (kind == CONDITION)
        read = expression_read_condition(&given.set, text, strlen(text)) != NULL;
    else if (kind == UPDATE)
        read = expression_read_update(&given.set, text, strlen(text), &list);
    else
        read = expression_read_projection(&given.set, text, strlen(text), &list);
    assert_false(read);
    assert_string_equal(given.set.message, wanted);
    list_free(&list);
    given_close(&given);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    expect_message(CONDITION, "", "The expression can not be empty;");
    expect_message(CONDITION, "n", "Syntax error; token: \"<EOF>\", near: \"n\"");
    expect_message(CONDITION, "n == :n", "Syntax error; token: \"=\", near: \"== :n\"");
    expect_message(CONDITION, "n = 10", "Syntax error; token: \"10\", near: \"= 10\"");
    expect_message(CONDITION, "(n = :n", "Syntax error; token: \"<EOF>\", near: \":n\"");
    expect_message(CONDITION, "n = :n)", "Syntax error; token: \")\", near: \":n)\"");
    expect_message(CONDITION, "n & :n", "Syntax error; token: \"&\", near: \"n & :n\"");
    expect_message(CONDITION, "n = :n AND", "Syntax error; token: \"<EOF>\", near: \"AND\"");
    expect_message(CONDITION, "n = \xff", "Syntax error; token: \"?\", near: \"= ?\"");
    expect_message(CONDITION, "n IN ()", "Syntax error; token: \")\", near: \"()\"");
    expect_message(CONDITION, "((n = :n))", "The expression has redundant parentheses;");
    expect_message(CONDITION, "name = :n", "Attribute name is a reserved keyword; reserved keyword: name");
    expect_message(
        CONDITION, "#no = :n",
        "An expression attribute name used in the document path is not defined; attribute name: #no");
    expect_message(CONDITION, "n = :no",
                   "An expression attribute value used in expression is not defined; attribute value: :no");
    expect_message(CONDITION, "exists(n)", "Invalid function name; function: exists");
    expect_message(CONDITION, "size(n)",
                   "The function is not allowed to be used this way in an expression; function: size");
    expect_message(CONDITION, "attribute_exists(n, s)",
                   "Incorrect number of operands for operator or function; operator or function: "
                   "attribute_exists, number of operands: 2");
    expect_message(CONDITION, "attribute_exists(:n)",
                   "Operator or function requires a document path; operator or function: attribute_exists");
    expect_message(CONDITION, "attribute_type(n, :bad)",
                   "Invalid attribute type name found; type: Q, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
    expect_message(
        CONDITION, "begins_with(s, :n)",
        "Incorrect operand type for operator or function; operator or function: begins_with, operand "
        "type: N");
    expect_message(
        CONDITION, "n = n",
        "The first operand must be distinct from the remaining operands for this operator or function; "
        "operator: =, first operand: [n]");
    expect_message(
        CONDITION, "n BETWEEN :big AND :one",
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower "
        "bound operand: AttributeValue: {N:100}, upper bound operand: AttributeValue: {N:1}");
    expect_message(UPDATE, "SET n = ", "Syntax error; token: \"<EOF>\", near: \"=\"");
    expect_message(UPDATE, "SET n = :n s = :s", "Syntax error; token: \"s\", near: \":n s =\"");
    expect_message(UPDATE, "PUT n :n", "Syntax error; token: \"PUT\", near: \"PUT n\"");
    expect_message(UPDATE, "SET n = :n SET s = :s",
                   "The \"SET\" section can only be used once in an update expression;");
    expect_message(
        UPDATE, "SET m = :m REMOVE m.x",
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path "
        "one: [m], path two: [m, x]");
    expect_message(
        UPDATE, "SET m.x = :n, m[0] = :n",
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path "
        "one: [m, x], path two: [m, [0]]");
    expect_message(UPDATE, "ADD s :s",
                   "Incorrect operand type for operator or function; operator: ADD, operand type: STRING");
    expect_message(UPDATE, "SET n = size(s)", "Invalid function name; function: size");
    expect_message(UPDATE, "SET l[99999999999] = :n",
                   "List index is not within the allowable range; index: [99999999999]");
    expect_message(
        PROJECTION, "n, n",
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path "
        "one: [n], path two: [n]");
    expect_message(PROJECTION, "n,", "Syntax error; token: \"<EOF>\", near: \",\"");
}

static void what_is_too_long_or_too_deep_is_refused(void **state)
{
    char text[EXPRESSION_LENGTH_MAX + 2];

    (void)state;
    memset(text, '(', sizeof text);
    text[EXPRESSION_LENGTH_MAX] = '\0';
    expect_message(CONDITION, text, "The expression is nested too deeply");
    text[EXPRESSION_LENGTH_MAX] = '(';
    text[EXPRESSION_LENGTH_MAX + 1] = '\0';
    expect_message(CONDITION, text,
                   "Expression size has exceeded the maximum allowed size; expression size: 4097");
}

static void what_no_expression_uses_is_said(void **state)
{
    struct given given;

    (void)state;
    given_open(&given);
    json_object_put(given.set.unused);
    given.set.unused = json_tokener_parse("{\"#s\":null,\":n\":null}");
    assert_non_null(expression_read_condition(&given.set, "#s = :s", 7));
    assert_false(expression_check_unused(&given.set));
    assert_string_equal(given.set.message,
                        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:n}");
    assert_non_null(expression_read_condition(&given.set, "n = :n", 6));
    assert_true(expression_check_unused(&given.set));
    given_close(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold_or_do_not),
        cmocka_unit_test(updates_change_an_item),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(what_is_too_long_or_too_deep_is_refused),
        cmocka_unit_test(what_no_expression_uses_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
