/* instances, autoscaling, elbv2_attributes: what is asked and what is read. */
#include "aws/autoscaling.h"
#include "aws/client_internal.h"
#include "aws/elbv2_attributes.h"
#include "aws/instances.h"
#include "tests/aws/liar.h"
#include "tests/aws/testing.h"

#include <string.h>

struct fixture {
    struct liar liar;
    struct aws_client *client;
    struct error error;
    atomic_uint calls;
    char last[1024]; /* body of the last call */
};

static void open_client(struct fixture *fixture, liar_answer *answer)
{
    liar_start(&fixture->liar, answer, fixture);
    struct aws_options options = {.endpoint_url = fixture->liar.url};
    fixture->client = aws_client_open(&options, &fixture->error);
    if (!fixture->client)
        fail_msg("%s", fixture->error.message);
    fixture->client->retry.unit_ms = 10;
}

static int setup(void **state)
{
    testing_clean_environment();
    setenv("AWS_ACCESS_KEY_ID", "AKIDTEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    aws_client_close(fixture->client);
    if (fixture->liar.answer)
        liar_stop(&fixture->liar);
    free(fixture);
    return 0;
}

static void assert_done(bool done, const struct fixture *fixture)
{
    if (!done)
        fail_msg("%s", fixture->error.message);
}

static void note(struct fixture *fixture, const struct liar_request *request)
{
    atomic_fetch_add(&fixture->calls, 1);
    snprintf(fixture->last, sizeof fixture->last, "%.*s", (int)request->body_length, request->body);
}

/* The machines. */

static bool answer_instances(void *context, const struct liar_request *request)
{
    note(context, request);
    if (*liar_header(request, "X-Amz-Target"))
        return liar_reply_json(
            request, 200,
            "{\"containerInstances\":[{\"containerInstanceArn\":\"arn:1\",\"ec2InstanceId\":"
            "\"i-1\"},{\"containerInstanceArn\":\"arn:2\",\"ec2InstanceId\":\"mi-2\","
            "\"versionInfo\":{\"agentVersion\":\"1.89.2\",\"agentHash\":\"a1\"}}],"
            "\"failures\":[{\"arn\":\"arn:3\",\"reason\":\"MISSING\"}]}");
    return liar_reply_xml(
        request, 200,
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
        "<instanceId>i-1</instanceId><privateIpAddress>10.0.1.7</privateIpAddress><groupSet>"
        "<item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item></groupSet>"
        "</item></instancesSet></item></reservationSet></DescribeInstancesResponse>");
}

static void their_agents_versions_take_no_question_to_ec2(void **state)
{
    struct fixture *fixture = *state;
    struct instances instances = {0};
    const char *const arns[] = {"arn:1", "arn:2"};
    open_client(fixture, answer_instances);
    assert_done(instances_describe_agents(fixture->client, "c", arns, 2, &instances, &fixture->error),
                fixture);
    assert_int_equal(atomic_load(&fixture->calls), 1);
    assert_string_equal(instances.items[0].agent_version, "");
    assert_string_equal(instances.items[1].agent_version, "1.89.2");
    assert_string_equal(instances.items[1].address, "");
    assert_done(instances_describe_agents(fixture->client, "c", NULL, 0, &instances, &fixture->error),
                fixture);
    assert_int_equal(instances.count, 0);
    assert_int_equal(atomic_load(&fixture->calls), 1);
    instances_free(&instances);
}

static void instances_have_the_addresses_that_ec2_knows(void **state)
{
    struct fixture *fixture = *state;
    struct instances instances = {0};
    const char *const arns[] = {"arn:1", "arn:2", "arn:3"};
    open_client(fixture, answer_instances);
    assert_done(instances_describe(fixture->client, "c", arns, 3, &instances, &fixture->error), fixture);
    assert_int_equal(instances.count, 2);
    assert_string_equal(instances.items[0].arn, "arn:1");
    assert_string_equal(instances.items[0].address, "10.0.1.7");
    assert_int_equal(instances.items[0].security_group_count, 2);
    assert_string_equal(instances.items[0].security_groups[1], "sg-2");
    assert_string_equal(instances.items[1].address, ""); /* outside EC2 */
    assert_non_null(strstr(fixture->last, "InstanceId.1=i-1"));
    assert_null(strstr(fixture->last, "mi-2"));
    unsigned calls = atomic_load(&fixture->calls);
    assert_true(instances_describe(fixture->client, "c", NULL, 0, &instances, &fixture->error));
    assert_int_equal(instances.count, 0);
    assert_int_equal(atomic_load(&fixture->calls), calls);
    instances_free(&instances);
}

/* Autoscaling. */

static bool answer_scaling(void *context, const struct liar_request *request)
{
    struct fixture *fixture = context;
    const char *target = liar_header(request, "X-Amz-Target");
    note(fixture, request);
    if (strcmp(target, "AnyScaleFrontendService.DescribeScalableTargets") == 0)
        return liar_reply_json(
            request, 200,
            "{\"ScalableTargets\":[{\"MinCapacity\":2,\"MaxCapacity\":9,\"SuspendedState\":"
            "{\"DynamicScalingOutSuspended\":true}}]}");
    if (strcmp(target, "AnyScaleFrontendService.DescribeScalingActivities") == 0)
        return liar_reply_json(
            request, 200,
            "{\"ScalingActivities\":[{\"StatusCode\":\"InProgress\",\"Description\":\"to 4\","
            "\"StartTime\":1795269700.5}],\"NextToken\":\"more\"}");
    bool second = strstr(fixture->last, "\"NextToken\"") != NULL;
    return liar_reply_json(request, 200,
                           second ? "{\"ScheduledActions\":[{\"ScheduledActionName\":\"two\"}]}"
                                  : "{\"ScheduledActions\":[{\"ScheduledActionName\":\"one\",\"Schedule\":"
                                    "\"rate(1 day)\",\"Timezone\":\"UTC\"}],\"NextToken\":\"x\"}");
}

static void autoscaling_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct autoscaling_target target;
    struct autoscaling_activities activities = {0};
    struct autoscaling_schedules schedules = {0};
    open_client(fixture, answer_scaling);
    assert_done(autoscaling_describe_target(fixture->client, "shop", "web", &target, &fixture->error),
                fixture);
    assert_non_null(strstr(fixture->last, "\"ResourceIds\""));
    assert_non_null(strstr(fixture->last, "web"));
    assert_true(target.found && target.out_suspended && !target.in_suspended);
    assert_int_equal(target.minimum, 2);
    assert_int_equal(target.maximum, 9);
    assert_done(autoscaling_describe_activities(fixture->client, "shop", "web", &activities, &fixture->error),
                fixture);
    assert_int_equal(activities.count, 1); /* the first page is enough */
    assert_string_equal(activities.items[0].status, "InProgress");
    assert_int_equal(activities.items[0].started_at_ms, 1795269700500);
    assert_done(autoscaling_describe_schedules(fixture->client, "shop", "web", &schedules, &fixture->error),
                fixture);
    assert_int_equal(schedules.count, 2); /* of all pages */
    assert_string_equal(schedules.items[0].schedule, "rate(1 day)");
    assert_string_equal(schedules.items[1].name, "two");
    autoscaling_activities_free(&activities);
    autoscaling_schedules_free(&schedules);
}

static bool deny(void *context, const struct liar_request *request)
{
    note(context, request);
    return liar_reply_json(request, 400, "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}");
}

static void what_is_denied_names_the_permission(void **state)
{
    struct fixture *fixture = *state;
    struct autoscaling_target target;
    open_client(fixture, deny);
    assert_false(autoscaling_describe_target(fixture->client, "shop", "web", &target, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_DENIED);
    assert_non_null(strstr(fixture->error.message, "application-autoscaling:DescribeScalableTargets"));
    assert_false(target.found);
}

/* Attributes. */

static bool answer_attributes(void *context, const struct liar_request *request)
{
    note(context, request);
    return liar_reply_xml(request, 200,
                          "<R><DescribeTargetGroupAttributesResult><Attributes>"
                          "<member><Key>deregistration_delay.timeout_seconds</Key><Value>120</Value></member>"
                          "<member><Key>proxy_protocol_v2.enabled</Key><Value>true</Value></member>"
                          "<member><Key>negative</Key><Value>-1</Value></member><member><Key>word</"
                          "Key><Value>5s</Value></member>"
                          "</Attributes></DescribeTargetGroupAttributesResult></R>");
}

static void attributes_are_read_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct elbv2_attributes attributes;
    open_client(fixture, answer_attributes);
    assert_done(
        elbv2_describe_target_group_attributes(fixture->client, "arn:tg", &attributes, &fixture->error),
        fixture);
    assert_int_equal(attributes.count, 4);
    assert_string_equal(elbv2_attribute(&attributes, "proxy_protocol_v2.enabled"), "true");
    assert_string_equal(elbv2_attribute(&attributes, "other"), "");
    assert_int_equal(elbv2_attribute_number(&attributes, "deregistration_delay.timeout_seconds", 300), 120);
    assert_int_equal(elbv2_attribute_number(&attributes, "other", 300), 300);
    assert_int_equal(elbv2_attribute_number(&attributes, "negative", 300), 300);
    assert_int_equal(elbv2_attribute_number(&attributes, "word", 300), 300);
}

int main(void)
{
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(instances_have_the_addresses_that_ec2_knows),
        WITH_FIXTURE(their_agents_versions_take_no_question_to_ec2),
        WITH_FIXTURE(autoscaling_is_read),
        WITH_FIXTURE(what_is_denied_names_the_permission),
        WITH_FIXTURE(attributes_are_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
