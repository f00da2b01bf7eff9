#include "aws/ssm.h"

#include "aws/json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static void add_parameter(struct json_object *parameters, const char *name, int value)
{
    char text[16];
    struct json_object *list = json_object_new_array();
    snprintf(text, sizeof text, "%d", value);
    json_object_array_add(list, json_object_new_string(text));
    json_object_object_add(parameters, name, list);
}

struct json_object *ssm_port_forwarding(const char *target, int port, int local_port)
{
    struct json_object *input = json_object_new_object(), *parameters = json_object_new_object();
    json_object_object_add(input, "Target", json_object_new_string(target));
    json_object_object_add(input, "DocumentName", json_object_new_string("AWS-StartPortForwardingSession"));
    add_parameter(parameters, "portNumber", port);
    add_parameter(parameters, "localPortNumber", local_port);
    json_object_object_add(input, "Parameters", parameters);
    return input;
}

static bool take(char *out, size_t size, struct json_object *output, const char *key, struct error *error)
{
    const char *text = aws_json_text(output, key);
    if (!*text || strlen(text) >= size)
        return error_set(error, ERROR_SERVICE, "SSM StartSession: its answer has no usable %s", key);
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool ssm_start_session(struct aws_client *client, struct json_object *input, struct ssm_session *session,
                       struct error *error)
{
    struct json_object *output = NULL;
    memset(session, 0, sizeof *session);
    bool done = aws_call_json(client, AWS_SSM, "StartSession", input, &output, error) &&
                take(session->id, sizeof session->id, output, "SessionId", error) &&
                take(session->token, sizeof session->token, output, "TokenValue", error) &&
                take(session->stream_url, sizeof session->stream_url, output, "StreamUrl", error);
    json_object_put(output);
    return done;
}

bool ssm_terminate_session(struct aws_client *client, const char *id, struct error *error)
{
    struct json_object *input = json_object_new_object();
    json_object_object_add(input, "SessionId", json_object_new_string(id));
    bool done = aws_call_json(client, AWS_SSM, "TerminateSession", input, NULL, error);
    json_object_put(input);
    return done;
}
