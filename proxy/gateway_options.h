/*
 * gateway_options: --aws and what belongs to it.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_OPTIONS_H
#define SHAKETABLE_PROXY_GATEWAY_OPTIONS_H

#include "core/error.h"
#include "core/options.h"

#include <stdbool.h>

#define GATEWAY_TIMEOUT_MS 60000 /* as the AWS SDKs' read time-out */
#define GATEWAY_TIMEOUT_MAX_MS 900000
#define GATEWAY_FAULTS_FILE_MAX (1U << 20)

struct json_object;

struct gateway_options {
    bool enabled;               /* --aws */
    const char *endpoint;       /* --aws-endpoint; NULL: by environment and service. Borrowed */
    struct json_object *faults; /* a list, in force from the start, each checked; NULL: none */
    int timeout_ms;             /* without a byte from the endpoint */
    bool timeout_given;
};

extern const struct option_spec gateway_option_specs[];
/* `context` is a struct gateway_options *. */
bool gateway_options_take(void *context, int key, const char *value, struct error *error);
/* ERROR_USAGE: one of them without --aws. */
bool gateway_options_check(const struct gateway_options *options, struct error *error);
void gateway_options_free(struct gateway_options *options);

#endif
