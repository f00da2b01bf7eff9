/*
 * cli: the command line of shaketable: one option table, from which --help is printed, and what it was
 * read into.
 */
#ifndef SHAKETABLE_SRC_CLI_H
#define SHAKETABLE_SRC_CLI_H

#include "core/error.h"
#include "core/options.h"
#include "experiment/choices.h"

#include <stdbool.h>
#include <stdint.h>

/* The contract's exit statuses. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_REFUSED = 3,
    CLI_GUARD = 4,
    CLI_INCOMPLETE = 5,
};

#define CLI_WORDS_MAX 3
#define CLI_FAILS_MAX 16
#define CLI_ROUNDS_MAX 1000000000 /* of a probe */

struct cli {
    const char *words[CLI_WORDS_MAX]; /* the command and what follows it */
    size_t word_count;
    const char *profile, *region, *endpoint_url;
    bool json, read_only, no_color, ascii, help, version;
    const char *log;
    const char *theme;
    const char *cluster, *service;
    bool all;
    struct fault_options faults;
    int64_t duration_ms; /* 0: open end */
    struct choices choices;
    bool yes, take_over;
    const char *image;
    const char *engine; /* as it was written; NULL: it was not */
    const char *instance_role;
    const char *listen;
    const char *fails[CLI_FAILS_MAX]; /* of the embedded region, as it takes them */
    size_t fail_count;
    const char *big, *throttle; /* likewise */
    bool headless;
    int64_t interval_ms;
    int64_t connect_timeout_ms, read_timeout_ms, count; /* of a probe; 0: not given */
    bool keep_alive;
    const char *serve, *stats; /* as they were written */
    const char *client_stats;
    bool quiet; /* not an option: talk without printing */
    int argc;
    char **argv;
    unsigned given; /* bits of enum cli_group that had an option */
};

enum cli_group {
    CLI_TARGET = 1,
    CLI_EXPERIMENT = 2,
    CLI_FAULTS = 4,
    CLI_LISTEN = 8,
    CLI_HEADLESS = 16,
    CLI_ALL = 32,
    CLI_INTERVAL = 64,
    CLI_FAIL = 128,
    CLI_GUARDS = 256,
    CLI_CHOICES = 512,
    CLI_ENGINE = 1024,
    CLI_PREPARE = 2048,
    CLI_PROBE = 4096,
    CLI_CLIENT = 8192
};

struct cli_command {
    const char *name;
    const char *usage; /* what follows the name */
    const char *help;
    unsigned groups; /* options that it takes, beside those everywhere */
    size_t words;    /* at most, after the name */
    enum cli_exit (*run)(const struct cli *cli);
};

bool cli_parse(struct cli *cli, int argc, char **argv, struct error *error);
/* Puts the command line's FAULTS over these faults; the result is checked. */
bool cli_apply_faults(const struct cli *cli, struct fault *fault, struct error *error);
/* NULL: the console. ERROR_USAGE for a command that does not exist or an option that it does not take. */
bool cli_find_command(const struct cli *cli, const struct cli_command *commands, size_t count,
                      const struct cli_command **found, struct error *error);
/* `command` NULL: everything. */
void cli_print_help(struct cli *cli, const struct cli_command *commands, size_t count,
                    const struct cli_command *command);

/* Prints "shaketable: message" on standard error; returns `status`. */
enum cli_exit cli_fail(const struct error *error, enum cli_exit status);
/* The status for an error of a read-only command. */
enum cli_exit cli_status_of(const struct error *error);
/* One JSON document and a newline on standard output; takes it over. */
struct json_object;
void cli_print_json(struct json_object *document, bool pretty);

#endif
