/* What the region reads from outside: Query forms, JSON bodies and page tokens. */
#include "core/buf.h"
#include "sandbox/call.h"
#include "sandbox/wire.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define PRINT_MAX (1 << 22)

/* What was read prints, as canonical JSON and as XML. */
static void print(struct json_object *json)
{
    struct call call;
    struct buf out;

    if (!json)
        return;
    buf_init(&out, PRINT_MAX);
    json_print_canonical(json, &out);
    buf_reset(&out);
    call_init(&call);
    call.protocol = CALL_QUERY;
    json_put(call.response, "x", json_object_get(json));
    wire_write(&call, &out);
    call_free(&call);
    buf_free(&out);
    json_object_put(json);
}

static void use_as_token(const char *text)
{
    struct call call;

    call_init(&call);
    call.request = json_object_new_object();
    json_put_text(call.request, "nextToken", text);
    call_answer_page(&call, json_tokener_parse("[\"a\",\"b\"]"), "list", NULL, 1, 10);
    call_free(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    print(wire_read_form(text, size));
    print(wire_read_json(text, size));
    use_as_token(text);
    free(text);
    return 0;
}
