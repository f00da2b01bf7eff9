/*
 * ssm: Systems Manager's Session Manager, as far as a forwarded port takes it. What comes after StartSession
 * is session-manager-plugin's.
 */
#ifndef SHAKETABLE_AWS_SSM_H
#define SHAKETABLE_AWS_SSM_H

#include "aws/client.h"

#include <stdbool.h>

#define SSM_ID_MAX 128
#define SSM_TOKEN_MAX 2048
#define SSM_URL_MAX 1024

struct json_object;

/* The token is a secret: clear it after use, and put it into no log and no argument. */
struct ssm_session {
    char id[SSM_ID_MAX];
    char token[SSM_TOKEN_MAX];
    char stream_url[SSM_URL_MAX];
};

/* The input of StartSession for a port of `target` ("ecs:CLUSTER_TASK_RUNTIMEID") at 127.0.0.1:local_port;
 * the plugin is given it, too. Owned by the caller. */
struct json_object *ssm_port_forwarding(const char *target, int port, int local_port);
/* It is never sent twice: after an error whose answer may have been lost a session may be open, which AWS
 * ends once it was idle for long enough. */
bool ssm_start_session(struct aws_client *client, struct json_object *input, struct ssm_session *session,
                       struct error *error);
/* One that has ended is no error. */
bool ssm_terminate_session(struct aws_client *client, const char *id, struct error *error);

#endif
