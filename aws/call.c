#include "aws/answer.h"
#include "aws/client.h"
#include "aws/client_internal.h"
#include "aws/json.h"
#include "aws/sigv4.h"
#include "core/clock.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX AWS_SIGNED_HEADERS_MAX
#define HEADERS_BYTES_MAX 65536
#define WAIT_STEP_MS 50
#define CLOCK_TOLERANCE_S 240 /* AWS's own is 300 */

/* One call, as each of its attempts needs it. */
struct call {
    struct aws_client *client;
    enum aws_service service;
    const struct aws_service_info *info;
    const struct aws_endpoint *endpoint;
    const char *operation;
    const char *method, *url, *path, *query; /* REST's own; else POST to the endpoint */
    const char *content_type;
    const char *body;
    size_t body_length;
};

/* The verb is a whole word: "Listen…" would be no List. */
bool aws_operation_only_reads(const char *operation)
{
    static const char *const verbs[] = {"Describe", "List", "Get", "Filter", "Simulate"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        size_t length = strlen(verbs[i]);
        if (strncmp(operation, verbs[i], length) == 0 && operation[length] >= 'A' && operation[length] <= 'Z')
            return true;
    }
    return false;
}

static bool canceled(const struct call *call, struct error *error)
{
    return error_set(error, ERROR_CANCELED, "%s %s: canceled", call->info->title, call->operation);
}

/* The time that AWS has, as far as we know. */
static int64_t now_s(const struct aws_client *client)
{
    return aws_login_now_ms(client->login) / 1000;
}

/* False if it was canceled meanwhile. */
static bool wait_ms(const struct aws_client *client, int64_t ms)
{
    int64_t end = clock_ms() + ms;
    for (int64_t left = ms; left > 0; left = end - clock_ms()) {
        if (aws_client_is_canceled(client))
            return false;
        clock_sleep_ms(left < WAIT_STEP_MS ? left : WAIT_STEP_MS);
    }
    return !aws_client_is_canceled(client);
}

/* What changes something is never cut off once it was sent: nobody could tell then whether it still comes
 * to pass. It ends by its time-out. */
static const atomic_bool *cancel_of(const struct call *call)
{
    bool for_login = call->client->keys || call->client->unsigned_calls;
    return aws_operation_only_reads(call->operation) || for_login ? call->client->cancel : NULL;
}

/* Canceled while it waited to be made again: where the attempt may have had its effect, its own error
 * stands, for it tells the caller to look. */
static bool canceled_between(const struct call *call, enum aws_attempt ended, struct error *error)
{
    bool no_effect = ended == AWS_ATTEMPT_THROTTLED || ended == AWS_ATTEMPT_NOT_SENT;
    return aws_operation_only_reads(call->operation) || no_effect ? canceled(call, error) : false;
}

/* The headers of an attempt as "Name: value" texts. The texts lie in `text`. */
static bool sign(const struct call *call, const struct aws_credentials *credentials, int64_t signed_s,
                 struct buf *text, const char *lines[HEADERS_MAX], size_t *count, struct error *error)
{
    char target[256], hash[SIGV4_HEX_MAX];
    size_t offsets[HEADERS_MAX] = {0};
    struct sigv4_header headers[HEADERS_MAX] = {{"Host", call->endpoint->host},
                                                {"Content-Type", call->content_type}};
    size_t header_count = 2;
    if (call->info->target_prefix) {
        snprintf(target, sizeof target, "%s.%s", call->info->target_prefix, call->operation);
        headers[header_count++] = (struct sigv4_header){"X-Amz-Target", target};
    }
    sigv4_sha256_hex(call->body, call->body_length, hash);
    struct sigv4_request request = {.method = call->method,
                                    .path = call->path,
                                    .query = call->query,
                                    .headers = headers,
                                    .header_count = header_count,
                                    .payload_hash = hash};
    sigv4_request_rules(&request, call->info->signing_name);
    struct sigv4_credentials keys = {credentials->access_key, credentials->secret_key,
                                     credentials->session_token};
    struct sigv4_scope scope = {call->endpoint->signing_region, call->info->signing_name};
    struct sigv4_signed result = {0};
    bool done = call->client->unsigned_calls || sigv4_sign(&request, &keys, &scope, signed_s, &result, error);
    for (size_t i = 0; done && i < result.add_count; i++)
        headers[header_count++] = result.add[i];
    for (size_t i = 0; done && i < header_count; i++) {
        offsets[i] = text->length;
        buf_printf(text, "%s: %s", headers[i].name, headers[i].value);
        buf_append(text, "", 1);
    }
    sigv4_signed_free(&result);
    if (done && text->failed)
        done = error_set(error, ERROR_LIMIT, "the session token is too long");
    for (size_t i = 0; done && i < header_count; i++)
        lines[i] = text->data + offsets[i];
    *count = header_count;
    return done;
}

static enum aws_attempt not_sent(const struct call *call, const struct aws_http_answer *answer,
                                 struct error *error)
{
    const char *hint = answer->hint                 ? answer->hint
                       : call->endpoint->configured ? "Is the endpoint up?"
                                                    : "Is the network up, and the region right?";
    size_t length = strlen(answer->trouble);
    bool ended = length > 0 && strchr(".!?", answer->trouble[length - 1]);
    error_set(error, ERROR_NETWORK, "%s %s: cannot reach %s: %s%s %s", call->info->title, call->operation,
              call->endpoint->url, answer->trouble, ended ? "" : ".", hint);
    return AWS_ATTEMPT_NOT_SENT;
}

static enum aws_attempt garbage(const struct call *call, const struct aws_http_answer *answer,
                                struct error *error)
{
    char excerpt[AWS_ANSWER_EXCERPT_MAX];
    enum aws_attempt attempt = aws_retry_classify("", answer->status);
    aws_answer_excerpt(buf_text(&answer->body), answer->body.length, excerpt);
    error_set(error, ERROR_NETWORK,
              "%s %s: %s answered %ld with what is not %s's answer%s%s: %s%s%s. Is this an AWS endpoint?",
              call->info->title, call->operation, call->endpoint->url, answer->status, call->info->title,
              *answer->content_type ? ", " : "", answer->content_type, *excerpt ? "'" : "nothing", excerpt,
              *excerpt ? "'" : "");
    return attempt;
}

/* An answer came whole: is it an error? */
static enum aws_attempt judge_answer(const struct call *call, const struct aws_http_answer *answer,
                                     const char *credentials_source, struct error *error)
{
    struct aws_answer_error problem;
    if (answer->status >= 200 && answer->status < 300)
        return AWS_ATTEMPT_DONE;
    if (!aws_answer_read_error(answer, call->service, &problem))
        return garbage(call, answer, error);
    aws_answer_set_error(error, &problem, answer->status, call->service, call->operation, credentials_source);
    return aws_retry_classify(problem.code, answer->status);
}

static enum aws_attempt judge(const struct call *call, enum aws_http_outcome outcome,
                              const struct aws_http_answer *answer, const char *credentials_source,
                              struct error *error)
{
    const char *title = call->info->title, *operation = call->operation, *url = call->endpoint->url;
    switch (outcome) {
    case AWS_HTTP_ANSWERED:
        return judge_answer(call, answer, credentials_source, error);
    case AWS_HTTP_NOT_SENT:
        return not_sent(call, answer, error);
    case AWS_HTTP_UNTRUSTED:
        error_set(error, ERROR_NETWORK, "%s %s: %s can't be trusted: %s. %s", title, operation, url,
                  answer->trouble, answer->hint);
        return AWS_ATTEMPT_FAILED;
    case AWS_HTTP_CUT:
        error_set(error, ERROR_NETWORK, "%s %s: the connection to %s was cut before the answer was whole: %s",
                  title, operation, url, answer->trouble);
        return AWS_ATTEMPT_CUT;
    case AWS_HTTP_TIMEOUT:
        error_set(error, ERROR_TIMEOUT, "%s %s: no answer from %s within %g s", title, operation, url,
                  call->client->timeout_ms / 1000.0);
        return AWS_ATTEMPT_TIMEOUT;
    case AWS_HTTP_TOO_LARGE:
        error_set(error, ERROR_LIMIT, "%s %s: %s answered with more than %u MB", title, operation, url,
                  AWS_HTTP_ANSWER_MAX >> 20);
        return AWS_ATTEMPT_FAILED;
    case AWS_HTTP_CANCELED:
        canceled(call, error);
        return AWS_ATTEMPT_FAILED;
    case AWS_HTTP_NO_MEMORY:
        break;
    }
    error_set(error, ERROR_SYSTEM, "%s %s: out of memory", title, operation);
    return AWS_ATTEMPT_FAILED;
}

/* A signature that was refused while AWS's clock and ours differ: takes AWS's time from now on. */
static bool correct_clock(const struct call *call, int64_t signed_s, const struct aws_http_answer *answer,
                          const struct error *error)
{
    static const char *const codes[] = {"InvalidSignatureException", "SignatureDoesNotMatch",
                                        "RequestTimeTooSkewed", "RequestExpired", "AuthFailure"};
    time_t theirs = *answer->date ? curl_getdate(answer->date, NULL) : -1;
    if (theirs == -1)
        return false;
    int64_t off_s = (int64_t)theirs - signed_s;
    if (off_s <= CLOCK_TOLERANCE_S && off_s >= -CLOCK_TOLERANCE_S)
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(error->reason, codes[i]) == 0) {
            atomic_store(&call->client->login->clock_offset_s, (int64_t)theirs - clock_epoch_ms() / 1000);
            return true;
        }
    }
    return false;
}

/* A copy of the keys to sign with; while they are waited for, nothing was sent yet. */
static bool get_keys(const struct call *call, struct aws_credentials *credentials, struct error *error)
{
    const struct aws_client *client = call->client;
    if (client->unsigned_calls)
        return true;
    if (client->keys) {
        *credentials = *client->keys;
        return true;
    }
    bool hurry = client->urgent || !aws_operation_only_reads(call->operation);
    return aws_login_copy(client->login, hurry, client->cancel, credentials, error);
}

/* Signs, sends, and waits for the answer. */
static enum aws_attempt attempt_once(const struct call *call, struct aws_http_answer *answer,
                                     struct error *error)
{
    struct aws_credentials *credentials = calloc(1, sizeof *credentials);
    const char *lines[HEADERS_MAX];
    struct aws_http_request request = {.method = call->method,
                                       .url = call->url,
                                       .headers = lines,
                                       .body = call->body,
                                       .body_length = call->body_length,
                                       .timeout_ms = call->client->timeout_ms,
                                       .once = !aws_operation_is_repeatable(call->operation),
                                       .direct = call->endpoint->loopback,
                                       .cancel = cancel_of(call)};
    struct buf text;
    enum aws_attempt ended = AWS_ATTEMPT_FAILED;
    int64_t signed_s = now_s(call->client);
    memset(answer, 0, sizeof *answer);
    buf_init(&text, HEADERS_BYTES_MAX);
    if (!credentials) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        goto out;
    }
    if (!get_keys(call, credentials, error) ||
        !sign(call, credentials, signed_s, &text, lines, &request.header_count, error))
        goto out;
    enum aws_http_outcome outcome = aws_http_send(call->client->login->http, &request, answer);
    ended = judge(call, outcome, answer, credentials->source, error);
    if (ended == AWS_ATTEMPT_FAILED && outcome == AWS_HTTP_ANSWERED &&
        correct_clock(call, signed_s, answer, error))
        ended = AWS_ATTEMPT_SKEWED;
out:
    if (credentials)
        aws_credentials_clear(credentials);
    free(credentials);
    buf_free(&text);
    return ended;
}

/* Before an attempt: false if it was canceled while it was held back. `delay_ms` is waited in any case. */
static bool wait_for_turn(const struct call *call, int64_t delay_ms)
{
    bool hurry = call->client->urgent || !aws_operation_only_reads(call->operation);
    int64_t turn_ms = aws_pace_take(&call->client->login->pace[call->service], clock_ms(),
                                    hurry ? AWS_PACE_CHANGE_WAIT_MS : AWS_PACE_READ_WAIT_MS);
    return wait_ms(call->client, turn_ms > delay_ms ? turn_ms : delay_ms);
}

static bool refuse_change(const struct call *call, struct error *error)
{
    return error_set(error, ERROR_DENIED, "%s %s would change AWS, and --read-only forbids it",
                     call->info->title, call->operation);
}

/* Attempts until one is done or there is to be no further. `answer` is to be freed in any case. */
static bool perform(const struct call *call, struct aws_http_answer *answer, struct error *error)
{
    struct error local;
    bool repeatable = aws_operation_is_repeatable(call->operation);
    int cost = 0;
    int64_t delay_ms = 0;
    if (!error)
        error = &local;
    memset(answer, 0, sizeof *answer);
    if (call->client->read_only && !aws_operation_only_reads(call->operation))
        return refuse_change(call, error);
    if (!wait_for_turn(call, 0))
        return canceled(call, error);
    for (int attempt = 1;; attempt++) {
        aws_http_answer_free(answer);
        enum aws_attempt ended = attempt_once(call, answer, error);
        aws_pace_ended(&call->client->login->pace[call->service], clock_ms(), ended == AWS_ATTEMPT_THROTTLED);
        if (ended == AWS_ATTEMPT_DONE) {
            aws_retry_succeeded(&call->client->retry, cost);
            error_clear(error);
            return true;
        }
        if (!aws_retry_decide(&call->client->retry, attempt, ended, repeatable, &delay_ms, &cost)) {
            size_t length = strlen(error->message);
            if (attempt > 1)
                snprintf(error->message + length, sizeof error->message - length, " (%d attempts)", attempt);
            return false;
        }
        if (!wait_for_turn(call, delay_ms))
            return canceled_between(call, ended, error);
    }
}

static struct call make_call(struct aws_client *client, enum aws_service service, const char *operation)
{
    return (struct call){.client = client,
                         .service = service,
                         .info = aws_service_info(service),
                         .endpoint = &client->endpoints[service],
                         .operation = operation,
                         .method = "POST",
                         .url = client->endpoints[service].url,
                         .path = client->endpoints[service].path,
                         .query = ""};
}

bool aws_call_sign(struct aws_client *client, enum aws_service service, const char *operation,
                   const char *content_type, const char *body, struct aws_signed *result, struct error *error)
{
    struct aws_credentials *credentials = calloc(1, sizeof *credentials);
    const char *lines[HEADERS_MAX];
    struct call call = make_call(client, service, operation);
    call.content_type = content_type;
    call.body = body;
    call.body_length = strlen(body);
    result->count = 0;
    buf_init(&result->text, HEADERS_BYTES_MAX);
    if (credentials == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    bool done = get_keys(&call, credentials, error) &&
                sign(&call, credentials, now_s(client), &result->text, lines, &result->count, error);
    aws_credentials_clear(credentials);
    free(credentials);
    for (size_t i = 0; done && i < result->count; i++) {
        char *colon = result->text.data + (strchr(lines[i], ':') - result->text.data);
        *colon = '\0';
        result->headers[i].name = lines[i];
        result->headers[i].value = colon + 2; /* behind ": " */
    }
    return done;
}

void aws_signed_free(struct aws_signed *result)
{
    buf_free(&result->text);
    result->count = 0;
}

/* Takes the answer of a call that has ended; false: it is no JSON object. */
static bool take_json(const struct call *call, const struct aws_http_answer *answer,
                      struct json_object **output, struct error *error)
{
    struct json_object *json = aws_json_parse(buf_text(&answer->body), answer->body.length);
    if (json == NULL) {
        garbage(call, answer, error);
        return false;
    }
    if (output)
        *output = json;
    else
        json_object_put(json);
    return true;
}

static const char *print_body(struct json_object *input, size_t *length)
{
    if (input)
        return json_object_to_json_string_length(
            input, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, length);
    *length = 2;
    return "{}";
}

bool aws_call_json(struct aws_client *client, enum aws_service service, const char *operation,
                   struct json_object *input, struct json_object **output, struct error *error)
{
    struct call call = make_call(client, service, operation);
    struct aws_http_answer answer;
    call.content_type = "application/x-amz-json-1.1";
    call.body = print_body(input, &call.body_length);
    if (output)
        *output = NULL;
    bool done = perform(&call, &answer, error) && take_json(&call, &answer, output, error);
    aws_http_answer_free(&answer);
    return done;
}

bool aws_call_rest(struct aws_client *client, enum aws_service service, const char *operation,
                   const struct aws_rest *rest, struct json_object **output, struct error *error)
{
    struct call call = make_call(client, service, operation);
    struct aws_http_answer answer;
    char url[AWS_REST_URL_MAX];
    const char *query = rest->query ? rest->query : "";
    size_t base = strlen(call.url), path = strlen(call.path);
    bool has_body = strcmp(rest->method, "GET") != 0 && strcmp(rest->method, "DELETE") != 0;
    if (output)
        *output = NULL;
    while (base > 0 && call.url[base - 1] == '/')
        base--;
    int length =
        snprintf(url, sizeof url, "%.*s%s%s%s", (int)base, call.url, rest->path, *query ? "?" : "", query);
    if (length < 0 || (size_t)length >= sizeof url)
        return error_set(error, ERROR_LIMIT, "%s %s: its URL is too long", call.info->title, operation);
    /* The path as it is sent: the endpoint's own, without its last slash, and then the operation's. */
    char whole[AWS_REST_URL_MAX];
    if (path > 0 && call.path[path - 1] == '/')
        path--;
    snprintf(whole, sizeof whole, "%.*s%s", (int)path, call.path, rest->path);
    call.method = rest->method;
    call.url = url;
    call.path = whole;
    call.query = query;
    call.content_type = "application/json";
    call.body = has_body ? print_body(rest->input, &call.body_length) : "";
    bool done = perform(&call, &answer, error) && take_json(&call, &answer, output, error);
    aws_http_answer_free(&answer);
    return done;
}

bool aws_call_query(struct aws_client *client, enum aws_service service, const char *operation,
                    const struct aws_query *params, struct aws_xml **output, struct error *error)
{
    struct call call = make_call(client, service, operation);
    struct aws_http_answer answer;
    struct aws_query whole;
    struct aws_xml *root = NULL;
    if (output)
        *output = NULL;
    aws_query_init(&whole);
    aws_query_add(&whole, "Action", operation);
    aws_query_add(&whole, "Version", call.info->api_version);
    if (params && params->text.length > 0)
        buf_printf(&whole.text, "&%s", buf_text(&params->text));
    if (whole.text.failed || (params && params->text.failed)) {
        aws_query_free(&whole);
        return error_set(error, ERROR_LIMIT, "%s %s: too many parameters", call.info->title, operation);
    }
    call.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    call.body = buf_text(&whole.text);
    call.body_length = whole.text.length;
    bool done = perform(&call, &answer, error);
    if (done) {
        root = aws_xml_parse(buf_text(&answer.body), answer.body.length, NULL);
        done = root != NULL && !aws_xml_child(root, "Error");
        if (!done)
            garbage(&call, &answer, error);
    }
    if (done && output)
        *output = root;
    else
        aws_xml_free(root);
    aws_http_answer_free(&answer);
    aws_query_free(&whole);
    return done;
}
