#include "aws/plain.h"

#include "core/clock.h"

#include <string.h>

#define PAUSE_MS 1000
#define PAUSE_STEP_MS 50

static bool is_canceled(const struct aws_plain *plain)
{
    return plain->cancel && atomic_load(plain->cancel);
}

static void pause_between(const struct aws_plain *plain)
{
    for (int waited = 0; waited < PAUSE_MS && !is_canceled(plain); waited += PAUSE_STEP_MS)
        clock_sleep_ms(PAUSE_STEP_MS);
}

static bool judge(const struct aws_plain *plain, enum aws_http_outcome outcome,
                  const struct aws_http_answer *answer, struct error *error)
{
    switch (outcome) {
    case AWS_HTTP_ANSWERED:
        return true;
    case AWS_HTTP_CANCELED:
        return error_set(error, ERROR_CANCELED, "%.200s: canceled", plain->url);
    case AWS_HTTP_TIMEOUT:
        return error_set(error, ERROR_TIMEOUT, "no answer from %.200s within %g s", plain->url,
                         plain->timeout_ms / 1000.0);
    case AWS_HTTP_NO_MEMORY:
        return error_set(error, ERROR_SYSTEM, "out of memory");
    case AWS_HTTP_UNTRUSTED:
        return error_set(error, ERROR_NETWORK, "%.200s can't be trusted: %s. %s", plain->url, answer->trouble,
                         answer->hint);
    case AWS_HTTP_NOT_SENT:
    case AWS_HTTP_CUT:
    case AWS_HTTP_TOO_LARGE:
        break;
    }
    return error_set(error, ERROR_NETWORK, "cannot reach %.200s: %s%s%s", plain->url, answer->trouble,
                     answer->hint ? ". " : "", answer->hint ? answer->hint : "");
}

bool aws_plain_send(const struct aws_transport *transport, const struct aws_plain *plain,
                    struct aws_http_answer *answer, struct error *error)
{
    struct aws_http_request request = {.method = plain->method,
                                       .url = plain->url,
                                       .headers = plain->headers,
                                       .body = plain->body,
                                       .body_length = plain->body ? strlen(plain->body) : 0,
                                       .timeout_ms = plain->timeout_ms,
                                       .direct = plain->no_proxy,
                                       .cancel = plain->cancel};
    while (request.header_count < AWS_PLAIN_HEADERS_MAX && plain->headers[request.header_count])
        request.header_count++;
    for (int attempt = 1;; attempt++) {
        enum aws_http_outcome outcome = transport->send(transport->context, &request, answer);
        bool done = judge(plain, outcome, answer, error);
        bool outage =
            done ? answer->status >= 500 || answer->status == 429
                 : outcome == AWS_HTTP_NOT_SENT || outcome == AWS_HTTP_CUT || outcome == AWS_HTTP_TIMEOUT;
        if (!outage || attempt >= plain->attempts || is_canceled(plain))
            return done;
        aws_http_answer_free(answer);
        pause_between(plain);
    }
}
