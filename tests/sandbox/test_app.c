#include "sandbox/app.h"

#include "core/clock.h"
#include "tests/sandbox/test_balancer_stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24

/* The application in a process of its own: this program run as `test_app app …`. */
struct running {
    pid_t pid;
    int out;
    uint16_t port;
};

static pid_t spawn(struct running *app, const char *const *arguments)
{
    int pipes[2];
    const char *argv[ARGUMENTS_MAX] = {"test_app", "app"};
    size_t count = 2;
    while (*arguments != NULL && count < ARGUMENTS_MAX - 1)
        argv[count++] = *arguments++;
    assert_int_equal(pipe(pipes), 0);
    app->pid = fork();
    if (app->pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipes[1]);
    app->out = pipes[0];
    return app->pid;
}

static void app_start(struct running *app, const char *const *arguments)
{
    char line[256] = "";
    setenv("SHAKETABLE_PARENT_DEATH", "1", 1);
    spawn(app, arguments);
    FILE *out = fdopen(app->out, "r");
    assert_non_null(fgets(line, sizeof line, out));
    fclose(out);
    const char *colon = strrchr(line, ':');
    assert_non_null(colon);
    app->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    assert_int_not_equal(app->port, 0);
}

static int app_status(struct running *app)
{
    int status = 0;
    assert_int_equal(waitpid(app->pid, &status, 0), app->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void app_stop(struct running *app)
{
    kill(app->pid, SIGTERM);
    assert_int_equal(app_status(app), 0);
}

/* One request to an application that calls `path` of the stub. */
struct outcome {
    char body[1024];
    char fallback[64];
    int64_t took_ms;
};
static void call_once(struct stub *stub, const char *path, struct outcome *outcome)
{
    struct running app;
    struct visitor visitor;
    char call[256];
    snprintf(call, sizeof call, "stock=http://127.0.0.1:%u%s", (unsigned)stub->port, path);
    const char *const arguments[] = {"--listen",          "127.0.0.1:0", "--name",           "web",
                                     "--service-ms",      "1",           "--call",           call,
                                     "--call-timeout-ms", "100",         "--call-retries=1", NULL};
    app_start(&app, arguments);
    visitor_open(&visitor, app.port);
    int64_t begun_ms = clock_ms();
    assert_int_equal(visitor_get(&visitor, "/cart"), 200);
    outcome->took_ms = clock_ms() - begun_ms;
    snprintf(outcome->body, sizeof outcome->body, "%s", buf_text(&visitor.body));
    snprintf(outcome->fallback, sizeof outcome->fallback, "%s", visitor_header(&visitor, "x-fallback"));
    visitor_close(&visitor);
    app_stop(&app);
}

static void takes_its_service_time_except_for_health(void **state)
{
    (void)state;
    struct running app;
    struct visitor visitor;
    const char *const arguments[] = {"--listen", "127.0.0.1:0", "--service-ms", "1500", "--sigma", "0", NULL};
    app_start(&app, arguments);
    visitor_open(&visitor, app.port);
    int64_t begun_ms = clock_ms();
    assert_int_equal(visitor_get(&visitor, "/health"), 200);
    assert_true(clock_ms() - begun_ms < 1400);
    begun_ms = clock_ms();
    assert_int_equal(visitor_get(&visitor, "/"), 200);
    assert_true(clock_ms() - begun_ms >= 1499);
    assert_string_equal(buf_text(&visitor.body), "{\"service\":\"app\",\"parts\":{}}\n");
    visitor_close(&visitor);
    app_stop(&app);
}

static void a_dependency_that_answers_is_a_part(void **state)
{
    (void)state;
    struct stub stub;
    struct outcome outcome;
    stub_start(&stub, "stock", 0);
    call_once(&stub, "/id", &outcome);
    assert_non_null(
        strstr(outcome.body, "{\"service\":\"web\",\"parts\":{\"stock\":{\"status\":\"ok\",\"ms\":"));
    assert_non_null(strstr(outcome.body, "\"attempts\":1}}}"));
    assert_string_equal(outcome.fallback, "");
    stub_stop(&stub);
}

static void silence_is_a_timeout_a_retry_and_a_fallback(void **state)
{
    (void)state;
    struct stub stub;
    struct outcome outcome;
    stub_start(&stub, "stock", 0);
    call_once(&stub, "/silent", &outcome);
    assert_non_null(strstr(outcome.body, "\"stock\":{\"status\":\"fallback\",\"reason\":\"timeout\""));
    assert_non_null(strstr(outcome.body, "\"attempts\":2}"));
    assert_string_equal(outcome.fallback, "stock");
    assert_true(outcome.took_ms >= 200);
    assert_int_equal(atomic_load(&stub.requests), 2);
    stub_stop(&stub);
}

static void a_failure_is_tried_again(void **state)
{
    (void)state;
    struct stub stub;
    struct outcome outcome;
    stub_start(&stub, "stock", 0);
    call_once(&stub, "/flaky", &outcome);
    assert_non_null(strstr(outcome.body, "\"stock\":{\"status\":\"ok\""));
    assert_non_null(strstr(outcome.body, "\"attempts\":2}"));
    call_once(&stub, "/fail", &outcome);
    assert_non_null(strstr(outcome.body, "\"status\":\"fallback\",\"reason\":\"status\""));
    assert_string_equal(outcome.fallback, "stock");
    call_once(&stub, "/garbage", &outcome);
    assert_non_null(strstr(outcome.body, "\"status\":\"fallback\",\"reason\":\"network\""));
    stub_stop(&stub);
    call_once(&stub, "/id", &outcome);
    assert_non_null(strstr(outcome.body, "\"status\":\"fallback\",\"reason\":\"connect\""));
}

static void its_environment_tells_it_the_same(void **state)
{
    (void)state;
    struct stub stub;
    struct running app;
    struct visitor visitor;
    char calls[256];
    const char *const none[] = {NULL};
    stub_start(&stub, "stock", 0);
    snprintf(calls, sizeof calls, "a=http://127.0.0.1:%u/id,b=http://127.0.0.1:%u/fail", (unsigned)stub.port,
             (unsigned)stub.port);
    setenv("APP_NAME", "ledger", 1);
    setenv("APP_PORT", "0", 1);
    setenv("APP_SERVICE_MS", "1", 1);
    setenv("APP_SIGMA", "0.1", 1);
    setenv("APP_CALLS", calls, 1);
    setenv("APP_CALL_RETRIES", "0", 1);
    app_start(&app, none);
    visitor_open(&visitor, app.port);
    visitor_say(&visitor, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_non_null(strstr(buf_text(&visitor.body), "{\"service\":\"ledger\""));
    assert_non_null(strstr(buf_text(&visitor.body), "\"a\":{\"status\":\"ok\""));
    assert_non_null(strstr(buf_text(&visitor.body), "\"b\":{\"status\":\"fallback\",\"reason\":\"status\""));
    assert_int_equal(atomic_load(&stub.requests), 2);
    for (int i = 0; i < 5; i++)
        assert_int_equal(visitor_get(&visitor, "/"), 200);
    assert_int_equal(atomic_load(&stub.connections), 1); /* kept alive between requests */
    visitor_close(&visitor);
    app_stop(&app);
    unsetenv("APP_NAME");
    unsetenv("APP_PORT");
    unsetenv("APP_SERVICE_MS");
    unsetenv("APP_SIGMA");
    unsetenv("APP_CALLS");
    unsetenv("APP_CALL_RETRIES");
    stub_stop(&stub);
}

static void sigterm_lets_requests_finish(void **state)
{
    (void)state;
    struct running app;
    struct visitor visitor, idle;
    const char *const arguments[] = {"--listen", "127.0.0.1:0", "--service-ms", "600", "--sigma", "0", NULL};
    app_start(&app, arguments);
    visitor_open(&idle, app.port);
    assert_int_equal(visitor_get(&idle, "/health"), 200);
    visitor_open(&visitor, app.port);
    visitor_say(&visitor, "GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    clock_sleep_ms(200); /* it is in its service time now */
    kill(app.pid, SIGTERM);
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_string_equal(visitor_header(&visitor, "connection"), "close");
    assert_int_equal(app_status(&app), 0);
    assert_true(visitor_sees_end(&visitor));
    assert_true(visitor_sees_end(&idle));
    visitor_close(&visitor);
    visitor_close(&idle);
}

static void wrong_options_are_a_usage_error(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {{"--service-ms", "fast", NULL},
                                           {"--call", "http://nowhere", NULL},
                                           {"--call", "a=https://secure", NULL},
                                           {"--sigma", "-1", NULL},
                                           {"--nonsense", NULL, NULL}};
    struct running app;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        spawn(&app, wrong[i]);
        assert_int_equal(app_status(&app), 2);
        close(app.out);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "app") == 0)
        return app_main(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_its_service_time_except_for_health),
        cmocka_unit_test(a_dependency_that_answers_is_a_part),
        cmocka_unit_test(silence_is_a_timeout_a_retry_and_a_fallback),
        cmocka_unit_test(a_failure_is_tried_again),
        cmocka_unit_test(its_environment_tells_it_the_same),
        cmocka_unit_test(sigterm_lets_requests_finish),
        cmocka_unit_test(wrong_options_are_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
