/* The console on a terminal of its own: what it writes, and how it leaves. */
#include "core/clock.h"
#include "ui/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

#define OUTPUT_MAX (1U << 20)
#define PATIENCE_MS 20000

struct terminal {
    int master, slave;
    pid_t pid;
    char *output;
    size_t length;
    struct termios before;
    int status;
};

static int run_console(bool still)
{
    struct error error = {0};
    struct session_options options = {.read_only = still};
    struct ui_options looks = {0};
    struct session *session = session_start(&options, &error);
    struct ui_summary *summary = calloc(1, sizeof *summary);
    int result = ui_console_run(session, &looks, summary, &error);
    struct model *last = session_latest(session);
    ui_summary_print(stdout, summary, last);
    model_release(last);
    printf("ended %d outcome %d\n", result, (int)summary->outcome);
    fflush(stdout);
    session_stop(session);
    free(summary);
    return result == 0 ? 0 : 1;
}

/* The slave stays open here, so that its modes can be looked at after the console has gone. */
static struct terminal *terminal_open(const char *term, bool still)
{
    struct terminal *terminal = calloc(1, sizeof *terminal);
    terminal->output = calloc(1, OUTPUT_MAX);
    struct winsize size = {.ws_row = 36, .ws_col = 120};
    assert_int_equal(openpty(&terminal->master, &terminal->slave, NULL, NULL, &size), 0);
    fcntl(terminal->master, F_SETFL, O_NONBLOCK);
    tcgetattr(terminal->slave, &terminal->before);
    terminal->pid = fork();
    assert_true(terminal->pid >= 0);
    if (terminal->pid == 0) {
        close(terminal->master);
        login_tty(terminal->slave);
        setenv("TERM", term, 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("NO_COLOR");
        _exit(run_console(still));
    }
    return terminal;
}

static void take(struct terminal *terminal, int64_t ms)
{
    int64_t until = clock_ms() + ms;
    do {
        struct pollfd in = {.fd = terminal->master, .events = POLLIN};
        poll(&in, 1, 20);
        ssize_t got =
            read(terminal->master, terminal->output + terminal->length, OUTPUT_MAX - 1 - terminal->length);
        if (got > 0)
            terminal->length += (size_t)got;
        terminal->output[terminal->length] = '\0';
    } while (clock_ms() < until);
}

static void type(const struct terminal *terminal, const char *text)
{
    assert_int_equal(write(terminal->master, text, strlen(text)), strlen(text));
}

static bool until(struct terminal *terminal, const char *text)
{
    int64_t end = clock_ms() + PATIENCE_MS;
    while (strstr(terminal->output, text) == NULL && clock_ms() < end)
        take(terminal, 20);
    return strstr(terminal->output, text) != NULL;
}

static bool ended(struct terminal *terminal)
{
    int64_t end = clock_ms() + PATIENCE_MS;
    while (clock_ms() < end) {
        take(terminal, 20);
        if (waitpid(terminal->pid, &terminal->status, WNOHANG) == terminal->pid) {
            take(terminal, 20);
            terminal->pid = 0;
            return true;
        }
    }
    return false;
}

static void terminal_close(struct terminal *terminal)
{
    if (terminal->pid > 0) {
        kill(terminal->pid, SIGKILL);
        waitpid(terminal->pid, NULL, 0);
    }
    close(terminal->master);
    close(terminal->slave);
    free(terminal->output);
    free(terminal);
}

static void is_as_it_was(struct terminal *terminal)
{
    struct termios after;
    assert_non_null(strstr(terminal->output, "\033[?1049l"));
    assert_non_null(strstr(terminal->output, "\033[?1002l"));
    assert_int_equal(tcgetattr(terminal->slave, &after), 0);
    assert_int_equal(after.c_lflag, terminal->before.c_lflag);
    assert_int_equal(after.c_iflag, terminal->before.c_iflag);
    assert_int_equal(after.c_oflag, terminal->before.c_oflag);
}

static void draws_and_then_writes_nothing_while_nothing_changes(void **context)
{
    (void)context;
    struct terminal *terminal = terminal_open("xterm-256color", true);
    assert_true(until(terminal, "quit"));
    take(terminal, 700);
    size_t before = terminal->length;
    take(terminal, 1500);
    assert_int_equal(terminal->length, before);
    assert_null(strstr(terminal->output, "\033[2J\033[2J"));
    type(terminal, "q");
    assert_true(ended(terminal));
    is_as_it_was(terminal);
    assert_non_null(strstr(terminal->output, "ended 0 outcome 0"));
    terminal_close(terminal);
}

static void leaves_the_screen_on_each_signal_that_ends_it(void **context)
{
    (void)context;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct terminal *terminal = terminal_open("xterm-256color", true);
        assert_true(until(terminal, "quit"));
        kill(terminal->pid, signals[i]);
        assert_true(ended(terminal));
        assert_true(WIFEXITED(terminal->status));
        is_as_it_was(terminal);
        assert_non_null(strstr(terminal->output, "outcome 2"));
        terminal_close(terminal);
    }
}

static void puts_the_terminal_back_on_a_fatal_signal(void **context)
{
    (void)context;
    struct terminal *terminal = terminal_open("xterm-256color", true);
    assert_true(until(terminal, "quit"));
    kill(terminal->pid, SIGABRT);
    assert_true(ended(terminal));
    assert_false(WIFEXITED(terminal->status) && WEXITSTATUS(terminal->status) == 0);
    is_as_it_was(terminal);
    terminal_close(terminal);
}

static void ends_when_the_terminal_is_gone(void **context)
{
    (void)context;
    struct terminal *terminal = terminal_open("xterm-256color", true);
    assert_true(until(terminal, "quit"));
    close(terminal->slave);
    close(terminal->master);
    int64_t end = clock_ms() + PATIENCE_MS;
    pid_t gone = 0;
    while (gone == 0 && clock_ms() < end) {
        gone = waitpid(terminal->pid, &terminal->status, WNOHANG);
        clock_sleep_ms(20);
    }
    assert_int_equal(gone, terminal->pid);
    terminal->pid = 0;
    terminal->master = terminal->slave = open("/dev/null", O_RDWR);
    close(terminal->slave);
    terminal->slave = open("/dev/null", O_RDWR);
    terminal_close(terminal);
}

/* Press, drag and release in one write, as a quick hand or a slow line delivers them. */
static void takes_mouse_reports_that_come_in_one_piece_or_in_many(void **context)
{
    (void)context;
    struct terminal *terminal = terminal_open("xterm-256color", true);
    assert_true(until(terminal, "quit"));
    take(terminal, 300);
    const char *drag = "\033[<0;52;5M\033[<32;60;5M\033[<32;85;9M\033[<0;85;9m";
    type(terminal, drag);
    assert_true(until(terminal, "100 %"));
    type(terminal, "\033[<0;5");
    take(terminal, 10);
    type(terminal, "2;6M\033[<0;52;6m");
    take(terminal, 300);
    type(terminal, "q");
    assert_true(ended(terminal));
    terminal_close(terminal);
}

static void takes_a_new_size(void **context)
{
    (void)context;
    struct terminal *terminal = terminal_open("xterm-256color", true);
    assert_true(until(terminal, "quit"));
    take(terminal, 300);
    terminal->length = 0;
    struct winsize size = {.ws_row = 10, .ws_col = 40};
    assert_int_equal(ioctl(terminal->master, TIOCSWINSZ, &size), 0);
    kill(terminal->pid, SIGWINCH);
    assert_true(until(terminal, "roll back"));
    take(terminal, 300);
    type(terminal, "q");
    assert_true(ended(terminal));
    terminal_close(terminal);
}

static void runs_on_terminals_with_few_abilities(void **context)
{
    (void)context;
    static const char *const terms[] = {"vt100", "linux", "screen", "xterm"};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        struct terminal *terminal = terminal_open(terms[i], true);
        assert_true(until(terminal, "quit"));
        take(terminal, 100);
        type(terminal, "q");
        assert_true(ended(terminal));
        assert_true(WIFEXITED(terminal->status) && WEXITSTATUS(terminal->status) == 0);
        terminal_close(terminal);
    }
}

static void says_which_terminal_it_does_not_know(void **context)
{
    (void)context;
    struct terminal *terminal = terminal_open("no-such-terminal", true);
    assert_true(ended(terminal));
    assert_non_null(strstr(terminal->output, "ended -1"));
    terminal_close(terminal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_and_then_writes_nothing_while_nothing_changes),
        cmocka_unit_test(leaves_the_screen_on_each_signal_that_ends_it),
        cmocka_unit_test(puts_the_terminal_back_on_a_fatal_signal),
        cmocka_unit_test(ends_when_the_terminal_is_gone),
        cmocka_unit_test(takes_mouse_reports_that_come_in_one_piece_or_in_many),
        cmocka_unit_test(takes_a_new_size),
        cmocka_unit_test(runs_on_terminals_with_few_abilities),
        cmocka_unit_test(says_which_terminal_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
