#include "sandbox/seed_definition.h"

#include <stdio.h>
#include <string.h>

static void add_pair(struct json_object *list, const char *name_key, const char *name, const char *value)
{
    struct json_object *pair = json_object_new_object();

    json_put_text(pair, name_key, name);
    json_put_text(pair, "value", value);
    json_object_array_add(list, pair);
}

struct json_object *seed_tags(const char *team, const char *environment, const char *client_stats)
{
    struct json_object *tags = json_object_new_array();

    add_pair(tags, "key", "team", team);
    if (environment && *environment)
        add_pair(tags, "key", "environment", environment);
    if (client_stats && *client_stats)
        add_pair(tags, "key", "shaketable:client-stats", client_stats);
    return tags;
}

static struct json_object *environment_json(const struct seed_service *seed, const char *calls)
{
    struct json_object *list = json_object_new_array();
    char number[32];

    add_pair(list, "name", "APP_NAME", seed->name);
    snprintf(number, sizeof number, "%g", seed->median_ms);
    add_pair(list, "name", "APP_SERVICE_MS", number);
    snprintf(number, sizeof number, "%g", seed->sigma);
    add_pair(list, "name", "APP_SIGMA", number);
    if (*calls) {
        add_pair(list, "name", "APP_CALLS", calls);
        add_pair(list, "name", "APP_CALL_TIMEOUT_MS", "300");
        add_pair(list, "name", "APP_CALL_RETRIES", "1");
    }
    add_pair(list, "name", "LOG_LEVEL", "info");
    return list;
}

static struct json_object *log_configuration_json(const struct region *region,
                                                  const struct seed_service *seed)
{
    struct json_object *json = json_object_new_object(), *options = json_object_new_object();

    json_put_format(options, "awslogs-group", "/ecs/%s/%s", seed->cluster, seed->name);
    json_put_text(options, "awslogs-region", region->name);
    json_put_text(options, "awslogs-stream-prefix", "ecs");
    json_put_text(json, "logDriver", "awslogs");
    json_put(json, "options", options);
    return json;
}

static struct json_object *health_check_json(uint16_t port)
{
    struct json_object *json =
        json_tokener_parse("{\"interval\":10,\"timeout\":5,\"retries\":3,\"startPeriod\":10}");
    struct json_object *command = json_object_new_array();
    char line[128];

    snprintf(line, sizeof line, "wget -q -O /dev/null http://localhost:%u/health || exit 1", port);
    json_append_text(command, "CMD-SHELL");
    json_append_text(command, line);
    json_put(json, "command", command);
    return json;
}

static struct json_object *container_json(const struct region *region, const struct seed_service *seed,
                                          const char *calls, uint16_t port, int index)
{
    struct json_object *json = json_object_new_object(), *ports = json_object_new_array();
    struct json_object *mapping = json_object_new_object(), *command = json_object_new_array();
    struct json_object *labels = json_object_new_object();
    char listen[32];

    snprintf(listen, sizeof listen, "0.0.0.0:%u", port);
    json_append_text(command, "--listen");
    json_append_text(command, listen);
    json_put_text(mapping, "name", "http");
    json_put_integer(mapping, "containerPort", port);
    json_put_integer(mapping, "hostPort", port);
    json_put_text(mapping, "protocol", "tcp");
    json_put_text(mapping, "appProtocol", "http");
    json_object_array_add(ports, mapping);
    json_put_format(labels, "com.example.team", "%s", seed->team);

    json_put_text(json, "name", seed->name);
    json_put_format(json, "image", "shaketable/app:1.%d", seed->revision - seed->revisions + 1 + index);
    json_put_integer(json, "cpu", 384);
    json_put_integer(json, "memoryReservation", 512);
    json_put(json, "portMappings", ports);
    json_put_flag(json, "essential", true);
    json_put(json, "command", command);
    json_put(json, "environment", environment_json(seed, calls));
    json_put(json, "healthCheck", health_check_json(port));
    json_put(json, "logConfiguration", log_configuration_json(region, seed));
    json_put(json, "linuxParameters", json_tokener_parse("{\"initProcessEnabled\":true}"));
    json_put(json, "ulimits",
             json_tokener_parse("[{\"name\":\"nofile\",\"softLimit\":65536,\"hardLimit\":65536}]"));
    json_put(json, "dockerLabels", labels);
    json_put_flag(json, "readonlyRootFilesystem", true);
    json_put_integer(json, "stopTimeout", 30);
    return json;
}

struct json_object *seed_definition(const struct region *region, const struct seed_service *seed,
                                    const char *calls, uint16_t port, int index)
{
    struct json_object *json = json_object_new_object(), *containers = json_object_new_array();

    json_object_array_add(containers, container_json(region, seed, calls, port, index));
    json_put_text(json, "family", seed->name);
    json_put_format(json, "taskRoleArn", "arn:aws:iam::%s:role/%s-task", REGION_ACCOUNT, seed->name);
    json_put_format(json, "executionRoleArn", "arn:aws:iam::%s:role/%s", REGION_ACCOUNT, SEED_EXECUTION_ROLE);
    json_put_text(json, "networkMode", "awsvpc");
    json_put(json, "containerDefinitions", containers);
    json_put(json, "requiresCompatibilities", json_tokener_parse("[\"FARGATE\"]"));
    json_put_text(json, "cpu", "512");
    json_put_text(json, "memory", "1024");
    json_put(json, "runtimePlatform",
             json_tokener_parse("{\"cpuArchitecture\":\"X86_64\",\"operatingSystemFamily\":\"LINUX\"}"));
    json_put(json, "tags", seed_tags(seed->team, seed->environment, NULL));
    return json;
}

static struct json_object *network_json(const struct seed_service *seed)
{
    struct json_object *json = json_object_new_object(), *vpc = json_object_new_object();
    struct json_object *groups = json_object_new_array();

    json_append_text(groups, seed->security_group);
    json_put(vpc, "subnets", json_tokener_parse("[\"" REGION_SUBNET_A "\",\"" REGION_SUBNET_B "\"]"));
    json_put(vpc, "securityGroups", groups);
    json_put_text(vpc, "assignPublicIp", "DISABLED");
    json_put(json, "awsvpcConfiguration", vpc);
    return json;
}

struct json_object *seed_service_request(const struct seed_service *seed, const char *group_arn,
                                         uint16_t port, const char *client_stats)
{
    struct json_object *json = json_object_new_object(), *mappings = json_object_new_array();
    struct json_object *mapping = json_object_new_object();

    json_put_text(mapping, "targetGroupArn", group_arn);
    json_put_text(mapping, "containerName", seed->name);
    json_put_integer(mapping, "containerPort", port);
    json_object_array_add(mappings, mapping);
    json_put_text(json, "cluster", seed->cluster);
    json_put_text(json, "serviceName", seed->name);
    json_put_format(json, "taskDefinition", "%s:%d", seed->name, seed->revision);
    json_put(json, "loadBalancers", mappings);
    json_put_integer(json, "desiredCount", seed->desired);
    json_put_text(json, "launchType", "FARGATE");
    json_put(json, "deploymentConfiguration",
             json_tokener_parse("{\"deploymentCircuitBreaker\":{\"enable\":true,\"rollback\":true},"
                                "\"maximumPercent\":200,\"minimumHealthyPercent\":100}"));
    json_put(json, "networkConfiguration", network_json(seed));
    json_put_integer(json, "healthCheckGracePeriodSeconds", 30);
    json_put(json, "tags", seed_tags(seed->team, seed->environment, client_stats));
    json_put_flag(json, "enableECSManagedTags", true);
    json_put_text(json, "propagateTags", "SERVICE");
    return json;
}
