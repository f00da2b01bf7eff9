#include "proxy/gate_request.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char token_letters[] =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

size_t gate_request_head(const char *data, size_t length)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    return end ? (size_t)(end - data) + 4 : 0;
}

static bool refuse(struct gate_request *request, int status, const char *why)
{
    request->status = status;
    snprintf(request->why, sizeof request->why, "%s", why);
    return false;
}

static size_t token(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && text[i] && strchr(token_letters, text[i]))
        i++;
    return i;
}

static bool is_printable(const char *text, size_t length, const char *also)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c <= ' ' || c == 127) && (!c || !strchr(also, c)))
            return false;
    }
    return true;
}

/* METHOD SP AUTHORITY SP HTTP/1.x */
static bool parse_line(const char *line, size_t length, struct gate_request *request)
{
    static const char wrong[] = "the request line is not CONNECT HOST:PORT HTTP/1.1";
    size_t method = token(line, length);
    if (method == 0 || method == length || line[method] != ' ')
        return refuse(request, 400, wrong);
    const char *target = line + method + 1, *version = memchr(target, ' ', length - method - 1);
    size_t rest = version ? length - (size_t)(version + 1 - line) : 0;
    if (!version || version == target || rest != 8 || memcmp(version + 1, "HTTP/", 5) != 0 ||
        !is_printable(target, (size_t)(version - target), ""))
        return refuse(request, 400, wrong);
    if (memcmp(version + 1, "HTTP/1.1", 8) != 0 && memcmp(version + 1, "HTTP/1.0", 8) != 0)
        return refuse(request, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    if (method != 7 || memcmp(line, "CONNECT", 7) != 0)
        return refuse(request, 405,
                      "this proxy is for CONNECT alone, as for https: URLs; set HTTPS_PROXY, not HTTP_PROXY");
    return authority_parse(target, (size_t)(version - target), &request->to) ||
           refuse(request, 400, "CONNECT takes HOST:PORT");
}

/* NAME:VALUE; a body is refused, for CONNECT has none. */
static bool parse_field(const char *line, size_t length, struct gate_request *request)
{
    size_t name = token(line, length);
    if (name == 0 || name == length || line[name] != ':' ||
        !is_printable(line + name + 1, length - name - 1, " \t"))
        return refuse(request, 400, "a header is malformed");
    const char *value = line + name + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    bool none = end - value == 1 && *value == '0';
    if ((name == 14 && strncasecmp(line, "content-length", 14) == 0 && !none) ||
        (name == 17 && strncasecmp(line, "transfer-encoding", 17) == 0))
        return refuse(request, 400, "CONNECT has no body");
    return true;
}

void gate_request_parse(const char *head, size_t length, struct gate_request *request)
{
    const char *line = head, *end = head + length;
    memset(request, 0, sizeof *request);
    request->status = 200;
    while (line < end) {
        const char *next = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (!next) {
            refuse(request, 400, "the head does not end");
            return;
        }
        size_t size = (size_t)(next - line);
        if (line != head && size == 0)
            return;
        if (!(line == head ? parse_line(line, size, request) : parse_field(line, size, request)))
            return;
        line = next + 2;
    }
}
