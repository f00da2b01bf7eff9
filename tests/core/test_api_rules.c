/* Rules about single APIs: what is read, what is refused and in which words, what they mean. */
#include "core/api_rules.h"

#include "tests/core/support.h"

#include <json-c/json.h>

static bool read_rule(const char *text, struct api_rule *rule, struct error *error)
{
    struct json_object *json = text[0] == '{' ? json_tokener_parse(text) : api_rule_parse(text, error);
    bool done = json && api_rule_read(rule, json, error);
    json_object_put(json);
    return done;
}

static void rules_that_are_right(void **state)
{
    static const struct {
        const char *text;
        struct api_rule rule;
    } cases[] = {
        {"{}", {"", "", "", 100, 0, 503, "ServiceUnavailable", NULL}},
        {"{\"service\":\"s3\",\"region\":\"eu-west-1\"}",
         {"s3", "", "eu-west-1", 100, 0, 503, "ServiceUnavailable", NULL}},
        {"{\"service\":\"sqs\",\"probability\":0.25,\"error\":{\"statusCode\":500,\"code\":\"X\"}}",
         {"sqs", "", "", 25, 0, 500, "X", NULL}},
        {"{\"service\":\"dynamodb\",\"apiCall\":\"GetItem\",\"percentage\":\"50\"}",
         {"dynamodb", "GetItem", "", 50, 0, 500, "InternalError", NULL}},
        {"{\"service\":\"dynamodb\",\"latencyMilliseconds\":5000}",
         {"dynamodb", "", "", 100, 5000, 0, "", NULL}},
        {"service=dynamodb,operation=GetItem,percentage=50,exception=ProvisionedThroughputExceededException,"
         "errorCode=400,latency=80ms",
         {"dynamodb", "GetItem", "", 50, 80, 400, "ProvisionedThroughputExceededException", NULL}},
        {"service=elbv2,latency=1.5s,percentage=10", {"elasticloadbalancing", "", "", 10, 1500, 0, "", NULL}},
        {"service=efs,operation=CreateFileSystem",
         {"elasticfilesystem", "CreateFileSystem", "", 100, 0, 503, "ServiceUnavailable", NULL}},
        {"service=all,operation=all,region=all,exception=Slow.Down",
         {"", "", "", 100, 0, 500, "Slow.Down", NULL}},
        {"service=bedrock,operation=Converse",
         {"bedrock", "Converse", "", 100, 0, 503, "ServiceUnavailable", NULL}},
        {"service=glue,operation=NobodyKnowsThat",
         {"glue", "NobodyKnowsThat", "", 100, 0, 503, "ServiceUnavailable", NULL}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct api_rule *wanted = &cases[i].rule;
        struct api_rule rule;
        struct error error = {0};
        bool done = read_rule(cases[i].text, &rule, &error);
        assert_case(done, error.message);
        assert_case(strcmp(rule.service, wanted->service) == 0, cases[i].text);
        assert_case(strcmp(rule.operation, wanted->operation) == 0, cases[i].text);
        assert_case(strcmp(rule.region, wanted->region) == 0, cases[i].text);
        assert_case(rule.percent > wanted->percent - 0.01 && rule.percent < wanted->percent + 0.01,
                    cases[i].text);
        assert_case(rule.latency_ms == wanted->latency_ms && rule.status == wanted->status, cases[i].text);
        assert_case(strcmp(rule.code, wanted->code) == 0, cases[i].text);
        assert_case(rule.status == 0 || rule.message, cases[i].text);
    }
}

static void rules_that_are_wrong(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"service=dynmodb", "there is no service dynmodb (did you mean dynamodb?)"},
        {"service=nosuchthingatall", "there is no service nosuchthingatall"},
        {"service=dynamodb,operation=GetItm", "dynamodb has no operation GetItm (did you mean GetItem?)"},
        {"service=dynamodb,operation=RunInstances", "dynamodb has no operation RunInstances"},
        {"service=s3,operation=GetObjct", "(did you mean GetObject?)"},
        {"service=lambda,operation=Invok", "(did you mean Invoke?)"},
        {"service=dynamodb,percentage=101", "percentage"},
        {"service=dynamodb,percentage=-1", "percentage"},
        {"service=dynamodb,latency=601", "at most 600 s"},
        {"service=dynamodb,latency=soon", "latency"},
        {"service=dynamodb,errorCode=200", "errorCode"},
        {"service=dynamodb,what=ever", "what is not known here"},
        {"service", "'service' is not KEY=VALUE"},
        {"service=", "'service=' is not KEY=VALUE"},
        {"{\"probability\":2}", "probability must be a number from 0 to 1"},
        {"{\"probability\":1,\"error\":[]}", "error must be an object"},
        {"{\"probability\":1,\"error\":{\"statusCode\":99}}", "statusCode"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct api_rule rule;
        struct error error = {0};
        assert_case(!read_rule(cases[i].text, &rule, &error), cases[i].text);
        assert_contains(error.message, cases[i].words);
    }
}

static void parameters_that_are_wrong(void **state)
{
    static const struct {
        bool is_latency;
        const char *parameters, *words;
    } cases[] = {
        {false, "{\"service\":\"nosuch\"}", "there is no service nosuch"},
        {false, "{\"what\":\"x\"}", "what is not known"},
        {false, "{\"operation\":[]}", "must be a text or a number"},
        {false, "{\"operation\":\"Get Item\"}", "is not the name"},
        {false, "{\"region\":\"a/b\"}", "is not the name"},
        {false, "{\"percentage\":\"lots\"}", "percentage"},
        {false, "{\"percentage\":-1}", "percentage"},
        {false, "{\"errorCode\":\"99\"}", "errorCode"},
        {false, "{\"exception\":\"<script>\"}", "exception"},
        {false, "{\"exception\":\"\"}", "exception"},
        {false, "{\"latency\":\"601\"}", "at most 600 s"},
        {true, "{}", "latencyMilliseconds is missing"},
        {true, "{\"latencyMilliseconds\":\"x\"}", "latencyMilliseconds"},
        {true, "{\"latencyMilliseconds\":5,\"errorCode\":\"500\"}", "errorCode is not known"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *json = json_tokener_parse(cases[i].parameters);
        struct api_rule rule;
        struct error error = {0};
        assert_false(api_rule_read_parameters(&rule, cases[i].is_latency, json, "us-east-1", &error));
        assert_non_null(strstr(error.message, cases[i].words));
        json_object_put(json);
    }
}

static void the_first_that_matches_decides(void **state)
{
    static struct api_rules rules;
    struct error error = {0};
    (void)state;
    rules.count = 0;
    assert_true(
        read_rule("service=dynamodb,operation=GetItem,percentage=0", &rules.items[rules.count++], &error));
    assert_true(read_rule("service=dynamodb,region=eu-west-1", &rules.items[rules.count++], &error));
    assert_true(read_rule("latency=1s", &rules.items[rules.count++], &error));
    assert_ptr_equal(api_rules_first(&rules, "dynamodb", "GetItem", "eu-west-1"), &rules.items[0]);
    assert_ptr_equal(api_rules_first(&rules, "dynamodb", "PutItem", "eu-west-1"), &rules.items[1]);
    assert_ptr_equal(api_rules_first(&rules, "dynamodb", "PutItem", "us-east-1"), &rules.items[2]);
    rules.count = 2;
    assert_null(api_rules_first(&rules, "s3", "", "us-east-1"));
}

static void chances(void **state)
{
    struct api_rule fails = {.percent = 30, .latency_ms = 5, .status = 500};
    struct api_rule delays = {.percent = 30, .latency_ms = 5};
    struct random random;
    int failed = 0, delayed = 0;
    (void)state;
    random_seed(&random, 7);
    for (int i = 0; i < 2000; i++) {
        struct api_effect effect = api_rule_roll(&fails, &random);
        assert_int_equal(effect.delay_ms, 5); /* all that it means */
        failed += effect.fails;
        effect = api_rule_roll(&delays, &random);
        assert_false(effect.fails);
        delayed += effect.delay_ms == 5;
    }
    assert_in_range(failed, 500, 700);
    assert_in_range(delayed, 500, 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_are_right),
        cmocka_unit_test(rules_that_are_wrong),
        cmocka_unit_test(parameters_that_are_wrong),
        cmocka_unit_test(the_first_that_matches_decides),
        cmocka_unit_test(chances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
