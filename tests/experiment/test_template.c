/* template: what AWS's files say is read, and what they should not say is told where it stands. */
#include "core/document.h"
#include "experiment/fis_actions.h"
#include "experiment/json.h"
#include "experiment/template.h"
#include "experiment/template_fis.h"
#include "experiment/template_import.h"
#include "tests/experiment/support.h"

#include <pthread.h>

/* A template around these actions; ' stands for ". */
#define TARGETS                                                                                 \
    "'targets':{'t':{'resourceType':'aws:ecs:task','parameters':{'cluster':'c','service':'s'}," \
    "'selectionMode':'ALL'}}"
#define HEAD "{'description':'d','stopConditions':[]," TARGETS ",'actions':"
#define WAIT "'actionId':'aws:fis:wait','parameters':{'duration':'PT1M'}"
#define SLOW "'actionId':'aws:ecs:task-network-latency','targets':{'Tasks':'t'},'parameters':"

static struct template *make(const char *text, struct error *error)
{
    struct json_object *json = support_json(text);
    memset(error, 0, sizeof *error);
    struct template *template = template_from_json(json, error);
    json_object_put(json);
    return template;
}

static struct template *must_make(const char *text)
{
    struct error error;
    struct template *template = make(text, &error);
    assert_done(template != NULL, &error);
    return template;
}

static void refused(const char *text, const char *words)
{
    struct error error;
    struct template *template = make(text, &error);
    if (template != NULL)
        fail_msg("taken: %s", text);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(error.reason, "ValidationException");
    assert_contains(error.message, words);
}

static struct template *load(const char *name)
{
    char path[SUPPORT_PATH_MAX], text[16384];
    struct error error;
    const char *source = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/experiment/corpus/template/%s", source != NULL ? source : ".",
             name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    struct template *template = template_parse(text, length, &error);
    if (template == NULL)
        fail_msg("%s: %s", name, error.message);
    return template;
}

static void all_that_is_known_can_be_read(void **state)
{
    (void)state;
    struct template *template = load("answer");
    assert_string_equal(template->description, "a day at the coast: α, 海, 🌊");
    assert_string_equal(template->role_arn, "arn:aws:iam::123456789012:role/fis");
    assert_int_equal(template->action_count, 5);
    assert_int_equal(template->target_count, 1);
    assert_int_equal(template->stop_count, 1);
    assert_true(template->stops[0].is_alarm);
    assert_string_equal(template->stops[0].arn,
                        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:checkout-5xx");
    const struct template_action *slow = template_find_action(template, "slow");
    assert_non_null(slow);
    assert_string_equal(slow->action_id, FIS_LATENCY);
    assert_string_equal(slow->description, "");
    assert_string_equal(template_value(&slow->parameters, "delayMilliseconds"), "300");
    assert_string_equal(template_value(&slow->parameters, "installDependencies"), "true");
    assert_null(template_value(&slow->parameters, "jitterMilliseconds"));
    assert_string_equal(template_parameter(slow, "jitterMilliseconds"), "10");
    assert_string_equal(template_parameter(slow, "sources"), "ALL");
    assert_null(template_parameter(slow, "port"));
    const struct template_target *target = template_action_target(template, slow);
    assert_non_null(target);
    assert_string_equal(target->name, "t");
    assert_string_equal(template_value(&target->parameters, "service"), "checkout");
    const struct template_action *kill = template_find_action(template, "kill");
    assert_int_equal(kill->start_after.count, 2);
    assert_string_equal(kill->start_after.items[1], "lossy");
    assert_null(template_find_action(template, "slower"));
    assert_null(template_find_target(template, "slow"));
    template_release(template);
}

static void targets_are_read_with_all_that_selects(void **state)
{
    (void)state;
    struct template *template = load("seed_004_tags");
    const struct template_target *target = &template->targets[0];
    assert_int_equal(target->selection, TEMPLATE_PERCENT);
    assert_int_equal(target->selection_number, 50);
    assert_string_equal(template_value(&target->tags, "Environment"), "test");
    assert_int_equal(target->filter_count, 2);
    assert_string_equal(target->filters[0].path, "Cluster");
    assert_string_equal(target->filters[0].values.items[0], "FIS");
    assert_true(template->empty_skips);
    assert_false(template->multi_account);
    template_release(template);
}

static void the_seeds_templates_are_taken(void **state)
{
    (void)state;
    static const char *const names[] = {"seed_002_error", "seed_002_latency", "seed_003_0",   "seed_003_1",
                                        "seed_003_2",     "seed_004_service", "seed_004_tags"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        template_release(load(names[i]));
    struct template *template = load("seed_003_2");
    assert_string_equal(template_value(&template->actions[0].parameters, "latencyMilliseconds"), "5000");
    template_release(template);
}

static void the_document_is_kept_but_for_what_only_an_answer_has(void **state)
{
    (void)state;
    struct template *template = load("answer");
    struct json_object *json = template_to_json(template);
    static const char *const gone[] = {"experimentTemplate",
                                       "id",
                                       "arn",
                                       "creationTime",
                                       "lastUpdateTime",
                                       "targetAccountConfigurationsCount"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        assert_false(json_object_object_get_ex(json, gone[i], NULL));
    assert_non_null(json_array(json, "keyOfTomorrow"));
    assert_non_null(json_object_of(json, "logConfiguration"));
    struct json_object *slow =
        json_object_of(json_object_of(json_object_of(json, "actions"), "slow"), "parameters");
    assert_string_equal(json_text(slow, "delayMilliseconds"), "300");
    assert_string_equal(json_text(slow, "installDependencies"), "true");
    template_release(template);
    json_object_put(json);
    template = load("seed_004_tags");
    json = template_to_json(template);
    assert_false(json_object_object_get_ex(json, "clientToken", NULL));
    json_object_put(json);
    template_release(template);
}

static void the_callers_document_is_not_changed(void **state)
{
    (void)state;
    struct json_object *json = support_json(HEAD "{'a':{" SLOW "{'duration':'PT1M','delayMilliseconds':5}}},"
                                                 "'clientToken':'x'}");
    struct json_object *before = json_copy(json);
    struct template *template = template_from_json(json, NULL);
    assert_non_null(template);
    assert_true(json_same(json, before));
    template_release(template);
    json_object_put(before);
    json_object_put(json);
}

static void what_is_not_json_is_told_by_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"{\"description\": \"x\",\n  \"actions\": {]}", "line 2, column 15"},
        {"{\n\"ä海\": x}", "line 2, column 7"},
        {"", "it ends too early"},
        {"{\"a\":", "it ends too early"},
        {"[]", "not a JSON object"},
        {"{\"a\":\"\xff\"}", "not UTF-8"},
    };
    struct error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_null(template_parse(rows[i].text, strlen(rows[i].text), &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_string_equal(error.reason, "");
        assert_contains(error.message, rows[i].words);
    }
    char *big = malloc(TEMPLATE_LENGTH_MAX + 1);
    assert_non_null(big);
    memset(big, ' ', TEMPLATE_LENGTH_MAX + 1);
    assert_null(template_parse(big, TEMPLATE_LENGTH_MAX + 1, &error));
    assert_contains(error.message, "longer than 256 KB");
    memset(big, '[', 64);
    assert_null(template_parse(big, 64, &error));
    assert_contains(error.message, "nesting");
    free(big);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    refused("{'actions':{'a':{" WAIT "}},'stopConditions':[]}", "description: is missing");
    refused("{'description':'d','stopConditions':[]}", "actions: is missing");
    refused("{'description':'d','stopConditions':[],'actions':{}}", "actions: there is none");
    refused("{'description':'d','actions':{'a':{" WAIT "}}}", "stopConditions: is missing");
    refused(HEAD "{'a':{'parameters':{'duration':'PT1M'}}}}", "action a: actionId: is missing");
    refused(HEAD "{'a':{'actionId':'aws:fis:wait'}}}", "action a: duration: is missing");
    refused("{'description':'d','stopConditions':[],'targets':{'t':{'selectionMode':'ALL'}},"
            "'actions':{'a':{" WAIT "}}}",
            "target t: resourceType: is missing");
    refused("{'description':'d','stopConditions':[],'targets':{'t':{'resourceType':'aws:ecs:task'}},"
            "'actions':{'a':{" WAIT "}}}",
            "target t: selectionMode: is missing");
    template_release(must_make(HEAD "{'a':{" WAIT "}}}"));
}

static void wrong_kinds_are_named(void **state)
{
    (void)state;
    refused("{'description':7,'stopConditions':[],'actions':{}}", "description: must be a string");
    refused("{'description':'','stopConditions':[],'actions':{}}", "description: must not be empty");
    refused("{'description':'d','stopConditions':{},'actions':{}}", "stopConditions: must be an array");
    refused("{'description':'d','stopConditions':[],'actions':[]}", "actions: must be an object");
    refused(HEAD "{'a':7}}", "a: an action must be an object");
    refused(HEAD "{'a\\u0007':{" WAIT "}}}", "must not have control characters");
    refused(HEAD "{'a':{" WAIT ",'startAfter':'b'}}}", "action a: startAfter: must be an array");
    refused(HEAD "{'a':{'actionId':'aws:fis:wait','parameters':{'duration':{}}}}}",
            "action a: duration: must be a string");
    refused(HEAD "{'a':{'actionId':'a:b','parameters':{'x':'a\\u0000b'}}}}", "must not have a NUL");
    refused(HEAD "{'a':{" WAIT "}},'experimentOptions':{'emptyTargetResolutionMode':'maybe'}}",
            "emptyTargetResolutionMode: must be fail or skip");
    refused("{'description':'d','stopConditions':[{'source':'prayer'}],'actions':{'a':{" WAIT "}}}",
            "source: must be none or aws:cloudwatch:alarm");
    refused("{'description':'d','stopConditions':[{'source':'aws:cloudwatch:alarm'}],'actions':{'a':{" WAIT
            "}}}",
            "value: must be the alarm's ARN");
    refused(HEAD "{'a':{" WAIT "}},'roleArn':'fis'}", "roleArn: must have 20 to 2048 characters");
    refused("{'experimentTemplate':{'description':7}}", "description: must be a string");
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 65536);
    buf_append_text(&text, HEAD "{");
    for (int i = 0; i < TEMPLATE_ACTIONS_MAX; i++)
        buf_printf(&text, "%s'a%d':{" WAIT "}", i > 0 ? "," : "", i);
    size_t length = text.length;
    buf_append_text(&text, "}}");
    struct template *template = must_make(buf_text(&text));
    assert_int_equal(template->action_count, TEMPLATE_ACTIONS_MAX);
    template_release(template);
    text.length = length;
    buf_append_text(&text, ",'one more':{" WAIT "}}}");
    refused(buf_text(&text), "actions: more than 20");
    buf_reset(&text);
    buf_printf(&text, HEAD "{'%065d':{" WAIT "}}}", 0);
    refused(buf_text(&text), "an action's name: must have 1 to 64 characters");
    buf_reset(&text);
    buf_printf(&text, HEAD "{'a':{'actionId':'%0129d'}}}", 0);
    refused(buf_text(&text), "action a: actionId: must have 1 to 128 characters");
    buf_reset(&text);
    buf_printf(&text, "{'description':'%0513d','stopConditions':[],'actions':{'a':{" WAIT "}}}", 0);
    refused(buf_text(&text), "description: must have 1 to 512 characters");
    buf_reset(&text); /* characters, not bytes */
    buf_append_text(&text, "{'description':'");
    for (int i = 0; i < TEMPLATE_DESCRIPTION_MAX; i++)
        buf_append_text(&text, "海");
    buf_append_text(&text, "','stopConditions':[],'actions':{'a':{" WAIT "}}}");
    template_release(must_make(buf_text(&text)));
    buf_free(&text);
}

static void parameters_of_known_actions_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *parameters, *words;
    } rows[] = {
        {"{}", "action a: duration: is missing"},
        {"{'duration':'5m'}", "action a: duration: must be a duration from PT1M to PT12H, not '5m'"},
        {"{'duration':'PT59S'}", "must be a duration from PT1M to PT12H"},
        {"{'duration':'PT12H1S'}", "must be a duration from PT1M to PT12H"},
        {"{'duration':300}", "must be a duration from PT1M to PT12H, not '300'"},
        {"{'duration':'PT1M','delayMilliseconds':'fast'}",
         "action a: delayMilliseconds: must be a whole number from 0 to 3600000, not 'fast'"},
        {"{'duration':'PT1M','delayMilliseconds':1.5}", "not '1.5'"},
        {"{'duration':'PT1M','delayMilliseconds':-1}", "not '-1'"},
        {"{'duration':'PT1M','flowsPercent':0}", "flowsPercent: must be a whole number from 1 to 100"},
        {"{'duration':'PT1M','flowsPercent':'101'}", "flowsPercent: must be a whole number from 1 to 100"},
        {"{'duration':'PT1M','useEcsFaultInjectionEndpoints':'yes'}", "must be true or false"},
        {"{'duration':'PT1M','sources':''}", "sources: must be a text"},
        {"{'duration':'PT1M','lossPercent':'3'}",
         "action a: aws:ecs:task-network-latency has no parameter lossPercent"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, HEAD "{'a':{" SLOW "%s}}}", rows[i].parameters);
        refused(text, rows[i].words);
    }
    refused(HEAD "{'a':{'actionId':'aws:ecs:task-network-blackhole-port','targets':{'Tasks':'t'},"
                 "'parameters':{'duration':'PT1M','port':'80','trafficType':'both'}}}}",
            "trafficType: must be one of ingress, egress, not 'both'");
    refused(HEAD "{'a':{'actionId':'aws:ecs:stop-task','targets':{'Tasks':'t'},"
                 "'parameters':{'duration':'PT1M'}}}}",
            "aws:ecs:stop-task has no parameter duration");
    template_release(
        must_make(HEAD "{'a':{'actionId':'aws:ec2:stop-instances','parameters':{'any':'thing'}}}}"));
}

static void names_must_lead_somewhere(void **state)
{
    (void)state;
    refused(HEAD "{'a':{" WAIT ",'startAfter':['b']}}}", "action a: startAfter: there is no action b");
    refused(HEAD "{'a':{'actionId':'aws:ecs:stop-task','targets':{'Tasks':'u'}}}}",
            "action a: targets: there is no target u");
    refused(HEAD "{'a':{'actionId':'aws:ecs:stop-task'}}}",
            "action a: targets: aws:ecs:stop-task needs one, {\"Tasks\": \"NAME\"}");
    refused(HEAD "{'a':{'actionId':'aws:ecs:stop-task','targets':{'Clusters':'t'}}}}", "needs one");
    refused(HEAD "{'a':{'actionId':'aws:ecs:stop-task','targets':{'Tasks':'t','More':'t'}}}}", "only Tasks");
    refused(HEAD "{'a':{" WAIT ",'targets':{'Tasks':'t'}}}}", "action a: targets: it takes none");
    refused("{'description':'d','stopConditions':[],'targets':{'t':{'resourceType':'aws:ec2:instance',"
            "'resourceTags':{'a':'b'},'selectionMode':'ALL'}},"
            "'actions':{'a':{'actionId':'aws:ecs:stop-task','targets':{'Tasks':'t'}}}}",
            "action a: target t: its resourceType must be aws:ecs:task");
}

static void a_cycle_is_named(void **state)
{
    (void)state;
    refused(HEAD "{'a':{" WAIT ",'startAfter':['a']}}}", "startAfter: a cycle, a → a");
    refused(HEAD "{'d':{" WAIT ",'startAfter':['c']},'a':{" WAIT ",'startAfter':['c']},"
                 "'b':{" WAIT ",'startAfter':['a','e']},'c':{" WAIT ",'startAfter':['b']},'e':{" WAIT "}}}",
            "startAfter: a cycle, c → b → a → c");
}

static void a_target(const char *members, const char *words)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{'description':'d','stopConditions':[],'targets':{'t':{'resourceType':'aws:ecs:task',%s}},"
             "'actions':{'a':{" WAIT "}}}",
             members);
    if (words != NULL)
        refused(text, words);
    else
        template_release(must_make(text));
}

static void targets_are_checked(void **state)
{
    (void)state;
#define ARN "'arn:aws:ecs:us-east-1:123456789012:task/c/1'"
    static const char *const good[] = {"ALL", "COUNT(1)", "COUNT(1000)", "PERCENT(1)", "PERCENT(100)"};
    static const char *const bad[] = {"all",         "COUNT",      "COUNT()",    "COUNT(0)",     "COUNT(-1)",
                                      "COUNT(1",     "COUNT(1.5)", "PERCENT(0)", "PERCENT(101)", "PERCENT(x)",
                                      "PERCENT(5)x", "ALL ",       "COUNT(1)(2)"};
    char members[256];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(members, sizeof members, "'selectionMode':'%s','resourceArns':[" ARN "]", good[i]);
        a_target(members, NULL);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(members, sizeof members, "'selectionMode':'%s','resourceArns':[" ARN "]", bad[i]);
        a_target(members, "target t: selectionMode: must be ALL, COUNT(n) or PERCENT(n)");
    }
    a_target("'selectionMode':'ALL','resourceArns':[" ARN "],'resourceTags':{'a':'b'}",
             "target t: resourceArns and resourceTags can't stand together");
    a_target("'selectionMode':'ALL'", "target t: name what it is");
    a_target("'selectionMode':'ALL','resourceArns':['x']", "resourceArns: must have 20 to 2048 characters");
    a_target("'selectionMode':'ALL','resourceArns':[" ARN "," ARN "," ARN "," ARN "," ARN "," ARN "]",
             "resourceArns: more than 5");
    a_target("'selectionMode':'ALL','parameters':{'service':'s'}", "service needs its cluster");
    a_target("'selectionMode':'ALL','filters':[{'path':'LastStatus'}]", "target t: values: is missing");
    a_target("'selectionMode':'ALL','filters':[7]", "filters: each must be an object");
}

static void every_action_of_the_table_is_complete(void **state)
{
    (void)state;
    size_t count = fis_actions_count();
    assert_int_equal(count, 11);
    assert_null(fis_actions_at(count));
    assert_null(fis_actions_find("aws:ecs:task-network-latencies"));
    for (size_t i = 0; i < count; i++) {
        const struct fis_action *action = fis_actions_at(i);
        assert_ptr_equal(fis_actions_find(action->id), action);
        assert_true(action->title[0] != '\0' && action->help[0] != '\0' && action->actors != 0);
        assert_int_equal(action->target_key == NULL, action->resource_type == NULL);
        for (size_t k = 0; k < action->parameter_count; k++) {
            const struct fis_parameter *parameter = action->parameters[k];
            struct error error = {0};
            assert_ptr_equal(fis_action_parameter(action, parameter->name), parameter);
            assert_true(parameter->label[0] != '\0' && parameter->help[0] != '\0');
            assert_non_null(parameter->unit);
            assert_true(!parameter->required || (parameter->standard == NULL && parameter->example != NULL));
            if (parameter->standard != NULL)
                assert_done(fis_parameter_check(parameter, parameter->standard, &error), &error);
            if (parameter->example != NULL)
                assert_done(fis_parameter_check(parameter, parameter->example, &error), &error);
        }
    }
    assert_string_equal(fis_kind_name(FIS_ENUM), "enum");
}

static void durations_are_iso_8601(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        const char *shortest;
    } rows[] = {
        {"PT1M", 60000, "PT1M"},      {"PT90S", 90000, "PT1M30S"}, {"PT1H30M", 5400000, "PT1H30M"},
        {"PT12H", 43200000, "PT12H"}, {"PT0S", 0, "PT0S"},         {"P1DT1M", 86460000, "PT24H1M"},
        {"PT60M", 3600000, "PT1H"},
    };
    static const char *const bad[] = {"",     "P",     "PT",    "5m",    "300",     "PT5",
                                      "PT5X", "PT 5M", "-PT5M", "PT5M ", "P999999W"};
    char text[FIS_DURATION_TEXT_MAX];
    int64_t ms;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(fis_duration_parse(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
        fis_duration_format(ms, text);
        assert_string_equal(text, rows[i].shortest);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fis_duration_parse(bad[i], &ms))
            fail_msg("'%s' was taken", bad[i]);
}

static void fis_refuses(const char *text, bool has_role, bool own_region, const char *words)
{
    struct refusals refusals = {0};
    struct error error = {0};
    const struct template_fis setting = {has_role, own_region};
    struct template *template = must_make(text);
    assert_int_equal(template_fis_check(template, &setting, &refusals), words == NULL);
    if (words != NULL) {
        refusals_set_error(&refusals, &error);
        assert_contains(error.message, words);
    }
    template_release(template);
}

static void what_fis_would_refuse_is_told(void **state)
{
    (void)state;
    static const char error[] = HEAD "{'Test action 1':{'actionId':'localstack:generic:api-error'}}}";
    fis_refuses(HEAD "{'a':{" WAIT "}}}", true, false, NULL);
    fis_refuses(HEAD "{'a':{" WAIT "}}}", false, false, "roleArn: FIS needs the role");
    fis_refuses(HEAD "{'a':{" WAIT "}},'roleArn':'arn:aws:iam::123456789012:role/fis'}", false, false, NULL);
    fis_refuses(error, true, true, NULL);
    fis_refuses(error, true, false, "action Test action 1: AWS FIS has no localstack:generic:api-error");
    fis_refuses(error, true, false, "action Test action 1: FIS wants names without spaces");
    fis_refuses(HEAD "{'a':{'actionId':'aws:ec2:stop-instances'}}}", true, false, NULL);
    fis_refuses(HEAD "{'a':{'actionId':'aws:ec2:stop-instances'}}}", true, true,
                "has no aws:ec2:stop-instances");
#define LOSSY                                                                         \
    "'lossy':{'actionId':'aws:ecs:task-network-packet-loss','targets':{'Tasks':'t'}," \
    "'parameters':{'duration':'PT1M'}"
    fis_refuses(HEAD "{'slow':{" SLOW "{'duration':'PT2M'}}," LOSSY "}}}", true, false,
                "actions slow and lossy: FIS runs only one");
    fis_refuses(HEAD "{'slow':{" SLOW "{'duration':'PT2M'}}," LOSSY ",'startAfter':['slow']}}}", true, false,
                NULL);
}

static void imported(const char *name, struct template_import *import, bool some)
{
    struct template *template = load(name);
    assert_int_equal(template_import(template, import), some);
    template_release(template);
}

static void the_first_fault_opens_in_the_faders(void **state)
{
    (void)state;
    struct template_import import;
    struct error left = {0};
    imported("answer", &import, true);
    assert_true(import.fault.latency.mean_ms == 300 && import.fault.latency.jitter_ms == 10);
    assert_true(import.fault.loss.percent == 0 && import.fault.blackhole.percent == 0);
    assert_int_equal(import.duration_ms, 120000);
    assert_string_equal(import.cluster, "storefront");
    assert_string_equal(import.service, "checkout");
    assert_int_equal(import.choices.guard_count, 1);
    assert_string_equal(import.choices.guards[0],
                        "alarm arn:aws:cloudwatch:us-east-1:123456789012:alarm:checkout-5xx");
    assert_int_equal(import.left.count, 4);
    refusals_set_error(&import.left, &left);
    assert_contains(left.message, "action lossy: it begins later");
    assert_contains(left.message, "action kill: aws:ecs:stop-task: the sidecar has no such fault");
    imported("seed_004_service", &import, false);
    assert_int_equal(import.left.count, 1);
    assert_string_equal(import.left.items[0].where, "action networkLatency: sources");
    imported("seed_002_error", &import, false);
    assert_true(fault_is_clean(&import.fault));
}

static void *take_and_let_go(void *argument)
{
    struct template *template = argument;
    for (int i = 0; i < 2000; i++) {
        struct template *mine = template_retain(template);
        if (strcmp(template_parameter(&mine->actions[0], "sources"), "ALL") != 0)
            return argument;
        if (i % 100 == 0)
            json_object_put(template_to_json(mine));
        template_release(mine);
    }
    return NULL;
}

static void several_threads_may_hold_one(void **state)
{
    (void)state;
    struct template *template = must_make(HEAD "{'a':{" SLOW "{'duration':'PT1M'}}}}");
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_let_go, template), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    template_release(template);
    template_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_known_can_be_read),
        cmocka_unit_test(targets_are_read_with_all_that_selects),
        cmocka_unit_test(the_seeds_templates_are_taken),
        cmocka_unit_test(the_document_is_kept_but_for_what_only_an_answer_has),
        cmocka_unit_test(the_callers_document_is_not_changed),
        cmocka_unit_test(what_is_not_json_is_told_by_line_and_column),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(wrong_kinds_are_named),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(parameters_of_known_actions_are_checked),
        cmocka_unit_test(names_must_lead_somewhere),
        cmocka_unit_test(a_cycle_is_named),
        cmocka_unit_test(targets_are_checked),
        cmocka_unit_test(every_action_of_the_table_is_complete),
        cmocka_unit_test(durations_are_iso_8601),
        cmocka_unit_test(what_fis_would_refuse_is_told),
        cmocka_unit_test(the_first_fault_opens_in_the_faders),
        cmocka_unit_test(several_threads_may_hold_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
