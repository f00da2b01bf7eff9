/* restore_compare: is the service as it was? And: are these the same load balancers? */
#include "core/buf.h"
#include "experiment/deployment.h"
#include "experiment/restore.h"
#include "tests/experiment/support.h"

static size_t compare(const char *before, const char *after, struct buf *differences)
{
    struct json_object *a = support_json(before), *b = support_json(after);
    buf_init(differences, 600);
    size_t count = restore_compare(a, b, differences);
    json_object_put(a);
    json_object_put(b);
    return count;
}

static void what_changes_by_itself_does_not_count(void **state)
{
    (void)state;
    struct buf text;
    assert_int_equal(
        compare(
            "{'serviceName':'x','deployments':[1],'events':[1],'runningCount':1,'pendingCount':2,"
            "'taskSets':[],'currentServiceDeployment':'a','currentServiceRevisions':[1],'desiredCount':3}",
            "{'serviceName':'x','deployments':[2],'events':[],'runningCount':3,'pendingCount':0,"
            "'currentServiceDeployment':'b','desiredCount':4}",
            &text),
        0);
    assert_string_equal(buf_text(&text), "");
    buf_free(&text);
}

static void each_difference_is_named_with_both_values(void **state)
{
    (void)state;
    struct buf text;
    assert_int_equal(compare("{'a':1,'gone':'x','same':{'k':[1,2]},'nested':{'k':1}}",
                             "{'same':{'k':[1,2]},'a':2,'nested':{'k':2},'new':true}", &text),
                     4);
    assert_contains(buf_text(&text), "a: 1 → 2");
    assert_contains(buf_text(&text), "gone: \"x\" → null");
    assert_contains(buf_text(&text), "nested: ");
    assert_contains(buf_text(&text), "new: not there → true");
    assert_null(strstr(buf_text(&text), "same"));
    buf_free(&text);
}

static void the_order_of_keys_is_no_difference(void **state)
{
    (void)state;
    struct buf text;
    assert_int_equal(compare("{'a':{'x':1,'y':2},'b':1}", "{'b':1,'a':{'y':2,'x':1}}", &text), 0);
    buf_free(&text);
}

static void the_order_of_load_balancers_is_no_difference(void **state)
{
    (void)state;
    struct buf text;
    const char *before = "{'loadBalancers':[{'targetGroupArn':'1','containerName':'a','containerPort':80},"
                         "{'targetGroupArn':'2','containerName':'a','containerPort':81}]}";
    const char *after = "{'loadBalancers':[{'targetGroupArn':'2','containerName':'a','containerPort':81},"
                        "{'targetGroupArn':'1','containerName':'a','containerPort':80}]}";
    assert_int_equal(compare(before, after, &text), 0);
    buf_free(&text);
    after = "{'loadBalancers':[{'targetGroupArn':'2','containerName':'a','containerPort':81},"
            "{'targetGroupArn':'1','containerName':'a','containerPort':15000}]}";
    assert_int_equal(compare(before, after, &text), 1);
    assert_contains(buf_text(&text), "loadBalancers: ");
    buf_free(&text);
}

static void many_differences_are_counted_though_not_all_fit(void **state)
{
    (void)state;
    struct json_object *before = json_object_new_object(), *after = json_object_new_object();
    struct buf text;
    buf_init(&text, 100);
    for (int i = 0; i < 50; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%d", i);
        json_object_object_add(before, key, json_object_new_int(i));
    }
    assert_int_equal(restore_compare(before, after, &text), 50);
    assert_true(text.length <= 100);
    buf_free(&text);
    json_object_put(before);
    json_object_put(after);
}

static bool same(const char *a, const char *b)
{
    struct json_object *x = support_json(a), *y = support_json(b);
    bool result = deployment_same_load_balancers(x, y);
    assert_int_equal(deployment_same_load_balancers(y, x), result);
    json_object_put(x);
    json_object_put(y);
    return result;
}

static void mappings_are_compared_as_a_set(void **state)
{
    (void)state;
    assert_true(same("[]", "[]"));
    assert_true(same("[{'targetGroupArn':'1','containerName':'a','containerPort':1,'new':7}]",
                     "[{'targetGroupArn':'1','containerName':'a','containerPort':1}]"));
    assert_false(same("[]", "[{'targetGroupArn':'1'}]"));
    assert_false(same("[{'loadBalancerName':'1'}]", "[{'loadBalancerName':'2'}]"));
    assert_false(
        same("[{'targetGroupArn':'1','containerName':'a'}]", "[{'targetGroupArn':'1','containerName':'b'}]"));
    assert_false(same("[{'targetGroupArn':'1'},{'targetGroupArn':'1'}]",
                      "[{'targetGroupArn':'1'},{'targetGroupArn':'2'}]"));
    assert_false(deployment_same_load_balancers(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_by_itself_does_not_count),
        cmocka_unit_test(each_difference_is_named_with_both_values),
        cmocka_unit_test(the_order_of_keys_is_no_difference),
        cmocka_unit_test(the_order_of_load_balancers_is_no_difference),
        cmocka_unit_test(many_differences_are_counted_though_not_all_fit),
        cmocka_unit_test(mappings_are_compared_as_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
