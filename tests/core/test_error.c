#include "core/error.h"

#include "tests/core/support.h"

#include <errno.h>

static void sets_code_and_message(void **state)
{
    (void)state;
    struct error error = {.reason = "ClientException"};
    assert_false(error_set(&error, ERROR_NOT_FOUND, "no cluster '%s'", "x"));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_string_equal(error.message, "no cluster 'x'");
    assert_string_equal(error.reason, "");
    error_clear(&error);
    assert_int_equal(error.code, ERROR_NONE);
    assert_string_equal(error.message, "");
}

static void nobody_has_to_care(void **state)
{
    (void)state;
    error_clear(NULL);
    assert_false(error_set(NULL, ERROR_USAGE, "x"));
    assert_false(error_prefix(NULL, "x"));
    assert_false(error_set_errno(NULL, "x"));
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[2 * ERROR_MESSAGE_MAX];
    for (size_t shift = 0; shift < 4; shift++) {
        struct error error;
        memset(text, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 3)
            memcpy(text + i, "\u20ac", 4);
        assert_false(error_set(&error, ERROR_LIMIT, "%s", text));
        size_t length = strlen(error.message);
        assert_true(length < ERROR_MESSAGE_MAX && length >= ERROR_MESSAGE_MAX - 4);
        assert_int_equal((length - shift) % 3, 0);
        assert_memory_equal(error.message, text, length);
        error_prefix(&error, "p: ");
        assert_memory_equal(error.message, "p: ", 3);
        assert_int_equal((strlen(error.message) - 3 - shift) % 3, 0);
    }
}

static void a_prefix_goes_in_front(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, ERROR_NETWORK, "refused");
    assert_false(error_prefix(&error, "%s %d: ", "task", 3));
    assert_string_equal(error.message, "task 3: refused");
    assert_int_equal(error.code, ERROR_NETWORK);
}

static void errno_is_put_into_words(void **state)
{
    (void)state;
    struct error error;
    errno = ENOENT;
    assert_false(error_set_errno(&error, "cannot open %s", "f"));
    assert_int_equal(error.code, ERROR_SYSTEM);
    assert_string_equal(error.message, "cannot open f: No such file or directory");
}

static void every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = ERROR_NONE; a <= ERROR_INCOMPLETE; a++) {
        assert_string_not_equal(error_code_name((enum error_code)a), "unknown");
        for (int b = ERROR_NONE; b < a; b++)
            assert_string_not_equal(error_code_name((enum error_code)a), error_code_name((enum error_code)b));
    }
    assert_string_equal(error_code_name(ERROR_NOT_FOUND), "not-found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_code_and_message),
        cmocka_unit_test(nobody_has_to_care),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_prefix_goes_in_front),
        cmocka_unit_test(errno_is_put_into_words),
        cmocka_unit_test(every_code_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
