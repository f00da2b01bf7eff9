/* authority, gate_request: what may be asked for, and in which words; gate: a client that says nothing, a
 * place that does not answer, an end that comes meanwhile. */
#include "proxy/authority.h"
#include "proxy/gate.h"
#include "proxy/gate_request.h"
#include "tests/proxy/support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void authorities_are_read(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {
        {"localhost:443", "localhost", 443},
        {"DynamoDB.us-east-1.AmazonAWS.com:443", "dynamodb.us-east-1.amazonaws.com", 443},
        {"db_1.internal.:5432", "db_1.internal", 5432},
        {"10.0.0.1:1", "10.0.0.1", 1},
        {"[::1]:65535", "::1", 65535},
        {"[FD00:0:0::EC2:23]:80", "fd00::ec2:23", 80},
    };
    static const char *const wrong[] = {
        "",        ":",           "a",       "a:",           "a:0",
        "a:65536", "a:123456",    "a:1x",    "a:-1",         ":80",
        "a b:80",  "a@b:80",      "a/b:80",  "::1:80",       "[::1]",
        "[::1:80", "[]:80",       "[a]:80",  "[1.2.3.4]:80", ".:80",
        ".a:80",   "a..b:80",     "a%2e:80", "https://a:80", "a:80/",
        "a,b:80",  "\xc3\xa4:80", "a\t:80",
    };
    struct authority authority;
    char longest[AUTHORITY_HOST_MAX + 8];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!authority_parse(good[i].text, strlen(good[i].text), &authority))
            fail_msg("%s", good[i].text);
        assert_string_equal(authority.host, good[i].host);
        assert_int_equal(authority.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (authority_parse(wrong[i], strlen(wrong[i]), &authority))
            fail_msg("taken: %s", wrong[i]);
    }
    memset(longest, 'a', sizeof longest);
    memcpy(longest + AUTHORITY_HOST_MAX, ":1", 2);
    assert_true(authority_parse(longest, AUTHORITY_HOST_MAX + 2, &authority));
    memcpy(longest + AUTHORITY_HOST_MAX, "a:1", 3);
    assert_false(authority_parse(longest, AUTHORITY_HOST_MAX + 3, &authority));
    assert_false(authority_parse("a\0b:1", 5, &authority));
}

static void requests_are_judged(void **state)
{
    static const struct {
        const char *head;
        int status;
    } cases[] = {
        {"CONNECT a:1 HTTP/1.1\r\n\r\n", 200},
        {"CONNECT a:1 HTTP/1.0\r\nHost: a:1\r\nUser-Agent: x/1\r\nProxy-Authorization: Basic eA==\r\n\r\n",
         200},
        {"CONNECT [::1]:1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 200},
        {"CONNECT a:1 HTTP/1.1\r\nEmpty:\r\n\r\n", 200},
        {"GET http://a/ HTTP/1.1\r\n\r\n", 405},
        {"connect a:1 HTTP/1.1\r\n\r\n", 405},
        {"CONNECT a HTTP/1.1\r\n\r\n", 400},
        {"CONNECT a:1  HTTP/1.1\r\n\r\n", 400},
        {"CONNECT  a:1 HTTP/1.1\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1 \r\n\r\n", 400},
        {"CONNECT a:1\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/2.0\r\n\r\n", 505},
        {"CONNECT a:1 HTTP/1.2\r\n\r\n", 505},
        {"CONNECT a:1 http/1.1\r\n\r\n", 400},
        {" CONNECT a:1 HTTP/1.1\r\n\r\n", 400},
        {"\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\n folded: a\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\nX: a\nY: b\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\nX: a\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\ncontent-length: 00\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    };
    struct gate_request request;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = strlen(cases[i].head);
        assert_int_equal(gate_request_head(cases[i].head, length), length);
        assert_int_equal(gate_request_head(cases[i].head, length - 1), 0);
        gate_request_parse(cases[i].head, length, &request);
        if (request.status != cases[i].status || (request.status != 200) != (*request.why != '\0'))
            fail_msg("%s: %d %s", cases[i].head, request.status, request.why);
    }
}

/* A gate on a thread, at the other end of `client`. */
struct served {
    struct gate gate;
    pthread_t thread;
    int client, fd;
    atomic_bool ending;
};

static void *serve(void *context)
{
    struct served *served = context;
    gate_serve(&served->gate, served->fd, &served->ending);
    close(served->fd);
    return NULL;
}

static void begin(struct served *served, int connect_ms, int head_ms)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    served->client = ends[0];
    served->fd = ends[1];
    served->gate = (struct gate){.connect_timeout_ms = connect_ms, .head_timeout_ms = head_ms};
    atomic_init(&served->ending, false);
    assert_int_equal(pthread_create(&served->thread, NULL, serve, served), 0);
}

/* All that it says until it closes. */
static void finish(struct served *served, char *said, size_t size)
{
    size_t length = 0;
    ssize_t got;
    while (length + 1 < size && (got = recv(served->client, said + length, size - 1 - length, 0)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(served->client);
    pthread_join(served->thread, NULL);
}

/* A listener whose queue is full: the kernel drops who comes now. */
struct deaf {
    int listener, queued[8];
    uint16_t port;
};

static void go_deaf(struct deaf *deaf)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    deaf->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(deaf->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(deaf->listener, 0), 0);
    assert_int_equal(getsockname(deaf->listener, (struct sockaddr *)&address, &size), 0);
    deaf->port = ntohs(address.sin_port);
    for (size_t i = 0; i < sizeof deaf->queued / sizeof *deaf->queued; i++) {
        deaf->queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(deaf->queued[i], (struct sockaddr *)&address, sizeof address);
    }
}

static void hear_again(struct deaf *deaf)
{
    for (size_t i = 0; i < sizeof deaf->queued / sizeof *deaf->queued; i++)
        close(deaf->queued[i]);
    close(deaf->listener);
}

static void say_connect(const struct served *served, uint16_t port)
{
    char head[64];
    int length = snprintf(head, sizeof head, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n\r\n", port);
    assert_int_equal(send(served->client, head, (size_t)length, 0), length);
}

static void a_place_that_does_not_answer_is_504(void **state)
{
    struct served served;
    struct deaf deaf;
    char said[2048];
    (void)state;
    go_deaf(&deaf);
    begin(&served, 200, 10000);
    say_connect(&served, deaf.port);
    finish(&served, said, sizeof said);
    assert_true(strncmp(said, "HTTP/1.1 504 ", 13) == 0);
    assert_non_null(strstr(said, "127.0.0.1"));
    hear_again(&deaf);
}

static void an_end_while_it_connects_is_seen(void **state)
{
    struct served served;
    struct deaf deaf;
    char said[2048];
    (void)state;
    go_deaf(&deaf);
    begin(&served, 3600000, 10000);
    say_connect(&served, deaf.port);
    usleep(20000);
    atomic_store(&served.ending, true);
    finish(&served, said, sizeof said);
    assert_string_equal(said, "");
    hear_again(&deaf);
}

static void a_client_that_says_nothing_is_left(void **state)
{
    struct served served;
    char said[2048];
    (void)state;
    begin(&served, 10000, 50);
    finish(&served, said, sizeof said);
    assert_string_equal(said, "");
}

static void who_reads_no_answer_is_left(void **state)
{
    struct served served;
    char said[2048];
    (void)state;
    begin(&served, 10000, 10000);
    assert_int_equal(send(served.client, "X\r\n\r\n", 5, 0), 5);
    finish(&served, said, sizeof said); /* our way stays open: it goes after GATE_LINGER_MS */
    assert_true(strncmp(said, "HTTP/1.1 400 ", 13) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorities_are_read),
        cmocka_unit_test(requests_are_judged),
        cmocka_unit_test(a_place_that_does_not_answer_is_504),
        cmocka_unit_test(an_end_while_it_connects_is_seen),
        cmocka_unit_test(a_client_that_says_nothing_is_left),
        cmocka_unit_test(who_reads_no_answer_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
