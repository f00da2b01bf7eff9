#include "tests/sandbox/test_balancer_stub.h"

#include "core/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_S 15

struct served {
    struct stub *stub;
    int fd;
    struct http_reader reader;
    char path[256];
    uint64_t length, hash;
    unsigned count;
    bool check, done;
};

uint64_t stub_hash(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    return hash;
}

char stub_pattern(size_t at)
{
    return (char)('a' + at * 7 % 23 + at / 1000 % 3);
}

static bool send_all(int fd, const void *data, size_t length)
{
    const char *from = data;
    while (length > 0) {
        ssize_t sent = send(fd, from, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        from += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool say(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

static bool say_body(int fd, const char *status, const char *body, const char *more)
{
    char text[8192];
    snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), more,
             body);
    return say(fd, text);
}

static bool say_pattern(int fd, size_t length, bool chunked)
{
    char piece[10000];
    for (size_t at = 0; at < length;) {
        size_t n = length - at < sizeof piece ? length - at : sizeof piece;
        char size[20];
        for (size_t i = 0; i < n; i++)
            piece[i] = stub_pattern(at + i);
        snprintf(size, sizeof size, "%zx\r\n", n);
        if ((chunked && !say(fd, size)) || !send_all(fd, piece, n) || (chunked && !say(fd, "\r\n")))
            return false;
        at += n;
    }
    return !chunked || say(fd, "0\r\n\r\n");
}

static bool say_head(struct served *served)
{
    struct buf out;
    const struct http_head *head = &served->reader.head;
    buf_init(&out, 65536);
    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *field = &head->fields[i];
        buf_printf(&out, "%.*s=%.*s;", (int)field->name_length, head->text.data + field->name,
                   (int)field->value_length, head->text.data + field->value);
    }
    bool done = say_body(served->fd, "200 OK", buf_text(&out), "Keep-Alive: timeout=5\r\nX-Kept: yes\r\n");
    buf_free(&out);
    return done;
}

static bool say_echo(struct served *served)
{
    char text[64];
    snprintf(text, sizeof text, "%llu %llx", (unsigned long long)served->length,
             (unsigned long long)served->hash);
    return say_body(served->fd, "200 OK", text, "");
}

static bool echo_bytes(struct served *served)
{
    char data[4096];
    say(served->fd,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: mirror\r\n\r\nhello ");
    for (;;) {
        ssize_t length = recv(served->fd, data, sizeof data, 0);
        if (length <= 0 || !send_all(served->fd, data, (size_t)length))
            return false;
    }
}

static bool say_sized(struct served *served, const char *kind, size_t length)
{
    char head[128];
    if (strcmp(kind, "/chunked") == 0)
        return say(served->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") &&
               say_pattern(served->fd, length, true);
    if (strcmp(kind, "/end") == 0) {
        if (say(served->fd, "HTTP/1.1 200 OK\r\n\r\n"))
            say_pattern(served->fd, length, false);
        return false;
    }
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
    if (!say(served->fd, head))
        return false;
    return served->reader.head.method == HTTP_HEAD || say_pattern(served->fd, length, false);
}

static bool serve_check(struct served *served)
{
    int status = atomic_load(&served->stub->health);
    char line[64];
    atomic_fetch_add(&served->stub->checks, 1);
    if (status == 0)
        return true;
    snprintf(line, sizeof line, "%d X", status);
    return say_body(served->fd, line, "checked", "");
}

/* False: the connection closes. */
static bool serve(struct served *served)
{
    int fd = served->fd;
    char *path = served->path;
    size_t number = 0;
    if (served->check)
        return serve_check(served);
    if (served->count++ == 0)
        atomic_fetch_add(&served->stub->connections, 1);
    else if (atomic_load(&served->stub->drop_reused) > 0) {
        atomic_fetch_sub(&served->stub->drop_reused, 1);
        return false;
    }
    atomic_fetch_add(&served->stub->requests, 1);
    char *query = strchr(path, '?');
    if (query != NULL) {
        *query = '\0';
        number = strtoul(query + 1, NULL, 10);
    }
    if (strcmp(path, "/echo") == 0 || strcmp(path, "/continue") == 0)
        return say_echo(served);
    if (strcmp(path, "/head") == 0)
        return say_head(served);
    if (strcmp(path, "/length") == 0 || strcmp(path, "/chunked") == 0 || strcmp(path, "/end") == 0)
        return say_sized(served, path, number);
    if (strcmp(path, "/slow") == 0)
        clock_sleep_ms((int64_t)number);
    if (strcmp(path, "/half") == 0)
        return !say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789");
    if (strcmp(path, "/garbage") == 0)
        return say(fd, "I am a teapot, short and stout\r\n\r\n");
    if (strcmp(path, "/silent") == 0)
        return true;
    if (strcmp(path, "/204") == 0)
        return say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    if (strcmp(path, "/304") == 0)
        return say(fd, "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n");
    if (strcmp(path, "/close") == 0)
        return !say_body(fd, "200 OK", "bye", "Connection: close\r\n");
    if (strcmp(path, "/fail") == 0 ||
        (strcmp(path, "/flaky") == 0 && atomic_load(&served->stub->requests) % 2 == 1))
        return say_body(fd, "503 Busy", "busy", "");
    if (strcmp(path, "/injected") == 0)
        return say_body(fd, "503 Fault", "fault", "X-Shaketable-Injected: error\r\n");
    if (strcmp(path, "/switch") == 0)
        return echo_bytes(served);
    return say_body(fd, "200 OK", served->stub->name, "");
}

static bool on_request_head(void *context, const struct http_head *head)
{
    struct served *served = context;
    const struct http_field *agent = http_head_find(head, "user-agent");
    served->check =
        agent != NULL && strncmp(head->text.data + agent->value, "ELB-HealthChecker/2.0", 21) == 0;
    snprintf(served->path, sizeof served->path, "%.*s", (int)head->target_length, head->text.data);
    served->length = 0;
    served->hash = STUB_HASH;
    if (strcmp(served->path, "/continue") == 0)
        say(served->fd, "HTTP/1.1 100 Continue\r\n\r\n");
    if (strcmp(served->path, "/early") == 0)
        say_body(served->fd, "413 Too Large", "no", "Connection: close\r\n");
    served->done = strcmp(served->path, "/early") == 0;
    return true;
}

static void on_request_body(void *context, const char *data, size_t length)
{
    struct served *served = context;
    served->hash = stub_hash(served->hash, data, length);
    served->length += length;
}

static const struct http_events request_events = {.head = on_request_head, .body = on_request_body};

static void *serve_connection(void *context)
{
    struct served *served = context;
    char data[65536];
    bool open = true;
    http_reader_init(&served->reader, HTTP_REQUEST, &request_events, served);
    while (open && !served->done) {
        ssize_t length = recv(served->fd, data, sizeof data, 0);
        size_t at = 0;
        if (length <= 0)
            break;
        while (open && !served->done && at < (size_t)length) {
            size_t used = 0;
            enum http_result result =
                http_reader_feed(&served->reader, data + at, (size_t)length - at, &used);
            at += used;
            if (result == HTTP_BROKEN)
                open = false;
            else if (result != HTTP_MORE)
                open = serve(served);
        }
    }
    shutdown(served->fd, SHUT_WR);
    while (served->done && recv(served->fd, data, sizeof data, 0) > 0)
        continue;
    shutdown(served->fd, SHUT_RDWR);
    http_reader_free(&served->reader);
    free(served);
    return NULL;
}

static void *accept_all(void *context)
{
    struct stub *stub = context;
    for (;;) {
        int fd = accept(stub->fd, NULL, NULL);
        if (fd < 0 || atomic_load(&stub->stopping)) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct served *served = calloc(1, sizeof *served);
        served->stub = stub;
        served->fd = fd;
        pthread_mutex_lock(&stub->mutex);
        if (stub->count == STUB_THREADS_MAX)
            abort();
        stub->fds[stub->count] = fd;
        pthread_create(&stub->threads[stub->count++], NULL, serve_connection, served);
        pthread_mutex_unlock(&stub->mutex);
    }
}

void stub_start(struct stub *stub, const char *name, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t length = sizeof at;
    int yes = 1;
    memset(stub, 0, sizeof *stub);
    stub->name = name;
    atomic_store(&stub->health, 200);
    pthread_mutex_init(&stub->mutex, NULL);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    stub->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(stub->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(stub->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(stub->fd, 128) != 0 ||
        getsockname(stub->fd, (struct sockaddr *)&at, &length) != 0) {
        perror("stub");
        abort();
    }
    stub->port = ntohs(at.sin_port);
    pthread_create(&stub->accepter, NULL, accept_all, stub);
}

void stub_stop(struct stub *stub)
{
    atomic_store(&stub->stopping, true);
    shutdown(stub->fd, SHUT_RDWR);
    pthread_join(stub->accepter, NULL);
    close(stub->fd);
    for (size_t i = 0; i < stub->count; i++) {
        shutdown(stub->fds[i], SHUT_RDWR);
        pthread_join(stub->threads[i], NULL);
        close(stub->fds[i]);
    }
    pthread_mutex_destroy(&stub->mutex);
}

static bool on_response_head(void *context, const struct http_head *head)
{
    struct visitor *visitor = context;
    (void)head;
    buf_reset(&visitor->body);
    visitor->length = 0;
    visitor->hash = STUB_HASH;
    return !visitor->head_only;
}

static void on_response_body(void *context, const char *data, size_t length)
{
    struct visitor *visitor = context;
    if (visitor->body.length + length <= visitor->body.maximum)
        buf_append(&visitor->body, data, length);
    visitor->hash = stub_hash(visitor->hash, data, length);
    visitor->length += length;
}

static const struct http_events response_events = {.head = on_response_head, .body = on_response_body};

void visitor_open(struct visitor *visitor, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int yes = 1;
    memset(visitor, 0, sizeof *visitor);
    buf_init(&visitor->body, 16384);
    http_reader_init(&visitor->reader, HTTP_RESPONSE, &response_events, visitor);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    visitor->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(visitor->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(visitor->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(visitor->fd, (struct sockaddr *)&at, sizeof at) != 0) {
        perror("visitor");
        abort();
    }
}

void visitor_close(struct visitor *visitor)
{
    close(visitor->fd);
    http_reader_free(&visitor->reader);
    buf_free(&visitor->body);
}

bool visitor_send(struct visitor *visitor, const void *data, size_t length)
{
    return send_all(visitor->fd, data, length);
}

void visitor_say(struct visitor *visitor, const char *text)
{
    say(visitor->fd, text);
}

int visitor_hear(struct visitor *visitor)
{
    for (;;) {
        while (visitor->from < visitor->to) {
            size_t used = 0;
            enum http_result result = http_reader_feed(&visitor->reader, visitor->data + visitor->from,
                                                       visitor->to - visitor->from, &used);
            visitor->from += used;
            if (result == HTTP_BROKEN)
                return -1;
            if (result != HTTP_MORE)
                return (int)visitor->reader.head.status;
        }
        if (visitor->slow_us > 0)
            usleep((unsigned)visitor->slow_us);
        ssize_t length = recv(visitor->fd, visitor->data, sizeof visitor->data, 0);
        if (length <= 0)
            return http_reader_finish(&visitor->reader) == HTTP_DONE ? (int)visitor->reader.head.status : 0;
        visitor->from = 0;
        visitor->to = (size_t)length;
    }
}

bool visitor_sees_end(struct visitor *visitor)
{
    struct pollfd wait = {.fd = visitor->fd, .events = POLLIN};
    char data[256];
    return visitor->from == visitor->to && poll(&wait, 1, 2000) == 1 &&
           recv(visitor->fd, data, sizeof data, 0) <= 0;
}

const char *visitor_header(struct visitor *visitor, const char *name)
{
    static _Thread_local char value[1024];
    const struct http_head *head = &visitor->reader.head;
    const struct http_field *field = http_head_find(head, name);
    if (field == NULL)
        return "";
    snprintf(value, sizeof value, "%.*s", (int)field->value_length, head->text.data + field->value);
    return value;
}

int visitor_get(struct visitor *visitor, const char *path)
{
    char text[512];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path);
    visitor_say(visitor, text);
    return visitor_hear(visitor);
}
