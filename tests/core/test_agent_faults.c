/* agent_faults: what the ECS agent can do becomes its requests; everything else is refused by name. */
#include "core/agent_faults.h"
#include "tests/core/support.h"

static const struct agent_setting port_8080 = {.port = 8080};

static struct agent_fault must_map(const struct fault *fault, const struct agent_setting *setting)
{
    struct agent_fault mapped = {0};
    struct refusals refusals = {0};
    if (!agent_faults_map(fault, setting, &mapped, &refusals))
        fail_msg("%s: %s", refusals.items[0].where, refusals.items[0].why);
    assert_int_equal(refusals.count, 0);
    return mapped;
}

static void body_is(const struct agent_fault *fault, const struct agent_setting *setting, const char *body)
{
    struct buf text;
    buf_init(&text, 4096);
    assert_true(agent_fault_print(fault, setting, &text));
    assert_string_equal(buf_text(&text), body);
    buf_free(&text);
}

static void clean_faults_are_nothing_to_run(void **state)
{
    (void)state;
    struct fault fault;
    fault_init(&fault);
    fault.scope.percent = 12.5; /* of nothing */
    assert_false(must_map(&fault, &port_8080).any);
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
    struct agent_fault mapped = must_map(&fault, &port_8080);
    assert_int_equal(mapped.kind, AGENT_LATENCY);
    body_is(&mapped, &port_8080,
            "{\"DelayMilliseconds\":800,\"JitterMilliseconds\":50,\"FlowsPercent\":25,"
            "\"Sources\":[\"0.0.0.0/0\"]}");
    fault.latency.jitter_ms = 0; /* without it there is no distribution to be refused */
    fault.latency.distribution = FAULT_PARETO;
    assert_int_equal(must_map(&fault, &port_8080).jitter_ms, 0);
}

static void loss_becomes_network_packet_loss(void **state)
{
    (void)state;
    struct fault fault;
    struct error error;
    struct agent_setting setting = {0};
    assert_true(agent_setting_add_source(&setting, "10.0.0.0/16", "--agent-source", &error));
    assert_true(agent_setting_add_source(&setting, "10.1.2.3", "--agent-source", &error));
    assert_true(agent_setting_add_source(&setting, "10.1.2.3", "--agent-source", &error)); /* once */
    assert_true(agent_setting_add_filter(&setting, "2001:db8::/32", "--agent-filter", &error));
    fault_init(&fault);
    fault.loss.percent = 3;
    struct agent_fault mapped = must_map(&fault, &setting);
    assert_int_equal(mapped.kind, AGENT_LOSS);
    body_is(&mapped, &setting,
            "{\"LossPercent\":3,\"FlowsPercent\":100,\"Sources\":[\"10.0.0.0/16\",\"10.1.2.3\"],"
            "\"SourcesToFilter\":[\"2001:db8::/32\"]}");
}

static void blackhole_becomes_network_blackhole_port(void **state)
{
    (void)state;
    struct fault fault;
    struct error error;
    struct agent_setting setting = port_8080;
    fault_init(&fault);
    fault.blackhole.percent = 100;
    struct agent_fault mapped = must_map(&fault, &setting);
    assert_int_equal(mapped.kind, AGENT_BLACKHOLE);
    body_is(&mapped, &setting, "{\"Port\":8080,\"Protocol\":\"tcp\",\"TrafficType\":\"ingress\"}");
    assert_true(agent_setting_take_traffic(&setting, "egress", "--agent-traffic", &error));
    body_is(&mapped, &setting, "{\"Port\":8080,\"Protocol\":\"tcp\",\"TrafficType\":\"egress\"}");
}

static void paths_are_the_agents(void **state)
{
    (void)state;
    char path[AGENT_PATH_MAX];
    agent_fault_path(AGENT_LATENCY, AGENT_START, path);
    assert_string_equal(path, "/fault/v1/network-latency/start");
    agent_fault_path(AGENT_LOSS, AGENT_STOP, path);
    assert_string_equal(path, "/fault/v1/network-packet-loss/stop");
    agent_fault_path(AGENT_BLACKHOLE, AGENT_STATUS, path);
    assert_string_equal(path, "/fault/v1/network-blackhole-port/status");
}

/* `stop` and `status` need a body that `start` would take. */
static void any_of_a_kind_is_whole(void **state)
{
    (void)state;
    struct agent_fault any = agent_fault_of_kind(AGENT_LATENCY);
    body_is(&any, &port_8080,
            "{\"DelayMilliseconds\":1,\"JitterMilliseconds\":0,\"FlowsPercent\":100,"
            "\"Sources\":[\"0.0.0.0/0\"]}");
    any = agent_fault_of_kind(AGENT_LOSS);
    body_is(&any, &port_8080, "{\"LossPercent\":1,\"FlowsPercent\":100,\"Sources\":[\"0.0.0.0/0\"]}");
    any = agent_fault_of_kind(AGENT_BLACKHOLE);
    body_is(&any, &port_8080, "{\"Port\":8080,\"Protocol\":\"tcp\",\"TrafficType\":\"ingress\"}");
}

static void what_differs_is_told_apart(void **state)
{
    (void)state;
    struct agent_fault none = {0}, a = agent_fault_of_kind(AGENT_LATENCY), b = a;
    assert_true(agent_fault_equal(&none, &none));
    assert_false(agent_fault_equal(&none, &a));
    assert_true(agent_fault_equal(&a, &b));
    b.jitter_ms = 1;
    assert_false(agent_fault_equal(&a, &b));
    b = agent_fault_of_kind(AGENT_LOSS);
    assert_false(agent_fault_equal(&a, &b));
}

/* Each case as the JSON of a fault, and the option that is refused. */
static void the_rest_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *faults, *where, *why;
    } cases[] = {
        {"{\"error\":{\"percent\":1}}", "--error", "does not answer requests"},
        {"{\"reset\":{\"percent\":1}}", "--reset", "resets no connections"},
        {"{\"bandwidth\":{\"bytes_per_s\":1000}}", "--bandwidth", "no limit of bandwidth"},
        {"{\"bandwidth\":{\"total_bytes_per_s\":1000}}", "--bandwidth-total", "no limit of bandwidth"},
        {"{\"slow_close\":{\"delay_ms\":10}}", "--slow-close", "connection's end"},
        {"{\"slice\":{\"bytes\":10}}", "--slice", "pieces"},
        {"{\"limit\":{\"bytes\":10}}", "--limit", "bytes"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"path\":\"/a*\"}}", "--path", "no requests"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"method\":\"GET\"}}", "--method", "no requests"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"header\":\"X-A: b\"}}", "--header", "no requests"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"source\":\"10.0.0.1\"}}", "--source", "--agent-source"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"direction\":\"request\"}}", "--direction", "send"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"percent\":12.5}}", "--percent", "whole number"},
        {"{\"loss\":{\"percent\":1},\"scope\":{\"percent\":0.5}}", "--percent", "whole number"},
        {"{\"loss\":{\"percent\":1},\"seed\":7}", "--seed", "repeated"},
        {"{\"loss\":{\"percent\":1},\"schedule\":{\"start_ms\":10}}", "--start", "at once"},
        {"{\"loss\":{\"percent\":1},\"schedule\":{\"ramp_ms\":10}}", "--ramp", "grow"},
        {"{\"loss\":{\"percent\":1},\"schedule\":{\"duration_ms\":10}}", "--active", "--duration"},
        {"{\"loss\":{\"percent\":0.5}}", "--loss", "whole percents"},
        {"{\"loss\":{\"percent\":1,\"burst\":3}}", "--loss-burst", "one by one"},
        {"{\"latency\":{\"mean_ms\":0.5}}", "--latency", "whole milliseconds"},
        {"{\"latency\":{\"mean_ms\":5,\"jitter_ms\":0.5,\"distribution\":\"uniform\"}}", "--jitter", "whole"},
        {"{\"latency\":{\"mean_ms\":5,\"jitter_ms\":1}}", "--latency-distribution", "uniform, not normal"},
        {"{\"latency\":{\"mean_ms\":5},\"loss\":{\"percent\":1}}", "--latency and --loss", "one of the two"},
        {"{\"latency\":{\"mean_ms\":5},\"blackhole\":{\"percent\":100}}", "--latency and --blackhole", "no"},
        {"{\"loss\":{\"percent\":5},\"blackhole\":{\"percent\":100}}", "--loss and --blackhole", "no"},
        {"{\"blackhole\":{\"percent\":50}}", "--blackhole", "all traffic"},
        {"{\"blackhole\":{\"percent\":100},\"scope\":{\"percent\":50}}", "--percent", "all connections"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault fault;
        struct error error;
        struct agent_fault untouched = {.any = true, .delay_ms = 77};
        struct refusals refusals = {0};
        assert_case(fault_parse(&fault, cases[i].faults, strlen(cases[i].faults), &error), cases[i].faults);
        assert_case(!agent_faults_map(&fault, &port_8080, &untouched, &refusals), cases[i].faults);
        assert_case(refusals.count == 1, cases[i].faults);
        assert_string_equal(refusals.items[0].where, cases[i].where);
        assert_contains(refusals.items[0].why, cases[i].why);
        assert_case(untouched.any && untouched.delay_ms == 77, cases[i].faults);
    }
}

/* It has no Sources: to drop everybody's traffic is not what was asked for. */
static void a_blackhole_of_some_places_is_refused(void **state)
{
    (void)state;
    struct fault fault;
    struct error error;
    struct agent_fault mapped;
    struct refusals refusals = {0};
    struct agent_setting setting = port_8080;
    fault_init(&fault);
    fault.blackhole.percent = 100;
    assert_true(agent_setting_add_source(&setting, "10.0.0.0/16", "--agent-source", &error));
    assert_false(agent_faults_map(&fault, &setting, &mapped, &refusals));
    assert_int_equal(refusals.count, 1);
    assert_string_equal(refusals.items[0].where, "--blackhole");
    assert_contains(refusals.items[0].why, "everybody");
}

static void all_refusals_are_told_at_once(void **state)
{
    (void)state;
    struct fault fault;
    struct agent_fault mapped;
    struct refusals refusals = {0};
    fault_init(&fault);
    fault.error.percent = 1;
    fault.reset.percent = 1;
    fault.blackhole.percent = 100;
    assert_false(agent_faults_map(&fault, &(struct agent_setting){0}, &mapped, &refusals));
    assert_int_equal(refusals.count, 3);
    assert_contains(refusals.items[2].why, "--agent-port");
}

static void only_addresses_are_places(void **state)
{
    (void)state;
    struct agent_setting setting = {0};
    struct error error;
    static const char *const wrong[] = {"",        "example.com", "10.0.0.1/33", "10.0.0.1/",
                                        "::1/129", "10.0.0",      "ALL",         "10.0.0.1/8/8"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_case(!agent_setting_add_source(&setting, wrong[i], "--agent-source", &error), wrong[i]);
        assert_contains(error.message, "--agent-source");
    }
    assert_int_equal(setting.source_count, 0);
    for (unsigned i = 0; i < AGENT_SOURCES_MAX; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.0.0.%u", i);
        assert_true(agent_setting_add_filter(&setting, text, "--agent-filter", &error));
    }
    assert_false(agent_setting_add_filter(&setting, "10.0.1.0", "--agent-filter", &error));
    assert_contains(error.message, "more than 16");
    assert_false(agent_setting_take_traffic(&setting, "both", "--agent-traffic", &error));
    assert_contains(error.message, "neither ingress nor egress");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_faults_are_nothing_to_run),
        cmocka_unit_test(latency_becomes_network_latency),
        cmocka_unit_test(loss_becomes_network_packet_loss),
        cmocka_unit_test(blackhole_becomes_network_blackhole_port),
        cmocka_unit_test(paths_are_the_agents),
        cmocka_unit_test(any_of_a_kind_is_whole),
        cmocka_unit_test(what_differs_is_told_apart),
        cmocka_unit_test(the_rest_is_refused_by_name),
        cmocka_unit_test(a_blackhole_of_some_places_is_refused),
        cmocka_unit_test(all_refusals_are_told_at_once),
        cmocka_unit_test(only_addresses_are_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
