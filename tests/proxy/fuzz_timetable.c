/*
 * Any texts as SHAKETABLE_FAULTS, SHAKETABLE_START and SHAKETABLE_DEADLINE, a line each. What is taken must
 * have an end, after its start.
 */
#include "core/stats.h"
#include "proxy/timetable.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct timetable timetable = {.deadline_ms = -1};
    struct error error;
    char *text = malloc(size + 1), *rest = text;
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    const char *faults = strsep(&rest, "\n"), *start = strsep(&rest, "\n"), *deadline = rest;
    if (timetable_parse(faults, start, deadline, &timetable, &error)) {
        if (timetable.deadline_ms <= timetable.start_ms || timetable.start_ms < 0)
            abort();
        if (timetable.start_ms > 0 && timetable.deadline_ms - timetable.start_ms > STATS_LEASE_MAX_MS)
            abort();
    } else if (timetable.deadline_ms != -1 || error.message[0] == '\0') {
        abort();
    }
    free(text);
    return 0;
}
