/*
 * gateway_internal: what the gateway's parts share.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_INTERNAL_H
#define SHAKETABLE_PROXY_GATEWAY_INTERNAL_H

#include "aws/credentials.h"
#include "core/api_call.h"
#include "core/api_faults.h"
#include "core/random.h"
#include "proxy/aws_keys.h"
#include "proxy/backend.h"
#include "proxy/gateway.h"
#include "proxy/gateway_answer.h"
#include "proxy/gateway_counts.h"
#include "proxy/gateway_endpoint.h"
#include "proxy/gateway_request.h"
#include "proxy/gateway_sign.h"
#include "proxy/gateway_upstream.h"

#include <pthread.h>
#include <stdatomic.h>

struct gateway {
    struct gateway_endpoints endpoints;
    struct aws_keys *keys;
    struct dial_trust *trust;
    struct gateway_counts *counts;
    struct backend *backend;
    int timeout_ms;
    atomic_size_t bodies;   /* bytes that all requests' bodies take */
    atomic_bool complained; /* about our own credentials: said once, until there are some */
    pthread_mutex_t lock;   /* for the rest */
    struct api_faults faults;
    struct random random;
};

/* What the rules make of a call. */
struct gateway_verdict {
    unsigned changes; /* of the rules, when it was made */
    int delay_ms;
    bool fails;
    int status;
    char code[API_CODE_MAX];
    const char *message;
};
void gateway_decide(struct gateway *gateway, const struct api_call *call, struct gateway_verdict *verdict);
/* True: the rules are not those it was made by. */
bool gateway_is_outdated(struct gateway *gateway, const struct gateway_verdict *verdict);

/* A client's connection. */
struct gateway_session {
    struct gateway *gateway;
    const atomic_bool *ending;
    struct gateway_request request;
    struct gateway_upstream upstream;
    struct aws_credentials credentials; /* while a call is answered */
    struct gateway_signed outgoing;     /* likewise */
    struct http1_answer incoming;       /* likewise */
};

/* gateway_call.c: answers what was read, an API call. `result` is GATEWAY_WHOLE, or why it is not. */
void gateway_call(struct gateway_session *session, enum gateway_read result, struct gateway_answer *answer);

/* gateway_control.c: answers for ourselves. */
bool gateway_is_control(const struct gateway_request *request);
void gateway_control(struct gateway *gateway, const struct gateway_request *request,
                     struct gateway_answer *answer);

#endif
