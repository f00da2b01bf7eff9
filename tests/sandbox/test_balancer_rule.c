/* Listener rules: what they match, and what the balancer answers by itself. */
#include "core/http_reader.h"
#include "sandbox/balancer.h"
#include "tests/sandbox/test_balancer_stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct balancer_value value(unsigned condition, enum balancer_field field, const char *key,
                                   const char *text)
{
    struct balancer_value made = {.condition = condition, .field = field};
    snprintf(made.key, sizeof made.key, "%s", key);
    snprintf(made.text, sizeof made.text, "%s", text);
    return made;
}

static bool on_head(void *context, const struct http_head *head)
{
    (void)context;
    (void)head;
    return true;
}
static void on_body(void *context, const char *data, size_t length)
{
    (void)context;
    (void)data;
    (void)length;
}

/* The head that the rules look at. */
static bool matches(const struct balancer_rule *rule, const char *request)
{
    static const struct http_events events = {.head = on_head, .body = on_body};
    struct http_reader reader;
    size_t used = 0;
    http_reader_init(&reader, HTTP_REQUEST, &events, NULL);
    http_reader_feed(&reader, request, strlen(request), &used);
    assert_true(reader.head_done);
    bool matched = balancer_rule_matches(rule, &reader.head, "127.0.0.1");
    http_reader_free(&reader);
    return matched;
}

static bool one(enum balancer_field field, const char *key, const char *text, const char *request)
{
    struct balancer_rule rule = {.value_count = 1};
    rule.values[0] = value(0, field, key, text);
    return matches(&rule, request);
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool fold, matched;
    } cases[] = {
        {"/img/*", "/img/a/b", false, true},
        {"/img/*", "/img", false, false},
        {"*", "", false, true},
        {"a*b*c", "aXbYbZc", false, true},
        {"a*b*c", "aXbYbZ", false, false},
        {"?", "", false, false},
        {"a?c", "abc", false, true},
        {"a?c", "ac", false, false},
        {"ABC", "abc", true, true},
        {"ABC", "abc", false, false},
        {"", "", false, true},
        {"", "a", false, false},
        {"a**", "a", false, true},
        {"*.org", "shop.org", true, true},
        {"*aab", "aaaab", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(balancer_glob(cases[i].pattern, cases[i].text, strlen(cases[i].text), cases[i].fold),
                         cases[i].matched);
}

static void cidrs(void **state)
{
    (void)state;
    assert_true(balancer_cidr_has("127.0.0.0/8", "127.1.2.3"));
    assert_true(balancer_cidr_has("0.0.0.0/0", "10.0.0.1"));
    assert_true(balancer_cidr_has("10.0.0.1/32", "10.0.0.1"));
    assert_false(balancer_cidr_has("10.0.0.1/32", "10.0.0.2"));
    static const char *const wrong[] = {
        "", "10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/8x", "::1/128", "10.0.0.1.2.3.4.5.6.7/8"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(balancer_cidr_has(wrong[i], "10.0.0.1"));
}

static void each_field(void **state)
{
    (void)state;
    static const char request[] = "GET /a/B?k=Val&empty&q=1%20 HTTP/1.1\r\nHost: Shop.example.com:8080\r\n"
                                  "X-Canary: no\r\nX-Canary: yes please\r\n\r\n";
    assert_true(one(BALANCER_PATH, "", "/a/*", request));
    assert_true(one(BALANCER_PATH, "", "/a/B", request)); /* without the query */
    assert_false(one(BALANCER_PATH, "", "/a/b", request));
    assert_true(one(BALANCER_HOST, "", "shop.EXAMPLE.com", request));
    assert_true(one(BALANCER_HOST, "", "*.example.com", request));
    assert_false(one(BALANCER_HOST, "", "example.com", request));
    assert_true(one(BALANCER_HEADER, "x-canary", "YES*", request)); /* any of the fields of that name */
    assert_false(one(BALANCER_HEADER, "x-canary", "maybe", request));
    assert_false(one(BALANCER_HEADER, "x-other", "*", request));
    assert_true(one(BALANCER_METHOD, "", "GET", request));
    assert_false(one(BALANCER_METHOD, "", "POST", request));
    assert_true(one(BALANCER_QUERY, "K", "v?l", request));
    assert_true(one(BALANCER_QUERY, "", "val", request));
    assert_true(one(BALANCER_QUERY, "empty", "*", request));
    assert_false(one(BALANCER_QUERY, "k", "other", request));
    assert_true(one(BALANCER_SOURCE, "", "127.0.0.0/8", request));
    assert_false(one(BALANCER_SOURCE, "", "10.0.0.0/8", request));
    assert_false(one(BALANCER_QUERY, "", "*", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_false(one(BALANCER_HOST, "", "x", "GET / HTTP/1.0\r\n\r\n"));
    assert_true(one(BALANCER_PATH, "", "/in/full", "GET http://h/in/full?q HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_true(one(BALANCER_PATH, "", "/", "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n"));
}

static void conditions_are_and_values_are_or(void **state)
{
    (void)state;
    struct balancer_rule rule = {.value_count = 3};
    rule.values[0] = value(0, BALANCER_PATH, "", "/a");
    rule.values[1] = value(0, BALANCER_PATH, "", "/b");
    rule.values[2] = value(1, BALANCER_METHOD, "", "GET");
    assert_true(matches(&rule, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_true(matches(&rule, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_false(matches(&rule, "GET /c HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_false(matches(&rule, "DELETE /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    rule.value_count = 0;
    assert_true(matches(&rule, "PUT /c HTTP/1.1\r\nHost: h\r\n\r\n"));
}

/* A listener without a target: /fixed, /moved, and 503 for all else. */
static void answers_of_its_own(void **state)
{
    (void)state;
    struct balancer_rule rules[3] = {{.value_count = 1, .action = BALANCER_FIXED, .status = 404},
                                     {.value_count = 1, .action = BALANCER_REDIRECT, .status = 301},
                                     {.action = BALANCER_FORWARD}};
    struct visitor visitor;
    struct error error;
    unsigned listener = 0;
    uint16_t port = 0;
    struct balancer *balancer = balancer_start(&error);
    rules[0].values[0] = value(0, BALANCER_PATH, "", "/fixed");
    rules[1].values[0] = value(0, BALANCER_PATH, "", "/moved*");
    snprintf(rules[0].content_type, sizeof rules[0].content_type, "application/json");
    snprintf(rules[0].body, sizeof rules[0].body, "{}");
    snprintf(rules[1].location, sizeof rules[1].location, "https://#{host}:443/new/#{path}?#{query}");
    assert_true(balancer_add_listener(balancer, "127.0.0.1", 0, &listener, &port, &error));
    assert_true(balancer_set_rules(balancer, listener, rules, 3, &error));
    visitor_open(&visitor, port);
    assert_int_equal(visitor_get(&visitor, "/fixed"), 404);
    assert_string_equal(buf_text(&visitor.body), "{}");
    assert_string_equal(visitor_header(&visitor, "content-type"), "application/json");
    visitor_say(&visitor, "GET /moved/x?a=b HTTP/1.1\r\nHost: shop:81\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 301);
    assert_string_equal(visitor_header(&visitor, "location"), "https://shop:443/new/moved/x?a=b");
    visitor_say(&visitor, "POST /moved HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc");
    assert_int_equal(visitor_hear(&visitor), 301);
    assert_string_equal(visitor_header(&visitor, "location"), "https://shop:443/new/moved");
    visitor.head_only = true;
    visitor_say(&visitor, "HEAD /fixed HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(visitor_hear(&visitor), 404);
    visitor.head_only = false;
    assert_int_equal(visitor_get(&visitor, "/other"), 503);
    assert_true(balancer_set_rules(balancer, listener, NULL, 0, &error));
    assert_int_equal(visitor_get(&visitor, "/fixed"), 503);
    visitor_close(&visitor);
    assert_false(balancer_set_rules(balancer, listener, rules, BALANCER_RULES_MAX + 1, &error));
    assert_int_equal(error.code, ERROR_LIMIT);
    balancer_stop(balancer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs),
        cmocka_unit_test(cidrs),
        cmocka_unit_test(each_field),
        cmocka_unit_test(conditions_are_and_values_are_or),
        cmocka_unit_test(answers_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
