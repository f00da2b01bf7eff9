/* ecs, elbv2, ec2, sts: what is read, over pages and in batches. */
#include "aws/client_internal.h"
#include "aws/ec2.h"
#include "aws/ecs.h"
#include "aws/elbv2.h"
#include "aws/json.h"
#include "aws/sts.h"
#include "tests/aws/liar.h"
#include "tests/aws/testing.h"

#include <string.h>

#define SERVICES 25

struct fixture {
    struct liar liar;
    struct aws_client *client;
    struct error error;
    atomic_uint largest_batch;
    atomic_uint describes;
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

/* Readers alone. */

static void a_service_is_read_with_all_that_counts(void **state)
{
    struct json_object *raw = testing_load_json("service.json");
    struct ecs_service *service = calloc(1, sizeof *service);
    (void)state;
    assert_true(ecs_service_from_json(service, raw, NULL));
    assert_string_equal(service->name, "checkout");
    assert_string_equal(service->arn, "arn:aws:ecs:eu-west-1:123456789012:service/storefront/checkout");
    assert_string_equal(service->cluster_arn, "arn:aws:ecs:eu-west-1:123456789012:cluster/storefront");
    assert_string_equal(service->status, "ACTIVE");
    assert_string_equal(service->launch_type, "FARGATE");
    assert_string_equal(service->scheduling_strategy, "REPLICA");
    assert_string_equal(service->deployment_controller, "ECS");
    assert_string_equal(service->deployment_strategy, "ROLLING");
    assert_int_equal(service->created_at_ms, 1695269727900);
    assert_int_equal(service->desired, 3);
    assert_int_equal(service->running, 2);
    assert_int_equal(service->pending, 1);
    assert_int_equal(service->health_check_grace_s, 60);
    assert_true(service->circuit_breaker_enabled && service->circuit_breaker_rollback);
    assert_true(service->service_connect && service->execute_command);
    assert_int_equal(service->load_balancer_count, 2);
    assert_string_equal(service->load_balancers[0].container_name, "app");
    assert_int_equal(service->load_balancers[1].container_port, 8081);
    assert_true(!service->load_balancers[0].advanced && service->load_balancers[1].advanced);
    assert_int_equal(service->deployment_count, 2);
    assert_string_equal(service->deployments[0].rollout_state, "IN_PROGRESS");
    assert_int_equal(service->deployments[0].failed, 2);
    assert_int_equal(service->deployments[0].created_at_ms, 1795269727123);
    assert_int_equal(service->deployments[0].updated_at_ms, 1795269730000);
    assert_int_equal(service->event_count, ECS_EVENTS_MAX);
    assert_int_equal(service->events[0].at_ms, 1795269731500);
    assert_string_equal(service->events[4].message, "3");
    assert_string_equal(ecs_service_tag(service, "team"), "größe €");
    assert_string_equal(ecs_service_tag(service, "empty"), "");
    assert_null(ecs_service_tag(service, "other"));
    assert_int_equal(service->subnet_count, 2);
    assert_string_equal(service->subnets[1], "subnet-2");
    assert_string_equal(service->security_groups[0], "sg-0123456789abcdef0");
    free(service);
    json_object_put(raw);
}

static void a_bare_service_has_the_defaults(void **state)
{
    struct json_object *raw =
        json_tokener_parse("{\"serviceName\":\"x\",\"desiredCount\":\"3\",\"events\":7,"
                           "\"tags\":[null],\"deployments\":[[]],\"loadBalancers\":{}}");
    struct ecs_service *service = calloc(1, sizeof *service);
    (void)state;
    assert_true(ecs_service_from_json(service, raw, NULL));
    assert_string_equal(service->deployment_controller, "ECS");
    assert_string_equal(service->deployment_strategy, "ROLLING");
    assert_int_equal(service->desired, 0);
    assert_int_equal(service->health_check_grace_s, -1);
    assert_int_equal(service->event_count, 0);
    free(service);
    json_object_put(raw);
}

static void what_is_no_service_or_task_is_refused(void **state)
{
    struct json_object *raw = json_tokener_parse("{\"status\":\"ACTIVE\"}");
    struct ecs_service *service = calloc(1, sizeof *service);
    struct ecs_task *task = calloc(1, sizeof *task);
    struct error error = {0};
    (void)state;
    assert_false(ecs_service_from_json(service, raw, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_false(ecs_service_from_json(service, NULL, &error));
    assert_false(ecs_task_from_json(task, raw, &error));
    assert_false(ecs_task_from_json(task, NULL, &error));
    free(task);
    free(service);
    json_object_put(raw);
}

static void a_task_is_read_with_its_address_and_containers(void **state)
{
    struct json_object *raw = testing_load_json("task.json");
    struct ecs_task *task = calloc(1, sizeof *task);
    (void)state;
    assert_true(ecs_task_from_json(task, raw, NULL));
    assert_string_equal(task->id, "0123456789abcdef0123456789abcdef");
    assert_string_equal(task->address, "10.0.1.17");
    assert_string_equal(task->az, "eu-west-1a");
    assert_string_equal(task->health, "HEALTHY");
    assert_string_equal(task->started_by, "ecs-svc/2");
    assert_int_equal(task->started_at_ms, 1795269733250);
    assert_int_equal(task->container_count, 2);
    assert_int_equal(task->containers[0].exit_code, ECS_EXIT_CODE_NONE);
    assert_int_equal(task->containers[1].exit_code, 0);
    assert_string_equal(task->containers[1].reason, "Essential container exited");
    free(task);
    json_object_put(raw);
}

static void text_is_cut_at_a_characters_border(void **state)
{
    char text[6];
    (void)state;
    aws_copy_text(text, sizeof text, "abcd€");
    assert_string_equal(text, "abcd");
    aws_copy_text(text, sizeof text, "ab€");
    assert_string_equal(text, "ab€");
    assert_string_equal(ecs_short_name("arn:aws:ecs:r:1:service/c/s"), "s");
    assert_string_equal(ecs_short_name("arn:aws:ecs:r:1:task-definition/web:7"), "web:7");
    assert_string_equal(ecs_short_name("web"), "web");
}

/* Lists over pages and batches. */

static bool answer_pages(const struct liar_request *request, struct json_object *input)
{
    char body[2048], *at = body;
    int page = (int)strtol(aws_json_text(input, "nextToken"), NULL, 10);
    at += sprintf(at, "{\"serviceArns\":[");
    for (int i = page * 10; i < page * 10 + 10 && i < SERVICES; i++)
        at += sprintf(at, "%s\"arn:aws:ecs:r:1:service/c/s%02d\"", i % 10 ? "," : "", SERVICES - 1 - i);
    at += sprintf(at, "]");
    if (page < 2)
        at += sprintf(at, ",\"nextToken\":\"%d\"", page + 1);
    sprintf(at, "}");
    return liar_reply_json(request, 200, body);
}

/* Describes what was asked for, but for number 7, which is gone meanwhile. */
static bool answer_batch(struct fixture *fixture, const struct liar_request *request,
                         struct json_object *input)
{
    char body[8192], *at = body;
    struct json_object *names = aws_json_get(input, "services"), *include = aws_json_get(input, "include");
    size_t count = aws_json_count(names);
    atomic_fetch_add(&fixture->describes, 1);
    if (count > atomic_load(&fixture->largest_batch))
        atomic_store(&fixture->largest_batch, (unsigned)count);
    if (aws_json_count(include) != 1 || strcmp(json_object_get_string(aws_json_at(include, 0)), "TAGS") != 0)
        return liar_reply_json(request, 400, "{\"__type\":\"Wrong\",\"message\":\"no TAGS\"}");
    at += sprintf(at, "{\"failures\":[],\"services\":[");
    for (size_t i = 0, told = 0; i < count; i++) {
        const char *name = ecs_short_name(json_object_get_string(aws_json_at(names, i)));
        if (strcmp(name, "s07") != 0)
            at += sprintf(at, "%s{\"serviceName\":\"%s\",\"tags\":[{\"key\":\"name\",\"value\":\"%s\"}]}",
                          told++ ? "," : "", name, name);
    }
    sprintf(at, "]}");
    return liar_reply_json(request, 200, body);
}

static bool answer_services(void *context, const struct liar_request *request)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *input = json_tokener_parse_ex(tokener, request->body, (int)request->body_length);
    bool list = strstr(liar_header(request, "X-Amz-Target"), ".ListServices") != NULL;
    bool keep = list ? answer_pages(request, input) : answer_batch(context, request, input);
    json_object_put(input);
    json_tokener_free(tokener);
    return keep;
}

static void note_service(void *context, const struct ecs_service *service)
{
    unsigned *seen = context;
    assert_string_equal(ecs_service_tag(service, "name"), service->name);
    seen[strtoul(service->name + 1, NULL, 10)]++;
}

static void services_come_from_all_pages_in_batches_with_tags_each_once(void **state)
{
    struct fixture *fixture = *state;
    unsigned seen[SERVICES] = {0};
    open_client(fixture, answer_services);
    assert_done(ecs_each_service(fixture->client, "c", note_service, seen, &fixture->error), fixture);
    for (size_t i = 0; i < SERVICES; i++)
        assert_int_equal(seen[i], i != 7);
    assert_int_equal(atomic_load(&fixture->largest_batch), ECS_SERVICES_A_CALL);
    assert_int_equal(atomic_load(&fixture->describes), 3);
}

static bool answer_same_token(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 200, "{\"clusterArns\":[\"arn:a\"],\"nextToken\":\"again\"}");
}

static bool answer_tokens_in_a_circle(void *context, const struct liar_request *request)
{
    char body[128];
    (void)context;
    snprintf(body, sizeof body, "{\"clusterArns\":[\"arn:a\"],\"nextToken\":\"%u\"}", request->number % 7);
    return liar_reply_json(request, 200, body);
}

static void assert_loop_is_noticed(struct fixture *fixture, unsigned most)
{
    struct ecs_clusters clusters = {0};
    assert_false(ecs_list_clusters(fixture->client, &clusters, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NETWORK);
    assert_non_null(strstr(fixture->error.message, "ListClusters"));
    assert_non_null(strstr(fixture->error.message, "same page token"));
    assert_true(atomic_load(&fixture->liar.requests) <= most);
    ecs_clusters_free(&clusters);
}

static void a_page_token_that_repeats_is_noticed(void **state)
{
    open_client(*state, answer_same_token);
    assert_loop_is_noticed(*state, 2);
}

static void page_tokens_in_a_circle_are_noticed(void **state)
{
    open_client(*state, answer_tokens_in_a_circle);
    assert_loop_is_noticed(*state, 32);
}

static bool answer_missing(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(
        request, 200, "{\"services\":[],\"failures\":[{\"arn\":\"arn:x/checkuot\",\"reason\":\"MISSING\"}]}");
}

static void a_service_that_does_not_exist_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *raw = NULL;
    open_client(fixture, answer_missing);
    assert_false(ecs_describe_service(fixture->client, "storefront", "checkuot", &raw, &fixture->error));
    assert_null(raw);
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_string_equal(fixture->error.message,
                        "there is no service 'checkuot' in the cluster 'storefront' (eu-west-1)");
}

static bool answer_no_cluster(void *context, const struct liar_request *request)
{
    (void)context;
    return liar_reply_json(request, 400,
                           "{\"__type\":\"ClusterNotFoundException\",\"message\":\"Cluster not found.\"}");
}

static void a_cluster_that_does_not_exist_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *raw = NULL;
    open_client(fixture, answer_no_cluster);
    assert_false(ecs_describe_service(fixture->client, "sotrefront", "checkout", &raw, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(fixture->error.message, "there is no cluster 'sotrefront' in eu-west-1"));
    assert_string_equal(fixture->error.reason, "ClusterNotFoundException");
}

static bool answer_registered(void *context, const struct liar_request *request)
{
    (void)context;
    bool whole = strstr(request->body, "\"aKeyOfTomorrow\":{\"x\":1.50}") != NULL;
    return liar_reply_json(
        request, 200,
        whole ? "{\"taskDefinition\":{\"taskDefinitionArn\":\"arn:x:1\",\"status\":\"ACTIVE\"}}"
              : "{\"somethingElse\":{}}");
}

static void a_task_definition_is_registered_with_unknown_keys_and_numbers_as_they_were(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *input = json_tokener_parse("{\"family\":\"f\",\"aKeyOfTomorrow\":{\"x\":1.50}}");
    struct json_object *definition = NULL, *empty = json_object_new_object();
    open_client(fixture, answer_registered);
    assert_done(ecs_register_task_definition(fixture->client, input, &definition, &fixture->error), fixture);
    assert_string_equal(aws_json_text(definition, "taskDefinitionArn"), "arn:x:1");
    json_object_put(definition);
    assert_false(ecs_register_task_definition(fixture->client, empty, &definition, &fixture->error));
    assert_null(definition);
    assert_string_equal(fixture->error.message,
                        "ECS RegisterTaskDefinition: the answer has no taskDefinition");
    json_object_put(input);
    json_object_put(empty);
}

/* Query services. */

static bool answer_file(const struct liar_request *request, const char *name)
{
    char path[1024], text[16384];
    FILE *file = fopen(testing_data(name, path, sizeof path), "r");
    if (!file)
        return liar_reply_xml(request, 500, "<no/>");
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    return liar_reply_xml(request, 200, text);
}

static bool body_has(const struct liar_request *request, const char *text)
{
    return memmem(request->body, request->body_length, text, strlen(text)) != NULL;
}

static bool answer_query(void *context, const struct liar_request *request)
{
    (void)context;
    if (body_has(request, "Action=DescribeTargetGroups&Version=2015-12-01"))
        return answer_file(request, "target_groups.xml");
    if (body_has(request, "Action=DescribeRules&") && body_has(request, "ListenerArn=arn%3Alistener"))
        return answer_file(request, "rules.xml");
    if (body_has(request, "Action=DescribeSecurityGroups&Version=2016-11-15&GroupId.1=sg-1"))
        return answer_file(request, "security_groups.xml");
    if (body_has(request, "Action=GetCallerIdentity&Version=2011-06-15"))
        return liar_reply_xml(
            request, 200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/u</Arn>"
            "<UserId>AIDA</UserId><Account>1</Account></GetCallerIdentityResult>"
            "</GetCallerIdentityResponse>");
    return liar_reply_xml(
        request, 400,
        "<ErrorResponse><Error><Code>TargetGroupNotFound</Code><Message>One or more target groups "
        "not found</Message></Error></ErrorResponse>");
}

static void target_groups_are_read_with_their_health_check(void **state)
{
    struct fixture *fixture = *state;
    struct elbv2_target_groups groups = {0};
    open_client(fixture, answer_query);
    assert_done(elbv2_describe_target_groups(fixture->client, NULL, 0, &groups, &fixture->error), fixture);
    assert_int_equal(groups.count, 2);
    const struct elbv2_target_group *alone = &groups.items[0], *web = &groups.items[1];
    assert_string_equal(web->name, "web");
    assert_int_equal(web->port, 8080);
    assert_string_equal(web->target_type, "ip");
    assert_true(web->health_check.enabled && !alone->health_check.enabled);
    assert_string_equal(web->health_check.path, "/health?a=1&b=<2>");
    assert_string_equal(web->health_check.port, "traffic-port");
    assert_string_equal(web->health_check.matcher, "200-399");
    assert_int_equal(web->health_check.interval_s, 30);
    assert_int_equal(web->health_check.timeout_s, 5);
    assert_int_equal(web->health_check.healthy, 5);
    assert_int_equal(web->health_check.unhealthy, 2);
    assert_int_equal(web->load_balancer_count, 1);
    assert_int_equal(alone->load_balancer_count, 0);
    elbv2_target_groups_free(&groups);
}

static void rules_are_read_with_the_weights_of_their_forwards(void **state)
{
    struct fixture *fixture = *state;
    struct elbv2_rules rules = {0};
    open_client(fixture, answer_query);
    assert_done(elbv2_describe_rules(fixture->client, "arn:listener", &rules, &fixture->error), fixture);
    assert_int_equal(rules.count, 2);
    assert_string_equal(rules.items[0].priority, "10");
    assert_int_equal(rules.items[0].forward_count, 2);
    assert_string_equal(rules.items[0].forwards[1].target_group_arn, "arn:tg/b");
    assert_int_equal(rules.items[0].forwards[1].weight, 10);
    assert_true(rules.items[1].is_default);
    assert_int_equal(rules.items[1].forwards[0].weight, ELBV2_WEIGHT_NONE);
    elbv2_rules_free(&rules);
}

static void security_groups_are_read_with_inbound_rules_by_source(void **state)
{
    struct fixture *fixture = *state;
    struct ec2_security_groups groups = {0};
    const char *ids[] = {"sg-1"};
    open_client(fixture, answer_query);
    assert_done(ec2_describe_security_groups(fixture->client, ids, 1, &groups, &fixture->error), fixture);
    assert_int_equal(groups.count, 1);
    const struct ec2_security_group *group = &groups.items[0];
    assert_string_equal(group->name, "web");
    assert_int_equal(group->rule_count, 4);
    assert_string_equal(group->rules[0].source, "10.0.0.0/8");
    assert_int_equal(group->rules[0].from_port, 8080);
    assert_int_equal(group->rules[0].to_port, 8090);
    assert_true(group->rules[2].source_is_group);
    assert_string_equal(group->rules[2].source, "sg-lb");
    assert_string_equal(group->rules[3].protocol, "-1");
    assert_int_equal(group->rules[3].from_port, EC2_PORT_ANY);
    assert_string_equal(group->rules[3].source, "::/0");
    ec2_security_groups_free(&groups);
}

static void the_caller_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct sts_identity identity;
    open_client(fixture, answer_query);
    assert_done(sts_get_caller_identity(fixture->client, &identity, &fixture->error), fixture);
    assert_string_equal(identity.arn, "arn:aws:iam::1:user/u");
    assert_string_equal(identity.account, "1");
    assert_string_equal(identity.user_id, "AIDA");
}

static void a_target_group_that_does_not_exist_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct elbv2_targets targets = {0};
    open_client(fixture, answer_query);
    assert_false(elbv2_describe_target_health(fixture->client, "arn:none", &targets, &fixture->error));
    assert_int_equal(fixture->error.code, ERROR_NOT_FOUND);
    assert_string_equal(
        fixture->error.message,
        "ELBv2 DescribeTargetHealth: TargetGroupNotFound: One or more target groups not found");
}

int main(void)
{
#define WITH_LIAR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_is_read_with_all_that_counts),
        cmocka_unit_test(a_bare_service_has_the_defaults),
        cmocka_unit_test(what_is_no_service_or_task_is_refused),
        cmocka_unit_test(a_task_is_read_with_its_address_and_containers),
        cmocka_unit_test(text_is_cut_at_a_characters_border),
        WITH_LIAR(services_come_from_all_pages_in_batches_with_tags_each_once),
        WITH_LIAR(a_page_token_that_repeats_is_noticed),
        WITH_LIAR(page_tokens_in_a_circle_are_noticed),
        WITH_LIAR(a_service_that_does_not_exist_is_named),
        WITH_LIAR(a_cluster_that_does_not_exist_is_named),
        WITH_LIAR(a_task_definition_is_registered_with_unknown_keys_and_numbers_as_they_were),
        WITH_LIAR(target_groups_are_read_with_their_health_check),
        WITH_LIAR(rules_are_read_with_the_weights_of_their_forwards),
        WITH_LIAR(security_groups_are_read_with_inbound_rules_by_source),
        WITH_LIAR(the_caller_is_told),
        WITH_LIAR(a_target_group_that_does_not_exist_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
