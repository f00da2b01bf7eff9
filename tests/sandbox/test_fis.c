/* FIS's pure parts: what a template may be, in which order its actions can start, whom a target means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/fis_check.h"

#define WAIT "{\"actionId\":\"aws:fis:wait\",\"parameters\":{\"duration\":\"PT1M\"}}"
#define STOP "{\"actionId\":\"aws:ecs:stop-task\",\"targets\":{\"Tasks\":\"t\"}}"

/* The code and words of checking a template with these actions, targets and more; "" if it is good. */
static void check(const char *actions, const char *targets, const char *more, char words[CALL_MESSAGE_MAX])
{
    char text[8192];
    struct call call;

    snprintf(text, sizeof text,
             "{\"description\":\"d\",\"roleArn\":\"arn:aws:iam:000000000000:role/ExperimentRole\","
             "\"stopConditions\":[],\"actions\":%s,\"targets\":%s%s}",
             actions, targets, more);
    call_init(&call);
    struct json_object *request = json_tokener_parse(text);
    assert_non_null(request);
    struct json_object *body = fis_template_body(request, NULL);
    bool good = fis_check_template(&call, body, "us-east-1");
    snprintf(words, CALL_MESSAGE_MAX, "%s", good ? "" : call.message);
    if (!good)
        assert_true(*call.code && call.status >= 400);
    json_object_put(body);
    json_object_put(request);
    call_free(&call);
}

static void expect(const char *actions, const char *targets, const char *more, const char *wanted)
{
    char words[CALL_MESSAGE_MAX];

    check(actions, targets, more, words);
    if (!*wanted)
        assert_string_equal(words, "");
    else if (!strstr(words, wanted))
        fail_msg("wanted: %s\ngot: %s", wanted, words);
}

static void templates_that_are_good(void **state)
{
    (void)state;
    expect("{\"w\":" WAIT "}", "{}", "", "");
    expect("{\"with a blank\":" WAIT ",\"b\":{\"actionId\":\"aws:fis:wait\",\"parameters\":"
           "{\"duration\":\"PT12H\"},\"startAfter\":[\"with a blank\"]}}",
           "{}", "", "");
    expect("{\"s\":" STOP "}",
           "{\"t\":{\"resourceType\":\"aws:ecs:task\",\"resourceTags\":{\"aws:x\":\"y\"},\"parameters\":{"
           "\"cluster\":"
           "\"c\"},\"filters\":[{\"path\":\"LastStatus\",\"values\":[\"RUNNING\"]}],\"selectionMode\":"
           "\"PERCENT(50)\"}}",
           ",\"experimentOptions\":{\"emptyTargetResolutionMode\":\"skip\"}", "");
    expect("{\"x\":{\"actionId\":\"localstack:generic:latency\",\"parameters\":{\"latencyMilliseconds\":5000,"
           "\"service\":\"dynamodb\"}}}",
           "{}", "", "");
    expect("{\"x\":{\"actionId\":\"localstack:generic:api-error\"}}", "{}", "", "");
    expect("{\"x\":{\"actionId\":\"localstack:generic:api-error\",\"parameters\":{\"latency\":\"4\"}}}", "{}",
           "", "");
}

static void parameters_that_are_wrong(void **state)
{
    static const struct {
        const char *id, *parameters, *words;
    } cases[] = {
        {"aws:fis:wait", "{}", "Missing required parameter \"duration\""},
        {"aws:fis:wait", "{\"duration\":\"5m\"}", "an ISO 8601 duration"},
        {"aws:fis:wait", "{\"duration\":\"PT\"}", "an ISO 8601 duration"},
        {"aws:fis:wait", "{\"duration\":\"PT30S\"}", "from 60 to 43200 seconds"},
        {"aws:fis:wait", "{\"duration\":\"P1D\"}", "from 60 to 43200 seconds"},
        {"aws:fis:wait", "{\"duration\":[]}", "must be a text"},
        {"aws:fis:wait", "[]", "must be a map of texts"},
        {"aws:fis:wait", "{\"duration\":\"PT1M\",\"x\":\"y\"}", "Unexpected parameter \"x\""},
        {"aws:ecs:task-network-latency", "{\"duration\":\"PT1M\",\"delayMilliseconds\":\"fast\"}",
         "a whole number from 0 to 60000"},
        {"aws:ecs:task-network-latency", "{\"duration\":\"PT1M\",\"flowsPercent\":\"0\"}", "from 1 to 100"},
        {"aws:ecs:task-network-packet-loss", "{\"duration\":\"PT1M\",\"lossPercent\":\"101\"}",
         "from 1 to 100"},
        {"aws:ecs:task-network-blackhole-port",
         "{\"duration\":\"PT1M\",\"port\":\"0\",\"trafficType\":\"egress\"}", "from 1 to 65535"},
        {"aws:ecs:task-network-blackhole-port",
         "{\"duration\":\"PT1M\",\"port\":\"80\",\"trafficType\":\"both\"}", "one of: ingress egress"},
        {"aws:ecs:task-network-blackhole-port", "{\"duration\":\"PT1M\",\"port\":\"80\"}",
         "Missing required parameter \"trafficType\""},
        {"aws:ecs:task-kill-process", "{\"processName\":\"x\",\"signal\":\"SIGHUP\"}", "SIGTERM SIGKILL"},
        {"aws:ecs:task-kill-process", "{\"processName\":\"\"}", "a text of 1 to 1024 characters"},
        {"aws:ecs:task-cpu-stress", "{\"duration\":\"PT1M\",\"installDependencies\":\"maybe\"}",
         "true or false"},
        {"localstack:generic:latency", "{}", "Missing required parameter \"latencyMilliseconds\""},
        {"localstack:generic:latency", "{\"latencyMilliseconds\":\"soon\"}", "latencyMilliseconds"},
        {"localstack:generic:api-error", "{\"percentage\":\"120\"}", "percentage"},
        {"localstack:generic:api-error", "{\"errorCode\":\"200\"}", "errorCode"},
        {"localstack:generic:api-error", "{\"service\":\"nosuch\"}", "there is no service nosuch"},
        {"aws:nope:nope", "{}", "Invalid action ID \"aws:nope:nope\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char actions[1024];
        snprintf(actions, sizeof actions, "{\"x\":{\"actionId\":\"%s\",\"parameters\":%s}}", cases[i].id,
                 cases[i].parameters);
        expect(actions, "{}", "", cases[i].words);
    }
}

static void targets_that_are_wrong(void **state)
{
    static const struct {
        const char *target, *words;
    } cases[] = {
        {"{\"selectionMode\":\"ALL\"}", "resourceType' failed"},
        {"{\"resourceType\":\"aws:ecs:task\",\"resourceTags\":{\"a\":\"b\"}}", "selectionMode' failed"},
        {"{\"resourceType\":\"aws:nope\",\"selectionMode\":\"ALL\"}", "Invalid resource type \"aws:nope\""},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"ALL\"}", "must specify resourceArns"},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"SOME\",\"resourceTags\":{\"a\":\"b\"}}",
         "Invalid selection mode"},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"COUNT(0)\",\"resourceTags\":{\"a\":\"b\"}}",
         "Invalid selection mode"},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"ALL\",\"resourceArns\":[\"arn:x\"]}",
         "Invalid ARN"},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"ALL\",\"resourceArns\":[\"a\",\"b\",\"c\","
         "\"d\","
         "\"e\",\"f\"]}",
         "less than or equal to 5"},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"ALL\",\"resourceArns\":[\"arn:aws:ecs:a:b:"
         "task/c\"],"
         "\"parameters\":{\"cluster\":\"c\"}}",
         "both resourceArns and parameters"},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"ALL\",\"parameters\":{\"zone\":\"c\"}}",
         "Unexpected parameter \"zone\""},
        {"{\"resourceType\":\"aws:ecs:task\",\"selectionMode\":\"ALL\",\"filters\":[{\"path\":\"X\"}]}",
         "needs a path and values"},
        {"{\"resourceType\":\"aws:eks:pod\",\"selectionMode\":\"ALL\",\"parameters\":{\"namespace\":\"c\"}}",
         "Missing required parameter \"clusterIdentifier\""},
        {"{\"resourceType\":\"aws:ecs:cluster\",\"selectionMode\":\"ALL\",\"resourceTags\":{\"a\":\"b\"}}",
         "needs \"aws:ecs:task\""},
        {"[]", "resourceType' failed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char targets[1024];
        snprintf(targets, sizeof targets, "{\"t\":%s}", cases[i].target);
        expect("{\"s\":" STOP "}", targets, "", cases[i].words);
    }
    expect("{\"s\":" STOP "}", "[]", "", "targets must be a map");
    expect("{\"s\":" STOP "}", "{}", "", "is not one of the template's");
}

static void the_rest_of_a_template(void **state)
{
    (void)state;
    expect("[]", "{}", "", "at least one action");
    expect("{}", "{}", "", "at least one action");
    expect("{\"\":" WAIT "}", "{}", "", "must have 1 to 64 characters");
    expect("{\"x\":7}", "{}", "", "must be an object");
    expect("{\"w\":" WAIT "}", "{}", ",\"tags\":[]", "map of texts");
    expect("{\"w\":" WAIT "}", "{}", ",\"tags\":{\"aws:a\":\"b\"}", "must not begin with aws:");
    expect("{\"w\":" WAIT "}", "{}", ",\"experimentOptions\":{\"accountTargeting\":\"multi-account\"}",
           "single account");
    expect("{\"w\":" WAIT "}", "{}", ",\"experimentOptions\":{\"emptyTargetResolutionMode\":\"x\"}",
           "enum value set: [fail, skip]");
    expect("{\"w\":" WAIT "}", "{}", ",\"logConfiguration\":{}", "logSchemaVersion");
    expect("{\"w\":" WAIT "}", "{}",
           ",\"stopConditions\":[{\"source\":\"aws:cloudwatch:alarm\",\"value\":"
           "\"arn:aws:cloudwatch:eu-west-1:000000000000:alarm:x\"}]",
           "is not the ARN of an alarm in us-east-1");
    expect("{\"w\":" WAIT "}", "{}",
           ",\"stopConditions\":[{\"source\":\"aws:cloudwatch:alarm\",\"value\":"
           "\"arn:aws:cloudwatch:us-east-1:000000000000:alarm:x:y\"}]",
           "");
    expect("{\"w\":" WAIT "}", "{}", ",\"stopConditions\":[{\"source\":\"luck\"}]",
           "Invalid stop condition source");
}

static void expect_cycle(const char *text, const char *wanted)
{
    struct json_object *actions = json_tokener_parse(text);
    const char *name = NULL;

    assert_int_equal(fis_has_cycle(actions, &name), wanted != NULL);
    if (wanted)
        assert_string_equal(name, wanted);
    json_object_put(actions);
}

static void actions_that_wait_for_each_other(void **state)
{
    (void)state;
    expect_cycle("{\"a\":{},\"b\":{\"startAfter\":[\"a\"]},\"c\":{\"startAfter\":[\"a\",\"b\"]}}", NULL);
    expect_cycle("{\"c\":{\"startAfter\":[\"b\"]},\"b\":{\"startAfter\":[\"a\"]},\"a\":{}}", NULL);
    expect_cycle("{\"a\":{\"startAfter\":[\"a\"]}}", "a");
    expect_cycle("{\"x\":{},\"a\":{\"startAfter\":[\"x\",\"c\"]},\"b\":{\"startAfter\":[\"a\"]},"
                 "\"c\":{\"startAfter\":[\"b\"]}}",
                 "a");
}

static bool holds(const char *filters, const char *description)
{
    struct json_object *list = json_tokener_parse(filters), *json = json_tokener_parse(description);
    bool result = fis_filters_hold(list, json);

    json_object_put(list);
    json_object_put(json);
    return result;
}

static void filters_follow_a_path(void **state)
{
    const char *task = "{\"lastStatus\":\"RUNNING\",\"clusterArn\":\"c\",\"cpu\":256,"
                       "\"containers\":[{\"name\":\"a\",\"ports\":[{\"port\":1}]},{\"name\":\"b\"}]}";

    (void)state;
    assert_true(holds("[]", task));
    assert_true(holds("[{\"path\":\"LastStatus\",\"values\":[\"X\",\"RUNNING\"]}]", task));
    assert_false(holds("[{\"path\":\"LastStatus\",\"values\":[\"STOPPED\"]}]", task));
    assert_true(holds("[{\"path\":\"Containers.Name\",\"values\":[\"b\"]}]", task));
    assert_true(holds("[{\"path\":\"Containers.Ports.Port\",\"values\":[\"1\"]}]", task));
    assert_true(holds("[{\"path\":\"Cpu\",\"values\":[\"256\"]}]", task));
    assert_false(holds("[{\"path\":\"Containers\",\"values\":[\"b\"]}]", task));
    assert_false(holds("[{\"path\":\"Cluster\",\"values\":[\"c\"]}]", task));
    assert_false(holds("[{\"path\":\"\",\"values\":[\"c\"]}]", task));
    /* All of them must hold. */
    assert_false(
        holds("[{\"path\":\"ClusterArn\",\"values\":[\"c\"]},{\"path\":\"Cpu\",\"values\":[\"1\"]}]", task));
}

static size_t selected(const char *mode)
{
    struct json_object *list = json_tokener_parse("[\"a\",\"b\",\"c\",\"d\",\"e\"]");
    struct random random;

    random_seed(&random, 7);
    fis_select(&random, list, mode);
    size_t count = json_length(list);
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(json_text_at(list, i - 1), json_text_at(list, i)) < 0);
    json_object_put(list);
    return count;
}

static void selection_modes(void **state)
{
    (void)state;
    assert_int_equal(selected("ALL"), 5);
    assert_int_equal(selected("COUNT(2)"), 2);
    assert_int_equal(selected("COUNT(9)"), 5);
    assert_int_equal(selected("PERCENT(50)"), 2); /* rounded down */
    assert_int_equal(selected("PERCENT(19)"), 0);
    assert_int_equal(selected("PERCENT(100)"), 5);
}

static void each_of_them_can_be_chosen(void **state)
{
    struct random random;
    unsigned seen = 0;

    (void)state;
    random_seed(&random, 1);
    for (int i = 0; i < 200; i++) {
        struct json_object *list = json_tokener_parse("[\"0\",\"1\",\"2\"]");
        fis_select(&random, list, "COUNT(1)");
        seen |= 1u << (json_text_at(list, 0)[0] - '0');
        json_object_put(list);
    }
    assert_int_equal(seen, 7);
}

static void an_update_changes_what_it_names(void **state)
{
    struct json_object *before = json_tokener_parse(
        "{\"description\":\"old\",\"roleArn\":\"r\",\"actions\":{\"w\":" WAIT "},\"experimentOptions\":"
        "{\"accountTargeting\":\"single-account\",\"emptyTargetResolutionMode\":\"skip\"}}");
    struct json_object *request = json_tokener_parse("{\"description\":\"new\",\"unknown\":1}");
    struct json_object *body = fis_template_body(request, before);

    (void)state;
    assert_string_equal(json_text(body, "description"), "new");
    assert_string_equal(json_text(body, "roleArn"), "r");
    assert_string_equal(json_text(json_map(body, "experimentOptions"), "emptyTargetResolutionMode"), "skip");
    assert_null(json_any(body, "unknown"));
    assert_true(json_equal(json_any(body, "actions"), json_any(before, "actions")));
    json_object_put(body);
    json_object_put(request);
    json_object_put(before);
}

/* What the catalogue says of itself: every parameter's bounds make sense, every target's type is there. */
static void the_catalogue_is_whole(void **state)
{
    static const char *const ids[] = {"aws:ecs:drain-container-instances",
                                      "aws:ecs:stop-task",
                                      "aws:ecs:task-cpu-stress",
                                      "aws:ecs:task-io-stress",
                                      "aws:ecs:task-kill-process",
                                      "aws:ecs:task-network-blackhole-port",
                                      "aws:ecs:task-network-latency",
                                      "aws:ecs:task-network-packet-loss",
                                      "aws:fis:wait",
                                      "localstack:generic:api-error",
                                      "localstack:generic:latency",
                                      "aws:ec2:stop-instances",
                                      "aws:ssm:send-command",
                                      "aws:rds:reboot-db-instances"};

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct fis_action_type *type = fis_action_type(ids[i]);
        assert_non_null(type);
        assert_int_equal(type->target != NULL, type->resource_type != NULL);
        if (type->resource_type)
            assert_non_null(fis_resource_type(type->resource_type));
        for (const struct fis_parameter *one = type->parameters; one && one->name; one++) {
            assert_true(strlen(one->description) <= 512);
            assert_int_equal(one->kind == FIS_WORD, one->words != NULL);
            assert_int_equal(one->kind == FIS_INTEGER || one->kind == FIS_DURATION,
                             one->highest > one->lowest);
            assert_ptr_equal(fis_find_parameter(type->parameters, one->name), one);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_that_are_good),
        cmocka_unit_test(parameters_that_are_wrong),
        cmocka_unit_test(targets_that_are_wrong),
        cmocka_unit_test(the_rest_of_a_template),
        cmocka_unit_test(actions_that_wait_for_each_other),
        cmocka_unit_test(filters_follow_a_path),
        cmocka_unit_test(selection_modes),
        cmocka_unit_test(each_of_them_can_be_chosen),
        cmocka_unit_test(an_update_changes_what_it_names),
        cmocka_unit_test(the_catalogue_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
