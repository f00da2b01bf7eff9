/*
 * router: from an HTTP request to an operation and back. The protocol and the service follow from
 * X-Amz-Target, from Action and Version in a form, and from the credential's scope.
 */
#ifndef SHAKETABLE_SANDBOX_ROUTER_H
#define SHAKETABLE_SANDBOX_ROUTER_H

#include "sandbox/call.h"
#include "sandbox/fail.h"
#include "sandbox/region.h"
#include "sandbox/server.h"
#include "sandbox/throttle.h"

struct router {
    struct region *region;
    struct throttle throttle;
    struct fail fail;
};

/* A server_handler; context is a struct router *. */
void router_answer(void *context, const struct server_request *request, struct server_answer *answer);
/* Runs one operation, without signature or throttling; the region's mutex is held. For the seed. */
bool router_call(struct region *region, struct call *call);

#endif
