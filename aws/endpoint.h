/*
 * endpoint: where the calls of a service go. In the AWS CLI's order: --endpoint-url,
 * AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` section, the profile's
 * endpoint_url, AWS's own. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (or ignore_configured_endpoint_urls)
 * leaves out all but the first and the last. AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, or the
 * profile's keys of those names, choose among AWS's own.
 */
#ifndef SHAKETABLE_AWS_ENDPOINT_H
#define SHAKETABLE_AWS_ENDPOINT_H

#include "aws/service.h"
#include "aws/settings.h"
#include "core/error.h"

#include <stdbool.h>

#define AWS_URL_MAX 1024
#define AWS_HOST_MAX 300

struct aws_endpoint {
    char url[AWS_URL_MAX];   /* "http://127.0.0.1:4566", with its path, if any, without the last slash */
    char host[AWS_HOST_MAX]; /* the Host header: with the port, unless it is the scheme's own */
    char path[AWS_URL_MAX];  /* what is signed and asked for: "/" at least */
    char signing_region[AWS_REGION_MAX]; /* the region, or where a service of a whole partition is (IAM) */
    bool configured;                     /* false: AWS's own */
    bool loopback;                       /* on this machine: no proxy could reach it */
};

/* `option` is --endpoint-url, or NULL. ERROR_INVALID names the setting that is wrong. */
bool aws_endpoint_resolve(struct aws_endpoint *endpoint, const struct aws_settings *settings,
                          enum aws_service service, const char *option, struct error *error);
/* The same in another region than the settings'. */
bool aws_endpoint_resolve_in(struct aws_endpoint *endpoint, const struct aws_settings *settings,
                             const char *region, enum aws_service service, const char *option,
                             struct error *error);

#endif
