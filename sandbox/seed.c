#include "sandbox/seed.h"

#include "sandbox/elbv2.h"
#include "sandbox/network.h"
#include "sandbox/router.h"
#include "sandbox/security_group.h"
#include "sandbox/seed_definition.h"

#include <stdio.h>
#include <string.h>

#define DEREGISTRATION_S "10" /* a second here, see REGION_HASTE */
#define CLIENT_PATIENCE_MS 10000
#define PRIORITY 10

static const struct seed_cluster {
    const char *name, *load_balancer, *security_group;
    int host; /* of the load balancer: 127.N.1.host */
} clusters[] = {
    {"storefront", "storefront-internal", "sg-0b6c1d5e2f3a48790", 1},
    {"payments", "payments-internal", "sg-04d3e2f1a0b9c8d76", 2},
};

static const struct seed_service services[] = {
    /* What others call comes first: its address must be known. */
    {.cluster = "storefront",
     .name = "catalog",
     .team = "discovery",
     .environment = "staging",
     .security_group = "sg-0c1a2b3d4e5f60718",
     .port = 8080,
     .listener_port = 8001,
     .desired = 2,
     .median_ms = 8,
     .sigma = 0.35,
     .rate = 30,
     .path = "/products",
     .revision = 57,
     .revisions = 4},
    {.cluster = "storefront",
     .name = "checkout",
     .team = "orders",
     .environment = "staging",
     .security_group = "sg-0d2b3c4e5f6071829",
     .port = 8080,
     .listener_port = 8002,
     .desired = 3,
     .median_ms = 12,
     .sigma = 0.4,
     .rate = 40,
     .path = "/cart",
     .revision = 41,
     .revisions = 3},
    {.cluster = "storefront",
     .name = "web",
     .team = "storefront",
     .environment = "staging",
     .security_group = "sg-0e3c4d5f607182930",
     .port = 3000,
     .listener_port = 8000,
     .desired = 2,
     .median_ms = 6,
     .sigma = 0.35,
     .rate = 25,
     .path = "/",
     .revision = 112,
     .revisions = 4,
     .calls_others = true},
    {.cluster = "payments",
     .name = "ledger",
     .team = "payments",
     .environment = "production",
     .security_group = "sg-0f4d5e6071829304a",
     .port = 8080,
     .listener_port = 8000,
     .desired = 2,
     .median_ms = 5,
     .sigma = 0.3,
     .rate = 20,
     .path = "/entries",
     .revision = 23,
     .revisions = 2},
    {.cluster = "payments",
     .name = "fraud",
     .team = "risk",
     .environment = "staging",
     .security_group = "sg-005e6f718293a4b5c",
     .port = 9000,
     .listener_port = 8001,
     .desired = 1,
     .median_ms = 20,
     .sigma = 0.5,
     .rate = 10,
     .path = "/score",
     .revision = 9,
     .revisions = 3,
     .by_rule = true},
};

/* Runs an operation of the API; takes the request. The response is copied to *response if wanted. */
static bool run(struct region *region, const char *service, const char *operation,
                struct json_object *request, struct json_object **response, struct error *error)
{
    struct call call;
    bool done = false;

    call_init(&call);
    call.protocol = strcmp(service, "ecs") == 0 ? CALL_JSON : CALL_QUERY;
    text_copy(call.service, sizeof call.service, service);
    text_copy(call.operation, sizeof call.operation, operation);
    call.request = request;
    done = router_call(region, &call);
    if (!done)
        error_set(error, ERROR_SERVICE, "the region cannot be set up: %s: %s: %s", operation, call.code,
                  call.message);
    else if (response)
        *response = json_object_get(call.response);
    call_free(&call);
    return done;
}

static void admit(struct security_group *group, enum security_source kind, const char *source, int from_port,
                  int to_port)
{
    struct security_group_rule rule = {
        .protocol = "tcp", .kind = kind, .from_port = from_port, .to_port = to_port};

    text_copy(rule.source, sizeof rule.source, source);
    security_group_add_rule(group, &rule);
}

static bool add_cluster(struct region *region, const struct seed_cluster *seed, struct error *error)
{
    struct json_object *request = json_object_new_object();
    char name[REGION_NAME_MAX], description[REGION_NAME_MAX];
    char address[BALANCER_ADDRESS_MAX];

    snprintf(name, sizeof name, "%s-load-balancer", seed->name);
    snprintf(description, sizeof description, "Load balancer of %s", seed->name);
    admit(security_group_add(region, seed->security_group, name, description), SECURITY_IPV4, "127.0.0.0/8",
          8000, 8099);
    snprintf(address, sizeof address, "127.%u.1.%d", region->network, seed->host);
    elbv2_add_load_balancer(region, seed->load_balancer, address, seed->security_group);
    json_put_text(request, "clusterName", seed->name);
    json_put(request, "settings",
             json_tokener_parse("[{\"name\":\"containerInsights\",\"value\":\"disabled\"}]"));
    json_put(request, "tags", seed_tags("platform", NULL, NULL));
    return run(region, "ecs", "CreateCluster", request, NULL, error);
}

static void add_security_group(struct region *region, const struct seed_service *seed, const char *source)
{
    char name[REGION_NAME_MAX], description[REGION_NAME_MAX];

    snprintf(name, sizeof name, "%s-%s", seed->cluster, seed->name);
    snprintf(description, sizeof description, "Tasks of %s", seed->name);
    admit(security_group_add(region, seed->security_group, name, description), SECURITY_GROUP, source, 1024,
          65535);
}

static struct target_group *add_group(struct region *region, const struct seed_service *seed, uint16_t port,
                                      struct error *error)
{
    struct json_object *request = json_object_new_object();
    struct target_group *group = NULL;
    char name[REGION_NAME_MAX];

    snprintf(name, sizeof name, "tg-%s", seed->name);
    json_put_text(request, "Name", name);
    json_put_text(request, "Protocol", "HTTP");
    json_put_integer(request, "Port", port);
    json_put_text(request, "TargetType", "ip");
    json_put_text(request, "HealthCheckPath", "/health");
    json_put_integer(request, "HealthCheckIntervalSeconds", 5);
    json_put_integer(request, "HealthCheckTimeoutSeconds", 2);
    json_put_integer(request, "HealthyThresholdCount", 2);
    json_put_integer(request, "UnhealthyThresholdCount", 3);
    if (!run(region, "elasticloadbalancing", "CreateTargetGroup", request, NULL, error))
        return NULL;
    group = region_find_group_by_name(region, name);
    json_put_text(group->attributes, "deregistration_delay.timeout_seconds", DEREGISTRATION_S);
    return elbv2_apply_group(region, group, error) ? group : NULL;
}

static struct json_object *forward_to(const struct target_group *group)
{
    struct json_object *list = json_object_new_array(), *action = json_object_new_object();
    struct json_object *entry = json_object_new_object(), *groups = json_object_new_array();
    struct json_object *config = json_tokener_parse("{\"TargetGroupStickinessConfig\":{\"Enabled\":false}}");

    json_put_text(entry, "TargetGroupArn", group->arn);
    json_put_integer(entry, "Weight", 1);
    json_object_array_add(groups, entry);
    json_put(config, "TargetGroups", groups);
    json_put_text(action, "Type", "forward");
    json_put_text(action, "TargetGroupArn", group->arn);
    json_put(action, "ForwardConfig", config);
    json_object_array_add(list, action);
    return list;
}

static struct listener *add_listener(struct region *region, const struct seed_service *seed,
                                     struct load_balancer *load_balancer, const struct target_group *group,
                                     struct error *error)
{
    uint16_t port = network_pick_port(region->network, seed->listener_port);
    struct listener *listener = NULL;

    if (!seed->by_rule)
        return elbv2_add_listener(region, load_balancer, port, forward_to(group), error);
    listener = elbv2_add_listener(
        region, load_balancer, port,
        json_tokener_parse("[{\"Type\":\"fixed-response\",\"FixedResponseConfig\":{\"StatusCode\":\"404\","
                           "\"ContentType\":\"text/plain\",\"MessageBody\":\"\"}}]"),
        error);
    if (!listener)
        return NULL;
    elbv2_add_rule(region, listener, PRIORITY,
                   json_tokener_parse("[{\"Field\":\"path-pattern\",\"Values\":[\"/*\"],"
                                      "\"PathPatternConfig\":{\"Values\":[\"/*\"]}}]"),
                   forward_to(group));
    return elbv2_apply_listener(region, listener, error) ? listener : NULL;
}

static bool start_clients(struct region *region, struct traffic *traffic, const struct seed_service *seed,
                          const struct listener *listener, char tag[64], struct error *error)
{
    struct traffic_source source = {
        .per_second = seed->rate, .timeout_ms = CLIENT_PATIENCE_MS, .from_first_answer = true};
    uint16_t port = 0;

    (void)region;
    tag[0] = '\0';
    if (!traffic)
        return true;
    snprintf(source.url, sizeof source.url, "http://%s:%u%s", listener->load_balancer->address,
             listener->port, seed->path);
    if (!traffic_add(traffic, &source, &port, error))
        return false;
    if (port > 0)
        snprintf(tag, 64, "tcp:127.0.0.1:%u", port);
    return true;
}

/* The definition's history: the oldest revision is INACTIVE, the last one is in use. */
static bool add_definitions(struct region *region, const struct seed_service *seed, const char *calls,
                            uint16_t port, struct error *error)
{
    char name[REGION_NAME_MAX];

    for (int i = 0; i < seed->revisions; i++) {
        struct json_object *request = seed_definition(region, seed, calls, port, i);
        if (!run(region, "ecs", "RegisterTaskDefinition", request, NULL, error))
            return false;
        if (i == 0) { /* the family has a history: numbers go on from here */
            struct definition *first = region->definitions.items[region->definitions.count - 1];
            first->revision = seed->revision - seed->revisions + 1;
            snprintf(first->arn, sizeof first->arn, "arn:aws:ecs:%s:%s:task-definition/%s:%d", region->name,
                     REGION_ACCOUNT, first->family, first->revision);
        }
    }
    snprintf(name, sizeof name, "%s:%d", seed->name, seed->revision - seed->revisions + 1);
    struct json_object *request = json_object_new_object();
    json_put_text(request, "taskDefinition", name);
    return seed->revisions == 1 ? (json_object_put(request), true)
                                : run(region, "ecs", "DeregisterTaskDefinition", request, NULL, error);
}

static bool add_service(struct region *region, struct traffic *traffic, const struct seed_service *seed,
                        char calls[SEED_CALLS_MAX], struct error *error)
{
    const struct seed_cluster *cluster =
        strcmp(seed->cluster, clusters[0].name) == 0 ? &clusters[0] : &clusters[1];
    struct load_balancer *load_balancer = region_find_load_balancer(region, cluster->load_balancer);
    uint16_t port = network_pick_port(region->network, seed->port);
    struct target_group *group = add_group(region, seed, port, error);
    struct listener *listener = group ? add_listener(region, seed, load_balancer, group, error) : NULL;
    char tag[64];
    size_t length = strlen(calls);

    if (!listener || !add_definitions(region, seed, seed->calls_others ? calls : "", port, error))
        return false;
    snprintf(calls + length, SEED_CALLS_MAX - length, "%s%s=http://%s:%u%s", length ? "," : "", seed->name,
             load_balancer->address, listener->port, seed->path);
    add_security_group(region, seed, cluster->security_group);
    return start_clients(region, traffic, seed, listener, tag, error) &&
           run(region, "ecs", "CreateService", seed_service_request(seed, group->arn, port, tag), NULL,
               error);
}

static bool add_role(struct region *region, const char *name, const char *principal, struct error *error)
{
    struct json_object *request = json_object_new_object();

    json_put_text(request, "RoleName", name);
    json_put_format(request, "AssumeRolePolicyDocument",
                    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
                    "\"Service\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}",
                    principal);
    return run(region, "iam", "CreateRole", request, NULL, error);
}

static bool attach(struct region *region, const char *role, const char *policy, struct error *error)
{
    struct json_object *request = json_object_new_object();

    json_put_text(request, "RoleName", role);
    json_put_format(request, "PolicyArn", "arn:aws:iam::aws:policy/%s", policy);
    return run(region, "iam", "AttachRolePolicy", request, NULL, error);
}

static bool allow(struct region *region, const char *role, const char *actions, struct error *error)
{
    struct json_object *request = json_object_new_object();

    json_put_text(request, "RoleName", role);
    json_put_text(request, "PolicyName", "fault-injection");
    json_put_format(request, "PolicyDocument",
                    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[%s],"
                    "\"Resource\":\"*\"}]}",
                    actions);
    return run(region, "iam", "PutRolePolicy", request, NULL, error);
}

/* What AWS FIS goes through, beside the tasks' own roles. */
static bool add_fis_roles(struct region *region, struct error *error)
{
    return add_role(region, SEED_FIS_ROLE, "fis.amazonaws.com", error) &&
           allow(region, SEED_FIS_ROLE,
                 "\"ecs:DescribeTasks\",\"ecs:StopTask\",\"ecs:DescribeContainerInstances\","
                 "\"ec2:DescribeInstances\",\"ec2:DescribeSubnets\",\"ssm:SendCommand\",\"ssm:ListCommands\","
                 "\"ssm:CancelCommand\"",
                 error) &&
           add_role(region, SEED_INSTANCE_ROLE, "ssm.amazonaws.com", error) &&
           attach(region, SEED_INSTANCE_ROLE, "AmazonSSMManagedInstanceCore", error) &&
           allow(region, SEED_INSTANCE_ROLE, "\"ssm:DeleteActivation\",\"ssm:DeregisterManagedInstance\"",
                 error);
}

/* Those that seed_definition names. The first cluster's tasks may register themselves for AWS FIS, the
 * others' may not. */
static bool add_roles(struct region *region, struct error *error)
{
    char name[REGION_NAME_MAX];

    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        snprintf(name, sizeof name, "%s-task", services[i].name);
        if (!add_role(region, name, "ecs-tasks.amazonaws.com", error))
            return false;
        if (strcmp(services[i].cluster, clusters[0].name) == 0 &&
            !allow(region, name, "\"ssm:CreateActivation\",\"ssm:AddTagsToResource\",\"iam:PassRole\"",
                   error))
            return false;
    }
    return add_role(region, SEED_EXECUTION_ROLE, "ecs-tasks.amazonaws.com", error) &&
           attach(region, SEED_EXECUTION_ROLE, "service-role/AmazonECSTaskExecutionRolePolicy", error) &&
           add_fis_roles(region, error);
}

/* What the walk-throughs of LocalStack's FIS expect to be there: a table that their sample application has.
 */
static bool add_products(struct region *region, struct error *error)
{
    static const char request[] =
        "{\"TableName\":\"Products\",\"BillingMode\":\"PAY_PER_REQUEST\","
        "\"AttributeDefinitions\":[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}],"
        "\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}]}";
    struct call call;

    call_init(&call);
    call.protocol = CALL_JSON;
    text_copy(call.service, sizeof call.service, "dynamodb");
    text_copy(call.operation, sizeof call.operation, "CreateTable");
    text_copy(call.region, sizeof call.region, "us-east-1");
    call.request = json_tokener_parse(request);
    bool done = router_call(region, &call);
    if (!done)
        error_set(error, ERROR_SERVICE, "the region cannot be set up: %s", call.message);
    call_free(&call);
    return done;
}

bool seed_region(struct region *region, struct traffic *traffic, struct error *error)
{
    char calls[SEED_CALLS_MAX] = "";

    for (size_t i = 0; i < sizeof clusters / sizeof *clusters; i++) {
        if (!add_cluster(region, &clusters[i], error))
            return false;
    }
    if (!add_roles(region, error))
        return false;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (!add_service(region, traffic, &services[i], calls, error))
            return false;
    }
    return add_products(region, error);
}
