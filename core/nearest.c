#include "core/nearest.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance: insertions, deletions, replacements, swapped neighbours. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NEAREST_LENGTH_MAX + 1];
    if (a_length > NEAREST_LENGTH_MAX || b_length > NEAREST_LENGTH_MAX)
        return NEAREST_LENGTH_MAX;
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        before[j] = last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = least(replaced, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *reused = before;
        before = last;
        last = row;
        row = reused;
    }
    return last[b_length];
}

void nearest_begin(struct nearest *nearest, const char *name, size_t length)
{
    /* What is further off would be a guess. */
    *nearest = (struct nearest){.name = name, .length = length, .distance = length / 3 + 2};
}

void nearest_offer(struct nearest *nearest, const char *known, size_t length)
{
    size_t distance = edit_distance(nearest->name, nearest->length, known, length);
    if (distance >= nearest->distance)
        return;
    nearest->distance = distance;
    nearest->found = known;
    nearest->found_length = length;
}
