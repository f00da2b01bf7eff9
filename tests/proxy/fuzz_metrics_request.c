/*
 * Any bytes as a request to the metrics' socket. The first byte says where the stream is cut: whatever the
 * cut, the answer must be the same.
 */
#include "proxy/metrics_request.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

struct verdict {
    enum metrics_progress progress;
    int status;
    bool open;
    bool head;
};

static struct verdict read_request(const char *data, size_t size, size_t cut)
{
    struct metrics_request request;
    struct verdict verdict = {METRICS_MORE, 0, false, false};
    metrics_request_init(&request);
    if (cut > 0)
        verdict.progress = metrics_request_feed(&request, data, cut);
    if (verdict.progress == METRICS_MORE && cut < size)
        verdict.progress = metrics_request_feed(&request, data + cut, size - cut);
    if (strlen(request.path) > METRICS_PATH_MAX || strlen(request.accept) > METRICS_ACCEPT_MAX ||
        request.seen > METRICS_HEAD_MAX)
        abort();
    if (verdict.progress == METRICS_WHOLE) {
        verdict.status = metrics_request_status(&request);
        verdict.open = metrics_request_takes_open(&request);
        verdict.head = metrics_request_is_head(&request);
    }
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *text = (const char *)data + 1;
    size--;
    struct verdict whole = read_request(text, size, 0);
    struct verdict pieces = read_request(text, size, data[0] % size);
    /* A request may be whole before bytes that are wrong. */
    if (whole.progress != pieces.progress && whole.progress != METRICS_BAD && pieces.progress != METRICS_BAD)
        abort();
    if (whole.progress == pieces.progress &&
        (whole.status != pieces.status || whole.open != pieces.open || whole.head != pieces.head))
        abort();
    return 0;
}
