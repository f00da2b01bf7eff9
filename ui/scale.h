/*
 * scale: the faders and their scales.
 *
 * A fader's value is a number in its own unit (latency and jitter: ms; loss, errors, reset, scope:
 * percent; bandwidth: bytes a second, 0 for no limit). Its position runs from 0 (left) to 1.
 * Latency is logarithmic from 1 ms to 60 s with 0 at the left end; percentages are linear;
 * bandwidth is logarithmic from 1 kB/s to 1 GB/s with "no limit" at the right end.
 * A step is rounded in the direction of travel, so that each key press changes the value unless it
 * stands at the end: small steps keep one significant figure (percentages: 0.1 below 1, 0.5 below 5,
 * then 1), large ones go to the next of 1–2–5 (percentages: to the next multiple of 5).
 */
#ifndef SHAKETABLE_UI_SCALE_H
#define SHAKETABLE_UI_SCALE_H

#include "core/error.h"
#include "core/fault.h"
#include "core/units.h"

#include <stdbool.h>
#include <stddef.h>

enum fader {
    FADER_LATENCY,
    FADER_JITTER,
    FADER_LOSS,
    FADER_ERRORS,
    FADER_RESET,
    FADER_BANDWIDTH,
    FADER_SCOPE,
    FADER_COUNT
};

const char *scale_name(enum fader fader);
/* Returns FADER_COUNT for a name that is none. */
enum fader scale_find(const char *name);

double scale_get(const struct fault *fault, enum fader fader);
/* Brings the value within the fader's limits first. */
void scale_set(struct fault *fault, enum fader fader, double value);
double scale_lowest(enum fader fader);
double scale_highest(enum fader fader);

double scale_position(enum fader fader, double value);
/* Rounded as a small step is, so that a drag lands on values that one can say. */
double scale_value_at(enum fader fader, double position);
/* direction: -1 or 1. Never past `cap` upwards (for bandwidth: downwards, the stronger fault). */
double scale_step(enum fader fader, double value, int direction, bool large, double cap);
/* Brings a value within the cap; for bandwidth the cap is the least that may be set. */
double scale_within_cap(enum fader fader, double value, double cap);
double scale_no_cap(enum fader fader);

/* "+800 ms", "2 %", "1 MB/s", "no limit". */
void scale_format(enum fader fader, double value, char text[UNITS_TEXT_MAX]);

/* Labels under the track, from left to right: text and position; returns how many there are. */
struct scale_label {
    const char *text;
    double position;
};
#define SCALE_LABELS_MAX 20
size_t scale_labels(enum fader fader, struct scale_label labels[SCALE_LABELS_MAX]);

#endif
