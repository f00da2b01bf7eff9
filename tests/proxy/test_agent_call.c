/* agent_call: where the ECS agent is, and what its answers mean. */
#include "proxy/agent_call.h"
#include "tests/proxy/support.h"

#include <string.h>

static void places(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *host, *path;
        uint16_t port;
    } cases[] = {
        {"http://169.254.170.2/api/0123-456", "169.254.170.2", "/api/0123-456", 80},
        {"http://127.0.0.1:4566/api/x/", "127.0.0.1", "/api/x", 4566},
        {"http://[fd00:ec2::23]/api", "fd00:ec2::23", "/api", 80},
        {"http://[fd00:ec2::23]:81", "fd00:ec2::23", "", 81},
        {"http://agent/", "agent", "", 80},
    };
    static const char *const wrong[] = {
        "169.254.170.2", "https://169.254.170.2/", "http://",      "http:///x",   "http://h:0/",
        "http://h:x/",   "http://u:p@h/",          "http://h/a b", "http://h/\r", "http://h/?q=1",
        "http://h/#f"};
    struct agent_place place;
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(agent_place_parse(&place, cases[i].uri, &error));
        assert_string_equal(place.host, cases[i].host);
        assert_string_equal(place.path, cases[i].path);
        assert_int_equal(place.port, cases[i].port);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (agent_place_parse(&place, wrong[i], &error))
            fail_msg("%s was taken", wrong[i]);
        assert_non_null(strstr(error.message, "ECS_AGENT_URI"));
    }
    assert_false(agent_place_parse(&place, NULL, &error));
    assert_non_null(strstr(error.message, "ECS_AGENT_URI is not set"));
}

static void the_agent_is_spared(void **state)
{
    (void)state;
    static const struct {
        const char *host, *filter;
    } cases[] = {{"169.254.170.2", "169.254.170.2"},
                 {"fd00:ec2::23", "fd00:ec2::23"},
                 {"127.0.0.1", NULL},
                 {"::1", NULL},
                 {"agent", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct agent_setting setting = {0};
        struct agent_place place = {.port = 80};
        strcpy(place.host, cases[i].host);
        agent_place_spare(&place, &setting);
        agent_place_spare(&place, &setting);
        assert_int_equal(setting.filter_count, cases[i].filter ? 1 : 0);
        if (cases[i].filter)
            assert_string_equal(setting.filters[0], cases[i].filter);
    }
}

static void answers(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum agent_verb verb;
        enum agent_outcome outcome;
        const char *words;
    } cases[] = {
        {200, "{\"Status\":\"running\"}", AGENT_START, AGENT_RUNS, ""},
        {200, "{\"Status\":\"running\"}", AGENT_STATUS, AGENT_RUNS, ""},
        {200, "{\"Status\":\"running\"}", AGENT_STOP, AGENT_LOST, "not understood: {\"Status\":\"running\"}"},
        {200, "{\"Status\":\"stopped\"}", AGENT_STOP, AGENT_RUNS_NOT, ""},
        {200, "{\"Status\":\"stopped\"}", AGENT_START, AGENT_LOST, "not understood"},
        {200, "{\"Status\":\"not-running\"}", AGENT_STATUS, AGENT_RUNS_NOT, ""},
        {200, "{\"Status\":\"not-running\"}", AGENT_STOP, AGENT_LOST, "not understood"},
        {200, "{\"Status\":7}", AGENT_START, AGENT_LOST, "not understood"},
        {200, "", AGENT_START, AGENT_LOST, "not understood"},
        {429, "You have reached maximum request limit", AGENT_START, AGENT_TOO_SOON, "answers 429: You have"},
        {409, "{\"Error\":\"There is already one\"}", AGENT_START, AGENT_DECLINES, "answers 409: There is"},
        {404, "404 page not found\n", AGENT_STATUS, AGENT_DECLINES, "answers 404: 404 page not found"},
        {500, "{\"Error\":\"internal error\"}", AGENT_STOP, AGENT_FAILS, "answers 500: internal error"},
        {503, "\033[2Jx", AGENT_STOP, AGENT_FAILS, "answers 503: ?[2Jx"},
        {302, "", AGENT_START, AGENT_LOST, "answers 302"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        error_clear(&error);
        enum agent_outcome outcome = agent_answer_read(cases[i].status, cases[i].body, strlen(cases[i].body),
                                                       cases[i].verb, "network-latency/x", &error);
        if (outcome != cases[i].outcome || !strstr(error.message, cases[i].words))
            fail_msg("%d %s: %d %s", cases[i].status, cases[i].body, outcome, error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(the_agent_is_spared),
        cmocka_unit_test(answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
