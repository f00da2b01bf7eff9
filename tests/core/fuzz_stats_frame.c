/* Any line as a frame of a sidecar; a sample that is taken must be printed and read back. */
#include "core/stats.h"
#include "tests/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stats_frame frame, back;
    struct error error;
    if (size > STATS_FRAME_MAX || !stats_frame_parse(&frame, (const char *)data, size, &error) ||
        frame.type != STATS_FRAME_STATS)
        return 0;
    struct buf out;
    buf_init(&out, STATS_FRAME_MAX);
    if (!stats_sample_print(&frame.sample, &out) || !stats_frame_parse(&back, out.data, out.length, &error) ||
        back.sample.requests != frame.sample.requests ||
        back.sample.service.total != frame.sample.service.total)
        abort();
    buf_free(&out);
    return 0;
}
