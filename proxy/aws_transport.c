#include "proxy/aws_transport.h"

#include "aws/url.h"
#include "core/clock.h"
#include "core/dial.h"
#include "core/http1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 8
#define HEADER_NAMES_MAX 512 /* bytes of all names together */

/* The request's headers and Host, as http1 takes them. */
struct headers {
    struct http1_header list[HEADERS_MAX];
    size_t count;
    char names[HEADER_NAMES_MAX];
    char host[AWS_URL_HOST_MAX + 16];
};

struct keeping {
    struct aws_http_answer *answer;
    int64_t end_ms;
    bool late;
};

static bool add_header(struct headers *headers, const char *line, size_t *used)
{
    const char *colon = strchr(line, ':');
    size_t length = colon ? (size_t)(colon - line) : 0;
    if (length == 0 || *used + length + 1 > sizeof headers->names || headers->count == HEADERS_MAX)
        return false;
    char *name = headers->names + *used;
    memcpy(name, line, length);
    name[length] = '\0';
    *used += length + 1;
    headers->list[headers->count++] =
        (struct http1_header){.name = name, .value = colon + 1 + strspn(colon + 1, " ")};
    return true;
}

static bool make_headers(struct headers *headers, const struct aws_http_request *request,
                         const struct aws_url *url)
{
    char port[8] = "";
    size_t used = 0;
    if (url->port_given)
        snprintf(port, sizeof port, ":%u", url->port);
    snprintf(headers->host, sizeof headers->host, "%s%s%s%s", url->ipv6 ? "[" : "", url->host,
             url->ipv6 ? "]" : "", port);
    headers->list[0] = (struct http1_header){.name = "Host", .value = headers->host};
    headers->list[1] = (struct http1_header){.name = "Connection", .value = "close"};
    headers->count = 2;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!add_header(headers, request->headers[i], &used))
            return false;
    }
    return true;
}

static bool begin(void *context, const struct http1_answer *answer)
{
    struct keeping *keeping = context;
    keeping->answer->status = answer->status;
    return true;
}

static bool keep(void *context, const char *data, size_t length)
{
    struct keeping *keeping = context;
    keeping->late = clock_ms() > keeping->end_ms;
    return !keeping->late && buf_append(&keeping->answer->body, data, length);
}

static enum aws_http_outcome judge(const struct keeping *keeping, const struct error *error)
{
    if (keeping->answer->body.failed)
        return AWS_HTTP_TOO_LARGE;
    if (keeping->late || error->code == ERROR_TIMEOUT)
        return AWS_HTTP_TIMEOUT;
    return error->code == ERROR_CANCELED ? AWS_HTTP_CANCELED : AWS_HTTP_CUT;
}

static enum aws_http_outcome exchange(struct dial *dial, const struct aws_http_request *request,
                                      const struct headers *headers, const char *target,
                                      struct aws_http_answer *answer, struct error *error)
{
    struct http1_answer *got = calloc(1, sizeof *got);
    struct keeping keeping = {.answer = answer, .end_ms = clock_ms() + request->timeout_ms};
    const struct http1_sink sink = {.context = &keeping, .head = begin, .body = keep};
    const struct http1_request sent = {.method = request->method ? request->method : "POST",
                                       .target = target,
                                       .headers = headers->list,
                                       .header_count = headers->count,
                                       .body = request->body,
                                       .body_length = request->body_length};
    if (!got)
        return AWS_HTTP_NO_MEMORY;
    bool done = http1_exchange(dial, &sent, request->timeout_ms, &sink, got, error);
    http1_answer_free(got);
    free(got);
    return done ? AWS_HTTP_ANSWERED : judge(&keeping, error);
}

static enum aws_http_outcome not_dialled(enum dial_failure failure)
{
    switch (failure) {
    case DIAL_UNTRUSTED:
        return AWS_HTTP_UNTRUSTED;
    case DIAL_CANCELED:
        return AWS_HTTP_CANCELED;
    case DIAL_NO_MEMORY:
        return AWS_HTTP_NO_MEMORY;
    default:
        return AWS_HTTP_NOT_SENT;
    }
}

static enum aws_http_outcome send_direct(void *context, const struct aws_http_request *request,
                                         struct aws_http_answer *answer)
{
    struct aws_url url;
    struct headers headers;
    struct error error = {0};
    enum dial_failure failure = DIAL_DONE;
    memset(answer, 0, sizeof *answer);
    buf_init(&answer->body, AWS_TRANSPORT_ANSWER_MAX);
    if (!aws_url_parse(request->url, &url, &error) || !make_headers(&headers, request, &url)) {
        snprintf(answer->trouble, sizeof answer->trouble, "not a request that can be sent");
        return AWS_HTTP_NOT_SENT;
    }
    const struct dial_options options = {.host = url.host,
                                         .port = url.port,
                                         .tls = url.tls,
                                         .ca_file = context,
                                         .connect_timeout_ms = request->timeout_ms,
                                         .cancel = request->cancel};
    struct dial *dial = dial_open(&options, NULL, &failure, &error);
    enum aws_http_outcome outcome =
        dial ? exchange(dial, request, &headers, url.target, answer, &error) : not_dialled(failure);
    dial_close(dial);
    if (outcome == AWS_HTTP_UNTRUSTED)
        answer->hint = "AWS_CA_BUNDLE names the authorities that are trusted.";
    snprintf(answer->trouble, sizeof answer->trouble, "%.*s", (int)sizeof answer->trouble - 1, error.message);
    return outcome;
}

struct aws_transport aws_transport_direct(const char *ca_file)
{
    return (struct aws_transport){.send = send_direct, .context = (void *)(uintptr_t)ca_file};
}
