#include "core/base64.h"

#include "tests/core/support.h"

/* RFC 4648, section 10. */
static const struct {
    const char *plain, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void encodes_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct buf out;
        buf_init(&out, 64);
        assert_true(base64_encode(vectors[i].plain, strlen(vectors[i].plain), &out));
        assert_string_equal(buf_text(&out), vectors[i].text);
        buf_free(&out);
    }
}

static void decodes_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct buf out;
        buf_init(&out, 64);
        assert_true(base64_decode(vectors[i].text, strlen(vectors[i].text), &out));
        assert_string_equal(buf_text(&out), vectors[i].plain);
        buf_free(&out);
    }
}

static void every_byte_survives(void **state)
{
    (void)state;
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    struct buf text, back;
    buf_init(&text, 1024);
    buf_init(&back, 1024);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        buf_reset(&text);
        buf_reset(&back);
        assert_true(base64_encode(bytes, length, &text));
        assert_true(base64_decode(buf_text(&text), text.length, &back));
        assert_int_equal(back.length, length);
        assert_memory_equal(buf_text(&back), bytes, length);
    }
    buf_free(&text);
    buf_free(&back);
}

static void refuses_what_is_not_base64(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg",       "Zg=",        "Zh==", "Zm9=", "====",
                                      "Z===", "Zg==Zg==", "Zm9v\nZm9v", "Zm-v", "=m9v", "Zm9vZ g="};
    struct buf out;
    buf_init(&out, 64);
    buf_append_text(&out, "kept");
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_case(!base64_decode(bad[i], strlen(bad[i]), &out), bad[i]);
        assert_string_equal(buf_text(&out), "kept");
    }
    buf_free(&out);
}

static void stops_at_the_bound(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 7);
    assert_false(base64_encode("foob", 4, &out));
    assert_int_equal(out.length, 0);
    assert_true(out.failed);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_the_vectors_of_the_rfc),
        cmocka_unit_test(decodes_the_vectors_of_the_rfc),
        cmocka_unit_test(every_byte_survives),
        cmocka_unit_test(refuses_what_is_not_base64),
        cmocka_unit_test(stops_at_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
