/*
 * probe_tally: what a probe's rounds come to. About 20 KB: keep it off small stacks.
 */
#ifndef SHAKETABLE_EXPERIMENT_PROBE_TALLY_H
#define SHAKETABLE_EXPERIMENT_PROBE_TALLY_H

#include "core/buf.h"
#include "core/hist.h"
#include "experiment/probe.h"

#include <stdint.h>

struct probe_tally {
    uint64_t rounds, failed;
    uint64_t outcomes[PROBE_OUTCOMES];
    struct hist total; /* of the rounds that went well */
};

void probe_tally_init(struct probe_tally *tally);
/* A canceled round is none. */
void probe_tally_add(struct probe_tally *tally, const struct probe_round *round);
/* Two or three lines for people. */
void probe_tally_print(const struct probe_tally *tally, struct buf *out);
/* {"summary":{…}}; the caller's. */
struct json_object *probe_tally_json(const struct probe_tally *tally, const char *target);

#endif
