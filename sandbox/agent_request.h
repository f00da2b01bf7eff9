/*
 * agent_request: the bodies of requests to the ECS agent's fault endpoints, read as the agent reads them: in
 * its order and with its texts (aws/amazon-ecs-agent: ecs-agent/tmds/handlers/fault/v1/types, on Go's
 * encoding/json). start, stop and status of a fault all take, and need, the same body.
 *
 * As in Go the names of members count whatever their case, others are passed over, and what stands behind
 * the first JSON value is not looked at. Of malformed JSON the text is Go's for the two common cases: a
 * character that begins no value, and an end too early.
 */
#ifndef SHAKETABLE_SANDBOX_AGENT_REQUEST_H
#define SHAKETABLE_SANDBOX_AGENT_REQUEST_H

#include "sandbox/interface.h"

#include <stdbool.h>
#include <stddef.h>

#define AGENT_MESSAGE_MAX 512

struct agent_request {
    struct json_object *body;     /* owned; agent_request_free */
    struct interface_fault fault; /* its lists are the body's */
};

/* False: 400 with that message. Free it in any case. */
bool agent_request_read(struct agent_request *request, enum interface_kind kind, const char *text,
                        size_t length, char message[AGENT_MESSAGE_MAX]);
void agent_request_free(struct agent_request *request);

#endif
