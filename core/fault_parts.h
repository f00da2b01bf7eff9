/*
 * fault_parts: what the files of core/fault share, and nobody else.
 */
#ifndef SHAKETABLE_CORE_FAULT_PARTS_H
#define SHAKETABLE_CORE_FAULT_PARTS_H

#include "core/error.h"

#include <stdbool.h>

#define FAULT_STATUS_LOWEST 400
#define FAULT_STATUS_HIGHEST 599

/* The error names the key, the value and the limit. */
bool fault_check_range(const char *key, double value, double lowest, double highest, struct error *error);
/* One header of an error: "error.headers: …". */
bool fault_check_header(const char *text, struct error *error);

#endif
