/* plan, for the engine agent: the one sidecar, what it is told, what the agent can't do, and where it is not
 * to be had. */
#include "aws/client_internal.h"
#include "experiment/engine.h"
#include "experiment/revision_agent.h"
#include "tests/experiment/canned.h"
#include "tests/experiment/fake_fis.h"
#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

#define LATENCY "{'latency':{'mean_ms':200,'jitter_ms':20,'distribution':'uniform'}}"

static struct plan_request request_of(const char *fault)
{
    struct plan_request request = {.cluster = "storefront", .service = "checkout", .duration_ms = 60000};
    struct json_object *json = support_json(fault);
    struct error error;
    request.choices.engine = CHOICES_ENGINE_AGENT;
    assert_done(fault_from_json(&request.fault, json, &error), &error);
    json_object_put(json);
    return request;
}

static const struct plan *make(struct fixture *fixture, const struct plan_request *request)
{
    plan_free(fixture->plan);
    assert_done(plan_make(&fixture->job, request, &fixture->plan, &fixture->error), &fixture->error);
    return fixture->plan;
}

static const struct model_finding *find(const struct plan *plan, const char *words)
{
    for (size_t i = 0; i < plan->shown->finding_count; i++)
        if (strstr(plan->shown->findings[i].what, words) != NULL)
            return &plan->shown->findings[i];
    return NULL;
}

static void assert_found(const struct plan *plan, enum model_severity severity, const char *words)
{
    const struct model_finding *finding = find(plan, words);
    if (finding == NULL)
        fail_msg("nothing says %s", words);
    assert_int_equal(finding->severity, severity);
    assert_string_not_equal(finding->why, "");
    assert_string_not_equal(finding->advice, "");
}

static struct json_object *sidecar_in(const struct plan *plan)
{
    struct json_object *containers = json_array(plan->revision, "containerDefinitions");
    return json_object_array_get_idx(containers, json_object_array_length(containers) - 1);
}

static void assert_command(const struct plan *plan, const char *expected)
{
    assert_string_equal(
        json_object_to_json_string_ext(json_array(sidecar_in(plan), "command"),
                                       JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
        expected);
}

/* Another service than the usual one: a part of it. */
static void set_service(struct fixture *fixture, const char *key, const char *json)
{
    pthread_mutex_lock(&fixture->fake.lock);
    json_object_object_add(fixture->fake.service, key, support_json(json));
    pthread_mutex_unlock(&fixture->fake.lock);
}

static void the_sidecar_calls_the_agent_and_stands_before_the_application(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    const struct plan *plan = make(fixture, &request);
    assert_false(plan->shown->refused);
    assert_command(plan, "[\"--listen\",\"0.0.0.0:15000\",\"--upstream\",\"127.0.0.1:8080\",\"--stats\","
                         "\"tcp:0.0.0.0:15001\",\"--health-check-path\",\"/health\",\"--agent\","
                         "\"--agent-port\",\"15000\",\"--agent-traffic\",\"ingress\"]");
    assert_true(json_flag(plan->revision, "enableFaultInjection"));
    assert_contains(plan->shown->diff, "\"containerPort\": 15000");
    assert_true(plan->way_back.agent);
    assert_ptr_equal(engine_of(&plan->way_back), &engine_agent);
    assert_found(plan, MODEL_NOTE, "the kernel faults all that its tasks send");
    assert_found(plan, MODEL_NOTE, "the sidecar takes the fault back, also if this console dies");
}

/* Any console finds the way by the labels. */
static void the_way_back_stands_in_the_labels(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    const struct plan *plan = make(fixture, &request);
    struct way_back read = {0};
    struct error error;
    struct revision_sidecars sidecars;
    assert_done(way_back_from_task_definition(&read, plan->revision, &error), &error);
    assert_true(read.agent);
    assert_ptr_equal(engine_of(&read), &engine_agent);
    revision_read_sidecars(plan->revision, &sidecars);
    assert_int_equal(sidecars.count, 1);
    assert_true(sidecars.item[0].agent);
    assert_int_equal(sidecars.item[0].stats_port, 15001);
    way_back_free(&read);
}

static void places_are_told_to_the_sidecar(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    struct error error;
    assert_done(choices_take_source(&request.choices, "10.0.0.0/16", "--agent-source", &error), &error);
    assert_done(choices_take_source(&request.choices, "192.0.2.7", "--agent-source", &error), &error);
    assert_done(choices_take_source(&request.choices, "192.0.2.7", "--agent-source", &error), &error);
    const struct plan *plan = make(fixture, &request);
    assert_contains(plan->shown->diff, "--agent-source");
    assert_int_equal(request.choices.source_count, 2);
    assert_found(plan, MODEL_NOTE, "all that its tasks send to 10.0.0.0/16, 192.0.2.7");
}

static void what_is_no_address_is_no_place(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "s3.amazonaws.com", "10.0.0.0/33",
                                      "10.0.0",     "10.0.0.0/",        "DYNAMODB",
                                      "1.2.3.4:80", " 1.2.3.4",         "1.2.3.4,5.6.7.8"};
    struct choices choices = {0};
    struct error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (choices_take_source(&choices, bad[i], "--agent-source", &error))
            fail_msg("it takes \"%s\"", bad[i]);
        assert_int_equal(error.code, ERROR_USAGE);
        assert_contains(error.message, "--agent-source");
    }
    assert_int_equal(choices.source_count, 0);
    for (int i = 0; i < CHOICES_SOURCES_MAX; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.0.0.%d", i);
        assert_true(choices_take_source(&choices, text, "--agent-source", &error));
    }
    assert_false(choices_take_source(&choices, "10.0.1.0", "--agent-source", &error));
}

static void only_the_first_of_several_ports_gets_it(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    set_service(fixture, "loadBalancers",
                "[{'targetGroupArn':'" FAKE_GROUP "','containerName':'app','containerPort':8080},"
                "{'targetGroupArn':'" FAKE_GROUP "','containerName':'app','containerPort':9090}]");
    const struct plan *plan = make(fixture, &request);
    assert_int_equal(plan->sidecars.count, 1);
    struct json_object *mappings = plan->load_balancers;
    assert_int_equal(json_integer(json_object_array_get_idx(mappings, 0), "containerPort"), 15000);
    assert_int_equal(json_integer(json_object_array_get_idx(mappings, 1), "containerPort"), 9090);
}

/* No load balancer is touched, and no port of ours is there but the one for the console. */
static void without_a_load_balancer_it_stands_alone(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    set_service(fixture, "loadBalancers", "[]");
    const struct plan *plan = make(fixture, &request);
    if (plan->shown->refused)
        fail_msg("%s", plan->shown->findings[0].what);
    assert_int_equal(plan->sidecars.item[0].front, REVISION_ALONE);
    assert_command(plan, "[\"--stats\",\"tcp:0.0.0.0:15001\",\"--agent\",\"--agent-port\",\"8080\","
                         "\"--agent-traffic\",\"ingress\"]");
    assert_int_equal(json_object_array_length(json_array(sidecar_in(plan), "portMappings")), 1);
    assert_found(plan, MODEL_NOTE, "no round trips from the sidecar");
    fixture_begin(fixture);
    assert_done(fixture_arm(fixture), &fixture->error);
    assert_int_equal(json_object_array_length(json_array(fixture->fake.service, "loadBalancers")), 0);
    struct arm_endpoints endpoints;
    assert_done(
        arm_find_sidecars(&fixture->job, &plan->way_back, &plan->sidecars, &endpoints, &fixture->error),
        &fixture->error);
    assert_int_equal(endpoints.count, 1);
    assert_int_equal(endpoints.items[0].stats_port, 15001);
    assert_done(fixture_restore(fixture, false), &fixture->error);
    fixture_assert_as_before(fixture);
}

/* One sidecar, at the dependency; and its black hole is where the calls go out to. */
static void at_a_dependency_what_goes_out_to_it_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    static const char *const cases[][2] = {{"db.example.com:5432", "\"--agent-port\",\"5432\""},
                                           {"dynamodb", "\"--agent-port\",\"443\""}};
    for (size_t i = 0; i < 2; i++) {
        struct plan_request request = request_of("{'blackhole':{'percent':100}}");
        assert_done(choices_take_dependency(&request.choices, cases[i][0], "--dependency", &fixture->error),
                    &fixture->error);
        const struct plan *plan = make(fixture, &request);
        if (plan->shown->refused)
            fail_msg("%s", plan->shown->findings[0].what);
        assert_int_equal(plan->sidecars.count, 1);
        const char *command =
            json_object_to_json_string_ext(json_array(sidecar_in(plan), "command"), JSON_C_TO_STRING_PLAIN);
        assert_contains(command, cases[i][1]);
        assert_contains(command, "\"--agent-traffic\",\"egress\"");
        assert_found(plan, MODEL_WARNING, "all that its tasks send, not the calls to ");
        assert_true(json_flag(plan->revision, "enableFaultInjection"));
    }
    struct plan_request request = request_of(LATENCY);
    choices_take_dependency(&request.choices, "dynamodb", "--dependency", NULL);
    choices_take_dependency(&request.choices, "sqs", "--dependency", NULL);
    assert_found(make(fixture, &request), MODEL_STOP, "more than one dependency");
}

/* A log router's calls are not led to the sidecar: where they go out to is not what is dropped. */
static void the_black_hole_is_where_the_applications_calls_go(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *definition = NULL;
    struct json_object *containers = json_object_new_array();
    struct json_object *router =
        support_json("{'name':'log','image':'public.ecr.aws/aws-observability/aws-for-fluent-bit:2',"
                     "'environment':[{'name':'AWS_ENDPOINT_URL','value':'http://logs.example:9999'}]}");
    struct plan_request request = request_of("{'blackhole':{'percent':100}}");
    assert_done(choices_take_dependency(&request.choices, "dynamodb", "--dependency", &fixture->error),
                &fixture->error);
    pthread_mutex_lock(&fixture->fake.lock);
    assert_true(json_object_object_get_ex(fixture->fake.definitions, FAKE_OLD, &definition));
    definition = json_object_of(definition, "taskDefinition");
    json_object_array_add(containers, router);
    for (size_t i = 0; i < json_object_array_length(json_array(definition, "containerDefinitions")); i++)
        json_object_array_add(containers, json_object_get(json_object_array_get_idx(
                                              json_array(definition, "containerDefinitions"), i)));
    json_object_object_add(definition, "containerDefinitions", containers);
    pthread_mutex_unlock(&fixture->fake.lock);
    const struct plan *plan = make(fixture, &request);
    assert_contains(
        json_object_to_json_string_ext(json_array(sidecar_in(plan), "command"), JSON_C_TO_STRING_PLAIN),
        "\"--agent-port\",\"443\"");
}

static void what_is_measured_by_no_sidecar_can_t_be_guarded(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    request.choices.guard_count = 1;
    snprintf(request.choices.guards[0], sizeof request.choices.guards[0], "p99 > 2s");
    assert_found(make(fixture, &request), MODEL_WARNING,
                 "the guard 'p99 > 2s' does not see what the faults add");
    set_service(fixture, "loadBalancers", "[]");
    assert_found(make(fixture, &request), MODEL_STOP, "the guard 'p99 > 2s' can't be kept");
}

static void all_that_the_agent_has_not_is_refused_at_once_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(
        "{'latency':{'mean_ms':2.5},'error':{'percent':10},'reset':{'percent':1},'scope':{'path':'/a*'}}");
    const struct plan *plan = make(fixture, &request);
    static const char *const words[] = {"--error", "--reset", "--path", "--latency"};
    assert_true(plan->shown->refused);
    assert_null(plan->revision);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_found(plan, MODEL_STOP, words[i]);
        assert_string_equal(find(plan, words[i])->advice, "set it to zero, or use --engine sidecar");
    }
}

static void a_share_of_the_traffic_is_a_share_of_the_flows(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    request.choices.blast_radius = 30;
    const struct plan *plan = make(fixture, &request);
    assert_false(plan->shown->refused);
    assert_null(plan->way_back.canary);
    assert_true(plan->request.fault.scope.percent == 30);
    assert_found(plan, MODEL_NOTE, "30 % of its flows");
    request.choices.blast_radius = 0.5; /* less than the agent can have */
    assert_found(make(fixture, &request), MODEL_STOP, "--percent");
}

static void a_canary_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    request.choices.way = CHOICES_WAY_CANARY;
    assert_found(make(fixture, &request), MODEL_STOP, "a canary can't be had");
}

static void an_experiment_of_fis_on_it_stops_it(void **state)
{
    struct fixture *fixture = *state;
    struct plan_request request = request_of(LATENCY);
    fake_fis_add_experiment(&fixture->fake, "EXP2", "EXT2", "running", NULL); /* whose template is gone */
    assert_found(make(fixture, &request), MODEL_NOTE,
                 "what experiment EXP2 of AWS FIS runs on could not be seen");
    fake_fis_add_template(&fixture->fake, "EXT1", NULL);
    fake_fis_add_experiment(&fixture->fake, "EXP1", "EXT1", "running", NULL);
    assert_false(make(fixture, &request)->shown->refused); /* on some other service */
    pthread_mutex_lock(&fixture->fake.lock);
    json_object_object_add(json_object_array_get_idx(fixture->fake.templates, 0), "targets",
                           support_json("{'t':{'resourceType':'aws:ecs:task','parameters':"
                                        "{'cluster':'storefront','service':'checkout'}}}"));
    pthread_mutex_unlock(&fixture->fake.lock);
    assert_found(make(fixture, &request), MODEL_STOP, "experiment EXP1 of AWS FIS runs on it");
    fixture->fake.fis_error = "AccessDeniedException";
    fixture->fake.fis_error_status = 403;
    assert_found(make(fixture, &request), MODEL_NOTE, "could not be seen");
}

/* ── platforms, by AWS's own answers ─────────────────────────────────────────────────────── */

struct place {
    struct canned canned;
    struct aws_client *client;
    struct plan *plan;
};

static struct json_object *first(struct json_object *document, const char *operation, const char *key)
{
    return json_object_array_get_idx(json_array(json_object_of(document, operation), key), 0);
}

static void plan_there_for(struct place *place, const char *fault)
{
    static atomic_bool never;
    struct plan_request request = request_of(fault);
    struct error error;
    char url[64];
    snprintf(url, sizeof url, "http://0.0.0.0%s", strrchr(place->canned.liar.url, ':')); /* not local */
    const struct aws_options options = {.endpoint_url = url, .read_only = true};
    place->client = aws_client_open(&options, &error);
    assert_done(place->client != NULL, &error);
    place->client->retry.unit_ms = 1;
    const struct job job = {.client = place->client, .cancel = &never};
    snprintf(request.image, sizeof request.image, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1");
    assert_done(plan_make(&job, &request, &place->plan, &error), &error);
}

static void plan_there(struct place *place)
{
    plan_there_for(place, LATENCY);
}

static void leave(struct place *place)
{
    plan_free(place->plan);
    aws_client_close(place->client);
    canned_stop(&place->canned);
    memset(place, 0, sizeof *place);
}

static void old_platforms_and_foreign_ones_are_refused(void **state)
{
    (void)state;
    struct place place = {0};
    canned_start(&place.canned, "steady");
    json_put_text(first(place.canned.answers, "DescribeServices", "services"), "platformVersion", "1.3.0");
    plan_there(&place);
    assert_found(place.plan, MODEL_STOP, "the Fargate platform version is 1.3.0");
    leave(&place);
    canned_start(&place.canned, "host_network");
    json_put_text(first(place.canned.answers, "DescribeServices", "services"), "launchType", "EXTERNAL");
    plan_there(&place);
    assert_found(place.plan, MODEL_STOP, "launch type EXTERNAL");
    leave(&place);
    canned_start(&place.canned, "bridge_fixed");
    plan_there(&place);
    assert_found(place.plan, MODEL_STOP, "the network mode is bridge");
    leave(&place);
}

static void plan_on_instances(struct place *place, const char *version_info)
{
    canned_start(&place->canned, "host_network");
    json_object_object_add(first(place->canned.answers, "DescribeContainerInstances", "containerInstances"),
                           "versionInfo", support_json(version_info));
    plan_there(place);
}

static void the_agents_version_is_looked_at_where_instances_have_one(void **state)
{
    (void)state;
    struct place place = {0};
    plan_on_instances(&place, "{'agentVersion':'1.87.1'}");
    assert_found(place.plan, MODEL_STOP, "the ECS agent on i-0a1b2c3d4e5f60718 is 1.87.1");
    leave(&place);
    plan_on_instances(&place, "{'agentVersion':'1.100.0'}");
    assert_null(find(place.plan, "the ECS agent on"));
    assert_found(place.plan, MODEL_WARNING, "the faults act on the whole instance");
    assert_false(place.plan->shown->refused);
    leave(&place);
    plan_on_instances(&place, "{}");
    assert_found(place.plan, MODEL_NOTE, "does not tell its version");
    leave(&place);
}

static void assert_health(const char *fault, const char *words)
{
    struct place place = {0};
    canned_start(&place.canned, "steady"); /* its checks wait for 5 s */
    plan_there_for(&place, fault);
    if (words != NULL)
        assert_found(place.plan, MODEL_WARNING, words);
    else
        assert_null(find(place.plan, "health checks"));
    leave(&place);
}

/* Connecting and answering each take the delay. */
static void what_fails_health_checks_is_warned_of(void **state)
{
    (void)state;
    assert_health(LATENCY, NULL);
    assert_health("{'latency':{'mean_ms':3000}}", "connecting and answering take 6.00 s longer");
    assert_health("{'loss':{'percent':20}}", NULL);
    assert_health("{'loss':{'percent':80}}", "80 % of the packets");
    assert_health("{'blackhole':{'percent':100}}", "the blackhole swallows checkout's health checks");
}

static void what_is_enabled_already_stays_so(void **state)
{
    (void)state;
    struct place place = {0};
    canned_start(&place.canned, "steady");
    plan_there(&place);
    assert_contains(place.plan->shown->diff, "+  \"enableFaultInjection\": true");
    assert_null(find(place.plan, "allows fault injection already"));
    leave(&place);
    canned_start(&place.canned, "fault_injection");
    plan_there(&place);
    assert_found(place.plan, MODEL_NOTE, "allows fault injection already");
    assert_null(strstr(place.plan->shown->diff, "+  \"enableFaultInjection\""));
    assert_null(strstr(place.plan->shown->diff, "-  \"enableFaultInjection\""));
    leave(&place);
}

static int at_home(void **state)
{
    (void)state;
    support_make_home();
    return 0;
}

static int away(void **state)
{
    (void)state;
    support_remove_home();
    return 0;
}

int main(void)
{
#define WITH_ECS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, at_home, away)
    const struct CMUnitTest tests[] = {
        WITH_ECS(the_sidecar_calls_the_agent_and_stands_before_the_application),
        WITH_ECS(the_way_back_stands_in_the_labels),
        WITH_ECS(places_are_told_to_the_sidecar),
        AT_HOME(what_is_no_address_is_no_place),
        WITH_ECS(only_the_first_of_several_ports_gets_it),
        WITH_ECS(without_a_load_balancer_it_stands_alone),
        WITH_ECS(at_a_dependency_what_goes_out_to_it_is_dropped),
        WITH_ECS(the_black_hole_is_where_the_applications_calls_go),
        WITH_ECS(what_is_measured_by_no_sidecar_can_t_be_guarded),
        WITH_ECS(all_that_the_agent_has_not_is_refused_at_once_by_name),
        WITH_ECS(a_share_of_the_traffic_is_a_share_of_the_flows),
        WITH_ECS(a_canary_is_refused),
        WITH_ECS(an_experiment_of_fis_on_it_stops_it),
        AT_HOME(old_platforms_and_foreign_ones_are_refused),
        AT_HOME(the_agents_version_is_looked_at_where_instances_have_one),
        AT_HOME(what_fails_health_checks_is_warned_of),
        AT_HOME(what_is_enabled_already_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
