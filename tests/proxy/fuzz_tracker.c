/*
 * Any bytes as a stream of requests or responses. The first byte chooses which, and where the stream
 * is cut; the tracker must always move on, and the cut must not change what it finds.
 */
#include "proxy/tracker.h"
#include "tests/fuzz.h"

#include <stdlib.h>

struct found {
    size_t messages;
    size_t end; /* of the last whole message */
    bool failed;
    bool upgrade;
};

static struct found feed(struct tracker *tracker, const char *data, size_t size, size_t cut)
{
    struct found found = {0};
    size_t at = 0;
    while (at < size) {
        size_t end = at < cut ? cut : size;
        struct tracker_result result = tracker_feed(tracker, data + at, end - at);
        if (result.failed) {
            found.failed = true;
            return found;
        }
        if (result.consumed > end - at || (result.consumed == 0 && !result.complete))
            abort();
        at += result.consumed;
        if (result.complete) {
            found.messages++;
            found.end = at;
            tracker_keeps_alive(tracker);
            /* As soon as it has been read; what follows may be trailers of a later part. */
            tracker_release(tracker);
        }
        if (result.upgrade) {
            found.upgrade = true;
            return found;
        }
    }
    tracker_finish(tracker);
    return found;
}

static struct found track(const char *data, size_t size, size_t cut, bool response, bool head)
{
    struct tracker tracker;
    struct tracker_pool pool = {0};
    tracker_init(&tracker, response, &pool);
    tracker.answers_head = head;
    struct found found = feed(&tracker, data, size, cut);
    tracker_release(&tracker);
    tracker_pool_free(&pool);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool response = (data[0] & 1) != 0;
    bool head = (data[0] & 2) != 0;
    const char *text = (const char *)data + 1;
    size--;
    struct found whole = track(text, size, size, response, head);
    struct found pieces = track(text, size, (size_t)(data[0] >> 2) % size, response, head);
    if (whole.failed != pieces.failed || whole.messages != pieces.messages || whole.end != pieces.end ||
        whole.upgrade != pieces.upgrade)
        if (!whole.failed && !pieces.failed)
            abort();
    return 0;
}
