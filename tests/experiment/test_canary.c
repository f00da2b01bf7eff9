/* canary: weights and actions. Also aws/query_json, which carries them. */
#include "tests/experiment/support.h"

#include "aws/query_json.h"
#include "experiment/canary.h"
#include "experiment/json.h"

#define CHECKOUT "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/tg-checkout/1"
#define OTHER "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/tg-other/2"
#define OURS "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/shaketable-abc/3"

static struct json_object *parse(const char *text)
{
    struct json_object *json = json_tokener_parse(text);
    assert_non_null(json);
    return json;
}

static struct json_object *canary(void)
{
    return parse("{\"service\":\"shaketable-abc\",\"percent\":10,\"rules\":[],"
                 "\"groups\":[{\"name\":\"shaketable-abc\",\"of\":\"" CHECKOUT "\"}]}");
}

/* The weights of the first action as "ARN-NAME WEIGHT, …". */
static void describe(struct json_object *actions, char *text, size_t size)
{
    struct json_object *groups =
        json_array(json_object_of(json_object_array_get_idx(actions, 0), "ForwardConfig"), "TargetGroups");
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        struct json_object *group = json_object_array_get_idx(groups, i);
        const char *name = strchr(json_text(group, "TargetGroupArn"), '/') + 1;
        int written = snprintf(text + length, size - length, "%s%.*s %s", i == 0 ? "" : ", ",
                               (int)strcspn(name, "/"), name, json_text(group, "Weight"));
        length += (size_t)written;
    }
}

static void expect(const char *actions_text, double percent, const char *wanted)
{
    char text[512];
    struct error error = {0};
    struct json_object *actions = parse(actions_text), *of = canary();
    struct json_object *made = parse("{\"shaketable-abc\":\"" OURS "\"}");
    struct json_object *result = canary_actions(actions, of, made, percent, &error);
    assert_non_null(result);
    describe(result, text, sizeof text);
    assert_string_equal(text, wanted);
    json_object_put(result);
    json_object_put(made);
    json_object_put(of);
    json_object_put(actions);
}

#define GROUP(arn, weight) "{\"TargetGroupArn\":\"" arn "\",\"Weight\":\"" weight "\"}"
#define FORWARD(groups) "[{\"Type\":\"forward\",\"ForwardConfig\":{\"TargetGroups\":[" groups "]}}]"
#define SINGLE "[{\"Type\":\"forward\",\"TargetGroupArn\":\"" CHECKOUT "\"}]"

static void a_share_is_that_of_the_groups_own(void **state)
{
    (void)state;
    expect(SINGLE, 10, "tg-checkout 9, shaketable-abc 1");
    expect(SINGLE, 25, "tg-checkout 3, shaketable-abc 1");
    expect(SINGLE, 100, "tg-checkout 0, shaketable-abc 1");
    expect(SINGLE, 2.5, "tg-checkout 39, shaketable-abc 1");
    expect(FORWARD(GROUP(CHECKOUT, "3") "," GROUP(OTHER, "1")), 10,
           "tg-checkout 27, shaketable-abc 3, tg-other 10");
    expect(FORWARD(GROUP(CHECKOUT, "0") "," GROUP(OTHER, "5")), 50,
           "tg-checkout 0, shaketable-abc 0, tg-other 1");
}

static void weight_0_leaves_the_others_as_they_were(void **state)
{
    (void)state;
    expect(SINGLE, 0, "tg-checkout 1, shaketable-abc 0");
    expect(FORWARD(GROUP(CHECKOUT, "30") "," GROUP(OTHER, "10")), 0,
           "tg-checkout 30, shaketable-abc 0, tg-other 10");
}

static void weights_stay_within_what_elb_takes(void **state)
{
    (void)state;
    expect(FORWARD(GROUP(CHECKOUT, "997") "," GROUP(OTHER, "1")), 0.01,
           "tg-checkout 999, shaketable-abc 1, tg-other 1");
    expect(SINGLE, 0.01, "tg-checkout 999, shaketable-abc 1");
    expect(SINGLE, 33.33, "tg-checkout 999, shaketable-abc 499");
}

static void what_elb_would_refuse_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct json_object *of = canary(), *made = parse("{\"shaketable-abc\":\"" OURS "\"}");
    struct json_object *five = parse(FORWARD(GROUP(CHECKOUT, "1") "," GROUP(OTHER, "1") "," GROUP(
        OTHER "a", "1") "," GROUP(OTHER "b", "1") "," GROUP(OTHER "c", "1")));
    assert_null(canary_actions(five, of, made, 10, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    json_object_put(five);
    json_object_put(made);
    json_object_put(of);
}

static void the_same_meaning_is_the_same(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {SINGLE, FORWARD(GROUP(CHECKOUT, "1")), true},
        {SINGLE, FORWARD(GROUP(CHECKOUT, "7")), true},
        {SINGLE,
         "[{\"Type\":\"forward\",\"TargetGroupArn\":\"" CHECKOUT
         "\",\"Order\":\"1\",\"ForwardConfig\":{\"TargetGroupStickinessConfig\":{\"Enabled\":\"false\"},"
         "\"TargetGroups\":[" GROUP(CHECKOUT, "1") "]}}]",
         true},
        {FORWARD(GROUP(CHECKOUT, "1") "," GROUP(OTHER, "2")),
         FORWARD(GROUP(OTHER, "2") "," GROUP(CHECKOUT, "1")), true},
        {FORWARD(GROUP(CHECKOUT, "1") "," GROUP(OTHER, "2")),
         FORWARD(GROUP(OTHER, "1") "," GROUP(CHECKOUT, "1")), false},
        {SINGLE, FORWARD(GROUP(OTHER, "1")), false},
        {SINGLE, "[{\"Type\":\"fixed-response\",\"FixedResponseConfig\":{\"StatusCode\":\"503\"}}]", false},
        {SINGLE,
         "[{\"Type\":\"forward\",\"ForwardConfig\":{\"TargetGroupStickinessConfig\":{\"Enabled\":\"true\"},"
         "\"TargetGroups\":[" GROUP(CHECKOUT, "1") "]}}]",
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_object *a = parse(cases[i].a), *b = parse(cases[i].b);
        if (canary_same_actions(a, b) != cases[i].same)
            fail_msg("case %zu", i);
        json_object_put(a);
        json_object_put(b);
    }
}

static void ours_is_taken_out_of_what_others_made_of_it(void **state)
{
    (void)state;
    char text[256];
    struct json_object *actions =
        parse(FORWARD(GROUP(CHECKOUT, "8") "," GROUP(OURS, "1") "," GROUP(OTHER, "1")));
    assert_string_equal(canary_forwards_to_ours(actions), "shaketable-abc/3");
    assert_true(canary_forwards_to(actions, OTHER));
    struct json_object *without = canary_actions_without_ours(actions);
    assert_string_equal(canary_forwards_to_ours(without), "");
    describe(without, text, sizeof text);
    assert_string_equal(text, "tg-checkout 8, tg-other 1");
    json_object_put(without);
    json_object_put(actions);
}

static void there_is_always_a_task(void **state)
{
    (void)state;
    assert_int_equal(canary_desired(3, 10), 1);
    assert_int_equal(canary_desired(3, 50), 2);
    assert_int_equal(canary_desired(40, 10), 4);
    assert_int_equal(canary_desired(41, 10), 5);
}

/* An answer's XML, and a call made of it. */
static void actions_go_through_the_query_protocol_and_back(void **state)
{
    (void)state;
    static const char xml[] =
        "<R><Actions><member><Type>forward</Type><Order>1</Order><ForwardConfig><TargetGroups><member>"
        "<TargetGroupArn>a</TargetGroupArn><Weight>9</Weight></member></TargetGroups>"
        "<TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>"
        "</ForwardConfig></member></Actions><Empty/></R>";
    struct error error;
    struct aws_query query;
    struct aws_xml *root = aws_xml_parse(xml, sizeof xml - 1, &error);
    assert_non_null(root);
    struct json_object *json = aws_xml_to_json(root);
    assert_string_equal(json_text(json, "Empty"), "");
    aws_query_init(&query);
    aws_query_add_json(&query, json);
    assert_string_equal(buf_text(&query.text),
                        "Actions.member.1.Type=forward&Actions.member.1.Order=1&"
                        "Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn=a&"
                        "Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight=9&"
                        "Actions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=false");
    aws_query_free(&query);
    json_object_put(json);
    aws_xml_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_that_of_the_groups_own),
        cmocka_unit_test(weight_0_leaves_the_others_as_they_were),
        cmocka_unit_test(weights_stay_within_what_elb_takes),
        cmocka_unit_test(what_elb_would_refuse_is_refused),
        cmocka_unit_test(the_same_meaning_is_the_same),
        cmocka_unit_test(ours_is_taken_out_of_what_others_made_of_it),
        cmocka_unit_test(there_is_always_a_task),
        cmocka_unit_test(actions_go_through_the_query_protocol_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
