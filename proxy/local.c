#include "proxy/local.h"

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

static void put_headers(struct buf *out, const struct exchange *exchange, const struct fault *fault)
{
    if (exchange->refused) {
        buf_append_text(out, "x-shaketable: upstream refused\r\nContent-Type: text/plain\r\n");
        return;
    }
    buf_append_text(out, "x-shaketable-injected: error\r\n");
    if (!has_header(fault, "Content-Type"))
        buf_append_text(out, "Content-Type: text/plain\r\n");
    for (unsigned i = 0; i < fault->error.header_count; i++)
        buf_printf(out, "%s\r\n", fault->error.headers[i]);
}

bool local_response(struct buf *out, const struct exchange *exchange, bool closes, const struct fault *fault)
{
    const char *phrase = local_phrase(exchange->status);
    const char *connection = closes               ? "Connection: close\r\n"
                             : exchange->http_1_0 ? "Connection: keep-alive\r\n"
                                                  : "";
    const char *body = exchange->refused ? "The application behind shaketable-proxy refuses connections.\n"
                                         : fault->error.body;
    bool words = body[0] == '\0';
    buf_printf(out, "HTTP/1.1 %d %s\r\n", exchange->status, phrase);
    put_headers(out, exchange, fault);
    buf_printf(out, "Content-Length: %zu\r\n%s\r\n", words ? strlen(phrase) + 1 : strlen(body), connection);
    if (!exchange->head && words)
        buf_printf(out, "%s\n", phrase);
    else if (!exchange->head)
        buf_append_text(out, body);
    return !out->failed;
}
