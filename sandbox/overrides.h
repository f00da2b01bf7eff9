/*
 * overrides: what RunTask changes of a task definition's containers, for that task alone.
 */
#ifndef SHAKETABLE_SANDBOX_OVERRIDES_H
#define SHAKETABLE_SANDBOX_OVERRIDES_H

#include "sandbox/json.h"

/* The container's definition with its part of `overrides` (RunTask's; NULL: none): the command is replaced,
 * variables are replaced or added, and so are cpu, memory and memoryReservation. The caller owns it. */
struct json_object *overrides_apply(struct json_object *container, struct json_object *overrides);
/* The part of that container; NULL: none. Borrowed. */
struct json_object *overrides_of(struct json_object *overrides, const char *container);

#endif
