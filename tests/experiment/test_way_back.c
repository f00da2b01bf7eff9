/* way_back: all that restores a service, kept through files and labels. */
#include "experiment/way_back.h"

#include "experiment/json.h"
#include "tests/experiment/support.h"

static void assert_same(const struct way_back *a, const struct way_back *b)
{
    assert_string_equal(a->experiment, b->experiment);
    assert_string_equal(a->operator_name, b->operator_name);
    assert_string_equal(a->region, b->region);
    assert_string_equal(a->endpoint, b->endpoint);
    assert_string_equal(a->cluster, b->cluster);
    assert_string_equal(a->service, b->service);
    assert_string_equal(a->cluster_arn, b->cluster_arn);
    assert_string_equal(a->service_arn, b->service_arn);
    assert_string_equal(a->task_definition, b->task_definition);
    assert_string_equal(a->family, b->family);
    assert_int_equal(a->created_ms, b->created_ms);
    assert_int_equal(a->deadline_ms, b->deadline_ms);
    assert_true(json_same(a->load_balancers, b->load_balancers));
}

static void its_json_reads_back_as_the_same(void **state)
{
    (void)state;
    struct way_back way_back, back = {0};
    struct error error;
    support_way_back(&way_back, "abcd1234");
    struct json_object *json = way_back_to_json(&way_back);
    assert_done(way_back_from_json(&back, json, &error), &error);
    assert_same(&way_back, &back);
    json_object_put(json);
    way_back_free(&way_back);
    way_back_free(&back);
}

static void a_copy_is_its_own(void **state)
{
    (void)state;
    struct way_back way_back, copy = {0};
    support_way_back(&way_back, "abcd1234");
    assert_true(way_back_copy(&copy, &way_back, NULL));
    assert_same(&way_back, &copy);
    assert_ptr_not_equal(way_back.load_balancers, copy.load_balancers);
    way_back_free(&way_back);
    assert_int_equal(json_object_array_length(copy.load_balancers), 1);
    way_back_free(&copy);
}

/* A task definition with the labels, as AWS would give it back. */
static struct json_object *labelled(const struct way_back *way_back)
{
    struct json_object *task_definition =
        support_json("{'taskDefinitionArn':'arn:x/shaketable-checkout:1','containerDefinitions':"
                     "[{'name':'app','dockerLabels':{'team':'x'}},{'name':'ours','dockerLabels':{}},{}]}");
    struct json_object *containers = json_array(task_definition, "containerDefinitions");
    way_back_label(way_back, json_object_of(json_object_array_get_idx(containers, 1), "dockerLabels"));
    struct json_object *copy = json_parse(json_object_to_json_string(task_definition),
                                          strlen(json_object_to_json_string(task_definition)));
    json_object_put(task_definition);
    return copy;
}

static void labels_carry_it_through_a_task_definition(void **state)
{
    (void)state;
    struct way_back way_back, back = {0};
    struct error error;
    support_way_back(&way_back, "abcd1234");
    struct json_object *task_definition = labelled(&way_back);
    assert_done(way_back_from_task_definition(&back, task_definition, &error), &error);
    assert_same(&way_back, &back);
    struct json_object *container =
        json_object_array_get_idx(json_array(task_definition, "containerDefinitions"), 1);
    struct json_object *labels = json_object_of(container, "dockerLabels");
    assert_string_equal(json_text(labels, WAY_BACK_LABEL_EXPERIMENT), "abcd1234");
    assert_string_equal(json_text(labels, WAY_BACK_LABEL_OPERATOR), "größe@laptop");
    assert_string_equal(json_text(labels, WAY_BACK_LABEL_DEADLINE), "2026-11-21T14:06:40Z");
    json_object_put(task_definition);
    way_back_free(&way_back);
    way_back_free(&back);
}

static void without_labels_there_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{'containerDefinitions':7}", "{'containerDefinitions':[]}",
                                        "{'containerDefinitions':[{'dockerLabels':[]},null]}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct way_back back = {0};
        struct error error;
        struct json_object *json = support_json(texts[i]);
        assert_false(way_back_from_task_definition(&back, json, &error));
        assert_int_equal(error.code, ERROR_NOT_FOUND);
        json_object_put(json);
    }
}

static void labels_that_are_no_json_are_invalid(void **state)
{
    (void)state;
    static const char *const texts[] = {"{", "{} {}", "7", "[]", "x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct way_back back = {0};
        struct error error;
        struct json_object *json = support_json("{'containerDefinitions':[{'dockerLabels':{}}]}");
        struct json_object *container =
            json_object_array_get_idx(json_array(json, "containerDefinitions"), 0);
        json_put_text(json_object_of(container, "dockerLabels"), WAY_BACK_LABEL, texts[i]);
        assert_false(way_back_from_task_definition(&back, json, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_null(back.load_balancers);
        json_object_put(json);
    }
}

static void every_key_that_restores_must_be_there(void **state)
{
    (void)state;
    static const char *const keys[] = {"version", "experiment",   "region",     "cluster",
                                       "service", "clusterArn",   "serviceArn", "taskDefinition",
                                       "family",  "loadBalancers"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct way_back way_back, back = {.experiment = "untouched"};
        struct error error;
        support_way_back(&way_back, "abcd1234");
        struct json_object *json = way_back_to_json(&way_back);
        json_object_object_del(json, keys[i]);
        assert_false(way_back_from_json(&back, json, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_contains(error.message, i == 0 ? "version" : keys[i]);
        assert_string_equal(back.experiment, "untouched");
        json_object_put(json);
        way_back_free(&way_back);
    }
}

static void a_later_version_is_not_guessed_at(void **state)
{
    (void)state;
    struct way_back way_back, back = {0};
    struct error error;
    support_way_back(&way_back, "abcd1234");
    struct json_object *json = way_back_to_json(&way_back);
    json_put_integer(json, "version", 2);
    assert_false(way_back_from_json(&back, json, &error));
    assert_contains(error.message, "version of shaketable");
    json_object_put(json);
    way_back_free(&way_back);
}

static void a_value_that_is_too_long_is_named_not_cut(void **state)
{
    (void)state;
    struct way_back way_back, back = {0};
    struct error error;
    char longest[600];
    support_way_back(&way_back, "abcd1234");
    struct json_object *json = way_back_to_json(&way_back);
    memset(longest, 'x', sizeof longest);
    longest[511] = '\0';
    json_put_text(json, "taskDefinition", longest);
    assert_true(way_back_from_json(&back, json, &error));
    assert_int_equal(strlen(back.task_definition), 511);
    way_back_free(&back);
    longest[511] = 'x';
    longest[512] = '\0';
    json_put_text(json, "taskDefinition", longest);
    assert_false(way_back_from_json(&back, json, &error));
    assert_contains(error.message, "taskDefinition is longer than 511");
    json_object_put(json);
    way_back_free(&way_back);
}

static void our_revisions_are_known_by_their_family(void **state)
{
    (void)state;
    assert_true(way_back_is_ours("arn:aws:ecs:eu-west-1:1:task-definition/shaketable-checkout:1"));
    assert_true(way_back_is_ours("shaketable-checkout:1"));
    assert_false(way_back_is_ours("arn:aws:ecs:eu-west-1:1:task-definition/checkout:1"));
    assert_false(way_back_is_ours("my-shaketable-checkout:1"));
    assert_false(way_back_is_ours(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_json_reads_back_as_the_same),
        cmocka_unit_test(a_copy_is_its_own),
        cmocka_unit_test(labels_carry_it_through_a_task_definition),
        cmocka_unit_test(without_labels_there_is_none),
        cmocka_unit_test(labels_that_are_no_json_are_invalid),
        cmocka_unit_test(every_key_that_restores_must_be_there),
        cmocka_unit_test(a_later_version_is_not_guessed_at),
        cmocka_unit_test(a_value_that_is_too_long_is_named_not_cut),
        cmocka_unit_test(our_revisions_are_known_by_their_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
