/*
 * interface_local: network faults on the region's tasks without FIS, for tests and for a look: the route
 * /_shaketable/interface. Not an API of AWS's.
 *
 *   GET                               all interfaces (interface_json), a list
 *   PUT {"task": ARN, "kind": "latency" | "loss" | "blackhole", "delay_ms", "jitter_ms", "loss_percent",
 *        "flows_percent", "port", "protocol": "tcp" | "udp", "traffic": "ingress" | "egress",
 *        "sources": [...], "sources_to_filter": [...]}    starts one
 *   DELETE ?task=ARN&kind=KIND        stops it
 *
 * PUT and DELETE answer with the task's interface. 400: not understood, 404: no such task or fault, 409: one
 * of the kind is running, or the task lacks something.
 */
#ifndef SHAKETABLE_SANDBOX_INTERFACE_LOCAL_H
#define SHAKETABLE_SANDBOX_INTERFACE_LOCAL_H

#include "sandbox/interface.h"
#include "sandbox/server.h"

/* With the region's mutex held. */
void interface_answer(struct region *region, const struct server_request *request,
                      struct server_answer *answer);
/* The fault that PUT's document asks for; its lists are the document's. */
bool interface_fault_read(struct json_object *json, struct interface_fault *fault, struct error *error);

#endif
