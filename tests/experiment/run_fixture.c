#include "tests/experiment/run_fixture.h"

#include "aws/client_internal.h"
#include "core/random.h"
#include "experiment/model_internal.h"

uv_loop_t loop;
struct fake_ecs ecs;
struct fake_stats sidecar;
char pin[TLS_PIN_TEXT_MAX]; /* that it takes */
struct aws_client *client;
struct run *run;
char last_log[MODEL_TEXT_MAX];
char calls_log[MODEL_TEXT_MAX];
bool not_cleared; /* it was said that the sidecars do not listen */

enum choices_engine engine_wanted;
const char *sidecar_capabilities;

static void on_nothing(void *context)
{
    (void)context;
}

static void on_log(void *context, enum model_log_level level, const char *text)
{
    (void)context;
    (void)level;
    snprintf(last_log, sizeof last_log, "%s", text);
    if (strstr(text, "calls to dynamodb") != NULL)
        snprintf(calls_log, sizeof calls_log, "%s", text);
    not_cleared |= strstr(text, "can't be cleared from here") != NULL;
}

static void on_mark(void *context, const char *text, bool first)
{
    (void)context;
    (void)text;
    (void)first;
}

/* The port is the revision's to choose, so the address must be one that nobody else has. */
void start_sidecar(void)
{
    struct random random;
    random_seed(&random, 0);
    struct console_key key;
    struct error error;
    memset(&sidecar, 0, sizeof sidecar);
    assert_done(console_key_open(&key, &error), &error);
    memcpy(pin, key.pin, sizeof pin);
    console_key_close(&key);
    sidecar.pins = pin;
    sidecar.capabilities = sidecar_capabilities;
    do {
        snprintf(ecs.task_address, sizeof ecs.task_address, "127.%u.%u.%u",
                 1 + (unsigned)random_below(&random, 250), (unsigned)random_below(&random, 250),
                 1 + (unsigned)random_below(&random, 250));
    } while (!fake_stats_start(&sidecar, ecs.task_address, STATS_PORT));
}

void new_run(void)
{
    const struct run_handlers handlers = {.changed = on_nothing,
                                          .wake = on_nothing,
                                          .log = on_log,
                                          .mark = on_mark,
                                          .service_changed = on_nothing};
    run = run_new(&loop, client, "", false, &handlers);
    assert_non_null(run);
}

int setup(void **state)
{
    struct error error;
    (void)state;
    support_make_home();
    not_cleared = false;
    fake_ecs_start(&ecs);
    start_sidecar();
    const struct aws_options options = {.endpoint_url = ecs.liar.url, .timeout_ms = PATIENCE_MS};
    client = aws_client_open(&options, &error);
    assert_done(client != NULL, &error);
    client->retry.unit_ms = 10;
    uv_loop_init(&loop);
    new_run();
    return 0;
}

void step(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    run_tick(run, clock_epoch_ms());
    clock_sleep_ms(2);
}

void end_run(void)
{
    RUN_UNTIL(!run->working && !run->watching);
    run_free(run);
    uv_run(&loop, UV_RUN_DEFAULT);
}

int teardown(void **state)
{
    (void)state;
    end_run();
    uv_loop_close(&loop);
    aws_client_close(client);
    fake_stats_stop(&sidecar);
    fake_ecs_stop(&ecs);
    support_remove_home();
    return 0;
}

struct intent intent_of(enum intent_kind kind)
{
    struct intent intent = {
        .kind = kind, .cluster = "storefront", .service = "checkout", .duration_ms = 60000};
    fault_init(&intent.fault);
    intent.fault.latency.mean_ms = 800;
    intent.choices.engine = engine_wanted;
    return intent;
}

void plan_and_confirm(void)
{
    const struct intent plan = intent_of(INTENT_PLAN);
    run_plan(run, &plan);
    RUN_UNTIL(run->phase != MODEL_PLANNING);
    assert_int_equal(run->phase, MODEL_PLANNED);
    run_confirm(run);
    assert_int_equal(run->phase, MODEL_ARMING);
}

unsigned updates_made(void)
{
    pthread_mutex_lock(&ecs.lock);
    unsigned updates = ecs.updates;
    pthread_mutex_unlock(&ecs.lock);
    return updates;
}

void assert_runs(const char *task_definition)
{
    pthread_mutex_lock(&ecs.lock);
    assert_string_equal(json_text(ecs.service, "taskDefinition"), task_definition);
    pthread_mutex_unlock(&ecs.lock);
}

/* Without waiting for the whole baseline. */
void arm_and_tell(void)
{
    plan_and_confirm();
    RUN_UNTIL(run->phase == MODEL_ARMED && run->baseline_from_ms != 0);
    run->baseline_from_ms -= RUN_BASELINE_MS;
    RUN_UNTIL(run->deadline_ms != 0);
}

void go_live(void)
{
    arm_and_tell();
    RUN_UNTIL(run->phase == MODEL_INJECTING);
}

void roll_back(void)
{
    const struct intent intent = {.kind = INTENT_ROLLBACK};
    run_rollback(run, &intent);
    RUN_UNTIL(run->phase == MODEL_RESTORED || run->phase == MODEL_FAILED_PHASE);
}

void assert_as_before(void)
{
    assert_runs(FAKE_OLD);
    assert_int_equal(fake_ecs_active(&ecs), 1);
}

void assert_restored(void)
{
    if (run->phase != MODEL_RESTORED)
        fail_msg("%s: %s", model_phase_name(run->phase), run->problem);
    assert_as_before();
}
