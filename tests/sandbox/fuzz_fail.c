/* What is to fail, as it comes from outside: what was read prints and reads back as the same. */
#include "sandbox/fail.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define PRINT_MAX (1 << 20)

static void read_one(const char *text)
{
    struct fail_spec spec, again;
    char printed[FAIL_SPEC_MAX], printed_again[FAIL_SPEC_MAX];

    if (!fail_spec_parse(&spec, text, NULL))
        return;
    fail_spec_print(&spec, printed);
    if (!fail_spec_parse(&again, printed, NULL))
        abort();
    fail_spec_print(&again, printed_again);
    if (strcmp(printed, printed_again) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fail fail;
    struct error error;
    struct buf out;
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    read_one(text);
    fail_init(&fail);
    fail_set(&fail, text, &error);
    buf_init(&out, PRINT_MAX);
    fail_print(&fail, &out);
    buf_free(&out);
    fail_destroy(&fail);
    free(text);
    return 0;
}
