/* Canvas and themes: clipping, widths, lines that join, colours for every role at every depth. */
#include "ui/canvas.h"
#include "ui/theme.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint32_t at(const struct canvas *canvas, int x, int y)
{
    return canvas->cells[y * canvas->cols + x].ch;
}

static void everything_is_clipped(void **context)
{
    (void)context;
    struct canvas canvas;
    canvas_init(&canvas, 10, 4, false);
    canvas_text(&canvas, -3, 0, 0, "abcdefghijklmnopqrstuvwxyz");
    canvas_text(&canvas, 0, -1, 0, "x");
    canvas_text(&canvas, 0, 99, 0, "x");
    canvas_box(&canvas, (struct rect){-5, -5, 100, 100}, 0);
    canvas_fill(&canvas, (struct rect){8, 3, 50, 50}, 0);
    canvas_column(&canvas, 5, 3, 1000, 0);
    canvas_bar(&canvas, 7, 2, 30, 2, 0, 0);
    assert_int_equal(at(&canvas, 0, 0), 'd');
    struct rect old = canvas_clip(&canvas, (struct rect){2, 1, 3, 1});
    canvas_fill(&canvas, (struct rect){0, 0, 10, 4}, 0);
    canvas_text(&canvas, 0, 1, 0, "0123456789");
    canvas_restore_clip(&canvas, old);
    assert_int_equal(at(&canvas, 2, 1), '2');
    assert_int_equal(at(&canvas, 4, 1), '4');
    assert_int_equal(at(&canvas, 6, 1), ' ');
    canvas_free(&canvas);
}

static void wide_and_broken_characters_keep_the_columns(void **context)
{
    (void)context;
    struct canvas canvas;
    canvas_init(&canvas, 10, 1, false);
    assert_int_equal(canvas_text(&canvas, 0, 0, 0, "a漢b"), 4);
    assert_int_equal(at(&canvas, 1, 0), 0x6f22);
    assert_int_equal(at(&canvas, 2, 0), 0);
    canvas_put(&canvas, 2, 0, 'x', 0); /* one half goes, so does the other */
    assert_int_equal(at(&canvas, 1, 0), ' ');
    assert_int_equal(canvas_text_width("e\xcc\x81"
                                       "a"),
                     2);
    assert_int_equal(canvas_text(&canvas, 0, 0, 0, "\xff\xc3(\x01\xed\xa0\x80"),
                     canvas_text_width("\xff\xc3(\x01\xed\xa0\x80"));
    assert_int_equal(at(&canvas, 0, 0), '?');
    assert_int_equal(canvas_text_fit(&canvas, 0, 0, 4, 0, "abcdef"), 4);
    assert_int_equal(at(&canvas, 3, 0), 0x2026);
    assert_int_equal(canvas_text_right(&canvas, 10, 0, 0, "12"), 8);
    canvas_free(&canvas);
}

static void boxes_that_share_a_border_join(void **context)
{
    (void)context;
    struct canvas canvas;
    canvas_init(&canvas, 9, 5, false);
    canvas_box(&canvas, (struct rect){0, 0, 5, 5}, 0);
    canvas_box(&canvas, (struct rect){4, 0, 5, 5}, 0);
    canvas_box(&canvas, (struct rect){4, 2, 5, 3}, 0);
    assert_int_equal(at(&canvas, 0, 0), 0x256d);
    assert_int_equal(at(&canvas, 4, 0), 0x252c);
    assert_int_equal(at(&canvas, 4, 2), 0x251c);
    assert_int_equal(at(&canvas, 4, 4), 0x2534);
    assert_int_equal(at(&canvas, 8, 2), 0x2524);
    canvas_free(&canvas);
}

static void text_wraps_at_spaces(void **context)
{
    (void)context;
    struct canvas canvas;
    canvas_init(&canvas, 12, 4, false);
    assert_int_equal(canvas_wrap(&canvas, 0, 0, 8, 4, 0, "one two three averylongword"), 4);
    assert_int_equal(at(&canvas, 0, 1), 't');
    assert_int_equal(canvas_wrap(NULL, 0, 0, 8, 99, 0, ""), 0);
    canvas_free(&canvas);
}

static void the_topmost_hit_wins(void **context)
{
    (void)context;
    struct canvas canvas;
    canvas_init(&canvas, 10, 4, false);
    canvas_hit(&canvas, (struct rect){0, 0, 10, 4}, HIT_TREE, 1);
    canvas_hit(&canvas, (struct rect){2, 1, 3, 1}, HIT_FADER, 2);
    assert_int_equal(canvas_hit_at(&canvas, 3, 1).kind, HIT_FADER);
    assert_int_equal(canvas_hit_at(&canvas, 5, 1).kind, HIT_TREE);
    assert_int_equal(canvas_hit_at(&canvas, 50, 1).kind, HIT_NONE);
    for (int i = 0; i < 2 * CANVAS_HITS_MAX; i++)
        canvas_hit(&canvas, (struct rect){0, 0, 1, 1}, HIT_TREE, i);
    assert_int_equal(canvas.hit_count, CANVAS_HITS_MAX);
    canvas_free(&canvas);
}

static void every_theme_has_a_colour_for_every_role(void **context)
{
    (void)context;
    for (unsigned i = 0; theme_name_at(i) != NULL; i++) {
        const struct theme *theme = theme_find(theme_name_at(i));
        assert_non_null(theme);
        for (int role = 0; role < ROLE_COUNT; role++) {
            assert_in_range(theme_color(theme, (enum role)role, DEPTH_256) + 1, 0, 256);
            assert_in_range(theme_color(theme, (enum role)role, DEPTH_16) + 1, 0, 16);
            assert_in_range(theme_color(theme, (enum role)role, DEPTH_8) + 1, 0, 8);
            assert_int_equal(theme_color(theme, (enum role)role, DEPTH_NONE), -1);
        }
        if (theme_is_mono(theme))
            continue;
        /* The three marks of a fader, and good against danger, differ at 256 colours. */
        assert_int_not_equal(theme_color(theme, ROLE_LIVE, DEPTH_256),
                             theme_color(theme, ROLE_STAGED, DEPTH_256));
        assert_int_not_equal(theme_color(theme, ROLE_LIVE, DEPTH_256),
                             theme_color(theme, ROLE_BASELINE, DEPTH_256));
        assert_int_not_equal(theme_color(theme, ROLE_GOOD, DEPTH_256),
                             theme_color(theme, ROLE_DANGER, DEPTH_256));
    }
    assert_null(theme_find("purple"));
}

static void mono_says_it_with_attributes(void **context)
{
    (void)context;
    const struct theme *theme = theme_find("mono");
    assert_int_not_equal(theme_attributes(theme, ROLE_LIVE, ROLE_GROUND, DEPTH_NONE),
                         theme_attributes(theme, ROLE_STAGED, ROLE_GROUND, DEPTH_NONE));
    assert_int_not_equal(theme_attributes(theme, ROLE_LIVE, ROLE_GROUND, DEPTH_NONE),
                         theme_attributes(theme, ROLE_BASELINE, ROLE_GROUND, DEPTH_NONE));
    assert_true((theme_attributes(theme, ROLE_INK, ROLE_LIVE, DEPTH_NONE) & THEME_REVERSE) != 0);
    assert_true((theme_attributes(theme, ROLE_TEXT, ROLE_SELECTED, DEPTH_NONE) & THEME_REVERSE) != 0);
}

static void glyphs_that_stand_side_by_side_differ(void **context)
{
    (void)context;
    static const enum glyph groups[][3] = {{GLYPH_LIVE, GLYPH_STAGED, GLYPH_CAP},
                                           {GLYPH_FILLED, GLYPH_PENDING, GLYPH_TRACK},
                                           {GLYPH_GOOD, GLYPH_BAD, GLYPH_PARTLY},
                                           {GLYPH_LIVE, GLYPH_BEHIND, GLYPH_UNREACHABLE}};
    for (int ascii = 0; ascii < 2; ascii++)
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
            for (int j = 0; j < 3; j++)
                assert_int_not_equal(glyph_codepoint(groups[i][j], ascii != 0),
                                     glyph_codepoint(groups[i][(j + 1) % 3], ascii != 0));
}

int main(void)
{
    if (setlocale(LC_ALL, "C.UTF-8") == NULL) {
        fputs("no C.UTF-8 locale here: skipped\n", stderr);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_clipped),
        cmocka_unit_test(wide_and_broken_characters_keep_the_columns),
        cmocka_unit_test(boxes_that_share_a_border_join),
        cmocka_unit_test(text_wraps_at_spaces),
        cmocka_unit_test(the_topmost_hit_wins),
        cmocka_unit_test(every_theme_has_a_colour_for_every_role),
        cmocka_unit_test(mono_says_it_with_attributes),
        cmocka_unit_test(glyphs_that_stand_side_by_side_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
