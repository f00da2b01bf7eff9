/*
 * gateway_endpoint: where a call goes: to --aws-endpoint, to what AWS_ENDPOINT_URL_<SERVICE> or
 * AWS_ENDPOINT_URL say in the sidecar's own environment, or to AWS's own endpoint of the service in the
 * region.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_ENDPOINT_H
#define SHAKETABLE_PROXY_GATEWAY_ENDPOINT_H

#include "aws/url.h"
#include "core/api_call.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define GATEWAY_AUTHORITY_MAX (AWS_URL_HOST_MAX + 16)
#define GATEWAY_ENDPOINT_SETTINGS_MAX 512

/* One setting, checked. */
struct gateway_endpoint {
    struct aws_url url;
    char authority[GATEWAY_AUTHORITY_MAX]; /* the Host header: with the port, unless it is the scheme's own */
    size_t prefix_length;                  /* of url.target: a path that stands before the call's, without its
                                              last slash */
};

struct gateway_endpoints {
    const char *option; /* --aws-endpoint; NULL: not given. Borrowed */
};

/* Checks the option, and every setting of the environment. ERROR_INVALID names the one that is wrong.
 * `listen` is where clients come in: an endpoint that leads back to it is an error. */
bool gateway_endpoints_check(const struct gateway_endpoints *endpoints, const struct sockaddr_storage *listen,
                             struct error *error);
/* Where that call goes. ERROR_INVALID: to a service that is not known here, or in no region. */
bool gateway_endpoint_find(const struct gateway_endpoints *endpoints, const struct api_call *call,
                           struct gateway_endpoint *endpoint, struct error *error);

#endif
