/*
 * shaketable-proxy: the sidecar. shaketable-proxy(8).
 */
#include "config.h"

#include "core/options.h"
#include "core/units.h"
#include "proxy/backend.h"
#include "proxy/control.h"
#include "proxy/gate.h"
#include "proxy/lane.h"
#include "proxy/stats_log.h"
#include "proxy/timetable.h"
#include "proxy/worker.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };
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
    KEY_AGENT,
    KEY_AGENT_SOURCE,
    KEY_AGENT_FILTER,
    KEY_AGENT_PORT,
    KEY_AGENT_TRAFFIC,
    KEY_HELP,
    KEY_VERSION
};
#define ADDRESS_TEXT_MAX (INET6_ADDRSTRLEN + 16)

struct settings {
    const char *listen;
    const char *upstream;
    const char *connect;
    const char *stats[CONTROL_LISTENERS_MAX];
    size_t stats_count;
    const char *metrics;
    int64_t stats_log_s; /* 0: none */
    bool has_timetable;
    struct timetable timetable;
    const char *task;
    const char *health_path;
    const char *console_key;
    int64_t threads;
    bool resets;
    bool agent;
    struct agent_setting agent_setting;
    bool help;
    bool version;
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
    {"agent", OPTION_NONE, NULL,
     "the faults are the ECS agent's, at $ECS_AGENT_URI, on all that the task sends; what is relayed stays "
     "as "
     "it is. Without --listen and --upstream nothing is",
     KEY_AGENT},
    {"agent-source", OPTION_REQUIRED, "IP|CIDR",
     "of what the task sends only that to here (default: all); may be repeated", KEY_AGENT_SOURCE},
    {"agent-filter", OPTION_REQUIRED, "IP|CIDR", "but not that to here; may be repeated", KEY_AGENT_FILTER},
    {"agent-port", OPTION_REQUIRED, "PORT", "a blackhole's (default: that of --upstream or --connect)",
     KEY_AGENT_PORT},
    {"agent-traffic", OPTION_REQUIRED, "ingress|egress",
     "what a blackhole drops: what comes in to the port (default; not with --connect), or what goes out to "
     "it",
     KEY_AGENT_TRAFFIC},
    {"help", OPTION_NONE, NULL, "print this", KEY_HELP},
    {"version", OPTION_NONE, NULL, "print the version", KEY_VERSION},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

static bool take_agent(struct settings *settings, int key, const char *value, struct error *error)
{
    struct agent_setting *setting = &settings->agent_setting;
    int64_t port = 0;
    switch (key) {
    case KEY_AGENT_SOURCE:
        return agent_setting_add_source(setting, value, "--agent-source", error);
    case KEY_AGENT_FILTER:
        return agent_setting_add_filter(setting, value, "--agent-filter", error);
    case KEY_AGENT_PORT:
        if (!units_parse_integer(value, "--agent-port", 1, UINT16_MAX, &port, error))
            return false;
        setting->port = (uint16_t)port;
        return true;
    case KEY_AGENT_TRAFFIC:
        return agent_setting_take_traffic(setting, value, "--agent-traffic", error);
    default:
        settings->agent = true;
        return true;
    }
}

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
    case KEY_AGENT:
    case KEY_AGENT_SOURCE:
    case KEY_AGENT_FILTER:
    case KEY_AGENT_PORT:
    case KEY_AGENT_TRAFFIC:
        return take_agent(settings, key, value, error);
    case KEY_HELP:
        settings->help = true;
        break;
    case KEY_VERSION:
        settings->version = true;
        break;
    }
    return true;
}

static bool resolve(const char *text, const char *name, bool passive, struct upstream *found,
                    struct error *error)
{
    char host[UNITS_HOST_MAX];
    char service[8];
    uint16_t port;
    if (!units_parse_address(text, name, host, &port, error))
        return false;
    if (!passive && (host[0] == '\0' || port == 0))
        return error_set(error, ERROR_USAGE, "%s: '%s' is not HOST:PORT", name, text);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0};
    struct addrinfo *list = NULL;
    snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host[0] ? host : NULL, service, &hints, &list);
    if (rc != 0)
        return error_set(error, ERROR_NETWORK, "%s: %s: %s", name, text, gai_strerror(rc));
    found->count = 0;
    for (struct addrinfo *item = list; item && found->count < WORKER_ADDRESSES_MAX; item = item->ai_next)
        memcpy(&found->addresses[found->count++], item->ai_addr, item->ai_addrlen);
    freeaddrinfo(list);
    return true;
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

/* A bound socket; the address gets the port that was picked. -1 on error. */
static int bind_listener(struct sockaddr_storage *address, bool shared)
{
    int one = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    socklen_t size = sizeof *address;
    if ((shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0) ||
        bind(fd, (struct sockaddr *)address, address_size(address)) < 0 ||
        getsockname(fd, (struct sockaddr *)address, &size) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static void format_address(const struct sockaddr_storage *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        uv_ip6_name(v6, host, sizeof host);
        snprintf(text, size, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        uv_ip4_name(v4, host, sizeof host);
        snprintf(text, size, "%s:%u", host, ntohs(v4->sin_port));
    }
}

struct proxy {
    struct settings settings;
    struct fault_options faults;
    struct upstream upstream;
    struct authority only;
    struct backend *backend; /* NULL: the upstream is an application */
    struct bucket totals[LANES];
    struct control control;
    struct worker *workers;
};

/* Whoever reached it from elsewhere would have an open proxy into our network. */
static bool check_loopback(const struct sockaddr_storage *address, const char *option, struct error *error)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    if (address->ss_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127
                                      : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
        return true;
    return error_set(
        error, ERROR_USAGE,
        "--listen: with %s only a loopback address (127.0.0.1, [::1]) is listened on: to whoever "
        "else reached it this would be an open proxy",
        option);
}

static bool start_gate(struct proxy *proxy, struct error *error)
{
    static struct gate gate = {.connect_timeout_ms = GATE_CONNECT_TIMEOUT_MS,
                               .head_timeout_ms = GATE_HEAD_TIMEOUT_MS};
    const char *text = proxy->settings.connect;
    if (!authority_parse(text, strlen(text), &proxy->only))
        return error_set(error, ERROR_USAGE, "--connect: '%s' is not HOST:PORT", text);
    proxy->backend = backend_start(gate_serve, &gate, &proxy->upstream.addresses[0], error);
    proxy->upstream.count = 1;
    proxy->upstream.only = &proxy->only;
    return proxy->backend != NULL;
}

static bool find_upstream(struct proxy *proxy, struct error *error)
{
    if (proxy->settings.connect)
        return start_gate(proxy, error);
    return resolve(proxy->settings.upstream, "--upstream", false, &proxy->upstream, error);
}

static bool start_workers(struct proxy *proxy, char *shown, size_t size, struct error *error)
{
    struct upstream listen = {0};
    unsigned count = (unsigned)proxy->settings.threads;
    if (!resolve(proxy->settings.listen, "--listen", true, &listen, error) ||
        (proxy->settings.connect && !check_loopback(&listen.addresses[0], "--connect", error)))
        return false;
    for (unsigned i = 0; i < count; i++) {
        int fd = bind_listener(&listen.addresses[0], count > 1);
        if (fd < 0)
            return error_set_errno(error, "--listen: cannot listen on %s", proxy->settings.listen);
        int rc = worker_init(&proxy->workers[i], i, fd, &proxy->upstream, &proxy->faults.fault, proxy->totals,
                             &proxy->control.inbox);
        if (rc < 0)
            return error_set(error, ERROR_SYSTEM, "--listen: cannot listen on %s: %s", proxy->settings.listen,
                             uv_strerror(rc));
    }
    format_address(&listen.addresses[0], shown, size);
    for (unsigned i = 0; i < count; i++)
        if (worker_start(&proxy->workers[i]) < 0)
            return error_set(error, ERROR_SYSTEM, "cannot start a thread");
    return true;
}

static void print_ready(const struct settings *settings, const char *listening, const char *metrics,
                        char shown[][UNITS_HOST_MAX])
{
    if (settings->listen)
        printf("listening %s %s %s%s", listening, settings->connect ? "connect" : "upstream",
               settings->connect ? settings->connect : settings->upstream, settings->agent ? " agent" : "");
    else
        printf("agent");
    for (size_t i = 0; i < settings->stats_count; i++)
        printf(" stats %s", shown[i]);
    if (settings->metrics)
        printf(" metrics %s", metrics);
    printf("\n");
    fflush(stdout);
}

static bool use_agent(struct proxy *proxy, struct error *error)
{
    const char *owned = getenv("SHAKETABLE_AGENT_OWNED");
    return !proxy->settings.agent ||
           control_use_agent(&proxy->control, getenv("ECS_AGENT_URI"), &proxy->settings.agent_setting,
                             owned && strcmp(owned, "1") == 0, error);
}

static bool init_control(struct proxy *proxy, unsigned count, struct error *error)
{
    proxy->workers = calloc(count > 0 ? count : 1, sizeof *proxy->workers);
    if (!proxy->workers)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    int rc = control_init(&proxy->control, proxy->workers, count, &proxy->faults.fault, proxy->settings.task);
    if (rc < 0)
        return error_set(error, ERROR_SYSTEM, "cannot start: %s", uv_strerror(rc));
    proxy->control.console_key = proxy->settings.console_key;
    return true;
}

/* Everything is open and checked before the ready line says so. */
static bool start(struct proxy *proxy, struct error *error)
{
    const struct settings *settings = &proxy->settings;
    char shown[CONTROL_LISTENERS_MAX][UNITS_HOST_MAX];
    char listening[ADDRESS_TEXT_MAX];
    char metrics[UNITS_HOST_MAX];
    unsigned count = settings->listen ? (unsigned)settings->threads : 0;
    if (settings->listen && !find_upstream(proxy, error))
        return false;
    proxy->upstream.health_path = settings->health_path;
    proxy->upstream.resets = settings->resets;
    if (!init_control(proxy, count, error))
        return false;
    for (size_t i = 0; i < settings->stats_count; i++)
        if (!control_listen(&proxy->control, settings->stats[i], shown[i], sizeof shown[i], error))
            return false;
    if (settings->metrics &&
        !control_serve_metrics(&proxy->control, settings->metrics, metrics, sizeof metrics, error))
        return false;
    if (count > 0 && !start_workers(proxy, listening, sizeof listening, error))
        return false;
    if (!use_agent(proxy, error))
        return false;
    print_ready(settings, listening, metrics, shown);
    if (settings->stats_log_s > 0 && !control_log_stats(&proxy->control, settings->stats_log_s, error))
        return false;
    if (settings->has_timetable)
        control_keep_timetable(&proxy->control, &settings->timetable);
    return true;
}

static void print_help(const struct options_table *tables, size_t count)
{
    printf("Usage: shaketable-proxy --listen ADDR:PORT --upstream HOST:PORT [OPTIONS] [FAULTS]\n"
           "       shaketable-proxy --listen ADDR:PORT --connect HOST:PORT [OPTIONS] [FAULTS]\n"
           "       shaketable-proxy --agent [--stats ADDRESS] [OPTIONS]\n\n"
           "Relays connections to an application, measures its requests, and injects faults.\n\n");
    options_print_help(stdout, tables, count);
}

static int fail(const struct error *error)
{
    fprintf(stderr, "shaketable-proxy: %s\n", error->message);
    return error->code == ERROR_USAGE || error->code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

/* A sidecar that can't read what it was given must still let traffic through: it says so, and is clean. */
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

/* Of a blackhole: the application's, or of what the application calls. */
static bool find_agent_port(struct settings *settings, struct error *error)
{
    char host[UNITS_HOST_MAX];
    struct agent_setting *setting = &settings->agent_setting;
    if (setting->port > 0 || !settings->listen)
        return true;
    if (!settings->connect)
        return units_parse_address(settings->upstream, "--upstream", host, &setting->port, error);
    setting->egress = true;
    return units_parse_address(settings->connect, "--connect", host, &setting->port, error);
}

static bool check_agent(struct proxy *proxy, struct error *error)
{
    struct settings *settings = &proxy->settings;
    const struct agent_setting *setting = &settings->agent_setting;
    if (!settings->agent)
        return (setting->source_count == 0 && setting->filter_count == 0 && setting->port == 0 &&
                !setting->egress) ||
               error_set(error, ERROR_USAGE, "--agent is missing, without which its options say nothing");
    if (!fault_is_clean(&proxy->faults.fault))
        return error_set(error, ERROR_USAGE,
                         "--agent: FAULTS from the start would never end; they come over the stats socket, "
                         "with a lease, or from the environment, with a deadline");
    return find_agent_port(settings, error);
}

/* What belongs together is there. */
static bool check(struct proxy *proxy, struct error *error)
{
    const struct settings *settings = &proxy->settings;
    bool behind = settings->upstream || settings->connect;
    bool is_bare = settings->agent && !settings->listen && !behind;
    if (!is_bare && (!settings->listen || !behind))
        return error_set(error, ERROR_USAGE, "--%s is missing; --help tells more",
                         settings->listen ? "upstream" : "listen");
    if (settings->upstream && settings->connect)
        return error_set(error, ERROR_USAGE, "--upstream and --connect exclude each other");
    return check_agent(proxy, error);
}

static int run(struct proxy *proxy)
{
    struct error error;
    if (!check(proxy, &error))
        return fail(&error);
    if (!start(proxy, &error)) {
        control_unlink(&proxy->control);
        return fail(&error);
    }
    control_run(&proxy->control);
    bool is_clean = !proxy->control.agent_unclean;
    backend_stop(proxy->backend);
    control_free(&proxy->control);
    free(proxy->workers);
    return is_clean ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct proxy proxy;
    struct error error;
    const char *task = getenv("SHAKETABLE_TASK");
    const char *with_parent = getenv("SHAKETABLE_PARENT_DEATH");
    proxy.settings = (struct settings){.task = task ? task : "",
                                       .health_path = "",
                                       .console_key = getenv("SHAKETABLE_CONSOLE_KEY"),
                                       .threads = 1};
    fault_init(&proxy.faults.fault);
    read_environment(&proxy.settings);
    const struct options_table tables[] = {
        {specs, take, &proxy.settings, "Options"},
        {fault_option_specs, fault_options_take, &proxy.faults, "FAULTS, in force from the start"},
    };
    size_t positional_count = 0;
    const size_t count = sizeof tables / sizeof tables[0];
    if (!options_parse(argc, argv, tables, count, NULL, 0, &positional_count, &error))
        return fail(&error);
    if (proxy.settings.help) {
        print_help(tables, count);
        return EXIT_SUCCESS;
    }
    if (proxy.settings.version) {
        printf("shaketable-proxy %s\n", PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (with_parent && strcmp(with_parent, "1") == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    return run(&proxy);
}
