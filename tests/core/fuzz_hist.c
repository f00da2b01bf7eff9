/* Any bytes as an encoded histogram, plain or compressed; what is taken must survive our encoding. */
#include "core/hist.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hist hist, back;
    struct error error;
    hist_clear(&hist);
    hist_clear(&back);
    /* Both as text and as bytes: the seeds are of either kind. */
    if (!hist_decode_base64_add(&hist, (const char *)data, size, &error) &&
        !hist_decode_add(&hist, data, size, &error))
        return 0;
    if (hist_percentile(&hist, 50) > hist_percentile(&hist, 99))
        abort();
    struct buf out;
    buf_init(&out, 64 * 1024);
    if (!hist_encode_base64(&hist, &out) || !hist_decode_base64_add(&back, out.data, out.length, &error) ||
        memcmp(hist.counts, back.counts, sizeof hist.counts) != 0)
        abort();
    buf_free(&out);
    return 0;
}
