/*
 * agent_faults: our faults as requests to the fault endpoints of the ECS agent, POST
 * ECS_AGENT_URI/fault/v1/network-…/{start,stop,status} from inside a task. Pure.
 *
 * What the agent does (aws/amazon-ecs-agent, ecs-agent/tmds/handlers/fault/v1): latency and packet loss are
 * a netem(8) on what the task sends to `Sources`, be it an answer to a client or a call to another service,
 * and there can be only one of the two at a time. A blackhole drops the packets to one port, of those that
 * come in or of those that go out. Nothing ends by itself.
 */
#ifndef SHAKETABLE_CORE_AGENT_FAULTS_H
#define SHAKETABLE_CORE_AGENT_FAULTS_H

#include "core/buf.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/refusals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENT_SOURCES_MAX 16
#define AGENT_SLOW_MS 5000 /* the agent takes one request in so long, of each of its paths */
#define AGENT_PATH_MAX 64

/* What the faults alone do not tell. Zero is everything's traffic, and no port for a blackhole. */
struct agent_setting {
    size_t source_count; /* whose traffic is impaired; 0: all (0.0.0.0/0) */
    char sources[AGENT_SOURCES_MAX][FAULT_SOURCE_MAX + 1];
    size_t filter_count; /* whose is not, even so (SourcesToFilter) */
    char filters[AGENT_SOURCES_MAX][FAULT_SOURCE_MAX + 1];
    uint16_t port; /* of a blackhole */
    bool egress;   /* a blackhole of what goes out to that port; false: of what comes in to it */
};

enum agent_kind { AGENT_LATENCY, AGENT_LOSS, AGENT_BLACKHOLE, AGENT_KINDS };
enum agent_verb { AGENT_START, AGENT_STOP, AGENT_STATUS };

/* One fault of the agent's. */
struct agent_fault {
    bool any; /* false: nothing to run, the rest says nothing */
    enum agent_kind kind;
    unsigned delay_ms, jitter_ms; /* LATENCY */
    unsigned loss_percent;        /* LOSS: 1 to 100 */
    unsigned flows_percent;       /* LATENCY, LOSS: 1 to 100, of the connections */
};

/* The agent's fault that does what these say. False where it can't do all of it: each option that it can't
 * is a refusal, and `out` is unchanged. Faults that are clean give none, which is no refusal. */
bool agent_faults_map(const struct fault *fault, const struct agent_setting *setting, struct agent_fault *out,
                      struct refusals *refusals);
bool agent_fault_equal(const struct agent_fault *a, const struct agent_fault *b);
/* Any of that kind that the agent takes: what `stop` and `status` say, which must be as whole as a start. */
struct agent_fault agent_fault_of_kind(enum agent_kind kind);

/* "network-latency", "network-packet-loss", "network-blackhole-port". */
const char *agent_kind_name(enum agent_kind kind);
/* Behind ECS_AGENT_URI: "/fault/v1/network-latency/start". */
void agent_fault_path(enum agent_kind kind, enum agent_verb verb, char path[AGENT_PATH_MAX]);
/* The request's body. */
bool agent_fault_print(const struct agent_fault *fault, const struct agent_setting *setting, struct buf *out);

/* An IPv4 or IPv6 address or a CIDR block, added to the sources or the filters; the agent knows no names. */
bool agent_setting_add_source(struct agent_setting *setting, const char *text, const char *name,
                              struct error *error);
bool agent_setting_add_filter(struct agent_setting *setting, const char *text, const char *name,
                              struct error *error);
/* "ingress", "egress". */
bool agent_setting_take_traffic(struct agent_setting *setting, const char *text, const char *name,
                                struct error *error);

/* What the agent has for a key of a fault, as the console's faders name it: "DelayMilliseconds"; NULL: none.
 * Keys: "latency", "jitter", "loss", "blackhole", "percent". */
const char *agent_faults_parameter(const char *key);

#endif
