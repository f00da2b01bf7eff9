/*
 * agent: the faults of the ECS agent, kept as they are wanted by a thread of its own: what runs and is not
 * wanted is stopped, what is wanted and does not run is started, and the newest wish alone counts. It is the
 * dead man's handle that the agent lacks: nothing wanted is a wish like any other, and it is worked on until
 * the agent has confirmed it, whatever the agent answers meanwhile.
 *
 * What runs and is not ours is never stopped. So before each start the agent is asked whether the fault, or
 * the other one of latency and loss, runs already; if so, the wish fails. Where a task's faults are the
 * sidecar's alone (`owns`), what runs at its start is of a sidecar that was killed, and is stopped.
 *
 * A wish that fails is answered with the agent's own words, and from then on nothing is wanted. If the agent
 * may have started it all the same (an error of its own, no answer), it is asked what runs, and stopped.
 *
 * The agent takes one request in 5 s of each of its paths: a change is a stop (unless nothing runs), a
 * question and a start, and so the second of two changes comes that much later.
 */
#ifndef SHAKETABLE_PROXY_AGENT_H
#define SHAKETABLE_PROXY_AGENT_H

#include "core/agent_faults.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

#define AGENT_STACK_BYTES (512 << 10)
#define AGENT_AGAIN_MS 500      /* after 429; what is turned away does not count against the limit */
#define AGENT_RETRY_MIN_MS 1000 /* after other failures, doubled each time */
#define AGENT_RETRY_MAX_MS 5000
#define AGENT_LOOK_MS 15000 /* between two looks whether what was started still runs */
#define AGENT_REST_MS 60000
#define AGENT_DOUBT_MS 30000 /* a request without an answer may still be carried out */
#define AGENT_END_MS 20000   /* from SIGTERM on; ECS's own patience is 30 s by default */

struct agent;

/* What is known. `running` is in force as far as the agent has confirmed. */
struct agent_view {
    uint64_t answered; /* the newest wish that has its answer */
    bool granted;      /* it is in force; else `error` says why not */
    struct error error;
    struct agent_fault running;
    uint64_t problems; /* counts what nobody asked for and everybody should know: */
    struct error problem;
    bool ended; /* after agent_end: */
    bool clean; /* … and nothing of ours runs, as the agent has confirmed */
};

/* Something of the view has changed; called by the thread. */
typedef void agent_notify(void *context);

/* `uri` is ECS_AGENT_URI, NULL where it is not set. One that is missing or malformed makes an agent whose
 * wishes all fail with that error, and clean ones are granted: the sidecar must stay up for the application's
 * sake. NULL without memory or a thread. */
struct agent *agent_new(const char *uri, const struct agent_setting *setting, bool owns, agent_notify *notify,
                        void *context, struct error *error);
/* False: there is no agent, and the error says why. */
bool agent_is_usable(const struct agent *agent, struct error *error);
/* Returns the wish's number. Wishes are made by one thread. */
uint64_t agent_want(struct agent *agent, const struct agent_fault *fault);
void agent_look(struct agent *agent, struct agent_view *view);
/* To be called a few times a second: ends a request that takes too long. */
void agent_tick(struct agent *agent);
/* Nothing is wanted any more: view.ended once that is so, or after AGENT_END_MS. */
void agent_end(struct agent *agent);
/* After it has ended. NULL: nothing. */
void agent_free(struct agent *agent);

#endif
