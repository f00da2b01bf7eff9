/* Any line at the control socket; what is taken is within its limits. */
#include "experiment/control.h"
#include "tests/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control_request request;
    struct error error;
    if (!control_request_parse(&request, (const char *)data, size, &error)) {
        if (error.code != ERROR_INVALID || error.message[0] == '\0')
            abort();
        return 0;
    }
    if (request.interval_ms < CONTROL_WATCH_MIN_MS || request.interval_ms > CONTROL_WATCH_MAX_MS ||
        !fault_check(&request.faults, NULL))
        abort();
    return 0;
}
