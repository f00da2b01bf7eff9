/*
 * fis_faults: our faults as AWS FIS's actions, and FIS's actions as our faults. Pure.
 *
 * They differ in where they stand: FIS impairs what a task sends, to whomever it speaks; the sidecar stands
 * in front of the service and impairs what its clients get. A delay of the responses is what both can do.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_FAULTS_H
#define SHAKETABLE_EXPERIMENT_FIS_FAULTS_H

#include "core/buf.h"
#include "core/fault.h"
#include "core/refusals.h"
#include "experiment/template.h"

#include <stdbool.h>
#include <stdint.h>

struct json_object;

/* What the faults alone do not tell. */
struct fis_faults_setting {
    int64_t duration_ms;    /* PT1M to PT12H, whole seconds */
    const char *target;     /* the target's name in the template */
    int64_t container_port; /* that the blackhole drops; 0: not known */
};

/* The action that does what the faults say: {"actionId", "parameters", "targets"}, owned by the caller. NULL
 * where FIS can't do all of it: each option that it can't is a refusal. */
struct json_object *fis_faults_action(const struct fault *fault, const struct fis_faults_setting *setting,
                                      struct refusals *refusals);

/* The faders of a console. */
enum fis_fader {
    FIS_FADER_LATENCY,
    FIS_FADER_JITTER,
    FIS_FADER_LOSS,
    FIS_FADER_ERRORS,
    FIS_FADER_RESET,
    FIS_FADER_BANDWIDTH,
    FIS_FADER_BLACKHOLE,
    FIS_FADER_SCOPE,
    FIS_FADERS
};
/* What the fader becomes, "delayMilliseconds", or "not in FIS". */
const char *fis_faults_fader(enum fis_fader fader);
bool fis_faults_fader_can(enum fis_fader fader);

struct fis_faults_taken {
    struct fault fault;
    int64_t duration_ms;
    int64_t port; /* of a blackhole; the caller checks that it is the service's. 0: no blackhole */
};
/* One of the three network actions, as faults of the sidecar. False where the sidecar can't do it: each
 * parameter that it can't is a refusal. */
bool fis_faults_from_action(const struct template_action *action, struct fis_faults_taken *taken,
                            struct refusals *refusals);

/* The faults that fis_faults_from_action makes, as options of a command line: "--latency 800ms --jitter
 * 50ms".
 */
void fis_faults_print_options(const struct fault *fault, struct buf *out);

#endif
