#include "proxy/tracker.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void append(char *text, size_t *length, size_t maximum, const char *at, size_t size)
{
    size_t room = maximum - *length;
    if (size > room)
        size = room;
    memcpy(text + *length, at, size);
    *length += size;
    text[*length] = '\0';
}

/* Requests follow each other: nearly always there is one in the pool. */
static struct tracker_head *lend(struct tracker_pool *pool)
{
    struct tracker_head *head = pool->idle;
    if (head)
        pool->idle = head->next;
    else
        head = malloc(sizeof *head);
    return head;
}

void tracker_release(struct tracker *tracker)
{
    struct tracker_head *head = tracker->head;
    if (!head)
        return;
    head->next = tracker->pool->idle;
    tracker->pool->idle = head;
    tracker->head = NULL;
}

void tracker_pool_free(struct tracker_pool *pool)
{
    while (pool->idle) {
        struct tracker_head *head = pool->idle;
        pool->idle = head->next;
        free(head);
    }
}

static int on_message_begin(llhttp_t *parser)
{
    struct tracker *tracker = parser->data;
    tracker->head_done = false;
    tracker->complete = false;
    return 0;
}

static int on_request_begin(llhttp_t *parser)
{
    struct tracker *tracker = parser->data;
    on_message_begin(parser);
    if (!tracker->head)
        tracker->head = lend(tracker->pool);
    struct tracker_head *head = tracker->head;
    if (!head)
        return HPE_USER;
    head->in_value = head->aws_json = false;
    head->path_length = head->agent_length = head->field_length = head->expect_length = 0;
    head->path[0] = head->agent[0] = head->field[0] = head->expect[0] = '\0';
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    struct tracker *tracker = parser->data;
    append(tracker->head->path, &tracker->head->path_length, FAULT_PATH_MAX, at, length);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct tracker *tracker = parser->data;
    struct tracker_head *head = tracker->head;
    /* The head may be given back already; then these are trailers. */
    if (tracker->head_done)
        return 0;
    if (head->in_value) {
        head->in_value = false;
        head->field_length = 0;
    }
    append(head->field, &head->field_length, TRACKER_FIELD_MAX, at, length);
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct tracker *tracker = parser->data;
    struct tracker_head *head = tracker->head;
    if (tracker->head_done)
        return 0;
    head->in_value = true;
    if (head->field_length == strlen("user-agent") && strcasecmp(head->field, "user-agent") == 0)
        append(head->agent, &head->agent_length, TRACKER_AGENT_MAX, at, length);
    else if (head->field_length == strlen("expect") && strcasecmp(head->field, "expect") == 0)
        append(head->expect, &head->expect_length, TRACKER_FIELD_MAX, at, length);
    else if (head->field_length == strlen("x-amz-target") && strcasecmp(head->field, "x-amz-target") == 0)
        head->aws_json = true;
    return 0;
}

/* "http://host/path?query#x" to "/path". */
static void reduce_to_path(char *url)
{
    char *start = url;
    if (url[0] != '/') {
        char *host = strstr(url, "://");
        if (host) {
            start = strchr(host + 3, '/');
            if (!start) {
                memcpy(url, "/", 2);
                return;
            }
        }
    }
    size_t length = strcspn(start, "?#");
    memmove(url, start, length);
    url[length] = '\0';
}

static int on_request_head(llhttp_t *parser)
{
    struct tracker *tracker = parser->data;
    tracker->head_done = true;
    reduce_to_path(tracker->head->path);
    return 0;
}

/* What it returns tells the parser of bodies that do not follow: 1 no body, 2 another protocol. */
static int on_response_head(llhttp_t *parser)
{
    struct tracker *tracker = parser->data;
    tracker->head_done = true;
    int status = parser->status_code;
    if (status == 101 || (tracker->answers_connect && status / 100 == 2)) {
        parser->upgrade = 1;
        return 2;
    }
    bool bodyless = status / 100 == 1 || status == 204 || status == 304;
    return tracker->answers_head || bodyless ? 1 : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct tracker *tracker = parser->data;
    tracker->complete = true;
    /* An upgrade pauses the parser by itself. */
    return parser->upgrade ? 0 : HPE_PAUSED;
}

static const llhttp_settings_t request_settings = {
    .on_message_begin = on_request_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_request_head,
    .on_message_complete = on_message_complete,
};
static const llhttp_settings_t response_settings = {
    .on_message_begin = on_message_begin,
    .on_headers_complete = on_response_head,
    .on_message_complete = on_message_complete,
};

void tracker_init(struct tracker *tracker, bool response, struct tracker_pool *pool)
{
    memset(tracker, 0, sizeof *tracker);
    tracker->pool = pool;
    llhttp_init(&tracker->parser, response ? HTTP_RESPONSE : HTTP_REQUEST,
                response ? &response_settings : &request_settings);
    tracker->parser.data = tracker;
    /* It is the application that judges its requests; here only the borders matter. */
    llhttp_set_lenient_headers(&tracker->parser, 1);
    llhttp_set_lenient_keep_alive(&tracker->parser, 1);
    llhttp_set_lenient_chunked_length(&tracker->parser, 1);
}

struct tracker_result tracker_feed(struct tracker *tracker, const char *data, size_t length)
{
    struct tracker_result result = {.consumed = length};
    if (tracker->complete)
        tracker->complete = tracker->head_done = false;
    bool head_before = tracker->head_done;
    llhttp_errno_t rc = llhttp_execute(&tracker->parser, data, length);
    if (rc == HPE_PAUSED || rc == HPE_PAUSED_UPGRADE) {
        result.consumed = (size_t)(llhttp_get_error_pos(&tracker->parser) - data);
        result.upgrade = rc == HPE_PAUSED_UPGRADE;
        if (!result.upgrade)
            llhttp_resume(&tracker->parser);
    } else if (rc != HPE_OK) {
        result.failed = true;
        return result;
    }
    result.head = tracker->head_done && !head_before;
    result.complete = tracker->complete;
    return result;
}

bool tracker_finish(struct tracker *tracker)
{
    if (tracker->complete || !tracker->head_done)
        return false;
    llhttp_errno_t rc = llhttp_finish(&tracker->parser);
    return (rc == HPE_OK || rc == HPE_PAUSED) && tracker->complete;
}

void tracker_resume(struct tracker *tracker)
{
    llhttp_resume_after_upgrade(&tracker->parser);
}

bool tracker_expects_continue(const struct tracker *tracker)
{
    return strncasecmp(tracker->head->expect, "100-continue", 12) == 0;
}

const char *tracker_method(const struct tracker *tracker)
{
    return llhttp_method_name((llhttp_method_t)tracker->parser.method);
}

int tracker_status(const struct tracker *tracker)
{
    return tracker->parser.status_code;
}

bool tracker_is_informational(const struct tracker *tracker)
{
    return tracker->parser.status_code / 100 == 1 && tracker->parser.status_code != 101;
}

bool tracker_keeps_alive(const struct tracker *tracker)
{
    return llhttp_should_keep_alive(&tracker->parser) != 0;
}

bool tracker_is_http_1_0(const struct tracker *tracker)
{
    return tracker->parser.http_major == 1 && tracker->parser.http_minor == 0;
}
