#include "config.h"

#include "proxy/metrics_request.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What does not fit is as if it were not there: half a path or half a header would be another one. */
static void append(char *text, size_t *length, size_t maximum, const char *at, size_t size)
{
    if (*length == SIZE_MAX || size > maximum - *length) {
        *length = SIZE_MAX;
        text[0] = '\0';
        return;
    }
    memcpy(text + *length, at, size);
    *length += size;
    text[*length] = '\0';
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    struct metrics_request *request = parser->data;
    append(request->path, &request->path_length, METRICS_PATH_MAX, at, length);
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t length)
{
    struct metrics_request *request = parser->data;
    if (request->in_value) {
        request->in_value = false;
        request->field_length = 0;
    }
    append(request->field, &request->field_length, METRICS_FIELD_MAX, at, length);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
    struct metrics_request *request = parser->data;
    bool first = !request->in_value;
    request->in_value = true;
    if (strcasecmp(request->field, "accept") != 0)
        return 0;
    if (first && request->accept_length > 0)
        append(request->accept, &request->accept_length, METRICS_ACCEPT_MAX, ",", 1);
    append(request->accept, &request->accept_length, METRICS_ACCEPT_MAX, at, length);
    return 0;
}

/* A body is nothing to us, and where it ends is not looked for: the connection ends with the answer. */
static int on_head(llhttp_t *parser)
{
    struct metrics_request *request = parser->data;
    bool body = (parser->flags & F_CHUNKED) != 0 || parser->content_length > 0;
    request->path[strcspn(request->path, "?#")] = '\0';
    request->keeps_alive = llhttp_should_keep_alive(parser) && !body && !parser->upgrade;
    request->whole = true;
    return 1;
}

static int on_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

void metrics_request_init(struct metrics_request *request)
{
    static const llhttp_settings_t settings = {
        .on_url = on_url,
        .on_header_field = on_field,
        .on_header_value = on_value,
        .on_headers_complete = on_head,
        .on_message_complete = on_complete,
    };
    memset(request, 0, sizeof *request);
    llhttp_init(&request->parser, HTTP_REQUEST, &settings);
    request->parser.data = request;
}

enum metrics_progress metrics_request_feed(struct metrics_request *request, const char *data, size_t length)
{
    size_t room = METRICS_HEAD_MAX - request->seen;
    size_t looked_at = length < room ? length : room;
    llhttp_errno_t rc = llhttp_execute(&request->parser, data, looked_at);
    request->seen += looked_at;
    if (rc != HPE_OK && rc != HPE_PAUSED && rc != HPE_PAUSED_UPGRADE)
        return METRICS_BAD;
    if (request->whole) {
        const char *end = rc == HPE_OK ? data + looked_at : llhttp_get_error_pos(&request->parser);
        /* Whoever sends the next request before the answer may send it again elsewhere. */
        if (end != data + length)
            request->keeps_alive = false;
        return METRICS_WHOLE;
    }
    return request->seen == METRICS_HEAD_MAX ? METRICS_TOO_LONG : METRICS_MORE;
}

bool metrics_request_is_head(const struct metrics_request *request)
{
    return request->parser.method == HTTP_HEAD;
}

int metrics_request_status(const struct metrics_request *request)
{
    if (strcmp(request->path, "/metrics") != 0)
        return 404;
    return request->parser.method == HTTP_GET || request->parser.method == HTTP_HEAD ? 200 : 405;
}

bool metrics_request_takes_open(const struct metrics_request *request)
{
    return strcasestr(request->accept, "application/openmetrics-text") != NULL;
}
