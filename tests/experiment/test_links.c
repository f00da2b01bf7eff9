/* link, sidecars: what is said to the sidecars arrives, again after a loss, and counts once acknowledged. */
#include "experiment/sidecars.h"

#include <openssl/evp.h>
#include <signal.h>

#include "core/clock.h"
#include "tests/experiment/fake_stats.h"
#include "tests/experiment/support.h"

#define PATIENCE_MS 15000
#define LEASE_MS 10000
#define UNREACHABLE "255.255.255.255" /* connect() fails at once */

struct heard {
    unsigned changes, samples, acks, problems, lost, logs;
    char log[MODEL_TEXT_MAX];
};

static uv_loop_t loop;
static struct fake_stats fake;
static struct heard heard;
static struct stats_frame scratch;
static struct evp_pkey_st *key;
static char pin[TLS_PIN_TEXT_MAX];
static struct tls_context *tls; /* the console's */

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&heard, 0, sizeof heard);
    struct error error;
    key = tls_key_new(&error);
    assert_done(key != NULL && tls_pin_of(key, pin), &error);
    tls = tls_context_client(key, &error);
    assert_done(tls != NULL, &error);
    fake.pins = pin;
    assert_true(fake_stats_start(&fake, NULL, 0));
    return uv_loop_init(&loop);
}

static int teardown(void **state)
{
    (void)state;
    uv_run(&loop, UV_RUN_DEFAULT); /* until libuv has let go of all */
    fake_stats_stop(&fake);
    tls_context_free(tls);
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

static void run_for(int64_t ms)
{
    for (int64_t end_ms = clock_ms() + ms; clock_ms() < end_ms; clock_sleep_ms(1))
        uv_run(&loop, UV_RUN_NOWAIT);
}

/* ── one link ────────────────────────────────────────────────────────────────────────────── */

static void on_changed(void *context, struct link *link)
{
    (void)context;
    heard.changes++;
    heard.lost += link_state(link) == LINK_LOST;
}

static void on_sample(void *context, struct link *link, const struct stats_sample *sample)
{
    (void)context;
    (void)link;
    assert_true(sample->requests > 0);
    heard.samples++;
}

static void on_ack(void *context, struct link *link, const struct stats_ack *ack)
{
    (void)context;
    (void)link;
    (void)ack;
    heard.acks++;
}

static void on_problem(void *context, struct link *link, const struct stats_problem *problem)
{
    (void)context;
    (void)link;
    (void)problem;
    heard.problems++;
}

static struct link *open_link_at(const char *address, int port)
{
    const struct link_handlers handlers = {.changed = on_changed,
                                           .sample = on_sample,
                                           .ack = on_ack,
                                           .problem = on_problem,
                                           .scratch = &scratch};
    struct error error;
    struct link *link = link_open(&loop, address, port, 50, tls, &handlers, &error);
    if (link == NULL)
        fail_msg("%s", error.message);
    assert_int_equal(heard.changes, 0);
    assert_int_equal(link_state(link), LINK_CONNECTING);
    return link;
}

static struct link *open_link(void)
{
    return open_link_at(fake.address, fake.port);
}

static void a_link_greets_subscribes_and_hears(void **state)
{
    (void)state;
    struct link *link = open_link();
    RUN_UNTIL(link_state(link) == LINK_READY && heard.samples >= 2);
    assert_int_equal(atomic_load(&fake.hellos), 1);
    assert_int_equal(atomic_load(&fake.subscribes), 1);
    assert_int_equal(heard.changes, 1);
    assert_true(clock_epoch_ms() - link_heard_ms(link) < PATIENCE_MS);
    assert_string_equal(link_problem(link), "");
    link_close(link);
}

static void what_is_sent_is_acknowledged_or_refused(void **state)
{
    (void)state;
    struct stats_request request = {.op = STATS_SET, .id = 7, .lease_ms = LEASE_MS};
    struct link *link = open_link();
    fault_init(&request.faults);
    assert_false(link_send(link, &request));
    RUN_UNTIL(link_state(link) == LINK_READY);
    assert_true(link_send(link, &request));
    RUN_UNTIL(heard.acks == 1);
    atomic_store(&fake.refuse, true);
    assert_true(link_send(link, &request));
    RUN_UNTIL(heard.problems == 1);
    assert_int_equal(link_state(link), LINK_READY);
    link_close(link);
}

static void it_knows_what_its_peer_can(void **state)
{
    (void)state;
    fake.capabilities = "latency error";
    struct link *link = open_link();
    assert_false(link_can(link, "latency"));
    RUN_UNTIL(link_state(link) == LINK_READY);
    assert_true(link_can(link, "latency") && link_can(link, "error"));
    assert_false(link_can(link, "loss") || link_can(link, "late") || link_can(link, "rror"));
    link_close(link);
}

static void a_lost_link_comes_again(void **state)
{
    (void)state;
    struct link *link = open_link();
    RUN_UNTIL(link_state(link) == LINK_READY);
    atomic_store(&fake.drop, true);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_contains(link_problem(link), "closed");
    RUN_UNTIL(link_state(link) == LINK_READY);
    assert_string_equal(link_problem(link), "");
    assert_int_equal(atomic_load(&fake.connections), 2);
    link_close(link);
}

static void a_peer_that_speaks_nonsense_is_lost_with_a_word(void **state)
{
    (void)state;
    struct link *link = open_link();
    RUN_UNTIL(link_state(link) == LINK_READY);
    atomic_store(&fake.garbage, true);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_contains(link_problem(link), "does not speak the stats protocol");
    atomic_store(&fake.garbage, false);
    RUN_UNTIL(link_state(link) == LINK_READY);
    atomic_store(&fake.endless, true);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_contains(link_problem(link), "too long");
    link_close(link);
}

static void a_silent_peer_is_lost(void **state)
{
    (void)state;
    int64_t start = clock_ms();
    atomic_store(&fake.silent, true);
    struct link *link = open_link();
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_contains(link_problem(link), "silent");
    assert_true(clock_ms() - start >= 2500);
    link_close(link);
}

static void nobody_there_is_lost_and_tried_again(void **state)
{
    (void)state;
    struct link *link = open_link_at(fake.address, 1);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_string_not_equal(link_problem(link), "");
    link_close(link);
    heard.changes = 0;
    link = open_link_at(UNREACHABLE, 80);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    run_for(400);
    assert_int_equal(link_state(link), LINK_LOST);
    link_close(link);
}

/* What clients see is served in plain text. */
static void a_plain_link_greets_and_hears(void **state)
{
    (void)state;
    struct fake_stats plain = {0};
    struct tls_context *saved = tls;
    assert_true(fake_stats_start(&plain, NULL, 0));
    tls = NULL;
    struct link *link = open_link_at(plain.address, plain.port);
    tls = saved;
    RUN_UNTIL(link_state(link) == LINK_READY && heard.samples >= 2);
    assert_int_equal(atomic_load(&plain.hellos), 1);
    link_close(link);
    uv_run(&loop, UV_RUN_DEFAULT);
    fake_stats_stop(&plain);
}

static void a_peer_without_tls_is_lost_with_a_word(void **state)
{
    (void)state;
    struct fake_stats plain = {0};
    atomic_store(&plain.garbage, true);
    assert_true(fake_stats_start(&plain, NULL, 0));
    struct link *link = open_link_at(plain.address, plain.port);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_int_equal(atomic_load(&plain.hellos), 0); /* not a word in plain text */
    assert_false(link_is_turned_away(link));
    link_close(link);
    uv_run(&loop, UV_RUN_DEFAULT);
    fake_stats_stop(&plain);
}

static void one_with_another_key_is_turned_away_and_says_so(void **state)
{
    (void)state;
    struct fake_stats theirs = {
        .pins = "sha256:0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"};
    assert_true(fake_stats_start(&theirs, NULL, 0));
    struct link *link = open_link_at(theirs.address, theirs.port);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    assert_contains(link_problem(link), "takes another console's key");
    assert_true(link_is_turned_away(link));
    assert_int_equal(atomic_load(&theirs.hellos), 0);
    link_close(link);
    uv_run(&loop, UV_RUN_DEFAULT);
    fake_stats_stop(&theirs);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    const struct link_handlers handlers = {.scratch = &scratch};
    struct error error;
    assert_null(link_open(&loop, "localhost", 80, 50, tls, &handlers, &error));
    assert_null(link_open(&loop, "127.0.0.1", 0, 50, tls, &handlers, &error));
    assert_null(link_open(&loop, "127.0.0.1", 65536, 50, tls, &handlers, &error));
    assert_int_equal(error.code, ERROR_INVALID);
}

static void a_closed_link_calls_nobody(void **state)
{
    (void)state;
    link_close(open_link()); /* before the first try */
    struct link *link = open_link();
    uv_run(&loop, UV_RUN_NOWAIT);
    link_close(link); /* while it connects */
    link_close(NULL);
    link = open_link();
    RUN_UNTIL(link_state(link) == LINK_READY);
    atomic_store(&fake.drop, true);
    RUN_UNTIL(link_state(link) == LINK_LOST);
    struct heard before = heard;
    link_close(link); /* while it waits for the next try */
    run_for(500);
    assert_int_equal(heard.changes, before.changes);
    assert_int_equal(heard.samples, before.samples);
}

/* ── all sidecars ────────────────────────────────────────────────────────────────────────── */

static void on_any_sample(void *context, const struct stats_sample *sample)
{
    (void)context;
    (void)sample;
    heard.samples++;
}

static struct sidecars *all;

static void on_any_change(void *context)
{
    (void)context;
    heard.changes++;
    if (all != NULL)
        sidecars_count(all); /* as the run does: every item must be whole */
}

static void on_log(void *context, enum model_log_level level, const char *text)
{
    (void)context;
    (void)level;
    heard.logs++;
    snprintf(heard.log, sizeof heard.log, "%s", text);
}

static void add_endpoint(struct arm_endpoints *endpoints, const char *address, int stats_port)
{
    struct arm_endpoint *endpoint = &endpoints->items[endpoints->count++];
    memset(endpoint, 0, sizeof *endpoint);
    snprintf(endpoint->address, sizeof endpoint->address, "%s", address);
    snprintf(endpoint->task_id, sizeof endpoint->task_id, "task-%zu", endpoints->count);
    endpoint->port = 8080;
    endpoint->stats_port = stats_port;
}

static struct arm_endpoints endpoints;

static void open_all(const struct fake_stats *second)
{
    const struct sidecars_handlers handlers = {
        .sample = on_any_sample, .changed = on_any_change, .log = on_log};
    endpoints.count = 0;
    add_endpoint(&endpoints, fake.address, fake.port);
    if (second != NULL)
        add_endpoint(&endpoints, second->address, second->port);
    struct error error;
    all = sidecars_new(&loop, key, &handlers, &error);
    assert_done(all != NULL, &error);
    sidecars_reconcile(all, &endpoints);
}

static void close_all(void)
{
    sidecars_free(all);
    all = NULL;
}

static void set_latency(double ms)
{
    struct fault fault;
    fault_init(&fault);
    fault.latency.mean_ms = ms;
    sidecars_set(all, &fault, 1795270000000, LEASE_MS, "me@here");
}

static enum model_sidecar_state state_of(size_t index)
{
    static struct model_experiment shown;
    sidecars_show(all, &shown);
    assert_true(index < shown.sidecar_count);
    return shown.sidecars[index].state;
}

static void faults_are_live_once_all_have_acknowledged(void **state)
{
    (void)state;
    struct fake_stats second = {.pins = pin};
    struct model_experiment *shown = calloc(1, sizeof *shown);
    assert_true(fake_stats_start(&second, NULL, 0));
    atomic_store(&second.no_ack, true);
    open_all(&second);
    RUN_UNTIL(sidecars_count(all).reached == 2);
    assert_int_equal(state_of(0), MODEL_SIDECAR_CLEAN);
    set_latency(800);
    RUN_UNTIL(sidecars_count(all).acknowledged == 1 && atomic_load(&second.sets) == 1);
    assert_int_equal(state_of(0), MODEL_SIDECAR_LIVE);
    assert_int_equal(state_of(1), MODEL_SIDECAR_BEHIND);
    assert_true(sidecars_count(all).last_ack_ms < 0);
    assert_int_equal((int)atomic_load(&fake.latency_ms), 800);
    assert_int_equal(atomic_load(&fake.lease_ms), LEASE_MS);
    assert_true(atomic_load(&fake.deadline_ms) == 1795270000000);

    atomic_store(&second.no_ack, false);
    sidecars_renew(all); /* the first is renewed, the second is told again */
    RUN_UNTIL(sidecars_count(all).acknowledged == 2 && atomic_load(&fake.renews) == 1);
    assert_int_equal(atomic_load(&second.sets), 2);
    assert_int_equal(atomic_load(&second.renews), 0);
    assert_int_equal(state_of(1), MODEL_SIDECAR_LIVE);
    assert_true(sidecars_count(all).last_ack_ms >= 0);
    sidecars_show(all, shown);
    assert_int_equal(shown->live_on, 2);
    assert_int_equal(shown->live_of, 2);
    close_all();
    fake_stats_stop(&second);
    free(shown);
}

static void a_sidecar_that_was_lost_is_told_again(void **state)
{
    (void)state;
    open_all(NULL);
    RUN_UNTIL(sidecars_count(all).reached == 1);
    set_latency(800);
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    atomic_store(&fake.latency_ms, 0.0); /* it is a new process */
    atomic_store(&fake.drop, true);
    RUN_UNTIL(state_of(0) == MODEL_SIDECAR_UNREACHABLE);
    assert_int_equal(sidecars_count(all).acknowledged, 0);
    assert_contains(heard.log, "lost");
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    assert_int_equal((int)atomic_load(&fake.latency_ms), 800);
    close_all();
}

static void clear_is_one_word_and_nothing_is_renewed_after_it(void **state)
{
    (void)state;
    open_all(NULL);
    RUN_UNTIL(sidecars_count(all).reached == 1);
    set_latency(800);
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    sidecars_clear(all);
    assert_int_equal(state_of(0), MODEL_SIDECAR_BEHIND);
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    assert_int_equal(atomic_load(&fake.clears), 1);
    assert_int_equal((int)atomic_load(&fake.latency_ms), 0);
    assert_int_equal(state_of(0), MODEL_SIDECAR_CLEAN);
    sidecars_renew(all);
    run_for(100);
    assert_int_equal(atomic_load(&fake.renews), 0);
    assert_int_equal(atomic_load(&fake.sets), 1);
    atomic_store(&fake.drop, true); /* and after a loss it is told to be clean again */
    RUN_UNTIL(atomic_load(&fake.clears) == 2);
    close_all();
}

static void sidecars_come_and_go_with_their_tasks(void **state)
{
    (void)state;
    struct fake_stats second = {.pins = pin};
    assert_true(fake_stats_start(&second, NULL, 0));
    open_all(NULL);
    RUN_UNTIL(sidecars_count(all).reached == 1);
    set_latency(800);
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    add_endpoint(&endpoints, second.address, second.port);
    sidecars_reconcile(all, &endpoints);
    RUN_UNTIL(sidecars_count(all).acknowledged == 2);
    assert_int_equal((int)atomic_load(&second.latency_ms), 800);
    assert_int_equal(atomic_load(&fake.connections), 1);
    endpoints.items[0] = endpoints.items[--endpoints.count];
    sidecars_reconcile(all, &endpoints);
    assert_int_equal(sidecars_count(all).total, 1);
    assert_contains(heard.log, "has left with its task");
    RUN_UNTIL((int)atomic_load(&fake.latency_ms) == 0); /* it drains without faults */
    assert_int_equal(sidecars_count(all).acknowledged, 1);
    close_all();
    fake_stats_stop(&second);
}

static void one_that_refuses_is_never_live(void **state)
{
    (void)state;
    static struct model_experiment shown;
    open_all(NULL);
    RUN_UNTIL(sidecars_count(all).reached == 1);
    atomic_store(&fake.refuse, true);
    set_latency(800);
    RUN_UNTIL(heard.logs > 0);
    assert_contains(heard.log, "refuses: not these faults");
    assert_int_equal(state_of(0), MODEL_SIDECAR_BEHIND);
    sidecars_show(all, &shown);
    assert_contains(shown.sidecars[0].problem, "not these faults");
    close_all();
}

static void one_that_cannot_be_reached_is_unreachable_not_zero(void **state)
{
    (void)state;
    open_all(NULL);
    add_endpoint(&endpoints, UNREACHABLE, 80);
    sidecars_reconcile(all, &endpoints);
    RUN_UNTIL(state_of(1) == MODEL_SIDECAR_UNREACHABLE && sidecars_count(all).reached == 1);
    set_latency(800);
    RUN_UNTIL(sidecars_count(all).acknowledged == 1);
    assert_int_equal(sidecars_count(all).total, 2);
    assert_int_equal(heard.log[0], '\0'); /* it never was there to be lost */
    close_all();
}

static void one_without_a_capability_is_named(void **state)
{
    (void)state;
    fake.capabilities = "latency";
    open_all(NULL);
    assert_null(sidecars_without(all, "loss")); /* not reached yet: nothing is known */
    RUN_UNTIL(sidecars_count(all).reached == 1);
    assert_string_equal(sidecars_without(all, "loss"), fake.address);
    assert_null(sidecars_without(all, "latency"));
    close_all();
}

static void samples_of_all_arrive(void **state)
{
    (void)state;
    struct fake_stats second = {.pins = pin};
    assert_true(fake_stats_start(&second, NULL, 0));
    open_all(&second);
    RUN_UNTIL(heard.samples >= 6);
    close_all();
    run_for(20);
    fake_stats_stop(&second);
}

int main(void)
{
#define WITH_FAKE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_FAKE(a_link_greets_subscribes_and_hears),
        WITH_FAKE(what_is_sent_is_acknowledged_or_refused),
        WITH_FAKE(it_knows_what_its_peer_can),
        WITH_FAKE(a_lost_link_comes_again),
        WITH_FAKE(a_peer_that_speaks_nonsense_is_lost_with_a_word),
        WITH_FAKE(a_silent_peer_is_lost),
        WITH_FAKE(nobody_there_is_lost_and_tried_again),
        WITH_FAKE(a_plain_link_greets_and_hears),
        WITH_FAKE(a_peer_without_tls_is_lost_with_a_word),
        WITH_FAKE(one_with_another_key_is_turned_away_and_says_so),
        WITH_FAKE(what_is_no_address_is_refused),
        WITH_FAKE(a_closed_link_calls_nobody),
        WITH_FAKE(faults_are_live_once_all_have_acknowledged),
        WITH_FAKE(a_sidecar_that_was_lost_is_told_again),
        WITH_FAKE(clear_is_one_word_and_nothing_is_renewed_after_it),
        WITH_FAKE(sidecars_come_and_go_with_their_tasks),
        WITH_FAKE(one_that_refuses_is_never_live),
        WITH_FAKE(one_that_cannot_be_reached_is_unreachable_not_zero),
        WITH_FAKE(one_without_a_capability_is_named),
        WITH_FAKE(samples_of_all_arrive),
    };
    signal(SIGPIPE, SIG_IGN); /* the session's thread blocks it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
