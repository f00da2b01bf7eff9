#include "ui/glyph.h"

#include <stddef.h>

struct form {
    uint32_t unicode;
    char ascii;
};

static const struct form forms[GLYPH_COUNT] = {
    /* clang-format off */
    [GLYPH_OPEN] = {0x25be, 'v'},
    [GLYPH_FOLDED] = {0x25b8, '>'},
    [GLYPH_CURSOR] = {0x25b8, '>'},
    [GLYPH_CRUMB] = {0x25b8, '>'},
    [GLYPH_LIVE] = {0x25cf, '*'},
    [GLYPH_STAGED] = {0x25c7, 'o'},
    [GLYPH_CAP] = {0x2506, '!'},
    [GLYPH_FILLED] = {0x2501, '='},
    [GLYPH_PENDING] = {0x254d, '~'},
    [GLYPH_TRACK] = {0x2508, '.'},
    [GLYPH_TRACK_START] = {0x251c, '|'},
    [GLYPH_TRACK_END] = {0x2524, '|'},
    [GLYPH_REST] = {0x25cb, '0'},
    [GLYPH_GOOD] = {0x2713, '+'},
    [GLYPH_BAD] = {0x2717, 'x'},
    [GLYPH_PARTLY] = {0x25d0, '%'},
    [GLYPH_TODO] = {0x25cb, '-'},
    [GLYPH_WARNING] = {'!', '!'},
    [GLYPH_NOTE] = {0x2022, '-'},
    [GLYPH_FOREIGN] = {0x25c9, '@'},
    [GLYPH_BEHIND] = {0x25d2, '~'},
    [GLYPH_UNREACHABLE] = {0x2717, 'x'},
    [GLYPH_AXIS] = {0x2500, '-'},
    [GLYPH_AXIS_TICK] = {0x252c, '+'},
    [GLYPH_AXIS_START] = {0x251c, '|'},
    [GLYPH_AXIS_END] = {0x2524, '|'},
    [GLYPH_MARK_LIVE] = {0x25b2, '^'},
    [GLYPH_MARK_BASELINE] = {0x25b3, '\''},
    [GLYPH_BEYOND] = {0x25b6, '>'},
    [GLYPH_BEYOND_LEFT] = {0x25c0, '<'},
    [GLYPH_MOMENT] = {0x250a, ':'},
    [GLYPH_MOMENT_MARK] = {0x25b4, '^'},
    [GLYPH_SHADE] = {0x2591, ':'},
    [GLYPH_FULL] = {0x2588, '#'},
    [GLYPH_HALF_UPPER] = {0x2580, '"'},
    [GLYPH_UNMEASURED] = {0x00b7, '.'},
    [GLYPH_UNKNOWN] = {0x00b7, '.'},
    [GLYPH_ELLIPSIS] = {0x2026, '~'},
    [GLYPH_BAR_FULL] = {0x2501, '='},
    [GLYPH_BAR_EMPTY] = {0x2500, '-'},
    [GLYPH_BACK] = {0x21ba, '<'},
    [GLYPH_SCROLL] = {0x2503, '#'},
    /* clang-format on */
};

uint32_t glyph_codepoint(enum glyph glyph, bool ascii)
{
    if ((unsigned)glyph >= GLYPH_COUNT)
        return '?';
    return ascii ? (uint32_t)(unsigned char)forms[glyph].ascii : forms[glyph].unicode;
}

uint32_t glyph_eighths(int eighths, bool ascii)
{
    static const char steps[] = " .,:;|HH#";
    if (eighths < 0)
        eighths = 0;
    if (eighths > 8)
        eighths = 8;
    if (ascii)
        return (uint32_t)(unsigned char)steps[eighths];
    return eighths == 0 ? ' ' : 0x2580U + (uint32_t)eighths;
}

uint32_t glyph_density(int level, bool ascii)
{
    static const char letters[] = " .:-=+*#@";
    static const uint32_t shades[] = {' ', 0x00b7, 0x2591, 0x2591, 0x2592, 0x2592, 0x2593, 0x2593, 0x2588};
    if (level < 0)
        level = 0;
    if (level > 8)
        level = 8;
    return ascii ? (uint32_t)(unsigned char)letters[level] : shades[level];
}

uint32_t glyph_spinner(unsigned n, bool ascii)
{
    static const char plain[] = "|/-\\";
    static const uint32_t turning[] = {0x25d0, 0x25d3, 0x25d1, 0x25d2};
    return ascii ? (uint32_t)(unsigned char)plain[n % 4] : turning[n % 4];
}

/* Index: the sides as bits left, right, up, down. */
static const uint32_t lines[16] = {
    ' ',    0x2500, 0x2500, 0x2500, 0x2502, 0x256f, 0x2570, 0x2534,
    0x2502, 0x256e, 0x256d, 0x252c, 0x2502, 0x2524, 0x251c, 0x253c,
};

uint32_t glyph_line(unsigned sides, bool ascii)
{
    sides &= 15U;
    if (!ascii)
        return lines[sides];
    if (sides == 0)
        return ' ';
    if ((sides & (SIDE_UP | SIDE_DOWN)) == 0)
        return '-';
    if ((sides & (SIDE_LEFT | SIDE_RIGHT)) == 0)
        return '|';
    return '+';
}

unsigned glyph_line_sides(uint32_t ch, bool ascii)
{
    if (ascii) {
        if (ch == '-')
            return SIDE_LEFT | SIDE_RIGHT;
        if (ch == '|')
            return SIDE_UP | SIDE_DOWN;
        return ch == '+' ? 15U : 0U;
    }
    if (ch == 0x2500)
        return SIDE_LEFT | SIDE_RIGHT;
    if (ch == 0x2502)
        return SIDE_UP | SIDE_DOWN;
    for (unsigned i = 1; i < 16; i++)
        if (lines[i] == ch && ch != 0x2500 && ch != 0x2502)
            return i;
    return 0;
}

uint32_t glyph_to_ascii(uint32_t ch)
{
    static const struct form known[] = {
        {0x00a0, ' '}, {0x00b1, '~'}, {0x00b5, 'u'}, {0x03bc, 'u'}, {0x00b7, '-'},  {0x00d7, 'x'},
        {0x2009, ' '}, {0x202f, ' '}, {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''},
        {0x201c, '"'}, {0x201d, '"'}, {0x2026, '~'}, {0x2190, '<'}, {0x2191, '^'},  {0x2192, '>'},
        {0x2193, 'v'}, {0x21b5, 'E'}, {0x23ce, 'E'}, {0x21e7, 'S'}, {0x2212, '-'},  {0x2248, '~'},
        {0x2264, '<'}, {0x2265, '>'}, {0x25b8, '>'}, {0x25b6, '>'}, {0x25cf, '*'},  {0x2713, '+'},
        {0x2717, 'x'}, {0x25c7, 'o'}, {0x2191, '^'},
    };
    if (ch < 0x7f)
        return ch;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].unicode == ch)
            return (uint32_t)(unsigned char)known[i].ascii;
    return '?';
}
