/* Any line as a request to a sidecar; what is taken must be printed and read back as the same. */
#include "core/stats.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stats_request request, back;
    struct error error;
    stats_request_find_id((const char *)data, size);
    if (size > STATS_REQUEST_MAX || !stats_request_parse(&request, (const char *)data, size, &error))
        return 0;
    struct buf out;
    buf_init(&out, 64 * 1024);
    if (!stats_request_print(&request, &out) || !stats_request_parse(&back, out.data, out.length, &error) ||
        back.op != request.op || back.id != request.id)
        abort();
    if (request.op == STATS_SET &&
        (!fault_equal(&request.faults, &back.faults) || strcmp(request.by, back.by) != 0))
        abort();
    buf_free(&out);
    return 0;
}
