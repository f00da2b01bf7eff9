#include "experiment/agent_check.h"

#include <stdlib.h>

#include "core/agent_faults.h"
#include "core/refusals.h"

bool agent_check(const struct fault *fault, struct error *error)
{
    const struct agent_setting some = {.port = 1}; /* the plan has made sure of the real one */
    struct agent_fault unused;
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (refusals == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    bool can = agent_faults_map(fault, &some, &unused, refusals);
    if (!can)
        refusals_set_error(refusals, error);
    free(refusals);
    return can;
}
