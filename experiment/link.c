#include "experiment/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"

#define RETRY_MS 300
#define SILENCE_MS 3000 /* no frame for that long on an open link: it is lost */
#define UNSENT_MAX 262144
#define READ_MAX 65536

struct link {
    uv_loop_t *loop;
    uv_tcp_t socket;
    uv_timer_t timer; /* the next try, or the watch over silence */
    uv_connect_t connecting;
    bool socket_open; /* the handle is initialised and not closed */
    bool closing;
    int handles;       /* that libuv still holds */
    link_where *where; /* NULL: always to `place` */
    void *where_context;
    struct link_place place;
    int interval_ms;
    enum link_state state;
    char problem[128];
    char capabilities[STATS_TEXT_MAX];
    int64_t heard_ms;
    struct tls_context *tls_context; /* NULL: plain text */
    struct tls *tls;                 /* of the socket that is open */
    bool turned_away;
    struct link_handlers handlers;
    struct line_reader reader;
    char *read_buffer;
};

struct sending {
    uv_write_t request;
    struct buf text;
};

static void try_to_connect(struct link *link);

static void free_when_let_go(struct link *link)
{
    if (!link->closing || link->handles > 0)
        return;
    line_reader_free(&link->reader);
    free(link->read_buffer);
    free(link);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    link->handles--;
    free_when_let_go(link);
}

static void set_state(struct link *link, enum link_state state, const char *problem)
{
    bool changed = link->state != state || strcmp(link->problem, problem) != 0;
    link->state = state;
    snprintf(link->problem, sizeof link->problem, "%s", problem);
    if (changed && !link->closing)
        link->handlers.changed(link->handlers.context, link);
}

static void on_retry(uv_timer_t *timer)
{
    try_to_connect(timer->data);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    link->handles--;
    tls_free(link->tls); /* not before: a loss may be found while it is being read */
    link->tls = NULL;
    if (!link->closing)
        uv_timer_start(&link->timer, on_retry, RETRY_MS, 0);
    free_when_let_go(link);
}

static void lose(struct link *link, const char *why)
{
    if (!link->socket_open)
        return;
    link->socket_open = false;
    uv_timer_stop(&link->timer);
    uv_close((uv_handle_t *)&link->socket, on_socket_closed);
    set_state(link, LINK_LOST, why);
}

static void on_silence(uv_timer_t *timer)
{
    lose(timer->data, "it is silent");
}

static void on_written(uv_write_t *request, int status)
{
    struct sending *sending = (struct sending *)request;
    struct link *link = request->data;
    buf_free(&sending->text);
    free(sending);
    if (status < 0 && status != UV_ECANCELED)
        lose(link, uv_strerror(status));
}

/* Takes the buffer's memory. */
static bool write_bytes(struct link *link, struct buf *bytes)
{
    struct sending *sending = calloc(1, sizeof *sending);
    if (sending == NULL) {
        buf_free(bytes);
        return false;
    }
    sending->text = *bytes;
    sending->request.data = link;
    buf_init(bytes, bytes->maximum);
    uv_buf_t buffer = uv_buf_init(sending->text.data, (unsigned)sending->text.length);
    int status = uv_write(&sending->request, (uv_stream_t *)&link->socket, &buffer, 1, on_written);
    if (status < 0) {
        buf_free(&sending->text);
        free(sending);
        lose(link, uv_strerror(status));
        return false;
    }
    return true;
}

/* What TLS has to say. */
static bool flush(struct link *link)
{
    struct buf bytes;
    buf_init(&bytes, UNSENT_MAX);
    if (tls_take(link->tls, &bytes) && (bytes.length == 0 || write_bytes(link, &bytes)))
        return true;
    buf_free(&bytes);
    return false;
}

static bool send_request(struct link *link, const struct stats_request *request)
{
    struct buf text;
    if (!link->socket_open || uv_stream_get_write_queue_size((uv_stream_t *)&link->socket) > UNSENT_MAX)
        return false;
    buf_init(&text, STATS_REQUEST_MAX);
    bool sent = stats_request_print(request, &text);
    if (link->tls != NULL)
        sent = sent && tls_send(link->tls, text.data, text.length) && flush(link);
    else
        sent = sent && write_bytes(link, &text);
    buf_free(&text);
    return sent;
}

bool link_send(struct link *link, const struct stats_request *request)
{
    return link->state == LINK_READY && send_request(link, request);
}

static void take_frame(struct link *link, const struct stats_frame *frame)
{
    const struct link_handlers *handlers = &link->handlers;
    switch (frame->type) {
    case STATS_FRAME_HELLO:
        memcpy(link->capabilities, frame->hello.capabilities, sizeof link->capabilities);
        set_state(link, LINK_READY, "");
        break;
    case STATS_FRAME_STATS:
        handlers->sample(handlers->context, link, &frame->sample);
        break;
    case STATS_FRAME_ACK:
        handlers->ack(handlers->context, link, &frame->ack);
        break;
    case STATS_FRAME_ERROR:
        handlers->problem(handlers->context, link, &frame->problem);
        break;
    }
}

static bool on_line(void *context, char *line, size_t length)
{
    struct link *link = context;
    struct error error;
    if (!stats_frame_parse(link->handlers.scratch, line, length, &error)) {
        lose(link, "it does not speak the stats protocol");
        return false;
    }
    link->heard_ms = clock_epoch_ms();
    take_frame(link, link->handlers.scratch);
    return link->socket_open;
}

static bool on_long_line(void *context)
{
    lose(context, "it sent a line that is too long");
    return false;
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct link *link = handle->data;
    *buffer = uv_buf_init(link->read_buffer, READ_MAX);
}

static bool on_plain(void *context, const char *data, size_t length)
{
    struct link *link = context;
    line_reader_feed(&link->reader, data, length, on_line, on_long_line, link);
    return link->socket_open;
}

static void greet(struct link *link)
{
    const struct stats_request hello = {.op = STATS_HELLO};
    const struct stats_request subscribe = {.op = STATS_SUBSCRIBE, .interval_ms = link->interval_ms};
    if (send_request(link, &hello))
        send_request(link, &subscribe);
}

/* The server says whether it takes our key only after we are done: then hello is not answered, but an alert
 * comes. */
static void receive_tls(struct link *link, const char *data, size_t length)
{
    char why[sizeof link->problem];
    bool shaking = tls_state(link->tls) == TLS_SHAKING;
    enum tls_state state = tls_receive(link->tls, data, length, on_plain, link);
    if (!link->socket_open)
        return;
    bool flushed = flush(link);
    if (!link->socket_open)
        return;
    link->turned_away = tls_turned_away(link->tls);
    if (state == TLS_FAILED) {
        snprintf(why, sizeof why, "it %.120s", tls_problem(link->tls));
        lose(link, why);
    } else if (state == TLS_ENDED) {
        lose(link, "it closed the connection");
    } else if (!flushed) {
        lose(link, "out of memory");
    } else if (shaking && state == TLS_OPEN) {
        greet(link);
    }
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct link *link = stream->data;
    if (length < 0) {
        lose(link, length == UV_EOF ? "it closed the connection" : uv_strerror((int)length));
        return;
    }
    if (length == 0)
        return;
    uv_timer_start(&link->timer, on_silence, SILENCE_MS, 0);
    if (link->tls != NULL)
        receive_tls(link, buffer->base, (size_t)length);
    else
        on_plain(link, buffer->base, (size_t)length);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct link *link = request->data;
    if (!link->socket_open)
        return;
    if (status < 0) {
        lose(link, uv_strerror(status));
        return;
    }
    uv_tcp_nodelay(&link->socket, 1);
    line_reader_free(&link->reader);
    line_reader_init(&link->reader, STATS_FRAME_MAX);
    uv_read_start((uv_stream_t *)&link->socket, on_allocate, on_read);
    uv_timer_start(&link->timer, on_silence, SILENCE_MS, 0);
    if (link->tls_context == NULL)
        greet(link);
    else if ((link->tls = tls_new(link->tls_context)) == NULL)
        lose(link, "out of memory");
    else
        receive_tls(link, "", 0);
}

static void try_to_connect(struct link *link)
{
    struct sockaddr_storage to;
    struct link_place *place = &link->place;
    if (link->where != NULL && !link->where(link->where_context, place)) {
        uv_timer_start(&link->timer, on_retry, RETRY_MS, 0);
        set_state(link, place->problem[0] == '\0' ? LINK_CONNECTING : LINK_LOST, place->problem);
        return;
    }
    if (uv_ip4_addr(place->address, place->port, (struct sockaddr_in *)&to) != 0 &&
        uv_ip6_addr(place->address, place->port, (struct sockaddr_in6 *)&to) != 0)
        return;
    uv_tcp_init(link->loop, &link->socket);
    link->socket.data = link;
    link->handles++;
    link->socket_open = true;
    link->connecting.data = link;
    int status = uv_tcp_connect(&link->connecting, &link->socket, (struct sockaddr *)&to, on_connected);
    if (status < 0)
        lose(link, uv_strerror(status));
    else
        uv_timer_start(&link->timer, on_silence, SILENCE_MS, 0);
}

static struct link *open_link(uv_loop_t *loop, int interval_ms, struct tls_context *tls,
                              const struct link_handlers *handlers, struct error *error)
{
    struct link *link = calloc(1, sizeof *link);
    char *read_buffer = malloc(READ_MAX);
    if (link == NULL || read_buffer == NULL) {
        free(link);
        free(read_buffer);
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    link->loop = loop;
    link->handlers = *handlers;
    link->tls_context = tls;
    link->read_buffer = read_buffer;
    link->interval_ms = interval_ms;
    line_reader_init(&link->reader, STATS_FRAME_MAX);
    uv_timer_init(loop, &link->timer);
    link->timer.data = link;
    link->handles = 1;
    uv_timer_start(&link->timer, on_retry, 0,
                   0); /* a connect that fails at once must find the caller ready */
    return link;
}

struct link *link_open(uv_loop_t *loop, const char *address, int port, int interval_ms,
                       struct tls_context *tls, const struct link_handlers *handlers, struct error *error)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    if (port <= 0 || port > 65535 ||
        (uv_ip4_addr(address, port, &four) != 0 && uv_ip6_addr(address, port, &six) != 0)) {
        error_set(error, ERROR_INVALID, "%.60s:%d is not an address", address, port);
        return NULL;
    }
    struct link *link = open_link(loop, interval_ms, tls, handlers, error);
    if (link != NULL) {
        snprintf(link->place.address, sizeof link->place.address, "%s", address);
        link->place.port = port;
    }
    return link;
}

struct link *link_open_through(uv_loop_t *loop, link_where *where, void *context, int interval_ms,
                               struct tls_context *tls, const struct link_handlers *handlers,
                               struct error *error)
{
    struct link *link = open_link(loop, interval_ms, tls, handlers, error);
    if (link != NULL) {
        link->where = where;
        link->where_context = context;
    }
    return link;
}

void link_close(struct link *link)
{
    if (link == NULL || link->closing)
        return;
    link->closing = true;
    if (link->socket_open) {
        link->socket_open = false;
        uv_close((uv_handle_t *)&link->socket, on_socket_closed);
    }
    uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}

enum link_state link_state(const struct link *link)
{
    return link->state;
}

const char *link_problem(const struct link *link)
{
    return link->problem;
}

bool link_is_turned_away(const struct link *link)
{
    return link->turned_away && link->state == LINK_LOST;
}

int64_t link_heard_ms(const struct link *link)
{
    return link->heard_ms;
}

bool link_can(const struct link *link, const char *capability)
{
    size_t length = strlen(capability);
    for (const char *at = link->capabilities; (at = strstr(at, capability)) != NULL; at += length)
        if ((at == link->capabilities || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}
