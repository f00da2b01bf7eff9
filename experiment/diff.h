/*
 * diff: a unified diff of two texts by lines (longest common subsequence), for the plan.
 */
#ifndef SHAKETABLE_EXPERIMENT_DIFF_H
#define SHAKETABLE_EXPERIMENT_DIFF_H

#include "core/buf.h"

#include <stdbool.h>

#define DIFF_LINES_MAX 4000
#define DIFF_CONTEXT 3

/* Appends hunks ("@@ -1,4 +1,9 @@", lines with ' ', '-', '+'), nothing where the texts are equal. False when
 * a text has more than DIFF_LINES_MAX lines or memory ran out. */
bool diff_unified(const char *before, const char *after, struct buf *out);

#endif
