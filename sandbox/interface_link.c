#include "sandbox/interface_link.h"

#include "core/process.h"
#include "core/stats.h"
#include "sandbox/launch.h"
#include "sandbox/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VARIABLES_MAX 16
#define LINE_MAX 8192
#define BY "the region"

void interface_link_init(struct interface_link *link)
{
    *link = (struct interface_link){.control = -1, .output = -1};
    line_reader_init(&link->lines, LINE_MAX);
    line_reader_init(&link->frames, LINE_MAX);
    buf_init(&link->unsent, INTERFACE_UNSENT_MAX);
}

/* What the sidecar's own process needs of our environment; free() the strings. */
static void fill_environment(char *environment[VARIABLES_MAX + 1])
{
    size_t count = 0;

    environment[count++] = strdup("SHAKETABLE_PARENT_DEATH=1");
    for (size_t i = 0; launch_inherited[i] && count < VARIABLES_MAX; i++) {
        const char *value = getenv(launch_inherited[i]);
        size_t size = strlen(launch_inherited[i]) + (value ? strlen(value) : 0) + 2;
        if (!value)
            continue;
        environment[count] = memory_new(size);
        snprintf(environment[count++], size, "%s=%s", launch_inherited[i], value);
    }
    environment[count] = NULL;
}

bool interface_link_start(struct interface_link *link, const char *program, const char *listen,
                          const char *upstream, struct error *error)
{
    char *environment[VARIABLES_MAX + 1];
    const char *const arguments[] = {program,   "--listen", listen,      "--upstream", upstream,
                                     "--stats", "fd:0",     "--refused", "reset",      NULL};
    int sockets[2] = {-1, -1}, pipes[2] = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return error_set_errno(error, "cannot make a socket for the task's interface");
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        close(sockets[0]);
        close(sockets[1]);
        return error_set_errno(error, "cannot make a pipe for the task's interface");
    }
    fcntl(sockets[0], F_SETFL, O_NONBLOCK);
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    link->control = sockets[0];
    link->output = pipes[0];
    fill_environment(environment);
    const struct process_spec spec = {.program = program,
                                      .arguments = (char **)(uintptr_t)arguments,
                                      .environment = environment,
                                      .output = pipes[1],
                                      .input = sockets[1]};
    pid_t pid = process_start(&spec, error);
    link->pid = pid > 0 ? pid : 0;
    close(sockets[1]);
    close(pipes[1]);
    for (size_t i = 0; environment[i]; i++)
        free(environment[i]);
    return pid > 0;
}

/* --- saying ------------------------------------------------------------------------------------- */

static void flush(struct interface_link *link)
{
    while (link->unsent.length > 0 && link->control >= 0) {
        ssize_t sent =
            send(link->control, link->unsent.data, link->unsent.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            link->broken = link->broken || (errno != EAGAIN && errno != EWOULDBLOCK);
            return;
        }
        buf_consume(&link->unsent, (size_t)sent);
    }
}

static void say(struct interface_link *link, enum stats_op op, int64_t now_ms)
{
    struct stats_request *request = memory_new(sizeof *request);

    request->op = op;
    request->lease_ms = INTERFACE_LEASE_MS;
    if (op != STATS_RENEW)
        request->id = ++link->told;
    if (op == STATS_SET)
        request->faults = *link->fault;
    snprintf(request->by, sizeof request->by, "%s", BY);
    link->broken = !stats_request_print(request, &link->unsent) || link->broken;
    link->renew_ms = now_ms + INTERFACE_RENEW_MS;
    free(request);
    flush(link);
}

void interface_link_set(struct interface_link *link, const struct fault *fault, int64_t now_ms)
{
    if (fault ? link->fault && fault_equal(fault, link->fault) : !link->fault)
        return;
    if (fault && !link->fault)
        link->fault = memory_new(sizeof *link->fault);
    if (fault) {
        *link->fault = *fault;
    } else {
        free(link->fault);
        link->fault = NULL;
    }
    say(link, fault ? STATS_SET : STATS_CLEAR, now_ms);
}

/* --- hearing ------------------------------------------------------------------------------------ */

static bool on_line(void *context, char *line, size_t length)
{
    struct interface_link *link = context;
    unsigned port = 0;

    (void)length;
    if (sscanf(line, "listening %*[^: ]:%u", &port) == 1 && port <= UINT16_MAX)
        link->port = (uint16_t)port;
    else
        snprintf(link->said, sizeof link->said, "%s", line);
    return true;
}

/* An ack, or an error; of a renewal that came too late the fault is set again. */
static bool on_frame(void *context, char *line, size_t length)
{
    struct interface_link *link = context;
    struct json_object *frame = wire_read_json(line, length);
    const char *type = json_text(frame, "type"), *code = json_text(frame, "code");
    int64_t id = json_integer(frame, "id", 0);

    if (type && strcmp(type, "ack") == 0 && id > link->acknowledged)
        link->acknowledged = id;
    if (type && strcmp(type, "error") == 0) {
        if (id == 0 && code && strcmp(code, error_code_name(ERROR_CONFLICT)) == 0)
            link->renew_ms = -1;
        else
            link->broken = true;
        text_copy(link->said, sizeof link->said, json_text(frame, "message"));
    }
    json_object_put(frame);
    return true;
}

static bool on_too_long(void *context)
{
    (void)context;
    return true;
}

static void hear(struct interface_link *link, int fd, struct line_reader *reader, line_reader_line *line)
{
    char bytes[4096];
    ssize_t length = 0;

    while (fd >= 0 && ((length = read(fd, bytes, sizeof bytes)) > 0 || (length < 0 && errno == EINTR))) {
        if (length > 0)
            line_reader_feed(reader, bytes, (size_t)length, line, on_too_long, link);
    }
}

void interface_link_tick(struct interface_link *link, int64_t now_ms)
{
    hear(link, link->output, &link->lines, on_line);
    hear(link, link->control, &link->frames, on_frame);
    flush(link);
    if (!link->fault)
        return;
    if (link->renew_ms < 0)
        say(link, STATS_SET, now_ms);
    else if (now_ms >= link->renew_ms)
        say(link, STATS_RENEW, now_ms);
}

bool interface_link_is_settled(const struct interface_link *link)
{
    return link->acknowledged == link->told;
}

bool interface_link_is_alive(struct interface_link *link)
{
    int status = 0;

    if (link->pid <= 0)
        return false;
    if (!process_ended(link->pid, &status))
        return true;
    hear(link, link->output, &link->lines, on_line);
    link->pid = 0;
    return false;
}

void interface_link_free(struct interface_link *link)
{
    if (link->control >= 0)
        close(link->control);
    if (link->output >= 0)
        close(link->output);
    line_reader_free(&link->lines);
    line_reader_free(&link->frames);
    buf_free(&link->unsent);
    free(link->fault);
    interface_link_init(link);
}
