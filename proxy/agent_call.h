/*
 * agent_call: one request to the fault endpoints of the ECS agent, and what its answer means. Blocking.
 *
 * 200 is {"Status":"running|stopped|not-running"}; 429 is plain text, everything else {"Error":"…"} or
 * whatever stands between (core/agent_faults.h has what is asked).
 */
#ifndef SHAKETABLE_PROXY_AGENT_CALL_H
#define SHAKETABLE_PROXY_AGENT_CALL_H

#include "core/agent_faults.h"
#include "core/error.h"
#include "core/units.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENT_URI_MAX 512
#define AGENT_CONNECT_MS 2000
#define AGENT_ANSWER_MS 7000 /* the agent gives up its own commands after 5 s */

/* Where the agent is. */
struct agent_place {
    char host[UNITS_HOST_MAX];
    uint16_t port;
    char path[AGENT_URI_MAX]; /* of the URI, without a slash at its end */
};
/* ECS_AGENT_URI: "http://HOST[:PORT]/PATH". NULL or "" is an error too; each names the variable. */
bool agent_place_parse(struct agent_place *place, const char *uri, struct error *error);

/* Adds the agent's own address to the filters, so that a fault never stands between it and us. Not one of the
 * machine's own, which no interface carries; a name is none, and where the filters are full they stay. */
void agent_place_spare(const struct agent_place *place, struct agent_setting *setting);

enum agent_outcome {
    AGENT_RUNS,      /* 200, "running" */
    AGENT_RUNS_NOT,  /* 200, "stopped" or "not-running" */
    AGENT_TOO_SOON,  /* 429 */
    AGENT_DECLINES,  /* 4xx: it did nothing */
    AGENT_FAILS,     /* 5xx: it may have done something */
    AGENT_UNREACHED, /* no connection: it has heard nothing */
    AGENT_LOST       /* no answer, or none that can be understood: it may have done something */
};
/* `timeout_ms` is of inactivity; `cancel` ends it. The error says which request, and what the agent said, in
 * its own words; it is set unless it is 200. */
enum agent_outcome agent_call(const struct agent_place *place, enum agent_verb verb,
                              const struct agent_fault *fault, const struct agent_setting *setting,
                              int timeout_ms, const atomic_bool *cancel, struct error *error);
/* An answer's meaning; `what` goes before the message. */
enum agent_outcome agent_answer_read(int status, const char *body, size_t length, enum agent_verb verb,
                                     const char *what, struct error *error);

#endif
