/* timeline: when what happens, and all that the sidecar can't do, before anything starts. */
#include "experiment/timeline.h"
#include "tests/experiment/support.h"

#define TARGET \
    "{'resourceType':'aws:ecs:task','parameters':{'cluster':'c','service':'s'},'selectionMode':'ALL'}"
#define HEAD "{'description':'d','stopConditions':[],'targets':{'t':" TARGET "},'actions':{"
#define ON ",'targets':{'Tasks':'t'}"
#define SLOW(duration) \
    "{'actionId':'aws:ecs:task-network-latency'" ON ",'parameters':{'duration':'" duration "'}"
#define LOSSY(duration) \
    "{'actionId':'aws:ecs:task-network-packet-loss'" ON ",'parameters':{'duration':'" duration "'}"
#define HOLE(duration)                                                                            \
    "{'actionId':'aws:ecs:task-network-blackhole-port'" ON ",'parameters':{'duration':'" duration \
    "','port':'8080','trafficType':'ingress'}"
#define STOP "{'actionId':'aws:ecs:stop-task'" ON
#define WAIT(duration) "{'actionId':'aws:fis:wait','parameters':{'duration':'" duration "'}"

static struct template *make(const char *text)
{
    struct error error;
    struct json_object *json = support_json(text);
    struct template *template = template_from_json(json, &error);
    json_object_put(json);
    assert_done(template != NULL, &error);
    return template;
}

static struct timeline *play(const char *text)
{
    struct refusals refusals = {0};
    struct template *template = make(text);
    struct timeline *timeline = timeline_make(template, NULL, NULL, &refusals);
    template_release(template); /* the timeline holds it */
    if (timeline == NULL)
        fail_msg("%s: %s", refusals.items[0].where, refusals.items[0].why);
    return timeline;
}

/* "0 slow+ 60000 slow-": time, action, begins or ends. */
static void order_is(const struct timeline *timeline, const char *wanted)
{
    char got[1024] = "";
    for (size_t i = 0; i < timeline->moment_count; i++) {
        const struct timeline_moment *moment = &timeline->moments[i];
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%lld %s%s", i > 0 ? " " : "",
                 (long long)(moment->at_ms / 1000), moment->action->name, moment->starts ? "+" : "-");
    }
    assert_string_equal(got, wanted);
}

static void one_action_begins_and_ends(void **state)
{
    (void)state;
    struct timeline *timeline = play(HEAD "'slow':" SLOW("PT2M") "}}}");
    order_is(timeline, "0 slow+ 120 slow-");
    assert_int_equal(timeline->moments[0].what, TIMELINE_FAULT);
    assert_true(timeline->moments[0].fault.latency.mean_ms == 200);
    assert_true(fault_is_clean(&timeline->moments[1].fault));
    assert_int_equal(timeline->total_ms, 120000);
    assert_string_equal(timeline->cluster, "c");
    assert_string_equal(timeline->service, "s");
    assert_int_equal(timeline->port_count, 0);
    timeline_free(timeline);
}

static void start_after_waits_for_all_and_for_the_last(void **state)
{
    (void)state;
    struct timeline *timeline = play(
        HEAD "'last':" STOP
             ",'startAfter':['hole','lossy']},'hole':" HOLE("PT1M") ",'startAfter':['rest']},'lossy':" LOSSY(
                 "PT3M") ",'startAfter':['slow']},'rest':" WAIT("PT1M") ",'startAfter':['slow']},'slow'"
                                                                        ":" SLOW("PT2M") "}}}");
    order_is(timeline, "0 slow+ 120 slow- 120 lossy+ 120 rest+ 180 rest- 180 hole+ 240 hole- 300 lossy- "
                       "300 last+");
    assert_int_equal(timeline->total_ms, 300000);
    const struct timeline_moment *moments = timeline->moments;
    assert_int_equal(moments[3].what, TIMELINE_WAIT);
    assert_int_equal(moments[8].what, TIMELINE_STOP_TASK);
    assert_string_equal(moments[8].target->name, "t");
    /* Of one time, all have what is in force after them. */
    assert_true(fault_equal(&moments[1].fault, &moments[3].fault));
    assert_true(moments[1].fault.loss.percent == 7 && moments[1].fault.latency.mean_ms == 0);
    assert_true(moments[5].fault.loss.percent == 7 && moments[5].fault.blackhole.percent == 100);
    assert_true(moments[6].fault.loss.percent == 7 && moments[6].fault.blackhole.percent == 0);
    assert_true(fault_is_clean(&moments[8].fault));
    assert_int_equal(timeline->port_count, 1);
    assert_int_equal(timeline->ports[0], 8080);
    timeline_free(timeline);
}

static void a_stop_that_another_follows_comes_first(void **state)
{
    (void)state;
    struct timeline *timeline =
        play(HEAD "'slow':" SLOW("PT1M") ",'startAfter':['stop']},'stop':" STOP ",'startAfter':['rest']},"
                                         "'rest':" WAIT("PT1M") "}}}");
    order_is(timeline, "0 rest+ 60 rest- 60 stop+ 60 slow+ 120 slow-");
    timeline_free(timeline);
}

static void faults_of_several_kinds_are_one(void **state)
{
    (void)state;
    struct timeline *timeline = play(HEAD "'slow':" SLOW("PT2M") "},'lossy':" LOSSY("PT1M") "}}}");
    const struct fault *both = &timeline->moments[0].fault;
    assert_true(both->latency.mean_ms == 200 && both->loss.percent == 7);
    order_is(timeline, "0 slow+ 0 lossy+ 60 lossy- 120 slow-");
    assert_true(timeline->moments[2].fault.latency.mean_ms == 200);
    assert_true(timeline->moments[2].fault.loss.percent == 0);
    timeline_free(timeline);
}

/* Each is "WHERE: PART OF WHY", all of them, in this order; NULL at the end. */
static void refused(const char *text, const char *cluster, const char *service, const char *const *wanted)
{
    struct refusals refusals = {0};
    struct template *template = make(text);
    assert_null(timeline_make(template, cluster, service, &refusals));
    size_t count = 0;
    for (; wanted[count] != NULL && count < refusals.count; count++) {
        char got[REFUSAL_WHERE_MAX + REFUSAL_WHY_MAX];
        snprintf(got, sizeof got, "%s: %s", refusals.items[count].where, refusals.items[count].why);
        assert_contains(got, wanted[count]);
    }
    if (wanted[count] != NULL)
        fail_msg("not told: %s", wanted[count]);
    if (count < refusals.count)
        fail_msg("told too: %s: %s", refusals.items[count].where, refusals.items[count].why);
    template_release(template);
}

static void all_that_can_not_be_done_is_told_at_once(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "action heat: aws:ecs:task-cpu-stress is nothing that the sidecar can do",
        "action out: sources: the sidecar stands in front",
        "action away: aws:ec2:stop-instances is nothing that the sidecar can do",
        "action api: localstack:generic:latency is nothing that the sidecar can do",
        "target t: the sidecar is in all of a service's tasks: selectionMode must be ALL, not PERCENT(50)",
        "experimentOptions: the sidecar knows one account only",
        NULL};
    refused(
        "{'description':'d','stopConditions':[],'targets':{'t':{'resourceType':'aws:ecs:task','parameters':"
        "{'cluster':'c','service':'s'},'selectionMode':'PERCENT(50)'}},'actions':{"
        "'heat':{'actionId':'aws:ecs:task-cpu-stress'" ON ",'parameters':{'duration':'PT1M'}},"
        "'out':{'actionId':'aws:ecs:task-network-latency'" ON
        ",'parameters':{'duration':'PT1M','sources':'S3'}},"
        "'away':{'actionId':'aws:ec2:stop-instances'},'api':{'actionId':'localstack:generic:latency'},"
        "'stop':" STOP "}},'experimentOptions':{'accountTargeting':'multi-account'}}",
        NULL, NULL, wanted);
}

static void what_overlaps_must_fit(void **state)
{
    (void)state;
    static const char *const two[] = {"actions one and two: two of aws:ecs:task-network-latency", NULL};
    static const char *const shares[] = {"actions one and two: the sidecar faults one share", NULL};
    refused(HEAD "'one':" SLOW("PT2M") "},'two':" SLOW("PT1M") "}}}", NULL, NULL, two);
    refused(HEAD "'one':" SLOW("PT2M") "},'two':{'actionId':'aws:ecs:task-network-packet-loss'" ON
                                       ",'parameters':{'duration':'PT1M','flowsPercent':'50'}}}}",
            NULL, NULL, shares);
    timeline_free(play(HEAD "'one':" SLOW("PT2M") "},'two':" SLOW("PT1M") ",'startAfter':['one']}}}"));
}

static void only_waiting_is_nothing(void **state)
{
    (void)state;
    static const char *const wanted[] = {"actions: there is nothing to do but wait", NULL};
    refused(HEAD "'rest':" WAIT("PT1M") "}}}", NULL, NULL, wanted);
}

#define TWO_TARGETS(second)                                                        \
    "{'description':'d','stopConditions':[],'targets':{'t':" TARGET ",'u':" second \
    "},'actions':{'slow':" SLOW(                                                   \
        "PT1M") "},'stop':{'actionId':'aws:ecs:stop-task','targets':{'Tasks':'u'}}}}"

static void all_is_about_one_service(void **state)
{
    (void)state;
    static const char *const other[] = {"target u: one service at a time: it is c/other, and another is c/s",
                                        NULL};
    static const char *const unnamed[] = {"target u: it does not name its service", NULL};
    static const char *const filtered[] = {"can't be had by the filter AvailabilityZone", NULL};
    refused(TWO_TARGETS("{'resourceType':'aws:ecs:task','parameters':{'cluster':'c','service':'other'},"
                        "'selectionMode':'ALL'}"),
            NULL, NULL, other);
    refused(TWO_TARGETS("{'resourceType':'aws:ecs:task','resourceTags':{'a':'b'},'selectionMode':'ALL'}"),
            NULL, NULL, unnamed);
    refused(TWO_TARGETS("{'resourceType':'aws:ecs:task','parameters':{'cluster':'c','service':'s'},'filters':"
                        "[{'path':'AvailabilityZone','values':['a']}],'selectionMode':'ALL'}"),
            NULL, NULL, filtered);
    /* The same in another spelling, half of its tasks, and a filter that leaves nobody out. */
    struct timeline *timeline =
        play(TWO_TARGETS("{'resourceType':'aws:ecs:task','parameters':{'cluster':'arn:aws:ecs:us-east-1:1:"
                         "cluster/c','service':'s'},'filters':[{'path':'LastStatus','values':['RUNNING']}],"
                         "'selectionMode':'PERCENT(50)'}"));
    assert_int_equal(timeline->moments[1].what, TIMELINE_STOP_TASK);
    assert_int_equal(timeline->moments[1].target->selection, TEMPLATE_PERCENT);
    assert_int_equal(timeline->moments[1].target->selection_number, 50);
    timeline_free(timeline);
}

static void the_caller_may_say_which_service(void **state)
{
    (void)state;
    struct refusals refusals = {0};
    struct template *template = make(
        TWO_TARGETS("{'resourceType':'aws:ecs:task','resourceTags':{'a':'b'},'selectionMode':'COUNT(1)'}"));
    struct timeline *timeline = timeline_make(template, "mine", "own", &refusals);
    assert_non_null(timeline);
    assert_int_equal(refusals.count, 0);
    assert_string_equal(timeline->cluster, "mine");
    assert_string_equal(timeline->service, "own");
    timeline_free(timeline);
    template_release(template);
    timeline_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_action_begins_and_ends),
        cmocka_unit_test(start_after_waits_for_all_and_for_the_last),
        cmocka_unit_test(a_stop_that_another_follows_comes_first),
        cmocka_unit_test(faults_of_several_kinds_are_one),
        cmocka_unit_test(all_that_can_not_be_done_is_told_at_once),
        cmocka_unit_test(what_overlaps_must_fit),
        cmocka_unit_test(only_waiting_is_nothing),
        cmocka_unit_test(all_is_about_one_service),
        cmocka_unit_test(the_caller_may_say_which_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
