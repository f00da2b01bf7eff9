/* diff: what changes, as hunks that anybody can read, and apply. */
#include "experiment/diff.h"

#include "core/random.h"
#include "tests/experiment/support.h"

#define OUT_MAX (1024 * 1024)
#define ROUNDS 300

static char *diff(const char *before, const char *after)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_true(diff_unified(before, after, &out));
    char *text = strdup(buf_text(&out));
    buf_free(&out);
    return text;
}

static void assert_diff(const char *before, const char *after, const char *expected)
{
    char *text = diff(before, after);
    assert_string_equal(text, expected);
    free(text);
}

static void equal_texts_have_no_difference(void **state)
{
    (void)state;
    assert_diff("", "", "");
    assert_diff("a\nb\n", "a\nb\n", "");
}

static void a_text_comes_from_nothing_and_goes_to_nothing(void **state)
{
    (void)state;
    assert_diff("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert_diff("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
}

static void lines_are_inserted_at_the_ends(void **state)
{
    (void)state;
    assert_diff("1\n2\n3\n4\n5\n", "0\n1\n2\n3\n4\n5\n", "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n");
    assert_diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n", "@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n");
}

static void a_changed_line_goes_before_it_comes(void **state)
{
    (void)state;
    assert_diff("1\n2\n3\n", "1\nx\n3\n", "@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n");
}

static void hunks_merge_when_their_contexts_touch(void **state)
{
    (void)state;
    assert_diff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
                "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
    assert_diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
                "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static void too_many_lines_are_refused(void **state)
{
    (void)state;
    struct buf text, out;
    buf_init(&text, OUT_MAX);
    buf_init(&out, OUT_MAX);
    for (size_t i = 0; i <= DIFF_LINES_MAX; i++)
        buf_append_text(&text, "x\n");
    assert_false(diff_unified(buf_text(&text), "", &out));
    assert_false(diff_unified("", buf_text(&text), &out));
    buf_free(&text);
    buf_free(&out);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 8);
    assert_false(diff_unified("a\n", "b\n", &out));
    buf_free(&out);
}

/* ── applying it gives the second text ───────────────────────────────────────────────────── */

static void random_text(struct random *random, char *text, size_t lines)
{
    size_t length = 0;
    for (size_t i = 0; i < lines; i++) {
        text[length++] = (char)('a' + random_below(random, 4));
        text[length++] = '\n';
    }
    text[length] = '\0';
}

static const char *next_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end == NULL ? text + strlen(text) : end + 1;
}

/* Applies hunks as patch(1) would, checking positions, counts, and every line that stays or goes. */
static void apply(const char *before, const char *hunks, struct buf *out)
{
    size_t line = 1;
    while (*hunks != '\0') {
        size_t from, from_count, to, to_count, taken = 0, given = 0;
        assert_int_equal(sscanf(hunks, "@@ -%zu,%zu +%zu,%zu @@", &from, &from_count, &to, &to_count), 4);
        for (; line < from + (from_count == 0); line++, before = next_line(before))
            buf_append(out, before, (size_t)(next_line(before) - before));
        for (hunks = next_line(hunks); *hunks != '\0' && *hunks != '@'; hunks = next_line(hunks)) {
            size_t length = (size_t)(next_line(hunks) - hunks) - 1;
            if (*hunks != '+') {
                assert_int_equal(strncmp(before, hunks + 1, length), 0);
                before = next_line(before);
                line++;
                taken++;
            }
            if (*hunks != '-') {
                buf_append(out, hunks + 1, length);
                given++;
            }
        }
        assert_int_equal(taken, from_count);
        assert_int_equal(given, to_count);
    }
    buf_append_text(out, before);
}

static void applying_it_gives_the_second_text(void **state)
{
    (void)state;
    struct random random;
    char before[128], after[128];
    random_seed(&random, 7);
    for (int i = 0; i < ROUNDS; i++) {
        struct buf out;
        buf_init(&out, OUT_MAX);
        random_text(&random, before, random_below(&random, 40));
        random_text(&random, after, random_below(&random, 40));
        char *hunks = diff(before, after);
        apply(before, hunks, &out);
        assert_string_equal(buf_text(&out), after);
        buf_free(&out);
        free(hunks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_have_no_difference),
        cmocka_unit_test(a_text_comes_from_nothing_and_goes_to_nothing),
        cmocka_unit_test(lines_are_inserted_at_the_ends),
        cmocka_unit_test(a_changed_line_goes_before_it_comes),
        cmocka_unit_test(hunks_merge_when_their_contexts_touch),
        cmocka_unit_test(too_many_lines_are_refused),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(applying_it_gives_the_second_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
