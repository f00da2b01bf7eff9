/*
 * timetable: faults that the sidecar was given in its environment, for a console that can't reach it
 * (shaketable-proxy(8), ENVIRONMENT): which, from when, until when. Reading only; control_faults.c keeps it.
 */
#ifndef SHAKETABLE_PROXY_TIMETABLE_H
#define SHAKETABLE_PROXY_TIMETABLE_H

#include "core/error.h"
#include "core/fault.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMETABLE_BY "its environment" /* who set the faults */
#define TIMETABLE_LOOK_MS 10000        /* the clock is looked at so often at least */

struct timetable {
    struct fault fault;
    int64_t start_ms;    /* epoch; 0: as soon as the sidecar runs */
    int64_t deadline_ms; /* epoch; always there, for nobody may be left to end them */
};

/* The values of SHAKETABLE_FAULTS, SHAKETABLE_START (may be NULL or "") and SHAKETABLE_DEADLINE. On an error,
 * which names the variable, `timetable` is unchanged. */
bool timetable_parse(const char *faults, const char *start, const char *deadline, struct timetable *timetable,
                     struct error *error);

#endif
