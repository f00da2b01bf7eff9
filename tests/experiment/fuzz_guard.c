/* Any guard that somebody writes; what is taken can be shown, and holds for some values and not for others.
 */
#include "experiment/guard.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guard guard;
    struct error error;
    struct choices choices = {0};
    char text[UNITS_TEXT_MAX];
    char *line = malloc(size + 1);
    if (line == NULL)
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    if (!guard_parse(&guard, line, &error)) {
        if (error.code != ERROR_INVALID || error.message[0] == '\0')
            abort();
    } else {
        guard_format(guard.metric, guard.threshold, text);
        bool alarm = guard.metric == GUARD_ALARM;
        if (guard.for_ms < 0 || guard.for_ms > GUARD_FOR_MAX_MS || alarm != (guard.alarm[0] != '\0') ||
            alarm != (text[0] == '\0') ||
            (!alarm && guard_holds(&guard, 0) == guard_holds(&guard, 1e12) && guard.op != GUARD_AT_LEAST &&
             guard.op != GUARD_AT_MOST))
            abort();
        if (!guard_add(&choices, line, NULL) || guard_add(&choices, line, NULL))
            abort();
    }
    free(line);
    return 0;
}
