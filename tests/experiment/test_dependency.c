/* dependency: which texts name one, and what it changes in a task definition, which is nothing else. */
#include "experiment/dependency_task.h"

#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/preflight_dependency.h"
#include "tests/experiment/support.h"

static struct json_object *response;
static struct json_object *theirs; /* of response */
static struct way_back way_back;
static struct choices choices;
static struct revision_sidecars sidecars;

static int setup(void **state)
{
    (void)state;
    response = support_json(
        "{'taskDefinition':{'taskDefinitionArn':'arn:aws:ecs:eu-west-1:1:task-definition/cart:7',"
        "'family':'cart','networkMode':'awsvpc','taskRoleArn':'arn:aws:iam::1:role/cart',"
        "'containerDefinitions':["
        "{'name':'init','image':'shop/init:1','essential':false},"
        "{'name':'app','image':'shop/cart:7','essential':true,"
        "'dependsOn':[{'containerName':'init','condition':'SUCCESS'}]},"
        "{'name':'agent','image':'public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:latest'},"
        "{'name':'logs','image':'x','firelensConfiguration':{'type':'fluentbit'}}]}}");
    theirs = json_object_of(response, "taskDefinition");
    support_way_back(&way_back, "abcd1234");
    memset(&choices, 0, sizeof choices);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_object_put(response);
    way_back_free(&way_back);
    return 0;
}

static void want(const char *dependency)
{
    struct error error;
    assert_done(choices_take_dependency(&choices, dependency, "--dependency", &error), &error);
}

static struct json_object *build(void)
{
    struct error error;
    assert_done(dependency_find_sidecars(theirs, &choices, &sidecars, &error), &error);
    struct json_object *input =
        revision_build(response, &sidecars, &way_back, "shaketable/proxy:1", "k1", &error);
    assert_done(input != NULL, &error);
    return input;
}

static struct json_object *find(struct json_object *definition, const char *name)
{
    struct json_object *containers = json_array(definition, "containerDefinitions");
    for (size_t i = 0; i < json_object_array_length(containers); i++)
        if (strcmp(json_text(json_object_array_get_idx(containers, i), "name"), name) == 0)
            return json_object_array_get_idx(containers, i);
    fail_msg("there is no container %s", name);
    return NULL;
}

static void set(const char *container, const char *name, const char *value)
{
    struct json_object *to = find(theirs, container), *environment = json_array(to, "environment");
    struct json_object *variable = json_object_new_object();
    if (environment == NULL)
        json_object_object_add(to, "environment", environment = json_object_new_array());
    json_put_text(variable, "name", name);
    json_put_text(variable, "value", value);
    json_object_array_add(environment, variable);
}

static void set_secret(const char *container, const char *name, const char *from)
{
    struct json_object *to = find(theirs, container), *secrets = json_array(to, "secrets");
    struct json_object *secret = json_object_new_object();
    if (secrets == NULL)
        json_object_object_add(to, "secrets", secrets = json_object_new_array());
    json_put_text(secret, "name", name);
    json_put_text(secret, "valueFrom", from);
    json_object_array_add(secrets, secret);
}

static void assert_value(struct json_object *definition, const char *container, const char *name,
                         const char *expected)
{
    const char *value = dependency_value(find(definition, container), name);
    if (expected == NULL) {
        if (value != NULL)
            fail_msg("%s of %s is %s", name, container, value);
        return;
    }
    if (value == NULL)
        fail_msg("%s has no %s", container, name);
    assert_string_equal(value, expected);
}

/* ── texts ───────────────────────────────────────────────────────────────────────────────── */

static void names_and_places_are_taken_as_they_are_kept(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"dynamodb", "dynamodb"},
        {"DynamoDB", "dynamodb"},
        {"states", "stepfunctions"},
        {"monitoring", "cloudwatch"},
        {"dynamodb.us-east-1.amazonaws.com:443", "dynamodb.us-east-1.amazonaws.com:443"},
        {"DB.Example.com:5432", "db.example.com:5432"},
        {"10.0.0.7:443", "10.0.0.7:443"},
        {"[2001:DB8::1]:443", "[2001:db8::1]:443"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct dependency dependency;
        struct error error;
        char text[CHOICES_DEPENDENCY_MAX];
        assert_done(dependency_parse(pairs[i][0], "--dependency", &dependency, &error), &error);
        dependency_format(&dependency, text);
        assert_string_equal(text, pairs[i][1]);
    }
}

static void what_is_neither_is_refused_with_what_is_near(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", "from 1 to"},
        {"dynamo", "was dynamodb meant?"},
        {"dinamodb", "was dynamodb meant?"},
        {"secretmanager", "was secretsmanager meant?"},
        {"qqqqqq", "such as dynamodb, s3 or sqs"},
        {"qqqqqq", "HOST:PORT"},
        {"https://db.example.com:443", "is a URL"},
        {"db.example.com:", "is no port"},
        {"db.example.com:0", "has no port"},
        {":443", "has no host"},
        {"db.example.com:70000", "is no port"},
        {"2001:db8::1:443", "brackets"},
        {"a b:443", "is no address"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct dependency dependency;
        struct error error;
        assert_false(dependency_parse(pairs[i][0], "--dependency", &dependency, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        assert_contains(error.message, pairs[i][1]);
        assert_contains(error.message, "--dependency");
    }
}

static void each_is_named_once_and_places_are_one(void **state)
{
    (void)state;
    struct error error;
    want("dynamodb");
    assert_false(choices_take_dependency(&choices, "DYNAMODB", "--dependency", &error));
    assert_contains(error.message, "dynamodb was named before");
    want("db.example.com:443");
    assert_false(choices_take_dependency(&choices, "other.example.com:443", "--dependency", &error));
    assert_contains(error.message, "one HTTPS proxy");
    want("s3");
    want("sqs");
    assert_false(choices_take_dependency(&choices, "sns", "--dependency", &error));
    assert_contains(error.message, "at most 4");
    assert_int_equal(choices.dependency_count, 4);
    struct json_object *list = dependency_list(&choices);
    char text[64], few[16];
    dependency_words(list, text, sizeof text);
    assert_string_equal(text, "dynamodb, db.example.com:443, s3, sqs");
    dependency_words(list, few, sizeof few);
    assert_string_equal(few + strlen(few) - strlen("…"), "…");
    json_object_put(list);
    dependency_words(NULL, text, sizeof text);
    assert_string_equal(text, "");
}

/* ── the revision ────────────────────────────────────────────────────────────────────────── */

static void assert_command(struct json_object *container, const char *expected)
{
    struct json_object *wanted = support_json(expected);
    if (!json_same(json_array(container, "command"), wanted))
        fail_msg("%s", json_object_to_json_string(json_array(container, "command")));
    json_object_put(wanted);
}

static void calls_to_aws_are_led_to_the_sidecar(void **state)
{
    (void)state;
    want("dynamodb");
    struct json_object *input = build();
    struct json_object *sidecar = find(input, "shaketable-proxy");
    assert_value(input, "app", "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:15000");
    assert_value(input, "init", "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:15000");
    assert_value(input, "agent", "AWS_ENDPOINT_URL_DYNAMODB", NULL);
    assert_value(input, "logs", "AWS_ENDPOINT_URL_DYNAMODB", NULL);
    assert_value(input, "app", "NO_PROXY", NULL);
    assert_value(input, "shaketable-proxy", "AWS_ENDPOINT_URL_DYNAMODB", NULL);
    assert_value(input, "shaketable-proxy", "SHAKETABLE_CONSOLE_KEY", "k1");
    assert_command(sidecar, "['--listen','127.0.0.1:15000','--aws','--stats','tcp:0.0.0.0:15001']");
    assert_string_equal(json_text(json_object_of(sidecar, "dockerLabels"), DEPENDENCY_LABEL), "dynamodb");
    assert_true(json_flag(sidecar, "essential"));
    json_object_put(input);
}

/* It would run before its way to what it calls does; and no circle comes of it. */
static void the_application_starts_after_the_sidecar(void **state)
{
    (void)state;
    want("dynamodb");
    struct json_object *input = build();
    struct json_object *wanted = support_json("[{'containerName':'init','condition':'SUCCESS'},"
                                              "{'containerName':'shaketable-proxy','condition':'START'}]");
    assert_true(json_same(json_array(find(input, "app"), "dependsOn"), wanted));
    assert_null(json_array(find(input, "shaketable-proxy"), "dependsOn"));
    json_object_put(wanted);
    json_object_put(input);
}

/* What listens inside the task is no port of the task's; with its host's network it is the host's. */
static void only_the_stats_port_is_open(void **state)
{
    (void)state;
    want("dynamodb");
    struct json_object *input = build();
    struct json_object *ports = json_array(find(input, "shaketable-proxy"), "portMappings");
    assert_int_equal(json_object_array_length(ports), 1);
    assert_int_equal(json_integer(json_object_array_get_idx(ports, 0), "containerPort"), 15001);
    json_object_put(input);
    json_put_text(theirs, "networkMode", "host");
    input = build();
    assert_int_equal(json_object_array_length(json_array(find(input, "shaketable-proxy"), "portMappings")),
                     2);
    json_object_put(input);
}

static void where_calls_went_before_the_sidecar_sends_them(void **state)
{
    (void)state;
    want("dynamodb");
    want("s3");
    set("app", "AWS_ENDPOINT_URL_DYNAMODB", "http://dynamo.local:8000");
    set("app", "AWS_ENDPOINT_URL", "http://localstack:4566");
    set("app", "AWS_REGION", "eu-central-1");
    set("app", "AWS_ACCESS_KEY_ID", "AKIA");
    set_secret("app", "AWS_SECRET_ACCESS_KEY", "arn:secret");
    struct json_object *input = build();
    assert_value(input, "app", "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:15000");
    assert_value(input, "app", "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:15002");
    assert_value(input, "app", "AWS_ENDPOINT_URL", "http://localstack:4566");
    assert_value(input, "shaketable-proxy", "AWS_ENDPOINT_URL_DYNAMODB", "http://dynamo.local:8000");
    assert_value(input, "shaketable-proxy-2", "AWS_ENDPOINT_URL_S3", "http://localstack:4566");
    assert_value(input, "shaketable-proxy-2", "AWS_ENDPOINT_URL", NULL);
    assert_value(input, "shaketable-proxy", "AWS_REGION", "eu-central-1");
    assert_value(input, "shaketable-proxy", "AWS_ACCESS_KEY_ID", "AKIA");
    assert_true(dependency_is_secret(find(input, "shaketable-proxy"), "AWS_SECRET_ACCESS_KEY"));
    /* One that says nothing of it would call elsewhere, with other keys. */
    assert_value(input, "init", "AWS_ENDPOINT_URL_DYNAMODB", NULL);
    assert_null(json_array(find(input, "init"), "dependsOn"));
    json_object_put(input);
}

static void a_place_is_reached_through_its_proxy(void **state)
{
    (void)state;
    want("db.example.com:8443");
    set("app", "no_proxy", "internal.example.com");
    struct json_object *input = build();
    assert_value(input, "app", "HTTPS_PROXY", "http://127.0.0.1:15000");
    assert_value(input, "app", "https_proxy", "http://127.0.0.1:15000");
    assert_value(input, "app", "no_proxy", "internal.example.com," DEPENDENCY_DIRECT);
    assert_value(input, "app", "NO_PROXY", "internal.example.com," DEPENDENCY_DIRECT);
    assert_value(input, "init", "NO_PROXY", DEPENDENCY_DIRECT);
    assert_value(input, "shaketable-proxy", "HTTPS_PROXY", NULL);
    assert_command(find(input, "shaketable-proxy"),
                   "['--listen','127.0.0.1:15000','--connect','db.example.com:8443','--stats',"
                   "'tcp:0.0.0.0:15001']");
    json_object_put(input);
}

/* An endpoint on 127.0.0.1 is plain http, which a proxy for http would be asked for. */
static void a_proxy_that_is_there_does_not_come_between(void **state)
{
    (void)state;
    want("dynamodb");
    want("sqs");
    set("app", "http_proxy", "http://proxy:3128");
    struct json_object *input = build();
    assert_value(input, "app", "NO_PROXY", DEPENDENCY_DIRECT);
    assert_value(input, "app", "no_proxy", DEPENDENCY_DIRECT);
    assert_value(input, "init", "NO_PROXY", NULL);
    json_object_put(input);
}

/* As test_revision.c has it for sidecars before a service; here the variables and the order are ours. */
static void every_other_key_is_kept(void **state)
{
    (void)state;
    json_object_put(response);
    response = support_load("every_key.json");
    theirs = json_object_of(response, "taskDefinition");
    want("dynamodb");
    struct json_object *containers = json_array(theirs, "containerDefinitions"), *before = json_copy(theirs);
    for (size_t i = 0; i < json_object_array_length(containers); i++)
        json_object_object_del(json_object_array_get_idx(containers, i), "firelensConfiguration");
    struct json_object *input = build();
    struct json_object *now = json_array(input, "containerDefinitions");
    for (size_t i = 0; i < json_object_array_length(containers); i++) {
        struct json_object *old = json_object_array_get_idx(containers, i);
        json_object_object_foreach(old, key, value)
        {
            struct json_object *kept = NULL, *container = json_object_array_get_idx(now, i);
            bool there = json_object_object_get_ex(container, key, &kept);
            if (strcmp(key, "environment") != 0 && strcmp(key, "dependsOn") != 0)
                assert_true(there && json_same(value, kept));
            else
                for (size_t k = 0; k < json_object_array_length(value); k++)
                    assert_true(
                        json_same(json_object_array_get_idx(value, k), json_object_array_get_idx(kept, k)));
        }
    }
    json_object_object_del(before, "containerDefinitions");
    json_object_object_foreach(before, top, something)
    {
        struct json_object *kept = NULL;
        if (json_object_object_get_ex(input, top, &kept) && strcmp(top, "family") != 0)
            assert_true(json_same(something, kept));
    }
    json_object_put(before);
    json_object_put(input);
}

static void what_another_console_finds_is_the_same(void **state)
{
    (void)state;
    struct error error;
    struct revision_sidecars back;
    struct way_back found = {0};
    char text[64];
    want("dynamodb");
    want("db.example.com:443");
    way_back.dependencies = dependency_list(&choices);
    struct json_object *input = build();
    revision_read_sidecars(input, &back);
    assert_int_equal(back.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(back.item[i].front, sidecars.item[i].front);
        assert_int_equal(back.item[i].port, sidecars.item[i].port);
        assert_int_equal(back.item[i].stats_port, sidecars.item[i].stats_port);
        assert_string_equal(back.item[i].container, sidecars.item[i].container);
        assert_string_equal(back.item[i].dependency, sidecars.item[i].dependency);
    }
    assert_done(way_back_from_task_definition(&found, input, &error), &error);
    dependency_words(found.dependencies, text, sizeof text);
    assert_string_equal(text, "dynamodb, db.example.com:443");
    way_back_free(&found);
    json_object_put(input);
}

static void a_copy_of_ours_without_the_sidecar_is_known(void **state)
{
    (void)state;
    want("dynamodb");
    struct json_object *input = build();
    struct json_object *containers = json_array(input, "containerDefinitions");
    json_object_array_del_idx(containers, json_object_array_length(containers) - 1, 1);
    assert_true(dependency_leads_nowhere(input));
    json_object_put(input);
    set("app", "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000");
    set("app", "APP_PEER", "http://127.0.0.1:15000");
    assert_false(dependency_leads_nowhere(theirs));
}

static void agents_alone_are_no_application(void **state)
{
    (void)state;
    struct error error;
    json_object_array_del_idx(json_array(theirs, "containerDefinitions"), 0, 2);
    want("dynamodb");
    assert_false(dependency_find_sidecars(theirs, &choices, &sidecars, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    assert_contains(error.message, "agents and log routers");
}

static void names_of_images_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *image;
        bool application;
    } images[] = {
        {"shop/vector-search:2", true},
        {"timberio/vector:0.40", false},
        {"1.dkr.ecr.eu-west-1.amazonaws.com/fluent-bit@sha256:0", false},
        {"public.ecr.aws/aws-observability/aws-for-fluent-bit:stable", false},
        {"my-fluentd", true},
        {"datadog/agent:7", false},
    };
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        struct json_object *container = json_object_new_object();
        json_put_text(container, "image", images[i].image);
        if (dependency_is_application(container) != images[i].application)
            fail_msg("%s", images[i].image);
        json_object_put(container);
    }
}

static void no_proxy_covers_as_programs_take_it(void **state)
{
    (void)state;
    static const struct {
        const char *list, *host;
        const char *entry; /* NULL: it does not */
    } cases[] = {
        {"*", "db.example.com", "*"},
        {"a.com, example.com", "db.example.com", "example.com"},
        {".example.com", "db.example.com", ".example.com"},
        {".example.com", "example.com", ".example.com"},
        {"*.example.com", "db.example.com", "*.example.com"},
        {"EXAMPLE.com", "db.example.com", "EXAMPLE.com"},
        {"ample.com", "db.example.com", NULL},
        {"db.example.com:443", "db.example.com", "db.example.com:443"},
        {"db.example.com:444", "db.example.com", NULL},
        {"10.0.0.0/8", "10.1.2.3", "10.0.0.0/8"},
        {"10.0.0.0/8", "11.1.2.3", NULL},
        {"0.0.0.0/0", "11.1.2.3", "0.0.0.0/0"},
        {"10.0.0.0/33 10.0.0.0/x /8", "10.1.2.3", NULL},
        {"", "db.example.com", NULL},
        {",, ,", "db.example.com", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char entry[64] = "";
        bool covers = dependency_no_proxy_covers(cases[i].list, cases[i].host, 443, entry, sizeof entry);
        if (covers != (cases[i].entry != NULL))
            fail_msg("%s of %s", cases[i].list, cases[i].host);
        if (covers)
            assert_string_equal(entry, cases[i].entry);
    }
}

/* ── the preflight ───────────────────────────────────────────────────────────────────────── */

static struct model_plan *check(void)
{
    struct error error;
    struct ecs_service *service = calloc(1, sizeof *service);
    struct model_plan *plan = model_plan_new();
    assert_non_null(service);
    struct preflight at = {
        .plan = plan, .outbound = true, .service = service, .task_definition = theirs, .sidecars = &sidecars};
    strcpy(service->launch_type, "FARGATE");
    assert_done(dependency_find_sidecars(theirs, &choices, &sidecars, &error), &error);
    preflight_dependencies(&at);
    preflight_task_definition(&at);
    free(service);
    return plan;
}

/* A finding of that severity that says this; with why and what to do. */
static void assert_finding(enum model_severity severity, const char *what)
{
    struct model_plan *plan = check();
    const struct model_finding *found = NULL;
    for (size_t i = 0; found == NULL && i < plan->finding_count; i++)
        if (strstr(plan->findings[i].what, what) != NULL)
            found = &plan->findings[i];
    if (found == NULL)
        fail_msg("no finding says: %s", what);
    assert_int_equal(found->severity, severity);
    assert_string_not_equal(found->why, "");
    assert_string_not_equal(found->advice, "");
    assert_int_equal(plan->refused, severity == MODEL_STOP);
    model_plan_release(plan);
}

static void assert_no_stop(void)
{
    struct model_plan *plan = check();
    if (plan->refused)
        fail_msg("%s", plan->findings[0].what);
    model_plan_release(plan);
}

static void ready(const char *dependency)
{
    json_put_text(theirs, "status", "ACTIVE");
    want(dependency);
}

static void what_can_be_done_is_not_refused(void **state)
{
    (void)state;
    ready("dynamodb");
    assert_no_stop();
    assert_finding(MODEL_NOTE, "calls to dynamodb are led through the sidecar by a variable");
    want("db.example.com:443");
    assert_no_stop();
    assert_finding(MODEL_NOTE, "calls to db.example.com:443 are led through the sidecar by HTTPS_PROXY");
}

static void the_sidecar_needs_keys(void **state)
{
    (void)state;
    ready("dynamodb");
    json_object_object_del(theirs, "taskRoleArn");
    assert_finding(MODEL_STOP, "no task role, and no AWS keys");
    set_secret("app", "AWS_ACCESS_KEY_ID", "arn:1");
    set_secret("app", "AWS_SECRET_ACCESS_KEY", "arn:2");
    assert_finding(MODEL_NOTE, "has its AWS keys from secrets");
    assert_no_stop();
}

static void keys_in_an_environment_are_told(void **state)
{
    (void)state;
    ready("dynamodb");
    set("app", "AWS_ACCESS_KEY_ID", "AKIA");
    set("app", "AWS_SECRET_ACCESS_KEY", "secret");
    assert_finding(MODEL_WARNING, "container app has AWS keys in its environment");
    assert_finding(MODEL_NOTE, "calls of container init to dynamodb are left alone");
}

static void keys_in_a_file_are_out_of_reach(void **state)
{
    (void)state;
    ready("dynamodb");
    set("app", "AWS_PROFILE", "shop");
    assert_finding(MODEL_STOP, "container app has its keys in a file (AWS_PROFILE)");
}

static void two_ways_are_refused(void **state)
{
    (void)state;
    ready("dynamodb");
    set("init", "AWS_ENDPOINT_URL_DYNAMODB", "http://a:1");
    set("app", "AWS_ENDPOINT_URL_DYNAMODB", "http://b:1");
    assert_finding(MODEL_STOP, "container app has another endpoint or other keys for dynamodb");
}

static void a_secret_of_that_name_is_refused_by_name(void **state)
{
    (void)state;
    ready("dynamodb");
    set_secret("app", "AWS_ENDPOINT_URL_DYNAMODB", "arn:1");
    assert_finding(MODEL_STOP, "container app has AWS_ENDPOINT_URL_DYNAMODB as a secret");
}

static void settings_that_forbid_an_endpoint_are_refused(void **state)
{
    (void)state;
    ready("dynamodb");
    set("app", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    assert_finding(MODEL_STOP, "container app ignores configured endpoints");
    set("init", "AWS_USE_FIPS_ENDPOINT", "TRUE");
    assert_finding(MODEL_STOP, "container init sets AWS_USE_FIPS_ENDPOINT");
}

static void an_existing_proxy_is_the_way_of_calls_now(void **state)
{
    (void)state;
    ready("dynamodb");
    set("app", "HTTPS_PROXY", "http://proxy:3128");
    assert_finding(MODEL_STOP, "container app calls dynamodb through a proxy (HTTPS_PROXY)");
    set("app", "NO_PROXY", ".amazonaws.com");
    assert_no_stop();
}

static void own_authorities_are_not_the_sidecar_s(void **state)
{
    (void)state;
    ready("dynamodb");
    set("app", "AWS_CA_BUNDLE", "/etc/ca.pem");
    assert_finding(MODEL_NOTE, "authorities of its own");
    set("app", "AWS_ENDPOINT_URL_DYNAMODB", "https://dynamo.local");
    assert_finding(MODEL_STOP, "authorities of its own");
}

static void proxies_are_not_chained(void **state)
{
    (void)state;
    ready("db.example.com:443");
    set_secret("app", "https_proxy", "arn:1");
    assert_finding(MODEL_STOP, "container app has a proxy already (https_proxy)");
}

static void what_goes_past_a_proxy_is_refused(void **state)
{
    (void)state;
    ready("db.example.com:443");
    set("app", "NO_PROXY", "a.com,example.com");
    assert_finding(MODEL_STOP, "NO_PROXY of container app holds example.com, which covers db.example.com");
}

static void a_place_in_the_task_is_refused(void **state)
{
    (void)state;
    ready("localhost:443");
    assert_finding(MODEL_STOP, "localhost:443 is in the task itself");
}

static void loopback_is_not_shared_in_bridge_mode(void **state)
{
    (void)state;
    ready("dynamodb");
    json_object_object_del(theirs, "networkMode");
    assert_finding(MODEL_STOP, "the network mode is bridge");
}

static void on_a_host_s_network_others_may_use_it(void **state)
{
    (void)state;
    ready("dynamodb");
    json_put_text(theirs, "networkMode", "host");
    assert_finding(MODEL_WARNING, "its instance's 127.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_places_are_taken_as_they_are_kept),
        cmocka_unit_test(what_is_neither_is_refused_with_what_is_near),
        cmocka_unit_test_setup_teardown(each_is_named_once_and_places_are_one, setup, teardown),
        cmocka_unit_test_setup_teardown(calls_to_aws_are_led_to_the_sidecar, setup, teardown),
        cmocka_unit_test_setup_teardown(the_application_starts_after_the_sidecar, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_stats_port_is_open, setup, teardown),
        cmocka_unit_test_setup_teardown(where_calls_went_before_the_sidecar_sends_them, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_is_reached_through_its_proxy, setup, teardown),
        cmocka_unit_test_setup_teardown(a_proxy_that_is_there_does_not_come_between, setup, teardown),
        cmocka_unit_test_setup_teardown(every_other_key_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_another_console_finds_is_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_of_ours_without_the_sidecar_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(agents_alone_are_no_application, setup, teardown),
        cmocka_unit_test(names_of_images_are_whole),
        cmocka_unit_test(no_proxy_covers_as_programs_take_it),
        cmocka_unit_test_setup_teardown(what_can_be_done_is_not_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_sidecar_needs_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_in_an_environment_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_in_a_file_are_out_of_reach, setup, teardown),
        cmocka_unit_test_setup_teardown(two_ways_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_of_that_name_is_refused_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(settings_that_forbid_an_endpoint_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(an_existing_proxy_is_the_way_of_calls_now, setup, teardown),
        cmocka_unit_test_setup_teardown(own_authorities_are_not_the_sidecar_s, setup, teardown),
        cmocka_unit_test_setup_teardown(proxies_are_not_chained, setup, teardown),
        cmocka_unit_test_setup_teardown(what_goes_past_a_proxy_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_in_the_task_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(loopback_is_not_shared_in_bridge_mode, setup, teardown),
        cmocka_unit_test_setup_teardown(on_a_host_s_network_others_may_use_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
