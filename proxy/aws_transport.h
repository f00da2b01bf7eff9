/*
 * aws_transport: aws/transport.h over the sidecar's own HTTP client (core/http1.h): always direct, never by a
 * proxy, one connection a request.
 */
#ifndef SHAKETABLE_PROXY_AWS_TRANSPORT_H
#define SHAKETABLE_PROXY_AWS_TRANSPORT_H

#include "aws/transport.h"

/* What is kept of an answer: far more than keys need. */
#define AWS_TRANSPORT_ANSWER_MAX (256U << 10)

/* `ca_file`, "" for the system's authorities, is borrowed for as long as the transport is used. */
struct aws_transport aws_transport_direct(const char *ca_file);

#endif
