#include "sandbox/app_options.h"

#include "core/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_MAX_MS 60000.0
#define SIGMA_MAX 3.0
#define TIMEOUT_MAX_MS 60000
#define RETRIES_MAX 10

enum key { KEY_LISTEN, KEY_NAME, KEY_SERVICE, KEY_SIGMA, KEY_CALL, KEY_TIMEOUT, KEY_RETRIES, KEY_HELP };

static const struct option_spec specs[] = {
    {"listen", OPTION_REQUIRED, "ADDR:PORT", "where to serve (environment: APP_ADDRESS, APP_PORT)",
     KEY_LISTEN},
    {"name", OPTION_REQUIRED, "NAME", "the service's name (APP_NAME)", KEY_NAME},
    {"service-ms", OPTION_REQUIRED, "MEDIAN", "median of its own service time (APP_SERVICE_MS)", KEY_SERVICE},
    {"sigma", OPTION_REQUIRED, "S", "spread of the log-normal service time (APP_SIGMA)", KEY_SIGMA},
    {"call", OPTION_REQUIRED, "NAME=URL", "a service it depends on (APP_CALLS, separated by commas)",
     KEY_CALL},
    {"call-timeout-ms", OPTION_REQUIRED, "MS", "time-out of an attempt (APP_CALL_TIMEOUT_MS)", KEY_TIMEOUT},
    {"call-retries", OPTION_REQUIRED, "N", "attempts after the first (APP_CALL_RETRIES)", KEY_RETRIES},
    {"help", OPTION_NONE, NULL, "print this and exit", KEY_HELP},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

static bool read_number(const char *text, const char *name, double highest, double *value,
                        struct error *error)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || number < 0 || number > highest)
        return error_set(error, ERROR_USAGE, "%s: '%s' is not a number from 0 to %g", name, text, highest);
    *value = number;
    return true;
}

static bool read_name(const char *text, size_t length, char out[APP_NAME_MAX], struct error *error)
{
    if (length == 0 || length >= APP_NAME_MAX || strcspn(text, "\"\\\r\n,=") < length)
        return error_set(error, ERROR_USAGE, "'%.*s' is no name of a service", (int)length, text);
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static bool add_call(struct app_options *options, const char *text, size_t length, struct error *error)
{
    const char *equals = memchr(text, '=', length);
    if (options->call_count == APP_CALLS_MAX)
        return error_set(error, ERROR_USAGE, "more than %d services to call", APP_CALLS_MAX);
    if (equals == NULL)
        return error_set(error, ERROR_USAGE, "call '%.*s' is not NAME=URL", (int)length, text);
    struct app_call *call = &options->calls[options->call_count];
    size_t url_length = length - (size_t)(equals + 1 - text);
    if (url_length >= sizeof call->url || strncmp(equals + 1, "http://", 7) != 0)
        return error_set(error, ERROR_USAGE,
                         "call '%.*s': the URL must begin with http:// and be shorter than %d", (int)length,
                         text, APP_URL_MAX);
    if (!read_name(text, (size_t)(equals - text), call->name, error))
        return false;
    memcpy(call->url, equals + 1, url_length);
    call->url[url_length] = '\0';
    options->call_count++;
    return true;
}

static bool take_listen(struct app_options *options, const char *value, struct error *error)
{
    if (!units_parse_address(value, "--listen", options->address, &options->port, error))
        return false;
    if (options->address[0] == '\0')
        snprintf(options->address, sizeof options->address, "127.0.0.1");
    return true;
}

static bool take(void *context, int key, const char *value, struct error *error)
{
    struct app_options *options = context;
    switch ((enum key)key) {
    case KEY_LISTEN:
        return take_listen(options, value, error);
    case KEY_NAME:
        return read_name(value, strlen(value), options->name, error);
    case KEY_SERVICE:
        return read_number(value, "--service-ms", SERVICE_MAX_MS, &options->service_ms, error);
    case KEY_SIGMA:
        return read_number(value, "--sigma", SIGMA_MAX, &options->sigma, error);
    case KEY_CALL:
        return add_call(options, value, strlen(value), error);
    case KEY_TIMEOUT:
        return units_parse_integer(value, "--call-timeout-ms", 1, TIMEOUT_MAX_MS, &options->call_timeout_ms,
                                   error);
    case KEY_RETRIES:
        return units_parse_integer(value, "--call-retries", 0, RETRIES_MAX, &options->call_retries, error);
    case KEY_HELP:
        options->help = true;
        return true;
    }
    return false;
}

static bool take_calls(struct app_options *options, const char *list, struct error *error)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        if (length > 0 && !add_call(options, list, length, error))
            return false;
        list += length + (list[length] == ',' ? 1 : 0);
    }
    return true;
}

static bool take_environment(struct app_options *options, struct error *error)
{
    static const struct {
        const char *name;
        int key;
    } variables[] = {{"APP_NAME", KEY_NAME},
                     {"APP_SERVICE_MS", KEY_SERVICE},
                     {"APP_SIGMA", KEY_SIGMA},
                     {"APP_CALL_TIMEOUT_MS", KEY_TIMEOUT},
                     {"APP_CALL_RETRIES", KEY_RETRIES}};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i].name);
        if (value != NULL && *value != '\0' && !take(options, variables[i].key, value, error))
            return error_prefix(error, "%s: ", variables[i].name);
    }
    const char *address = getenv("APP_ADDRESS");
    const char *port = getenv("APP_PORT");
    const char *calls = getenv("APP_CALLS");
    int64_t number = options->port;
    if (address != NULL && *address != '\0')
        snprintf(options->address, sizeof options->address, "%s", address);
    if (port != NULL && *port != '\0' &&
        !units_parse_integer(port, "APP_PORT", 0, UINT16_MAX, &number, error))
        return false;
    options->port = (uint16_t)number;
    return calls == NULL || take_calls(options, calls, error);
}

/* Calls of the command line replace those of the environment. */
static bool has_call_option(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--call") == 0 || strncmp(argv[i], "--call=", 7) == 0)
            return true;
    return false;
}

bool app_options_read(struct app_options *options, int argc, char **argv, struct error *error)
{
    *options = (struct app_options){.address = "127.0.0.1",
                                    .port = 8080,
                                    .name = "app",
                                    .service_ms = 10,
                                    .sigma = 0.4,
                                    .call_timeout_ms = 300,
                                    .call_retries = 1};
    const struct options_table table = {.specs = specs, .take = take, .context = options};
    if (!take_environment(options, error))
        return false;
    if (has_call_option(argc, argv))
        options->call_count = 0;
    size_t positional_count = 0;
    return options_parse(argc, argv, &table, 1, NULL, 0, &positional_count, error);
}

void app_options_print_help(void)
{
    const struct options_table table = {.specs = specs};
    puts("Usage: shaketable-sandbox app [OPTIONS]\nThe demo application of the embedded region.\n");
    options_print_help(stdout, &table, 1);
}
