/*
 * agent_check: whether a change of faults is one that the ECS agent can make, before it is sent there. Pure.
 */
#ifndef SHAKETABLE_EXPERIMENT_AGENT_CHECK_H
#define SHAKETABLE_EXPERIMENT_AGENT_CHECK_H

#include "core/error.h"
#include "core/fault.h"

/* ERROR_REFUSED names all that it can't, at once. */
bool agent_check(const struct fault *fault, struct error *error);

#endif
