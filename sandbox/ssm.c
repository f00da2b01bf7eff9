#include "sandbox/ssm.h"

#include "sandbox/names.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT "AWS-StartPortForwardingSession"

/* "ecs:CLUSTER_TASK_RUNTIMEID": the task, if that container runs and has ECS Exec. */
static struct task *find_target(struct region *region, const char *target)
{
    char cluster[REGION_NAME_MAX];

    if (!target || strncmp(target, "ecs:", 4) != 0)
        return NULL;
    const char *runtime = strrchr(target, '_');
    for (size_t i = 0; runtime && i < region->tasks.count; i++) {
        struct task *task = region->tasks.items[i];
        size_t name = strlen(task->cluster->name), length = (size_t)(runtime - target);
        snprintf(cluster, sizeof cluster, "%s", task->cluster->name);
        if (length != 4 + name + 1 + strlen(task->id) || strncmp(target + 4, cluster, name) != 0 ||
            target[4 + name] != '_' || strncmp(target + 5 + name, task->id, strlen(task->id)) != 0)
            continue;
        for (size_t k = 0; k < task->container_count; k++) {
            const struct container *container = &task->containers[k];
            if (container->state == CONTAINER_RUNNING && *container->runtime_id &&
                strcmp(container->runtime_id, runtime + 1) == 0)
                return task->execute_command && !task->stopping ? task : NULL;
        }
    }
    return NULL;
}

bool ssm_start_session(struct region *region, struct call *call)
{
    const char *target = json_text(call->request, "Target"),
               *document = json_text(call->request, "DocumentName");
    struct json_object *ports = json_list(json_map(call->request, "Parameters"), "portNumber");
    struct task *task = find_target(region, target);
    long port = json_length(ports) > 0 ? strtol(json_text_at(ports, 0), NULL, 10) : 0;
    char hex[18];

    if (!target)
        return call_fail(call, "ValidationException",
                         "1 validation error detected: Value null at 'target' failed to satisfy constraint: "
                         "Member must not be null");
    if (!document || strcmp(document, DOCUMENT) != 0)
        return call_fail(call, "InvalidDocument", "Document with name %s does not exist.",
                         document ? document : "SSM-SessionManagerRunShell");
    if (port < 1 || port > 65535)
        return call_fail(call, "InvalidParameters", "Parameter portNumber is not a port.");
    if (!task)
        return call_fail(call, "TargetNotConnected", "%s is not connected.", target);
    if (region->sessions.count >= SSM_SESSIONS_MAX)
        return call_fail(call, "ThrottlingException", "Rate exceeded");
    struct session *session = memory_new(sizeof *session);
    names_hex(hex, 17);
    names_hex(session->token, 64);
    snprintf(session->id, sizeof session->id, "%.40s-%s", call->access_key, hex);
    text_copy(session->target, sizeof session->target, target);
    text_copy(session->address, sizeof session->address, task->inside); /* the agent is in the task */
    session->port = (int)port;
    list_add(&region->sessions, session);
    json_put_text(call->response, "SessionId", session->id);
    json_put_text(call->response, "TokenValue", session->token);
    json_put_format(call->response, "StreamUrl",
                    "wss://ssmmessages.%s.amazonaws.com/v1/data-channel/%s?role=publish_subscribe",
                    region->name, session->id);
    return true;
}

bool ssm_terminate_session(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "SessionId");

    for (size_t i = region->sessions.count; i-- > 0 && id;) {
        struct session *session = region->sessions.items[i];
        if (strcmp(session->id, id) != 0)
            continue;
        free(session);
        list_remove_at(&region->sessions, i);
    }
    json_put_text(call->response, "SessionId", id ? id : "");
    return true;
}

bool ssm_print_session(struct region *region, const char *query, struct buf *out)
{
    char id[64] = "", token[65] = "";

    if (sscanf(query, "id=%63[^&]&token=%64[0-9a-f]", id, token) == 2) {
        for (size_t i = 0; i < region->sessions.count; i++) {
            const struct session *session = region->sessions.items[i];
            if (strcmp(session->id, id) == 0 && strcmp(session->token, token) == 0)
                return buf_printf(out, "{\"address\":\"%s\",\"port\":%d}\n", session->address, session->port);
        }
    }
    buf_append_text(out, "{\"message\":\"no such session, or not its token\"}\n");
    return false;
}

struct json_object *ssm_sessions_json(struct region *region)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < region->sessions.count; i++)
        json_append_text(list, ((const struct session *)region->sessions.items[i])->target);
    return list;
}

void ssm_end_sessions_of(struct region *region, const struct task *task)
{
    for (size_t i = region->sessions.count; i-- > 0;) {
        struct session *session = region->sessions.items[i];
        if (strcmp(session->address, task->inside) != 0)
            continue;
        free(session);
        list_remove_at(&region->sessions, i);
    }
}

void ssm_free_all(struct region *region)
{
    for (size_t i = 0; i < region->sessions.count; i++)
        free(region->sessions.items[i]);
    list_free(&region->sessions);
}
