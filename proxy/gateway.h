/*
 * gateway: stands in for AWS's endpoints (--aws). A backend that reads each call, applies the rules about
 * single APIs, signs it anew with the sidecar's own credentials and passes it on; and answers for itself to
 * LocalStack's Chaos API (/_localstack/chaos/…) and under /_shaketable/.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_H
#define SHAKETABLE_PROXY_GATEWAY_H

#include "core/error.h"
#include "proxy/gateway_options.h"
#include "proxy/metrics_text.h"

#include <sys/socket.h>

struct gateway;

/* *address is where it listens, on 127.0.0.1. NULL with an error: credentials, an endpoint, authorities or a
 * rule that can't be used. */
struct gateway *gateway_start(const struct gateway_options *options, struct sockaddr_storage *address,
                              struct error *error);
/* Once it is known where clients come in: that no endpoint leads back there. */
bool gateway_check_loop(const struct gateway *gateway, const struct sockaddr_storage *listen,
                        struct error *error);
/* Its part of the metrics. */
struct metrics_more gateway_metrics(struct gateway *gateway);
/* Takes back all rules: whatever they hold goes on at once. `gateway` is a struct gateway *. */
void gateway_let_go(void *gateway);
/* Ends what is under way. NULL: nothing. */
void gateway_stop(struct gateway *gateway);

#endif
