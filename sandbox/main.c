/*
 * shaketable-sandbox: the embedded region. `shaketable-sandbox app …` is the demo application, and
 * `shaketable-sandbox ssm-agent` the SSM agent, which the region's tasks run.
 */
#include "config.h"

#include "core/error.h"
#include "core/options.h"
#include "core/units.h"
#include "sandbox/app.h"
#include "sandbox/network.h"
#include "sandbox/router.h"
#include "sandbox/scheduler.h"
#include "sandbox/seed.h"
#include "sandbox/seed_big.h"
#include "sandbox/server.h"
#include "sandbox/ssm_agent.h"

#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define DEFAULT_ADDRESS "127.0.0.1:4566"
#define DEFAULT_REGION "us-east-1"
#define FAST_PACE 0.2
#define PACE_MIN 0.02
#define PACE_MAX 100.0
#define END_GRACE_MS 1500 /* from SIGTERM to SIGKILL when the region ends */
#define PATH_SIZE 4096

enum key {
    KEY_LISTEN = 1,
    KEY_REGION,
    KEY_FAST,
    KEY_PACE,
    KEY_THROTTLE,
    KEY_BIG,
    KEY_NO_TRAFFIC,
    KEY_EMPTY,
    KEY_LOGS,
    KEY_FAIL,
    KEY_HELP,
    KEY_VERSION
};

static const struct option_spec specs[] = {
    {"listen", OPTION_REQUIRED, "ADDR:PORT",
     "loopback address to serve at (" DEFAULT_ADDRESS "); port 0 picks one", KEY_LISTEN},
    {"region", OPTION_REQUIRED, "NAME", "the region's name in ARNs (" DEFAULT_REGION ")", KEY_REGION},
    {"fast", OPTION_NONE, NULL, "deployments, health checks and experiments take a fifth of their time",
     KEY_FAST},
    {"pace", OPTION_REQUIRED, "FACTOR", "they take FACTOR times as long (1 is a tenth of AWS's times)",
     KEY_PACE},
    {"throttle", OPTION_REQUIRED, "RATE",
     "answer more than RATE calls a second with a throttling error; \"aws\": as AWS does", KEY_THROTTLE},
    {"big", OPTION_REQUIRED, "CLUSTERS:SERVICES:TASKS",
     "describe so many more, with nothing behind them (100:2000:5000)", KEY_BIG},
    {"no-traffic", OPTION_NONE, NULL, "no clients send requests to the services", KEY_NO_TRAFFIC},
    {"empty", OPTION_NONE, NULL, "start with no clusters at all", KEY_EMPTY},
    {"logs", OPTION_REQUIRED, "DIR", "write what containers print to files in DIR", KEY_LOGS},
    {"fail", OPTION_REQUIRED, "SPEC",
     "make calls fail: SERVICE:OPERATION[@N|@N+]=HOW, such as ecs:UpdateService@2=500-after (repeatable)",
     KEY_FAIL},
    {"help", OPTION_NONE, NULL, "show this and exit", KEY_HELP},
    {"version", OPTION_NONE, NULL, "show the version and exit", KEY_VERSION},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

struct settings {
    char host[UNITS_HOST_MAX];
    uint16_t port;
    const char *region, *logs;
    double pace;
    struct throttle throttle;
    struct seed_big big; /* no clusters: none */
    bool no_traffic, empty, help, version;
    const char *fails[FAIL_SPECS_MAX];
    size_t fail_count;
};

static bool parse_number(const char *text, const char *name, double lowest, double highest, double *number,
                         struct error *error)
{
    char *end = NULL;

    *number = strtod(text, &end);
    if (end == text || *end || !(*number >= lowest) || !(*number <= highest))
        return error_set(error, ERROR_USAGE, "%s: '%s' is not a number from %g to %g", name, text, lowest,
                         highest);
    return true;
}

static bool take_fail(struct settings *settings, const char *value, struct error *error)
{
    struct fail_spec spec;

    if (settings->fail_count == FAIL_SPECS_MAX)
        return error_set(error, ERROR_USAGE, "--fail: at most %d", FAIL_SPECS_MAX);
    settings->fails[settings->fail_count++] = value;
    return fail_spec_parse(&spec, value, error);
}

static bool take(void *context, int key, const char *value, struct error *error)
{
    struct settings *settings = context;

    switch ((enum key)key) {
    case KEY_LISTEN:
        return units_parse_address(value, "--listen", settings->host, &settings->port, error);
    case KEY_REGION:
        if (!*value || strlen(value) > 32 ||
            strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(value))
            return error_set(error, ERROR_USAGE, "--region: '%s' is not the name of a region", value);
        settings->region = value;
        return true;
    case KEY_FAST:
        settings->pace = FAST_PACE;
        return true;
    case KEY_PACE:
        return parse_number(value, "--pace", PACE_MIN, PACE_MAX, &settings->pace, error);
    case KEY_THROTTLE:
        return throttle_parse(&settings->throttle, value, error);
    case KEY_BIG:
        return seed_big_parse(&settings->big, value, error);
    case KEY_NO_TRAFFIC:
        return settings->no_traffic = true;
    case KEY_EMPTY:
        return settings->empty = true;
    case KEY_LOGS:
        settings->logs = value;
        return true;
    case KEY_FAIL:
        return take_fail(settings, value, error);
    case KEY_HELP:
        return settings->help = true;
    case KEY_VERSION:
        return settings->version = true;
    }
    return false;
}

static bool read_settings(int argc, char **argv, struct settings *settings, struct error *error)
{
    const struct options_table table = {specs, take, settings, NULL};
    size_t count = 0;

    *settings = (struct settings){.region = DEFAULT_REGION, .pace = 1};
    return units_parse_address(DEFAULT_ADDRESS, "--listen", settings->host, &settings->port, error) &&
           options_parse(argc, argv, &table, 1, NULL, 0, &count, error);
}

static void print_help(void)
{
    const struct options_table table = {specs, take, NULL, NULL};

    puts("Usage: shaketable-sandbox [OPTION]...\n"
         "An AWS region on this machine: ECS services whose tasks are real processes behind a real load\n"
         "balancer. Any access key; the secret is \"test\". Ends with SIGINT or SIGTERM.\n");
    options_print_help(stdout, &table, 1);
}

/* A program beside this one, or where it is installed. */
static void find_beside(const char *folder, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%.4000s/%s", folder, name);
    if (access(path, X_OK) != 0)
        snprintf(path, size, "%s/%s", BINDIR, name);
}

/* This executable, and those that are images of containers. */
static bool find_programs(struct region *region, struct error *error)
{
    char path[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", region->program, sizeof region->program - 1);

    if (length < 0)
        return error_set_errno(error, "cannot find this program's own file");
    region->program[length] = '\0';
    text_copy(path, sizeof path, region->program);
    const char *folder = dirname(path);
    find_beside(folder, "shaketable-proxy", region->proxy, sizeof region->proxy);
    find_beside(folder, "shaketable", region->console, sizeof region->console);
    return true;
}

/* --- the loop ----------------------------------------------------------------------------------- */

static int block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread: they inherit it */
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* True when one of the signals asks us to end. */
static bool read_signals(int fd)
{
    struct signalfd_siginfo info;
    bool ends = false;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        ends = ends || info.ssi_signo != SIGCHLD;
    return ends;
}

static void loop(struct region *region, struct server *server, int signals, pid_t parent)
{
    for (bool ends = false; !ends;) {
        struct pollfd fds[] = {
            {signals, POLLIN, 0}, {region->wake, POLLIN, 0}, {server_event_fd(server), POLLIN, 0}};
        uint64_t count = 0;
        if (poll(fds, 3, scheduler_run(region)) > 0 && read(region->wake, &count, sizeof count) < 0)
            count = 0; /* it was another */
        if ((fds[2].revents & POLLIN) != 0)
            server_release(server);
        ends = read_signals(signals) || (parent > 0 && getppid() != parent);
    }
}

static bool serve(struct region *region, const struct settings *settings, int signals, pid_t parent,
                  struct error *error)
{
    struct router router = {.region = region, .throttle = settings->throttle};
    struct traffic *traffic = NULL;
    struct server *server = NULL;
    uint16_t port = settings->port;
    int socket = server_bind(settings->host, &port, error);
    bool done = false;

    if (socket < 0)
        return false;
    text_copy(region->endpoint_host, sizeof region->endpoint_host,
              strcmp(settings->host, "localhost") == 0 ? "127.0.0.1" : settings->host);
    region->endpoint_port = port;
    fail_init(&router.fail);
    for (size_t i = 0; i < settings->fail_count; i++)
        fail_add(&router.fail, settings->fails[i], NULL);
    region->balancer = balancer_start(error);
    if (!region->balancer) {
        close(socket);
        fail_destroy(&router.fail);
        return false;
    }
    if (!settings->no_traffic && !settings->empty && !(traffic = traffic_start(error)))
        close(socket);
    else if ((!settings->empty && !seed_region(region, traffic, error)) ||
             (settings->big.clusters > 0 && !seed_big_region(region, &settings->big, error)))
        close(socket);
    else
        server = server_start(socket, router_answer, &router, error);
    if (server) {
        printf("ready http://%s:%u\n", region->endpoint_host, port);
        fflush(stdout);
        loop(region, server, signals, parent);
        done = true;
    }
    server_stop(server);
    if (traffic)
        traffic_stop(traffic);
    scheduler_end_all(region, END_GRACE_MS);
    balancer_stop(region->balancer);
    fail_destroy(&router.fail);
    return done;
}

static int run(const struct settings *settings, struct error *error)
{
    const char *watched = getenv("SHAKETABLE_PARENT_DEATH");
    pid_t parent = watched && strcmp(watched, "1") == 0 ? getppid() : 0;
    struct region region;
    int claim = -1, signals = block_signals();
    bool done = false;

    if (parent > 0)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    region_init(&region, settings->region, settings->pace);
    region.logs = settings->logs;
    claim = network_claim(&region.network, error);
    done = claim >= 0 && find_programs(&region, error) && serve(&region, settings, signals, parent, error);
    region_free(&region);
    if (claim >= 0)
        close(claim);
    close(signals);
    return done ? 0 : error->code == ERROR_USAGE ? 2 : 1;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct error error = {0};
    int status = 2;

    if (argc > 1 && strcmp(argv[1], "app") == 0)
        return app_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "ssm-agent") == 0)
        return ssm_agent_main();
    if (!read_settings(argc, argv, &settings, &error)) {
        fprintf(stderr, "shaketable-sandbox: %s\n", error.message);
        return status;
    }
    if (settings.help) {
        print_help();
        return 0;
    }
    if (settings.version) {
        puts("shaketable-sandbox " VERSION);
        return 0;
    }
    status = run(&settings, &error);
    if (status != 0)
        fprintf(stderr, "shaketable-sandbox: %s\n", error.message);
    return status;
}
