/*
 * network_faults: what an engine can't do that faults the packets of a task in the kernel, as AWS FIS and the
 * ECS agent do: latency, packet loss, or a port that is a black hole, in whole numbers; nothing that would
 * take knowing the requests. Pure.
 */
#ifndef SHAKETABLE_CORE_NETWORK_FAULTS_H
#define SHAKETABLE_CORE_NETWORK_FAULTS_H

#include "core/fault.h"
#include "core/refusals.h"

#include <stdbool.h>
#include <stdint.h>

/* How the engine is spoken of, and where two of them differ. */
struct network_faults_words {
    const char *who;      /* "FIS" */
    const char *percent;  /* "flowsPercent" */
    const char *source;   /* why there is no --source, a sentence that begins behind `who` */
    const char *duration; /* why there is no --active, likewise */
    const char *no_port;  /* why there is no black hole where no port is known, likewise */
};

bool network_faults_has_latency(const struct fault *fault);
/* Every option that can't be done is a refusal, as long as it is asked for; more than one kind at a time is
 * the caller's to judge. `port`: of a black hole; 0: not known. */
void network_faults_refuse(const struct fault *fault, const struct network_faults_words *words, int64_t port,
                           struct refusals *refusals);

#endif
