/* http1: what is asked, and what is made of all that may come back. */
#include "core/http1.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/core/peer.h"
#include "tests/core/support.h"

#define AMPLE_MS 20000
#define SHORT_MS 60

enum ending { CLOSES, RESETS, STAYS };

/* Answers each request of a connection with the next text; behind the last it ends. */
struct script {
    const char *answers[3];
    enum ending ending;
    char request[4096]; /* the last one's head */
    atomic_bool *cancel;
};

static void play(int fd, void *context)
{
    struct script *script = context;
    for (size_t i = 0; i < COUNT(script->answers) && script->answers[i] != NULL; i++) {
        peer_read_head(fd, script->request, sizeof script->request);
        peer_say(fd, script->answers[i]);
    }
    if (script->cancel != NULL)
        atomic_store(script->cancel, true);
    if (script->ending == STAYS)
        peer_wait_for_end(fd);
    else if (script->ending == RESETS)
        peer_reset(fd);
}

static struct dial *dial_to(const struct peer *peer, const atomic_bool *cancel)
{
    const struct dial_options options = {
        .host = "127.0.0.1", .port = peer_port(peer), .connect_timeout_ms = AMPLE_MS, .cancel = cancel};
    struct dial *dial = dial_open(&options, NULL, NULL, NULL);
    assert_non_null(dial);
    return dial;
}

static const struct http1_header host[] = {{"Host", "h"}};
static const struct http1_request get = {
    .method = "GET", .target = "/", .headers = host, .header_count = COUNT(host)};
static const struct http1_request head = {
    .method = "HEAD", .target = "/", .headers = host, .header_count = COUNT(host)};

/* ── answers ─────────────────────────────────────────────────────────────────────────────── */

static void answers_of_every_shape_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const struct http1_request *request;
        enum ending ending;
        int status;
        const char *body;
        bool keeps_alive;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", &get, STAYS, 200, "hello", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", &get, STAYS, 200, "", true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: t\r\n\r\n",
         &get, STAYS, 200, "hello", true},
        {"HTTP/1.1 200 OK\r\n\r\nto the end", &get, CLOSES, 200, "to the end", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", &get, STAYS, 200, "x", false},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", &get, STAYS, 200, "x", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxmore", &get, STAYS, 200, "x", false},
        {"HTTP/1.1 204 No Content\r\n\r\n", &get, STAYS, 204, "", true},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", &get, STAYS, 304, "", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", &head, STAYS, 200, "", true},
        {"HTTP/1.1 503 Busy\r\nContent-Length: 1\r\n\r\nx", &get, STAYS, 503, "x", true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         &get, STAYS, 200, "ok", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct script script = {.answers = {cases[i].answer}, .ending = cases[i].ending};
        struct peer *peer = peer_start("127.0.0.1", play, &script);
        struct dial *dial = dial_to(peer, NULL);
        struct http1_answer answer;
        struct error error = {.code = ERROR_NONE};
        bool done = http1_exchange(dial, cases[i].request, AMPLE_MS, NULL, &answer, &error);
        assert_case(done, cases[i].answer);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(buf_text(&answer.body), cases[i].body);
        assert_case(answer.keeps_alive == cases[i].keeps_alive, cases[i].answer);
        assert_null(http1_header_find(&answer, "Link")); /* of an answer that was none */
        assert_null(http1_header_find(&answer, "T"));    /* a trailer */
        assert_true(answer.sent_us > 0 && answer.first_byte_us >= answer.sent_us &&
                    answer.total_us >= answer.first_byte_us);
        http1_answer_free(&answer);
        dial_close(dial);
        peer_stop(peer);
    }
}

static void what_is_no_answer_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum ending ending;
        enum error_code code;
        const char *part;
    } cases[] = {
        {"SSH-2.0-x\r\n", STAYS, ERROR_INVALID, "its answer is no HTTP"},
        {"\x15\x03\x01\x02\x02\x16", STAYS, ERROR_INVALID, "its answer is no HTTP"},
        {"HTTP/3.0 200 OK\r\n\r\n", STAYS, ERROR_INVALID, "its answer is no HTTP"},
        {"", CLOSES, ERROR_NETWORK, "closed the connection without an answer"},
        {"HTTP/1.1 20", CLOSES, ERROR_NETWORK, "without an answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", CLOSES, ERROR_NETWORK, "in the middle"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", CLOSES, ERROR_NETWORK,
         "in the middle"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", STAYS, ERROR_INVALID, "broken HTTP"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n", STAYS, ERROR_INVALID,
         "no HTTP"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx", CLOSES, ERROR_NETWORK, "in the middle"},
        {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", STAYS, ERROR_INVALID,
         "switches"},
        {"HTTP/1.1 100 Continue\r\n\r\n", CLOSES, ERROR_NETWORK, "without an answer"},
        {"", RESETS, ERROR_NETWORK, "reset"},
        {"", STAYS, ERROR_TIMEOUT, "no answer for 60 ms"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", STAYS, ERROR_TIMEOUT, "no answer for 60 ms"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct script script = {.answers = {cases[i].answer}, .ending = cases[i].ending};
        struct peer *peer = peer_start("127.0.0.1", play, &script);
        struct dial *dial = dial_to(peer, NULL);
        struct http1_answer answer;
        struct error error = {.code = ERROR_NONE};
        int timeout_ms = cases[i].code == ERROR_TIMEOUT ? SHORT_MS : AMPLE_MS;
        assert_case(!http1_exchange(dial, &get, timeout_ms, NULL, &answer, &error), cases[i].answer);
        if (error.code != cases[i].code)
            print_error("%s\n", error.message);
        assert_case(error.code == cases[i].code, cases[i].answer);
        assert_contains(error.message, cases[i].part);
        assert_true(answer.sent_us > 0);
        assert_false(answer.keeps_alive);
        http1_answer_free(&answer);
        dial_close(dial);
        peer_stop(peer);
    }
}

static void flood(int fd, void *context)
{
    char request[256];
    peer_read_head(fd, request, sizeof request);
    peer_say(fd, "HTTP/1.1 ");
    for (size_t i = 0; i < HTTP1_BODY_MAX / 16 + 1024; i++)
        peer_say(fd, context);
    peer_wait_for_end(fd);
}

static void answers_without_an_end_are_bounded(void **state)
{
    (void)state;
    static const struct {
        char *first;
        const char *part;
    } cases[] = {
        {"200 OK\r\nX: 0123456789abcdef0123456789abcdef\r\nY: ", "no HTTP"},
        {"100 Continue\r\n\r\nHTTP/1.1 ", "only says that it will answer"},
        {"200 OK\r\n\r\n----------------------", "too large"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        struct http1_answer answer;
        struct peer *peer = peer_start("127.0.0.1", flood, cases[i].first);
        struct dial *dial = dial_to(peer, NULL);
        assert_false(http1_exchange(dial, &get, AMPLE_MS, NULL, &answer, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_contains(error.message, cases[i].part);
        http1_answer_free(&answer);
        dial_close(dial);
        peer_stop(peer);
    }
}

/* ── requests ────────────────────────────────────────────────────────────────────────────── */

static void requests_follow_each_other_on_one_connection(void **state)
{
    (void)state;
    static const char ok[] = "HTTP/1.1 200 OK\r\nX-Y: a\r\nx-y: b\r\nContent-Length: 2\r\n\r\nok";
    struct script script = {.answers = {ok, ok, ok}, .ending = STAYS};
    struct peer *peer = peer_start("127.0.0.1", play, &script);
    struct dial *dial = dial_to(peer, NULL);
    for (size_t i = 0; i < COUNT(script.answers); i++) {
        struct http1_answer answer;
        assert_true(http1_exchange(dial, &get, AMPLE_MS, NULL, &answer, NULL));
        assert_int_equal(answer.header_count, 3);
        assert_string_equal(http1_header_find(&answer, "X-y"), "a");
        assert_null(http1_header_find(&answer, "X-"));
        assert_true(answer.keeps_alive && dial_is_idle(dial));
        http1_answer_free(&answer);
    }
    dial_close(dial);
    peer_stop(peer);
    assert_string_equal(script.request, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void take_body(int fd, void *context)
{
    char text[256];
    size_t length = 0;
    peer_read_head(fd, text, sizeof text);
    const char *given = strstr(text, "Content-Length: ");
    size_t left = given == NULL ? 0 : strtoul(given + 16, NULL, 10);
    for (char byte; length < left && read(fd, &byte, 1) == 1; length++)
        ;
    *(size_t *)context = length;
    peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer_wait_for_end(fd);
}

static void bodies_get_their_length(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 300000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t taken = 0;
        char *body = calloc(1, sizes[i]);
        struct peer *peer = peer_start("127.0.0.1", take_body, &taken);
        struct dial *dial = dial_to(peer, NULL);
        const struct http1_request post = {.method = "POST",
                                           .target = "/x?y",
                                           .headers = host,
                                           .header_count = COUNT(host),
                                           .body = body,
                                           .body_length = sizes[i]};
        struct http1_answer answer;
        assert_true(http1_exchange(dial, &post, AMPLE_MS, NULL, &answer, NULL));
        http1_answer_free(&answer);
        dial_close(dial);
        peer_stop(peer);
        free(body);
        assert_int_equal(taken, sizes[i]);
    }
}

static void answer_early(int fd, void *context)
{
    (void)context;
    char head_text[256];
    peer_read_head(fd, head_text, sizeof head_text);
    peer_say(fd, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    shutdown(fd, SHUT_RD); /* what still comes is thrown away */
    peer_wait_for_end(fd);
}

static void an_answer_may_come_before_the_body_is_sent(void **state)
{
    (void)state;
    enum { MUCH = 8 << 20 };
    char *body = calloc(1, MUCH);
    struct peer *peer = peer_start("127.0.0.1", answer_early, NULL);
    struct dial *dial = dial_to(peer, NULL);
    const struct http1_request post = {.method = "POST",
                                       .target = "/",
                                       .headers = host,
                                       .header_count = COUNT(host),
                                       .body = body,
                                       .body_length = MUCH};
    struct http1_answer answer;
    struct error error = {.code = ERROR_NONE};
    bool done = http1_exchange(dial, &post, AMPLE_MS, NULL, &answer, &error);
    /* Where the reset of the rest overtook the answer, that is what is told. */
    assert_true(done ? answer.status == 413 : error.code == ERROR_NETWORK);
    http1_answer_free(&answer);
    dial_close(dial);
    peer_stop(peer);
    free(body);
}

static void requests_that_cannot_be_written_are_not_sent(void **state)
{
    (void)state;
    static const struct http1_header split[] = {{"X", "a\r\nY: b"}};
    static const struct http1_header bad_name[] = {{"X Y", "a"}};
    static const struct http1_request requests[] = {
        {.method = "GET", .target = "/a b"},
        {.method = "GET", .target = ""},
        {.method = "", .target = "/"},
        {.method = "GET\r\n", .target = "/"},
        {.method = "GET", .target = "/", .headers = split, .header_count = 1},
        {.method = "GET", .target = "/", .headers = bad_name, .header_count = 1},
    };
    struct script script = {.answers = {"x"}, .ending = CLOSES};
    struct peer *peer = peer_start("127.0.0.1", play, &script);
    struct dial *dial = dial_to(peer, NULL);
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct http1_answer answer;
        struct error error;
        assert_false(http1_exchange(dial, &requests[i], AMPLE_MS, NULL, &answer, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_int_equal(answer.sent_us, 0);
        http1_answer_free(&answer);
    }
    dial_close(dial);
    peer_stop(peer);
    assert_string_equal(script.request, "");
}

/* ── sinks and cancellation ──────────────────────────────────────────────────────────────── */

struct seen {
    int heads;
    int status;
    size_t bytes;
    size_t enough; /* bytes after which it has */
};

static bool see_head(void *context, const struct http1_answer *answer)
{
    struct seen *seen = context;
    seen->heads++;
    seen->status = answer->status;
    assert_int_equal(seen->bytes, 0);
    return seen->enough > 0;
}

static bool see_body(void *context, const char *data, size_t length)
{
    struct seen *seen = context;
    assert_non_null(data);
    seen->bytes += length;
    return seen->bytes < seen->enough;
}

static void a_sink_takes_the_body_and_may_end_it(void **state)
{
    (void)state;
    static const struct {
        size_t enough;
        bool done;
        size_t bytes;
    } cases[] = {{100, true, 5}, {3, false, 3}, {0, false, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct script script = {
            .answers = {"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"},
            .ending = STAYS};
        struct seen seen = {.enough = cases[i].enough};
        const struct http1_sink sink = {.context = &seen, .head = see_head, .body = see_body};
        struct peer *peer = peer_start("127.0.0.1", play, &script);
        struct dial *dial = dial_to(peer, NULL);
        struct http1_answer answer;
        struct error error = {.code = ERROR_NONE};
        assert_int_equal(http1_exchange(dial, &get, AMPLE_MS, &sink, &answer, &error), cases[i].done);
        assert_int_equal(error.code, cases[i].done ? ERROR_NONE : ERROR_CANCELED);
        assert_int_equal(seen.heads, 1);
        assert_int_equal(seen.status, 200);
        assert_int_equal(seen.bytes, cases[i].bytes);
        assert_string_equal(buf_text(&answer.body), "");
        http1_answer_free(&answer);
        dial_close(dial);
        peer_stop(peer);
    }
}

static void an_exchange_can_be_canceled(void **state)
{
    (void)state;
    atomic_bool cancel = false;
    struct script script = {
        .answers = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, .ending = STAYS, .cancel = &cancel};
    struct peer *peer = peer_start("127.0.0.1", play, &script);
    struct dial *dial = dial_to(peer, &cancel);
    struct http1_answer answer;
    struct error error;
    assert_false(http1_exchange(dial, &get, AMPLE_MS, NULL, &answer, &error));
    assert_int_equal(error.code, ERROR_CANCELED);
    http1_answer_free(&answer);
    dial_close(dial);
    peer_stop(peer);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_every_shape_are_read),
        cmocka_unit_test(what_is_no_answer_is_told),
        cmocka_unit_test(answers_without_an_end_are_bounded),
        cmocka_unit_test(requests_follow_each_other_on_one_connection),
        cmocka_unit_test(bodies_get_their_length),
        cmocka_unit_test(an_answer_may_come_before_the_body_is_sent),
        cmocka_unit_test(requests_that_cannot_be_written_are_not_sent),
        cmocka_unit_test(a_sink_takes_the_body_and_may_end_it),
        cmocka_unit_test(an_exchange_can_be_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
