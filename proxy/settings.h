/*
 * settings: what the command line and the environment ask of the sidecar.
 */
#ifndef SHAKETABLE_PROXY_SETTINGS_H
#define SHAKETABLE_PROXY_SETTINGS_H

#include "core/error.h"
#include "core/options.h"
#include "proxy/agent_options.h"
#include "proxy/control.h"
#include "proxy/gateway_options.h"
#include "proxy/timetable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are borrowed from argv and from the environment. */
struct settings {
    const char *listen; /* NULL: nothing is relayed, which only --agent allows */
    const char *upstream;
    const char *connect;
    struct gateway_options gateway;
    struct agent_options agent;
    const char *stats[CONTROL_LISTENERS_MAX];
    size_t stats_count;
    const char *metrics;
    int64_t stats_log_s; /* 0: none */
    bool has_timetable;
    struct timetable timetable;
    const char *task;
    const char *health_path;
    const char *console_key;
    int64_t threads;
    bool resets;
    bool help;
    bool version;
};

/* The defaults, and the environment. What of it can't be read is said on standard error, and left out: a
 * sidecar must still let traffic through. */
void settings_init(struct settings *settings);
void settings_free(struct settings *settings);
/* The command line; the faults go to `faults`. ERROR_USAGE or ERROR_INVALID, also for options that exclude
 * each other or are missing, unless it asks for help or the version. */
bool settings_parse(struct settings *settings, struct fault_options *faults, int argc, char **argv,
                    struct error *error);
void settings_print_help(void);
/* What stands behind the relay, for the ready line: "upstream 127.0.0.1:80", "connect db:5432", "upstream
 * aws", and " agent" behind it. */
void settings_describe(const struct settings *settings, char *text, size_t size);

#endif
