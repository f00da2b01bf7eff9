#include "proxy/agent_call.h"

#include "core/dial.h"
#include "core/document.h"
#include "core/http1.h"
#include "core/utf8.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX 65536
#define WORDS_MAX 400 /* of what the agent says, in a message */
#define HTTP_PORT 80

/* --- where it is -------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 127)
            return false;
    return true;
}

static bool refuse_uri(const char *uri, struct error *error)
{
    return error_set(error, ERROR_INVALID,
                     "ECS_AGENT_URI: '%.100s' is not http://HOST[:PORT]/PATH, which is where the ECS agent "
                     "takes faults",
                     uri);
}

static bool parse_authority(struct agent_place *place, const char *text, size_t length)
{
    char authority[UNITS_HOST_MAX + 8];
    if (length == 0 || length >= UNITS_HOST_MAX)
        return false;
    memcpy(authority, text, length);
    authority[length] = '\0';
    const char *bracket = strrchr(authority, ']'), *colon = strrchr(authority, ':');
    if (!colon || (bracket && colon < bracket))
        snprintf(authority + length, sizeof authority - length, ":%d", HTTP_PORT);
    return strchr(authority, '@') == NULL &&
           units_parse_address(authority, "ECS_AGENT_URI", place->host, &place->port, NULL) &&
           place->host[0] != '\0' && place->port != 0;
}

bool agent_place_parse(struct agent_place *place, const char *uri, struct error *error)
{
    static const char scheme[] = "http://";
    struct agent_place read = {.port = 0};
    if (!uri || uri[0] == '\0')
        return error_set(
            error, ERROR_NOT_FOUND,
            "ECS_AGENT_URI is not set: the ECS agent sets it in tasks of EC2 (agent 1.88.0 or newer) "
            "and Fargate (platform 1.4.0)");
    if (strlen(uri) >= AGENT_URI_MAX || !is_plain(uri) || strncmp(uri, scheme, sizeof scheme - 1) != 0 ||
        strpbrk(uri, "?#"))
        return refuse_uri(uri, error);
    const char *authority = uri + sizeof scheme - 1;
    size_t length = strcspn(authority, "/");
    if (!parse_authority(&read, authority, length))
        return refuse_uri(uri, error);
    snprintf(read.path, sizeof read.path, "%s", authority + length);
    for (size_t end = strlen(read.path); end > 0 && read.path[end - 1] == '/'; end--)
        read.path[end - 1] = '\0';
    *place = read;
    return true;
}

void agent_place_spare(const struct agent_place *place, struct agent_setting *setting)
{
    static const char *const own[] = {"127.0.0.0/8", "::1"};
    struct fault_source address, block;
    if (!fault_source_parse(place->host, &address))
        return;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (fault_source_parse(own[i], &block) &&
            fault_source_contains(&block, address.address, sizeof address.address))
            return;
    agent_setting_add_filter(setting, place->host, "ECS_AGENT_URI", NULL);
}

/* --- what it says ------------------------------------------------------------------------------- */

/* The agent's text, or the body as it is where there is none. */
static void take_words(const char *body, size_t length, char words[WORDS_MAX])
{
    struct json_object *json = document_parse(body, length, NULL), *text = NULL;
    if (json && json_object_object_get_ex(json, "Error", &text) &&
        json_object_is_type(text, json_type_string))
        utf8_copy_plain(words, WORDS_MAX, json_object_get_string(text),
                        (size_t)json_object_get_string_len(text));
    else
        utf8_copy_plain(words, WORDS_MAX, body, length < WORDS_MAX ? length : WORDS_MAX);
    json_object_put(json);
}

static enum agent_outcome read_status(const char *body, size_t length, enum agent_verb verb, const char *what,
                                      struct error *error)
{
    char status[32] = "", words[WORDS_MAX];
    const struct document_field fields[] = {{"Status", DOCUMENT_TEXT, status, sizeof status, true}};
    struct json_object *json = document_parse(body, length, NULL);
    bool read = json && document_read(json, "", fields, 1, true, NULL);
    json_object_put(json);
    if (read && strcmp(status, "running") == 0 && verb != AGENT_STOP)
        return AGENT_RUNS;
    if (read && strcmp(status, "stopped") == 0 && verb == AGENT_STOP)
        return AGENT_RUNS_NOT;
    if (read && strcmp(status, "not-running") == 0 && verb == AGENT_STATUS)
        return AGENT_RUNS_NOT;
    take_words(body, length, words);
    error_set(error, ERROR_NETWORK, "%s: the ECS agent's answer is not understood: %s", what, words);
    return AGENT_LOST;
}

enum agent_outcome agent_answer_read(int status, const char *body, size_t length, enum agent_verb verb,
                                     const char *what, struct error *error)
{
    char words[WORDS_MAX];
    if (status == 200)
        return read_status(body, length, verb, what, error);
    take_words(body, length, words);
    enum error_code code = status == 404   ? ERROR_NOT_FOUND
                           : status == 409 ? ERROR_CONFLICT
                           : status == 429 ? ERROR_LIMIT
                           : status < 500  ? ERROR_REFUSED
                                           : ERROR_SERVICE;
    error_set(error, code, "%s: the ECS agent answers %d: %s", what, status, words);
    if (status == 429)
        return AGENT_TOO_SOON;
    return status >= 400 && status < 500 ? AGENT_DECLINES : status >= 500 ? AGENT_FAILS : AGENT_LOST;
}

/* --- asking ------------------------------------------------------------------------------------- */

static enum agent_outcome exchange(struct dial *dial, const struct agent_place *place, const char *path,
                                   const struct buf *body, enum agent_verb verb, int timeout_ms,
                                   struct error *error)
{
    char host[UNITS_HOST_MAX + 16], target[AGENT_URI_MAX + AGENT_PATH_MAX];
    const struct http1_header headers[] = {
        {"Host", host}, {"Content-Type", "application/json"}, {"Connection", "close"}};
    struct http1_answer answer;
    snprintf(host, sizeof host, strchr(place->host, ':') ? "[%s]:%u" : "%s:%u", place->host, place->port);
    snprintf(target, sizeof target, "%s%s", place->path, path);
    const struct http1_request request = {.method = "POST",
                                          .target = target,
                                          .headers = headers,
                                          .header_count = sizeof headers / sizeof headers[0],
                                          .body = buf_text(body),
                                          .body_length = body->length};
    enum agent_outcome outcome = AGENT_LOST;
    bool answered = http1_exchange(dial, &request, timeout_ms, NULL, &answer, error);
    if (answered)
        outcome = agent_answer_read(answer.status, buf_text(&answer.body), answer.body.length, verb,
                                    path + strlen("/fault/v1/"), error);
    else
        error_prefix(error, "%s: no answer of the ECS agent: ", path + strlen("/fault/v1/"));
    http1_answer_free(&answer);
    return outcome;
}

enum agent_outcome agent_call(const struct agent_place *place, enum agent_verb verb,
                              const struct agent_fault *fault, const struct agent_setting *setting,
                              int timeout_ms, const atomic_bool *cancel, struct error *error)
{
    const struct dial_options options = {.host = place->host,
                                         .port = place->port,
                                         .connect_timeout_ms =
                                             timeout_ms < AGENT_CONNECT_MS ? timeout_ms : AGENT_CONNECT_MS,
                                         .cancel = cancel};
    char path[AGENT_PATH_MAX];
    struct buf body;
    enum agent_outcome outcome = AGENT_UNREACHED;
    error_clear(error);
    agent_fault_path(fault->kind, verb, path);
    buf_init(&body, BODY_MAX);
    if (!agent_fault_print(fault, setting, &body)) {
        error_set(error, ERROR_SYSTEM, "out of memory: the ECS agent was not asked");
        buf_free(&body);
        return outcome;
    }
    struct dial *dial = dial_open(&options, NULL, NULL, error);
    if (dial)
        outcome = exchange(dial, place, path, &body, verb, timeout_ms, error);
    else
        error_prefix(error, "%s: the ECS agent is not reached: ", path + strlen("/fault/v1/"));
    if (error->code == ERROR_CANCELED)
        error_set(error, ERROR_TIMEOUT, "%s: the ECS agent does not answer in time",
                  path + strlen("/fault/v1/"));
    dial_close(dial);
    buf_free(&body);
    return outcome;
}
