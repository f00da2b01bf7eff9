/* control, control_client: another terminal steers an experiment, and can't hold it up. */
#include "experiment/control.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/paths.h"
#include "tests/experiment/support.h"

#define ID "abcd1234"
#define TICK_MS 20
#define PATIENCE_MS 10000
#define VISITORS 20
#define ADMITTED 16

/* An experiment's process, in a thread: a loop with a control socket over a snapshot of our making. */
struct server {
    pthread_t thread;
    uv_loop_t loop;
    uv_timer_t tick;
    uv_async_t stop;
    struct control *control;
    atomic_int phase;
    atomic_uint ticks;
    atomic_uint rollbacks;
    atomic_uint adjustments;
    _Atomic double latency_ms;
    bool open;
};
static struct server server;

static void take_intent(void *context, const struct intent *intent)
{
    (void)context;
    if (intent->kind == INTENT_ADJUST) {
        atomic_fetch_add(&server.adjustments, 1);
        atomic_store(&server.latency_ms, intent->fault.latency.mean_ms);
    } else if (intent->kind == INTENT_ROLLBACK) {
        atomic_fetch_add(&server.rollbacks, 1);
        atomic_store(&server.phase, MODEL_RECOVERING);
    }
}

static struct model *take_snapshot(void *context)
{
    (void)context;
    struct model *model = calloc(1, sizeof *model);
    model->references = 1;
    model->now_ms = clock_epoch_ms();
    model->experiment.phase = (enum model_phase)atomic_load(&server.phase);
    strcpy(model->experiment.id, ID);
    fault_init(&model->experiment.live);
    model->experiment.live.latency.mean_ms = atomic_load(&server.latency_ms);
    return model;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    atomic_fetch_add(&server.ticks, 1);
    control_tick(server.control, clock_ms());
}

static void on_stop(uv_async_t *async)
{
    atomic_store(&server.phase, MODEL_RESTORED);
    control_close(server.control);
    uv_close((uv_handle_t *)&server.tick, NULL);
    uv_close((uv_handle_t *)async, NULL);
}

static void *serve(void *argument)
{
    uv_run(&server.loop, UV_RUN_DEFAULT);
    return argument;
}

/* What every thread of the process shares: the linker puts these in the place of umask(2). */
static atomic_uint masks_set;
mode_t __real_umask(mode_t mask);
mode_t __wrap_umask(mode_t mask);
mode_t __wrap_umask(mode_t mask)
{
    atomic_fetch_add(&masks_set, 1);
    return __real_umask(mask);
}

static void start_server(void)
{
    const struct control_handlers handlers = {.intent = take_intent, .snapshot = take_snapshot};
    struct error error;
    memset(&server, 0, sizeof server);
    atomic_store(&server.phase, MODEL_INJECTING);
    uv_loop_init(&server.loop);
    uv_timer_init(&server.loop, &server.tick);
    uv_async_init(&server.loop, &server.stop, on_stop);
    uv_timer_start(&server.tick, on_tick, TICK_MS, TICK_MS);
    server.control = control_open(&server.loop, ID, &handlers, &error);
    if (server.control == NULL)
        fail_msg("%s", error.message);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
    server.open = true;
}

static void stop_server(void)
{
    uv_async_send(&server.stop);
    pthread_join(server.thread, NULL);
    assert_int_equal(uv_loop_close(&server.loop), 0);
    server.open = false;
}

static int setup(void **state)
{
    (void)state;
    support_make_home();
    start_server();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (server.open)
        stop_server();
    support_remove_home();
    return 0;
}

static struct control_client *visit(void)
{
    struct error error;
    struct control_client *client = control_connect(ID, &error);
    if (client == NULL)
        fail_msg("%s", error.message);
    return client;
}

/* The next document; the caller owns it. */
static struct json_object *next(struct control_client *client)
{
    struct error error;
    const char *line = control_read(client, PATIENCE_MS, &error);
    if (line == NULL)
        fail_msg("no answer: %s", error.message);
    struct json_object *json = json_parse(line, strlen(line));
    assert_non_null(json);
    return json;
}

static struct json_object *ask(struct control_client *client, const char *line)
{
    struct error error;
    assert_done(control_send(client, line, &error), &error);
    return next(client);
}

static void assert_answer(struct control_client *client, const char *line, const char *key, const char *part)
{
    struct json_object *json = ask(client, line);
    assert_contains(json_text(json, key), part);
    json_object_put(json);
}

static void status_is_the_snapshot(void **state)
{
    (void)state;
    struct control_client *client = visit();
    struct json_object *json = ask(client, "{\"op\":\"status\"}");
    assert_string_equal(json_text(json, "experiment"), ID);
    assert_string_equal(json_text(json, "phase"), "injecting");
    assert_non_null(json_object_of(json, "faults"));
    json_object_put(json);
    assert_answer(client, "{\"op\":\"status\",\"more\":1}", "phase", "injecting");
    control_disconnect(client);
}

static void watch_goes_on_until_the_last_word(void **state)
{
    (void)state;
    struct control_client *client = visit();
    struct error error;
    int64_t start = clock_ms();
    assert_answer(client, "{\"op\":\"watch\",\"interval_ms\":100}", "phase", "injecting");
    for (int i = 0; i < 3; i++) {
        struct json_object *json = next(client);
        assert_string_equal(json_text(json, "phase"), "injecting");
        json_object_put(json);
    }
    assert_true(clock_ms() - start >= 3 * 100 - 20);
    stop_server();
    const char *line, *last = "";
    char kept[8192] = "";
    while ((line = control_read(client, PATIENCE_MS, &error)) != NULL)
        last = strncpy(kept, line, sizeof kept - 1);
    assert_int_equal(error.code, ERROR_NONE);
    assert_contains(last, "\"restored\"");
    control_disconnect(client);
}

static void adjust_takes_good_faults_only(void **state)
{
    (void)state;
    struct control_client *client = visit();
    assert_answer(client, "{\"op\":\"adjust\"}", "error", "faults");
    assert_answer(client, "{\"op\":\"adjust\",\"faults\":7}", "error", "faults");
    assert_answer(client, "{\"op\":\"adjust\",\"faults\":{\"latency\":{\"mean_ms\":90000}}}", "error",
                  "latency.mean_ms");
    assert_answer(client, "{\"op\":\"adjust\",\"faults\":{\"latenzy\":{}}}", "error", "latenzy");
    assert_int_equal(atomic_load(&server.adjustments), 0);
    assert_answer(client, "{\"op\":\"adjust\",\"faults\":{\"latency\":{\"mean_ms\":250}}}", "phase",
                  "injecting");
    assert_int_equal(atomic_load(&server.adjustments), 1);
    assert_int_equal((int)atomic_load(&server.latency_ms), 250);
    control_disconnect(client);
}

static void rollback_is_watched_to_its_end(void **state)
{
    (void)state;
    struct control_client *client = visit();
    struct error error;
    assert_answer(client, "{\"op\":\"rollback\"}", "phase", "recovering");
    assert_int_equal(atomic_load(&server.rollbacks), 1);
    stop_server();
    struct json_object *json = next(client);
    assert_string_equal(json_text(json, "phase"), "restored");
    json_object_put(json);
    assert_null(control_read(client, PATIENCE_MS, &error));
    assert_int_equal(error.code, ERROR_NONE);
    control_disconnect(client);
}

static void garbage_is_answered_and_survived(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",   "x",     "{",        "[]",   "{\"op\":7}",           "{\"op\":\"quit\"}",
        "{}", "{} {}", "\x01\xff", "null", "{\"op\":\"status\"} x"};
    struct control_client *client = visit();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_answer(client, lines[i], "error", "op must be");
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    control_disconnect(client);
}

static void a_line_that_is_too_long_is_answered_and_survived(void **state)
{
    (void)state;
    struct control_client *client = visit();
    char *line = malloc(CONTROL_LINE_MAX + 1000);
    memset(line, 'x', CONTROL_LINE_MAX + 999);
    line[CONTROL_LINE_MAX + 999] = '\0';
    assert_answer(client, line, "error", "too long");
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    free(line);
    control_disconnect(client);
}

static void an_endless_interval_is_bounded(void **state)
{
    (void)state;
    struct control_client *client = visit();
    assert_answer(client, "{\"op\":\"watch\",\"interval_ms\":9223372036854775807}", "phase", "injecting");
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    control_disconnect(client);
}

static void more_visitors_than_there_is_room_for_are_sent_away(void **state)
{
    (void)state;
    struct control_client *clients[VISITORS];
    struct error error;
    size_t served = 0;
    for (size_t i = 0; i < VISITORS; i++)
        clients[i] = visit();
    for (size_t i = 0; i < VISITORS; i++) {
        if (control_send(clients[i], "{\"op\":\"status\"}", &error) &&
            control_read(clients[i], PATIENCE_MS, &error) != NULL)
            served++;
        else
            assert_true(i >= ADMITTED);
    }
    assert_int_equal(served, ADMITTED);
    for (size_t i = 0; i < VISITORS; i++)
        control_disconnect(clients[i]);
    unsigned ticks = atomic_load(&server.ticks);
    while (atomic_load(&server.ticks) < ticks + 3) /* it notices that they have left */
        clock_sleep_ms(TICK_MS);
    struct control_client *client = visit();
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    control_disconnect(client);
}

static int plain_connection(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATHS_MAX];
    assert_true(paths_control_socket(ID, path, NULL));
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void a_visitor_that_never_reads_holds_nobody_up(void **state)
{
    (void)state;
    static const char line[] = "{\"op\":\"status\"}\n";
    int fd = plain_connection();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    int64_t end = clock_ms() + 500;
    while (clock_ms() < end)
        for (int i = 0; i < 100; i++)
            if (send(fd, line, sizeof line - 1, MSG_NOSIGNAL) < 0)
                break;
    struct control_client *client = visit();
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    control_disconnect(client);
    close(fd);
}

static void a_visitor_that_leaves_in_the_middle_is_forgotten(void **state)
{
    (void)state;
    int fd = plain_connection();
    assert_int_equal(send(fd, "{\"op\":\"wat", 10, MSG_NOSIGNAL), 10);
    close(fd);
    fd = plain_connection();
    assert_int_equal(send(fd, "{\"op\":\"watch\",\"interval_ms\":100}\n", 33, MSG_NOSIGNAL), 33);
    close(fd);
    struct control_client *client = visit();
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    control_disconnect(client);
}

static void the_processs_mask_is_not_touched(void **state)
{
    (void)state;
    struct stat info;
    char path[PATHS_MAX];
    stop_server();
    mode_t mask = __real_umask(0);
    unsigned before = atomic_load(&masks_set);
    start_server();
    __real_umask(mask);
    assert_int_equal(atomic_load(&masks_set), before);
    assert_true(paths_control_socket(ID, path, NULL));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void the_socket_is_its_owners_alone_and_goes_with_the_experiment(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    struct stat info;
    struct error error;
    assert_true(paths_control_socket(ID, path, NULL));
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
    stop_server();
    assert_int_equal(stat(path, &info), -1);
    assert_null(control_connect(ID, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_contains(error.message, ID);
}

static void a_socket_that_a_crash_left_is_replaced(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    stop_server();
    assert_true(paths_control_socket(ID, path, NULL));
    fclose(fopen(path, "w"));
    start_server();
    struct control_client *client = visit();
    assert_answer(client, "{\"op\":\"status\"}", "phase", "injecting");
    control_disconnect(client);
}

static void a_path_that_is_too_long_for_a_socket_is_refused(void **state)
{
    (void)state;
    const struct control_handlers handlers = {.intent = take_intent, .snapshot = take_snapshot};
    char directory[SUPPORT_PATH_MAX + 128];
    struct error error;
    uv_loop_t loop;
    memset(directory, 'x', sizeof directory);
    memcpy(directory, support_home(), strlen(support_home()));
    directory[strlen(support_home())] = '/';
    directory[strlen(support_home()) + 120] = '\0';
    assert_int_equal(mkdir(directory, 0700), 0);
    setenv("XDG_RUNTIME_DIR", directory, 1);
    uv_loop_init(&loop);
    assert_null(control_open(&loop, ID, &handlers, &error));
    assert_contains(error.message, "too long for a socket");
    assert_null(control_connect(ID, &error));
    assert_contains(error.message, "too long for a socket");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    setenv("XDG_RUNTIME_DIR", support_home(), 1);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(status_is_the_snapshot),
        WITH_SERVER(watch_goes_on_until_the_last_word),
        WITH_SERVER(adjust_takes_good_faults_only),
        WITH_SERVER(rollback_is_watched_to_its_end),
        WITH_SERVER(garbage_is_answered_and_survived),
        WITH_SERVER(a_line_that_is_too_long_is_answered_and_survived),
        WITH_SERVER(an_endless_interval_is_bounded),
        WITH_SERVER(more_visitors_than_there_is_room_for_are_sent_away),
        WITH_SERVER(a_visitor_that_never_reads_holds_nobody_up),
        WITH_SERVER(a_visitor_that_leaves_in_the_middle_is_forgotten),
        WITH_SERVER(the_processs_mask_is_not_touched),
        WITH_SERVER(the_socket_is_its_owners_alone_and_goes_with_the_experiment),
        WITH_SERVER(a_socket_that_a_crash_left_is_replaced),
        WITH_SERVER(a_path_that_is_too_long_for_a_socket_is_refused),
    };
    signal(SIGPIPE, SIG_IGN); /* the session's thread blocks it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
