/*
 * Any bytes as the head of a request to the CONNECT proxy: what is taken names a host and a port that mean
 * the same when they are read again.
 */
#include "proxy/gate_request.h"
#include "tests/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct gate_request request;
    struct authority again;
    char written[AUTHORITY_HOST_MAX + 16];
    size_t head = size <= GATE_HEAD_MAX ? gate_request_head(text, size) : 0;
    authority_parse(text, size, &again);
    if (head == 0)
        return 0;
    gate_request_parse(text, head, &request);
    if ((request.status == 200) != (request.why[0] == '\0') ||
        memchr(request.why, '\0', GATE_WHY_MAX) == NULL)
        abort();
    if (request.status != 200)
        return 0;
    bool ipv6 = strchr(request.to.host, ':') != NULL;
    snprintf(written, sizeof written, ipv6 ? "[%s]:%u" : "%s:%u", request.to.host, request.to.port);
    if (!authority_parse(written, strlen(written), &again) || !authority_same(&again, &request.to))
        abort();
    return 0;
}
