#include "sandbox/ecs.h"
#include "sandbox/operations.h"
#include "sandbox/overrides.h"
#include "sandbox/task.h"

#include <stdio.h>
#include <string.h>

#define TASK_PAGE 100

static const char *container_state_name(enum container_state state)
{
    return state == CONTAINER_RUNNING ? "RUNNING" : state == CONTAINER_STOPPED ? "STOPPED" : "PENDING";
}

static struct json_object *detail(const char *name, const char *value)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "name", name);
    json_put_text(json, "value", value);
    return json;
}

static struct json_object *attachments_json(const struct region *region, const struct task *task)
{
    struct json_object *list = json_object_new_array(), *json = json_object_new_object();
    struct json_object *details = json_object_new_array();
    const char *status = task->state < TASK_PENDING    ? "PRECREATED"
                         : task->state == TASK_STOPPED ? "DELETED"
                                                       : "ATTACHED";
    char dns[256];

    snprintf(dns, sizeof dns, "ip-%s.%s.compute.internal", task->address, region->name);
    for (char *c = dns; *c && c < dns + 3 + strlen(task->address); c++) {
        if (*c == '.')
            *c = '-';
    }
    json_put_text(json, "id", task->attachment_id);
    json_put_text(json, "type", "ElasticNetworkInterface");
    json_put_text(json, "status", status);
    json_object_array_add(details, detail("subnetId", task->subnet));
    json_object_array_add(details, detail("networkInterfaceId", task->interface_id));
    json_object_array_add(details, detail("macAddress", task->mac));
    json_object_array_add(details, detail("privateDnsName", dns));
    json_object_array_add(details, detail("privateIPv4Address", task->address));
    json_put(json, "details", details);
    json_object_array_add(list, json);
    return list;
}

/* The health that a container's own check would give; the region asks the target group instead. */
static const char *health_of(const struct task *task, const struct container *container)
{
    struct json_object *list = json_list(task->definition->body, "containerDefinitions");
    struct json_object *definition = json_object_array_get_idx(list, (size_t)(container - task->containers));

    if (!json_map(definition, "healthCheck") || container->state != CONTAINER_RUNNING)
        return "UNKNOWN";
    return task->healthy ? "HEALTHY" : "UNKNOWN";
}

/* That of ECS Exec. */
static struct json_object *agents_json(const struct container *container)
{
    struct json_object *list = json_object_new_array(), *agent = json_object_new_object();

    json_put_text(agent, "name", "ExecuteCommandAgent");
    json_put_text(agent, "lastStatus", container_state_name(container->state));
    json_object_array_add(list, agent);
    return list;
}

static struct json_object *container_json(const struct task *task, const struct container *container)
{
    struct json_object *json = json_object_new_object(), *interfaces = json_object_new_array();
    struct json_object *interface = json_object_new_object();

    json_put_text(json, "containerArn", container->arn);
    json_put_text(json, "taskArn", task->arn);
    json_put_text(json, "name", container->name);
    json_put_text(json, "image", container->image);
    if (*container->runtime_id)
        json_put_text(json, "runtimeId", container->runtime_id);
    json_put_text(json, "lastStatus", container_state_name(container->state));
    if (container->has_exit_code)
        json_put_integer(json, "exitCode", container->exit_code);
    if (*container->reason)
        json_put_text(json, "reason", container->reason);
    json_put(json, "networkBindings", json_object_new_array());
    json_put_text(interface, "attachmentId", task->attachment_id);
    json_put_text(interface, "privateIpv4Address", task->address);
    json_object_array_add(interfaces, interface);
    json_put(json, "networkInterfaces", interfaces);
    json_put_text(json, "healthStatus", health_of(task, container));
    json_put_text(json, "cpu", "0");
    if (task->execute_command)
        json_put(json, "managedAgents", agents_json(container));
    return json;
}

static void add_times(struct json_object *json, const struct task *task)
{
    json_put_time(json, "createdAt", task->created);
    json_put_time(json, "connectivityAt", task->connected);
    json_put_time(json, "pullStartedAt", task->pull_started);
    json_put_time(json, "pullStoppedAt", task->pull_stopped);
    json_put_time(json, "startedAt", task->started);
    json_put_time(json, "stoppingAt", task->stopping_at);
    json_put_time(json, "executionStoppedAt", task->execution_stopped);
    json_put_time(json, "stoppedAt", task->stopped);
}

static struct json_object *overrides_json(const struct task *task)
{
    struct json_object *asked = json_map(task->asked, "overrides"), *list = json_object_new_array();
    struct json_object *json = asked ? json_copy(asked) : json_object_new_object();

    for (size_t i = 0; i < task->container_count; i++) {
        struct json_object *own = overrides_of(asked, task->containers[i].name), *container = json_copy(own);
        if (!container) {
            container = json_object_new_object();
            json_put_text(container, "name", task->containers[i].name);
        }
        json_object_array_add(list, container);
    }
    json_put(json, "containerOverrides", list);
    json_put(json, "inferenceAcceleratorOverrides", json_object_new_array());
    return json;
}

struct json_object *ecs_task_json(const struct region *region, const struct task *task, bool with_tags)
{
    struct json_object *json = json_object_new_object(), *containers = json_object_new_array();
    const char *cpu = json_text(task->definition->body, "cpu"),
               *memory = json_text(task->definition->body, "memory");
    struct json_object *asked = task->service ? task->service->created_from : task->asked;
    bool on_fargate = ecs_asks_for_fargate(asked, task->definition);

    for (size_t i = 0; i < task->container_count; i++)
        json_object_array_add(containers, container_json(task, &task->containers[i]));
    json_put(json, "attachments", attachments_json(region, task));
    json_put(json, "attributes",
             json_tokener_parse("[{\"name\":\"ecs.cpu-architecture\",\"value\":\"x86_64\"}]"));
    json_put_format(json, "availabilityZone", "%s%c", region->name, task->id[0] & 1 ? 'a' : 'b');
    json_put_text(json, "clusterArn", task->cluster->arn);
    if (task->connected > 0)
        json_put_text(json, "connectivity", "CONNECTED");
    json_put(json, "containers", containers);
    json_put_text(json, "cpu", cpu ? cpu : "256");
    json_put_text(json, "memory", memory ? memory : "512");
    json_put_text(json, "desiredStatus", task->stopping ? "STOPPED" : "RUNNING");
    json_put_text(json, "lastStatus", task_state_name(task->state));
    json_put_flag(json, "enableExecuteCommand", task->execute_command);
    json_put_text(json, "group", task->group);
    json_put_text(json, "healthStatus",
                  task->container_count > 0 ? health_of(task, &task->containers[0]) : "UNKNOWN");
    json_put_text(json, "launchType", on_fargate ? "FARGATE" : "EC2");
    if (on_fargate) {
        json_put_text(json, "platformVersion", "1.4.0");
        json_put_text(json, "platformFamily", "Linux");
    }
    json_put(json, "overrides", overrides_json(task));
    if (*task->started_by)
        json_put_text(json, "startedBy", task->started_by);
    add_times(json, task);
    if (task->stopping) {
        json_put_text(json, "stopCode", task->stop_code);
        json_put_text(json, "stoppedReason", task->stopped_reason);
    }
    json_put(json, "tags", with_tags ? json_copy(task->tags) : json_object_new_array());
    json_put_text(json, "taskArn", task->arn);
    json_put_text(json, "taskDefinitionArn", task->definition->arn);
    json_put_integer(json, "version", (int64_t)task->state + 1);
    json_put(json, "ephemeralStorage", json_tokener_parse("{\"sizeInGiB\":20}"));
    return json;
}

static bool task_matches(const struct task *task, struct json_object *request)
{
    const char *family = json_text(request, "family"), *started_by = json_text(request, "startedBy");
    const char *desired = json_text(request, "desiredStatus");
    bool wants_stopped = desired && strcmp(desired, "STOPPED") == 0;

    return task->stopping == wants_stopped && (!family || strcmp(family, task->definition->family) == 0) &&
           (!started_by || strcmp(started_by, task->started_by) == 0);
}

bool ecs_list_tasks(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    const char *service_name = json_text(call->request, "serviceName");
    struct service *service =
        cluster && service_name ? region_find_service(region, cluster, service_name) : NULL;
    struct json_object *arns = NULL;

    if (!cluster)
        return false;
    if (service_name && !service)
        return call_fail(call, "ServiceNotFoundException", "Service not found.");
    arns = json_object_new_array();
    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        if (task->cluster == cluster && (!service || task->service == service) &&
            task_matches(task, call->request))
            json_append_text(arns, task->arn);
    }
    return call_answer_page(call, arns, "taskArns", NULL, TASK_PAGE, TASK_PAGE);
}

bool ecs_describe_tasks(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct json_object *names = json_list(call->request, "tasks"), *list = json_object_new_array();

    json_put(call->response, "tasks", list);
    json_put(call->response, "failures", json_object_new_array());
    if (!cluster)
        return false;
    if (json_length(names) == 0)
        return call_fail(call, "InvalidParameterException", "Tasks cannot be empty.");
    if (json_length(names) > ECS_BATCH_MAX)
        return call_fail(call, "InvalidParameterException", "Tasks cannot have more than %d elements.",
                         ECS_BATCH_MAX);
    for (size_t i = 0; i < json_length(names); i++) {
        const char *name = json_text_at(names, i);
        struct task *task = region_find_task(region, cluster, name);
        if (task)
            json_object_array_add(list, ecs_task_json(region, task, ecs_includes(call, "TAGS")));
        else if (name && strncmp(name, "arn:", 4) == 0)
            ecs_add_missing(call, "%s", name);
        else
            ecs_add_missing(call, "arn:aws:ecs:%s:%s:task/%s/%s", region->name, REGION_ACCOUNT, cluster->name,
                            name ? name : "");
    }
    return true;
}

bool ecs_stop_task(struct region *region, struct call *call)
{
    struct cluster *cluster = ecs_find_cluster(region, call);
    struct task *task = cluster ? region_find_task(region, cluster, json_text(call->request, "task")) : NULL;
    const char *reason = json_text(call->request, "reason");

    if (!cluster)
        return false;
    if (!task)
        return call_fail(call, "InvalidParameterException", "The referenced task was not found.");
    if (task->service && task->service->described)
        return call_fail(call, "AccessDeniedException", "The task is only described here (--big).");
    task_stop(region, task, "UserInitiated", reason ? reason : "Task stopped by user");
    json_put(call->response, "task", ecs_task_json(region, task, true));
    return true;
}
