#include "proxy/settings.h"

#include "core/units.h"
#include "proxy/stats_log.h"
#include "proxy/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_LISTEN,
    KEY_UPSTREAM,
    KEY_CONNECT,
    KEY_STATS,
    KEY_METRICS,
    KEY_STATS_LOG,
    KEY_TASK,
    KEY_HEALTH,
    KEY_THREADS,
    KEY_REFUSED,
    KEY_HELP,
    KEY_VERSION
};

static const struct option_spec specs[] = {
    {"listen", OPTION_REQUIRED, "ADDR:PORT", "accept clients here; port 0 picks a free one", KEY_LISTEN},
    {"upstream", OPTION_REQUIRED, "HOST:PORT", "the application", KEY_UPSTREAM},
    {"connect", OPTION_REQUIRED, "HOST:PORT",
     "instead of --upstream: be an HTTP CONNECT proxy, on loopback alone; the faults are for tunnels there",
     KEY_CONNECT},
    {"stats", OPTION_REQUIRED, "ADDRESS",
     "serve statistics and control on unix:PATH, on the socket fd:N that it was started with or, with TLS "
     "and for the keys of $SHAKETABLE_CONSOLE_KEY, on tcp:ADDR:PORT; may be repeated",
     KEY_STATS},
    {"metrics", OPTION_REQUIRED, "ADDR:PORT",
     "serve GET /metrics to Prometheus here; port 0 picks a free one", KEY_METRICS},
    {"stats-log", OPTION_REQUIRED, "SECONDS",
     "write a frame of statistics to standard output so often (default: $SHAKETABLE_STATS_LOG)",
     KEY_STATS_LOG},
    {"task", OPTION_REQUIRED, "ARN", "the ECS task this runs in (default: $SHAKETABLE_TASK)", KEY_TASK},
    {"health-check-path", OPTION_REQUIRED, "PATH", "requests for exactly this path are health checks",
     KEY_HEALTH},
    {"threads", OPTION_REQUIRED, "N", "relay with this many threads (default 1)", KEY_THREADS},
    {"refused", OPTION_REQUIRED, "answer|reset",
     "what HTTP clients get where the application refuses connections: status 502 (default), or a reset",
     KEY_REFUSED},
    {"help", OPTION_NONE, NULL, "print this", KEY_HELP},
    {"version", OPTION_NONE, NULL, "print the version", KEY_VERSION},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

static bool take(void *context, int key, const char *value, struct error *error)
{
    struct settings *settings = context;
    switch (key) {
    case KEY_LISTEN:
        settings->listen = value;
        break;
    case KEY_UPSTREAM:
        settings->upstream = value;
        break;
    case KEY_CONNECT:
        settings->connect = value;
        break;
    case KEY_STATS:
        if (settings->stats_count == CONTROL_LISTENERS_MAX)
            return error_set(error, ERROR_USAGE, "--stats: at most %d are possible", CONTROL_LISTENERS_MAX);
        settings->stats[settings->stats_count++] = value;
        break;
    case KEY_METRICS:
        settings->metrics = value;
        break;
    case KEY_STATS_LOG:
        return units_parse_integer(value, "--stats-log", 1, STATS_LOG_MAX_S, &settings->stats_log_s, error);
    case KEY_TASK:
        settings->task = value;
        break;
    case KEY_HEALTH:
        if (value[0] != '/')
            return error_set(error, ERROR_USAGE, "--health-check-path: '%s' does not begin with /", value);
        settings->health_path = value;
        break;
    case KEY_THREADS:
        return units_parse_integer(value, "--threads", 1, WORKER_THREADS_MAX, &settings->threads, error);
    case KEY_REFUSED:
        settings->resets = strcmp(value, "reset") == 0;
        if (!settings->resets && strcmp(value, "answer") != 0)
            return error_set(error, ERROR_USAGE, "--refused: '%s' is neither answer nor reset", value);
        break;
    case KEY_HELP:
        settings->help = true;
        break;
    case KEY_VERSION:
        settings->version = true;
        break;
    }
    return true;
}

static void read_environment(struct settings *settings)
{
    struct error error;
    const char *faults = getenv("SHAKETABLE_FAULTS"), *log = getenv("SHAKETABLE_STATS_LOG");
    if (faults && faults[0] != '\0') {
        settings->has_timetable = timetable_parse(
            faults, getenv("SHAKETABLE_START"), getenv("SHAKETABLE_DEADLINE"), &settings->timetable, &error);
        if (!settings->has_timetable)
            fprintf(stderr, "shaketable-proxy: %s: it stays clean\n", error.message);
    }
    if (log && log[0] != '\0' &&
        !units_parse_integer(log, "SHAKETABLE_STATS_LOG", 1, STATS_LOG_MAX_S, &settings->stats_log_s, &error))
        fprintf(stderr, "shaketable-proxy: %s: no statistics are logged\n", error.message);
}

void settings_init(struct settings *settings)
{
    const char *task = getenv("SHAKETABLE_TASK");
    *settings = (struct settings){.gateway = {.timeout_ms = GATEWAY_TIMEOUT_MS},
                                  .task = task ? task : "",
                                  .health_path = "",
                                  .console_key = getenv("SHAKETABLE_CONSOLE_KEY"),
                                  .threads = 1};
    read_environment(settings);
}

void settings_free(struct settings *settings)
{
    gateway_options_free(&settings->gateway);
}

enum { TABLES = 4 };
static void make_tables(struct settings *settings, struct fault_options *faults,
                        struct options_table tables[TABLES])
{
    tables[0] = (struct options_table){specs, take, settings, "Options"};
    tables[1] = (struct options_table){gateway_option_specs, gateway_options_take, &settings->gateway,
                                       "In front of AWS"};
    tables[2] =
        (struct options_table){agent_option_specs, agent_options_take, &settings->agent, "By the ECS agent"};
    tables[3] = (struct options_table){fault_option_specs, fault_options_take, faults,
                                       "FAULTS, in force from the start"};
}

static bool check(struct settings *settings, const struct fault *fault, struct error *error)
{
    int behind = (settings->upstream != NULL) + (settings->connect != NULL) + settings->gateway.enabled;
    if (settings->help || settings->version)
        return true;
    bool is_bare = settings->agent.enabled && !settings->listen && behind == 0;
    if (!is_bare && (!settings->listen || behind == 0))
        return error_set(error, ERROR_USAGE, "--%s is missing; --help tells more",
                         settings->listen ? "upstream" : "listen");
    if (behind > 1)
        return error_set(error, ERROR_USAGE, "--upstream, --connect and --aws exclude each other");
    if (settings->agent.enabled && !fault_is_clean(fault))
        return error_set(error, ERROR_USAGE,
                         "--agent: FAULTS from the start would never end; they come over the stats socket, "
                         "with a lease, or from the environment, with a deadline");
    return agent_options_check(&settings->agent, settings->upstream, settings->connect, error) &&
           gateway_options_check(&settings->gateway, error);
}

bool settings_parse(struct settings *settings, struct fault_options *faults, int argc, char **argv,
                    struct error *error)
{
    struct options_table tables[TABLES];
    size_t positional_count = 0;
    make_tables(settings, faults, tables);
    return options_parse(argc, argv, tables, TABLES, NULL, 0, &positional_count, error) &&
           check(settings, &faults->fault, error);
}

void settings_print_help(void)
{
    struct options_table tables[TABLES];
    make_tables(NULL, NULL, tables);
    printf("Usage: shaketable-proxy --listen ADDR:PORT --upstream HOST:PORT [OPTIONS] [FAULTS]\n"
           "       shaketable-proxy --listen ADDR:PORT --connect HOST:PORT [OPTIONS] [FAULTS]\n"
           "       shaketable-proxy --listen ADDR:PORT --aws [OPTIONS] [FAULTS]\n"
           "       shaketable-proxy --agent [--stats ADDRESS] [OPTIONS]\n\n"
           "Relays connections to an application, measures its requests, and injects faults.\n\n");
    options_print_help(stdout, tables, TABLES);
}

void settings_describe(const struct settings *settings, char *text, size_t size)
{
    const char *to = settings->gateway.enabled ? "aws"
                     : settings->connect       ? settings->connect
                                               : settings->upstream;
    snprintf(text, size, "%s %s%s", settings->connect ? "connect" : "upstream", to,
             settings->agent.enabled ? " agent" : "");
}
