/*
 * interface: faults on a task's network.
 */
#ifndef SHAKETABLE_SANDBOX_INTERFACE_H
#define SHAKETABLE_SANDBOX_INTERFACE_H

#include "core/error.h"
#include "sandbox/region.h"

#include <stdbool.h>

enum interface_kind { INTERFACE_LATENCY, INTERFACE_LOSS, INTERFACE_BLACKHOLE, INTERFACE_KINDS };
struct interface_fault {
    enum interface_kind kind;
    int delay_ms, jitter_ms, loss_percent, flows_percent;
    int port;
    bool udp, ingress;
    struct json_object *sources, *sources_to_filter;
};
const char *interface_lack(const struct task *task);
bool interface_start(struct region *region, struct task *task, const struct interface_fault *fault,
                     struct error *error);
bool interface_stop(struct region *region, struct task *task, enum interface_kind kind);
bool interface_is_running(const struct task *task, enum interface_kind kind);

#endif
