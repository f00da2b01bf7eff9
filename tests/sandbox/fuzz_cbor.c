/* Any bytes as a CBOR call; what is read is written, and read again as the same. */
#include "sandbox/cbor.h"
#include "tests/fuzz.h"

#include <json-c/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *json = cbor_read(data, size), *again = NULL;
    struct buf text;

    if (!json)
        return 0;
    buf_init(&text, 64U << 20);
    if (!cbor_write(json, &text))
        abort();
    again = cbor_read(text.data, text.length);
    if (!again || !json_object_equal(json, again))
        abort();
    json_object_put(json);
    json_object_put(again);
    buf_free(&text);
    return 0;
}
