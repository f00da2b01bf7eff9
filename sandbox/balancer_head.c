#include "sandbox/balancer_internal.h"

#include <string.h>
#include <strings.h>
#include <time.h>

/* Fields that speak of one connection (RFC 9110, 7.6.1), and those we write ourselves. */
static bool is_hop_by_hop(const struct http_head *head, const struct http_field *field)
{
    static const char *const names[] = {"connection", "keep-alive",        "proxy-connection", "te",
                                        "trailer",    "transfer-encoding", "upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (http_field_is(head, field, names[i]))
            return true;
    if (http_field_is(head, field, "content-length")) /* never the sender's to drop: it frames the body */
        return false;
    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *other = &head->fields[i];
        if (http_field_is(head, other, "connection") &&
            http_list_has(head->text.data + other->value, other->value_length, head->text.data + field->name,
                          field->name_length))
            return true;
    }
    return false;
}

static void write_value(struct buf *out, const struct http_head *head, const struct http_field *field)
{
    size_t from = out->length;
    buf_append(out, head->text.data + field->value, field->value_length);
    for (; from < out->length; from++) /* a folded value becomes one line */
        if (out->data[from] == '\r' || out->data[from] == '\n')
            out->data[from] = ' ';
}

static void write_field(struct buf *out, const struct http_head *head, const struct http_field *field)
{
    buf_append(out, head->text.data + field->name, field->name_length);
    buf_append(out, ": ", 2);
    write_value(out, head, field);
    buf_append(out, "\r\n", 2);
}

static void write_upgrade(struct buf *out, const struct http_head *head)
{
    const struct http_field *upgrade = http_head_find(head, "upgrade");
    if (upgrade != NULL)
        write_field(out, head, upgrade);
    buf_append_text(out, "Connection: upgrade\r\n");
}

static bool is_forwarded(const struct http_head *head, const struct http_field *field)
{
    return http_field_is(head, field, "x-forwarded-for") || http_field_is(head, field, "x-forwarded-proto") ||
           http_field_is(head, field, "x-forwarded-port");
}

void head_write_request(struct buf *out, const struct client *client, const struct http_head *head)
{
    buf_printf(out, "%s %.*s HTTP/1.1\r\n", llhttp_method_name((llhttp_method_t)head->method),
               (int)head->target_length, head->text.data);
    for (size_t i = 0; i < head->count; i++)
        if (!is_hop_by_hop(head, &head->fields[i]) && !is_forwarded(head, &head->fields[i]))
            write_field(out, head, &head->fields[i]);
    buf_append_text(out, "X-Forwarded-For: ");
    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *field = &head->fields[i];
        if (!http_field_is(head, field, "x-forwarded-for") || field->value_length == 0)
            continue;
        write_value(out, head, field);
        buf_append(out, ", ", 2);
    }
    buf_printf(out, "%s\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: %u\r\n", client->address,
               (unsigned)client->port);
    if (head->chunked)
        buf_append_text(out, "Transfer-Encoding: chunked\r\n");
    if (head->upgrade)
        write_upgrade(out, head);
    buf_append(out, "\r\n", 2);
}

void head_write_response(struct buf *out, const struct client *client, const struct http_head *head,
                         bool rechunk, bool switching)
{
    buf_printf(out, "HTTP/1.1 %u %.*s\r\n", head->status, (int)head->reason_length, head->text.data);
    for (size_t i = 0; i < head->count; i++)
        if (!is_hop_by_hop(head, &head->fields[i]))
            write_field(out, head, &head->fields[i]);
    if (rechunk || (head->chunked && client->head_only && client->minor >= 1))
        buf_append_text(out, "Transfer-Encoding: chunked\r\n");
    if (switching)
        write_upgrade(out, head);
    else if (head->status >= 200)
        buf_append_text(out, client->keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    buf_append(out, "\r\n", 2);
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {{200, "OK"},
                 {201, "Created"},
                 {202, "Accepted"},
                 {204, "No Content"},
                 {301, "Moved Permanently"},
                 {302, "Found"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {408, "Request Time-out"},
                 {410, "Gone"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {502, "Bad Gateway"},
                 {503, "Service Temporarily Unavailable"},
                 {504, "Gateway Time-out"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].status == status)
            return known[i].reason;
    }
    return "Unknown";
}

static void write_server_lines(struct buf *out, int status)
{
    char date[64];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    buf_printf(out, "HTTP/1.1 %d %s\r\nServer: awselb/2.0\r\nDate: %s\r\n", status, reason_of(status), date);
}

/* What stands for itself in a redirect: the request's own. */
static void write_original(struct buf *out, const char *name, size_t length, const struct client *client,
                           const struct http_head *head)
{
    const struct http_field *field = http_head_find(head, "host");
    const char *target = head->text.data;
    const char *mark = memchr(target, '?', head->target_length);
    size_t path = mark ? (size_t)(mark - target) : head->target_length;
    if (strncmp(name, "protocol", length) == 0) {
        buf_append_text(out, "http");
    } else if (strncmp(name, "port", length) == 0) {
        buf_printf(out, "%u", (unsigned)client->port);
    } else if (strncmp(name, "host", length) == 0 && field != NULL) {
        const char *host = head->text.data + field->value;
        const char *colon = memchr(host, ':', field->value_length);
        buf_append(out, host, colon ? (size_t)(colon - host) : field->value_length);
    } else if (strncmp(name, "path", length) == 0) {
        size_t skip = path > 0 && target[0] == '/'; /* "/#{path}" is how it is written */
        buf_append(out, target + skip, path - skip);
    } else if (strncmp(name, "query", length) == 0 && mark != NULL) {
        buf_append(out, mark + 1, head->target_length - path - 1);
    }
}

static void write_location(struct buf *out, const char *location, const struct client *client,
                           const struct http_head *head)
{
    buf_append_text(out, "Location: ");
    while (*location) {
        const char *open = strstr(location, "#{"), *end = open ? strchr(open, '}') : NULL;
        if (end == NULL) {
            buf_append_text(out, location);
            break;
        }
        buf_append(out, location, (size_t)(open - location));
        write_original(out, open + 2, (size_t)(end - open - 2), client, head);
        location = end + 1;
    }
    if (out->length > 0 && out->data[out->length - 1] == '?') /* an empty query leaves no mark */
        out->length--;
    buf_append(out, "\r\n", 2);
}

size_t head_write_rule(struct buf *out, const struct balancer_rule *rule, const struct client *client,
                       const struct http_head *head)
{
    bool redirects = rule->action == BALANCER_REDIRECT;
    const char *body = redirects ? "" : rule->body;
    write_server_lines(out, (int)rule->status);
    if (redirects)
        write_location(out, rule->location, client, head);
    else
        buf_printf(out, "Content-Type: %s\r\n", *rule->content_type ? rule->content_type : "text/plain");
    buf_printf(out, "Content-Length: %zu\r\n", strlen(body));
    size_t length = out->length;
    buf_append_text(out, body);
    return length;
}

void head_write_answer(struct buf *out, int status, bool keep_alive, bool head_only)
{
    char page[256];
    int length = snprintf(page, sizeof page,
                          "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"
                          "<center><h1>%d %s</h1></center>\r\n</body>\r\n</html>\r\n",
                          status, reason_of(status), status, reason_of(status));
    write_server_lines(out, status);
    buf_printf(out, "Content-Type: text/html\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s", length,
               keep_alive ? "keep-alive" : "close", head_only ? "" : page);
}
