#include "proxy/local.h"

#include "core/api_error.h"

#include <string.h>
#include <strings.h>

struct phrase {
    int status;
    const char *text;
};
/* RFC 9110, section 15. */
static const struct phrase phrases[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
};

const char *local_phrase(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return "Error";
}

static bool has_header(const struct fault *fault, const char *name)
{
    size_t length = strlen(name);
    for (unsigned i = 0; i < fault->error.header_count; i++)
        if (strncasecmp(fault->error.headers[i], name, length) == 0 && fault->error.headers[i][length] == ':')
            return true;
    return false;
}

static void put_injected(struct buf *out, const struct fault *fault)
{
    buf_append_text(out, "x-shaketable-injected: error\r\n");
    for (unsigned i = 0; i < fault->error.header_count; i++)
        buf_printf(out, "%s\r\n", fault->error.headers[i]);
}

/* The status's words as the name of an exception: "ServiceUnavailable". */
static void name_code(int status, char code[LOCAL_PHRASE_MAX])
{
    size_t length = 0;
    for (const char *at = status == 429 ? "ThrottlingException" : local_phrase(status); *at; at++)
        if (*at != ' ')
            code[length++] = *at;
    code[length] = '\0';
}

/* Where nothing else was asked for: SDKs read the status alone of other protocols, but in JSON a body. */
static void put_aws_json(struct buf *out, struct buf *body, const struct fault *fault, int status)
{
    char code[LOCAL_PHRASE_MAX], id[API_REQUEST_ID_MAX];
    name_code(status, code);
    api_request_id(id);
    const struct api_error error = {.protocol = API_JSON,
                                    .status = status,
                                    .code = code,
                                    .message = local_phrase(status),
                                    .request_id = id,
                                    .content_type = "application/x-amz-json-1.0"};
    put_injected(out, fault);
    api_error_headers(&error, out);
    api_error_body(&error, body);
}

static bool is_plain(const struct exchange *exchange, const struct fault *fault)
{
    return exchange->refused || !exchange->aws_json || fault->error.body[0] != '\0' ||
           has_header(fault, "Content-Type");
}

static void put_headers(struct buf *out, const struct exchange *exchange, const struct fault *fault)
{
    if (exchange->refused) {
        buf_append_text(out, "x-shaketable: upstream refused\r\nContent-Type: text/plain\r\n");
        return;
    }
    if (!has_header(fault, "Content-Type"))
        buf_append_text(out, "Content-Type: text/plain\r\n");
    put_injected(out, fault);
}

static void put_body(struct buf *body, const struct exchange *exchange, const struct fault *fault)
{
    if (exchange->refused)
        buf_append_text(body, "The application behind shaketable-proxy refuses connections.\n");
    else if (fault->error.body[0] != '\0')
        buf_append_text(body, fault->error.body);
    else
        buf_printf(body, "%s\n", local_phrase(exchange->status));
}

bool local_response(struct buf *out, const struct exchange *exchange, bool closes, const struct fault *fault)
{
    const char *connection = closes               ? "Connection: close\r\n"
                             : exchange->http_1_0 ? "Connection: keep-alive\r\n"
                                                  : "";
    struct buf body;
    buf_init(&body, LOCAL_RESPONSE_MAX);
    buf_printf(out, "HTTP/1.1 %d %s\r\n", exchange->status, local_phrase(exchange->status));
    if (is_plain(exchange, fault)) {
        put_headers(out, exchange, fault);
        put_body(&body, exchange, fault);
    } else {
        put_aws_json(out, &body, fault, exchange->status);
    }
    buf_printf(out, "Content-Length: %zu\r\n%s\r\n", body.length, connection);
    if (!exchange->head)
        buf_append(out, buf_text(&body), body.length);
    bool good = !out->failed && !body.failed;
    buf_free(&body);
    return good;
}
