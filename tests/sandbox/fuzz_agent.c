/* The bodies of requests to the ECS agent's fault endpoints: what is taken is within the agent's limits, and
 * what is refused says why. */
#include "sandbox/agent_request.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct interface_fault *fault)
{
    bool whole = true;

    switch (fault->kind) {
    case INTERFACE_LATENCY:
        whole =
            fault->delay_ms >= 0 && fault->jitter_ms >= 0 && fault->delay_ms + (int64_t)fault->jitter_ms > 0;
        break;
    case INTERFACE_LOSS:
        whole = fault->loss_percent >= 1 && fault->loss_percent <= 100;
        break;
    default:
        whole = fault->port >= 0 && fault->port <= UINT16_MAX;
    }
    if (!whole ||
        (fault->kind != INTERFACE_BLACKHOLE &&
         (json_length(fault->sources) == 0 || fault->flows_percent < 1 || fault->flows_percent > 100)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), message[AGENT_MESSAGE_MAX];
    struct agent_request request;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    for (int kind = 0; kind < INTERFACE_KINDS; kind++) {
        message[0] = '\0';
        if (agent_request_read(&request, (enum interface_kind)kind, text, size, message))
            check(&request.fault);
        else if (message[0] == '\0')
            abort();
        agent_request_free(&request);
    }
    free(text);
    return 0;
}
