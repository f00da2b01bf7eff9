/* Any text as a document of faults; what is taken must be printed and read back as the same. */
#include "core/fault.h"
#include "tests/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault, back;
    struct error error;
    if (!fault_parse(&fault, (const char *)data, size, &error))
        return 0;
    struct buf out;
    char text[256];
    buf_init(&out, 64 * 1024);
    if (!fault_print(&fault, &out) || !fault_parse(&back, out.data, out.length, &error) ||
        !fault_equal(&fault, &back))
        abort();
    fault_describe(&fault, text, sizeof text);
    buf_free(&out);
    return 0;
}
