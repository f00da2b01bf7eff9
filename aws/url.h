/*
 * url: an http or https URL taken apart, strictly: no user, no fragment, nothing that could stand for
 * something else in a request line.
 */
#ifndef SHAKETABLE_AWS_URL_H
#define SHAKETABLE_AWS_URL_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

#define AWS_URL_MAX 2048
#define AWS_URL_HOST_MAX 256

struct aws_url {
    bool tls;
    char host[AWS_URL_HOST_MAX]; /* without brackets */
    bool ipv6;                   /* it stood in brackets */
    bool port_given;
    uint16_t port;            /* 80 and 443 where none is given */
    char target[AWS_URL_MAX]; /* path and query, at least "/" */
};

/* ERROR_INVALID, with a message that starts with the text. */
bool aws_url_parse(const char *text, struct aws_url *url, struct error *error);

#endif
