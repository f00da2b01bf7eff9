#include "experiment/plugin.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/process.h"
#include "experiment/json.h"

#define VARIABLE "AWS_SSM_START_SESSION_RESPONSE"
#define VERSION_PARTS 4
#define VERSION_MAX 64
#define VERSION_MS 20000 /* a machine may be busy */
#define ENVIRONMENT_MAX 4096
#define RESPONSE_MAX 8192

/* The last version that takes the answer only as an argument. */
static const long last_without[VERSION_PARTS] = {1, 2, 497, 0};

bool plugin_hides_token(const char *version)
{
    for (size_t i = 0; i < VERSION_PARTS; i++) {
        char *end = NULL;
        long part = 0;
        if (*version != '\0') {
            if (*version < '0' || *version > '9')
                return false;
            part = strtol(version, &end, 10);
            if (*end != '\0' && *end != '.')
                return false;
            version = *end == '.' ? end + 1 : end;
        } else if (i == 0) {
            return false;
        }
        if (part != last_without[i])
            return part > last_without[i];
    }
    return false;
}

bool plugin_is_open(const char *line, int port)
{
    char wanted[64];
    int length = snprintf(wanted, sizeof wanted, "Port %d opened for sessionId", port);
    return strncmp(line, wanted, (size_t)length) == 0;
}

static bool search(char path[PLUGIN_PATH_MAX])
{
    const char *folders = getenv("PATH");
    while (folders != NULL && *folders != '\0') {
        size_t length = strcspn(folders, ":");
        int written = snprintf(path, PLUGIN_PATH_MAX, "%.*s/%s", (int)length, folders, PLUGIN_NAME);
        if (length > 0 && written > 0 && written < PLUGIN_PATH_MAX && access(path, X_OK) == 0)
            return true;
        folders += length + (folders[length] == ':');
    }
    return false;
}

static void read_output(int fd, char *text, size_t size)
{
    int64_t until_ms = clock_ms() + VERSION_MS;
    size_t length = 0;
    while (length < size - 1) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        int64_t left_ms = until_ms - clock_ms();
        if (left_ms <= 0 || poll(&polled, 1, (int)left_ms) <= 0)
            break;
        ssize_t got = read(fd, text + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
}

static bool ask_version(const char *path, char version[VERSION_MAX], struct error *error)
{
    char *arguments[] = {(char *)PLUGIN_NAME, (char *)"--version", NULL};
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(error, "%s could not be started", PLUGIN_NAME);
    const struct process_spec spec = {
        .program = path, .arguments = arguments, .environment = environ, .output = ends[1]};
    pid_t pid = process_start(&spec, error);
    close(ends[1]);
    if (pid > 0) {
        read_output(ends[0], version, VERSION_MAX);
        process_signal(pid, SIGKILL);
        while (!process_ended(pid, &status))
            clock_sleep_ms(1);
    }
    close(ends[0]);
    return pid > 0;
}

bool plugin_find(char path[PLUGIN_PATH_MAX], struct error *error)
{
    char version[VERSION_MAX] = "";
    if (!search(path))
        return error_set(error, ERROR_NOT_FOUND, "%s is not installed here (not in $PATH)", PLUGIN_NAME);
    if (!ask_version(path, version, error))
        return false;
    if (version[0] == '\0')
        return error_set(error, ERROR_TIMEOUT, "%s does not say its version", PLUGIN_NAME);
    if (!plugin_hides_token(version))
        return error_set(
            error, ERROR_REFUSED,
            "%s has version %.40s, which takes the session's token as an argument that every user "
            "of this machine can read: install 1.2.536.0 or newer",
            PLUGIN_NAME, version);
    return true;
}

/* VARIABLE=ANSWER, as the CLI writes it. A secret. */
static void print_response(const struct ssm_session *session, char text[RESPONSE_MAX])
{
    struct json_object *response = json_object_new_object();
    json_put_text(response, "SessionId", session->id);
    json_put_text(response, "TokenValue", session->token);
    json_put_text(response, "StreamUrl", session->stream_url);
    snprintf(
        text, RESPONSE_MAX, "%s=%s", VARIABLE,
        json_object_to_json_string_ext(response, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(response);
}

pid_t plugin_start(const struct plugin_call *call, int *output, struct error *error)
{
    char *arguments[] = {
        (char *)PLUGIN_NAME,   (char *)VARIABLE,      (char *)call->region,   (char *)"StartSession",
        (char *)call->profile, (char *)call->request, (char *)call->endpoint, NULL};
    char *environment[ENVIRONMENT_MAX], response[RESPONSE_MAX];
    size_t count = 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set_errno(error, "%s could not be started", PLUGIN_NAME);
        return -1;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    print_response(call->session, response);
    environment[count++] = response;
    for (char **variable = environ; *variable != NULL && count < ENVIRONMENT_MAX - 1; variable++)
        if (strncmp(*variable, VARIABLE "=", sizeof VARIABLE) != 0)
            environment[count++] = *variable;
    environment[count] = NULL;
    const struct process_spec spec = {
        .program = call->path, .arguments = arguments, .environment = environment, .output = ends[1]};
    pid_t pid = process_start(&spec, error);
    OPENSSL_cleanse(response, sizeof response);
    close(ends[1]);
    *output = ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}
