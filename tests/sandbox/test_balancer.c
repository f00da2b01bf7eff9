#include "sandbox/balancer.h"

#include "core/clock.h"
#include "tests/sandbox/test_balancer_stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PATIENCE_MS 15000

/* Two targets behind one listener. */
struct house {
    struct balancer *balancer;
    struct stub stubs[3];
    size_t stub_count;
    unsigned group, listener;
    uint16_t port;
};

static const struct balancer_health_check quick = {.path = "/health",
                                                   .matcher = "200-299",
                                                   .interval_ms = 100,
                                                   .timeout_ms = 90,
                                                   .healthy_threshold = 2,
                                                   .unhealthy_threshold = 2};

static struct balancer_target target_of(struct house *house, const struct stub *stub)
{
    struct balancer_target targets[8];
    size_t count = balancer_targets(house->balancer, house->group, targets, 8);
    for (size_t i = 0; i < count && i < 8; i++)
        if (targets[i].port == stub->port)
            return targets[i];
    return (struct balancer_target){.reason = "gone"};
}

/* Waits for a reason; "" is healthy, "gone" no longer registered. */
static void wait_for(struct house *house, const struct stub *stub, const char *reason)
{
    int64_t until_ms = clock_ms() + PATIENCE_MS;
    struct balancer_target target = target_of(house, stub);
    while (strcmp(target.reason, reason) != 0 && clock_ms() < until_ms) {
        clock_sleep_ms(5);
        target = target_of(house, stub);
    }
    assert_string_equal(target.reason, reason);
}

/* A listener with nothing but a default rule. */
static bool set_forwards(struct balancer *balancer, unsigned listener,
                         const struct balancer_forward *forwards, size_t count, struct error *error)
{
    struct balancer_rule rule = {.action = BALANCER_FORWARD, .forward_count = count};
    for (size_t i = 0; i < count; i++)
        rule.forwards[i] = forwards[i];
    return balancer_set_rules(balancer, listener, &rule, 1, error);
}

static void house_open(struct house *house, size_t stubs, int drain_ms)
{
    static const char *const names[] = {"one", "two", "three"};
    struct error error;
    memset(house, 0, sizeof *house);
    house->stub_count = stubs;
    house->balancer = balancer_start(&error);
    assert_non_null(house->balancer);
    assert_true(balancer_add_group(house->balancer, &quick, drain_ms, &house->group, &error));
    assert_true(
        balancer_add_listener(house->balancer, "127.0.0.1", 0, &house->listener, &house->port, &error));
    struct balancer_forward forward = {.group = house->group, .weight = 1};
    assert_true(set_forwards(house->balancer, house->listener, &forward, 1, &error));
    for (size_t i = 0; i < stubs; i++) {
        stub_start(&house->stubs[i], names[i], 0);
        assert_true(
            balancer_register(house->balancer, house->group, "127.0.0.1", house->stubs[i].port, &error));
        wait_for(house, &house->stubs[i], "");
    }
}

static void house_close(struct house *house)
{
    balancer_stop(house->balancer);
    for (size_t i = 0; i < house->stub_count; i++)
        stub_stop(&house->stubs[i]);
}

static void assert_body(struct visitor *visitor, const char *body)
{
    assert_string_equal(buf_text(&visitor->body), body);
}

static uint64_t pattern_hash(size_t length)
{
    uint64_t hash = STUB_HASH;
    for (size_t i = 0; i < length; i++) {
        char byte = stub_pattern(i);
        hash = stub_hash(hash, &byte, 1);
    }
    return hash;
}

static void takes_turns_over_one_kept_alive_connection(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 2, 1000);
    visitor_open(&visitor, house.port);
    char first[16] = "";
    for (int i = 0; i < 20; i++) {
        assert_int_equal(visitor_get(&visitor, "/id"), 200);
        assert_string_equal(visitor_header(&visitor, "connection"), "keep-alive");
        if (i == 0)
            snprintf(first, sizeof first, "%s", buf_text(&visitor.body));
        assert_int_equal(strcmp(buf_text(&visitor.body), first) == 0, i % 2 == 0);
    }
    assert_int_equal(atomic_load(&house.stubs[0].connections), 1);
    assert_int_equal(atomic_load(&house.stubs[1].connections), 1);
    assert_int_equal(target_of(&house, &house.stubs[0]).connections, 1);
    visitor_close(&visitor);
    house_close(&house);
}

static void weights_share_the_requests(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    struct error error;
    unsigned other = 0;
    house_open(&house, 1, 1000);
    house.stub_count = 2;
    stub_start(&house.stubs[1], "two", 0);
    assert_true(balancer_add_group(house.balancer, &quick, 1000, &other, &error));
    assert_true(balancer_register(house.balancer, other, "127.0.0.1", house.stubs[1].port, &error));
    struct balancer_target target;
    assert_int_equal(balancer_targets(house.balancer, other, &target, 1), 1);
    assert_int_equal(target.state, BALANCER_UNUSED);
    assert_string_equal(target.reason, "Target.NotInUse");
    struct balancer_forward forwards[] = {{house.group, 3}, {other, 1}};
    assert_true(set_forwards(house.balancer, house.listener, forwards, 2, &error));
    unsigned mine = house.group;
    house.group = other;
    wait_for(&house, &house.stubs[1], "");
    house.group = mine;
    assert_string_equal(target_of(&house, &house.stubs[0]).reason,
                        ""); /* it stayed in use: healthy throughout */
    visitor_open(&visitor, house.port);
    for (int i = 0; i < 40; i++)
        assert_int_equal(visitor_get(&visitor, "/id"), 200);
    assert_int_equal(atomic_load(&house.stubs[0].requests), 30);
    assert_int_equal(atomic_load(&house.stubs[1].requests), 10);
    forwards[0].weight = forwards[1].weight = 0; /* all of them: nobody is left */
    assert_true(set_forwards(house.balancer, house.listener, forwards, 2, &error));
    assert_int_equal(visitor_get(&visitor, "/id"), 503);
    forwards[0].weight = 1;
    assert_false(balancer_remove_group(house.balancer, other, &error));
    assert_int_equal(error.code, ERROR_CONFLICT);
    assert_true(set_forwards(house.balancer, house.listener, forwards, 1, &error));
    assert_true(balancer_remove_group(house.balancer, other, &error));
    visitor_close(&visitor);
    house_close(&house);
}

static void health_follows_the_checks(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 2, 1000);
    atomic_store(&house.stubs[0].health, 503);
    wait_for(&house, &house.stubs[0], "Target.ResponseCodeMismatch");
    struct balancer_target target = target_of(&house, &house.stubs[0]);
    assert_int_equal(target.state, BALANCER_UNHEALTHY);
    assert_string_equal(target.description, "Health checks failed with these codes: [503]");
    visitor_open(&visitor, house.port);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(visitor_get(&visitor, "/id"), 200);
        assert_body(&visitor, "two");
    }
    atomic_store(&house.stubs[0].health, 0);
    wait_for(&house, &house.stubs[0], "Target.Timeout");
    assert_string_equal(target_of(&house, &house.stubs[0]).description, "Request timed out");
    int before = atomic_load(&house.stubs[0].checks);
    atomic_store(&house.stubs[0].health, 204);
    wait_for(&house, &house.stubs[0], "");
    assert_true(atomic_load(&house.stubs[0].checks) >= before + 2);
    assert_int_equal(target_of(&house, &house.stubs[0]).state, BALANCER_HEALTHY);
    assert_true(atomic_load(&house.stubs[0].checks) > 0);
    visitor_close(&visitor);
    house_close(&house);
}

static void a_dead_target_fails_its_checks(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 2, 1000);
    stub_stop(&house.stubs[1]);
    house.stub_count = 1;
    wait_for(&house, &house.stubs[1], "Target.FailedHealthChecks");
    assert_string_equal(target_of(&house, &house.stubs[1]).description, "Health checks failed");
    visitor_open(&visitor, house.port);
    for (int i = 0; i < 4; i++)
        assert_int_equal(visitor_get(&visitor, "/id"), 200);
    visitor_close(&visitor);
    house_close(&house);
}

static void fails_open_when_all_are_unhealthy(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 2, 1000);
    for (int i = 0; i < 2; i++)
        atomic_store(&house.stubs[i].health, 500);
    for (int i = 0; i < 2; i++)
        wait_for(&house, &house.stubs[i], "Target.ResponseCodeMismatch");
    visitor_open(&visitor, house.port);
    for (int i = 0; i < 10; i++)
        assert_int_equal(visitor_get(&visitor, "/id"), 200);
    assert_int_equal(atomic_load(&house.stubs[0].requests), 5);
    visitor_close(&visitor);
    house_close(&house);
}

static void without_a_target_it_answers_503(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    struct error error;
    house_open(&house, 0, 1000);
    visitor_open(&visitor, house.port);
    for (int i = 0; i < 3; i++) { /* the connection goes on */
        assert_int_equal(visitor_get(&visitor, "/id"), 503);
        assert_string_equal(visitor_header(&visitor, "server"), "awselb/2.0");
        assert_non_null(strstr(buf_text(&visitor.body), "503 Service Temporarily Unavailable"));
    }
    /* A target that was never healthy gets nothing. */
    house.stub_count = 1;
    stub_start(&house.stubs[0], "one", 0);
    atomic_store(&house.stubs[0].health, 0);
    assert_true(balancer_register(house.balancer, house.group, "127.0.0.1", house.stubs[0].port, &error));
    struct balancer_target target = target_of(&house, &house.stubs[0]);
    assert_int_equal(target.state, BALANCER_INITIAL);
    assert_string_equal(target.reason, "Elb.RegistrationInProgress");
    assert_int_equal(visitor_get(&visitor, "/id"), 503);
    wait_for(&house, &house.stubs[0], "Elb.InitialHealthChecking");
    visitor_close(&visitor);
    house_close(&house);
}

static void bad_targets_become_502(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    assert_int_equal(visitor_get(&visitor, "/garbage"), 502);
    assert_int_equal(visitor_get(&visitor, "/id"), 200); /* the client's connection outlives it */
    assert_int_equal(visitor_get(&visitor, "/close"), 200);
    assert_int_equal(visitor_get(&visitor, "/id"), 200);
    assert_int_equal(visitor_get(&visitor, "/half"), 0); /* cut off: the client must see that */
    visitor_close(&visitor);
    visitor_open(&visitor, house.port);
    stub_stop(&house.stubs[0]);
    house.stub_count = 0;
    assert_int_equal(visitor_get(&visitor, "/id"), 502);
    visitor_close(&visitor);
    house_close(&house);
}

static void a_silent_target_becomes_504(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    struct error error;
    house_open(&house, 1, 1000);
    assert_true(balancer_set_idle_timeout(house.balancer, house.listener, 300, &error));
    visitor_open(&visitor, house.port);
    assert_int_equal(visitor_get(&visitor, "/silent"), 504);
    visitor_close(&visitor);
    visitor_open(&visitor, house.port); /* a silent client is shown out as well */
    assert_true(visitor_sees_end(&visitor));
    visitor_close(&visitor);
    house_close(&house);
}

static void a_stale_connection_is_tried_once_more(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    assert_int_equal(visitor_get(&visitor, "/id"), 200);
    atomic_store(&house.stubs[0].drop_reused, 1);
    assert_int_equal(visitor_get(&visitor, "/id"), 200); /* on a fresh connection */
    atomic_store(&house.stubs[0].drop_reused, 1);
    visitor_say(&visitor, "POST /id HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab");
    assert_int_equal(visitor_hear(&visitor), 502); /* it may have been acted upon: not sent twice */
    visitor_close(&visitor);
    house_close(&house);
}

static void bodies_pass_whole(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    const size_t lengths[] = {0, 1, 9999, 300000, 5000001};
    const char *const kinds[] = {"length", "chunked"};
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            char path[64];
            snprintf(path, sizeof path, "/%s?%zu", kinds[k], lengths[i]);
            assert_int_equal(visitor_get(&visitor, path), 200);
            assert_int_equal(visitor.length, lengths[i]);
            assert_true(visitor.hash == pattern_hash(lengths[i]));
        }
    assert_int_equal(visitor_get(&visitor, "/end?300000"), 200); /* becomes chunked: the connection goes on */
    assert_string_equal(visitor_header(&visitor, "transfer-encoding"), "chunked");
    assert_true(visitor.hash == pattern_hash(300000));
    assert_int_equal(visitor_get(&visitor, "/id"), 200);
    assert_int_equal(atomic_load(&house.stubs[0].connections), 2);
    visitor_close(&visitor);
    house_close(&house);
}

static void a_slow_reader_gets_all(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    const size_t length = 12000000;
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    visitor.slow_us = 2000;
    assert_int_equal(visitor_get(&visitor, "/chunked?12000000"), 200);
    assert_int_equal(visitor.length, length);
    assert_true(visitor.hash == pattern_hash(length));
    visitor_close(&visitor);
    house_close(&house);
}

static void uploads_pass_whole(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    const size_t length = 4000000;
    char *body = malloc(length);
    char text[64];
    for (size_t i = 0; i < length; i++)
        body[i] = stub_pattern(i);
    snprintf(text, sizeof text, "%zu %llx", length, (unsigned long long)pattern_hash(length));
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    visitor_say(&visitor, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000\r\n\r\n");
    assert_true(visitor_send(&visitor, body, length));
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_body(&visitor, text);
    visitor_say(&visitor, "PUT /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < length; at += 8000) {
        visitor_say(&visitor, "1f40;why=not\r\n");
        assert_true(visitor_send(&visitor, body + at, 8000));
        visitor_say(&visitor, "\r\n");
    }
    visitor_say(&visitor, "0\r\nX-Trailer: yes\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_body(&visitor, text);
    visitor_say(&visitor,
                "POST /continue HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 100);
    visitor_say(&visitor, "abc");
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_memory_equal(buf_text(&visitor.body), "3 ", 2);
    /* A target that answers before the body: the client hears it, and nothing hangs. */
    visitor_say(&visitor, "POST /early HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000\r\n\r\n");
    visitor_send(&visitor, body, length);
    assert_int_equal(visitor_hear(&visitor), 413);
    free(body);
    visitor_close(&visitor);
    house_close(&house);
}

static void responses_without_a_body(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    assert_int_equal(visitor_get(&visitor, "/204"), 204);
    assert_int_equal(visitor_get(&visitor, "/304"), 304);
    assert_string_equal(visitor_header(&visitor, "content-length"), "500");
    visitor.head_only = true;
    visitor_say(&visitor, "HEAD /length?500 HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_string_equal(visitor_header(&visitor, "content-length"), "500");
    visitor.head_only = false;
    assert_int_equal(visitor_get(&visitor, "/id"), 200);
    assert_body(&visitor, "one");
    assert_int_equal(atomic_load(&house.stubs[0].connections), 1);
    visitor_close(&visitor);
    house_close(&house);
}

static void hop_by_hop_fields_stay_on_their_hop(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    char port[64];
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    visitor_say(&visitor,
                "GET /head HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\n"
                "Keep-Alive: timeout=9\r\nTE: trailers\r\nX-Forwarded-For: 10.1.2.3\r\nX-Yours: 2\r\n"
                "X-Empty:\r\nCookie: a=b\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 200);
    const char *seen = buf_text(&visitor.body);
    snprintf(port, sizeof port, "X-Forwarded-Port=%u;", (unsigned)house.port);
    assert_non_null(strstr(seen, "Host=shop;"));
    assert_non_null(strstr(seen, "X-Yours=2;X-Empty=;Cookie=a=b;"));
    assert_non_null(strstr(seen, "X-Forwarded-For=10.1.2.3, 127.0.0.1;"));
    assert_non_null(strstr(seen, "X-Forwarded-Proto=http;"));
    assert_non_null(strstr(seen, port));
    assert_null(strstr(seen, "X-Mine"));
    assert_null(strstr(seen, "Keep-Alive"));
    assert_null(strstr(seen, "Connection"));
    assert_string_equal(visitor_header(&visitor, "x-kept"), "yes");
    assert_string_equal(visitor_header(&visitor, "keep-alive"), "");
    visitor_close(&visitor);
    house_close(&house);
}

static void closes_when_the_client_asks(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    visitor_say(&visitor, "GET /id HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_string_equal(visitor_header(&visitor, "connection"), "close");
    assert_true(visitor_sees_end(&visitor));
    visitor_close(&visitor);
    visitor_open(&visitor, house.port); /* HTTP/1.0 knows no chunks: the end is the connection's */
    visitor_say(&visitor, "GET /chunked?5000 HTTP/1.0\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_string_equal(visitor_header(&visitor, "transfer-encoding"), "");
    assert_int_equal(visitor.length, 5000);
    assert_true(visitor.hash == pattern_hash(5000));
    visitor_close(&visitor);
    house_close(&house);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    house_open(&house, 2, 1000);
    visitor_open(&visitor, house.port);
    for (int i = 0; i < 50; i++)
        visitor_say(&visitor, "GET /slow?2 HTTP/1.1\r\nHost: t\r\n\r\nPOST /echo HTTP/1.1\r\nHost: t\r\n"
                              "Content-Length: 5\r\n\r\nhello");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(visitor_hear(&visitor), 200);
        assert_int_equal(buf_text(&visitor.body)[0] == 'o' || buf_text(&visitor.body)[0] == 't', 1);
        assert_int_equal(visitor_hear(&visitor), 200);
        assert_memory_equal(buf_text(&visitor.body), "5 ", 2);
    }
    visitor_close(&visitor);
    house_close(&house);
}

static void garbage_from_a_client_is_400(void **state)
{
    (void)state;
    static const char *const garbage[] = {
        "hello\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET /id HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET /id HTTP/1.1\r\nHost: t\r\nBad Header: x\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    struct house house;
    struct visitor visitor;
    house_open(&house, 1, 1000);
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        visitor_open(&visitor, house.port);
        visitor_say(&visitor, garbage[i]);
        assert_int_equal(visitor_hear(&visitor), 400);
        assert_true(visitor_sees_end(&visitor));
        visitor_close(&visitor);
    }
    visitor_open(&visitor, house.port);
    visitor_say(&visitor, "GET /id HTTP/1.1\r\nHost: t\r\nX-Long: ");
    char *many = malloc(80000);
    memset(many, 'x', 80000);
    visitor_send(&visitor, many, 80000);
    free(many);
    assert_int_equal(visitor_hear(&visitor), 400);
    visitor_close(&visitor);
    house_close(&house);
}

static void protocols_can_be_switched(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    char data[64] = "";
    size_t length = 0;
    house_open(&house, 1, 1000);
    visitor_open(&visitor, house.port);
    /* Refused first: it stays HTTP. */
    visitor_say(&visitor, "GET /refuse HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 200);
    visitor_say(&visitor,
                "GET /switch HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: mirror\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 101);
    assert_string_equal(visitor_header(&visitor, "upgrade"), "mirror");
    visitor_say(&visitor, "wor");
    clock_sleep_ms(20);
    visitor_say(&visitor, "ld");
    memcpy(data, visitor.data + visitor.from, visitor.to - visitor.from);
    length = visitor.to - visitor.from;
    while (length < 11) {
        ssize_t more = recv(visitor.fd, data + length, sizeof data - length, 0);
        assert_true(more > 0);
        length += (size_t)more;
    }
    assert_memory_equal(data, "hello world", 11);
    visitor_close(&visitor);
    house_close(&house);
}

struct load {
    uint16_t port;
    atomic_bool *stop;
    int answered, failed;
};

/* Steady requests on a kept-alive connection; each answer must be whole and 200. */
static void *send_steadily(void *context)
{
    struct load *load = context;
    struct visitor *visitor = malloc(sizeof *visitor);
    visitor_open(visitor, load->port);
    while (!atomic_load(load->stop)) {
        int status = visitor_get(visitor, "/slow?3");
        if (status == 200)
            load->answered++;
        else
            load->failed++;
        if (status <= 0 || strcmp(visitor_header(visitor, "connection"), "close") == 0) {
            visitor_close(visitor);
            visitor_open(visitor, load->port);
        }
    }
    visitor_close(visitor);
    free(visitor);
    return NULL;
}

static void draining_under_load_fails_no_request(void **state)
{
    (void)state;
    enum { CLIENTS = 12 };
    struct house house;
    struct error error;
    struct load loads[CLIENTS];
    pthread_t threads[CLIENTS];
    atomic_bool stop = false;
    int answered = 0, failed = 0;
    house_open(&house, 2, 5000);
    for (int i = 0; i < CLIENTS; i++) {
        loads[i] = (struct load){.port = house.port, .stop = &stop};
        pthread_create(&threads[i], NULL, send_steadily, &loads[i]);
    }
    for (int round = 0; round < 4; round++) {
        struct stub *old = &house.stubs[round % 2];
        clock_sleep_ms(100);
        stub_start(&house.stubs[2], "three", 0);
        assert_true(balancer_register(house.balancer, house.group, "127.0.0.1", house.stubs[2].port, &error));
        wait_for(&house, &house.stubs[2], "");
        assert_true(balancer_deregister(house.balancer, house.group, "127.0.0.1", old->port, &error));
        wait_for(&house, old, "gone");
        stub_stop(old);
        stub_start(old, "again", 0);
        assert_true(balancer_register(house.balancer, house.group, "127.0.0.1", old->port, &error));
        wait_for(&house, old, "");
        assert_true(
            balancer_deregister(house.balancer, house.group, "127.0.0.1", house.stubs[2].port, &error));
        wait_for(&house, &house.stubs[2], "gone");
        stub_stop(&house.stubs[2]);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        answered += loads[i].answered;
        failed += loads[i].failed;
    }
    assert_int_equal(failed, 0);
    assert_true(answered > 200);
    house_close(&house);
}

static void draining_waits_for_the_last_answer_or_the_delay(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor;
    struct error error;
    house_open(&house, 1, 400);
    visitor_open(&visitor, house.port);
    visitor_say(&visitor, "GET /silent HTTP/1.1\r\nHost: t\r\n\r\n");
    while (atomic_load(&house.stubs[0].requests) == 0)
        clock_sleep_ms(2);
    int64_t begun_ms = clock_ms();
    assert_true(balancer_deregister(house.balancer, house.group, "127.0.0.1", house.stubs[0].port, &error));
    struct balancer_target target = target_of(&house, &house.stubs[0]);
    assert_int_equal(target.state, BALANCER_DRAINING);
    assert_string_equal(target.reason, "Target.DeregistrationInProgress");
    assert_int_equal(target.connections, 1);
    assert_int_equal(visitor_hear(&visitor), 502);
    assert_true(clock_ms() - begun_ms >= 390);
    wait_for(&house, &house.stubs[0], "gone");
    assert_false(balancer_deregister(house.balancer, house.group, "127.0.0.1", house.stubs[0].port, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    visitor_close(&visitor);
    house_close(&house);
}

static void a_removed_listener_finishes_its_requests(void **state)
{
    (void)state;
    struct house house;
    struct visitor visitor, idle;
    house_open(&house, 1, 400);
    visitor_open(&visitor, house.port);
    visitor_open(&idle, house.port);
    assert_int_equal(visitor_get(&idle, "/id"), 200);
    visitor_say(&visitor, "GET /slow?300 HTTP/1.1\r\nHost: t\r\n\r\n");
    while (atomic_load(&house.stubs[0].requests) < 2)
        clock_sleep_ms(2);
    balancer_remove_listener(house.balancer, house.listener);
    assert_true(visitor_sees_end(&idle));
    assert_int_equal(target_of(&house, &house.stubs[0]).state, BALANCER_UNUSED);
    assert_int_equal(visitor_hear(&visitor), 200);
    assert_true(visitor_sees_end(&visitor));
    visitor_close(&visitor);
    visitor_close(&idle);
    house_close(&house);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    struct error error;
    struct balancer_health_check check = quick;
    struct balancer *balancer = balancer_start(&error);
    unsigned number;
    uint16_t port;
    const char *const wrong[] = {"", "abc", "200-", "300-200", "200,", "99", "200 204", "600"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(check.matcher, sizeof check.matcher, "%s", wrong[i]);
        assert_false(balancer_add_group(balancer, &check, 0, &number, &error));
        assert_int_equal(error.code, ERROR_INVALID);
    }
    check = quick;
    snprintf(check.path, sizeof check.path, "health");
    assert_false(balancer_add_group(balancer, &check, 0, &number, &error));
    assert_false(balancer_register(balancer, 77, "127.0.0.1", 80, &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_true(balancer_add_group(balancer, &quick, 0, &number, &error));
    assert_false(balancer_register(balancer, number, "localhost", 80, &error));
    assert_false(balancer_add_listener(balancer, "256.0.0.1", 0, &number, &port, &error));
    assert_false(set_forwards(balancer, 78, NULL, 0, &error));
    balancer_stop(balancer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_turns_over_one_kept_alive_connection),
        cmocka_unit_test(weights_share_the_requests),
        cmocka_unit_test(health_follows_the_checks),
        cmocka_unit_test(a_dead_target_fails_its_checks),
        cmocka_unit_test(fails_open_when_all_are_unhealthy),
        cmocka_unit_test(without_a_target_it_answers_503),
        cmocka_unit_test(bad_targets_become_502),
        cmocka_unit_test(a_silent_target_becomes_504),
        cmocka_unit_test(a_stale_connection_is_tried_once_more),
        cmocka_unit_test(bodies_pass_whole),
        cmocka_unit_test(a_slow_reader_gets_all),
        cmocka_unit_test(uploads_pass_whole),
        cmocka_unit_test(responses_without_a_body),
        cmocka_unit_test(hop_by_hop_fields_stay_on_their_hop),
        cmocka_unit_test(closes_when_the_client_asks),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(garbage_from_a_client_is_400),
        cmocka_unit_test(protocols_can_be_switched),
        cmocka_unit_test(draining_under_load_fails_no_request),
        cmocka_unit_test(draining_waits_for_the_last_answer_or_the_delay),
        cmocka_unit_test(a_removed_listener_finishes_its_requests),
        cmocka_unit_test(arguments_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
