#include "src/probe_settings.h"

#include "experiment/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL: not set, or empty. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* `*ms` stays as it is where the variable is not set. */
static bool read_time(const char *name, double bare_unit_ms, int64_t least_ms, int64_t most_ms, int64_t *ms,
                      struct error *error)
{
    double read;
    const char *value = environment(name);
    if (value == NULL)
        return true;
    if (!units_parse_duration(value, bare_unit_ms, name, &read, error)) {
        error->code = ERROR_USAGE;
        return false;
    }
    if (read < (double)least_ms || read > (double)most_ms)
        return error_set(error, ERROR_USAGE, "%s: %.40s is not between %lld ms and %lld s", name, value,
                         (long long)least_ms, (long long)most_ms / 1000);
    *ms = (int64_t)read;
    return true;
}

/* What the command line has beats the environment, which is then not looked at. */
static bool read_timeout(int64_t given_ms, const char *name, int *ms, struct error *error)
{
    int64_t read_ms = given_ms > 0 ? given_ms : PROBE_TIMEOUT_DEFAULT_MS;
    if (given_ms == 0 && !read_time(name, 1, PROBE_TIMEOUT_LEAST_MS, PROBE_TIMEOUT_MOST_MS, &read_ms, error))
        return false;
    *ms = (int)read_ms;
    return true;
}

static bool read_target(struct probe_settings *settings, const struct cli *cli, struct error *error)
{
    char text[PROBE_TABLE_MAX + 16];
    const char *table = environment("TABLE_NAME");
    if (cli->word_count > 1)
        return probe_target_parse(&settings->target, cli->words[1], "probe", error);
    snprintf(text, sizeof text, "dynamodb:%s", table != NULL ? table : PROBE_TABLE_DEFAULT);
    if (table != NULL && strlen(table) >= PROBE_TABLE_MAX)
        return error_set(error, ERROR_USAGE, "TABLE_NAME: it is longer than any table's name");
    return probe_target_parse(&settings->target, text, "TABLE_NAME", error);
}

bool probe_settings_read(struct probe_settings *settings, const struct cli *cli, struct error *error)
{
    *settings = (struct probe_settings){.interval_ms = PROBE_INTERVAL_DEFAULT_MS,
                                        .count = (uint64_t)cli->count,
                                        .keep_alive = cli->keep_alive};
    if ((cli->given & CLI_INTERVAL) != 0)
        settings->interval_ms = cli->interval_ms;
    else if (!read_time("TEST_INTERVAL_SECONDS", 1000, PROBE_INTERVAL_LEAST_MS, PROBE_INTERVAL_MOST_MS,
                        &settings->interval_ms, error))
        return false;
    return read_target(settings, cli, error) &&
           read_timeout(cli->connect_timeout_ms, "CONNECTION_TIMEOUT_MS", &settings->connect_timeout_ms,
                        error) &&
           read_timeout(cli->read_timeout_ms, "READ_TIMEOUT_MS", &settings->read_timeout_ms, error);
}
