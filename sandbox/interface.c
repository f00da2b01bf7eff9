#include "sandbox/interface.h"

#include "core/clock.h"
#include "core/process.h"
#include "sandbox/interface_internal.h"
#include "sandbox/interface_rules.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_PATIENCE_MS 30000 /* until its processes listen */
#define END_PATIENCE_MS 6000    /* from SIGTERM to SIGKILL: the proxy drains for up to 5 s */

static const char *const kind_names[] = {"latency", "loss", "blackhole"};
/* As the ECS agent calls them. */
static const char *const kind_words[] = {"network latency", "network packet loss", "network blackhole port"};

const char *interface_kind_name(enum interface_kind kind)
{
    return kind_names[kind];
}

/* --- its life ----------------------------------------------------------------------------------- */

static bool start_listener(const struct region *region, const struct task *task,
                           struct interface_listener *listener, struct error *error)
{
    char listen[BALANCER_ADDRESS_MAX + 8], to[BALANCER_ADDRESS_MAX + 8];

    snprintf(listen, sizeof listen, "%s:%u", listener->ingress ? task->address : task->inside,
             listener->ingress ? (unsigned)listener->port : 0U);
    snprintf(to, sizeof to, "%s:%u", listener->host, listener->port);
    return interface_link_start(&listener->link, region->proxy, listen, to, error);
}

bool interface_begin(struct region *region, struct task *task, struct error *error)
{
    struct interface *interface = NULL;

    text_copy(task->inside, sizeof task->inside, task->address);
    if (!interface_is_wanted(task))
        return true;
    interface = memory_new(sizeof *interface);
    task->interface = interface;
    region_take_address(region, task->inside);
    interface->begun_ms = clock_ms();
    if (!interface_plan(region, task, interface, error))
        return false;
    for (size_t i = 0; i < interface->count; i++) {
        if (!start_listener(region, task, interface->listeners[i], error))
            return false;
    }
    return true;
}

static bool break_up(const struct interface_listener *listener, const char *what, struct error *error)
{
    return error_set(error, ERROR_SYSTEM, "the task's network interface %s, at %s:%u%s%s", what,
                     listener->host, listener->port, *listener->link.said ? ": " : "", listener->link.said);
}

enum interface_state interface_look(struct task *task, int64_t now_ms, struct error *error)
{
    struct interface *interface = task->interface;
    bool ready = true;

    for (size_t i = 0; interface && i < interface->count; i++) {
        struct interface_listener *listener = interface->listeners[i];
        interface_link_tick(&listener->link, now_ms);
        if (interface->ending_ms > 0)
            continue;
        if (!interface_link_is_alive(&listener->link) || listener->link.broken) {
            break_up(listener, "has ended", error);
            return INTERFACE_BROKEN;
        }
        ready = ready && listener->link.port > 0;
        if (listener->link.port == 0 && now_ms - interface->begun_ms > START_PATIENCE_MS) {
            break_up(listener, "does not listen", error);
            return INTERFACE_BROKEN;
        }
    }
    if (interface)
        interface->ready = ready;
    return ready ? INTERFACE_READY : INTERFACE_STARTING;
}

bool interface_end(struct task *task, int64_t now_ms, bool at_once)
{
    struct interface *interface = task->interface;
    bool alive = false, begins = interface && interface->ending_ms == 0, kills = false;

    if (!interface)
        return false;
    if (begins)
        interface->ending_ms = now_ms > 0 ? now_ms : 1;
    kills = !interface->killed && (at_once || now_ms - interface->ending_ms > END_PATIENCE_MS);
    interface->killed = interface->killed || kills;
    for (size_t i = 0; i < interface->count; i++) {
        struct interface_link *link = &interface->listeners[i]->link;
        if ((begins || kills) && link->pid > 0)
            process_signal(link->pid, kills ? SIGKILL : SIGTERM);
        alive = interface_link_is_alive(link) || alive;
    }
    return alive;
}

static void drop_fault(struct interface *interface, enum interface_kind kind)
{
    json_object_put(interface->faults[kind].sources);
    json_object_put(interface->faults[kind].sources_to_filter);
    interface->faults[kind] = (struct interface_fault){.kind = kind};
    interface->running[kind] = false;
}

void interface_free(struct task *task)
{
    struct interface *interface = task->interface;

    for (size_t i = 0; interface && i < interface->count; i++) {
        interface_link_free(&interface->listeners[i]->link);
        free(interface->listeners[i]);
    }
    for (int kind = 0; interface && kind < INTERFACE_KINDS; kind++)
        drop_fault(interface, (enum interface_kind)kind);
    free(interface);
    task->interface = NULL;
}

/* --- faults ------------------------------------------------------------------------------------- */

const char *interface_lack(const struct task *task)
{
    const char *mode = json_text(task->definition->body, "networkMode");

    if (task->service && task->service->described)
        return "The task is only described here: nothing stands behind it.";
    if (!mode || (strcmp(mode, "awsvpc") != 0 && strcmp(mode, "host") != 0))
        return "The network mode of the task is neither awsvpc nor host.";
    if (!interface_is_wanted(task))
        return "The task definition has neither enableFaultInjection nor pidMode task with a container "
               "amazon-ssm-agent.";
    if (task->state != TASK_RUNNING || task->stopping || !task->interface || !task->interface->ready)
        return "The task is not running.";
    return NULL;
}

static void apply(struct region *region, struct task *task)
{
    struct interface *interface = task->interface;
    struct fault *merged = memory_new(sizeof *merged);
    int64_t now_ms = clock_ms();

    for (size_t i = 0; i < interface->count; i++) {
        struct interface_listener *listener = interface->listeners[i];
        struct json_object *peers = listener->ingress ? interface_peers(region, task, listener->port) : NULL;
        const struct interface_point point = {.ingress = listener->ingress,
                                              .port = listener->port,
                                              .host = listener->host,
                                              .service = listener->service,
                                              .peers = peers};
        bool faulted = interface_merge(interface->faults, interface->running, &point, merged);
        interface_link_set(&listener->link, faulted ? merged : NULL, now_ms);
        json_object_put(peers);
    }
    free(merged);
}

static bool check_number(const char *what, int value, int lowest, int highest, struct error *error)
{
    return (value >= lowest && value <= highest) ||
           error_set(error, ERROR_INVALID, "%s: %d is not between %d and %d", what, value, lowest, highest);
}

static bool check(const struct interface_fault *fault, struct error *error)
{
    switch (fault->kind) {
    case INTERFACE_LATENCY:
        return check_number("delay", fault->delay_ms, 0, (int)FAULT_LATENCY_MAX_MS, error) &&
               check_number("jitter", fault->jitter_ms, 0, (int)FAULT_LATENCY_MAX_MS, error) &&
               check_number("flows percent", fault->flows_percent, 0, 100, error);
    case INTERFACE_LOSS:
        return check_number("loss percent", fault->loss_percent, 0, 100, error) &&
               check_number("flows percent", fault->flows_percent, 0, 100, error);
    case INTERFACE_BLACKHOLE:
        return check_number("port", fault->port, 1, UINT16_MAX, error);
    case INTERFACE_KINDS:
        break;
    }
    return error_set(error, ERROR_INVALID, "there is no such kind of network fault");
}

bool interface_start(struct region *region, struct task *task, const struct interface_fault *fault,
                     struct error *error)
{
    const char *lack = interface_lack(task);
    struct interface *interface = task->interface;

    if (!check(fault, error))
        return false;
    if (lack)
        return error_set(error, ERROR_REFUSED, "%s", lack);
    if (interface->running[fault->kind])
        return error_set(error, ERROR_CONFLICT, "There is already one %s fault running",
                         kind_words[fault->kind]);
    interface->faults[fault->kind] = *fault;
    interface->faults[fault->kind].sources = json_copy(fault->sources);
    interface->faults[fault->kind].sources_to_filter = json_copy(fault->sources_to_filter);
    interface->running[fault->kind] = true;
    apply(region, task);
    region_wake(region);
    return true;
}

bool interface_stop(struct region *region, struct task *task, enum interface_kind kind)
{
    if (!interface_is_running(task, kind))
        return false;
    drop_fault(task->interface, kind);
    apply(region, task);
    region_wake(region);
    return true;
}

bool interface_is_running(const struct task *task, enum interface_kind kind)
{
    return task->interface && task->interface->running[kind];
}

bool interface_has_blackhole(const struct task *task, const struct interface_fault *fault)
{
    const struct interface_fault *runs = NULL;

    if (!interface_is_running(task, INTERFACE_BLACKHOLE))
        return false;
    runs = &task->interface->faults[INTERFACE_BLACKHOLE];
    return runs->port == fault->port && runs->udp == fault->udp && runs->ingress == fault->ingress;
}

bool interface_is_settled(const struct task *task)
{
    for (size_t i = 0; task->interface && i < task->interface->count; i++) {
        if (!interface_link_is_settled(&task->interface->listeners[i]->link))
            return false;
    }
    return true;
}

/* --- describing --------------------------------------------------------------------------------- */

static struct json_object *listener_json(const struct task *task, const struct interface_listener *listener)
{
    static const char *const services[] = {"", "aws", "dynamodb", "s3"};
    struct json_object *json = json_object_new_object();

    json_put_text(json, "direction", listener->ingress ? "ingress" : "egress");
    json_put_format(json, "listen", "%s:%u", listener->ingress ? task->address : task->inside,
                    listener->link.port);
    json_put_format(json, "to", "%s:%u", listener->host, listener->port);
    json_put_text(json, "service", services[listener->service]);
    json_put_integer(json, "pid", listener->link.pid);
    json_put(json, "fault", listener->link.fault ? fault_to_json(listener->link.fault) : NULL);
    return json;
}

struct json_object *interface_json(const struct task *task)
{
    struct json_object *json = json_object_new_object(), *running = json_object_new_array();
    struct json_object *listeners = json_object_new_array();

    for (int kind = 0; kind < INTERFACE_KINDS; kind++) {
        if (interface_is_running(task, (enum interface_kind)kind))
            json_append_text(running, kind_names[kind]);
    }
    for (size_t i = 0; task->interface && i < task->interface->count; i++)
        json_object_array_add(listeners, listener_json(task, task->interface->listeners[i]));
    json_put_text(json, "task", task->arn);
    json_put_text(json, "inside", task->inside);
    json_put(json, "running", running);
    json_put_flag(json, "settled", interface_is_settled(task));
    json_put(json, "listeners", listeners);
    return json;
}
