#include "core/buf.h"

#include "tests/core/support.h"

#include <stdlib.h>

static void grows_and_stays_terminated(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100000);
    assert_string_equal(buf_text(&buf), "");
    for (size_t i = 0; i < 10000; i++) {
        assert_true(buf_append_char(&buf, (char)('a' + i % 26)));
        assert_int_equal(buf.data[buf.length], '\0');
    }
    assert_int_equal(buf.length, 10000);
    assert_int_equal(buf.data[27], 'b');
    buf_free(&buf);
    assert_null(buf.data);
    assert_true(buf_append_text(&buf, "again"));
    assert_string_equal(buf_text(&buf), "again");
    buf_free(&buf);
}

static void fills_to_its_maximum_and_no_further(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    assert_true(buf_append_text(&buf, "12345"));
    assert_false(buf.failed);
    assert_false(buf_append_char(&buf, '6'));
    assert_true(buf.failed);
    assert_string_equal(buf_text(&buf), "12345");
    assert_true(buf_append(&buf, "", 0));
    assert_true(buf.failed);
    buf_reset(&buf);
    assert_false(buf.failed);
    assert_string_equal(buf_text(&buf), "");
    assert_false(buf_append_text(&buf, "123456"));
    assert_int_equal(buf.length, 0);
    assert_false(buf_reserve(&buf, SIZE_MAX));
    buf_free(&buf);
}

static void prints(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 12);
    assert_true(buf_printf(&buf, "%d-%s", 42, "abc"));
    assert_true(buf_printf(&buf, "%s", "123456"));
    assert_string_equal(buf_text(&buf), "42-abc123456");
    assert_false(buf_printf(&buf, "%c", 'x'));
    assert_string_equal(buf_text(&buf), "42-abc123456");
    assert_true(buf.failed);
    buf_free(&buf);
}

static void consumes_from_the_front(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_consume(&buf, 3);
    buf_append_text(&buf, "hello world");
    buf_consume(&buf, 6);
    assert_string_equal(buf_text(&buf), "world");
    buf_consume(&buf, 50);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf.length, 0);
    buf_free(&buf);
}

static void hands_its_memory_over(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    char *text = buf_take(&buf);
    assert_string_equal(text, "");
    free(text);
    buf_append_text(&buf, "abc");
    text = buf_take(&buf);
    assert_string_equal(text, "abc");
    free(text);
    assert_int_equal(buf.length, 0);
    buf_append_text(&buf, "too long");
    assert_null(buf_take(&buf));
    assert_false(buf.failed);
}

/* What a line_reader reported: lines in brackets, "!" for one that was too long. */
struct seen {
    struct buf text;
    int stop_after;
};

static bool see_line(void *context, char *line, size_t length)
{
    struct seen *seen = context;
    assert_int_equal(strlen(line), length);
    buf_printf(&seen->text, "[%s]", line);
    return --seen->stop_after != 0;
}

static bool see_too_long(void *context)
{
    struct seen *seen = context;
    buf_append_char(&seen->text, '!');
    return --seen->stop_after != 0;
}

static void reads_lines_however_they_are_split(void **state)
{
    (void)state;
    static const char input[] =
        "one\n\r\ntwo\r\n\n12345678\nmuch too long for it\nnext\n123456789\nx\r\nrest";
    static const char expected[] = "[one][][two][][12345678]![next]![x]";
    size_t length = sizeof input - 1;
    for (size_t a = 0; a <= length; a++) {
        for (size_t b = a; b <= length; b++) {
            struct line_reader reader;
            struct seen seen = {.stop_after = -1};
            line_reader_init(&reader, 8);
            buf_init(&seen.text, 1000);
            assert_true(line_reader_feed(&reader, input, a, see_line, see_too_long, &seen));
            assert_true(line_reader_feed(&reader, input + a, b - a, see_line, see_too_long, &seen));
            assert_true(line_reader_feed(&reader, input + b, length - b, see_line, see_too_long, &seen));
            assert_string_equal(buf_text(&seen.text), expected);
            assert_string_equal(buf_text(&reader.pending), "rest");
            buf_free(&seen.text);
            line_reader_free(&reader);
        }
    }
}

static void reads_lines_byte_by_byte(void **state)
{
    (void)state;
    static const char input[] = "a\nbb\r\n123456789012\nccc\n";
    struct line_reader reader;
    struct seen seen = {.stop_after = -1};
    line_reader_init(&reader, 4);
    buf_init(&seen.text, 1000);
    for (size_t i = 0; i < sizeof input - 1; i++)
        assert_true(line_reader_feed(&reader, input + i, 1, see_line, see_too_long, &seen));
    assert_string_equal(buf_text(&seen.text), "[a][bb]![ccc]");
    buf_free(&seen.text);
    line_reader_free(&reader);
}

static void stops_when_told(void **state)
{
    (void)state;
    struct line_reader reader;
    struct seen seen = {.stop_after = 2};
    line_reader_init(&reader, 4);
    buf_init(&seen.text, 1000);
    assert_false(line_reader_feed(&reader, "a\nb\nc\n", 6, see_line, see_too_long, &seen));
    assert_string_equal(buf_text(&seen.text), "[a][b]");
    seen.stop_after = 1;
    assert_false(line_reader_feed(&reader, "12345\nd\n", 8, see_line, see_too_long, &seen));
    assert_string_equal(buf_text(&seen.text), "[a][b]!");
    buf_free(&seen.text);
    line_reader_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(fills_to_its_maximum_and_no_further),
        cmocka_unit_test(prints),
        cmocka_unit_test(consumes_from_the_front),
        cmocka_unit_test(hands_its_memory_over),
        cmocka_unit_test(reads_lines_however_they_are_split),
        cmocka_unit_test(reads_lines_byte_by_byte),
        cmocka_unit_test(stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
