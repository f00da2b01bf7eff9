/* revision: ours is theirs with a sidecar, and nothing else. */
#include "experiment/revision.h"

#include "experiment/json.h"
#include "tests/experiment/support.h"

static const char one_mapping[] =
    "[{'targetGroupArn':'arn:tg/1','containerName':'app','containerPort':8080}]";

static struct json_object *response;
static struct json_object *theirs; /* of response */
static struct way_back way_back;

static int setup(void **state)
{
    (void)state;
    response = support_load("task_definition.json");
    theirs = json_object_of(response, "taskDefinition");
    support_way_back(&way_back, "abcd1234");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_object_put(response);
    way_back_free(&way_back);
    return 0;
}

static struct json_object *build(const char *load_balancers, struct revision_sidecars *sidecars)
{
    struct error error;
    struct json_object *mappings = support_json(load_balancers);
    assert_done(revision_find_sidecars(theirs, mappings, sidecars, &error), &error);
    struct json_object *input =
        revision_build(response, sidecars, &way_back, "shaketable/proxy:1", "k1,k2", &error);
    assert_done(input != NULL, &error);
    json_object_put(mappings);
    return input;
}

static struct json_object *container_at(struct json_object *input, size_t index)
{
    return json_object_array_get_idx(json_array(input, "containerDefinitions"), index);
}

static bool is_response_only(const char *key)
{
    static const char *const keys[] = {
        "taskDefinitionArn", "revision",     "status",         "requiresAttributes", "compatibilities",
        "registeredAt",      "registeredBy", "deregisteredAt", "deleteRequestedAt",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static void every_key_known_or_not_is_kept(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *input = build(one_mapping, &sidecars);
    size_t kept = 0, dropped = 0;
    json_object_object_foreach(theirs, key, value)
    {
        struct json_object *now = NULL;
        bool there = json_object_object_get_ex(input, key, &now);
        if (is_response_only(key)) {
            assert_false(there);
            dropped++;
        } else if (strcmp(key, "family") == 0) {
            assert_string_equal(json_object_get_string(now), "shaketable-checkout");
        } else if (strcmp(key, "containerDefinitions") == 0) {
            assert_int_equal(json_object_array_length(now), json_object_array_length(value) + 1);
            for (size_t i = 0; i < json_object_array_length(value); i++)
                assert_true(
                    json_same(json_object_array_get_idx(value, i), json_object_array_get_idx(now, i)));
        } else {
            assert_true(there && json_same(value, now));
            kept++;
        }
    }
    assert_int_equal(dropped, 9);
    assert_int_equal(json_object_object_length(input), (int)kept + 3); /* family, containers, tags */
    json_object_put(input);
}

/* A document with every key of the API, and keys that it does not have at every level
 * (test_every_key.py holds it against the service's model). */
static void a_task_definition_with_every_key_is_kept(void **state)
{
    (void)state;
    json_object_put(response);
    response = support_load("every_key.json");
    theirs = json_object_of(response, "taskDefinition");
    every_key_known_or_not_is_kept(state);
    struct revision_sidecars sidecars;
    struct json_object *input = build(one_mapping, &sidecars);
    assert_true(json_same(json_array(input, "tags"), json_array(response, "tags")));
    json_object_put(input);
}

/* Each line of the sidecar's log is whole, so nothing may join them; the application's stays as it is. */
static void the_sidecar_s_log_has_no_pattern_of_the_application(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    json_object_put(response);
    response = support_load("every_key.json");
    theirs = json_object_of(response, "taskDefinition");
    struct json_object *input = build(one_mapping, &sidecars);
    struct json_object *log = json_object_of(container_at(input, 1), "logConfiguration");
    struct json_object *expected = support_json("{'awslogs-group':'/ecs/checkout'}");
    assert_true(json_same(json_object_of(log, "options"), expected));
    assert_string_equal(json_text(log, "logDriver"),
                        json_text(json_object_of(container_at(theirs, 0), "logConfiguration"), "logDriver"));
    json_object_put(expected);
    json_object_put(input);
}

static void a_name_that_is_taken_is_left_alone(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    json_object_array_add(json_array(theirs, "containerDefinitions"),
                          support_json("{'name':'shaketable-proxy-2'}"));
    struct json_object *mappings = support_json("[{'containerName':'app','containerPort':8080},"
                                                "{'containerName':'app','containerPort':8081}]");
    assert_true(revision_find_sidecars(theirs, mappings, &sidecars, NULL));
    assert_string_equal(sidecars.item[0].container, "shaketable-proxy");
    assert_string_equal(sidecars.item[1].container, "shaketable-proxy-3");
    json_object_put(mappings);
}

static void sizes_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t units;
    } sizes[] = {{"{'cpu':'512'}", 512},    {"{'cpu':'.5 vCPU'}", 512},
                 {"{'cpu':'1vcpu'}", 1024}, {"{'cpu':'2 GB'}", 2048},
                 {"{'cpu':256}", 256},      {"{'cpu':null}", 0},
                 {"{'cpu':'x'}", 0},        {"{}", 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct json_object *json = support_json(sizes[i].text);
        assert_int_equal(revision_task_units(json, "cpu"), sizes[i].units);
        json_object_put(json);
    }
}

static void numbers_and_texts_survive_to_the_last_digit(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *input = build(one_mapping, &sidecars);
    const char *text = json_object_to_json_string_ext(container_at(input, 0), JSON_C_TO_STRING_PLAIN);
    assert_contains(text, "9007199254740993");
    assert_contains(text, "[null,true,0.1]");
    assert_contains(text, "\\u0001");
    json_object_put(input);
}

static void what_was_read_is_not_changed(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *before = json_copy(response);
    struct json_object *input = build(one_mapping, &sidecars);
    assert_true(json_same(before, response));
    json_object_put(before);
    json_object_put(input);
}

static void tags_are_kept_but_those_that_only_aws_may_set(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *input = build(one_mapping, &sidecars);
    struct json_object *expected =
        support_json("[{'key':'team','value':'größe €'},{'key':'environment','value':'production'}]");
    assert_true(json_same(json_array(input, "tags"), expected));
    json_object_put(input);
    json_object_put(expected);
}

static void without_tags_there_is_no_such_key(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    json_object_object_add(response, "tags", support_json("[{'key':'aws:x','value':'y'}]"));
    struct json_object *input = build(one_mapping, &sidecars);
    assert_false(json_object_object_get_ex(input, "tags", NULL));
    json_object_put(input);
    json_object_object_del(response, "tags");
    input = build(one_mapping, &sidecars);
    assert_false(json_object_object_get_ex(input, "tags", NULL));
    json_object_put(input);
}

static void the_sidecar_stands_before_the_application(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct way_back back = {0};
    struct json_object *input = build(one_mapping, &sidecars);
    struct json_object *ours = container_at(input, 2);
    struct json_object *command = support_json("['--listen','0.0.0.0:15000','--upstream','127.0.0.1:8080',"
                                               "'--stats','tcp:0.0.0.0:15001']");
    struct json_object *ports = support_json("[{'containerPort':15000,'hostPort':15000,'protocol':'tcp'},"
                                             "{'containerPort':15001,'hostPort':15001,'protocol':'tcp'}]");
    assert_string_equal(json_text(ours, "name"), "shaketable-proxy");
    assert_string_equal(json_text(ours, "image"), "shaketable/proxy:1");
    assert_true(json_flag(ours, "essential"));
    struct json_object *environment = support_json("[{'name':'SHAKETABLE_CONSOLE_KEY','value':'k1,k2'}]");
    assert_true(json_same(json_array(ours, "command"), command));
    assert_true(json_same(json_array(ours, "environment"), environment));
    json_object_put(environment);
    assert_true(json_same(json_array(ours, "portMappings"), ports));
    assert_true(json_same(json_object_of(ours, "logConfiguration"),
                          json_object_of(container_at(theirs, 0), "logConfiguration")));
    assert_true(way_back_from_task_definition(&back, input, NULL));
    assert_string_equal(back.experiment, "abcd1234");
    way_back_free(&back);
    json_object_put(command);
    json_object_put(ports);
    json_object_put(input);
}

static void a_health_check_path_is_handed_on(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *mappings = support_json(one_mapping);
    assert_true(revision_find_sidecars(theirs, mappings, &sidecars, NULL));
    strcpy(sidecars.item[0].health_check_path, "/health?deep=1");
    struct json_object *input = revision_build(response, &sidecars, &way_back, "i", "k1", NULL);
    struct json_object *command = json_array(container_at(input, 2), "command");
    assert_string_equal(json_object_get_string(json_object_array_get_idx(command, 6)), "--health-check-path");
    assert_string_equal(json_object_get_string(json_object_array_get_idx(command, 7)), "/health?deep=1");
    json_object_put(mappings);
    json_object_put(input);
}

static void a_sidecar_needs_memory_where_the_task_has_none(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *input = build(one_mapping, &sidecars);
    assert_int_equal(json_integer(container_at(input, 2), "memoryReservation"), 0);
    json_object_put(input);
    json_object_object_del(theirs, "memory");
    input = build(one_mapping, &sidecars);
    assert_true(json_integer(container_at(input, 2), "memoryReservation") > 0);
    json_object_put(input);
}

static void each_port_has_a_sidecar_with_ports_of_its_own(void **state)
{
    (void)state;
    struct revision_sidecars sidecars, back;
    struct json_object *input = build("[{'targetGroupArn':'1','containerName':'app','containerPort':8080},"
                                      "{'targetGroupArn':'2','containerName':'app','containerPort':8081},"
                                      "{'targetGroupArn':'3','containerName':'app','containerPort':8080},"
                                      "{'targetGroupArn':'4','containerName':'envoy','containerPort':8080}]",
                                      &sidecars);
    assert_int_equal(sidecars.count, 3);
    assert_string_equal(sidecars.item[0].container, "shaketable-proxy");
    assert_string_equal(sidecars.item[1].container, "shaketable-proxy-2");
    assert_string_equal(sidecars.item[2].application, "envoy");
    int ports[6];
    for (size_t i = 0; i < 3; i++) {
        ports[2 * i] = sidecars.item[i].port;
        ports[2 * i + 1] = sidecars.item[i].stats_port;
    }
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(ports[i], ports[k]);
    revision_read_sidecars(input, &back);
    assert_int_equal(back.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(back.item[i].container, sidecars.item[i].container);
        assert_int_equal(back.item[i].port, sidecars.item[i].port);
        assert_int_equal(back.item[i].stats_port, sidecars.item[i].stats_port);
    }
    json_object_put(input);
}

static void ports_that_are_taken_are_left_alone(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *ports = json_array(container_at(theirs, 1), "portMappings");
    json_object_array_add(ports, support_json("{'containerPort':15000}"));
    json_object_array_add(ports, support_json("{'containerPort':1,'hostPort':15002}"));
    json_object_array_add(ports, support_json("{'containerPortRange':'15004-15010'}"));
    struct json_object *mappings = support_json("[{'containerName':'app','containerPort':8080},"
                                                "{'containerName':'app','containerPort':8081}]");
    assert_true(revision_find_sidecars(theirs, mappings, &sidecars, NULL));
    assert_int_equal(sidecars.item[0].port, 15001);
    assert_int_equal(sidecars.item[0].stats_port, 15003);
    assert_int_equal(sidecars.item[1].port, 15011);
    assert_int_equal(sidecars.item[1].stats_port, 15012);
    json_object_put(mappings);
}

static void assert_refused(const char *load_balancers, const char *why)
{
    struct revision_sidecars sidecars;
    struct error error;
    struct json_object *mappings = support_json(load_balancers);
    assert_false(revision_find_sidecars(theirs, mappings, &sidecars, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    assert_contains(error.message, why);
    json_object_put(mappings);
}

static void what_cannot_be_done_is_refused(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct error error;
    assert_refused("[{'containerName':'nobody','containerPort':80}]", "container nobody");
    assert_refused("[]", "no load balancer");
    assert_refused("[{'containerName':'app','containerPort':1},{'containerName':'app','containerPort':2},"
                   "{'containerName':'app','containerPort':3},{'containerName':'app','containerPort':4},"
                   "{'containerName':'app','containerPort':5}]",
                   "more than 4 ports");
    assert_false(revision_find_sidecars(theirs, NULL, &sidecars, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    json_object_object_del(theirs, "containerDefinitions");
    sidecars.count = 0;
    assert_null(revision_build(response, &sidecars, &way_back, "i", "k1", &error));
    assert_int_equal(error.code, ERROR_INVALID);
}

static void load_balancers_point_to_the_sidecar_and_are_else_the_same(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    struct json_object *mappings =
        support_json("[{'targetGroupArn':'1','containerName':'app','containerPort':8080,"
                     "'advancedConfiguration':{'roleArn':'r'},'keyOfTomorrow':[1]},"
                     "{'loadBalancerName':'classic','containerName':'app','containerPort':8081}]");
    struct json_object *before = json_copy(mappings);
    assert_true(revision_find_sidecars(theirs, mappings, &sidecars, NULL));
    struct json_object *ours = revision_load_balancers(mappings, &sidecars);
    struct json_object *expected = support_json(
        "[{'targetGroupArn':'1','containerName':'shaketable-proxy','containerPort':15000,"
        "'advancedConfiguration':{'roleArn':'r'},'keyOfTomorrow':[1]},"
        "{'loadBalancerName':'classic','containerName':'shaketable-proxy-2','containerPort':15002}]");
    assert_true(json_same(ours, expected));
    assert_true(json_same(mappings, before));
    json_object_put(mappings);
    json_object_put(before);
    json_object_put(ours);
    json_object_put(expected);
}

static void sidecars_are_not_read_from_what_is_not_ours(void **state)
{
    (void)state;
    struct revision_sidecars sidecars;
    revision_read_sidecars(theirs, &sidecars);
    assert_int_equal(sidecars.count, 0);
    revision_read_sidecars(NULL, &sidecars);
    assert_int_equal(sidecars.count, 0);
}

int main(void)
{
#define WITH_RESPONSE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_RESPONSE(every_key_known_or_not_is_kept),
        WITH_RESPONSE(a_task_definition_with_every_key_is_kept),
        WITH_RESPONSE(the_sidecar_s_log_has_no_pattern_of_the_application),
        WITH_RESPONSE(a_name_that_is_taken_is_left_alone),
        WITH_RESPONSE(sizes_are_read_in_every_spelling),
        WITH_RESPONSE(numbers_and_texts_survive_to_the_last_digit),
        WITH_RESPONSE(what_was_read_is_not_changed),
        WITH_RESPONSE(tags_are_kept_but_those_that_only_aws_may_set),
        WITH_RESPONSE(without_tags_there_is_no_such_key),
        WITH_RESPONSE(the_sidecar_stands_before_the_application),
        WITH_RESPONSE(a_health_check_path_is_handed_on),
        WITH_RESPONSE(a_sidecar_needs_memory_where_the_task_has_none),
        WITH_RESPONSE(each_port_has_a_sidecar_with_ports_of_its_own),
        WITH_RESPONSE(ports_that_are_taken_are_left_alone),
        WITH_RESPONSE(what_cannot_be_done_is_refused),
        WITH_RESPONSE(load_balancers_point_to_the_sidecar_and_are_else_the_same),
        WITH_RESPONSE(sidecars_are_not_read_from_what_is_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
