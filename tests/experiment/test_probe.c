/* A probe's parts: targets and proxies, health by a clock of the test's, the summary, and what a console
 * hears of its rounds. */
#include "core/clock.h"
#include "experiment/clients.h"
#include "experiment/probe_health.h"
#include "experiment/probe_stats.h"
#include "experiment/probe_tally.h"
#include "experiment/probe_target.h"

#include <stdlib.h>

#include "tests/core/support.h"

/* ── targets ─────────────────────────────────────────────────────────────────────────────── */

static void targets_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct probe_target target;
    } cases[] = {
        {"http://a.example", {PROBE_HTTP, false, "a.example", 80, "a.example", "/", ""}},
        {"HTTPS://a.example/x?y=%20", {PROBE_HTTP, true, "a.example", 443, "a.example", "/x?y=%20", ""}},
        {"https://a.example:8443?q", {PROBE_HTTP, true, "a.example", 8443, "a.example:8443", "/?q", ""}},
        {"http://a:80/", {PROBE_HTTP, false, "a", 80, "a", "/", ""}},
        {"http://[::1]:8080/", {PROBE_HTTP, false, "::1", 8080, "[::1]:8080", "/", ""}},
        {"http://[::1]", {PROBE_HTTP, false, "::1", 80, "[::1]", "/", ""}},
        {"tcp://10.0.0.1:5432", {PROBE_TCP, false, "10.0.0.1", 5432, "10.0.0.1:5432", "", ""}},
        {"tcp://[fe80::1]:1/", {PROBE_TCP, false, "fe80::1", 1, "[fe80::1]:1", "", ""}},
        {"dynamodb:MyTestTable", {PROBE_DYNAMODB, false, "", 0, "", "", "MyTestTable"}},
        {"dynamodb:arn:aws:dynamodb:us-east-1:1:table/a.b",
         {PROBE_DYNAMODB, false, "", 0, "", "", "arn:aws:dynamodb:us-east-1:1:table/a.b"}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct probe_target got;
        const struct probe_target *want = &cases[i].target;
        assert_case(probe_target_parse(&got, cases[i].text, "probe", NULL), cases[i].text);
        assert_int_equal(got.kind, want->kind);
        assert_int_equal(got.tls, want->tls);
        assert_int_equal(got.port, want->port);
        assert_string_equal(got.host, want->host);
        assert_string_equal(got.authority, want->authority);
        assert_string_equal(got.path, want->path);
        assert_string_equal(got.table, want->table);
    }
}

static void what_is_no_target_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "none of http://"},
        {"ftp://a", "none of http://"},
        {"example.org", "none of http://"},
        {"http://", "names no host"},
        {"http:///x", "names no host"},
        {"http://:80/", "names no host"},
        {"http://a:0/", "no port 0"},
        {"http://a:65536/", "no port"},
        {"http://a:b/", "no port"},
        {"http://u:p@a/", "password"},
        {"http://a/ b", "%20"},
        {"http://a/\xc3\xa4", "%20"},
        {"http://a/#x", "behind #"},
        {"http://::1/", "brackets"},
        {"tcp://a", "has no port"},
        {"tcp://a:1/x", ""},
        {"dynamodb:", "no table's name"},
        {"dynamodb:ab", "no table's name"},
        {"dynamodb:my table", "no table's name"},
        {"dynamodb:a\"b", "no table's name"},
        {"dynamodb:name/x", "no table's name"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct probe_target target;
        struct error error = {.code = ERROR_NONE};
        assert_case(!probe_target_parse(&target, cases[i].text, "probe", &error), cases[i].text);
        assert_case(error.code == ERROR_USAGE, cases[i].text);
        assert_contains(error.message, "probe: ");
        assert_contains(error.message, cases[i].part);
    }
}

static void proxies_come_from_the_environment(void **state)
{
    (void)state;
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY",
                                            "all_proxy",   "ALL_PROXY",   "no_proxy",   "NO_PROXY"};
    static const struct {
        const char *name, *value, *no_proxy;
        bool tls;
        const char *proxy; /* NULL: an error that names the variable */
    } cases[] = {
        {"HTTPS_PROXY", "http://p:3128", "", true, "p:3128"},
        {"https_proxy", "p:3128", "", true, "p:3128"},
        {"https_proxy", "http://p/", "", true, "p:80"},
        {"HTTPS_PROXY", "http://[::1]:1", "", true, "[::1]:1"},
        {"HTTPS_PROXY", "http://p:3128", "", false, ""},
        {"HTTP_PROXY", "http://p:3128", "", false, "p:3128"},
        {"ALL_PROXY", "http://p:3128", "", true, "p:3128"},
        {"HTTPS_PROXY", "", "", true, ""},
        {"HTTPS_PROXY", "socks5://p:1", "", true, NULL},
        {"HTTPS_PROXY", "https://p:1", "", true, NULL},
        {"HTTPS_PROXY", "http://u:p@p:1", "", true, NULL},
        {"HTTPS_PROXY", "http://p:x", "", true, NULL},
        {"HTTPS_PROXY", "http://p:1", "*", true, ""},
        {"HTTPS_PROXY", "http://p:1", "x, a.example", true, ""},
        {"HTTPS_PROXY", "http://p:1", ".EXAMPLE", true, ""},
        {"HTTPS_PROXY", "http://p:1", "example:443", true, ""},
        {"HTTPS_PROXY", "http://p:1", "example:8443", true, "p:1"},
        {"HTTPS_PROXY", "http://p:1", "ample", true, "p:1"},
        {"HTTPS_PROXY", "http://p:1", "b.a.example", true, "p:1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char proxy[PROBE_AUTHORITY_MAX];
        struct error error = {.code = ERROR_NONE};
        for (size_t j = 0; j < COUNT(variables); j++)
            unsetenv(variables[j]);
        setenv(cases[i].name, cases[i].value, 1);
        setenv("NO_PROXY", cases[i].no_proxy, 1);
        bool done = probe_proxy_choose(cases[i].tls, "a.example", 443, proxy, &error);
        assert_case(done == (cases[i].proxy != NULL), cases[i].value);
        if (done) {
            assert_string_equal(proxy, cases[i].proxy);
        } else {
            assert_int_equal(error.code, ERROR_USAGE);
            assert_contains(error.message, "HTTPS_PROXY: ");
        }
    }
    for (size_t j = 0; j < COUNT(variables); j++)
        unsetenv(variables[j]);
}

/* ── health ──────────────────────────────────────────────────────────────────────────────── */

static void it_is_ill_once_rounds_have_failed_for_half_a_minute(void **state)
{
    (void)state;
    struct probe_health health = {.failing = false};
    assert_true(probe_health_is_good(&health, 1000000)); /* before the first round */
    probe_health_note(&health, false, 1000);
    assert_true(probe_health_is_good(&health, 1000));
    probe_health_note(&health, false, 20000);
    assert_true(probe_health_is_good(&health, 1000 + PROBE_HEALTH_PATIENCE_MS - 1));
    assert_false(probe_health_is_good(&health, 1000 + PROBE_HEALTH_PATIENCE_MS));
    assert_int_equal(probe_health_failing_ms(&health, 41000), 40000);
    probe_health_note(&health, true, 42000);
    assert_true(probe_health_is_good(&health, 42000));
    assert_int_equal(probe_health_failing_ms(&health, 90000), 0);
    probe_health_note(&health, false, 50000); /* counted anew */
    assert_true(probe_health_is_good(&health, 79999));
    assert_false(probe_health_is_good(&health, 80000));
}

/* ── the summary ─────────────────────────────────────────────────────────────────────────── */

static void add_round(struct probe_tally *tally, enum probe_outcome outcome, int64_t total_us)
{
    const struct probe_round round = {.outcome = outcome, .total_us = total_us};
    probe_tally_add(tally, &round);
}

static void rounds_are_summed_up(void **state)
{
    (void)state;
    struct probe_tally tally;
    struct buf out;
    buf_init(&out, 1024);
    probe_tally_init(&tally);
    probe_tally_print(&tally, &out);
    assert_string_equal(out.data, "0 rounds, 0 ok, 0 failed\n");
    for (int i = 0; i < 8; i++)
        add_round(&tally, PROBE_OK, 10000);
    add_round(&tally, PROBE_READ_TIMEOUT, 500000);
    add_round(&tally, PROBE_READ_TIMEOUT, 500000);
    add_round(&tally, PROBE_REFUSED, 10);
    add_round(&tally, PROBE_CANCELED, 10); /* is none */
    buf_reset(&out);
    probe_tally_print(&tally, &out);
    assert_contains(out.data, "11 rounds, 8 ok, 3 failed: 1 refused, 2 read time-out\n");
    assert_contains(out.data, "p50 10.0 ms");
    assert_contains(out.data, "max 10.0 ms");
    buf_free(&out);
    struct json_object *document = probe_tally_json(&tally, "target");
    const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);
    assert_contains(text, "\"failures\":{\"refused\":1,\"read-timeout\":2}");
    assert_contains(text, "\"max_ms\":10");
    json_object_put(document);
}

/* ── what a console hears ────────────────────────────────────────────────────────────────── */

static void note(struct probe_stats *stats, enum probe_outcome outcome, int64_t total_us)
{
    const struct probe_round round = {.outcome = outcome, .total_us = total_us};
    probe_stats_note(stats, &round);
}

static void nothing(void *context)
{
    (void)context;
}

static void a_console_is_told_of_the_rounds(void **state)
{
    (void)state;
    static struct model_series shown;
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct error error = {.code = ERROR_NONE};
    struct probe_stats *stats = probe_stats_start("tcp:127.0.0.1:0", &error);
    assert_non_null(stats);
    struct clients *clients = clients_new(&loop, nothing, NULL);
    assert_null(clients_given(clients));
    assert_true(clients_give(clients, probe_stats_address(stats), &error));
    assert_false(clients_give(clients, "tcp:localhost:1", &error)); /* which changes nothing */
    struct series *series = clients_given(clients);
    assert_non_null(series);
    int64_t until_ms = clock_ms() + 20000;
    note(stats, PROBE_OK, 800000); /* nobody may have subscribed yet */
    while (shown.client.n < 4 || shown.client.lost_percent < 1) {
        if (shown.client.n < 4 || clock_ms() % 7 == 0) {
            note(stats, PROBE_OK, 800000);
            note(stats, PROBE_READ_TIMEOUT, 500000);
        }
        for (int i = 0; i < 20; i++) {
            uv_run(&loop, UV_RUN_NOWAIT);
            clock_sleep_ms(10);
        }
        series_advance(series, clock_epoch_ms());
        series_show_client(series, &shown);
        assert_true(clock_ms() < until_ms);
    }
    assert_true(shown.has_client);
    assert_true(shown.client_mean_us > 790000 && shown.client_mean_us < 810000);
    assert_true(shown.client.lost_percent > 20 && shown.client.lost_percent < 80);
    assert_true(clients_give(clients, "", &error));
    assert_null(clients_given(clients));
    clients_free(clients);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    probe_stats_stop(stats);
}

static void statistics_stay_on_this_machine(void **state)
{
    (void)state;
    static const struct {
        const char *address, *part;
    } cases[] = {
        {"127.0.0.1:0", "is not tcp:"},
        {"tcp:0.0.0.0:0", "only on this machine"},
        {"tcp:192.0.2.1:0", "only on this machine"},
        {"tcp:localhost:0", "not a numeric address"},
        {"tcp:127.0.0.1", "no port"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {.code = ERROR_NONE};
        assert_null(probe_stats_start(cases[i].address, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        assert_contains(error.message, "--stats: ");
        assert_contains(error.message, cases[i].part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_read),
        cmocka_unit_test(what_is_no_target_is_told),
        cmocka_unit_test(proxies_come_from_the_environment),
        cmocka_unit_test(it_is_ill_once_rounds_have_failed_for_half_a_minute),
        cmocka_unit_test(rounds_are_summed_up),
        cmocka_unit_test(a_console_is_told_of_the_rounds),
        cmocka_unit_test(statistics_stay_on_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
