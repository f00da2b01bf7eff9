#include "proxy/agent_options.h"

#include "core/units.h"

enum { KEY_AGENT, KEY_SOURCE, KEY_FILTER, KEY_PORT, KEY_TRAFFIC };

const struct option_spec agent_option_specs[] = {
    {"agent", OPTION_NONE, NULL,
     "the faults are the ECS agent's, at $ECS_AGENT_URI, on all that the task sends; what is relayed stays "
     "as "
     "it is. Without --listen nothing is relayed",
     KEY_AGENT},
    {"agent-source", OPTION_REQUIRED, "IP|CIDR",
     "of what the task sends only that to here (default: all); may be repeated", KEY_SOURCE},
    {"agent-filter", OPTION_REQUIRED, "IP|CIDR", "but not that to here; may be repeated", KEY_FILTER},
    {"agent-port", OPTION_REQUIRED, "PORT", "a blackhole's (default: that of --upstream or --connect)",
     KEY_PORT},
    {"agent-traffic", OPTION_REQUIRED, "ingress|egress",
     "what a blackhole drops: what comes in to the port (default; not with --connect), or what goes out to "
     "it",
     KEY_TRAFFIC},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

bool agent_options_take(void *context, int key, const char *value, struct error *error)
{
    struct agent_options *options = context;
    struct agent_setting *setting = &options->setting;
    int64_t port = 0;
    switch (key) {
    case KEY_SOURCE:
        return agent_setting_add_source(setting, value, "--agent-source", error);
    case KEY_FILTER:
        return agent_setting_add_filter(setting, value, "--agent-filter", error);
    case KEY_PORT:
        if (!units_parse_integer(value, "--agent-port", 1, UINT16_MAX, &port, error))
            return false;
        setting->port = (uint16_t)port;
        return true;
    case KEY_TRAFFIC:
        return agent_setting_take_traffic(setting, value, "--agent-traffic", error);
    default:
        options->enabled = true;
        return true;
    }
}

bool agent_options_check(struct agent_options *options, const char *upstream, const char *connect,
                         struct error *error)
{
    char host[UNITS_HOST_MAX];
    struct agent_setting *setting = &options->setting;
    if (!options->enabled)
        return (setting->source_count == 0 && setting->filter_count == 0 && setting->port == 0 &&
                !setting->egress) ||
               error_set(error, ERROR_USAGE, "--agent is missing, without which its options say nothing");
    if (setting->port > 0 || (!upstream && !connect))
        return true;
    setting->egress = setting->egress || connect;
    return units_parse_address(connect ? connect : upstream, connect ? "--connect" : "--upstream", host,
                               &setting->port, error);
}
