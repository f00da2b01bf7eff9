#include "ui/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct axis axes[AXES] = {
    {100, 1e7},  /* 100 µs – 10 s */
    {1000, 1e7}, /* 1 ms – 10 s */
    {100, 1e6},  /* 100 µs – 1 s */
    {10, 6e7},   /* all that a histogram holds, but for the first decade */
};

const struct axis *axis_at(unsigned index)
{
    return &axes[index < AXES ? index : AXIS_DEFAULT];
}

double axis_position(const struct axis *axis, double us)
{
    if (us <= 0)
        return -1;
    return log(us / axis->low_us) / log(axis->high_us / axis->low_us);
}

double axis_value(const struct axis *axis, double position)
{
    return axis->low_us * pow(axis->high_us / axis->low_us, position);
}

void axis_shares(const struct axis *axis, const struct hist *hist, int columns, struct axis_shares *shares)
{
    memset(shares, 0, sizeof *shares);
    shares->columns = columns < 1 ? 1 : columns > AXIS_COLUMNS_MAX ? AXIS_COLUMNS_MAX : columns;
    shares->total = hist->total;
    if (hist->total == 0)
        return;
    int column = 0;
    double edge = axis_value(axis, 1.0 / shares->columns);
    for (size_t i = 0; i < HIST_COUNTS; i++) {
        if (hist->counts[i] == 0)
            continue;
        double us = (double)hist_index_lowest(i) + (double)hist_index_width(i) / 2;
        if (us < axis->low_us) {
            shares->below += hist->counts[i];
            continue;
        }
        while (us >= edge && column < shares->columns) {
            column++;
            edge = axis_value(axis, (column + 1.0) / shares->columns);
        }
        if (column >= shares->columns)
            shares->beyond += hist->counts[i];
        else
            shares->share[column] += (double)hist->counts[i] / (double)hist->total;
    }
    for (int i = 0; i < shares->columns; i++)
        shares->highest = fmax(shares->highest, shares->share[i]);
}

size_t axis_labels(const struct axis *axis, struct axis_label labels[AXIS_LABELS_MAX])
{
    size_t count = 0;
    for (int power = 1; power < 8; power++)
        for (int i = 0; i < 3 && count < AXIS_LABELS_MAX; i++) {
            double us = pow(10, power) * (i == 0 ? 1 : i == 1 ? 2 : 5);
            if (us < axis->low_us * 0.999 || us > axis->high_us * 1.001)
                continue;
            struct axis_label *label = &labels[count++];
            label->us = us;
            label->rank = i > 0;
            double shown = us < 1000 ? us : us < 1e6 ? us / 1000 : us / 1e6;
            const char *unit = i > 0 ? "" : us < 1000 ? " µs" : us < 1e6 ? " ms" : " s";
            snprintf(label->text, sizeof label->text, "%.0f%s", shown, unit);
        }
    return count;
}
