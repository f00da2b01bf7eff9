#include "src/console.h"

#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/ask_code.h"
#include "src/follow.h"
#include "ui/console.h"

static void block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

/* The dialog that would ask is gone with the screen. */
static void answer(struct session *session, const struct model_question *question)
{
    struct intent intent = {.kind = INTENT_ANSWER, .number = question->number};
    struct error error;
    if (!ask_code(NULL, question->serial, NULL, intent.code, sizeof intent.code, &error)) {
        fprintf(stderr, "shaketable: %s\n", error.message);
        intent.code[0] = '\0';
    }
    session_send(session, &intent);
}

/* The screen is gone, the way back is not: wait for it, whatever signal comes, and say how far it is. */
static void wait_for_end(struct session *session)
{
    const struct intent quit = {.kind = INTENT_QUIT};
    char told[MODEL_TEXT_MAX] = "";
    unsigned asked = 0;
    session_send(session, &quit);
    while (!session_ended(session)) {
        struct model *model = session_latest(session);
        for (size_t i = 0; i < model->experiment.step_count && model_is_active(model); i++) {
            const struct model_step *step = &model->experiment.steps[i];
            char line[MODEL_TEXT_MAX];
            snprintf(line, sizeof line, "%s %.120s", step->name, step->detail);
            if (step->state != MODEL_STEP_DOING || strcmp(line, told) == 0)
                continue;
            memcpy(told, line, sizeof told);
            printf("rolling back: %s\n", line);
            fflush(stdout);
        }
        if (model->question.number != asked && model->question.number != 0) {
            asked = model->question.number;
            answer(session, &model->question);
        }
        model_release(model);
        struct pollfd polled = {.fd = session_event_fd(session), .events = POLLIN};
        poll(&polled, 1, 1000);
        session_acknowledge(session);
    }
}

static void no_terminal(const struct cli *cli)
{
    fprintf(stderr, "shaketable: the console needs a terminal; without one use %s\n",
            cli->word_count > 0 ? "shaketable demo --headless" : "the commands of shaketable --help");
}

/* The session that is on the screen, and how it was opened. */
struct on_screen {
    struct session *session;
    struct session_options options;
    char profile[256], region[64]; /* of the options, once chosen on the screen */
};

static struct session *move(void *context, const char *profile, const char *region, struct error *error)
{
    struct on_screen *on_screen = context;
    struct session_options options = on_screen->options;
    if (profile != NULL)
        options.profile = profile;
    if (region != NULL)
        options.region = region;
    struct session *session = session_start(&options, error);
    if (session == NULL)
        return NULL;
    session_stop(on_screen->session);
    on_screen->session = session;
    if (profile != NULL)
        snprintf(on_screen->profile, sizeof on_screen->profile, "%s", profile);
    if (region != NULL)
        snprintf(on_screen->region, sizeof on_screen->region, "%s", region);
    if (profile != NULL)
        on_screen->options.profile = on_screen->profile;
    if (region != NULL)
        on_screen->options.region = on_screen->region;
    return session;
}

enum cli_exit console_run(const struct cli *cli, bool embedded)
{
    struct error error;
    struct ui_summary summary = {0};
    struct on_screen on_screen = {.options = {
                                      .profile = cli->profile,
                                      .region = cli->region,
                                      .endpoint_url = cli->endpoint_url,
                                      .read_only = cli->read_only,
                                      .embedded = embedded,
                                      .inventory = true,
                                      .log_path = cli->log,
                                      .client_stats = cli->client_stats,
                                  }};
    const struct ui_options options = {.theme = cli->theme,
                                       .ascii = cli->ascii,
                                       .no_color = cli->no_color,
                                       .move = move,
                                       .context = &on_screen,
                                       .choices = &cli->choices};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        no_terminal(cli);
        return CLI_USAGE;
    }
    on_screen.session = session_start(&on_screen.options, &error);
    if (on_screen.session == NULL)
        return cli_fail(&error, CLI_FAILED);
    int drawn = ui_console_run(on_screen.session, &options, &summary, &error);
    struct session *session = on_screen.session;
    block_signals();
    if (drawn != 0)
        cli_fail(&error, CLI_FAILED);
    else if (summary.outcome == UI_OUTCOME_SIGNAL)
        fprintf(stderr, "shaketable: %s\n", strsignal(summary.signal));
    wait_for_end(session);
    struct model *last = session_latest(session);
    ui_summary_print(stdout, &summary, last);
    fflush(stdout);
    enum cli_exit status = drawn != 0 ? CLI_FAILED : CLI_DONE;
    if (last->experiment.phase == MODEL_FAILED_PHASE && last->experiment.exit_status == CLI_INCOMPLETE)
        status = CLI_INCOMPLETE;
    model_release(last);
    session_stop(session);
    return status;
}
