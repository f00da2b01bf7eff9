#include "tests/aws/liar.h"
#include "tests/aws/testing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (4U << 20)

struct connection {
    struct liar *liar;
    int fd;
};

const char *liar_header(const struct liar_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return "";
}

static bool send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool liar_reply(const struct liar_request *request, int status, const char *type, const char *body)
{
    char head[256];
    int length =
        snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                 status, type, strlen(body));
    return send_all(request->fd, head, (size_t)length) && send_all(request->fd, body, strlen(body));
}

bool liar_reply_json(const struct liar_request *request, int status, const char *body)
{
    return liar_reply(request, status, "application/x-amz-json-1.1", body);
}

bool liar_reply_xml(const struct liar_request *request, int status, const char *body)
{
    return liar_reply(request, status, "text/xml", body);
}

bool liar_reply_raw(const struct liar_request *request, const char *bytes)
{
    send_all(request->fd, bytes, strlen(bytes));
    return false;
}

bool liar_hang(const struct liar_request *request)
{
    while (!atomic_load(&request->liar->stopping)) {
        struct pollfd poller = {.fd = request->fd, .events = POLLIN | POLLRDHUP};
        if (poll(&poller, 1, 20) > 0 && (poller.revents & (POLLRDHUP | POLLHUP | POLLERR)))
            break;
    }
    return false;
}

/* Splits the head in place. */
static void parse_head(struct liar_request *request)
{
    char *line_end = strstr(request->head, "\r\n");
    *line_end = '\0';
    char *rest = request->head;
    request->method = strsep(&rest, " ");
    request->path = strsep(&rest, " ");
    for (char *line = line_end + 2; *line && request->header_count < LIAR_HEADERS_MAX;) {
        char *end = strstr(line, "\r\n");
        if (!end)
            break;
        *end = '\0';
        char *colon = strchr(line, ':');
        if (colon) {
            *colon = '\0';
            request->headers[request->header_count].name = line;
            request->headers[request->header_count++].value = colon + 1 + strspn(colon + 1, " ");
        }
        line = end + 2;
    }
}

/* Reads one request into the buffer; false when the connection ends. */
static bool read_request(int fd, struct buf *in, struct liar_request *request)
{
    char block[16384];
    const char *end = NULL;
    size_t body_length = 0;
    for (;;) {
        end = strstr(buf_text(in), "\r\n\r\n");
        if (end) {
            const char *length = strcasestr(buf_text(in), "\r\nContent-Length:");
            body_length = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
            if (in->length >= (size_t)(end - in->data) + 4 + body_length)
                break;
        }
        ssize_t got = recv(fd, block, sizeof block, 0);
        if (got <= 0 || !buf_append(in, block, (size_t)got))
            return false;
    }
    size_t head_length = (size_t)(end - in->data) + 4;
    request->head = in->data;
    request->body = in->data + head_length;
    request->body_length = body_length;
    in->data[head_length - 2] = '\0';
    parse_head(request);
    return true;
}

static void *serve(void *argument)
{
    struct connection *connection = argument;
    struct liar *liar = connection->liar;
    int fd = connection->fd;
    struct buf in;
    free(connection);
    buf_init(&in, REQUEST_MAX);
    for (;;) {
        struct liar_request request = {.liar = liar, .fd = fd};
        buf_reset(&in);
        if (!read_request(fd, &in, &request))
            break;
        request.number = atomic_fetch_add(&liar->requests, 1) + 1;
        if (!liar->answer(liar->context, &request))
            break;
    }
    shutdown(fd, SHUT_RDWR);
    buf_free(&in);
    return NULL;
}

static void *accept_all(void *argument)
{
    struct liar *liar = argument;
    while (!atomic_load(&liar->stopping)) {
        int fd = accept4(liar->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            break;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* head and body are two sends */
        unsigned number = atomic_load(&liar->connections);
        struct connection *connection = malloc(sizeof *connection);
        if (number == LIAR_CONNECTIONS_MAX || !connection)
            abort();
        *connection = (struct connection){liar, fd};
        pthread_mutex_lock(&liar->lock);
        liar->fds[number] = fd;
        atomic_store(&liar->connections, number + 1);
        if (pthread_create(&liar->threads[number], NULL, serve, connection) != 0)
            abort();
        pthread_mutex_unlock(&liar->lock);
    }
    return NULL;
}

void liar_start(struct liar *liar, liar_answer *answer, void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    memset(liar, 0, sizeof *liar);
    liar->answer = answer;
    liar->context = context;
    liar->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(liar->fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(liar->fd, 64), 0);
    assert_int_equal(getsockname(liar->fd, (struct sockaddr *)&address, &size), 0);
    liar->port = ntohs(address.sin_port);
    snprintf(liar->url, sizeof liar->url, "http://127.0.0.1:%d", liar->port);
    pthread_mutex_init(&liar->lock, NULL);
    assert_int_equal(pthread_create(&liar->thread, NULL, accept_all, liar), 0);
}

void liar_stop(struct liar *liar)
{
    atomic_store(&liar->stopping, true);
    shutdown(liar->fd, SHUT_RDWR);
    pthread_join(liar->thread, NULL);
    close(liar->fd);
    for (unsigned i = 0; i < atomic_load(&liar->connections); i++) {
        shutdown(liar->fds[i], SHUT_RDWR);
        pthread_join(liar->threads[i], NULL);
        close(liar->fds[i]);
    }
    pthread_mutex_destroy(&liar->lock);
}
