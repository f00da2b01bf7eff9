/* session: intents go down, snapshots come up, and it ends only when the service is as it was. */
#include "experiment/session.h"

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "experiment/control.h"
#include "experiment/json.h"
#include "tests/experiment/fake_ecs.h"
#include "tests/experiment/support.h"

#define PATIENCE_MS 20000
#define READERS 3

static struct fake_ecs ecs;
static struct session *session;

static int setup(void **state)
{
    (void)state;
    support_make_home();
    fake_ecs_start(&ecs);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_stop(session);
    session = NULL;
    fake_ecs_stop(&ecs);
    support_remove_home();
    return 0;
}

static void start(bool read_only)
{
    struct error error;
    const struct session_options options = {
        .endpoint_url = ecs.liar.url, .inventory = true, .read_only = read_only};
    session = session_start(&options, &error);
    if (session == NULL)
        fail_msg("%s", error.message);
}

static void tell(enum intent_kind kind)
{
    struct intent intent = {.kind = kind, .cluster = "storefront", .service = "checkout"};
    fault_init(&intent.fault);
    intent.fault.latency.mean_ms = 800;
    session_send(session, &intent);
}

/* A snapshot in this phase; the caller releases it. */
static struct model *wait_for_phase(enum model_phase phase)
{
    for (int64_t end_ms = clock_ms() + PATIENCE_MS;;) {
        struct model *model = session_latest(session);
        if (model->experiment.phase == phase)
            return model;
        if (clock_ms() > end_ms)
            fail_msg("it is %s, not %s: %s", model_phase_name(model->experiment.phase),
                     model_phase_name(phase), model->experiment.problem);
        model_release(model);
        struct pollfd polled = {.fd = session_event_fd(session), .events = POLLIN};
        poll(&polled, 1, 100);
        session_acknowledge(session);
    }
}

static void reach(enum model_phase phase)
{
    model_release(wait_for_phase(phase));
}

static void wait_for_end(void)
{
    for (int64_t end_ms = clock_ms() + PATIENCE_MS; !session_ended(session); clock_sleep_ms(10))
        if (clock_ms() > end_ms)
            fail_msg("it does not end");
}

static unsigned counted(const unsigned *counter)
{
    pthread_mutex_lock(&ecs.lock);
    unsigned value = *counter;
    pthread_mutex_unlock(&ecs.lock);
    return value;
}

static void assert_as_before(void)
{
    pthread_mutex_lock(&ecs.lock);
    assert_string_equal(json_text(ecs.service, "taskDefinition"), FAKE_OLD);
    pthread_mutex_unlock(&ecs.lock);
    assert_int_equal(fake_ecs_active(&ecs), 1);
}

static void the_first_snapshot_is_there_at_once_and_the_tree_follows(void **state)
{
    (void)state;
    start(false);
    struct model *model = session_latest(session);
    assert_non_null(model);
    assert_int_equal(model->experiment.phase, MODEL_IDLE);
    for (int64_t end_ms = clock_ms() + PATIENCE_MS;
         model_find_service(model, "storefront", "checkout") == NULL;) {
        if (clock_ms() > end_ms)
            fail_msg("it has not come: %zu clusters, %s", model->inventory->cluster_count,
                     model->inventory->problem);
        model_release(model);
        clock_sleep_ms(10);
        model = session_latest(session);
    }
    assert_string_equal(model->place.region, "eu-west-1");
    model_release(model);
}

static void an_endpoint_that_is_down_is_a_problem_not_an_end(void **state)
{
    (void)state;
    struct error error;
    const struct session_options options = {.endpoint_url = "http://127.0.0.1:1"};
    session = session_start(&options, &error);
    assert_non_null(session);
    tell(INTENT_PLAN);
    struct model *model = wait_for_phase(MODEL_FAILED_PHASE);
    assert_contains(model->experiment.problem, "127.0.0.1:1");
    model_release(model);
    tell(INTENT_DISMISS);
    reach(MODEL_IDLE);
}

static void without_credentials_it_says_so(void **state)
{
    (void)state;
    unsetenv("AWS_ACCESS_KEY_ID");
    start(false);
    tell(INTENT_PLAN);
    struct model *model = wait_for_phase(MODEL_FAILED_PHASE);
    assert_contains(model->experiment.problem, "AWS_ACCESS_KEY_ID");
    model_release(model);
}

static void read_only_plans_and_changes_nothing(void **state)
{
    (void)state;
    start(true);
    tell(INTENT_PLAN);
    reach(MODEL_PLANNED);
    tell(INTENT_CONFIRM);
    struct model *model = wait_for_phase(MODEL_FAILED_PHASE);
    assert_int_equal(model->experiment.exit_status, 3);
    assert_contains(model->experiment.problem, "--read-only");
    model_release(model);
    assert_int_equal(counted(&ecs.registers), 0);
}

static void quitting_while_arming_waits_for_the_way_back(void **state)
{
    (void)state;
    pthread_mutex_lock(&ecs.lock);
    ecs.deployment_looks = 8;
    pthread_mutex_unlock(&ecs.lock);
    start(false);
    tell(INTENT_PLAN);
    reach(MODEL_PLANNED);
    tell(INTENT_CONFIRM);
    reach(MODEL_ARMING);
    while (counted(&ecs.updates) == 0)
        clock_sleep_ms(5);
    tell(INTENT_QUIT);
    wait_for_end();
    reach(MODEL_RESTORED);
    assert_as_before();
}

static void another_terminal_ends_it(void **state)
{
    (void)state;
    struct error error;
    pthread_mutex_lock(&ecs.lock);
    ecs.deployment_looks = 8;
    pthread_mutex_unlock(&ecs.lock);
    start(false);
    tell(INTENT_PLAN);
    reach(MODEL_PLANNED);
    tell(INTENT_CONFIRM);
    struct model *model = wait_for_phase(MODEL_ARMING);
    struct control_client *other = NULL;
    for (int64_t end_ms = clock_ms() + PATIENCE_MS; other == NULL; clock_sleep_ms(10)) {
        assert_true(clock_ms() < end_ms);
        other = control_connect(model->experiment.id, &error);
    }
    model_release(model);
    assert_done(control_send(other, "{\"op\":\"rollback\"}", &error), &error);
    char last[65536] = "";
    for (const char *line; (line = control_read(other, PATIENCE_MS, &error)) != NULL;)
        snprintf(last, sizeof last, "%s", line);
    assert_int_equal(error.code, ERROR_NONE);
    assert_contains(last, "\"phase\":\"restored\"");
    control_disconnect(other);
    assert_as_before();
}

static void a_door_that_cannot_be_opened_is_told_once(void **state)
{
    (void)state;
    char directory[SUPPORT_PATH_MAX];
    snprintf(directory, sizeof directory, "%s/%0120d", support_home(), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
    setenv("XDG_RUNTIME_DIR", directory, 1);
    pthread_mutex_lock(&ecs.lock);
    ecs.deployment_looks = 8;
    pthread_mutex_unlock(&ecs.lock);
    start(false);
    tell(INTENT_PLAN);
    reach(MODEL_PLANNED);
    tell(INTENT_CONFIRM);
    reach(MODEL_ARMING);
    while (counted(&ecs.updates) == 0)
        clock_sleep_ms(5);
    clock_sleep_ms(500); /* several ticks */
    tell(INTENT_QUIT);
    wait_for_end();
    struct model *model = wait_for_phase(MODEL_RESTORED);
    unsigned told = 0;
    for (size_t i = 0; i < model->log_count; i++)
        told += strstr(model->log[i].text, "other terminals can't steer this experiment: ") != NULL;
    assert_int_equal(told, 1);
    model_release(model);
}

static void *read_snapshots(void *argument)
{
    uint64_t version = 0;
    while (!session_ended(argument)) {
        struct model *model = session_latest(argument);
        assert_true(model->version >= version);
        version = model->version;
        for (size_t i = 0; i < model->inventory->cluster_count; i++)
            assert_true(model->inventory->clusters[i]->name[0] != '\0');
        model_release(model);
        const struct intent intent = {.kind = INTENT_REFRESH};
        session_send(argument, &intent);
        clock_sleep_ms(1);
    }
    return NULL;
}

static void many_may_read_and_send(void **state)
{
    (void)state;
    pthread_t threads[READERS];
    start(false);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_snapshots, session), 0);
    clock_sleep_ms(300);
    pthread_mutex_lock(&ecs.lock);
    ecs.deny = "ListServices"; /* the tree is copied with its problem */
    pthread_mutex_unlock(&ecs.lock);
    clock_sleep_ms(900);
    tell(INTENT_QUIT);
    wait_for_end();
    for (size_t i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
#define WITH_ECS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_ECS(the_first_snapshot_is_there_at_once_and_the_tree_follows),
        WITH_ECS(an_endpoint_that_is_down_is_a_problem_not_an_end),
        WITH_ECS(without_credentials_it_says_so),
        WITH_ECS(read_only_plans_and_changes_nothing),
        WITH_ECS(quitting_while_arming_waits_for_the_way_back),
        WITH_ECS(another_terminal_ends_it),
        WITH_ECS(a_door_that_cannot_be_opened_is_told_once),
        WITH_ECS(many_may_read_and_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
