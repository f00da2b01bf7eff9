/*
 * app_options: what the demo application is told, by its command line and its environment.
 */
#ifndef SHAKETABLE_SANDBOX_APP_OPTIONS_H
#define SHAKETABLE_SANDBOX_APP_OPTIONS_H

#include "core/error.h"
#include "core/units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APP_CALLS_MAX 8
#define APP_NAME_MAX 64
#define APP_URL_MAX 512

struct app_call {
    char name[APP_NAME_MAX];
    char url[APP_URL_MAX];
};
struct app_options {
    char address[UNITS_HOST_MAX]; /* a literal one; 127.0.0.1 unless told */
    uint16_t port;                /* 0: the system picks one */
    char name[APP_NAME_MAX];
    double service_ms; /* median */
    double sigma;      /* of the logarithm */
    struct app_call calls[APP_CALLS_MAX];
    size_t call_count;
    int64_t call_timeout_ms; /* of each attempt */
    int64_t call_retries;
    bool help;
};

/* The environment first, then the command line. */
bool app_options_read(struct app_options *options, int argc, char **argv, struct error *error);
void app_options_print_help(void);

#endif
