/*
 * interface_internal: an interface's parts, for interface.c and interface_plan.c alone.
 */
#ifndef SHAKETABLE_SANDBOX_INTERFACE_INTERNAL_H
#define SHAKETABLE_SANDBOX_INTERFACE_INTERNAL_H

#include "sandbox/egress.h"
#include "sandbox/interface.h"
#include "sandbox/interface_link.h"

struct interface_listener {
    bool ingress;
    enum egress_service service;
    char host[BALANCER_ADDRESS_MAX]; /* where it leads: the task's inside, or a place outside */
    uint16_t port;
    struct interface_link link;
};
struct interface {
    struct interface_listener *listeners[INTERFACE_LISTENERS_MAX];
    size_t count;
    bool running[INTERFACE_KINDS];
    struct interface_fault faults[INTERFACE_KINDS]; /* their lists are its own */
    int64_t begun_ms, ending_ms;                    /* by the monotonic clock; 0: it is not to end */
    bool ready, killed;
};

/* True when the task's definition asks for one. */
bool interface_is_wanted(const struct task *task);
/* Adds the listeners that the task needs; they do not run yet. ERROR_LIMIT. */
bool interface_plan(struct region *region, const struct task *task, struct interface *interface,
                    struct error *error);
/* The addresses of the load balancers that lead to that port of the task or, where none does, of whoever
 * calls it directly, which is the machine's own. The caller owns the list. */
struct json_object *interface_peers(struct region *region, const struct task *task, uint16_t port);

#endif
