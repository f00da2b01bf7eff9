/*
 * interface_rules: which of a task's listeners gets what of the faults that run on the task. Pure.
 */
#ifndef SHAKETABLE_SANDBOX_INTERFACE_RULES_H
#define SHAKETABLE_SANDBOX_INTERFACE_RULES_H

#include "core/fault.h"
#include "sandbox/egress.h"
#include "sandbox/interface.h"

/* What a listener stands for. */
struct interface_point {
    bool ingress;
    uint16_t port;               /* the task's own, or the destination's */
    const char *host;            /* egress: the destination */
    enum egress_service service; /* egress */
    struct json_object
        *peers; /* ingress: texts, the addresses of the load balancers that use it; NULL: none */
};

/*
 * Merges what of the running faults (`faults[kind]` where `running[kind]`) is for the listener. False:
 * nothing is.
 *
 * A listener has one value of faults with one scope. So where latency and loss have different flowsPercent,
 * that of the latency is kept and the loss is as much higher or lower as keeps its mean; and a blackhole
 * leaves nothing to delay or lose. DYNAMODB at an endpoint that all services share is those requests whose
 * X-Amz-Target is DynamoDB's, unless another fault there is for all. Who comes in is known only as the load
 * balancers that lead there (to a port without one: 127.0.0.1, from where its callers come in a region): an
 * ingress listener is faulted when one of them is among the sources, and left alone when all are filtered.
 */
bool interface_merge(const struct interface_fault faults[INTERFACE_KINDS],
                     const bool running[INTERFACE_KINDS], const struct interface_point *point,
                     struct fault *merged);

#endif
