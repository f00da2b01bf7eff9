/* preflight: each finding, what it says, and whether it stops. */
#include "experiment/preflight.h"

#include <string.h>

#include "experiment/model_internal.h"
#include "tests/aws/liar.h"
#include "tests/experiment/support.h"

static struct ecs_service *service;
static struct model_plan *plan;
static struct revision_sidecars sidecars;
static struct fault fault;
static struct preflight at;

static void load_balancer(size_t index, const char *arn, int port)
{
    struct ecs_load_balancer *to = &service->load_balancers[index];
    snprintf(to->target_group_arn, sizeof to->target_group_arn, "%s", arn);
    strcpy(to->container_name, "app");
    to->container_port = port;
    service->load_balancer_count = index + 1;
}

/* A service to which there is nothing to say. */
static int setup(void **state)
{
    (void)state;
    service = calloc(1, sizeof *service);
    plan = model_plan_new();
    strcpy(service->name, "checkout");
    strcpy(service->cluster_arn, "arn:aws:ecs:eu-west-1:1:cluster/storefront");
    strcpy(service->status, "ACTIVE");
    strcpy(service->task_definition, "arn:aws:ecs:eu-west-1:1:task-definition/checkout:41");
    strcpy(service->deployment_controller, "ECS");
    strcpy(service->deployment_strategy, "ROLLING");
    strcpy(service->role_arn, "arn:aws:iam::1:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
    strcpy(service->deployments[0].status, "PRIMARY");
    strcpy(service->deployments[0].rollout_state, "COMPLETED");
    service->deployment_count = 1;
    service->desired = service->running = 2;
    load_balancer(0, "arn:tg", 8080);
    sidecars = (struct revision_sidecars){0};
    fault_init(&fault);
    at = (struct preflight){.plan = plan, .service = service, .sidecars = &sidecars, .fault = &fault};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(service);
    model_plan_release(plan);
    return 0;
}

static void assert_nothing(void)
{
    if (plan->finding_count > 0)
        fail_msg("%s", plan->findings[0].what);
    assert_false(plan->refused);
}

static void forget(void)
{
    plan->finding_count = 0;
    plan->refused = false;
}

/* The only finding; every one says what it is, why it matters and what to do. */
static void assert_only(enum model_severity severity, const char *what)
{
    assert_int_equal(plan->finding_count, 1);
    const struct model_finding *finding = &plan->findings[0];
    assert_contains(finding->what, what);
    assert_int_equal(finding->severity, severity);
    assert_string_not_equal(finding->why, "");
    assert_string_not_equal(finding->advice, "");
    assert_int_equal(plan->refused, severity == MODEL_STOP);
}

static void a_steady_service_has_no_finding(void **state)
{
    (void)state;
    preflight_service(&at);
    assert_nothing();
}

static void a_service_that_is_not_active_stops(void **state)
{
    (void)state;
    strcpy(service->status, "DRAINING");
    preflight_service(&at);
    assert_only(MODEL_STOP, "the service is DRAINING");
}

static void a_service_that_is_injected_stops_with_the_way_out(void **state)
{
    (void)state;
    strcpy(service->task_definition, "arn:aws:ecs:eu-west-1:1:task-definition/shaketable-checkout:3");
    preflight_service(&at);
    assert_only(MODEL_STOP, "injected already, by revision shaketable-checkout:3");
    assert_string_equal(plan->findings[0].advice,
                        "shaketable rollback --cluster storefront --service checkout");
}

static void another_controller_stops(void **state)
{
    (void)state;
    strcpy(service->deployment_controller, "CODE_DEPLOY");
    preflight_service(&at);
    assert_only(MODEL_STOP, "the deployment controller is CODE_DEPLOY");
}

static void another_strategy_stops(void **state)
{
    (void)state;
    strcpy(service->deployment_strategy, "BLUE_GREEN");
    preflight_service(&at);
    assert_only(MODEL_STOP, "the deployment strategy is BLUE_GREEN");
}

static void an_advanced_load_balancer_stops(void **state)
{
    (void)state;
    service->load_balancers[0].advanced = true;
    preflight_service(&at);
    assert_only(MODEL_STOP, "advancedConfiguration");
}

static void a_deployment_under_way_stops(void **state)
{
    (void)state;
    strcpy(service->deployments[0].rollout_state, "IN_PROGRESS");
    preflight_service(&at);
    assert_only(MODEL_STOP, "a deployment is under way");
}

static void two_deployments_stop(void **state)
{
    (void)state;
    service->deployment_count = 2;
    preflight_service(&at);
    assert_only(MODEL_STOP, "a deployment is under way");
}

static void a_circuit_breaker_is_a_note(void **state)
{
    (void)state;
    service->circuit_breaker_enabled = true;
    preflight_rolling(&at);
    assert_only(MODEL_NOTE, "circuit breaker is on, without rollback");
    forget();
    service->circuit_breaker_rollback = true;
    preflight_rolling(&at);
    assert_only(MODEL_NOTE, "circuit breaker rolls back");
}

static void no_load_balancer_stops(void **state)
{
    (void)state;
    service->load_balancer_count = 0;
    preflight_service(&at);
    assert_only(MODEL_STOP, "no load balancer");
}

static void no_task_stops(void **state)
{
    (void)state;
    service->desired = 0;
    preflight_service(&at);
    assert_only(MODEL_STOP, "desired count is 0");
}

static void service_connect_is_a_warning(void **state)
{
    (void)state;
    service->service_connect = true;
    preflight_service(&at);
    assert_only(MODEL_WARNING, "Service Connect");
}

static void a_role_of_its_own_is_a_warning(void **state)
{
    (void)state;
    strcpy(service->role_arn, "arn:aws:iam::1:role/mine");
    preflight_rolling(&at);
    assert_only(MODEL_WARNING, "a role of its own");
}

/* ── the task definition ─────────────────────────────────────────────────────────────────── */

static void look_at(const char *task_definition)
{
    struct json_object *json = support_json(task_definition);
    at.task_definition = json;
    preflight_task_definition(&at);
    at.task_definition = NULL;
    json_object_put(json);
}

static void a_good_task_definition_has_no_finding(void **state)
{
    (void)state;
    look_at("{'status':'ACTIVE','networkMode':'awsvpc','runtimePlatform':{'operatingSystemFamily':'LINUX'}}");
    assert_nothing();
}

static void an_inactive_revision_stops(void **state)
{
    (void)state;
    look_at("{'status':'INACTIVE','networkMode':'awsvpc','taskDefinitionArn':'arn:x/checkout:41'}");
    assert_only(MODEL_STOP, "checkout:41 is INACTIVE");
}

static void the_network_mode_decides(void **state)
{
    (void)state;
    look_at("{'status':'ACTIVE','networkMode':'host'}");
    assert_only(MODEL_WARNING, "network mode is host");
    forget();
    look_at("{'status':'ACTIVE','networkMode':'bridge'}");
    assert_only(MODEL_STOP, "network mode is bridge");
    forget();
    look_at("{'status':'ACTIVE'}");
    assert_only(MODEL_STOP, "network mode is bridge");
    forget();
    look_at("{'status':'ACTIVE','networkMode':'none'}");
    assert_only(MODEL_STOP, "network mode is none");
}

static void windows_stops(void **state)
{
    (void)state;
    look_at("{'status':'ACTIVE','networkMode':'awsvpc',"
            "'runtimePlatform':{'operatingSystemFamily':'WINDOWS_SERVER_2022_CORE'}}");
    assert_only(MODEL_STOP, "Windows");
}

static void findings_are_bounded_and_the_least_severe_give_way(void **state)
{
    (void)state;
    preflight_add(plan, MODEL_WARNING, "first warning", "y", "a");
    for (size_t i = 1; i < MODEL_FINDINGS_MAX; i++)
        preflight_add(plan, MODEL_NOTE, "note", "y", "a");
    assert_int_equal(plan->findings_left_out, 0);
    preflight_add(plan, MODEL_STOP, "first stop", "y", "a");
    preflight_add(plan, MODEL_NOTE, "left out", "y", "a");
    preflight_add(plan, MODEL_STOP, "second stop", "y", "a");
    preflight_add(plan, MODEL_WARNING, "second warning", "y", "a");
    assert_true(plan->refused);
    assert_int_equal(plan->finding_count, MODEL_FINDINGS_MAX);
    assert_int_equal(plan->findings_left_out, 4);
    assert_string_equal(plan->findings[0].what, "first stop");
    assert_string_equal(plan->findings[1].what, "second stop");
    assert_string_equal(plan->findings[2].what, "first warning");
    assert_string_equal(plan->findings[3].what, "second warning");
    assert_string_equal(plan->findings[MODEL_FINDINGS_MAX - 1].what, "note");
    for (size_t i = 0; i < MODEL_FINDINGS_MAX; i++)
        preflight_add(plan, MODEL_STOP, "stop", "y", "a");
    assert_string_equal(plan->findings[0].what, "first stop");
    assert_string_equal(plan->findings[MODEL_FINDINGS_MAX - 1].what, "stop");
}

/* ── the network ─────────────────────────────────────────────────────────────────────────── */

struct network {
    bool unattached, fixed_port, groups_denied, health_denied, security_denied;
    int healthy, targets; /* of every group */
    int from_port, to_port;
    const char *protocol;
    const char *task; /* the address of the one that runs; NULL: none does */
};

static bool deny(const struct liar_request *request)
{
    return liar_reply_xml(
        request, 403,
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
}

static bool answer_groups(const struct network *network, const struct liar_request *request)
{
    char text[2048];
    snprintf(text, sizeof text,
             "<R><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>arn:tg</TargetGroupArn>"
             "<TargetGroupName>group</TargetGroupName><HealthCheckPath>/health</HealthCheckPath>"
             "<HealthCheckPort>%s</HealthCheckPort><LoadBalancerArns>%s</LoadBalancerArns></member>"
             "</TargetGroups></DescribeTargetGroupsResult></R>",
             network->fixed_port ? "9000" : "traffic-port",
             network->unattached ? "" : "<member>arn:lb</member>");
    return liar_reply_xml(request, 200, text);
}

static bool answer_health(const struct network *network, const struct liar_request *request)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_append_text(&text, "<R><DescribeTargetHealthResult><TargetHealthDescriptions>");
    for (int i = 0; i < network->targets; i++)
        buf_printf(&text,
                   "<member><Target><Id>10.0.0.%d</Id><Port>8080</Port></Target><TargetHealth><State>%s"
                   "</State></TargetHealth></member>",
                   i, i < network->healthy ? "healthy" : "unhealthy");
    buf_append_text(&text, "</TargetHealthDescriptions></DescribeTargetHealthResult></R>");
    bool done = liar_reply_xml(request, 200, buf_text(&text));
    buf_free(&text);
    return done;
}

static bool answer_security(const struct network *network, const struct liar_request *request)
{
    char ports[128] = "", text[1024];
    if (strcmp(network->protocol, "-1") != 0)
        snprintf(ports, sizeof ports, "<fromPort>%d</fromPort><toPort>%d</toPort>", network->from_port,
                 network->to_port);
    snprintf(text, sizeof text,
             "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions>"
             "<item><ipProtocol>%s</ipProtocol>%s<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>"
             "</item></ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>",
             network->protocol, ports);
    return liar_reply_xml(request, 200, text);
}

static bool answer_tasks(const struct network *network, const struct liar_request *request)
{
    char text[1024];
    const char *target = liar_header(request, "X-Amz-Target");
    if (network->task == NULL)
        return liar_reply_json(request, 200, "{\"taskArns\":[]}");
    if (strstr(target, "ListTasks") != NULL)
        return liar_reply_json(request, 200, "{\"taskArns\":[\"arn:aws:ecs:eu-west-1:1:task/c/1\"]}");
    snprintf(text, sizeof text,
             "{\"tasks\":[{\"taskArn\":\"arn:aws:ecs:eu-west-1:1:task/c/1\",\"lastStatus\":\"RUNNING\","
             "\"attachments\":[{\"type\":\"ElasticNetworkInterface\",\"details\":[{\"name\":"
             "\"privateIPv4Address\",\"value\":\"%s\"}]}]}]}",
             network->task);
    return liar_reply_json(request, 200, text);
}

static bool answer(void *context, const struct liar_request *request)
{
    const struct network *network = context;
    char body[4096];
    snprintf(body, sizeof body, "%.*s", (int)request->body_length, request->body);
    if (liar_header(request, "X-Amz-Target")[0] != '\0')
        return answer_tasks(network, request);
    if (strstr(body, "DescribeTargetGroups") != NULL)
        return network->groups_denied ? deny(request) : answer_groups(network, request);
    if (strstr(body, "DescribeTargetGroupAttributes") != NULL)
        return liar_reply_xml(request, 200,
                              "<R><DescribeTargetGroupAttributesResult><Attributes><member>"
                              "<Key>deregistration_delay.timeout_seconds</Key><Value>30</Value>"
                              "</member></Attributes></DescribeTargetGroupAttributesResult></R>");
    if (strstr(body, "DescribeTargetHealth") != NULL)
        return network->health_denied ? deny(request) : answer_health(network, request);
    return network->security_denied ? deny(request) : answer_security(network, request);
}

static struct network good_network(void)
{
    return (struct network){
        .healthy = 2, .targets = 2, .protocol = "tcp", .from_port = 15000, .to_port = 15001};
}

/* An endpoint on this machine by another name stands for one far away. */
static void look_at_network_of(struct network network, bool far)
{
    struct liar liar;
    struct error error;
    char url[sizeof liar.url];
    atomic_bool never = false;
    support_make_home();
    liar_start(&liar, answer, &network);
    snprintf(url, sizeof url, "http://%s%s", far ? "0.0.0.0" : "127.0.0.1", strrchr(liar.url, ':'));
    const struct aws_options options = {.endpoint_url = url, .read_only = true};
    const struct job job = {.client = aws_client_open(&options, &error), .cancel = &never};
    assert_done(job.client != NULL, &error);
    sidecars = (struct revision_sidecars){.count = 1};
    strcpy(sidecars.item[0].application, "app");
    sidecars.item[0].application_port = 8080;
    sidecars.item[0].port = 15000;
    sidecars.item[0].stats_port = 15001;
    strcpy(service->security_groups[0], "sg-1");
    service->security_group_count = 1;
    at.job = &job;
    at.reach = CHOICES_REACH_DIRECT;
    preflight_targets(&at);
    preflight_security_groups(&at);
    preflight_reach(&at);
    at.job = NULL;
    aws_client_close(job.client);
    liar_stop(&liar);
    support_remove_home();
}

static void look_at_network(struct network network)
{
    look_at_network_of(network, false);
}

static void a_good_network_has_no_finding(void **state)
{
    (void)state;
    look_at_network(good_network());
    assert_nothing();
    assert_string_equal(sidecars.item[0].health_check_path, "/health");
}

static void a_target_group_without_load_balancer_stops(void **state)
{
    (void)state;
    struct network network = good_network();
    network.unattached = true;
    look_at_network(network);
    assert_only(MODEL_STOP, "group has no load balancer");
}

static void a_health_check_past_the_sidecar_is_a_note(void **state)
{
    (void)state;
    struct network network = good_network();
    network.fixed_port = true;
    look_at_network(network);
    assert_only(MODEL_NOTE, "group checks health on port 9000");
}

static void no_healthy_target_stops_and_a_sick_one_is_a_warning(void **state)
{
    (void)state;
    struct network network = good_network();
    network.healthy = 1;
    look_at_network(network);
    assert_only(MODEL_WARNING, "1 of 2 targets healthy");
    forget();
    network.healthy = 0;
    look_at_network(network);
    assert_only(MODEL_STOP, "no healthy target");
}

static void target_groups_that_may_not_be_read_stop(void **state)
{
    (void)state;
    struct network network = good_network();
    network.groups_denied = true;
    look_at_network(network);
    assert_only(MODEL_STOP, "can't be read");
}

static void health_that_may_not_be_read_stops(void **state)
{
    (void)state;
    struct network network = good_network();
    network.health_denied = true;
    look_at_network(network);
    assert_only(MODEL_STOP, "health of group could not be read");
}

static void a_classic_load_balancer_stops(void **state)
{
    (void)state;
    load_balancer(0, "", 8080);
    look_at_network(good_network());
    assert_only(MODEL_STOP, "Classic Load Balancer");
}

static void the_security_groups_must_admit_the_port(void **state)
{
    (void)state;
    struct network network = good_network();
    network.from_port = network.to_port = 8080;
    look_at_network(network);
    assert_only(MODEL_STOP, "admits port 15000");
    forget();
    network.protocol = "-1";
    look_at_network(network);
    assert_nothing();
    network = good_network();
    network.protocol = "udp";
    look_at_network(network);
    assert_only(MODEL_STOP, "admits port 15000");
}

static void security_groups_that_may_not_be_read_are_a_warning(void **state)
{
    (void)state;
    struct network network = good_network();
    network.security_denied = true;
    look_at_network(network);
    assert_only(MODEL_WARNING, "security groups could not be read");
}

/* Whoever answers on that port, or refuses, is reached. */
static void tasks_far_away_that_can_be_reached_are_no_finding(void **state)
{
    (void)state;
    struct network network = good_network();
    network.task = "127.77.0.1";
    look_at_network_of(network, true);
    assert_nothing();
}

static void tasks_far_away_that_can_not_be_reached_stop(void **state)
{
    (void)state;
    struct network network = good_network();
    network.task = "255.255.255.255"; /* connect() fails at once */
    look_at_network_of(network, true);
    assert_only(MODEL_STOP, "can't be reached from here: 255.255.255.255, port 15001");
    assert_contains(plan->findings[0].advice, "port 15001 from this machine");
    forget();
    network.task = "";
    look_at_network_of(network, true);
    assert_only(MODEL_STOP, "its tasks have no addresses");
    forget();
    network.task = NULL;
    look_at_network_of(network, true);
    assert_only(MODEL_STOP, "none of its tasks is RUNNING");
}

static void the_security_groups_must_admit_the_console_far_away(void **state)
{
    (void)state;
    struct network network = good_network();
    network.task = "127.77.0.1";
    network.to_port = 15000;
    look_at_network_of(network, true);
    assert_only(MODEL_STOP, "no security group of the tasks admits port 15001");
    assert_contains(plan->findings[0].why, "this console could not reach the sidecar");
    forget();
    look_at_network(network); /* on this machine none is in force */
    assert_nothing();
}

int main(void)
{
#define WITH_SERVICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SERVICE(a_steady_service_has_no_finding),
        WITH_SERVICE(a_service_that_is_not_active_stops),
        WITH_SERVICE(a_service_that_is_injected_stops_with_the_way_out),
        WITH_SERVICE(another_controller_stops),
        WITH_SERVICE(another_strategy_stops),
        WITH_SERVICE(an_advanced_load_balancer_stops),
        WITH_SERVICE(a_deployment_under_way_stops),
        WITH_SERVICE(two_deployments_stop),
        WITH_SERVICE(a_circuit_breaker_is_a_note),
        WITH_SERVICE(no_load_balancer_stops),
        WITH_SERVICE(no_task_stops),
        WITH_SERVICE(service_connect_is_a_warning),
        WITH_SERVICE(a_role_of_its_own_is_a_warning),
        WITH_SERVICE(a_good_task_definition_has_no_finding),
        WITH_SERVICE(an_inactive_revision_stops),
        WITH_SERVICE(the_network_mode_decides),
        WITH_SERVICE(windows_stops),
        WITH_SERVICE(findings_are_bounded_and_the_least_severe_give_way),
        WITH_SERVICE(a_good_network_has_no_finding),
        WITH_SERVICE(a_target_group_without_load_balancer_stops),
        WITH_SERVICE(a_health_check_past_the_sidecar_is_a_note),
        WITH_SERVICE(no_healthy_target_stops_and_a_sick_one_is_a_warning),
        WITH_SERVICE(target_groups_that_may_not_be_read_stop),
        WITH_SERVICE(health_that_may_not_be_read_stops),
        WITH_SERVICE(a_classic_load_balancer_stops),
        WITH_SERVICE(the_security_groups_must_admit_the_port),
        WITH_SERVICE(security_groups_that_may_not_be_read_are_a_warning),
        WITH_SERVICE(tasks_far_away_that_can_be_reached_are_no_finding),
        WITH_SERVICE(tasks_far_away_that_can_not_be_reached_stop),
        WITH_SERVICE(the_security_groups_must_admit_the_console_far_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
