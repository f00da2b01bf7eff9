#include "ui/canvas.h"

#include "ui/theme.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define PRINTF_MAX 512

struct rect rect_inset(struct rect rect, int horizontally, int vertically)
{
    struct rect inner = {rect.x + horizontally, rect.y + vertically, rect.width - 2 * horizontally,
                         rect.height - 2 * vertically};
    if (inner.width < 0)
        inner.width = 0;
    if (inner.height < 0)
        inner.height = 0;
    return inner;
}

struct rect rect_centered(struct rect outer, int width, int height)
{
    if (width > outer.width)
        width = outer.width;
    if (height > outer.height)
        height = outer.height;
    struct rect rect = {outer.x + (outer.width - width) / 2, outer.y + (outer.height - height) / 2, width,
                        height};
    return rect;
}

static int within(int value, int lowest, int highest)
{
    if (value < lowest)
        return lowest;
    return value > highest ? highest : value;
}

void canvas_init(struct canvas *canvas, int cols, int rows, bool ascii)
{
    canvas->cols = within(cols, 1, CANVAS_SIDE_MAX);
    canvas->rows = within(rows, 1, CANVAS_SIDE_MAX);
    canvas->ascii = ascii;
    canvas->cells = calloc((size_t)canvas->cols * (size_t)canvas->rows, sizeof *canvas->cells);
    if (canvas->cells == NULL) {
        fputs("shaketable: out of memory\n", stderr);
        abort();
    }
    canvas_clear(canvas);
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->cells);
    canvas->cells = NULL;
}

void canvas_clear(struct canvas *canvas)
{
    canvas->clip = (struct rect){0, 0, canvas->cols, canvas->rows};
    canvas->hit_count = 0;
    canvas->scroll_most = 0;
    canvas->tree_rows = 0;
    canvas_fill(canvas, canvas->clip, STYLE_OF(ROLE_TEXT, ROLE_GROUND));
}

struct rect canvas_clip(struct canvas *canvas, struct rect clip)
{
    struct rect old = canvas->clip;
    int left = clip.x > old.x ? clip.x : old.x;
    int top = clip.y > old.y ? clip.y : old.y;
    int right = clip.x + clip.width < old.x + old.width ? clip.x + clip.width : old.x + old.width;
    int bottom = clip.y + clip.height < old.y + old.height ? clip.y + clip.height : old.y + old.height;
    canvas->clip = (struct rect){left, top, right > left ? right - left : 0, bottom > top ? bottom - top : 0};
    return old;
}

void canvas_restore_clip(struct canvas *canvas, struct rect clip)
{
    canvas->clip = clip;
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y)
{
    if (!rect_contains(canvas->clip, x, y))
        return NULL;
    return &canvas->cells[(size_t)y * (size_t)canvas->cols + (size_t)x];
}

/* A cell that is overwritten may be half of a wide character: the other half goes too. */
static void split_wide(const struct canvas *canvas, int x, int y)
{
    struct cell *row = &canvas->cells[(size_t)y * (size_t)canvas->cols];
    if (row[x].ch == 0 && x > 0)
        row[x - 1].ch = ' ';
    if (x + 1 < canvas->cols && row[x + 1].ch == 0)
        row[x + 1].ch = ' ';
}

void canvas_put(struct canvas *canvas, int x, int y, uint32_t ch, paint style)
{
    struct cell *cell = cell_at(canvas, x, y);
    if (cell == NULL)
        return;
    split_wide(canvas, x, y);
    cell->ch = ch;
    cell->style = style;
}

void canvas_glyph(struct canvas *canvas, int x, int y, enum glyph glyph, paint style)
{
    canvas_put(canvas, x, y, glyph_codepoint(glyph, canvas->ascii), style);
}

void canvas_repeat(struct canvas *canvas, int x, int y, int count, enum glyph glyph, paint style)
{
    for (int i = 0; i < count; i++)
        canvas_glyph(canvas, x + i, y, glyph, style);
}

void canvas_fill(struct canvas *canvas, struct rect rect, paint style)
{
    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++)
            canvas_put(canvas, x, y, ' ', style);
}

void canvas_restyle(struct canvas *canvas, struct rect rect, paint style)
{
    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++) {
            struct cell *cell = cell_at(canvas, x, y);
            if (cell != NULL)
                cell->style = style;
        }
}

uint32_t canvas_next_codepoint(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    if (*p == 0)
        return 0;
    int more = *p < 0x80 ? 0 : *p >= 0xf0 && *p < 0xf5 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : -1;
    if (*p >= 0xf5)
        more = -1;
    uint32_t ch = *p;
    if (more > 0)
        ch = *p & (0x3fU >> more);
    p++;
    for (int i = 0; i < more; i++) {
        if ((*p & 0xc0U) != 0x80) {
            more = -1;
            break;
        }
        ch = (ch << 6U) | (*p++ & 0x3fU);
    }
    *text = (const char *)p;
    if (more < 0 || ch > 0x10ffff || (ch >= 0xd800 && ch < 0xe000))
        return '?';
    return ch < 0x20 || (ch >= 0x7f && ch < 0xa0) ? ' ' : ch;
}

int canvas_codepoint_width(uint32_t ch)
{
    if (ch < 0x300)
        return 1;
    int width = wcwidth((wchar_t)ch);
    /* Outside of a UTF-8 locale nothing is known: then ASCII is drawn, one cell each. */
    return width < 0 ? 1 : width;
}

int canvas_text_width(const char *text)
{
    int width = 0;
    for (uint32_t ch = canvas_next_codepoint(&text); ch != 0; ch = canvas_next_codepoint(&text))
        width += canvas_codepoint_width(ch);
    return width;
}

static int put_codepoint(struct canvas *canvas, int x, int y, uint32_t ch, paint style)
{
    int width = canvas_codepoint_width(ch);
    if (canvas->ascii) {
        ch = glyph_to_ascii(ch);
        if (width == 2)
            canvas_put(canvas, x + 1, y, ' ', style);
    }
    if (width == 0)
        return x;
    if (width == 2 && !canvas->ascii) {
        if (cell_at(canvas, x, y) == NULL || cell_at(canvas, x + 1, y) == NULL)
            return x + 2;
        canvas_put(canvas, x + 1, y, ' ', style);
        canvas_put(canvas, x, y, ch, style);
        cell_at(canvas, x + 1, y)->ch = 0;
        return x + 2;
    }
    canvas_put(canvas, x, y, ch, style);
    return x + width;
}

int canvas_text(struct canvas *canvas, int x, int y, paint style, const char *text)
{
    for (uint32_t ch = canvas_next_codepoint(&text); ch != 0; ch = canvas_next_codepoint(&text))
        x = put_codepoint(canvas, x, y, ch, style);
    return x;
}

int canvas_text_fit(struct canvas *canvas, int x, int y, int width, paint style, const char *text)
{
    if (width <= 0)
        return x;
    if (canvas_text_width(text) <= width)
        return canvas_text(canvas, x, y, style, text);
    int end = x + width - 1;
    for (uint32_t ch = canvas_next_codepoint(&text); ch != 0; ch = canvas_next_codepoint(&text)) {
        if (x + canvas_codepoint_width(ch) > end)
            break;
        x = put_codepoint(canvas, x, y, ch, style);
    }
    canvas_glyph(canvas, x, y, GLYPH_ELLIPSIS, style);
    return x + 1;
}

int canvas_text_right(struct canvas *canvas, int right, int y, paint style, const char *text)
{
    int x = right - canvas_text_width(text);
    canvas_text(canvas, x, y, style, text);
    return x;
}

int canvas_printf(struct canvas *canvas, int x, int y, paint style, const char *format, ...)
{
    char text[PRINTF_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return canvas_text(canvas, x, y, style, text);
}

/* How many bytes of `text` fit a line of `width`, cut at a space where there is one. */
static size_t line_length(const char *text, int width)
{
    const char *p = text;
    const char *space = NULL;
    int used = 0;
    while (*p != '\0' && *p != '\n') {
        const char *before = p;
        uint32_t ch = canvas_next_codepoint(&p);
        used += canvas_codepoint_width(ch);
        if (used > width)
            return space != NULL ? (size_t)(space - text) : before > text ? (size_t)(before - text) : 1;
        if (ch == ' ')
            space = before;
    }
    return (size_t)(p - text);
}

int canvas_wrap(struct canvas *canvas, int x, int y, int width, int height, paint style, const char *text)
{
    int lines = 0;
    if (width <= 0)
        return 0;
    while (*text != '\0' && lines < height) {
        size_t length = line_length(text, width);
        char line[PRINTF_MAX];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        text += length;
        while (*text == ' ')
            text++;
        if (*text == '\n')
            text++;
        if (canvas != NULL) {
            int end = canvas_text(canvas, x, y + lines, style, line);
            if (lines + 1 == height && *text != '\0')
                canvas_glyph(canvas, end < x + width ? end : x + width - 1, y + lines, GLYPH_ELLIPSIS, style);
        }
        lines++;
    }
    return lines;
}

static void join_line(struct canvas *canvas, int x, int y, unsigned sides, paint style)
{
    const struct cell *cell = cell_at(canvas, x, y);
    if (cell == NULL)
        return;
    canvas_put(canvas, x, y, glyph_line(sides | glyph_line_sides(cell->ch, canvas->ascii), canvas->ascii),
               style);
}

void canvas_box(struct canvas *canvas, struct rect rect, paint style)
{
    int right = rect.x + rect.width - 1;
    int bottom = rect.y + rect.height - 1;
    join_line(canvas, rect.x, rect.y, SIDE_RIGHT | SIDE_DOWN, style);
    join_line(canvas, right, rect.y, SIDE_LEFT | SIDE_DOWN, style);
    join_line(canvas, rect.x, bottom, SIDE_RIGHT | SIDE_UP, style);
    join_line(canvas, right, bottom, SIDE_LEFT | SIDE_UP, style);
    for (int x = rect.x + 1; x < right; x++) {
        join_line(canvas, x, rect.y, SIDE_LEFT | SIDE_RIGHT, style);
        join_line(canvas, x, bottom, SIDE_LEFT | SIDE_RIGHT, style);
    }
    for (int y = rect.y + 1; y < bottom; y++) {
        join_line(canvas, rect.x, y, SIDE_UP | SIDE_DOWN, style);
        join_line(canvas, right, y, SIDE_UP | SIDE_DOWN, style);
    }
}

void canvas_title(struct canvas *canvas, struct rect rect, paint style, const char *title)
{
    canvas_put(canvas, rect.x + 2, rect.y, ' ', style);
    int end = canvas_text_fit(canvas, rect.x + 3, rect.y, rect.width - 6, style, title);
    canvas_put(canvas, end, rect.y, ' ', style);
}

void canvas_title_right(struct canvas *canvas, struct rect rect, paint style, const char *text)
{
    int end = rect.x + rect.width - 2;
    canvas_put(canvas, end - 1, rect.y, ' ', style);
    int x = canvas_text_right(canvas, end - 1, rect.y, style, text);
    canvas_put(canvas, x - 1, rect.y, ' ', style);
}

void canvas_column(struct canvas *canvas, int x, int bottom, int eighths, paint style)
{
    for (int y = bottom; eighths > 0; y--, eighths -= 8)
        canvas_put(canvas, x, y, glyph_eighths(eighths > 8 ? 8 : eighths, canvas->ascii), style);
}

void canvas_bar(struct canvas *canvas, int x, int y, int width, double share, paint full, paint empty)
{
    int filled = within((int)(share * width + 0.5), 0, width);
    canvas_repeat(canvas, x, y, filled, GLYPH_BAR_FULL, full);
    canvas_repeat(canvas, x + filled, y, width - filled, GLYPH_BAR_EMPTY, empty);
}

void canvas_hit(struct canvas *canvas, struct rect rect, enum hit_kind kind, int value)
{
    if (canvas->hit_count < CANVAS_HITS_MAX)
        canvas->hits[canvas->hit_count++] = (struct hit){rect, kind, value};
}

struct hit canvas_hit_at(const struct canvas *canvas, int x, int y)
{
    for (size_t i = canvas->hit_count; i > 0; i--)
        if (rect_contains(canvas->hits[i - 1].rect, x, y))
            return canvas->hits[i - 1];
    return (struct hit){.kind = HIT_NONE};
}
