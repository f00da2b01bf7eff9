/*
 * axis: the round trip's logarithmic axis. It is pinned: only a key changes it.
 */
#ifndef SHAKETABLE_UI_AXIS_H
#define SHAKETABLE_UI_AXIS_H

#include "core/hist.h"

#include <stddef.h>
#include <stdint.h>

struct axis {
    double low_us, high_us;
};
#define AXIS_DEFAULT 0U
#define AXES 4U
const struct axis *axis_at(unsigned index);
/* 0 at low_us, 1 at high_us; outside of that range below 0 or above 1. */
double axis_position(const struct axis *axis, double us);
double axis_value(const struct axis *axis, double position);

/* A histogram's shares by column: shares[i] is the part of all values within column i of `columns`;
 * what lies outside is counted, not hidden. */
#define AXIS_COLUMNS_MAX 400
struct axis_shares {
    int columns;
    double share[AXIS_COLUMNS_MAX];
    double highest;
    uint64_t total, below, beyond;
};
void axis_shares(const struct axis *axis, const struct hist *hist, int columns, struct axis_shares *shares);

/* Labels: 1–2–5 of each decade where they fit, decades first. */
struct axis_label {
    double us;
    char text[12];
    int rank; /* 0: a decade, 1: its 2 and 5 */
};
#define AXIS_LABELS_MAX 24
size_t axis_labels(const struct axis *axis, struct axis_label labels[AXIS_LABELS_MAX]);

#endif
