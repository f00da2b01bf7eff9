/*
 * options: one table from which the command line is parsed and --help is printed.
 * Only long options (--name VALUE, --name=VALUE) and -h, -V; "--" ends them.
 */
#ifndef SHAKETABLE_CORE_OPTIONS_H
#define SHAKETABLE_CORE_OPTIONS_H

#include "core/error.h"
#include "core/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_argument {
    OPTION_NONE,
    OPTION_REQUIRED,
    OPTION_OPTIONAL /* only as --name=VALUE or a following number */
};

struct option_spec {
    const char *name; /* without the dashes */
    enum option_argument argument;
    const char *value_name; /* "DURATION", for --help */
    const char *help;
    int key; /* handed to the callback */
};

/* Called for each option; value is NULL where there is none. */
typedef bool options_take(void *context, int key, const char *value, struct error *error);

/* Several tables may be given (the last entry of each has name NULL); `positional` receives
 * pointers into argv, at most `positional_max`, more is an error. An unknown option's error
 * suggests the nearest one. argv[0] is skipped. */
struct options_table {
    const struct option_spec *specs;
    options_take *take;
    void *context;
    const char *title; /* of its section in --help; NULL: none */
};
bool options_parse(int argc, char **argv, const struct options_table *tables, size_t table_count,
                   const char **positional, size_t positional_max, size_t *positional_count,
                   struct error *error);
void options_print_help(FILE *out, const struct options_table *tables, size_t table_count);

/* The FAULTS options (--latency, --jitter, …), the same for both programs. `context` is a
 * `struct fault_options *`. */
struct fault_options {
    struct fault fault; /* fault_init it, or the faults that are to be changed */
    bool given;         /* at least one was on the command line */
    bool distribution_given;
};
extern const struct option_spec fault_option_specs[];
bool fault_options_take(void *context, int key, const char *value, struct error *error);

#endif
