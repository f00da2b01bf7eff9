#include "src/follow.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/units.h"
#include "experiment/report.h"
#include "src/ask_code.h"

#define MEASURE_MS 1000

static bool wait_for_signals(struct follow *follow, struct error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    follow->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return follow->signal_fd >= 0 || error_set_errno(error, "cannot wait for signals");
}

bool follow_open(struct follow *follow, const struct cli *cli)
{
    struct error error;
    const struct session_options options = {
        .profile = cli->profile,
        .region = cli->region,
        .endpoint_url = cli->endpoint_url,
        .read_only = cli->read_only,
        .take_over = cli->take_over,
        .log_path = cli->log,
        .client_stats = cli->client_stats,
        .ask = ask_code,
    };
    memset(follow, 0, sizeof *follow);
    follow->json = cli->json;
    if (wait_for_signals(follow, &error))
        follow->session = session_start(&options, &error);
    if (follow->session != NULL)
        return true;
    cli_fail(&error, CLI_FAILED);
    follow_close(follow);
    return false;
}

void follow_close(struct follow *follow)
{
    session_stop(follow->session);
    if (follow->signal_fd >= 0)
        close(follow->signal_fd);
}

static void tell_event(const struct model *model, const char *event)
{
    struct json_object *object = report_status(model);
    json_object_object_add(object, "event", json_object_new_string(event));
    cli_print_json(object, false);
}

static void tell_step(const struct model_step *step)
{
    static const char *const marks[] = {" ", "…", "✓", "✗"};
    if (step->state == MODEL_STEP_TODO)
        return;
    printf("  %s %-18s %s\n", marks[step->state], step->name, step->detail);
    fflush(stdout);
}

static bool tell_steps(struct follow *follow, const struct model_experiment *experiment)
{
    bool any = false;
    for (size_t i = 0; i < experiment->step_count; i++) {
        const struct model_step *now = &experiment->steps[i];
        struct model_step *told = &follow->steps[i];
        bool is_baseline = strcmp(now->name, "Baseline") == 0;
        if (told->state == now->state && strcmp(told->name, now->name) == 0 &&
            (is_baseline || strcmp(told->detail, now->detail) == 0))
            continue;
        *told = *now;
        any = true;
        if (!follow->json && !follow->quiet)
            tell_step(now);
    }
    return any;
}

static void tell_log(struct follow *follow, const struct model *model)
{
    for (size_t i = 0; i < model->log_count; i++) {
        const struct model_log_line *line = &model->log[i];
        if (line->at_ms < follow->log_last_ms)
            continue;
        if (line->at_ms == follow->log_last_ms && i < follow->log_told)
            continue;
        follow->log_last_ms = line->at_ms;
        follow->log_told = i + 1;
        if (line->level == MODEL_LOG_ERROR &&
            strncmp(line->text, model->experiment.problem, sizeof line->text - 1) == 0)
            continue; /* the command says it at its end */
        char at[CLOCK_TEXT_MAX];
        clock_format_local_time(line->at_ms, at, sizeof at);
        fprintf(follow->json ? stderr : stdout, "%s %s\n", at, line->text);
    }
    fflush(stdout);
}

static void print_figures_line(const char *name, const struct model_figures *figures)
{
    const double percentiles[] = {figures->p50_us, figures->p90_us, figures->p99_us};
    printf("  %-8s", name);
    for (size_t i = 0; i < 3; i++) {
        char text[UNITS_TEXT_MAX] = "·";
        if (percentiles[i] >= 0)
            units_format_us(percentiles[i], text);
        printf(" %10s", text);
    }
    printf("  %6.1f %%  %6.1f %% %8.0f\n", figures->error_percent, figures->lost_percent,
           figures->per_second);
}

void follow_print_figures(const struct model *model)
{
    printf("  %-8s %10s %10s %10s  %8s  %8s %8s\n", "", "p50", "p90", "p99", "errors", "lost", "req/s");
    print_figures_line("before", &model->series.before);
    print_figures_line("now", &model->series.now);
    if (model->series.control.n > 0) {
        print_figures_line("in scope", &model->series.scoped);
        print_figures_line("control", &model->series.control);
    }
    if (model->series.has_client)
        print_figures_line("client", &model->series.client);
    fflush(stdout);
}

static void tell(struct follow *follow, const struct model *model)
{
    const struct model_experiment *experiment = &model->experiment;
    if (follow->quiet)
        return;
    ui_summary_note(&follow->summary, model);
    bool phase = follow->phase != experiment->phase;
    follow->phase = experiment->phase;
    tell_log(follow, model);
    bool steps = tell_steps(follow, experiment);
    if (follow->json && (phase || steps))
        tell_event(model, phase ? "phase" : "progress");
    if (experiment->phase == MODEL_INJECTING && clock_ms() >= follow->next_measure_ms) {
        bool first = follow->next_measure_ms == 0;
        follow->next_measure_ms = clock_ms() + MEASURE_MS;
        if (follow->json)
            tell_event(model, "measure");
        else if (!first)
            follow_print_figures(model);
    }
}

static void take_signals(struct follow *follow)
{
    struct signalfd_siginfo info;
    while (read(follow->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        const struct intent rollback = {.kind = INTENT_ROLLBACK};
        fprintf(stderr, "shaketable: %s: %s\n", strsignal((int)info.ssi_signo),
                follow->rolling_back
                    ? "already rolling back; kill -9 leaves it to the lease and shaketable rollback"
                    : "rolling back");
        follow->rolling_back = true;
        session_send(follow->session, &rollback);
    }
}

struct model *follow_until(struct follow *follow, unsigned phases)
{
    for (;;) {
        struct model *model = session_latest(follow->session);
        tell(follow, model);
        bool stopped = follow->rolling_back && model->experiment.phase == MODEL_IDLE;
        if (stopped || (phases & (1U << model->experiment.phase)) != 0)
            return model;
        model_release(model);
        struct pollfd polled[2] = {{.fd = session_event_fd(follow->session), .events = POLLIN},
                                   {.fd = follow->signal_fd, .events = POLLIN}};
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            continue;
        session_acknowledge(follow->session);
        take_signals(follow);
    }
}
