/* plan: every shape of service that AWS knows is injected, or refused with the reason. One file of
 * tests/data/preflight a shape; it says all that is found, and nothing else is. */
#include "aws/client_internal.h"
#include "experiment/host_address.h"
#include "experiment/json.h"
#include "experiment/plan.h"
#include "tests/experiment/canned.h"
#include "tests/experiment/support.h"

#define FINDINGS_MAX 8
#define IMAGE "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shaketable/proxy:0.1.0"

struct shape {
    const char *file;
    struct {
        enum model_severity severity;
        const char *text; /* in what it says; NULL: no more */
    } findings[FINDINGS_MAX];
    const char *image;   /* NULL: IMAGE */
    const char *options; /* of the fault, as JSON; NULL: latency */
};

#define STOP(text)       \
    {                    \
        MODEL_STOP, text \
    }
#define WARNING(text)       \
    {                       \
        MODEL_WARNING, text \
    }
#define NOTE(text)       \
    {                    \
        MODEL_NOTE, text \
    }
#define NOTHING          \
    {                    \
        MODEL_NOTE, NULL \
    }

static const struct shape shapes[] = {
    {"steady", {NOTHING}, NULL, NULL},
    /* who deploys it, and how */
    {"code_deploy", {STOP("the deployment controller is CODE_DEPLOY")}, NULL, NULL},
    {"external", {STOP("the deployment controller is EXTERNAL")}, NULL, NULL},
    {"blue_green", {STOP("the deployment strategy is BLUE_GREEN")}, NULL, NULL},
    {"linear", {STOP("the deployment strategy is LINEAR")}, NULL, NULL},
    {"canary", {STOP("the deployment strategy is CANARY")}, NULL, NULL},
    {"advanced_load_balancer", {STOP("advancedConfiguration")}, NULL, NULL},
    {"deployment_under_way", {STOP("a deployment is under way")}, NULL, NULL},
    {"deployment_failed", {STOP("its last deployment FAILED")}, NULL, NULL},
    {"tasks_missing", {WARNING("2 of 3 tasks run")}, NULL, NULL},
    {"breaker_rollback", {NOTE("circuit breaker rolls back")}, NULL, NULL},
    {"breaker", {NOTE("circuit breaker is on, without rollback")}, NULL, NULL},
    {"alarms", {WARNING("2 deployment alarms")}, NULL, NULL},
    {"alarms_off", {NOTHING}, NULL, NULL},
    {"lifecycle_hooks", {NOTE("lifecycle hooks")}, NULL, NULL},
    {"cannot_roll", {STOP("3 tasks, at least 100 % and at most 100 % of them")}, NULL, NULL},
    {"cannot_roll_alone", {STOP("1 tasks, at least 100 % and at most 150 % of them")}, NULL, NULL},
    {"stops_some_first", {WARNING("up to 2 of 4 tasks are stopped before")}, NULL, NULL},
    {"stops_all_first", {WARNING("all its tasks are stopped before")}, NULL, NULL},
    {"rolls_one_by_one", {NOTHING}, NULL, NULL},
    {"daemon", {WARNING("it is a daemon")}, NULL, NULL},
    {"distinct_instance", {WARNING("distinct instances")}, NULL, NULL},
    {"grace_period", {NOTHING}, NULL, NULL},
    {"own_role", {WARNING("a role of its own")}, NULL, NULL},
    {"aws_tags", {NOTHING}, NULL, NULL},
    {"draining", {STOP("the service is DRAINING")}, NULL, NULL},
    {"injected_already", {STOP("injected already, by revision shaketable-checkout:3")}, NULL, NULL},
    {"desired_zero", {STOP("desired count is 0")}, NULL, NULL},
    /* ways in that do not meet the sidecar */
    {"no_load_balancer", {STOP("no load balancer")}, NULL, NULL},
    {"classic_load_balancer", {STOP("Classic Load Balancer")}, NULL, NULL},
    {"service_connect", {WARNING("Service Connect")}, NULL, NULL},
    {"cloud_map", {WARNING("Cloud Map")}, NULL, NULL},
    {"vpc_lattice", {WARNING("VPC Lattice")}, NULL, NULL},
    /* task definitions */
    {"revision_inactive", {STOP("checkout:41 is INACTIVE")}, NULL, NULL},
    {"revision_being_deleted", {STOP("checkout:41 is DELETE_IN_PROGRESS")}, NULL, NULL},
    {"bridge_dynamic", {STOP("network mode is bridge"), NOTE("reserves no CPU")}, NULL, NULL},
    {"bridge_fixed", {STOP("network mode is bridge"), NOTE("reserves no CPU")}, NULL, NULL},
    {"network_none", {STOP("network mode is none"), NOTE("reserves no CPU")}, NULL, NULL},
    {"host_network", {WARNING("network mode is host"), NOTE("reserves no CPU")}, NULL, NULL},
    {"host_network_unread",
     {WARNING("network mode is host"), WARNING("the sidecars are not reached"), NOTE("reserves no CPU"),
      NOTE("its tasks' instances can't be read"), NOTE("ECS Exec"), NOTE("CloudWatch Logs")},
     NULL,
     NULL},
    {"windows", {STOP("Windows")}, NULL, NULL},
    {"arm", {WARNING("ARM64")}, NULL, NULL},
    {"app_mesh", {STOP("App Mesh (envoy)")}, NULL, NULL},
    {"firelens", {NOTHING}, NULL, NULL},
    {"fault_injection", {NOTE("fault injection by the ECS agent")}, NULL, NULL},
    {"same_port", {WARNING("containers app and shadow both name port 8080")}, NULL, NULL},
    {"several_mappings", {NOTHING}, NULL, NULL},
    {"too_many_containers", {STOP("it would have 11 containers")}, NULL, NULL},
    {"sidecar_within", {STOP("shaketable-proxy is a sidecar of shaketable already")}, NULL, NULL},
    {"names_and_ports_taken", {NOTHING}, NULL, NULL},
    {"hardened", {NOTHING}, NULL, NULL},
    {"volumes", {NOTHING}, NULL, NULL},
    {"cpu_full", {WARNING("reserve all 512 CPU units")}, NULL, NULL},
    {"memory_full", {WARNING("may take 1024 of the task's 1024 MiB")}, NULL, NULL},
    /* the image */
    {"no_execution_role", {STOP("no execution role")}, NULL, NULL},
    {"steady", {STOP("no image of the sidecar was named")}, "", NULL},
    {"steady",
     {WARNING("no public addresses, and the image comes from docker.io")},
     "shop/shaketable:1",
     NULL},
    {"steady",
     {WARNING("the image comes from registry.example:5000"), WARNING("no public addresses")},
     "registry.example:5000/shaketable/proxy",
     NULL},
    /* target groups */
    {"network_tcp", {NOTHING}, NULL, NULL},
    {"network_tls", {WARNING("checkout speaks TLS to the tasks")}, NULL, NULL},
    {"network_tls", {STOP("checkout speaks TLS to the tasks")}, NULL, "{'error':{'percent':10}}"},
    {"network_udp", {STOP("checkout is for UDP")}, NULL, NULL},
    {"network_tcp_udp", {STOP("checkout is for TCP_UDP")}, NULL, NULL},
    {"network_quic", {STOP("checkout is for QUIC")}, NULL, NULL},
    {"network_tcp_quic", {STOP("checkout is for TCP_QUIC")}, NULL, NULL},
    {"gateway", {STOP("checkout is for GENEVE")}, NULL, NULL},
    {"https_targets", {WARNING("checkout speaks HTTPS to the tasks")}, NULL, NULL},
    {"proxy_protocol", {WARNING("checkout sends the proxy protocol")}, NULL, NULL},
    {"proxy_protocol", {STOP("checkout sends the proxy protocol")}, NULL, "{'scope':{'path':'/pay*'}}"},
    {"client_addresses", {WARNING("preserves client addresses")}, NULL, NULL},
    {"grpc", {NOTHING}, NULL, NULL},
    {"http2", {NOTHING}, NULL, NULL},
    {"ipv6", {STOP("IPv6")}, NULL, NULL},
    {"instance_targets", {STOP("targets of type instance, its tasks awsvpc networking")}, NULL, NULL},
    {"lambda_targets", {STOP("targets of type lambda")}, NULL, NULL},
    {"alb_targets", {STOP("targets of type alb")}, NULL, NULL},
    {"long_drain", {NOTE("deregistration delay of 300 s")}, NULL, NULL},
    {"slow_start", {NOTE("starts targets slowly, over 90 s")}, NULL, NULL},
    {"health_port", {NOTE("checks health on port 9000")}, NULL, NULL},
    {"health_port_of_the_application", {NOTE("port 8080, the application's own")}, NULL, NULL},
    {"no_listener", {STOP("checkout has no load balancer")}, NULL, NULL},
    {"none_healthy", {STOP("no healthy target")}, NULL, NULL},
    {"one_unhealthy", {WARNING("2 of 3 targets healthy")}, NULL, NULL},
    {"attributes_denied", {NOTE("the attributes of checkout could not be read")}, NULL, NULL},
    {"steady",
     {WARNING("meant for the health checks of checkout too")},
     NULL,
     "{'latency':{'mean_ms':5000},'scope':{'health_checks':true}}"},
    {"steady", {NOTHING}, NULL, "{'latency':{'mean_ms':800},'scope':{'health_checks':true}}"},
    {"port_closed", {STOP("admits port 15000")}, NULL, NULL},
    /* autoscaling */
    {"autoscaling", {NOTE("autoscaling keeps between 2 and 10 tasks")}, NULL, NULL},
    {"autoscaling_under_way",
     {WARNING("autoscaling is under way: Setting desired count to 4."), NOTE("between 2 and 10")},
     NULL,
     NULL},
    {"autoscaling_suspended", {NOTHING}, NULL, NULL},
    {"scheduled_scaling",
     {WARNING("scheduled scaling falls into the experiment: every-minute"), NOTE("between 2 and 10")},
     NULL,
     NULL},
    {"scheduled_elsewhere",
     {NOTE("between 2 and 10"), NOTE("may fall into the experiment: morning")},
     NULL,
     NULL},
    {"autoscaling_denied", {NOTE("whether autoscaling changes its size")}, NULL, NULL},
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

struct fixture {
    struct canned canned;
    struct aws_client *client;
    struct plan *plan;
};

/* The endpoint stands for AWS's own: it is on this machine, but not by the name of one that is. */
static void make_plan(struct fixture *fixture, const struct shape *shape)
{
    static atomic_bool never;
    struct error error;
    char url[64];
    struct plan_request request = {.cluster = "storefront", .service = "checkout", .duration_ms = 60000};
    canned_start(&fixture->canned, shape->file);
    snprintf(url, sizeof url, "http://0.0.0.0%s", strrchr(fixture->canned.liar.url, ':'));
    const struct aws_options options = {.endpoint_url = url, .read_only = true};
    fixture->client = aws_client_open(&options, &error);
    assert_done(fixture->client != NULL, &error);
    fixture->client->retry.unit_ms = 1;
    const struct job job = {.client = fixture->client, .cancel = &never};
    snprintf(request.image, sizeof request.image, "%s", shape->image == NULL ? IMAGE : shape->image);
    struct json_object *fault =
        support_json(shape->options == NULL ? "{'latency':{'mean_ms':800}}" : shape->options);
    assert_done(fault_from_json(&request.fault, fault, &error), &error);
    json_object_put(fault);
    assert_done(plan_make(&job, &request, &fixture->plan, &error), &error);
}

static void drop(struct fixture *fixture)
{
    plan_free(fixture->plan);
    aws_client_close(fixture->client);
    canned_stop(&fixture->canned);
}

static bool expects(const struct shape *shape, const struct model_finding *finding)
{
    for (size_t i = 0; i < FINDINGS_MAX && shape->findings[i].text != NULL; i++)
        if (shape->findings[i].severity == finding->severity &&
            strstr(finding->what, shape->findings[i].text) != NULL)
            return true;
    return false;
}

static void each_shape_finds_what_it_should_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct shape *shape = &shapes[i];
        struct fixture fixture = {0};
        size_t expected = 0;
        make_plan(&fixture, shape);
        const struct model_plan *shown = fixture.plan->shown;
        while (expected < FINDINGS_MAX && shape->findings[expected].text != NULL)
            expected++;
        for (size_t k = 0; k < shown->finding_count; k++) {
            const struct model_finding *finding = &shown->findings[k];
            if (!expects(shape, finding))
                fail_msg("%s: not expected: %s (%d)", shape->file, finding->what, finding->severity);
            assert_string_not_equal(finding->why, "");
            assert_string_not_equal(finding->advice, "");
        }
        if (shown->finding_count != expected)
            fail_msg("%s: %zu findings, not %zu", shape->file, shown->finding_count, expected);
        bool stops = shape->findings[0].text != NULL && shape->findings[0].severity == MODEL_STOP;
        assert_int_equal(shown->refused, stops);
        assert_int_equal(fixture.plan->revision == NULL, stops);
        drop(&fixture);
    }
}

/* The sidecar's container, and the plan behind it. */
static struct json_object *sidecar_of(struct fixture *fixture, const char *file)
{
    const struct shape shape = {.file = file};
    make_plan(fixture, &shape);
    assert_false(fixture->plan->shown->refused);
    struct json_object *containers = json_array(fixture->plan->revision, "containerDefinitions");
    return json_object_array_get_idx(containers,
                                     json_object_array_length(containers) - fixture->plan->sidecars.count);
}

static void assert_key(struct json_object *object, const char *key, const char *expected)
{
    struct json_object *value = json_object_object_get(object, key);
    struct json_object *wanted = expected == NULL ? NULL : support_json(expected);
    if (!json_same(value, wanted))
        fail_msg("%s: %s", key, json_object_to_json_string(value));
    json_object_put(wanted);
}

static void the_sidecar_takes_another_name_and_port_where_its_own_are_taken(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    struct json_object *sidecar = sidecar_of(&fixture, "names_and_ports_taken");
    assert_string_equal(json_text(sidecar, "name"), "shaketable-proxy-2");
    struct json_object *mapping = json_object_array_get_idx(fixture.plan->load_balancers, 0);
    assert_string_equal(json_text(mapping, "containerName"), "shaketable-proxy-2");
    assert_int_equal(json_integer(mapping, "containerPort"), 15001);
    drop(&fixture);
}

static void two_target_groups_of_one_port_share_a_sidecar(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    sidecar_of(&fixture, "several_mappings");
    assert_int_equal(fixture.plan->sidecars.count, 2);
    const char *const names[] = {"shaketable-proxy", "shaketable-proxy-2", "shaketable-proxy"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(
            json_text(json_object_array_get_idx(fixture.plan->load_balancers, i), "containerName"), names[i]);
    drop(&fixture);
}

static void a_hardened_application_has_a_hardened_sidecar(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    struct json_object *sidecar = sidecar_of(&fixture, "hardened");
    assert_key(sidecar, "readonlyRootFilesystem", "true");
    assert_key(sidecar, "dependsOn", "[{'containerName':'app','condition':'START'}]");
    assert_key(sidecar, "ulimits", "[{'name':'nofile','softLimit':65535,'hardLimit':65535}]");
    /* its own: an image without root, capabilities or secrets, which drains in less than ECS's 30 s */
    static const char *const left[] = {"user",        "linuxParameters", "versionConsistency",
                                       "stopTimeout", "secrets",         "repositoryCredentials",
                                       "memory",      "healthCheck"};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        assert_key(sidecar, left[i], NULL);
    drop(&fixture);
    assert_key(sidecar_of(&fixture, "steady"), "readonlyRootFilesystem", NULL);
    drop(&fixture);
}

static void its_log_goes_where_the_application_s_goes(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    struct json_object *log = json_object_of(sidecar_of(&fixture, "firelens"), "logConfiguration");
    assert_string_equal(json_text(log, "logDriver"), "awsfirelens");
    drop(&fixture);
}

static void it_takes_of_the_cpu_that_is_left(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    assert_key(sidecar_of(&fixture, "steady"), "cpu", "128"); /* 512 less 256 */
    drop(&fixture);
    assert_key(sidecar_of(&fixture, "cpu_full"), "cpu", "0");
    drop(&fixture);
    struct json_object *sidecar = sidecar_of(&fixture, "host_network"); /* its task has no size */
    assert_key(sidecar, "cpu", "0");
    assert_key(sidecar, "memoryReservation", "32");
    drop(&fixture);
}

/* In the host network mode tasks have no address of their own. */
static void tasks_on_hosts_are_reached_at_their_instances(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    struct ecs_tasks tasks = {0};
    struct error error;
    sidecar_of(&fixture, "host_network");
    const struct job job = {.client = fixture.client};
    assert_done(ecs_list_service_tasks(fixture.client, "storefront", "checkout", &tasks, &error), &error);
    assert_int_equal(tasks.count, 1);
    assert_string_equal(tasks.items[0].address, "");
    assert_done(host_address_fill(&job, "storefront", &tasks, &error), &error);
    assert_string_equal(tasks.items[0].address, "127.77.0.1");
    ecs_tasks_free(&tasks);
    drop(&fixture);
}

static void assert_estimate(const char *file, int64_t expected_s)
{
    struct fixture fixture = {0};
    const struct shape shape = {.file = file};
    make_plan(&fixture, &shape);
    assert_int_equal(fixture.plan->shown->estimate_ms, expected_s * 1000);
    drop(&fixture);
}

/* A task starts in 45 s and stops in 15 s, so it is guessed; it is healthy after 2 checks, 10 s apart, and
 * drains for 60 s. */
static void the_estimate_knows_checks_drain_and_batches(void **state)
{
    (void)state;
    assert_estimate("steady", 45 + 20 + 60 + 15);
    assert_estimate("long_drain", 45 + 20 + 300 + 15);
    assert_estimate("attributes_denied", 45 + 20 + 300 + 15); /* AWS's default */
    assert_estimate("rolls_one_by_one", 3 * (45 + 20 + 60 + 15));
    assert_estimate("stops_some_first", 2 * (45 + 20 + 60 + 15));
}

static int setup(void **state)
{
    (void)state;
    support_make_home();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    support_remove_home();
    return 0;
}

int main(void)
{
#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        AT_HOME(each_shape_finds_what_it_should_and_nothing_else),
        AT_HOME(the_sidecar_takes_another_name_and_port_where_its_own_are_taken),
        AT_HOME(two_target_groups_of_one_port_share_a_sidecar),
        AT_HOME(a_hardened_application_has_a_hardened_sidecar),
        AT_HOME(its_log_goes_where_the_application_s_goes),
        AT_HOME(it_takes_of_the_cpu_that_is_left),
        AT_HOME(tasks_on_hosts_are_reached_at_their_instances),
        AT_HOME(the_estimate_knows_checks_drain_and_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
