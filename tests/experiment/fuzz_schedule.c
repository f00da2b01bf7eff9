/* Any schedule that an account may hold: an answer, within bounds of time. */
#include "experiment/schedule.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t from_ms = INT64_C(1795248000000);
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    enum schedule_answer answer = schedule_fires(text, "", from_ms, from_ms + HOUR_MS);
    if (answer != SCHEDULE_NO && answer != SCHEDULE_YES && answer != SCHEDULE_UNKNOWN)
        abort();
    free(text);
    return 0;
}
