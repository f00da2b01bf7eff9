/*
 * interface: the network interface of a task that can take network faults: shaketable-proxy processes between
 * its containers and everybody else, one for each port that it serves (ingress) and one for each place that
 * its containers' environment and commands lead to (egress). They stand there for the task's whole life; a
 * fault is told to them over a socket, live, and clearing it lets everything go at once.
 *
 * A task has one if its definition has enableFaultInjection, or pidMode "task" and a container whose image is
 * an amazon-ssm-agent; and its network mode is awsvpc or host. Its containers then live on an address of
 * their own (task->inside); task->address is the interface's, which everybody else uses.
 *
 * What the faults mean is what tc-netem(8) and iptables(8) mean in the task's network namespace, as far as a
 * relay of connections can: latency and loss act on what leaves the task (answers to requests from outside,
 * and requests to places outside), a blackhole on a port, one way. Health checks are traffic as any other.
 * What differs: a new connection is taken at once, so that its handshake is neither delayed, lost nor
 * blackholed; flowsPercent is a share of requests; packets of other protocols than TCP, TLS by URL and places
 * that are named nowhere in environment or command go by the interface.
 *
 * All is called with the region's mutex held; what starts or reaps processes on the main thread only.
 */
#ifndef SHAKETABLE_SANDBOX_INTERFACE_H
#define SHAKETABLE_SANDBOX_INTERFACE_H

#include "core/error.h"
#include "sandbox/json.h"
#include "sandbox/region.h"

#include <stdbool.h>
#include <stdint.h>

#define INTERFACE_LISTENERS_MAX 64 /* of a task */

enum interface_kind { INTERFACE_LATENCY, INTERFACE_LOSS, INTERFACE_BLACKHOLE, INTERFACE_KINDS };
struct interface_fault {
    enum interface_kind kind;
    int delay_ms, jitter_ms; /* latency: uniform, delay ± jitter */
    int loss_percent;        /* loss */
    int flows_percent;       /* latency, loss; 0 counts as 100 */
    int port;                /* blackhole */
    bool udp, ingress;       /* blackhole; nothing carries UDP here, so that one changes nothing */
    bool exempt;             /* blackhole: it runs, and spares everybody */
    /* Latency and loss: texts, IPv4 addresses, CIDR blocks, names, "ALL", "DYNAMODB", "S3"; NULL or empty:
     * all. */
    struct json_object *sources;
    struct json_object *sources_to_filter; /* likewise; left alone whatever sources say */
};

/* What the task lacks to take network faults, in a sentence; NULL: nothing. */
const char *interface_lack(const struct task *task);
/* The fault is copied. ERROR_CONFLICT: one of the kind is running; ERROR_REFUSED: interface_lack;
 * ERROR_INVALID: a number out of its limits. */
bool interface_start(struct region *region, struct task *task, const struct interface_fault *fault,
                     struct error *error);
/* False: none was running. */
bool interface_stop(struct region *region, struct task *task, enum interface_kind kind);
bool interface_is_running(const struct task *task, enum interface_kind kind);
/* True when it has a blackhole of that port, protocol and direction. */
bool interface_has_blackhole(const struct task *task, const struct interface_fault *fault);
/* "latency", "loss", "blackhole". */
const char *interface_kind_name(enum interface_kind kind);
/* True once every process has acknowledged what it was told. */
bool interface_is_settled(const struct task *task);
/* {task, inside, running, settled, listeners: [{direction, listen, to, service, fault}]}; the caller owns it.
 */
struct json_object *interface_json(const struct task *task);

/* --- its life, for task.c and launch.c ---------------------------------------------------------- */

/* Starts it if the task is to have one; else task->inside is task->address and that is all. */
bool interface_begin(struct region *region, struct task *task, struct error *error);
enum interface_state { INTERFACE_STARTING, INTERFACE_READY, INTERFACE_BROKEN };
/* One round: reads what its processes say, keeps their leases. READY where the task has none. */
enum interface_state interface_look(struct task *task, int64_t now_ms, struct error *error);
/* Asks its processes to end, and kills them when they take too long, or at once; called until it is false:
 * none lives. */
bool interface_end(struct task *task, int64_t now_ms, bool at_once);
/* Its processes must have ended. */
void interface_free(struct task *task);
/* Appends the text, of that variable (NULL: of a command), with the places outside replaced by the egress
 * listeners that lead there. */
bool interface_rewrite(const struct region *region, const struct task *task, const char *variable,
                       const char *text, struct buf *out);

#endif
