/* fis_faults: faults that FIS can do become actions and come back as the same; the others are refused by
 * name. */
#include "experiment/fis_actions.h"
#include "experiment/fis_faults.h"
#include "experiment/json.h"
#include "tests/experiment/support.h"

static const struct fis_faults_setting five_minutes = {300000, "tasks", 8080};

static struct json_object *must_become(const struct fault *fault)
{
    struct refusals refusals = {0};
    struct json_object *action = fis_faults_action(fault, &five_minutes, &refusals);
    if (action == NULL)
        fail_msg("%s: %s", refusals.items[0].where, refusals.items[0].why);
    assert_int_equal(refusals.count, 0);
    return action;
}

/* A template with nothing but this action, which it takes over. */
static struct template *around(struct json_object *action)
{
    struct error error;
    struct json_object *document =
        support_json("{'description':'d','stopConditions':[],'actions':{},'targets':{'tasks':{'resourceType':"
                     "'aws:ecs:task','parameters':{'cluster':'c','service':'s'},'selectionMode':'ALL'}}}");
    json_object_object_add(json_object_of(document, "actions"), "it", action);
    struct template *template = template_from_json(document, &error);
    json_object_put(document);
    assert_done(template != NULL, &error);
    return template;
}

static void parameter_is(const struct template *template, const char *name, const char *value)
{
    const char *got = template_value(&template->actions[0].parameters, name);
    if (value == NULL)
        assert_null(got);
    else if (got == NULL)
        fail_msg("%s is missing", name);
    else
        assert_string_equal(got, value);
}

static void back_is_the_same(const struct fault *fault)
{
    struct fis_faults_taken taken;
    struct refusals refusals = {0};
    struct template *template = around(must_become(fault));
    assert_true(fis_faults_from_action(&template->actions[0], &taken, &refusals));
    assert_true(fault_equal(&taken.fault, fault));
    assert_int_equal(taken.duration_ms, five_minutes.duration_ms);
    assert_int_equal(taken.port, fault->blackhole.percent > 0 ? five_minutes.container_port : 0);
    template_release(template);
}

static void latency_becomes_network_latency(void **state)
{
    (void)state;
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = 800;
    fault.latency.jitter_ms = 50;
    fault.latency.distribution = FAULT_UNIFORM;
    fault.scope.percent = 25;
    struct template *template = around(must_become(&fault));
    assert_string_equal(template->actions[0].action_id, FIS_LATENCY);
    parameter_is(template, "duration", "PT5M");
    parameter_is(template, "delayMilliseconds", "800");
    parameter_is(template, "jitterMilliseconds", "50");
    parameter_is(template, "flowsPercent", "25");
    parameter_is(template, "sources", "ALL");
    parameter_is(template, "useEcsFaultInjectionEndpoints", "true");
    parameter_is(template, "lossPercent", NULL);
    template_release(template);
    back_is_the_same(&fault);
    fault.latency.jitter_ms = 0; /* FIS would add 10 ms by itself */
    fault.latency.distribution = FAULT_NORMAL;
    template = around(must_become(&fault));
    parameter_is(template, "jitterMilliseconds", "0");
    template_release(template);
    back_is_the_same(&fault);
}

static void loss_and_blackhole_become_theirs(void **state)
{
    (void)state;
    struct fault fault;
    fault_init(&fault);
    fault.loss.percent = 7;
    struct template *template = around(must_become(&fault));
    assert_string_equal(template->actions[0].action_id, FIS_LOSS);
    parameter_is(template, "lossPercent", "7");
    parameter_is(template, "delayMilliseconds", NULL);
    template_release(template);
    back_is_the_same(&fault);
    fault_init(&fault);
    fault.blackhole.percent = 100;
    template = around(must_become(&fault));
    assert_string_equal(template->actions[0].action_id, FIS_BLACKHOLE);
    parameter_is(template, "port", "8080");
    parameter_is(template, "trafficType", "ingress");
    parameter_is(template, "protocol", "tcp");
    parameter_is(template, "flowsPercent", NULL);
    template_release(template);
    back_is_the_same(&fault);
}

static void becomes_nothing(const struct fault *fault, const struct fis_faults_setting *setting,
                            const char *option, const char *why)
{
    struct refusals refusals = {0};
    assert_null(fis_faults_action(fault, setting, &refusals));
    for (size_t i = 0; i < refusals.count; i++)
        if (strcmp(refusals.items[i].where, option) == 0) {
            assert_contains(refusals.items[i].why, why);
            return;
        }
    fail_msg("%s is not among the %zu refusals", option, refusals.count);
}

/* A delay of 100 ms and this on top. */
static void with(const char *json, const char *option, const char *why)
{
    struct fault fault;
    struct error error;
    struct json_object *document = support_json(json);
    assert_done(fault_from_json(&fault, document, &error), &error);
    json_object_put(document);
    if (fault.latency.mean_ms <= 0)
        fault.latency.mean_ms = 100;
    becomes_nothing(&fault, &five_minutes, option, why);
}

static void each_option_that_fis_lacks_is_refused(void **state)
{
    (void)state;
    with("{'error':{'percent':10}}", "--error", "does not answer");
    with("{'reset':{'percent':1}}", "--reset", "resets no connections");
    with("{'bandwidth':{'bytes_per_s':1000}}", "--bandwidth", "no limit");
    with("{'bandwidth':{'total_bytes_per_s':1000}}", "--bandwidth-total", "no limit");
    with("{'slow_close':{'delay_ms':5}}", "--slow-close", "connection's end");
    with("{'slice':{'bytes':5}}", "--slice", "pieces");
    with("{'limit':{'bytes':5}}", "--limit", "bytes");
    with("{'scope':{'path':'/x'}}", "--path", "no requests");
    with("{'scope':{'method':'GET'}}", "--method", "no requests");
    with("{'scope':{'header':'A'}}", "--header", "no requests");
    with("{'scope':{'source':'10.0.0.0/8'}}", "--source", "speaks to");
    with("{'scope':{'direction':'request'}}", "--direction", "what the tasks send");
    with("{'scope':{'direction':'both'}}", "--direction", "what the tasks send");
    with("{'scope':{'percent':0.5}}", "--percent", "whole number");
    with("{'scope':{'percent':12.5}}", "--percent", "whole number");
    with("{'schedule':{'start_ms':5}}", "--start", "at once");
    with("{'schedule':{'ramp_ms':5}}", "--ramp", "grow");
    with("{'schedule':{'duration_ms':5}}", "--active", "--duration");
    with("{'seed':7}", "--seed", "repeated");
    with("{'latency':{'mean_ms':100.5}}", "--latency", "whole milliseconds");
    with("{'latency':{'jitter_ms':0.5,'distribution':'uniform'}}", "--jitter", "whole milliseconds");
    with("{'latency':{'jitter_ms':5,'distribution':'normal'}}", "--latency-distribution", "not normal");
    with("{'latency':{'jitter_ms':5,'distribution':'pareto'}}", "--latency-distribution", "not pareto");
    with("{'loss':{'percent':2}}", "--latency and --loss", "one of its network actions");
    with("{'loss':{'percent':0.5}}", "--loss", "whole percents");
    with("{'loss':{'percent':2,'burst':3}}", "--loss-burst", "one by one");
    with("{'blackhole':{'percent':100}}", "--latency and --blackhole", "one of its network actions");
    with("{'blackhole':{'percent':50}}", "--blackhole", "all traffic of a port");
}

static void a_setting_that_fis_lacks_is_refused(void **state)
{
    (void)state;
    struct fault fault;
    struct fis_faults_setting setting = five_minutes;
    fault_init(&fault);
    becomes_nothing(&fault, &setting, "faults", "there is none");
    fault.blackhole.percent = 100;
    setting.container_port = 0;
    becomes_nothing(&fault, &setting, "--blackhole", "port is not known");
    setting.container_port = 80;
    fault.scope.percent = 50;
    becomes_nothing(&fault, &setting, "--percent", "no flowsPercent");
    fault.scope.percent = 100;
    static const int64_t durations[] = {0, 59000, 60500, 43201000};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        setting.duration_ms = durations[i];
        becomes_nothing(&fault, &setting, "--duration", "from a minute to 12 hours");
    }
}

static void all_refusals_come_at_once(void **state)
{
    (void)state;
    struct fault fault;
    struct refusals refusals = {0};
    fault_init(&fault);
    fault.error.percent = 1;
    fault.reset.percent = 1;
    fault.seed = 4;
    assert_null(fis_faults_action(&fault, &five_minutes, &refusals));
    assert_int_equal(refusals.count, 3);
}

static void the_faders_know_what_they_become(void **state)
{
    (void)state;
    assert_string_equal(fis_faults_fader(FIS_FADER_LATENCY), "delayMilliseconds");
    assert_string_equal(fis_faults_fader(FIS_FADER_SCOPE), "flowsPercent");
    assert_string_equal(fis_faults_fader(FIS_FADER_ERRORS), "not in FIS");
    assert_true(fis_faults_fader_can(FIS_FADER_LOSS) && fis_faults_fader_can(FIS_FADER_BLACKHOLE));
    assert_false(fis_faults_fader_can(FIS_FADER_RESET) || fis_faults_fader_can(FIS_FADER_BANDWIDTH));
}

/* The refusals of a latency, or of a blackhole, with these parameters, each "WHERE ". */
static void taken_back(const char *id, const char *parameters, const char *wanted)
{
    char text[512], got[512] = "";
    struct refusals refusals = {0};
    struct fis_faults_taken taken;
    snprintf(text, sizeof text, "{'actionId':'%s','targets':{'Tasks':'tasks'},'parameters':%s}", id,
             parameters);
    struct template *template = around(support_json(text));
    assert_int_equal(fis_faults_from_action(&template->actions[0], &taken, &refusals), wanted[0] == '\0');
    for (size_t i = 0; i < refusals.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s ", refusals.items[i].where);
    assert_string_equal(got, wanted);
    template_release(template);
}

static void what_the_sidecar_lacks_is_refused(void **state)
{
    (void)state;
    taken_back(FIS_LATENCY, "{'duration':'PT1M','sources':'ALL'}", "");
    taken_back(FIS_LATENCY, "{'duration':'PT1M','sources':'DYNAMODB'}", "sources ");
    taken_back(FIS_LATENCY, "{'duration':'PT1M','sources':'10.0.0.1','delayMilliseconds':'60001'}",
               "delayMilliseconds sources ");
    taken_back(FIS_LOSS, "{'duration':'PT1M','sources':'S3'}", "sources ");
    taken_back(FIS_BLACKHOLE, "{'duration':'PT1M','port':'80','trafficType':'ingress'}", "");
    taken_back(FIS_BLACKHOLE, "{'duration':'PT1M','port':'80','trafficType':'egress','protocol':'udp'}",
               "trafficType protocol ");
    taken_back("aws:ecs:task-cpu-stress", "{'duration':'PT1M'}", "aws:ecs:task-cpu-stress ");
    taken_back("aws:ecs:stop-task", "{}", "aws:ecs:stop-task ");
    taken_back("aws:lambda:invocation-error", "{}", "aws:lambda:invocation-error ");
}

static void what_is_left_out_is_fis_default(void **state)
{
    (void)state;
    struct fis_faults_taken taken;
    struct refusals refusals = {0};
    struct template *template = around(support_json("{'actionId':'aws:ecs:task-network-latency','targets':{"
                                                    "'Tasks':'tasks'},'parameters':{'duration':'PT90S'}}"));
    assert_true(fis_faults_from_action(&template->actions[0], &taken, &refusals));
    assert_true(taken.fault.latency.mean_ms == 200 && taken.fault.latency.jitter_ms == 10);
    assert_int_equal(taken.fault.latency.distribution, FAULT_UNIFORM);
    assert_int_equal(taken.fault.scope.direction, FAULT_RESPONSE);
    assert_true(taken.fault.scope.percent == 100);
    assert_int_equal(taken.duration_ms, 90000);
    template_release(template);
}

static void faults_print_as_options(void **state)
{
    (void)state;
    struct fault fault;
    struct buf out;
    buf_init(&out, 1024);
    fault_init(&fault);
    fis_faults_print_options(&fault, &out);
    assert_string_equal(buf_text(&out), "");
    fault.latency.mean_ms = 800;
    fault.latency.jitter_ms = 50;
    fault.latency.distribution = FAULT_UNIFORM;
    fault.loss.percent = 2;
    fault.scope.percent = 50;
    fis_faults_print_options(&fault, &out);
    assert_string_equal(
        buf_text(&out),
        "--latency 800ms --jitter 50ms --latency-distribution uniform --loss 2% --percent 50%");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_becomes_network_latency),
        cmocka_unit_test(loss_and_blackhole_become_theirs),
        cmocka_unit_test(each_option_that_fis_lacks_is_refused),
        cmocka_unit_test(a_setting_that_fis_lacks_is_refused),
        cmocka_unit_test(all_refusals_come_at_once),
        cmocka_unit_test(the_faders_know_what_they_become),
        cmocka_unit_test(what_the_sidecar_lacks_is_refused),
        cmocka_unit_test(what_is_left_out_is_fis_default),
        cmocka_unit_test(faults_print_as_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
