#include "experiment/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/elbv2.h"
#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/way_back.h"

bool inventory_is_production(const struct ecs_service *service)
{
    static const char *const keys[] = {"environment", "Environment", "env", "Env", "stage", "Stage"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value = ecs_service_tag(service, keys[i]);
        if (value != NULL && (strcasecmp(value, "production") == 0 || strcasecmp(value, "prod") == 0))
            return true;
    }
    return false;
}

static void take_groups(struct model_service *to, const struct ecs_service *from)
{
    for (size_t i = 0; i < from->load_balancer_count && to->target_group_count < MODEL_TARGET_GROUPS_MAX;
         i++) {
        const struct ecs_load_balancer *mapping = &from->load_balancers[i];
        if (mapping->target_group_arn[0] == '\0')
            continue;
        struct model_target_group *group = &to->target_groups[to->target_group_count++];
        memcpy(group->arn, mapping->target_group_arn, sizeof group->arn);
        group->port = mapping->container_port;
    }
}

static void why_not(struct model_service *to, const struct ecs_service *from)
{
    const char *why = "";
    if (strcmp(from->status, "ACTIVE") != 0)
        why = "it is not ACTIVE";
    else if (from->load_balancer_count == 0)
        why = "it has no load balancer";
    else if (strcmp(from->deployment_controller, "ECS") != 0)
        why = "ECS does not deploy it";
    else if (from->desired == 0)
        why = "its desired count is 0";
    snprintf(to->why_not, sizeof to->why_not, "%s", why);
}

static void take_service(struct model_service *to, const struct ecs_service *from)
{
    memset(to, 0, sizeof *to);
    memcpy(to->name, from->name, sizeof to->name);
    memcpy(to->arn, from->arn, sizeof to->arn);
    to->desired = from->desired;
    to->running = from->running;
    to->pending = from->pending;
    snprintf(to->task_definition, sizeof to->task_definition, "%.255s",
             ecs_short_name(from->task_definition));
    snprintf(to->launch_type, sizeof to->launch_type, "%.31s", from->launch_type);
    if (from->deployment_count > 0) {
        snprintf(to->rollout, sizeof to->rollout, "%.31s", from->deployments[0].rollout_state);
        to->deployed_ms = from->deployments[0].updated_at_ms;
    }
    to->production = inventory_is_production(from);
    to->injected = way_back_is_ours(from->task_definition);
    const char *client_stats = ecs_service_tag(from, INVENTORY_CLIENT_STATS_TAG);
    snprintf(to->client_stats, sizeof to->client_stats, "%.63s", client_stats == NULL ? "" : client_stats);
    take_groups(to, from);
    why_not(to, from);
}

/* Whose experiment is in it? One call, and only for a service that runs a revision of ours. */
static void find_owner(const struct job *job, struct model_service *service, const char *task_definition)
{
    struct json_object *response = NULL;
    struct way_back way_back = {0};
    if (ecs_describe_task_definition(job->client, task_definition, &response, NULL) &&
        way_back_from_task_definition(&way_back, json_object_of(response, "taskDefinition"), NULL)) {
        memcpy(service->experiment_id, way_back.experiment, sizeof service->experiment_id);
        memcpy(service->operator_name, way_back.operator_name, sizeof service->operator_name);
    }
    way_back_free(&way_back);
    json_object_put(response);
}

static bool read_services(const struct job *job, struct model_cluster *cluster, struct error *error)
{
    struct ecs_services services = {0};
    if (!ecs_list_services(job->client, cluster->arn, &services, error)) {
        ecs_services_free(&services);
        return false;
    }
    free(cluster->services);
    cluster->service_count = 0;
    cluster->services = services.count == 0 ? NULL : calloc(services.count, sizeof *cluster->services);
    for (size_t i = 0; cluster->services != NULL && i < services.count; i++) {
        struct model_service *service = &cluster->services[cluster->service_count++];
        take_service(service, &services.items[i]);
        if (service->injected)
            find_owner(job, service, services.items[i].task_definition);
    }
    ecs_services_free(&services);
    cluster->loading = MODEL_LOADED;
    return true;
}

/* ── target groups and their health, of all services at once ─────────────────────────────── */

struct health {
    const struct job *job;
    struct model_target_group **groups;
    size_t count;
};

static bool read_health(void *context, size_t index, struct error *error)
{
    struct health *health = context;
    struct model_target_group *group = health->groups[index];
    struct elbv2_targets targets = {0};
    if (!elbv2_describe_target_health(health->job->client, group->arn, &targets, error)) {
        elbv2_targets_free(&targets);
        return error == NULL ||
               error->code == ERROR_NOT_FOUND; /* it has just been deleted: no reason to stop */
    }
    group->total = targets.count;
    for (size_t i = 0; i < targets.count; i++) {
        const struct elbv2_target *from = &targets.items[i];
        group->healthy += strcmp(from->state, "healthy") == 0;
        if (group->target_count == MODEL_TARGETS_MAX)
            continue;
        struct model_target *to = &group->targets[group->target_count++];
        snprintf(to->address, sizeof to->address, "%.63s", from->id);
        to->port = from->port;
        snprintf(to->state, sizeof to->state, "%.31s", from->state);
        snprintf(to->reason, sizeof to->reason, "%.63s", from->reason);
    }
    elbv2_targets_free(&targets);
    return true;
}

static void collect_groups(struct health *health, struct model_inventory *inventory)
{
    for (int pass = 0; pass < 2; pass++) { /* first count, then fill */
        size_t n = 0;
        for (size_t i = 0; i < inventory->cluster_count; i++)
            for (size_t j = 0; j < inventory->clusters[i].service_count; j++) {
                struct model_service *service = &inventory->clusters[i].services[j];
                for (size_t k = 0; k < service->target_group_count; k++, n++)
                    if (pass == 1)
                        health->groups[n] = &service->target_groups[k];
            }
        health->count = n;
        if (pass == 0)
            health->groups = calloc(n + 1, sizeof(struct model_target_group *));
        if (health->groups == NULL) {
            health->count = 0;
            return;
        }
    }
}

static void name_groups(struct health *health, const struct elbv2_target_groups *described)
{
    for (size_t i = 0; i < health->count; i++)
        for (size_t k = 0; k < described->count; k++)
            if (strcmp(health->groups[i]->arn, described->items[k].arn) == 0) {
                snprintf(health->groups[i]->name, sizeof health->groups[i]->name, "%.63s",
                         described->items[k].name);
                snprintf(health->groups[i]->protocol, sizeof health->groups[i]->protocol, "%.15s",
                         described->items[k].protocol);
            }
}

static bool read_target_groups(const struct job *job, struct model_inventory *inventory, struct error *error)
{
    struct health health = {.job = job};
    struct elbv2_target_groups described = {0};
    bool done = true;
    collect_groups(&health, inventory);
    if (health.count > 0) {
        const char **arns = calloc(health.count, sizeof *arns);
        for (size_t i = 0; arns != NULL && i < health.count; i++)
            arns[i] = health.groups[i]->arn;
        done =
            arns != NULL && elbv2_describe_target_groups(job->client, arns, health.count, &described, error);
        free(arns);
        if (done)
            name_groups(&health, &described);
        done = done && aws_batch_run(health.count, AWS_BATCH_PARALLEL, read_health, &health, error);
    }
    elbv2_target_groups_free(&described);
    free(health.groups);
    return done;
}

/* ── the stages ──────────────────────────────────────────────────────────────────────────── */

static void publish_copy(struct model_inventory *inventory, inventory_publish *publish, void *context)
{
    struct model_inventory *copy = model_inventory_copy(inventory);
    if (copy != NULL)
        publish(context, copy);
}

static bool read_clusters(const struct job *job, struct model_inventory *inventory, struct error *error)
{
    struct ecs_clusters clusters = {0};
    if (!ecs_list_clusters(job->client, &clusters, error)) {
        ecs_clusters_free(&clusters);
        return false;
    }
    inventory->clusters = calloc(clusters.count + 1, sizeof *inventory->clusters);
    for (size_t i = 0; inventory->clusters != NULL && i < clusters.count; i++) {
        struct model_cluster *cluster = &inventory->clusters[inventory->cluster_count++];
        memcpy(cluster->name, clusters.items[i].name, sizeof cluster->name);
        memcpy(cluster->arn, clusters.items[i].arn, sizeof cluster->arn);
        cluster->loading = MODEL_LOADING;
    }
    ecs_clusters_free(&clusters);
    return true;
}

/* What was known stays on the screen, with the reason why it is not news. */
static bool fail(const struct model_inventory *previous, const struct error *failure,
                 inventory_publish *publish, void *context)
{
    struct model_inventory *inventory =
        previous != NULL ? model_inventory_copy(previous) : model_inventory_new();
    if (inventory != NULL) {
        inventory->loading = MODEL_FAILED;
        snprintf(inventory->problem, sizeof inventory->problem, "%s", failure->message);
        publish(context, inventory);
    }
    return false;
}

bool inventory_read(const struct job *job, const struct model_inventory *previous, inventory_publish *publish,
                    void *context, struct error *error)
{
    struct error failure = {0};
    bool first = previous == NULL || previous->cluster_count == 0;
    struct model_inventory *inventory = model_inventory_new();
    if (inventory == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    inventory->loading = MODEL_LOADING;
    bool done = read_clusters(job, inventory, &failure);
    if (done && first)
        publish_copy(inventory, publish, context);
    for (size_t i = 0; done && i < inventory->cluster_count; i++) {
        done = read_services(job, &inventory->clusters[i], &failure);
        if (done && first)
            publish_copy(inventory, publish, context);
    }
    done = done && read_target_groups(job, inventory, &failure);
    if (!done) {
        model_inventory_release(inventory);
        if (error != NULL)
            *error = failure;
        return fail(previous, &failure, publish, context);
    }
    inventory->loading = MODEL_LOADED;
    inventory->read_ms = clock_epoch_ms();
    publish(context, inventory);
    return true;
}
