#include "sandbox/app.h"

#include "core/buf.h"
#include "core/clock.h"
#include "core/random.h"
#include "sandbox/app_calls.h"
#include "sandbox/app_options.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <math.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256  /* a thread each */
#define CONNECTION_IDLE_S 75 /* longer than any balancer's, so that it is the balancer who closes */
#define DRAIN_MS 5000
#define THREAD_STACK_BYTES (256 * 1024)
#define ANSWER_MAX 8192
#define LISTEN_BACKLOG 256

struct app {
    struct app_options options;
    pthread_key_t worker; /* a struct worker for each thread that serves */
    atomic_int in_flight;
    atomic_bool stopping;
};

/* What a thread keeps from request to request. */
struct worker {
    struct random random;
    struct app_caller *caller;
};

static void worker_free(void *pointer)
{
    struct worker *worker = pointer;
    app_caller_free(worker->caller);
    free(worker);
}

static struct worker *worker_of_thread(struct app *app)
{
    struct worker *worker = pthread_getspecific(app->worker);
    if (worker != NULL)
        return worker;
    worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    random_seed(&worker->random, 0);
    worker->caller = app_caller_create();
    if (worker->caller == NULL || pthread_setspecific(app->worker, worker) != 0) {
        worker_free(worker);
        return NULL;
    }
    return worker;
}

static void sleep_us(double us)
{
    int64_t ns = (int64_t)(us * 1000.0);
    struct timespec left = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Log-normal: the median is exp(mu), so the median times exp(sigma·normal). */
static void do_own_work(const struct app_options *options, struct random *random)
{
    double ms = options->service_ms * exp(options->sigma * random_normal(random));
    sleep_us(fmin(ms, 60000.0) * 1000.0);
}

static void print_part(struct buf *out, const struct app_part *part)
{
    if (part->reason == NULL)
        buf_printf(out, "\"%s\":{\"status\":\"ok\",\"ms\":%.1f,\"attempts\":%d}", part->name, part->ms,
                   part->attempts);
    else
        buf_printf(out, "\"%s\":{\"status\":\"fallback\",\"reason\":\"%s\",\"ms\":%.1f,\"attempts\":%d}",
                   part->name, part->reason, part->ms, part->attempts);
}

static enum MHD_Result send_answer(struct app *app, struct MHD_Connection *connection, struct buf *body,
                                   const struct app_part *parts, size_t count)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->length, body->data, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    for (size_t i = 0; i < count; i++)
        if (parts[i].reason != NULL)
            MHD_add_response_header(response, "X-Fallback", parts[i].name);
    if (atomic_load(&app->stopping))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result serve(struct app *app, struct MHD_Connection *connection, const char *path)
{
    const struct app_options *options = &app->options;
    struct app_part parts[APP_CALLS_MAX];
    struct buf body;
    struct worker *worker = worker_of_thread(app);
    bool health = strcmp(path, "/health") == 0;
    size_t count = health ? 0 : options->call_count;
    if (worker == NULL)
        return MHD_NO;
    if (!health)
        do_own_work(options, &worker->random);
    for (size_t i = 0; i < count; i++)
        app_caller_call(worker->caller, options, &options->calls[i], &parts[i]);
    buf_init(&body, ANSWER_MAX);
    buf_printf(&body, "{\"service\":\"%s\",\"parts\":{", options->name);
    for (size_t i = 0; i < count; i++) {
        buf_append_text(&body, i == 0 ? "" : ",");
        print_part(&body, &parts[i]);
    }
    buf_append_text(&body, "}}\n");
    enum MHD_Result result = body.failed ? MHD_NO : send_answer(app, connection, &body, parts, count);
    buf_free(&body);
    return result;
}

/* Called when the head is there, for each piece of a body, and at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_length, void **state)
{
    struct app *app = context;
    (void)method;
    (void)version;
    (void)upload;
    if (*state == NULL) {
        *state = app;
        atomic_fetch_add(&app->in_flight, 1);
        return MHD_YES;
    }
    if (*upload_length > 0) {
        *upload_length = 0;
        return MHD_YES;
    }
    return serve(app, connection, path);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct app *app = context;
    (void)connection;
    (void)code;
    if (*state != NULL)
        atomic_fetch_sub(&app->in_flight, 1);
    *state = NULL;
}

/* A bound socket that listens; -1 with errno. *port is what it is bound to. */
static int listen_at(const struct app_options *options, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    socklen_t length = sizeof at;
    int yes = 1;
    if (inet_pton(AF_INET, options->address, &at.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, LISTEN_BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&at, &length) == 0) {
        *port = ntohs(at.sin_port);
        return fd;
    }
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Waits until nothing is in flight. False if that took too long. */
static bool drain(struct app *app)
{
    int64_t until_ms = clock_ms() + DRAIN_MS;
    while (atomic_load(&app->in_flight) > 0 && clock_ms() < until_ms)
        clock_sleep_ms(5);
    return atomic_load(&app->in_flight) == 0;
}

static int run(struct app *app, const sigset_t *signals)
{
    int caught;
    uint16_t port = 0;
    int fd = listen_at(&app->options, &port);
    if (fd < 0) {
        fprintf(stderr, "app: cannot listen on %s:%u: %s\n", app->options.address,
                (unsigned)app->options.port, strerror(errno));
        return 1;
    }
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL,
        NULL, on_request, app, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_IDLE_S,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        app, MHD_OPTION_END);
    if (daemon == NULL) {
        close(fd);
        fputs("app: cannot start to serve\n", stderr);
        return 1;
    }
    printf("app %s listens on http://%s:%u\n", app->options.name, app->options.address, (unsigned)port);
    fflush(stdout);
    sigwait(signals, &caught);
    atomic_store(&app->stopping, true);
    fd = MHD_quiesce_daemon(daemon);
    close(fd);
    if (!drain(app))
        _exit(0); /* joining the threads would wait for their requests */
    MHD_stop_daemon(daemon);
    return 0;
}

int app_main(int argc, char **argv)
{
    struct app app = {.in_flight = 0};
    struct error error;
    sigset_t signals;
    error_clear(&error);
    if (!app_options_read(&app.options, argc, argv, &error)) {
        fprintf(stderr, "app: %s\n", error.message);
        return 2;
    }
    if (app.options.help) {
        app_options_print_help();
        return 0;
    }
    const char *parent_death = getenv("SHAKETABLE_PARENT_DEATH");
    if (parent_death != NULL && strcmp(parent_death, "1") == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK || pthread_key_create(&app.worker, worker_free) != 0) {
        fputs("app: cannot start\n", stderr);
        return 1;
    }
    int status = run(&app, &signals);
    pthread_key_delete(app.worker);
    curl_global_cleanup();
    return status;
}
