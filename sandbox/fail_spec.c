#include "sandbox/fail.h"

#include "core/units.h"
#include "sandbox/memory.h"

#include <stdio.h>
#include <string.h>

#define WHICH_MAX 1000000
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

static const struct {
    const char *name;
    enum fail_how how;
} ways[] = {
    {"refuse", FAIL_REFUSE},
    {"throttle", FAIL_THROTTLE},
    {"500-before", FAIL_ERROR_BEFORE},
    {"500-after", FAIL_ERROR_AFTER},
    {"timeout-before", FAIL_TIMEOUT_BEFORE},
    {"timeout-after", FAIL_TIMEOUT_AFTER},
    {"cut-before", FAIL_CUT_BEFORE},
    {"cut-after", FAIL_CUT_AFTER},
    {"half", FAIL_HALF},
};
#define WAYS (sizeof ways / sizeof ways[0])
#define DELAY "delay:"

/* A name or "*", up to one of `ends`; NULL if it is neither, or too long. */
static const char *take_name(const char *text, const char *ends, char *into, size_t size)
{
    size_t length = strcspn(text, ends);

    if (length == 0 || length >= size || (strspn(text, LETTERS) < length && !(length == 1 && *text == '*')))
        return NULL;
    memcpy(into, text, length);
    into[length] = '\0';
    return text + length;
}

static const char *take_which(struct fail_spec *spec, const char *text, struct error *error)
{
    char digits[16] = "";
    size_t length = strspn(text, "0123456789");
    int64_t number = 0;

    if (length < sizeof digits)
        memcpy(digits, text, length);
    if (!units_parse_integer(digits, "--fail: the call behind @", 1, WHICH_MAX, &number, error))
        return NULL;
    spec->first = (unsigned)number;
    spec->onwards = text[length] == '+';
    return text + length + spec->onwards;
}

static bool take_delay(struct fail_spec *spec, const char *text, struct error *error)
{
    double ms = 0;

    if (!units_parse_duration(text, 1, "--fail: delay", &ms, error))
        return false;
    if (ms < 1 || ms > FAIL_DELAY_MAX_MS)
        return error_set(error, ERROR_USAGE, "--fail: a delay is from 1ms to %ds, not %.40s",
                         FAIL_DELAY_MAX_MS / 1000, text);
    spec->how = FAIL_DELAY;
    spec->delay_ms = (int)ms;
    return true;
}

static bool take_how(struct fail_spec *spec, const char *text, struct error *error)
{
    if (strncmp(text, DELAY, strlen(DELAY)) == 0)
        return take_delay(spec, text + strlen(DELAY), error);
    for (size_t i = 0; i < WAYS; i++) {
        if (strcmp(text, ways[i].name) == 0) {
            spec->how = ways[i].how;
            return true;
        }
    }
    return error_set(error, ERROR_USAGE,
                     "--fail: '%.40s' is no way to fail: refuse, throttle, 500-before, 500-after, "
                     "timeout-before, timeout-after, cut-before, cut-after, half, or delay:TIME",
                     text);
}

bool fail_spec_parse(struct fail_spec *spec, const char *text, struct error *error)
{
    const char *at = text;

    *spec = (struct fail_spec){.how = FAIL_NOT};
    if (*at == '*' && at[1] != ':') {
        text_copy(spec->service, sizeof spec->service, "*");
        text_copy(spec->operation, sizeof spec->operation, "*");
        at++;
    } else {
        at = take_name(at, ":@=", spec->service, sizeof spec->service);
        at = at && *at == ':' ? take_name(at + 1, "@=", spec->operation, sizeof spec->operation) : NULL;
    }
    if (at && *at == '@') {
        at = take_which(spec, at + 1, error);
        if (!at)
            return false;
    }
    if (!at || *at != '=')
        return error_set(error, ERROR_USAGE,
                         "--fail: '%.80s' is not SERVICE:OPERATION[@N|@N+]=HOW, such as "
                         "ecs:UpdateService@2=500-after, or '*=throttle'",
                         text);
    return take_how(spec, at + 1, error);
}

void fail_spec_print(const struct fail_spec *spec, char text[FAIL_SPEC_MAX])
{
    char which[32] = "";
    const char *how = "";

    for (size_t i = 0; i < WAYS; i++)
        if (ways[i].how == spec->how)
            how = ways[i].name;
    if (spec->first > 0)
        snprintf(which, sizeof which, "@%u%s", spec->first, spec->onwards ? "+" : "");
    if (spec->how == FAIL_DELAY)
        snprintf(text, FAIL_SPEC_MAX, "%s:%s%s=" DELAY "%dms", spec->service, spec->operation, which,
                 spec->delay_ms);
    else
        snprintf(text, FAIL_SPEC_MAX, "%s:%s%s=%s", spec->service, spec->operation, which, how);
}
