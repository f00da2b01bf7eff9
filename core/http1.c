#include "core/http1.h"

#include "core/clock.h"

#include <string.h>
#include <strings.h>

#define PIECE_MAX 16384    /* bytes of one read */
#define TOGETHER_MAX 16384 /* a body up to this goes out in one piece with its head */

/* One exchange; the reader's events come with it. */
struct exchange {
    struct dial *dial;
    const struct http1_request *request;
    const struct http1_sink *sink;
    struct http1_answer *answer;
    struct http_reader reader;
    uint64_t begun_us, read_us; /* read_us: when the last piece came */
    uint64_t message_us;        /* when the first byte of the present message came; 0: it has not */
    size_t heard;               /* bytes, until the answer's head is whole */
    int interim;
    bool headed, ended; /* the answer's head, and all of it */
    bool stopped;       /* by the sink */
    const char *problem;
};

static int64_t passed_us(const struct exchange *exchange, uint64_t at_us)
{
    int64_t us = (int64_t)(at_us - exchange->begun_us);
    return us > 0 ? us : 1; /* 0 means never */
}

/* ── the request ─────────────────────────────────────────────────────────────────────────── */

static bool is_writable(const char *text, const char *forbidden)
{
    return strpbrk(text, forbidden) == NULL;
}

static bool write_head(const struct http1_request *request, struct buf *out, struct error *error)
{
    bool has_length = false;
    bool fits = request->method[0] != '\0' && request->target[0] != '\0' &&
                is_writable(request->method, "\r\n \t") && is_writable(request->target, "\r\n \t");
    buf_printf(out, "%s %s HTTP/1.1\r\n", request->method, request->target);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http1_header *header = &request->headers[i];
        fits = fits && is_writable(header->name, "\r\n :") && is_writable(header->value, "\r\n");
        has_length = has_length || strcasecmp(header->name, "Content-Length") == 0;
        buf_printf(out, "%s: %s\r\n", header->name, header->value);
    }
    if (request->body_length > 0 && !has_length)
        buf_printf(out, "Content-Length: %zu\r\n", request->body_length);
    buf_append_text(out, "\r\n");
    if (!fits || out->failed)
        return error_set(error, ERROR_INVALID, "the request %.16s %.64s cannot be written down",
                         request->method, request->target);
    return true;
}

static bool send_request(struct exchange *exchange, int timeout_ms, struct error *error)
{
    const struct http1_request *request = exchange->request;
    struct buf out;
    buf_init(&out, HTTP1_REQUEST_HEAD_MAX + TOGETHER_MAX);
    bool done = write_head(request, &out, error);
    uint64_t at_us = clock_us(); /* what fits into one piece is on its way at once, before send() returns */
    bool together =
        request->body_length <= TOGETHER_MAX && buf_append(&out, request->body, request->body_length);
    done = done && dial_write(exchange->dial, out.data, out.length, timeout_ms, error);
    if (done && !together) {
        done = dial_write(exchange->dial, request->body, request->body_length, timeout_ms, error);
        at_us = clock_us();
    }
    buf_free(&out);
    if (done)
        exchange->answer->sent_us = passed_us(exchange, at_us);
    return done;
}

/* ── the answer ──────────────────────────────────────────────────────────────────────────── */

static bool keep_head(struct http1_answer *answer, const struct http_head *head)
{
    const char *text = buf_text(&head->text);
    size_t names[HTTP1_HEADERS_MAX], values[HTTP1_HEADERS_MAX];
    answer->status = (int)head->status;
    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *field = &head->fields[i];
        names[i] = answer->head.length;
        buf_append(&answer->head, text + field->name, field->name_length);
        buf_append_char(&answer->head, '\0');
        values[i] = answer->head.length;
        buf_append(&answer->head, text + field->value, field->value_length);
        buf_append_char(&answer->head, '\0');
    }
    if (answer->head.failed)
        return false;
    answer->header_count = head->count;
    for (size_t i = 0; i < head->count; i++) /* the buffer moves no more */
        answer->headers[i] = (struct http1_header){.name = answer->head.data + names[i],
                                                   .value = answer->head.data + values[i]};
    return true;
}

static bool on_head(void *context, const struct http_head *head)
{
    struct exchange *exchange = context;
    struct http1_answer *answer = exchange->answer;
    if (head->status < 200)
        return false;
    answer->first_byte_us = passed_us(exchange, exchange->message_us);
    exchange->headed = true;
    if (!keep_head(answer, head))
        exchange->problem = "no memory for its head";
    else if (exchange->sink != NULL && !exchange->sink->head(exchange->sink->context, answer))
        exchange->stopped = true;
    return strcmp(exchange->request->method, "HEAD") != 0;
}

static void on_body(void *context, const char *data, size_t length)
{
    struct exchange *exchange = context;
    if (exchange->stopped || exchange->problem != NULL)
        return;
    if (exchange->sink != NULL)
        exchange->stopped = !exchange->sink->body(exchange->sink->context, data, length);
    else if (!buf_append(&exchange->answer->body, data, length))
        exchange->problem = "its body is too large";
}

static const struct http_events events = {.head = on_head, .body = on_body};

/* Behind one message: an informational one, or the answer. */
static void end_message(struct exchange *exchange, size_t left)
{
    if (!exchange->headed) {
        if (++exchange->interim > HTTP1_INTERIM_MAX)
            exchange->problem = "it only says that it will answer";
        exchange->message_us = 0;
        return;
    }
    exchange->answer->total_us = passed_us(exchange, exchange->read_us);
    exchange->answer->keeps_alive = exchange->reader.head.keep_alive && left == 0;
    exchange->ended = true;
}

static void take_piece(struct exchange *exchange, const char *data, size_t length)
{
    exchange->read_us = clock_us();
    while (length > 0 && exchange->problem == NULL && !exchange->stopped && !exchange->ended) {
        size_t used = 0;
        if (exchange->message_us == 0)
            exchange->message_us = exchange->read_us;
        enum http_result result = http_reader_feed(&exchange->reader, data, length, &used);
        if (!exchange->headed)
            exchange->heard += used;
        data += used;
        length -= used;
        if (result == HTTP_DONE)
            end_message(exchange, length);
        else if (result == HTTP_SWITCHED)
            exchange->problem = "it switches to a protocol that nobody asked for";
        else if (result == HTTP_BROKEN && exchange->problem == NULL)
            exchange->problem = exchange->headed ? "its answer is broken HTTP" : "its answer is no HTTP";
        else if (!exchange->headed && exchange->heard > HTTP1_HEAD_MAX)
            exchange->problem = "its answer's head has no end";
    }
}

/* The other side has ended: for some answers that is their end. */
static void take_end(struct exchange *exchange)
{
    if (http_reader_finish(&exchange->reader) == HTTP_DONE && exchange->headed) {
        end_message(exchange, 0);
        exchange->answer->keeps_alive = false;
        exchange->answer->total_us = passed_us(exchange, clock_us());
    } else {
        exchange->problem = "";
    }
}

static bool read_answer(struct exchange *exchange, int timeout_ms, struct error *error)
{
    char piece[PIECE_MAX];
    const char *peer = dial_peer(exchange->dial);
    while (!exchange->ended) {
        ssize_t got = dial_read(exchange->dial, piece, sizeof piece, timeout_ms, error);
        if (got < 0)
            return false;
        if (got > 0)
            take_piece(exchange, piece, (size_t)got);
        else
            take_end(exchange);
        if (exchange->stopped)
            return error_set(error, ERROR_CANCELED, "%s: the answer is not wanted any more", peer);
        if (exchange->problem != NULL && exchange->problem[0] == '\0')
            return error_set(error, ERROR_NETWORK, "%s: closed the connection %s", peer,
                             exchange->headed ? "in the middle of its answer" : "without an answer");
        if (exchange->problem != NULL)
            return error_set(error, ERROR_INVALID, "%s: %s", peer, exchange->problem);
    }
    return true;
}

bool http1_exchange(struct dial *dial, const struct http1_request *request, int read_timeout_ms,
                    const struct http1_sink *sink, struct http1_answer *answer, struct error *error)
{
    struct exchange exchange = {
        .dial = dial, .request = request, .sink = sink, .answer = answer, .begun_us = clock_us()};
    struct error unsent = {.code = ERROR_NONE};
    *answer = (struct http1_answer){.status = 0};
    buf_init(&answer->head, HTTP1_HEAD_MAX + 2 * HTTP1_HEADERS_MAX);
    buf_init(&answer->body, HTTP1_BODY_MAX);
    bool sent = send_request(&exchange, read_timeout_ms, &unsent);
    if (!sent && unsent.code != ERROR_NETWORK) {
        if (error != NULL)
            *error = unsent;
        return false;
    }
    http_reader_init(&exchange.reader, HTTP_RESPONSE, &events, &exchange);
    bool answered = read_answer(&exchange, read_timeout_ms, error);
    http_reader_free(&exchange.reader);
    if (!sent)
        answer->keeps_alive = false;
    if (!sent && !answered && error != NULL && error->code != ERROR_CANCELED)
        *error = unsent; /* what it did with the request is why there is no answer */
    return answered;
}

void http1_answer_free(struct http1_answer *answer)
{
    buf_free(&answer->head);
    buf_free(&answer->body);
    answer->header_count = 0;
}

const char *http1_header_find(const struct http1_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcasecmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    return NULL;
}
