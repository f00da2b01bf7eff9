#include "sandbox/seed_big.h"

#include "sandbox/deployment.h"
#include "sandbox/ecs.h"
#include "sandbox/elbv2.h"
#include "sandbox/router.h"
#include "sandbox/seed_definition.h"
#include "sandbox/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTERS_MAX (REGION_CLUSTERS_MAX - 100) /* room for what is made later */
#define SERVICES_MAX (REGION_SERVICES_MAX - 1000)
#define GROUPS_MAX (REGION_GROUPS_MAX - 500) /* services beyond them have no load balancer */
#define TASKS_MAX 20000
#define PORT 8080

static const char *const domains[] = {"ads",    "billing",  "cart",   "catalogue", "delivery",
                                      "fleet",  "identity", "ledger", "media",     "notify",
                                      "orders", "pricing",  "reco",   "returns",   "search"};
static const char *const stages[] = {"prod", "staging", "dev"};
static const char *const roles[] = {"api", "gateway", "worker", "indexer", "importer", "web", "events"};

/* A number of at most nine digits, and what has to follow it. */
static bool take_number(const char **text, char follows, unsigned *number)
{
    size_t length = strspn(*text, "0123456789");

    if (length == 0 || length > 9 || (*text)[length] != follows)
        return false;
    *number = (unsigned)strtoul(*text, NULL, 10);
    *text += length + 1;
    return true;
}

bool seed_big_parse(struct seed_big *big, const char *text, struct error *error)
{
    const char *rest = text;

    *big = (struct seed_big){0};
    if (!take_number(&rest, ':', &big->clusters) || !take_number(&rest, ':', &big->services) ||
        !take_number(&rest, '\0', &big->tasks))
        return error_set(error, ERROR_USAGE,
                         "--big: '%s' is not CLUSTERS:SERVICES:TASKS, as in 100:2000:5000", text);
    if (big->clusters < 1 || big->clusters > CLUSTERS_MAX || big->services > SERVICES_MAX ||
        big->tasks > TASKS_MAX || (big->tasks > 0 && big->services == 0))
        return error_set(error, ERROR_USAGE,
                         "--big: 1 to %d clusters, up to %d services and %d tasks, and no tasks without "
                         "services",
                         CLUSTERS_MAX, SERVICES_MAX, TASKS_MAX);
    return true;
}

/* Where the services of the cluster begin in their numbering. */
static unsigned first_service(const struct seed_big *big, unsigned cluster)
{
    return (unsigned)((uint64_t)big->services * cluster / big->clusters);
}

static struct cluster *add_cluster(struct region *region, unsigned number)
{
    struct cluster *cluster = memory_new(sizeof *cluster);
    const char *domain = domains[number % (sizeof domains / sizeof *domains)];
    const char *stage = stages[number / (sizeof domains / sizeof *domains) % 3];

    snprintf(cluster->name, sizeof cluster->name, "%s-%s-%03u", domain, stage, number + 1);
    snprintf(cluster->arn, sizeof cluster->arn, "arn:aws:ecs:%s:%s:cluster/%s", region->name, REGION_ACCOUNT,
             cluster->name);
    cluster->active = true;
    cluster->tags = seed_tags(domain, stage, NULL);
    cluster->settings = json_object_new_array();
    list_add(&region->clusters, cluster);
    return cluster;
}

static struct load_balancer *add_balancer(struct region *region, const struct cluster *cluster,
                                          unsigned number)
{
    char name[64], address[BALANCER_ADDRESS_MAX], group[32];

    snprintf(name, sizeof name, "%.24s-lb", cluster->name);
    snprintf(address, sizeof address, "10.255.%u.%u", number / 250, number % 250 + 1);
    snprintf(group, sizeof group, "sg-0b%015x", number);
    return elbv2_add_load_balancer(region, name, address, group);
}

static struct target_group *add_group(struct region *region, struct load_balancer *balancer, const char *name,
                                      unsigned number)
{
    struct target_group *group = memory_new(sizeof *group);

    snprintf(group->name, sizeof group->name, "tg-%.28s", name);
    snprintf(group->arn, sizeof group->arn, "arn:aws:elasticloadbalancing:%s:%s:targetgroup/%.32s/%016x",
             region->name, REGION_ACCOUNT, group->name, number);
    text_copy(group->target_type, sizeof group->target_type, "ip");
    group->port = PORT;
    group->described = balancer;
    group->settings = json_tokener_parse(
        "{\"Protocol\":\"HTTP\",\"ProtocolVersion\":\"HTTP1\",\"VpcId\":\"" REGION_VPC
        "\",\"HealthCheckEnabled\":true,\"HealthCheckProtocol\":\"HTTP\",\"HealthCheckPort\":\"traffic-"
        "port\","
        "\"HealthCheckPath\":\"/health\",\"HealthCheckIntervalSeconds\":30,\"HealthCheckTimeoutSeconds\":5,"
        "\"HealthyThresholdCount\":5,\"UnhealthyThresholdCount\":2,\"Matcher\":{\"HttpCode\":\"200\"},"
        "\"IpAddressType\":\"ipv4\"}");
    group->tags = json_object_new_array();
    list_add(&region->target_groups, group);
    hints_put(&region->group_hints, group->arn, region->target_groups.count - 1);
    return group;
}

static bool add_definition(struct region *region, const struct seed_service *seed, struct error *error)
{
    struct call call;

    call_init(&call);
    call.protocol = CALL_JSON;
    text_copy(call.service, sizeof call.service, "ecs");
    text_copy(call.operation, sizeof call.operation, "RegisterTaskDefinition");
    call.request = seed_definition(region, seed, "", PORT, 0);
    bool done = router_call(region, &call);
    if (!done)
        error_set(error, ERROR_SERVICE, "the region cannot be set up: RegisterTaskDefinition: %s: %s",
                  call.code, call.message);
    call_free(&call);
    return done;
}

static void add_task(struct region *region, struct service *service, struct target_group *group,
                     unsigned number)
{
    struct task *task = task_create(region, service, service_primary(service));
    struct balancer_target *target = NULL;

    hints_put(&region->task_hints, task->arn, region->tasks.count - 1);
    region->next_address--; /* none of the loopback's */
    snprintf(task->address, sizeof task->address, "10.%u.%u.%u", number / 62500, number / 250 % 250,
             number % 250 + 1);
    task->state = TASK_RUNNING;
    task->healthy = task->registered = true;
    task->connected = task->pull_started = task->pull_stopped = task->started = task->created;
    for (size_t i = 0; i < task->container_count; i++)
        task->containers[i].state = CONTAINER_RUNNING;
    service_primary(service)->running++;
    if (!group)
        return;
    target = &group->seen[group->seen_count++];
    text_copy(target->address, sizeof target->address, task->address);
    target->port = PORT;
    target->state = BALANCER_HEALTHY;
}

static bool add_service(struct region *region, const struct seed_big *big, struct cluster *cluster,
                        struct load_balancer *balancer, unsigned number, struct error *error)
{
    const char *domain = domains[number % (sizeof domains / sizeof *domains)];
    unsigned first = (unsigned)((uint64_t)big->tasks * number / big->services);
    unsigned end = (unsigned)((uint64_t)big->tasks * (number + 1) / big->services);
    char name[64], group_id[32];
    struct target_group *group = NULL;

    snprintf(name, sizeof name, "%s-%s-%04u", domain, roles[number % (sizeof roles / sizeof *roles)],
             number + 1);
    snprintf(group_id, sizeof group_id, "sg-0a%015x", number);
    const struct seed_service seed = {.cluster = cluster->name,
                                      .name = name,
                                      .team = domain,
                                      .environment =
                                          strstr(cluster->name, "-prod-") ? "production" : "staging",
                                      .security_group = group_id,
                                      .desired = (int)(end - first),
                                      .revision = 1,
                                      .revisions = 1,
                                      .median_ms = 10,
                                      .sigma = 0.3};
    if (!add_definition(region, &seed, error))
        return false;
    if (region->target_groups.count < GROUPS_MAX && end - first <= BALANCER_TARGETS_MAX) {
        group = add_group(region, balancer, name, number);
        group->seen = memory_new((end - first + 1) * sizeof *group->seen);
    }
    struct json_object *request = seed_service_request(&seed, group ? group->arn : "", PORT, NULL);
    if (!group)
        json_object_object_del(request, "loadBalancers");
    struct service *service = ecs_add_described_service(
        region, cluster, request, region->definitions.items[region->definitions.count - 1]);
    json_object_put(request);
    hints_put(&region->service_hints, service->arn, region->services.count - 1);
    for (unsigned i = first; i < end; i++)
        add_task(region, service, group, i);
    return true;
}

bool seed_big_region(struct region *region, const struct seed_big *big, struct error *error)
{
    for (unsigned i = 0; i < big->clusters; i++) {
        struct cluster *cluster = add_cluster(region, i);
        struct load_balancer *balancer = add_balancer(region, cluster, i);
        for (unsigned k = first_service(big, i); k < first_service(big, i + 1); k++) {
            if (!add_service(region, big, cluster, balancer, k, error))
                return false;
        }
    }
    return true;
}
