/*
 * probe_settings: what a probe is to do, of the command line, or else of the environment by the names that
 * the seed's latency test has: TABLE_NAME, CONNECTION_TIMEOUT_MS, READ_TIMEOUT_MS, TEST_INTERVAL_SECONDS.
 */
#ifndef SHAKETABLE_SRC_PROBE_SETTINGS_H
#define SHAKETABLE_SRC_PROBE_SETTINGS_H

#include "experiment/probe_target.h"
#include "src/cli.h"

#define PROBE_TIMEOUT_DEFAULT_MS 5000
#define PROBE_INTERVAL_DEFAULT_MS 5000
#define PROBE_INTERVAL_LEAST_MS 1
#define PROBE_INTERVAL_MOST_MS 3600000
#define PROBE_TABLE_DEFAULT "MyTestTable"

struct probe_settings {
    struct probe_target target;
    int connect_timeout_ms, read_timeout_ms;
    int64_t interval_ms;
    uint64_t count; /* 0: no end */
    bool keep_alive;
};

/* ERROR_USAGE names the option, or the variable. */
bool probe_settings_read(struct probe_settings *settings, const struct cli *cli, struct error *error);

#endif
