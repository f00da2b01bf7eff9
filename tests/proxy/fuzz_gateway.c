/* What the gateway reads of a client: a request in pieces, its signed pieces put together, which call it is,
 * whether its signature holds, and how it is signed anew. The first byte is the length of the pieces. */
#include "proxy/gateway_request.h"
#include "proxy/gateway_sign.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1795960800

static void sign_anew(struct gateway_request *request)
{
    const struct gateway_endpoints endpoints = {.option = "http://127.0.0.1:9/prefix"};
    struct aws_credentials *own = calloc(1, sizeof *own);
    struct gateway_signed *result = calloc(1, sizeof *result);
    struct api_request view = gateway_request_view(request);
    struct gateway_endpoint endpoint;
    struct api_call call;
    struct error error;
    enum api_refusal refusal;

    memcpy(own->access_key, "test", 5);
    memcpy(own->secret_key, "test", 5);
    api_call_recognise(&call, &view);
    gateway_signature_holds(&view, &call, own, NOW, &refusal, &error);
    if (gateway_request_unchunk(request) && gateway_endpoint_find(&endpoints, &call, &endpoint, &error)) {
        view = gateway_request_view(request);
        if (gateway_sign(&view, &call, &endpoint, own, NOW, result, &error) &&
            (strchr(result->target.data, '\n') || result->header_count > GATEWAY_HEADERS_SENT_MAX))
            abort();
        gateway_signed_free(result);
    }
    free(result);
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gateway_request *request = calloc(1, sizeof *request);
    enum gateway_read result = GATEWAY_ENDED;
    size_t piece = size > 0 && data[0] > 0 ? data[0] : 1, at = 1;
    bool done = false;

    if (!request)
        return 0;
    atomic_size_t bodies = 0;
    gateway_request_init(request, -1, &bodies);
    while (!done && at < size) {
        size_t length = size - at < piece ? size - at : piece, used = 0;
        done = gateway_request_feed(request, (const char *)data + at, length, &result, &used);
        if (used > length)
            abort();
        at += used;
    }
    if (done && result == GATEWAY_WHOLE)
        sign_anew(request);
    gateway_request_free(request);
    if (bodies != 0)
        abort();
    free(request);
    return 0;
}
