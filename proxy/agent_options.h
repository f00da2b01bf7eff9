/*
 * agent_options: the command line's part of the sidecar that faults its task by the ECS agent.
 */
#ifndef SHAKETABLE_PROXY_AGENT_OPTIONS_H
#define SHAKETABLE_PROXY_AGENT_OPTIONS_H

#include "core/agent_faults.h"
#include "core/error.h"
#include "core/options.h"

#include <stdbool.h>

struct agent_options {
    bool enabled;
    struct agent_setting setting;
};

extern const struct option_spec agent_option_specs[];
/* An options_table's; the context is a struct agent_options. */
bool agent_options_take(void *context, int key, const char *value, struct error *error);
/* What belongs together is there. Where no port was given a blackhole's is that of what is relayed to:
 * `upstream` (HOST:PORT, what comes in to it), `connect` (HOST:PORT, what goes out to it), or none of these
 * (NULL). */
bool agent_options_check(struct agent_options *options, const char *upstream, const char *connect,
                         struct error *error);

#endif
