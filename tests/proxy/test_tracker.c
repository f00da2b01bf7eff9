/* Borders of HTTP messages, however the bytes are cut. */
#include "proxy/tracker.h"
#include "tests/proxy/support.h"

#include <stdio.h>
#include <string.h>

#define ENDS_MAX 16

struct found {
    size_t ends[ENDS_MAX]; /* where messages end in the stream */
    size_t count;
    size_t heads;
    bool failed;
    bool upgrade;
    char last_path[FAULT_PATH_MAX + 1];
};

/* Feeds the stream in two pieces (cut at `cut`). */
static struct found track(const char *stream, size_t length, size_t cut, bool response, bool answers_head)
{
    struct tracker tracker;
    struct tracker_pool pool = {0};
    struct found found = {0};
    tracker_init(&tracker, response, &pool);
    tracker.answers_head = answers_head;
    size_t at = 0;
    while (at < length && !found.failed && !found.upgrade) {
        size_t end = at < cut ? cut : length;
        struct tracker_result result = tracker_feed(&tracker, stream + at, end - at);
        found.failed = result.failed;
        found.upgrade = result.upgrade;
        at += result.consumed;
        found.heads += result.head;
        if (result.head && tracker.head) {
            snprintf(found.last_path, sizeof found.last_path, "%s", tracker.head->path);
            /* What comes after it must do without. */
            tracker_release(&tracker);
        }
        if (result.complete && found.count < ENDS_MAX)
            found.ends[found.count++] = at;
    }
    tracker_release(&tracker);
    tracker_pool_free(&pool);
    return found;
}

static void check(const char *stream, bool response, bool answers_head, const size_t *ends, size_t count)
{
    size_t length = strlen(stream);
    for (size_t cut = 0; cut <= length; cut++) {
        struct found found = track(stream, length, cut, response, answers_head);
        assert_false(found.failed);
        assert_int_equal(found.count, count);
        assert_int_equal(found.heads, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(found.ends[i], ends[i]);
    }
}

#define GET "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST "POST /b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
#define CHUNKED "PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"

static void requests(void **state)
{
    (void)state;
    const size_t first = strlen(GET);
    const size_t second = first + strlen(POST);
    const size_t third = second + strlen(CHUNKED);
    const size_t ends[] = {first, second, third, third + first};
    check(GET POST CHUNKED GET, false, false, ends, 4);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define NOT_MODIFIED "HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n"
#define NO_CONTENT "HTTP/1.1 204 No Content\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static void responses(void **state)
{
    (void)state;
    size_t ends[5];
    ends[0] = strlen(CONTINUE);
    ends[1] = ends[0] + strlen(OK);
    ends[2] = ends[1] + strlen(NOT_MODIFIED);
    ends[3] = ends[2] + strlen(NO_CONTENT);
    ends[4] = ends[3] + strlen(OK);
    check(CONTINUE OK NOT_MODIFIED NO_CONTENT OK, true, false, ends, 5);
}

static void responses_to_head_have_no_body(void **state)
{
    (void)state;
    const char *one = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    char two[200];
    snprintf(two, sizeof two, "%s%s", one, one);
    const size_t ends[] = {strlen(one), 2 * strlen(one)};
    check(two, true, true, ends, 2);
}

static void close_ends_a_body_without_length(void **state)
{
    (void)state;
    struct tracker tracker;
    const char *stream = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
    tracker_init(&tracker, true, NULL);
    assert_false(tracker_feed(&tracker, stream, strlen(stream)).complete);
    assert_true(tracker_finish(&tracker));
    tracker_init(&tracker, true, NULL);
    tracker_feed(&tracker, OK, strlen(OK) - 1);
    assert_false(tracker_finish(&tracker));
}

static void upgrades_stop_the_parser(void **state)
{
    (void)state;
    const char *request = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const char *response = "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05";
    char with_more[200];
    snprintf(with_more, sizeof with_more, "%s\x81\x03more", request);
    for (size_t cut = 0; cut < strlen(request); cut++) {
        struct found found = track(with_more, strlen(with_more), cut, false, false);
        assert_true(found.upgrade && found.count == 1 && found.ends[0] == strlen(request));
        assert_string_equal(found.last_path, "/ws");
    }
    for (size_t cut = 0; cut < strlen(response) - 2; cut++) {
        struct found found = track(response, strlen(response), cut, true, false);
        assert_true(found.upgrade && found.count == 1 && found.ends[0] == strlen(response) - 2);
    }
}

static void what_is_not_http_fails(void **state)
{
    (void)state;
    const char *others[] = {
        "\x16\x03\x01", "PING\r\n", "*1\r\n$4\r\nPING\r\n", "GET key\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "SSH-2.0-x\r\n"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        for (size_t cut = 0; cut < strlen(others[i]); cut++)
            assert_true(track(others[i], strlen(others[i]), cut, false, false).failed);
}

static void reads_what_must_be_known(void **state)
{
    (void)state;
    const char *stream = "POST http://host:80/a/b?c=/d#e HTTP/1.0\r\nUSER-agent: ELB-HealthChecker/2.0\r\n"
                         "X-User-Agent: other\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n";
    for (size_t cut = 0; cut <= strlen(stream); cut++) {
        struct tracker tracker;
        struct tracker_pool pool = {0};
        tracker_init(&tracker, false, &pool);
        struct tracker_result result = tracker_feed(&tracker, stream, cut);
        if (cut < strlen(stream))
            result = tracker_feed(&tracker, stream + cut, strlen(stream) - cut);
        assert_true(result.complete);
        assert_string_equal(tracker_method(&tracker), "POST");
        assert_string_equal(tracker.head->path, "/a/b");
        assert_string_equal(tracker.head->agent, "ELB-HealthChecker/2.0");
        assert_true(tracker_expects_continue(&tracker));
        assert_true(tracker_is_http_1_0(&tracker));
        assert_false(tracker_keeps_alive(&tracker));
        tracker_release(&tracker);
        tracker_pool_free(&pool);
    }
}

static void long_paths_are_cut(void **state)
{
    (void)state;
    char stream[4096] = "GET /";
    memset(stream + 5, 'a', 3000);
    strcat(stream, " HTTP/1.1\r\n\r\n");
    struct tracker tracker;
    struct tracker_pool pool = {0};
    tracker_init(&tracker, false, &pool);
    assert_true(tracker_feed(&tracker, stream, strlen(stream)).complete);
    assert_int_equal(strlen(tracker.head->path), FAULT_PATH_MAX);
    tracker_release(&tracker);
    tracker_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(responses),
        cmocka_unit_test(responses_to_head_have_no_body),
        cmocka_unit_test(close_ends_a_body_without_length),
        cmocka_unit_test(upgrades_stop_the_parser),
        cmocka_unit_test(what_is_not_http_fails),
        cmocka_unit_test(reads_what_must_be_known),
        cmocka_unit_test(long_paths_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
