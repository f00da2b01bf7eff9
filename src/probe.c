#include "experiment/probe.h"
#include "core/buf.h"
#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/probe_health.h"
#include "experiment/probe_stats.h"
#include "experiment/probe_tally.h"
#include "src/ask_code.h"
#include "src/commands.h"
#include "src/probe_serve.h"
#include "src/probe_settings.h"
#include "src/probe_stop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUMMARY_MAX 1024
#define OUTCOME_COLUMNS 36
#define TIME_COLUMNS 10

/* One run of the command. */
struct probing {
    const struct cli *cli;
    struct probe_settings settings;
    struct probe_stop stop;
    struct probe *probe;
    struct probe_server *server; /* NULL: nothing is served */
    struct probe_stats *stats;   /* likewise */
    struct probe_line line;
    pthread_mutex_t mutex; /* for what the server's threads look at */
    struct probe_health health;
    struct probe_tally tally;
    struct probe_round last;
};

/* ── lines ───────────────────────────────────────────────────────────────────────────────── */

/* Columns count characters, not bytes. */
static void put_padded(struct buf *out, const char *text, int columns, bool right)
{
    int shown = 0;
    for (const char *at = text; *at != '\0'; at++)
        shown += ((unsigned char)*at & 0xc0) != 0x80;
    if (right)
        buf_printf(out, "%*s", columns > shown ? columns - shown : 0, "");
    buf_append_text(out, text);
    if (!right)
        buf_printf(out, "%*s", columns > shown ? columns - shown : 0, "");
}

static void put_time(struct buf *out, int64_t us)
{
    char text[UNITS_TEXT_MAX];
    units_format_us((double)us, text);
    put_padded(out, us > 0 ? text : "-", TIME_COLUMNS, true);
}

static void print_header(const struct probing *probing)
{
    printf("probing %s, every %g s\n", probe_name(probing->probe),
           (double)probing->settings.interval_ms / 1000);
    printf("%-10s%-*s%*s%*s%*s%*s\n", "TIME", OUTCOME_COLUMNS, "OUTCOME", TIME_COLUMNS, "CONNECT",
           TIME_COLUMNS, "TLS", TIME_COLUMNS + 2, "FIRST BYTE", TIME_COLUMNS, "TOTAL");
    fflush(stdout);
}

static void print_round(const struct probe_round *round)
{
    char text[CLOCK_TEXT_MAX];
    struct buf out;
    buf_init(&out, SUMMARY_MAX);
    clock_format_local_time(round->at_ms, text, sizeof text);
    put_padded(&out, text, 10, false);
    put_padded(&out, round->what, OUTCOME_COLUMNS, false);
    put_time(&out, round->connect_us);
    put_time(&out, round->tls_us);
    buf_append_text(&out, "  ");
    put_time(&out, round->first_byte_us);
    put_time(&out, round->total_us);
    printf("%s\n", buf_text(&out));
    fflush(stdout);
    buf_free(&out);
}

static void print_summary(const struct probing *probing)
{
    if (probing->cli->json) {
        cli_print_json(probe_tally_json(&probing->tally, probe_name(probing->probe)), false);
        return;
    }
    struct buf out;
    buf_init(&out, SUMMARY_MAX);
    probe_tally_print(&probing->tally, &out);
    printf("\n%s", buf_text(&out));
    fflush(stdout);
    buf_free(&out);
}

/* ── what is served ──────────────────────────────────────────────────────────────────────── */

static unsigned tell_health(void *context, struct json_object **document)
{
    struct probing *probing = context;
    int64_t now_ms = clock_ms();
    pthread_mutex_lock(&probing->mutex);
    bool good = probe_health_is_good(&probing->health, now_ms);
    *document = json_object_new_object();
    json_put_text(*document, "status", good ? "healthy" : "unhealthy");
    json_put_text(*document, "target", probe_name(probing->probe));
    json_put_integer(*document, "rounds", (int64_t)probing->tally.rounds);
    json_put_integer(*document, "failed", (int64_t)probing->tally.failed);
    if (probing->health.failing) {
        json_put_integer(*document, "failing_ms", probe_health_failing_ms(&probing->health, now_ms));
        json_put_text(*document, "error", probing->last.what);
    }
    pthread_mutex_unlock(&probing->mutex);
    return good ? 200 : 503;
}

/* A round of its own, beside those that are counted: who asks must not make a sick service look well. */
static unsigned tell_test(void *context, struct json_object **document)
{
    struct probing *probing = context;
    struct probe_round *round = calloc(1, sizeof *round);
    if (round == NULL) {
        *document = json_object_new_object();
        return 500;
    }
    probe_run(probing->probe, NULL, round);
    *document = probe_round_json(round);
    unsigned status = round->outcome == PROBE_OK ? 200 : 500;
    free(round);
    return status;
}

static bool serve(struct probing *probing, struct error *error)
{
    const struct probe_serve_answers answers = {.context = probing, .health = tell_health, .test = tell_test};
    if (probing->cli->stats != NULL) {
        probing->stats = probe_stats_start(probing->cli->stats, error);
        if (probing->stats == NULL)
            return false;
        fprintf(stderr, "statistics at %s\n", probe_stats_address(probing->stats));
    }
    if (probing->cli->serve == NULL)
        return true;
    probing->server = probe_serve_start(probing->cli->serve, &answers, error);
    if (probing->server == NULL)
        return false;
    fprintf(stderr, "serving http://%s/health and /test\n", probe_serve_address(probing->server));
    return true;
}

/* ── rounds ──────────────────────────────────────────────────────────────────────────────── */

static void take_round(struct probing *probing, const struct probe_round *round)
{
    pthread_mutex_lock(&probing->mutex);
    probe_tally_add(&probing->tally, round);
    if (round->outcome != PROBE_CANCELED) {
        probe_health_note(&probing->health, round->outcome == PROBE_OK, clock_ms());
        probing->last = *round;
    }
    pthread_mutex_unlock(&probing->mutex);
    if (probing->stats != NULL)
        probe_stats_note(probing->stats, round);
}

/* From beginning to beginning of a round, or at once where one took longer. */
static void run_rounds(struct probing *probing)
{
    const struct probe_settings *settings = &probing->settings;
    int64_t next_ms = clock_ms();
    for (uint64_t number = 1; settings->count == 0 || number <= settings->count; number++) {
        struct probe_round round = {.number = number};
        int64_t wait_ms = next_ms - clock_ms();
        if (!probe_stop_wait(&probing->stop, wait_ms > 0 ? wait_ms : 0))
            break;
        next_ms = (wait_ms > 0 ? next_ms : clock_ms()) + settings->interval_ms;
        probe_run(probing->probe, settings->keep_alive ? &probing->line : NULL, &round);
        take_round(probing, &round);
        if (round.outcome == PROBE_CANCELED)
            break;
        if (probing->cli->json)
            cli_print_json(probe_round_json(&round), false);
        else
            print_round(&round);
    }
    probe_line_close(&probing->line);
}

static struct probe *open_probe(struct probing *probing, struct error *error)
{
    const struct cli *cli = probing->cli;
    const struct probe_options options = {.connect_timeout_ms = probing->settings.connect_timeout_ms,
                                          .read_timeout_ms = probing->settings.read_timeout_ms,
                                          .cancel = &probing->stop.asked};
    const struct aws_options aws = {.profile = cli->profile,
                                    .region = cli->region,
                                    .endpoint_url = cli->endpoint_url,
                                    .read_only = true,
                                    .mfa = {.ask = ask_code}};
    return probe_open(&probing->settings.target, &options, &aws, error);
}

static enum cli_exit run(struct probing *probing)
{
    struct error error = {.code = ERROR_NONE};
    probing->probe = open_probe(probing, &error);
    if (probing->probe == NULL)
        return cli_fail(&error, cli_status_of(&error));
    enum cli_exit status = CLI_DONE;
    if (!serve(probing, &error)) {
        status = cli_fail(&error, cli_status_of(&error));
    } else {
        if (!probing->cli->json)
            print_header(probing);
        run_rounds(probing);
        bool none_was_ok = probing->tally.rounds > 0 && probing->tally.rounds == probing->tally.failed;
        if (!atomic_load(&probing->stop.asked) && none_was_ok)
            status = CLI_FAILED;
        atomic_store(&probing->stop.asked, true); /* for a round that /test still waits for */
        probe_serve_stop(probing->server);
        print_summary(probing);
    }
    probe_stats_stop(probing->stats);
    probe_close(probing->probe);
    return status;
}

enum cli_exit command_probe(const struct cli *cli)
{
    struct error error = {.code = ERROR_NONE};
    struct probing *probing = calloc(1, sizeof *probing);
    if (probing == NULL) {
        error_set(&error, ERROR_SYSTEM, "out of memory");
        return cli_fail(&error, CLI_FAILED);
    }
    enum cli_exit status;
    probing->cli = cli;
    probe_tally_init(&probing->tally);
    pthread_mutex_init(&probing->mutex, NULL);
    if (!probe_settings_read(&probing->settings, cli, &error))
        status = cli_fail(&error, CLI_USAGE);
    else if (!probe_stop_begin(&probing->stop, &error))
        status = cli_fail(&error, CLI_FAILED);
    else {
        status = run(probing);
        probe_stop_end(&probing->stop);
    }
    pthread_mutex_destroy(&probing->mutex);
    free(probing);
    return status;
}
