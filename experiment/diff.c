#include "experiment/diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    const char **start;
    size_t *length;
    size_t count;
};

struct edit {
    char kind; /* ' ', '-', '+' */
    size_t before, after;
};

static bool split(const char *text, struct lines *lines)
{
    lines->start = calloc(DIFF_LINES_MAX, sizeof *lines->start);
    lines->length = calloc(DIFF_LINES_MAX, sizeof *lines->length);
    lines->count = 0;
    if (lines->start == NULL || lines->length == NULL)
        return false;
    while (*text != '\0') {
        const char *end = strchrnul(text, '\n');
        if (lines->count == DIFF_LINES_MAX)
            return false;
        lines->start[lines->count] = text;
        lines->length[lines->count++] = (size_t)(end - text);
        text = *end == '\0' ? end : end + 1;
    }
    return true;
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
    return a->length[i] == b->length[j] && memcmp(a->start[i], b->start[j], a->length[i]) == 0;
}

/* edits[] from the table of LCS lengths of the suffixes; returns their number. */
static size_t trace(const struct lines *a, const struct lines *b, const uint16_t *lcs, struct edit *edits)
{
    size_t width = b->count + 1;
    size_t i = 0, j = 0, count = 0;
    while (i < a->count || j < b->count) {
        if (i < a->count && j < b->count && same(a, i, b, j))
            edits[count++] = (struct edit){' ', i++, j++};
        else if (j == b->count || (i < a->count && lcs[(i + 1) * width + j] >= lcs[i * width + j + 1]))
            edits[count++] = (struct edit){'-', i++, j};
        else
            edits[count++] = (struct edit){'+', i, j++};
    }
    return count;
}

static void print_hunk(const struct lines *a, const struct lines *b, const struct edit *edits, size_t from,
                       size_t to, struct buf *out)
{
    size_t before = 0, after = 0;
    for (size_t i = from; i < to; i++) {
        before += edits[i].kind != '+';
        after += edits[i].kind != '-';
    }
    /* As diff(1) has it: a side without lines is named by the line before it. */
    buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", edits[from].before + (before > 0), before,
               edits[from].after + (after > 0), after);
    for (size_t i = from; i < to; i++) {
        const struct lines *lines = edits[i].kind == '+' ? b : a;
        size_t n = edits[i].kind == '+' ? edits[i].after : edits[i].before;
        buf_append_char(out, edits[i].kind);
        buf_append(out, lines->start[n], lines->length[n]);
        buf_append_char(out, '\n');
    }
}

static void print_hunks(const struct lines *a, const struct lines *b, const struct edit *edits, size_t count,
                        struct buf *out)
{
    size_t i = 0;
    while (i < count) {
        if (edits[i].kind == ' ') {
            i++;
            continue;
        }
        size_t from = i > DIFF_CONTEXT ? i - DIFF_CONTEXT : 0;
        size_t last = i; /* the last changed line of this hunk */
        for (size_t k = i; k < count && k <= last + 2 * DIFF_CONTEXT + 1; k++)
            if (edits[k].kind != ' ')
                last = k;
        size_t to = last + 1 + DIFF_CONTEXT < count ? last + 1 + DIFF_CONTEXT : count;
        print_hunk(a, b, edits, from, to, out);
        i = to;
    }
}

bool diff_unified(const char *before, const char *after, struct buf *out)
{
    struct lines a = {0}, b = {0};
    uint16_t *lcs = NULL;
    struct edit *edits = NULL;
    bool done = false;

    if (!split(before, &a) || !split(after, &b))
        goto end;
    size_t width = b.count + 1;
    lcs = calloc((a.count + 1) * width, sizeof *lcs);
    edits = calloc(a.count + b.count + 1, sizeof *edits);
    if (lcs == NULL || edits == NULL)
        goto end;
    for (size_t i = a.count; i-- > 0;)
        for (size_t j = b.count; j-- > 0;) {
            uint16_t down = lcs[(i + 1) * width + j], right = lcs[i * width + j + 1];
            lcs[i * width + j] = same(&a, i, &b, j) ? (uint16_t)(lcs[(i + 1) * width + j + 1] + 1)
                                 : down > right     ? down
                                                    : right;
        }
    print_hunks(&a, &b, edits, trace(&a, &b, lcs, edits), out);
    done = !out->failed;

end:
    free(edits);
    free(lcs);
    free(a.start);
    free(a.length);
    free(b.start);
    free(b.length);
    return done;
}
