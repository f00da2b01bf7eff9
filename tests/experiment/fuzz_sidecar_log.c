/* Any texts as a log stream's name and a line of it: what is taken must be whose it says, and a stats frame.
 */
#include "experiment/sidecar_log.h"
#include "tests/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stats_frame frame;
    struct sidecar_log whose;
    char *text = malloc(size + 1), *rest = text, again[2 * SIDECAR_LOG_NAME_MAX + 8];
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    const char *stream = strsep(&rest, "\n"), *line = rest == NULL ? "" : rest;
    if (sidecar_log_read(stream, "ecs", line, &whose, &frame)) {
        snprintf(again, sizeof again, "ecs/%s/%s", whose.container, whose.task_id);
        if (strcmp(again, stream) != 0 || frame.type != STATS_FRAME_STATS)
            abort();
    }
    free(text);
    return 0;
}
