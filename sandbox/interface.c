#include "sandbox/interface.h"

const char *interface_lack(const struct task *task)
{
    (void)task;
    return "The region has no network faults.";
}
bool interface_start(struct region *region, struct task *task, const struct interface_fault *fault,
                     struct error *error)
{
    (void)region;
    (void)task;
    (void)fault;
    return error_set(error, ERROR_INVALID, "The region has no network faults.");
}
bool interface_stop(struct region *region, struct task *task, enum interface_kind kind)
{
    (void)region;
    (void)task;
    (void)kind;
    return false;
}
bool interface_is_running(const struct task *task, enum interface_kind kind)
{
    (void)task;
    (void)kind;
    return false;
}
