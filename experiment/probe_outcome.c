/*
 * What is made of the ways in which a round can end, and said of them.
 */
#include "experiment/probe_internal.h"

#include "aws/answer.h"
#include "aws/json.h"
#include "core/clock.h"
#include "core/utf8.h"
#include "experiment/json.h"

#include <stdio.h>
#include <string.h>

#define CONTENT_TYPE "application/x-amz-json-1.0"

static const struct {
    const char *name, *words;
} outcomes[PROBE_OUTCOMES] = {
    [PROBE_OK] = {"ok", "ok"},
    [PROBE_UNRESOLVED] = {"unresolved", "no such host"},
    [PROBE_REFUSED] = {"refused", "refused"},
    [PROBE_CONNECT_TIMEOUT] = {"connect-timeout", "connect time-out"},
    [PROBE_PROXY_REFUSED] = {"proxy", "declined by the proxy"},
    [PROBE_UNTRUSTED] = {"untrusted", "certificate not trusted"},
    [PROBE_CUT] = {"cut", "connection cut"},
    [PROBE_READ_TIMEOUT] = {"read-timeout", "read time-out"},
    [PROBE_GARBAGE] = {"garbage", "not understood"},
    [PROBE_STATUS] = {"status", "HTTP error status"},
    [PROBE_AWS_ERROR] = {"aws-error", "AWS error"},
    [PROBE_NO_KEYS] = {"credentials", "no AWS credentials"},
    [PROBE_OUT_OF_MEANS] = {"system", "out of memory or descriptors"},
    [PROBE_CANCELED] = {"canceled", "canceled"},
};

const char *probe_outcome_name(enum probe_outcome outcome)
{
    return outcomes[outcome].name;
}

const char *probe_outcome_words(enum probe_outcome outcome)
{
    return outcomes[outcome].words;
}

/* `after_ms` > 0: it was a time-out. */
static void fail(struct probe_round *round, enum probe_outcome outcome, int after_ms, const char *error)
{
    char time[UNITS_TEXT_MAX];
    round->outcome = outcome;
    utf8_copy_plain(round->error, sizeof round->error, error, strlen(error));
    if (after_ms > 0) {
        units_format_delay_ms(after_ms, time);
        snprintf(round->what, sizeof round->what, "%s after %s", outcomes[outcome].words, time);
    } else {
        snprintf(round->what, sizeof round->what, "%s", outcomes[outcome].words);
    }
}

void probe_judge_dial(const struct probe *probe, enum dial_failure failure, const struct error *error,
                      struct probe_round *round)
{
    static const enum probe_outcome made_of[] = {
        [DIAL_DONE] = PROBE_OK,
        [DIAL_UNRESOLVED] = PROBE_UNRESOLVED,
        [DIAL_REFUSED] = PROBE_REFUSED,
        [DIAL_CONNECT_TIMEOUT] = PROBE_CONNECT_TIMEOUT,
        [DIAL_PROXY] = PROBE_PROXY_REFUSED,
        [DIAL_UNTRUSTED] = PROBE_UNTRUSTED,
        [DIAL_CUT] = PROBE_CUT,
        [DIAL_CANCELED] = PROBE_CANCELED,
        [DIAL_NO_MEMORY] = PROBE_OUT_OF_MEANS,
    };
    bool late = failure == DIAL_CONNECT_TIMEOUT;
    fail(round, made_of[failure], late ? probe->options.connect_timeout_ms : 0, error->message);
}

void probe_judge_exchange(const struct probe *probe, const struct error *error, struct probe_round *round)
{
    switch (error->code) {
    case ERROR_TIMEOUT:
        fail(round, PROBE_READ_TIMEOUT, probe->options.read_timeout_ms, error->message);
        break;
    case ERROR_CANCELED:
        fail(round, PROBE_CANCELED, 0, error->message);
        break;
    case ERROR_INVALID:
    case ERROR_LIMIT:
        fail(round, PROBE_GARBAGE, 0, error->message);
        break;
    case ERROR_SYSTEM:
        fail(round, PROBE_OUT_OF_MEANS, 0, error->message);
        break;
    default:
        fail(round, PROBE_CUT, 0, error->message);
        break;
    }
}

void probe_judge_status(struct probe_round *round)
{
    if (round->status < 400)
        return;
    char text[32];
    snprintf(text, sizeof text, "HTTP %d", round->status);
    fail(round, PROBE_STATUS, 0, text);
    snprintf(round->what, sizeof round->what, "%s", text);
}

void probe_tell_ok(struct probe_round *round)
{
    if (round->status != 0)
        snprintf(round->what, sizeof round->what, "ok %d", round->status);
    else
        snprintf(round->what, sizeof round->what, "ok");
}

/* ── DynamoDB ────────────────────────────────────────────────────────────────────────────── */

bool probe_sign(struct probe *probe, char *body, size_t size, struct aws_signed *sign,
                struct probe_round *round)
{
    struct error error = {.code = ERROR_NONE};
    /* What may stand in a table's name needs no escapes. */
    snprintf(body, size, "{\"TableName\":\"%s\",\"Limit\":1}", probe->target.table);
    if (aws_call_sign(probe->aws, AWS_DYNAMODB, "Scan", CONTENT_TYPE, body, sign, &error))
        return true;
    fail(round, error.code == ERROR_CANCELED ? PROBE_CANCELED : PROBE_NO_KEYS, 0, error.message);
    return false;
}

static void copy_header(const struct http1_answer *answer, const char *name, char text[AWS_HTTP_TEXT_MAX])
{
    const char *value = http1_header_find(answer, name);
    snprintf(text, AWS_HTTP_TEXT_MAX, "%s", value == NULL ? "" : value);
}

void probe_judge_aws(struct http1_answer *answer, struct probe_round *round)
{
    struct aws_http_answer said = {.status = answer->status, .body = answer->body}; /* lent */
    struct aws_answer_error problem;
    char text[ERROR_MESSAGE_MAX];
    copy_header(answer, "Content-Type", said.content_type);
    copy_header(answer, "X-Amzn-ErrorType", said.error_type);
    if (answer->status == 200) {
        struct json_object *json = aws_json_parse(buf_text(&answer->body), answer->body.length);
        if (json == NULL)
            fail(round, PROBE_GARBAGE, 0, "the answer with status 200 is not DynamoDB's");
        json_object_put(json);
        return;
    }
    if (!aws_answer_read_error(&said, AWS_DYNAMODB, &problem)) {
        snprintf(text, sizeof text, "an answer with status %d that is not DynamoDB's", answer->status);
        fail(round, PROBE_GARBAGE, 0, text);
        snprintf(round->what, sizeof round->what, "HTTP %d, not understood", answer->status);
        return;
    }
    snprintf(text, sizeof text, "%s: %s", problem.code, problem.message);
    fail(round, PROBE_AWS_ERROR, 0, text);
    snprintf(round->code, sizeof round->code, "%s", problem.code);
    utf8_copy_plain(round->what, sizeof round->what, problem.code, strlen(problem.code));
}

/* ── JSON ────────────────────────────────────────────────────────────────────────────────── */

static void put_ms(struct json_object *object, const char *key, int64_t us)
{
    if (us > 0)
        json_put_number(object, key, (double)us / 1000.0);
}

struct json_object *probe_round_json(const struct probe_round *round)
{
    struct json_object *object = json_object_new_object();
    char at[CLOCK_TEXT_MAX];
    clock_format_utc(round->at_ms, at, sizeof at);
    if (round->number > 0)
        json_put_integer(object, "round", (int64_t)round->number);
    json_put_text(object, "at", at);
    json_put_flag(object, "ok", round->outcome == PROBE_OK);
    json_put_text(object, "outcome", probe_outcome_name(round->outcome));
    json_put_text(object, "what", round->what);
    if (round->status != 0)
        json_put_integer(object, "status", round->status);
    if (round->code[0] != '\0')
        json_put_text(object, "code", round->code);
    if (round->error[0] != '\0')
        json_put_text(object, "error", round->error);
    json_put_flag(object, "reused", round->reused);
    put_ms(object, "resolve_ms", round->resolve_us);
    put_ms(object, "connect_ms", round->connect_us);
    put_ms(object, "proxy_ms", round->proxy_us);
    put_ms(object, "tls_ms", round->tls_us);
    put_ms(object, "first_byte_ms", round->first_byte_us);
    put_ms(object, "total_ms", round->total_us);
    return object;
}
