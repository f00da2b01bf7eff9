/* What comes from outside to an agent's caller: ECS_AGENT_URI, and the agent's answers. */
#include "proxy/agent_call.h"
#include "tests/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where one leads can be written down and is the same again. */
static void check_uri(const char *text)
{
    struct agent_place place, again;
    struct error error;
    char uri[AGENT_URI_MAX * 2];
    if (!agent_place_parse(&place, text, &error)) {
        if (strstr(error.message, "ECS_AGENT_URI") == NULL)
            abort();
        return;
    }
    snprintf(uri, sizeof uri, strchr(place.host, ':') ? "http://[%s]:%u%s" : "http://%s:%u%s", place.host,
             place.port, place.path);
    if (strlen(uri) >= AGENT_URI_MAX)
        return;
    if (!agent_place_parse(&again, uri, &error) || strcmp(again.host, place.host) != 0 ||
        again.port != place.port || strcmp(again.path, place.path) != 0)
        abort();
}

/* Only the status and the words of a 200 confirm anything, and what doesn't is told. */
static void check_answer(int status, const char *body, size_t length)
{
    for (enum agent_verb verb = AGENT_START; verb <= AGENT_STATUS; verb++) {
        struct error error;
        error_clear(&error);
        enum agent_outcome outcome = agent_answer_read(status, body, length, verb, "x", &error);
        bool confirms = outcome == AGENT_RUNS || outcome == AGENT_RUNS_NOT;
        if (confirms && (status != 200 || (outcome == AGENT_RUNS && verb == AGENT_STOP) ||
                         (outcome == AGENT_RUNS_NOT && verb == AGENT_START)))
            abort();
        if (!confirms && error.message[0] == '\0')
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 204, 302, 400, 404, 409, 429, 500, 503};
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_uri(text);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        check_answer(statuses[i], text, size);
    free(text);
    return 0;
}
