/* How sidecars are reached, and those that are not: who joins later, who is too many, what their logs say. */
#include "experiment/sidecars.h"

#include <openssl/evp.h>

#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/plugin.h"
#include "experiment/revision.h"
#include "experiment/sidecar_log.h"
#include "tests/experiment/fake_stats.h"
#include "tests/experiment/support.h"

#define PATIENCE_MS 60000

static uv_loop_t loop;
static struct fake_stats fakes[2];
static struct evp_pkey_st *key;
static struct sidecars *all;
static struct arm_endpoints endpoints;
static unsigned logs;
static char last_log[MODEL_TEXT_MAX];
static struct model_experiment shown;

static void on_sample(void *context, const struct stats_sample *sample)
{
    (void)context;
    (void)sample;
}

static void on_changed(void *context)
{
    (void)context;
}

static void on_log(void *context, enum model_log_level level, const char *text)
{
    (void)context;
    (void)level;
    logs++;
    snprintf(last_log, sizeof last_log, "%s", text);
}

static int setup(void **state)
{
    (void)state;
    static char pin[TLS_PIN_TEXT_MAX];
    struct error error;
    key = tls_key_new(&error);
    assert_done(key != NULL && tls_pin_of(key, pin), &error);
    for (size_t i = 0; i < 2; i++) {
        memset(&fakes[i], 0, sizeof fakes[i]);
        fakes[i].pins = pin;
        assert_true(fake_stats_start(&fakes[i], NULL, 0));
    }
    assert_int_equal(uv_loop_init(&loop), 0);
    const struct sidecars_handlers handlers = {.sample = on_sample, .changed = on_changed, .log = on_log};
    all = sidecars_new(&loop, key, &handlers, &error);
    assert_done(all != NULL, &error);
    memset(&endpoints, 0, sizeof endpoints);
    logs = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sidecars_free(all);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < 2; i++)
        fake_stats_stop(&fakes[i]);
    EVP_PKEY_free(key);
    return uv_loop_close(&loop);
}

#define RUN_UNTIL(condition)                                    \
    do {                                                        \
        int64_t end_ms = clock_ms() + PATIENCE_MS;              \
        while (!(condition)) {                                  \
            if (clock_ms() > end_ms)                            \
                fail_msg("waited too long for %s", #condition); \
            uv_run(&loop, UV_RUN_NOWAIT);                       \
            clock_sleep_ms(1);                                  \
        }                                                       \
    } while (0)

static void add(const char *task, const char *address, int port, enum choices_reach reach)
{
    struct arm_endpoint *endpoint = &endpoints.items[endpoints.count++];
    snprintf(endpoint->task_id, sizeof endpoint->task_id, "%s", task);
    snprintf(endpoint->container, sizeof endpoint->container, "shaketable-proxy");
    snprintf(endpoint->address, sizeof endpoint->address, "%s", address);
    endpoint->stats_port = port;
    endpoint->reach = reach;
}

static struct fault latency(double ms)
{
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = ms;
    return fault;
}

static void who_joins_later_is_as_far_as_the_rest(void **state)
{
    (void)state;
    const struct fault fault = latency(100), other = latency(200);
    add("one", fakes[0].address, fakes[0].port, CHOICES_REACH_DIRECT);
    sidecars_reconcile(all, &endpoints);
    RUN_UNTIL(sidecars_count(all).reached == 1);
    int64_t before_ms = clock_ms();
    sidecars_set(all, &fault, 1795270000000, 10000, "me");
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    clock_sleep_ms(300);
    add("two", fakes[1].address, fakes[1].port, CHOICES_REACH_DIRECT);
    sidecars_reconcile(all, &endpoints);
    RUN_UNTIL(sidecars_count(all).acknowledged == 2);
    assert_true(atomic_load(&fakes[1].elapsed_ms) >= 300);
    assert_true(atomic_load(&fakes[1].elapsed_ms) <= clock_ms() - before_ms);
    assert_int_equal(atomic_load(&fakes[1].deadline_ms), 1795270000000);
    /* The same faults with another lease go on; others begin anew. */
    sidecars_set(all, &fault, 1795270000000, 60000, "me");
    RUN_UNTIL(atomic_load(&fakes[0].lease_ms) == 60000);
    assert_true(atomic_load(&fakes[0].elapsed_ms) >= 300);
    int64_t changed_ms = clock_ms();
    sidecars_set(all, &other, 1795270000000, 10000, "me");
    RUN_UNTIL(sidecars_count(all).acknowledged == 2);
    assert_true(atomic_load(&fakes[0].elapsed_ms) <= clock_ms() - changed_ms);
}

static void more_than_can_be_steered_are_counted_and_said(void **state)
{
    (void)state;
    add("one", fakes[0].address, fakes[0].port, CHOICES_REACH_DIRECT);
    endpoints.beyond = 7;
    sidecars_reconcile(all, &endpoints);
    sidecars_reconcile(all, &endpoints);
    assert_int_equal(logs, 1);
    assert_string_equal(last_log, "7 sidecars are more than the 128 that can be steered: they stay clean");
    sidecars_show(all, &shown);
    assert_int_equal(shown.live_of, 8);
    assert_int_equal(shown.beyond, 7);
    assert_int_equal(shown.sidecar_count, 1);
}

static void one_that_is_not_reached_is_heard_of_by_its_log(void **state)
{
    (void)state;
    static struct stats_sample sample;
    const struct fault fault = latency(100);
    stats_sample_clear(&sample);
    add("one", "", 15001, CHOICES_REACH_NONE);
    add("two", "", 15001, CHOICES_REACH_NONE);
    sidecars_expect(all, &fault);
    sidecars_reconcile(all, &endpoints);
    sidecars_renew(all); /* nobody is spoken to */
    sidecars_show(all, &shown);
    assert_int_equal(shown.sidecars[0].state, MODEL_SIDECAR_SILENT);
    assert_int_equal(shown.unreachable, 2);

    sample.sequence = 1;
    sample.interval_ms = 1000;
    sample.requests = 30;
    assert_true(sidecars_take_log(all, "one", "shaketable-proxy", &sample, clock_epoch_ms()));
    sidecars_show(all, &shown);
    assert_int_equal(shown.sidecars[0].state, MODEL_SIDECAR_CLEAN);
    sample.sequence = 2;
    sample.faults = fault;
    assert_true(sidecars_take_log(all, "one", "shaketable-proxy", &sample, clock_epoch_ms()));
    assert_false(sidecars_take_log(all, "one", "shaketable-proxy", &sample, clock_epoch_ms())); /* twice */
    assert_false(sidecars_take_log(all, "three", "shaketable-proxy", &sample, clock_epoch_ms()));
    assert_false(sidecars_take_log(all, "two", "app", &sample, clock_epoch_ms()));
    sidecars_show(all, &shown);
    assert_int_equal(shown.sidecars[0].state, MODEL_SIDECAR_LIVE);
    assert_int_equal(shown.live_on, 1);
    assert_int_equal(shown.live_of, 2);
    assert_int_equal(shown.unreachable, 1);
    assert_true(shown.sidecars[0].per_second > 29 && shown.sidecars[0].per_second < 31);
    /* What was logged long ago tells nothing of now. */
    sample.sequence = 3;
    assert_true(sidecars_take_log(all, "one", "shaketable-proxy", &sample, clock_epoch_ms() - 60000));
    sidecars_show(all, &shown);
    assert_int_equal(shown.sidecars[0].state, MODEL_SIDECAR_SILENT);
}

static void reads_whose_log_it_is(void **state)
{
    (void)state;
    static struct stats_frame frame;
    struct sidecar_log whose;
    const char *line = "{\"type\":\"stats\",\"sequence\":4,\"interval_ms\":1000,\"faults\":{}}";
    assert_true(sidecar_log_read("my/app/shaketable-proxy/0a1b", "my/app", line, &whose, &frame));
    assert_string_equal(whose.container, "shaketable-proxy");
    assert_string_equal(whose.task_id, "0a1b");
    assert_int_equal(frame.sample.sequence, 4);
    assert_false(sidecar_log_read("my/apps/shaketable-proxy/0a1b", "my/app", line, &whose, &frame));
    assert_false(sidecar_log_read("my/app/shaketable-proxy", "my/app", line, &whose, &frame));
    assert_false(sidecar_log_read("my/app/p/t", "my/app", "listening 0.0.0.0:15000", &whose, &frame));
}

static void the_plugin_must_hide_the_token(void **state)
{
    (void)state;
    assert_true(plugin_hides_token("1.2.650.0"));
    assert_true(plugin_hides_token("1.2.497.1"));
    assert_true(plugin_hides_token("1.3"));
    assert_true(plugin_hides_token("2"));
    assert_false(plugin_hides_token("1.2.497.0"));
    assert_false(plugin_hides_token("1.2.497"));
    assert_false(plugin_hides_token("1.2.30.0"));
    assert_false(plugin_hides_token(""));
    assert_false(plugin_hides_token("version 2"));
    assert_true(plugin_is_open("Port 40001 opened for sessionId alice-1.", 40001));
    assert_false(plugin_is_open("Port 40001 opened for sessionId alice-1.", 40002));
    assert_false(plugin_is_open("Port 40001 is taken", 40001));
}

static const char *variable(struct json_object *container, const char *name)
{
    struct json_object *environment = json_array(container, "environment");
    const char *value = "";
    for (size_t i = 0; i < json_object_array_length(environment); i++) {
        struct json_object *one = json_object_array_get_idx(environment, i);
        if (strcmp(json_text(one, "name"), name) == 0)
            value = json_text(one, "value");
    }
    return value;
}

static void the_timetable_stands_in_our_containers_alone(void **state)
{
    (void)state;
    struct way_back way_back = {0};
    const struct fault fault = latency(100);
    support_way_back(&way_back, "abc");
    struct json_object *revision = support_json(
        "{'containerDefinitions':[{'name':'app','environment':[],'dockerLabels':{'a':'b'}},{'name':'ours',"
        "'environment':[{'name':'SHAKETABLE_CONSOLE_KEY','value':'k'}],'dockerLabels':"
        "{'shaketable.experiment':'abc'}}]}");
    struct json_object *containers = json_array(revision, "containerDefinitions");
    struct json_object *app = json_object_array_get_idx(containers, 0),
                       *ours = json_object_array_get_idx(containers, 1);
    way_back.reach = CHOICES_REACH_NONE;
    way_back.faults_until_ms = 1795270060000;
    revision_set_timetable(revision, &way_back, &fault, 1795270000000, 5);
    way_back.faults_until_ms = 1795270090000;
    revision_set_timetable(revision, &way_back, &fault, 1795270030000, 5); /* confirmed later */
    assert_string_equal(variable(app, "SHAKETABLE_FAULTS"), "");
    assert_string_equal(variable(ours, "SHAKETABLE_CONSOLE_KEY"), "k");
    assert_string_equal(variable(ours, "SHAKETABLE_START"), "1795270030000");
    assert_string_equal(variable(ours, "SHAKETABLE_DEADLINE"), "1795270090000");
    assert_string_equal(variable(ours, "SHAKETABLE_STATS_LOG"), "5");
    assert_contains(variable(ours, "SHAKETABLE_FAULTS"), "\"mean_ms\":100");
    assert_int_equal(json_object_array_length(json_array(ours, "environment")), 5);
    /* The way back that travels with it says so, too. */
    struct way_back read = {0};
    struct json_object *task_definition = json_object_get(revision);
    assert_true(way_back_from_task_definition(&read, task_definition, NULL));
    assert_int_equal(read.reach, CHOICES_REACH_NONE);
    assert_true(read.faults_until_ms == 1795270090000);
    way_back_free(&read);
    way_back_free(&way_back);
    json_object_put(task_definition);
    json_object_put(revision);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_joins_later_is_as_far_as_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_can_be_steered_are_counted_and_said, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_not_reached_is_heard_of_by_its_log, setup, teardown),
        cmocka_unit_test(reads_whose_log_it_is),
        cmocka_unit_test(the_plugin_must_hide_the_token),
        cmocka_unit_test(the_timetable_stands_in_our_containers_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
