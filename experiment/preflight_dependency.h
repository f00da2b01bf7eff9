/*
 * preflight_dependency: can what a service calls be faulted? Reads its task definition alone; no call.
 */
#ifndef SHAKETABLE_EXPERIMENT_PREFLIGHT_DEPENDENCY_H
#define SHAKETABLE_EXPERIMENT_PREFLIGHT_DEPENDENCY_H

#include "experiment/preflight.h"

/* Findings for each sidecar that stands before a dependency. */
void preflight_dependencies(const struct preflight *at);

#endif
