/* A stranger's bytes at the door, and the list of pins. First byte: which; an odd one cuts the bytes in
 * pieces. */
#include "core/tls.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct tls_context *context;

static bool on_plain(void *unused, const char *data, size_t length)
{
    (void)unused;
    (void)data;
    (void)length;
    abort(); /* nobody here has the key */
}

static void be_a_stranger(const uint8_t *data, size_t size, size_t piece)
{
    struct buf out;
    struct tls *tls = tls_new(context);
    if (tls == NULL)
        return;
    buf_init(&out, 1 << 20);
    while (size > 0) {
        size_t length = size < piece ? size : piece;
        enum tls_state state = tls_receive(tls, data, length, on_plain, NULL);
        if (state == TLS_OPEN || (state == TLS_FAILED) != (tls_problem(tls)[0] != '\0') ||
            !tls_take(tls, &out) || tls_send(tls, "x", 1))
            abort();
        data += length;
        size -= length;
    }
    buf_free(&out);
    tls_free(tls);
}

static void be_a_list(const uint8_t *data, size_t size)
{
    struct tls_pins pins;
    struct error error = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    bool done = tls_pins_parse(text, "K", &pins, &error);
    if (done ? pins.count == 0 || pins.count > TLS_PINS_MAX
             : error.code != ERROR_USAGE || error.message[0] == '\0')
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (context == NULL) {
        const struct tls_pins pins = {.count = 1};
        context = tls_context_server(&pins, NULL);
    }
    if (context == NULL || size == 0)
        return 0;
    if (data[0] == 'p')
        be_a_list(data + 1, size - 1);
    else
        be_a_stranger(data + 1, size - 1, data[0] % 2 == 1 ? (size_t)1 + data[0] / 2 : size);
    return 0;
}
