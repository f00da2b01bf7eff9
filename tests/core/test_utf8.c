#include "core/utf8.h"

#include "tests/core/support.h"

static void knows_well_formed_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\u07ff", 2},
        {"\u0800", 3},
        {"\ud7ff", 3},
        {"\xef\xbf\xbf", 3},
        {"\U00010000", 4},
        {"\U0010ffff", 4},
        {"\x80", 0},             /* a continuation alone */
        {"\xc0\x80", 0},         /* NUL in two bytes */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xc3", 0},
        {"\xe2\x82", 0},
        {"\xf0\x9f\x98", 0},
        {"\xe2\x28\xa1", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(utf8_next(cases[i].text, strlen(cases[i].text)), cases[i].length);
    assert_int_equal(utf8_next("", 0), 0);
    assert_int_equal(utf8_next("\u20ac", 2), 0);
}

static void judges_whole_texts(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("a\u00e9\u20ac\U0001f600", 10));
    assert_false(utf8_is_valid("a\u00e9\u20ac\U0001f600", 9));
    assert_false(utf8_is_valid("ab\xff"
                               "cd",
                               5));
}

static void finds_control_characters(void **state)
{
    (void)state;
    static const char *const with[] = {"\n", "a\x1b[2J", "\x7f", "\xc2\x80", "x\xc2\x9f"};
    static const char *const without[] = {"", "a b~", "\u00a0", "\u00e9", "\u20ac\U0001f600"};
    for (size_t i = 0; i < COUNT(with); i++)
        assert_true(utf8_has_control(with[i], strlen(with[i])));
    for (size_t i = 0; i < COUNT(without); i++)
        assert_false(utf8_has_control(without[i], strlen(without[i])));
}

static void copies_what_fits(void **state)
{
    (void)state;
    static const char text[] = "a\u00e9\u20ac\U0001f600";
    static const size_t lengths[] = {0, 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t size = 1; size < COUNT(lengths); size++) {
        char copy[16];
        memset(copy, '#', sizeof copy);
        utf8_copy(copy, size, text, sizeof text - 1);
        assert_int_equal(strlen(copy), lengths[size]);
        assert_memory_equal(copy, text, lengths[size]);
        assert_int_equal(copy[size], '#');
    }
}

static void replaces_what_is_not_text(void **state)
{
    (void)state;
    char copy[32];
    utf8_copy(copy, sizeof copy, "a\xff\n\xe2\x82", 5);
    assert_string_equal(copy, "a?\n??");
    utf8_copy_plain(copy, sizeof copy, "a\x1b[2J\xc2\x85\u00e9\xff", 10);
    assert_string_equal(copy, "a?[2J?\u00e9?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_well_formed_characters), cmocka_unit_test(judges_whole_texts),
        cmocka_unit_test(finds_control_characters),     cmocka_unit_test(copies_what_fits),
        cmocka_unit_test(replaces_what_is_not_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
