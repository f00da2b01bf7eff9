/* ecs_change: task definitions, and the calls that change something. */
#include "aws/ecs.h"
#include "aws/json.h"

#include <json-c/json.h>

bool ecs_describe_task_definition(struct aws_client *client, const char *task_definition,
                                  struct json_object **response, struct error *error)
{
    struct json_object *input = json_object_new_object(), *include = json_object_new_array();
    json_object_object_add(input, "taskDefinition", json_object_new_string(task_definition));
    json_object_array_add(include, json_object_new_string("TAGS"));
    json_object_object_add(input, "include", include);
    bool done = aws_call_json(client, AWS_ECS, "DescribeTaskDefinition", input, response, error);
    if (done && !aws_json_object(*response, "taskDefinition")) {
        json_object_put(*response);
        *response = NULL;
        done =
            error_set(error, ERROR_NETWORK, "ECS DescribeTaskDefinition: the answer has no taskDefinition");
    } else if (!done && error && error->code == ERROR_NOT_FOUND) {
        error_prefix(error, "there is no task definition '%s' in %s: ", task_definition,
                     aws_client_region(client));
    }
    json_object_put(input);
    return done;
}

/* A call whose answer is one object under a key, handed to the caller if wanted. */
static bool call_for_object(struct aws_client *client, const char *operation, struct json_object *input,
                            const char *key, struct json_object **object, struct error *error)
{
    struct json_object *output = NULL;
    if (object)
        *object = NULL;
    if (!aws_call_json(client, AWS_ECS, operation, input, &output, error))
        return false;
    struct json_object *found = aws_json_object(output, key);
    if (found && object)
        *object = json_object_get(found);
    json_object_put(output);
    return found || error_set(error, ERROR_NETWORK, "ECS %s: the answer has no %s", operation, key);
}

bool ecs_register_task_definition(struct aws_client *client, struct json_object *input,
                                  struct json_object **task_definition, struct error *error)
{
    return call_for_object(client, "RegisterTaskDefinition", input, "taskDefinition", task_definition, error);
}

bool ecs_deregister_task_definition(struct aws_client *client, const char *arn, struct error *error)
{
    struct json_object *input = json_object_new_object();
    json_object_object_add(input, "taskDefinition", json_object_new_string(arn));
    bool done = call_for_object(client, "DeregisterTaskDefinition", input, "taskDefinition", NULL, error);
    json_object_put(input);
    return done;
}

bool ecs_update_service(struct aws_client *client, struct json_object *input, struct json_object **service,
                        struct error *error)
{
    return call_for_object(client, "UpdateService", input, "service", service, error);
}

bool ecs_create_service(struct aws_client *client, struct json_object *input, struct json_object **service,
                        struct error *error)
{
    return call_for_object(client, "CreateService", input, "service", service, error);
}

bool ecs_delete_service(struct aws_client *client, const char *cluster, const char *service,
                        struct error *error)
{
    struct json_object *input = json_object_new_object();
    json_object_object_add(input, "cluster", json_object_new_string(cluster));
    json_object_object_add(input, "service", json_object_new_string(service));
    json_object_object_add(input, "force", json_object_new_boolean(true));
    bool done = call_for_object(client, "DeleteService", input, "service", NULL, error);
    json_object_put(input);
    return done;
}

bool ecs_stop_task(struct aws_client *client, const char *cluster, const char *task, const char *reason,
                   struct error *error)
{
    struct json_object *input = json_object_new_object();
    json_object_object_add(input, "cluster", json_object_new_string(cluster));
    json_object_object_add(input, "task", json_object_new_string(task));
    json_object_object_add(input, "reason", json_object_new_string(reason));
    bool done = call_for_object(client, "StopTask", input, "task", NULL, error);
    json_object_put(input);
    return done;
}
