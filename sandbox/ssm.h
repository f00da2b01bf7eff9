/*
 * ssm: Session Manager, as far as port forwarding into a task with ECS Exec takes it. The real service goes
 * on with a WebSocket at StreamUrl; here GET /_shaketable/session?id=ID&token=TOKEN tells what the
 * session is for, to a session-manager-plugin of the tests.
 */
#ifndef SHAKETABLE_SANDBOX_SSM_H
#define SHAKETABLE_SANDBOX_SSM_H

#include "sandbox/region.h"

#include <stdbool.h>

#define SSM_SESSIONS_MAX 1000

struct session {
    char id[64];
    char token[65];
    char target[1024];
    char address[BALANCER_ADDRESS_MAX];
    int port;
};

/* {"address":…,"port":…}; false with a reason for a session that has ended or another's token. */
bool ssm_print_session(struct region *region, const char *query, struct buf *out);
/* The targets of those that are open; owned by the caller. */
struct json_object *ssm_sessions_json(struct region *region);
/* A task is going: those into it end. */
void ssm_end_sessions_of(struct region *region, const struct task *task);
void ssm_free_all(struct region *region);

#endif
