/*
 * shaketable-proxy: the sidecar. shaketable-proxy(8).
 */
#include "config.h"

#include "core/options.h"
#include "core/units.h"
#include "proxy/address.h"
#include "proxy/authority.h"
#include "proxy/backend.h"
#include "proxy/control.h"
#include "proxy/gate.h"
#include "proxy/gateway.h"
#include "proxy/lane.h"
#include "proxy/settings.h"
#include "proxy/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { EXIT_USAGE = 2, SHOWN_MAX = 512 };

struct proxy {
    struct settings settings;
    struct fault_options faults;
    struct upstream upstream;
    struct authority only;
    struct backend *gate;    /* --connect; else NULL */
    struct gateway *gateway; /* --aws; else NULL */
    struct bucket totals[LANES];
    struct control control;
    struct worker *workers;
};

static bool start_gate(struct proxy *proxy, struct error *error)
{
    static struct gate gate = {.connect_timeout_ms = GATE_CONNECT_TIMEOUT_MS,
                               .head_timeout_ms = GATE_HEAD_TIMEOUT_MS};
    const char *text = proxy->settings.connect;
    if (!authority_parse(text, strlen(text), &proxy->only))
        return error_set(error, ERROR_USAGE, "--connect: '%s' is not HOST:PORT", text);
    proxy->gate = backend_start(gate_serve, &gate, &proxy->upstream.addresses[0], error);
    proxy->upstream.count = 1;
    proxy->upstream.only = &proxy->only;
    return proxy->gate != NULL;
}

static bool start_gateway(struct proxy *proxy, struct error *error)
{
    proxy->gateway = gateway_start(&proxy->settings.gateway, &proxy->upstream.addresses[0], error);
    proxy->upstream.count = 1;
    proxy->upstream.aws = true;
    return proxy->gateway != NULL;
}

static bool find_upstream(struct proxy *proxy, struct error *error)
{
    if (proxy->settings.connect)
        return start_gate(proxy, error);
    if (proxy->settings.gateway.enabled)
        return start_gateway(proxy, error);
    return address_resolve(proxy->settings.upstream, "--upstream", false, &proxy->upstream, error);
}

/* Whoever reached it from elsewhere would have an open proxy into our network, or AWS with our credentials.
 */
static bool check_listen(const struct proxy *proxy, const struct sockaddr_storage *address,
                         struct error *error)
{
    bool is_gate = proxy->settings.connect != NULL;
    if ((!is_gate && !proxy->gateway) || address_is_loopback(address))
        return true;
    return error_set(
        error, ERROR_USAGE,
        "--listen: with %s only a loopback address (127.0.0.1, [::1]) is listened on: whoever else "
        "reached it would %s",
        is_gate ? "--connect" : "--aws",
        is_gate ? "have an open proxy" : "call AWS with this sidecar's credentials");
}

static bool start_workers(struct proxy *proxy, char *shown, size_t size, struct error *error)
{
    struct upstream listen = {0};
    unsigned count = (unsigned)proxy->settings.threads;
    if (!address_resolve(proxy->settings.listen, "--listen", true, &listen, error) ||
        !check_listen(proxy, &listen.addresses[0], error))
        return false;
    for (unsigned i = 0; i < count; i++) {
        int fd = address_bind(&listen.addresses[0], count > 1);
        if (fd < 0)
            return error_set_errno(error, "--listen: cannot listen on %s", proxy->settings.listen);
        int rc = worker_init(&proxy->workers[i], i, fd, &proxy->upstream, &proxy->faults.fault, proxy->totals,
                             &proxy->control.inbox);
        if (rc < 0)
            return error_set(error, ERROR_SYSTEM, "--listen: cannot listen on %s: %s", proxy->settings.listen,
                             uv_strerror(rc));
    }
    if (proxy->gateway && !gateway_check_loop(proxy->gateway, &listen.addresses[0], error))
        return false;
    address_format(&listen.addresses[0], shown, size);
    for (unsigned i = 0; i < count; i++)
        if (worker_start(&proxy->workers[i]) < 0)
            return error_set(error, ERROR_SYSTEM, "cannot start a thread");
    return true;
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
    if (proxy->gateway) {
        proxy->control.more = gateway_metrics(proxy->gateway);
        proxy->control.let_go = gateway_let_go;
        proxy->control.let_go_context = proxy->gateway;
    }
    return true;
}

static bool use_agent(struct proxy *proxy, struct error *error)
{
    const char *owned = getenv("SHAKETABLE_AGENT_OWNED");
    return !proxy->settings.agent.enabled ||
           control_use_agent(&proxy->control, getenv("ECS_AGENT_URI"), &proxy->settings.agent.setting,
                             owned && strcmp(owned, "1") == 0, error);
}

static void print_ready(const struct settings *settings, const char *listening, const char *metrics,
                        char shown[][UNITS_HOST_MAX])
{
    char behind[SHOWN_MAX];
    if (settings->listen) {
        settings_describe(settings, behind, sizeof behind);
        printf("listening %s %s", listening, behind);
    } else {
        printf("agent");
    }
    for (size_t i = 0; i < settings->stats_count; i++)
        printf(" stats %s", shown[i]);
    if (settings->metrics)
        printf(" metrics %s", metrics);
    printf("\n");
    fflush(stdout);
}

/* Everything is open and checked before the ready line says so. */
static bool start(struct proxy *proxy, struct error *error)
{
    const struct settings *settings = &proxy->settings;
    char shown[CONTROL_LISTENERS_MAX][UNITS_HOST_MAX];
    char listening[ADDRESS_TEXT_MAX], metrics[UNITS_HOST_MAX];
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
    if ((count > 0 && !start_workers(proxy, listening, sizeof listening, error)) || !use_agent(proxy, error))
        return false;
    print_ready(settings, listening, metrics, shown);
    if (settings->stats_log_s > 0 && !control_log_stats(&proxy->control, settings->stats_log_s, error))
        return false;
    if (settings->has_timetable)
        control_keep_timetable(&proxy->control, &settings->timetable);
    return true;
}

/* Containers mostly begin with a soft limit of 1024, for the sake of select(2), which nothing here uses; a
 * client takes up to four. */
static void take_all_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int fail(const struct error *error)
{
    fprintf(stderr, "shaketable-proxy: %s\n", error->message);
    return error->code == ERROR_USAGE || error->code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

static int run(struct proxy *proxy)
{
    struct error error;
    if (!start(proxy, &error)) {
        control_unlink(&proxy->control);
        return fail(&error);
    }
    control_run(&proxy->control);
    bool is_clean = !proxy->control.agent_unclean;
    backend_stop(proxy->gate);
    control_free(&proxy->control);
    gateway_stop(proxy->gateway);
    settings_free(&proxy->settings);
    free(proxy->workers);
    return is_clean ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct proxy proxy;
    struct error error;
    const char *with_parent = getenv("SHAKETABLE_PARENT_DEATH");
    settings_init(&proxy.settings);
    fault_init(&proxy.faults.fault);
    if (!settings_parse(&proxy.settings, &proxy.faults, argc, argv, &error))
        return fail(&error);
    if (proxy.settings.help) {
        settings_print_help();
        return EXIT_SUCCESS;
    }
    if (proxy.settings.version) {
        printf("shaketable-proxy %s\n", PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (with_parent && strcmp(with_parent, "1") == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    take_all_descriptors();
    return run(&proxy);
}
