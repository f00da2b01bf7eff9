#include "experiment/tunnel.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/process.h"
#include "core/utf8.h"
#include "experiment/plugin.h"

#define TICK_MS 50
#define JOBS_MAX 2 /* calls to SSM at once: libuv's few workers have other things to do, too */
#define RETRY_FIRST_MS 500
#define RETRY_LAST_MS 30000
#define STEADY_MS 10000 /* one that held for so long is opened again at once */
#define OPEN_MS 10000   /* a plugin that does not say that it listens may do so all the same */
#define KILL_MS 1000    /* from SIGTERM to SIGKILL */
#define LINE_MAX_BYTES 1024

enum step {
    STEP_WAITING,    /* for its turn */
    STEP_STARTING,   /* StartSession is under way */
    STEP_RUNNING,    /* the plugin runs */
    STEP_ENDING,     /* … and was asked to end */
    STEP_TERMINATING /* TerminateSession is under way */
};

struct tunnel {
    struct tunnels *all;
    struct tunnel *next;
    enum step step;
    bool closing;
    char target[TUNNEL_TARGET_MAX];
    int port, local_port;
    bool open; /* the plugin said that it listens */
    int64_t next_ms, retry_ms, since_ms;
    pid_t pid;
    int output;
    struct line_reader reader;
    char said[128];    /* its last words */
    char problem[128]; /* why there is no path; "": it is being opened */
    /* The call that is under way, on a worker. */
    uv_work_t work;
    struct json_object *request;
    struct ssm_session session;
    struct error error;
};

struct tunnels {
    uv_loop_t *loop;
    uv_timer_t tick;
    struct aws_client *client;
    struct tunnel *first;
    unsigned jobs;
    bool plugin_known;
    char plugin[PLUGIN_PATH_MAX];
};

static void on_tick(uv_timer_t *timer);

struct tunnels *tunnels_new(uv_loop_t *loop, struct aws_client *client)
{
    struct tunnels *all = calloc(1, sizeof *all);
    if (all == NULL)
        return NULL;
    all->loop = loop;
    all->client = client;
    uv_timer_init(loop, &all->tick);
    all->tick.data = all;
    return all;
}

bool tunnels_are_idle(const struct tunnels *all)
{
    return all->first == NULL;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void tunnels_free(struct tunnels *all)
{
    if (all != NULL)
        uv_close((uv_handle_t *)&all->tick, on_closed);
}

struct tunnel *tunnel_open(struct tunnels *all, const char *target, int port)
{
    struct tunnel *tunnel = calloc(1, sizeof *tunnel);
    if (tunnel == NULL)
        return NULL;
    tunnel->all = all;
    tunnel->port = port;
    tunnel->retry_ms = RETRY_FIRST_MS;
    tunnel_aim(tunnel, target);
    struct tunnel **end = &all->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = tunnel; /* the first come first */
    uv_timer_start(&all->tick, on_tick, 0, TICK_MS);
    return tunnel;
}

void tunnel_aim(struct tunnel *tunnel, const char *target)
{
    if (target[0] != '\0')
        snprintf(tunnel->target, sizeof tunnel->target, "%s", target);
}

void tunnel_close(struct tunnel *tunnel)
{
    if (tunnel != NULL)
        tunnel->closing = true;
}

bool tunnel_where(void *context, struct link_place *place)
{
    const struct tunnel *tunnel = context;
    bool there = tunnel->step == STEP_RUNNING && (tunnel->open || clock_ms() - tunnel->since_ms > OPEN_MS);
    snprintf(place->address, sizeof place->address, "127.0.0.1");
    place->port = tunnel->local_port;
    snprintf(place->problem, sizeof place->problem, "%s", tunnel->problem);
    return there;
}

/* ── the session ─────────────────────────────────────────────────────────────────────────── */

/* A port that is free now. The plugin is told it, and ends if somebody else takes it meanwhile. */
static int pick_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool done = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    if (fd >= 0)
        close(fd);
    return done ? ntohs(address.sin_port) : 0;
}

static void wait_for_turn(struct tunnel *tunnel, const char *problem)
{
    int64_t now_ms = clock_ms();
    tunnel->step = STEP_WAITING;
    tunnel->next_ms = now_ms + tunnel->retry_ms;
    tunnel->retry_ms = tunnel->retry_ms * 2 < RETRY_LAST_MS ? tunnel->retry_ms * 2 : RETRY_LAST_MS;
    utf8_copy_plain(tunnel->problem, sizeof tunnel->problem, problem, strlen(problem));
}

static void start_session(uv_work_t *work)
{
    struct tunnel *tunnel = work->data;
    error_clear(&tunnel->error);
    ssm_start_session(tunnel->all->client, tunnel->request, &tunnel->session, &tunnel->error);
}

static void find_plugin(uv_work_t *work)
{
    struct tunnel *tunnel = work->data;
    error_clear(&tunnel->error);
    plugin_find(tunnel->all->plugin, &tunnel->error);
}

static void terminate_session(uv_work_t *work)
{
    struct tunnel *tunnel = work->data;
    ssm_terminate_session(tunnel->all->client, tunnel->session.id, NULL);
}

static void after_terminating(uv_work_t *work, int status)
{
    (void)status;
    struct tunnel *tunnel = work->data;
    tunnel->all->jobs--;
    wait_for_turn(tunnel, tunnel->problem);
}

/* The session is left on AWS's side when its plugin goes. */
static void terminate(struct tunnel *tunnel)
{
    OPENSSL_cleanse(tunnel->session.token, sizeof tunnel->session.token);
    tunnel->step = STEP_TERMINATING;
    tunnel->work.data = tunnel;
    tunnel->all->jobs++;
    uv_queue_work(tunnel->all->loop, &tunnel->work, terminate_session, after_terminating);
}

static void run_plugin(struct tunnel *tunnel)
{
    struct error error;
    const char *profile = aws_client_profile(tunnel->all->client);
    const struct plugin_call call = {
        .path = tunnel->all->plugin,
        .region = aws_client_region(tunnel->all->client),
        .profile = strcmp(profile, "default") == 0 ? "" : profile,
        .endpoint = aws_client_service_url(tunnel->all->client, AWS_SSM),
        .request = json_object_to_json_string_ext(tunnel->request,
                                                  JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
        .session = &tunnel->session,
    };
    tunnel->pid = plugin_start(&call, &tunnel->output, &error);
    if (tunnel->pid < 0) {
        snprintf(tunnel->problem, sizeof tunnel->problem, "%.120s", error.message);
        terminate(tunnel);
        return;
    }
    OPENSSL_cleanse(tunnel->session.token, sizeof tunnel->session.token);
    line_reader_init(&tunnel->reader, LINE_MAX_BYTES);
    tunnel->said[0] = '\0';
    tunnel->open = false;
    tunnel->since_ms = clock_ms();
    tunnel->step = STEP_RUNNING;
}

static void after_starting(uv_work_t *work, int status)
{
    (void)status;
    struct tunnel *tunnel = work->data;
    tunnel->all->jobs--;
    if (tunnel->error.code != ERROR_NONE)
        wait_for_turn(tunnel, tunnel->error.message);
    else if (tunnel->closing)
        terminate(tunnel);
    else
        run_plugin(tunnel);
}

static void after_finding(uv_work_t *work, int status)
{
    (void)status;
    struct tunnel *tunnel = work->data;
    tunnel->all->jobs--;
    if (tunnel->error.code != ERROR_NONE) {
        wait_for_turn(tunnel, tunnel->error.message);
        return;
    }
    tunnel->all->plugin_known = true;
    tunnel->step = STEP_WAITING;
}

static void begin(struct tunnel *tunnel)
{
    struct tunnels *all = tunnel->all;
    tunnel->work.data = tunnel;
    if (!all->plugin_known) { /* one of them looks for all */
        if (all->jobs > 0)
            return;
        all->jobs++;
        tunnel->step = STEP_STARTING;
        uv_queue_work(all->loop, &tunnel->work, find_plugin, after_finding);
        return;
    }
    if (all->jobs >= JOBS_MAX)
        return;
    if (tunnel->target[0] == '\0') {
        wait_for_turn(tunnel, "ECS Exec does not run in its task");
        return;
    }
    json_object_put(tunnel->request);
    tunnel->local_port = pick_port();
    tunnel->request = ssm_port_forwarding(tunnel->target, tunnel->port, tunnel->local_port);
    tunnel->step = STEP_STARTING;
    all->jobs++;
    uv_queue_work(all->loop, &tunnel->work, start_session, after_starting);
}

/* ── the process ─────────────────────────────────────────────────────────────────────────── */

static bool on_line(void *context, char *line, size_t length)
{
    struct tunnel *tunnel = context;
    if (length > 0)
        utf8_copy_plain(tunnel->said, sizeof tunnel->said, line, length);
    if (plugin_is_open(line, tunnel->local_port)) {
        tunnel->open = true;
        tunnel->problem[0] = '\0';
    }
    return true;
}

static bool on_long_line(void *context)
{
    (void)context;
    return true;
}

static void read_output(struct tunnel *tunnel)
{
    char bytes[1024];
    ssize_t length;
    while ((length = read(tunnel->output, bytes, sizeof bytes)) > 0)
        line_reader_feed(&tunnel->reader, bytes, (size_t)length, on_line, on_long_line, tunnel);
}

static void look_at_process(struct tunnel *tunnel, int64_t now_ms)
{
    int status = 0;
    read_output(tunnel);
    if (process_ended(tunnel->pid, &status)) {
        if (tunnel->step == STEP_RUNNING && now_ms - tunnel->since_ms > STEADY_MS)
            tunnel->retry_ms = RETRY_FIRST_MS;
        read_output(tunnel);
        line_reader_free(&tunnel->reader);
        close(tunnel->output);
        tunnel->pid = 0;
        snprintf(tunnel->problem, sizeof tunnel->problem, "%s ended: %.90s", PLUGIN_NAME,
                 tunnel->said[0] == '\0' ? "it said nothing" : tunnel->said);
        terminate(tunnel);
    } else if (tunnel->step == STEP_RUNNING && tunnel->closing) {
        process_signal(tunnel->pid, SIGTERM);
        tunnel->step = STEP_ENDING;
        tunnel->since_ms = now_ms;
    } else if (tunnel->step == STEP_ENDING && now_ms - tunnel->since_ms > KILL_MS) {
        process_signal(tunnel->pid, SIGKILL);
    }
}

static void advance(struct tunnel *tunnel, int64_t now_ms)
{
    if (tunnel->step == STEP_WAITING && !tunnel->closing && now_ms >= tunnel->next_ms)
        begin(tunnel);
    else if (tunnel->step == STEP_RUNNING || tunnel->step == STEP_ENDING)
        look_at_process(tunnel, now_ms);
}

static void on_tick(uv_timer_t *timer)
{
    struct tunnels *all = timer->data;
    int64_t now_ms = clock_ms();
    struct tunnel **link = &all->first;
    while (*link != NULL) {
        struct tunnel *tunnel = *link;
        advance(tunnel, now_ms);
        if (tunnel->closing && tunnel->step == STEP_WAITING) {
            *link = tunnel->next;
            json_object_put(tunnel->request);
            free(tunnel);
        } else {
            link = &tunnel->next;
        }
    }
    if (all->first == NULL)
        uv_timer_stop(timer);
}
