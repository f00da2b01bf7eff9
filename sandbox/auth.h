/*
 * auth: who calls. Every call must carry a signature (SigV4) made with the secret `test`, whatever the access
 * key, as long as it has the AWS CLI's form; or with the keys of a task's role (task_keys.h), and then with
 * their session token. A call that does not is failed with the code and the words of its protocol.
 */
#ifndef SHAKETABLE_SANDBOX_AUTH_H
#define SHAKETABLE_SANDBOX_AUTH_H

#include "sandbox/call.h"
#include "sandbox/region.h"
#include "sandbox/server.h"

#include <stdbool.h>

#define AUTH_SECRET "test"

/* call->protocol and call->service must be set; sets call->access_key, call->caller and call->region. Takes
 * the region's mutex for a moment. */
bool auth_check(struct region *region, struct call *call, const struct server_request *request);

#endif
