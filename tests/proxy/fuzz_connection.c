/*
 * A whole connection: the input is a script that plays the client, the upstream and the console, with bytes
 * of its own and well-formed messages, ends, resets and changes of the faults in any order. Afterwards, with
 * the faults cleared and both sides gone, nothing of it may be left.
 */
#include "core/clock.h"
#include "core/error.h"
#include "proxy/connection.h"
#include "tests/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURNS_A_STEP 4
#define CONNECTION_PATIENCE_NS UINT64_C(5000000000)

static const char *const requests[] = {
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
    "HEAD /c HTTP/1.1\r\nX-Canary: 1\r\n\r\n",
    "POST /d HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "CONNECT x:1 HTTP/1.1\r\n\r\n",
    "GET /old HTTP/1.0\r\n\r\n",
    "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nConnection: close\r\n\r\n",
    "GET /h HTTP/1.1\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\0opaque",
};
static const char *const responses[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "\0opaque",
};
static const char *const faults[] = {
    "{\"latency\":{\"mean_ms\":0.2,\"jitter_ms\":0.1}}",
    "{\"latency\":{\"mean_ms\":60000},\"scope\":{\"direction\":\"both\"}}",
    "{\"latency\":{\"mean_ms\":60000},\"scope\":{\"direction\":\"request\",\"percent\":50}}",
    "{\"loss\":{\"percent\":50,\"burst\":3}}",
    "{\"error\":{\"percent\":50,\"status\":503,\"body\":\"no\",\"headers\":[\"Retry-After: 5\"]}}",
    "{\"error\":{\"percent\":100},\"latency\":{\"mean_ms\":0.1}}",
    "{\"reset\":{\"percent\":100}}",
    "{\"reset\":{\"percent\":100,\"at\":\"response\"}}",
    "{\"blackhole\":{\"percent\":100}}",
    "{\"blackhole\":{\"percent\":100,\"per\":\"connection\"}}",
    "{\"bandwidth\":{\"bytes_per_s\":1000}}",
    "{\"bandwidth\":{\"total_bytes_per_s\":100}}",
    "{\"slow_close\":{\"delay_ms\":10000}}",
    "{\"slice\":{\"bytes\":3,\"delay_ms\":0.1}}",
    "{\"limit\":{\"bytes\":20}}",
    "{\"error\":{\"percent\":100},\"scope\":{\"path\":\"/a*\",\"header\":\"X-Canary: *\"}}",
    "{\"latency\":{\"mean_ms\":50},\"schedule\":{\"start_ms\":1,\"ramp_ms\":5,\"duration_ms\":9}}",
};
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct stage {
    struct worker worker;
    struct mailbox control;
    struct upstream upstream;
    struct bucket totals[LANES];
    int listener; /* of the upstream */
    struct worker_message change;
    int client;
    int application;
};
struct script {
    const uint8_t *data;
    size_t size;
};

static void on_answer(void *context, struct message *message)
{
    (void)context;
    (void)message;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_connection: %s\n", what);
    abort();
}

static int bind_loopback(struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    socklen_t size = sizeof *v4;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(fd >= 0 && bind(fd, (struct sockaddr *)v4, size) == 0 &&
             getsockname(fd, (struct sockaddr *)v4, &size) == 0,
         "no socket");
    return fd;
}

/* Once for all inputs: what one leaves behind would show in the next. */
static struct stage *stage_of_all(void)
{
    static struct stage stage;
    struct sockaddr_storage own = {0};
    struct fault clean;
    if (stage.upstream.count > 0)
        return &stage;
    fault_init(&clean);
    stage.upstream.health_path = "";
    stage.listener = bind_loopback(&stage.upstream.addresses[0]);
    must(listen(stage.listener, 16) == 0, "no upstream");
    stage.upstream.count = 1;
    must(mailbox_init(&stage.control, on_answer, NULL) == 0, "no mailbox");
    must(worker_init(&stage.worker, 0, bind_loopback(&own), &stage.upstream, &clean, stage.totals,
                     &stage.control) == 0,
         "no worker");
    return &stage;
}

static void turn(struct stage *stage, int times)
{
    for (int i = 0; i < times; i++)
        loop_turn(&stage->worker.loop, false);
    if (stage->application < 0)
        stage->application = accept4(stage->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void change(struct stage *stage, const char *text)
{
    struct error error;
    stage->change.message.kind = WORKER_CHANGE;
    fault_init(&stage->change.fault);
    if (text)
        must(fault_parse(&stage->change.fault, text, strlen(text), &error), error.message);
    stage->change.fault.seed = 1;
    stage->change.since_ns = clock_ns();
    worker_post(&stage->worker, &stage->change);
    turn(stage, 1);
    mailbox_deliver(&stage->control);
}

static void say(int fd, const void *data, size_t length)
{
    if (fd >= 0 && length > 0)
        (void)!send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void say_text(int fd, const char *text)
{
    say(fd, text, text[0] ? strlen(text) : 1 + strlen(text + 1));
}

static void hear(int fd)
{
    char bytes[4096];
    if (fd >= 0)
        (void)!recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
}

static void leave(int *fd, bool reset)
{
    struct linger linger = {.l_onoff = 1};
    if (*fd >= 0 && reset)
        setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static unsigned take(struct script *script)
{
    if (script->size == 0)
        return 0;
    script->size--;
    return *script->data++;
}

/* Bytes of the script itself. */
static void say_own(struct script *script, int fd)
{
    size_t length = take(script);
    if (length > script->size)
        length = script->size;
    say(fd, script->data, length);
    script->data += length;
    script->size -= length;
}

static void step(struct stage *stage, struct script *script)
{
    unsigned what = take(script);
    switch (what % 16) {
    case 0:
    case 1:
        say_text(stage->client, requests[take(script) % COUNT(requests)]);
        break;
    case 2:
    case 3:
        say_text(stage->application, responses[take(script) % COUNT(responses)]);
        break;
    case 4:
        say_own(script, stage->client);
        break;
    case 5:
        say_own(script, stage->application);
        break;
    case 6:
    case 7:
        change(stage, faults[take(script) % COUNT(faults)]);
        break;
    case 8:
        change(stage, NULL);
        break;
    case 9:
        if (stage->client >= 0)
            shutdown(stage->client, SHUT_WR);
        break;
    case 10:
        if (stage->application >= 0)
            shutdown(stage->application, SHUT_WR);
        break;
    case 11:
        leave(&stage->client, what & 16);
        break;
    case 12:
        if (stage->application >= 0)
            leave(&stage->application, what & 16);
        break;
    case 13:
        hear(stage->client);
        break;
    case 14:
        hear(stage->application);
        break;
    default:
        turn(stage, (int)(take(script) % 32));
    }
    turn(stage, TURNS_A_STEP);
}

static void open_client(struct stage *stage)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    must(getsockname(stage->worker.listener.fd, (struct sockaddr *)&address, &size) == 0, "no listener");
    stage->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(stage->client >= 0 && connect(stage->client, (struct sockaddr *)&address, size) == 0, "no client");
    stage->application = -1;
    turn(stage, TURNS_A_STEP);
}

static void check_all_gone(struct stage *stage)
{
    change(stage, NULL);
    leave(&stage->client, true);
    leave(&stage->application, true);
    uint64_t end = clock_ns() + CONNECTION_PATIENCE_NS;
    while (stage->worker.connections && clock_ns() < end) {
        turn(stage, 1);
        leave(&stage->application, true);
    }
    leave(&stage->application, true);
    const struct stats_sample *interval = &stage->worker.interval;
    must(!stage->worker.connections, "a connection is stuck");
    must(interval->connections_open == 0, "connections_open is not 0");
    must(interval->in_flight == 0, "in_flight is not 0");
    must(interval->held == 0, "held is not 0");
    must(stage->worker.held_bytes == 0, "held_bytes is not 0");
    must(heap_first(&stage->worker.loop.timers.heap) == NULL, "a timer is left");
}

static void play(struct stage *stage, const uint8_t *data, size_t size)
{
    struct script script = {data, size};
    int steps = 0;
    open_client(stage);
    while (script.size > 0 && steps++ < 64)
        step(stage, &script);
    check_all_gone(stage);
}

/* As the relay of an application, and as that of a CONNECT proxy. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct authority places[] = {{.host = "x", .port = 1}, {.host = "elsewhere", .port = 1}};
    struct stage *stage = stage_of_all();
    stage->upstream.only = NULL;
    play(stage, data, size);
    for (size_t i = 0; i < COUNT(places); i++) {
        stage->upstream.only = &places[i];
        play(stage, data, size);
    }
    return 0;
}
