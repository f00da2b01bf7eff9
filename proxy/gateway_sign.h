/*
 * gateway_sign: the signature that a call came with, and the one that it goes on with. Pure.
 */
#ifndef SHAKETABLE_PROXY_GATEWAY_SIGN_H
#define SHAKETABLE_PROXY_GATEWAY_SIGN_H

#include "aws/credentials.h"
#include "aws/sigv4.h"
#include "core/api_call.h"
#include "core/api_refusal.h"
#include "core/http1.h"
#include "proxy/gateway_endpoint.h"

#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_HEADERS_SENT_MAX (SIGV4_HEADERS_MAX + SIGV4_ADDED_MAX + 2)

/* True: it may pass. A signature by our own key is verified; one by another can't be, and its date alone
 * counts. Else *refusal, and the error's message has AWS's words for it. `credentials`: our own; NULL: there
 * are none. */
bool gateway_signature_holds(const struct api_request *request, const struct api_call *call,
                             const struct aws_credentials *credentials, int64_t now_s,
                             enum api_refusal *refusal, struct error *error);

/* A request as it goes on. Borrows the call's and the endpoint's texts, and holds pointers to itself: do not
 * copy it. */
struct gateway_signed {
    struct buf target;
    char body_length[24];
    char content_encoding[64];
    char payload_hash[SIGV4_HEX_MAX];
    struct sigv4_signed signature;
    struct http1_header headers[GATEWAY_HEADERS_SENT_MAX];
    size_t header_count;
};
/* Without what is of the connection or of the old signature; the rest passes as it came. Free it in any case.
 */
bool gateway_sign(const struct api_request *request, const struct api_call *call,
                  const struct gateway_endpoint *endpoint, const struct aws_credentials *credentials,
                  int64_t now_s, struct gateway_signed *result, struct error *error);
void gateway_signed_free(struct gateway_signed *result);

#endif
