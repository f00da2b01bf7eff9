/*
 * auth: who calls. Every call must carry a signature (SigV4) made with the secret `test`; any access
 * key of the AWS CLI's form will do. A call that does not is failed with the code and the words of
 * its protocol.
 */
#ifndef SHAKETABLE_SANDBOX_AUTH_H
#define SHAKETABLE_SANDBOX_AUTH_H

#include "sandbox/call.h"
#include "sandbox/server.h"

#include <stdbool.h>

#define AUTH_SECRET "test"

/* call->protocol and call->service must be set; sets call->access_key and call->region. */
bool auth_check(struct call *call, const struct server_request *request);

#endif
