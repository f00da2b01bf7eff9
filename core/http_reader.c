#include "core/http_reader.h"

#include <string.h>
#include <strings.h>

static struct http_reader *reader_of(llhttp_t *parser)
{
    return parser->data;
}

static int on_begin(llhttp_t *parser)
{
    struct http_reader *reader = reader_of(parser);
    struct http_head *head = &reader->head;
    struct buf text = head->text;
    buf_reset(&text);
    size_t behind = offsetof(struct http_head, count);
    memset(head, 0, offsetof(struct http_head, fields)); /* all but the fields, which count bounds */
    memset((char *)head + behind, 0, sizeof *head - behind);
    head->text = text;
    reader->name_done = true;
    reader->head_done = false;
    reader->begun = true;
    return 0;
}

static int keep(struct http_reader *reader, const char *at, size_t length)
{
    return buf_append(&reader->head.text, at, length) ? 0 : HPE_USER;
}

static int on_target(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = reader_of(parser);
    reader->head.target_length += (uint32_t)length;
    return keep(reader, at, length);
}

static int on_reason(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = reader_of(parser);
    reader->head.reason_length += (uint32_t)length;
    return keep(reader, at, length);
}

static int on_name(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = reader_of(parser);
    struct http_head *head = &reader->head;
    if (memchr(at, ' ', length) != NULL) /* which llhttp lets pass unless built strict */
        return HPE_USER;
    if (reader->head_done) /* a trailer: not passed on */
        return 0;
    if (reader->name_done) {
        if (head->count == HTTP_FIELDS_MAX)
            return HPE_USER;
        head->fields[head->count++] = (struct http_field){.name = (uint32_t)head->text.length};
        reader->name_done = false;
    }
    head->fields[head->count - 1].name_length += (uint32_t)length;
    return keep(reader, at, length);
}

static int on_name_done(llhttp_t *parser)
{
    struct http_reader *reader = reader_of(parser);
    struct http_head *head = &reader->head;
    reader->name_done = true;
    if (!reader->head_done && head->count > 0)
        head->fields[head->count - 1].value = (uint32_t)head->text.length;
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = reader_of(parser);
    struct http_head *head = &reader->head;
    if (reader->head_done || head->count == 0)
        return 0;
    head->fields[head->count - 1].value_length += (uint32_t)length;
    return keep(reader, at, length);
}

/* A response has a body unless its status forbids one (RFC 9112, 6.3). */
static bool head_has_body(const struct http_head *head, bool response)
{
    if (response)
        return head->status >= 200 && head->status != 204 && head->status != 304;
    return head->chunked || head->length > 0;
}

static int on_head(llhttp_t *parser)
{
    struct http_reader *reader = reader_of(parser);
    struct http_head *head = &reader->head;
    reader->head_done = true;
    head->method = parser->method;
    head->status = parser->status_code;
    head->minor = parser->http_minor;
    head->chunked = (parser->flags & F_CHUNKED) != 0;
    head->has_length = (parser->flags & F_CONTENT_LENGTH) != 0;
    head->length = head->has_length ? parser->content_length : 0;
    head->upgrade = parser->upgrade != 0;
    head->body = head_has_body(head, parser->type == HTTP_RESPONSE);
    if (parser->type == HTTP_REQUEST)
        head->keep_alive = llhttp_should_keep_alive(parser) != 0;
    if (parser->http_major != 1)
        return -1;
    bool wanted = reader->events->head(reader->context, head);
    bool bodyless =
        parser->type == HTTP_RESPONSE && !head->body && !head->upgrade; /* llhttp reads on after a 304 */
    return wanted && !bodyless ? 0 : 1;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    struct http_reader *reader = reader_of(parser);
    reader->events->body(reader->context, at, length);
    return 0;
}

static int on_done(llhttp_t *parser)
{
    struct http_reader *reader = reader_of(parser);
    reader->begun = false;
    if (parser->type == HTTP_RESPONSE)
        reader->head.keep_alive = llhttp_should_keep_alive(parser) != 0;
    return parser->upgrade ? 0 : HPE_PAUSED; /* llhttp itself stops before another protocol */
}

void http_reader_init(struct http_reader *reader, llhttp_type_t type, const struct http_events *events,
                      void *context)
{
    memset(reader, 0, sizeof *reader);
    llhttp_settings_init(&reader->settings);
    reader->settings.on_message_begin = on_begin;
    reader->settings.on_url = on_target;
    reader->settings.on_status = on_reason;
    reader->settings.on_header_field = on_name;
    reader->settings.on_header_field_complete = on_name_done;
    reader->settings.on_header_value = on_value;
    reader->settings.on_headers_complete = on_head;
    reader->settings.on_body = on_body;
    reader->settings.on_message_complete = on_done;
    llhttp_init(&reader->parser, type, &reader->settings);
    reader->parser.data = reader;
    reader->events = events;
    reader->context = context;
    buf_init(&reader->head.text, HTTP_HEAD_MAX);
}

void http_reader_free(struct http_reader *reader)
{
    buf_free(&reader->head.text);
}

enum http_result http_reader_feed(struct http_reader *reader, const char *data, size_t length, size_t *used)
{
    if (reader->paused)
        llhttp_resume(&reader->parser);
    reader->paused = false;
    llhttp_errno_t result = llhttp_execute(&reader->parser, data, length);
    *used = length;
    if (result == HPE_OK)
        return HTTP_MORE;
    const char *end = llhttp_get_error_pos(&reader->parser);
    *used = end == NULL ? length : (size_t)(end - data);
    if (result == HPE_PAUSED) {
        reader->paused = true;
        return HTTP_DONE;
    }
    if (result == HPE_PAUSED_UPGRADE) {
        llhttp_resume_after_upgrade(&reader->parser);
        return HTTP_SWITCHED;
    }
    return HTTP_BROKEN;
}

enum http_result http_reader_finish(struct http_reader *reader)
{
    if (!reader->begun)
        return HTTP_MORE;
    llhttp_errno_t result = llhttp_finish(&reader->parser);
    return (result == HPE_OK || result == HPE_PAUSED) && !reader->begun ? HTTP_DONE : HTTP_BROKEN;
}

bool http_field_is(const struct http_head *head, const struct http_field *field, const char *name)
{
    return strlen(name) == field->name_length &&
           strncasecmp(head->text.data + field->name, name, field->name_length) == 0;
}

const struct http_field *http_head_find(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (http_field_is(head, &head->fields[i], name))
            return &head->fields[i];
    return NULL;
}

bool http_list_has(const char *list, size_t list_length, const char *word, size_t length)
{
    const char *end = list + list_length;
    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma == NULL ? end : comma;
        const char *from = list;
        const char *to = stop;
        while (from < to && (*from == ' ' || *from == '\t'))
            from++;
        while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
            to--;
        if ((size_t)(to - from) == length && strncasecmp(from, word, length) == 0)
            return true;
        list = stop + 1;
    }
    return false;
}
