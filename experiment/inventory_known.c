#include "experiment/inventory_known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/list.h"
#include "core/clock.h"
#include "experiment/model_internal.h"
#include "experiment/way_back.h"

#define GROUP_NAME_MAX 64

/* ── finding ─────────────────────────────────────────────────────────────────────────────── */

static int compare_cluster(const void *name, const void *cluster)
{
    return strcmp(name, ((const struct known_cluster *)cluster)->shown->name);
}

static int compare_service(const void *name, const void *service)
{
    return strcmp(name, ((const struct known_service *)service)->shown->name);
}

static int order_services(const void *a, const void *b)
{
    return compare_service(((const struct known_service *)a)->shown->name, b);
}

struct known_cluster *known_find_cluster(struct known *known, const char *name)
{
    return known->cluster_count == 0 ? NULL
                                     : bsearch(name, known->clusters, known->cluster_count,
                                               sizeof *known->clusters, compare_cluster);
}

static struct known_service *find_among(struct known_cluster *cluster, size_t count, const char *name)
{
    return count == 0 ? NULL
                      : bsearch(name, cluster->services, count, sizeof *cluster->services, compare_service);
}

struct known_service *known_find_service(struct known_cluster *cluster, const char *name)
{
    return cluster == NULL ? NULL : find_among(cluster, cluster->service_count, name);
}

/* ── what is visible ─────────────────────────────────────────────────────────────────────── */

static bool is_shown(const struct known *known, uint64_t key)
{
    for (size_t i = 0; i < known->visible_count; i++)
        if (known->visible[i] == key)
            return true;
    return key == known->selected || key == known->selected_cluster;
}

static void mark_visible(struct known *known)
{
    for (size_t i = 0; i < known->cluster_count; i++) {
        struct known_cluster *cluster = &known->clusters[i];
        bool open = is_shown(known, cluster->key);
        cluster->stale = cluster->stale || open != cluster->open;
        cluster->open = open;
        for (size_t k = 0; k < cluster->service_count; k++)
            cluster->services[k].visible = open && is_shown(known, cluster->services[k].key);
    }
    known->stale = true; /* what is awaited has changed */
}

void known_show(struct known *known, const uint64_t *keys, size_t count)
{
    known->visible_count = count < INTENT_VISIBLE_MAX ? count : INTENT_VISIBLE_MAX;
    memcpy(known->visible, keys, known->visible_count * sizeof keys[0]);
    mark_visible(known);
}

void known_select(struct known *known, const char *cluster, const char *service)
{
    known->selected_cluster = cluster[0] == '\0' ? 0 : model_key(cluster, "");
    known->selected = service[0] == '\0' ? 0 : model_key(cluster, service);
    mark_visible(known);
}

/* ── clusters ────────────────────────────────────────────────────────────────────────────── */

static void free_cluster(struct known_cluster *cluster)
{
    for (size_t i = 0; i < cluster->service_count; i++)
        model_service_release(cluster->services[i].shown);
    free(cluster->services);
    model_cluster_release(cluster->shown);
}

/* What was known of a cluster goes on; those that are gone are forgotten. */
void known_put_clusters(struct known *known, const struct ecs_clusters *clusters)
{
    struct known_cluster *list = calloc(clusters->count + 1, sizeof *list);
    size_t count = 0;
    for (size_t i = 0; list != NULL && i < clusters->count; i++) {
        const struct ecs_cluster *from = &clusters->items[i];
        struct known_cluster *old = known_find_cluster(known, from->name);
        const struct model_cluster draft = {
            .name = from->name, .arn = from->arn, .active_services = from->services};
        struct known_cluster *to = &list[count];
        if (old != NULL && old->shown->active_services == from->services) {
            *to = *old;
            model_cluster_retain(to->shown);
        } else {
            struct model_cluster *shown = model_cluster_new(&draft);
            if (shown == NULL)
                continue;
            if (old != NULL)
                *to = *old;
            to->shown = shown;
            to->stale = known->stale = true;
        }
        to->key = model_key(from->name, "");
        if (old != NULL) { /* its services go over */
            old->services = NULL;
            old->service_count = 0;
        }
        count++;
    }
    if (list == NULL)
        return;
    known->stale = known->stale || count != known->cluster_count;
    for (size_t i = 0; i < known->cluster_count; i++)
        free_cluster(&known->clusters[i]);
    free(known->clusters);
    known->clusters = list;
    known->cluster_count = count;
    mark_visible(known);
}

/* ── names ───────────────────────────────────────────────────────────────────────────────── */

void known_begin_names(struct known *known, const char *name)
{
    struct known_cluster *cluster = known_find_cluster(known, name);
    for (size_t i = 0; cluster != NULL && i < cluster->service_count; i++)
        cluster->services[i].listed = false;
}

static void add_named(struct known *known, struct known_cluster *cluster, const char *arn)
{
    const struct model_service draft = {.name = ecs_short_name(arn), .arn = arn};
    struct model_service *shown = model_service_new(&draft);
    if (shown == NULL)
        return;
    struct known_service *service = aws_list_add(&cluster->services, &cluster->service_count,
                                                 &cluster->service_capacity, sizeof *cluster->services);
    if (service == NULL) {
        model_service_release(shown);
        return;
    }
    service->shown = shown;
    service->listed = true;
    service->key = model_key(cluster->shown->name, shown->name);
    service->visible = cluster->open && is_shown(known, service->key);
    cluster->stale = known->stale = true;
}

void known_put_names(struct known *known, const char *name, const struct ecs_names *page)
{
    struct known_cluster *cluster = known_find_cluster(known, name);
    size_t sorted = cluster == NULL ? 0 : cluster->service_count;
    for (size_t i = 0; cluster != NULL && i < page->count; i++) {
        struct known_service *service = find_among(cluster, sorted, ecs_short_name(page->items[i]));
        if (service != NULL)
            service->listed = true;
        else
            add_named(known, cluster, page->items[i]);
    }
    if (cluster != NULL && cluster->service_count > sorted)
        qsort(cluster->services, cluster->service_count, sizeof *cluster->services, order_services);
}

void known_forget_unlisted(struct known *known, struct known_cluster *cluster)
{
    size_t kept = 0;
    for (size_t i = 0; i < cluster->service_count; i++) {
        if (cluster->services[i].listed)
            cluster->services[kept++] = cluster->services[i];
        else
            model_service_release(cluster->services[i].shown);
    }
    cluster->stale = cluster->stale || kept != cluster->service_count;
    known->stale = known->stale || cluster->stale;
    cluster->service_count = kept;
}

/* ── services ────────────────────────────────────────────────────────────────────────────── */

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

static const char *why_not(const struct ecs_service *from)
{
    if (strcmp(from->status, "ACTIVE") != 0)
        return "it is not ACTIVE";
    if (strcmp(from->deployment_controller, "ECS") != 0)
        return "ECS does not deploy it";
    if (from->desired == 0)
        return "its desired count is 0";
    return from->load_balancer_count == 0 ? "it has no load balancer: fault what it calls (D), or by the ECS "
                                            "agent (E)"
                                          : "";
}

static struct model_target_group *find_group(const struct model_service *service, const char *arn)
{
    for (size_t i = 0; i < service->target_group_count; i++)
        if (strcmp(service->target_groups[i]->arn, arn) == 0)
            return service->target_groups[i];
    return NULL;
}

/* The name stands in the ARN: arn:…:targetgroup/NAME/ID. What is known of its health goes on. */
static struct model_target_group *make_group(const struct model_service *old,
                                             const struct ecs_load_balancer *mapping)
{
    char name[GROUP_NAME_MAX] = "";
    const char *at = strstr(mapping->target_group_arn, "targetgroup/");
    struct model_target_group draft = {0};
    struct model_target_group *before = find_group(old, mapping->target_group_arn);
    if (at != NULL)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 12, "/"), at + 12);
    if (before != NULL && before->port == mapping->container_port) {
        model_count_up(&before->references);
        return before;
    }
    if (before != NULL)
        draft = *before;
    draft.name = name;
    draft.arn = mapping->target_group_arn;
    draft.port = mapping->container_port;
    return model_target_group_new(&draft);
}

/* Shows another one; the old one's reference goes. */
static void replace(struct known *known, struct known_cluster *cluster, struct known_service *service,
                    const struct model_service *draft)
{
    if (model_service_equal(service->shown, draft))
        return;
    struct model_service *shown = model_service_new(draft);
    if (shown == NULL)
        return;
    model_service_release(service->shown);
    service->shown = shown;
    cluster->stale = known->stale = true;
}

void known_put_service(struct known *known, const char *cluster_name, const struct ecs_service *from,
                       int64_t now_ms)
{
    struct known_cluster *cluster = known_find_cluster(known, cluster_name);
    struct known_service *service = known_find_service(cluster, from->name);
    struct model_target_group *groups[ECS_LOAD_BALANCERS_MAX];
    if (service == NULL)
        return; /* it is in no list any more */
    const struct model_service *old = service->shown;
    struct model_service draft = {.known = true,
                                  .name = from->name,
                                  .arn = from->arn,
                                  .desired = from->desired,
                                  .running = from->running,
                                  .pending = from->pending,
                                  .task_definition = ecs_short_name(from->task_definition),
                                  .launch_type = from->launch_type,
                                  .production = inventory_is_production(from),
                                  .injected = way_back_is_ours(from->task_definition),
                                  .client_stats = ecs_service_tag(from, INVENTORY_CLIENT_STATS_TAG),
                                  .why_not = why_not(from),
                                  .target_groups = groups};
    if (from->deployment_count > 0) {
        draft.rollout = from->deployments[0].rollout_state;
        draft.deployed_ms = from->deployments[0].updated_at_ms;
    }
    for (size_t i = 0; i < from->load_balancer_count; i++) {
        if (from->load_balancers[i].target_group_arn[0] == '\0')
            continue;
        groups[draft.target_group_count] = make_group(old, &from->load_balancers[i]);
        draft.target_group_count += groups[draft.target_group_count] != NULL;
    }
    if (strcmp(old->task_definition, draft.task_definition) == 0) {
        draft.experiment_id = old->experiment_id;
        draft.operator_name = old->operator_name;
        draft.prepared = old->prepared;
    } else {
        service->owner_read = false;
    }
    service->read_ms = now_ms;
    replace(known, cluster, service, &draft);
    for (size_t i = 0; i < draft.target_group_count; i++)
        model_target_group_release(groups[i]);
}

void known_put_owner(struct known *known, const struct ask *ask, const char *experiment,
                     const char *operator_name, bool prepared)
{
    struct known_cluster *cluster = known_find_cluster(known, ask->cluster);
    struct known_service *service = known_find_service(cluster, ask->service);
    if (service == NULL || strcmp(service->shown->task_definition, ask->items[0]) != 0)
        return;
    struct model_service draft = *service->shown;
    draft.experiment_id = experiment;
    draft.operator_name = operator_name;
    draft.prepared = prepared;
    replace(known, cluster, service, &draft);
}

/* ── target groups ───────────────────────────────────────────────────────────────────────── */

/* The service shows `draft` in the place of its group of the same ARN. */
static void replace_group(struct known *known, struct known_cluster *cluster, struct known_service *service,
                          const struct model_target_group *draft)
{
    struct model_target_group *groups[ECS_LOAD_BALANCERS_MAX];
    struct model_service changed = *service->shown;
    struct model_target_group *before = find_group(&changed, draft->arn);
    if (before == NULL || changed.target_group_count > ECS_LOAD_BALANCERS_MAX ||
        model_target_group_equal(before, draft))
        return;
    struct model_target_group *group = model_target_group_new(draft);
    if (group == NULL)
        return;
    for (size_t i = 0; i < changed.target_group_count; i++)
        groups[i] = changed.target_groups[i] == before ? group : changed.target_groups[i];
    changed.target_groups = groups;
    replace(known, cluster, service, &changed);
    model_target_group_release(group);
}

void known_put_health(struct known *known, const struct ask *ask, const char *group_arn,
                      const struct elbv2_targets *targets)
{
    struct known_cluster *cluster = known_find_cluster(known, ask->cluster);
    struct known_service *service = known_find_service(cluster, ask->service);
    const struct model_target_group *before = service == NULL ? NULL : find_group(service->shown, group_arn);
    size_t count = targets->count < MODEL_TARGETS_MAX ? targets->count : MODEL_TARGETS_MAX;
    struct model_target *list = before == NULL ? NULL : calloc(count + 1, sizeof *list);
    if (list == NULL)
        return;
    struct model_target_group draft = *before;
    draft.known = true;
    draft.total = targets->count;
    draft.healthy = 0;
    draft.target_count = count;
    draft.targets = list;
    for (size_t i = 0; i < targets->count; i++) {
        const struct elbv2_target *from = &targets->items[i];
        draft.healthy += strcmp(from->state, "healthy") == 0;
        if (i < count)
            list[i] = (struct model_target){
                .address = from->id, .port = from->port, .state = from->state, .reason = from->reason};
    }
    replace_group(known, cluster, service, &draft);
    free(list);
}

static void put_group(struct known *known, struct known_cluster *cluster, struct known_service *service,
                      const struct elbv2_target_group *from)
{
    const struct model_target_group *before = find_group(service->shown, from->arn);
    if (before == NULL)
        return;
    struct model_target_group draft = *before;
    draft.name = from->name;
    draft.protocol = from->protocol;
    replace_group(known, cluster, service, &draft);
}

void known_put_groups(struct known *known, const struct elbv2_target_groups *groups)
{
    for (size_t i = 0; i < known->cluster_count; i++)
        for (size_t k = 0; k < known->clusters[i].service_count; k++) {
            struct known_service *service = &known->clusters[i].services[k];
            for (size_t n = 0; service->groups_asked && n < groups->count; n++)
                put_group(known, &known->clusters[i], service, &groups->items[n]);
        }
}

/* ── snapshots ───────────────────────────────────────────────────────────────────────────── */

static enum model_loading loading_of(const struct known_cluster *cluster)
{
    if (cluster->failed)
        return MODEL_FAILED;
    if (cluster->listed_ms != 0)
        return MODEL_LOADED;
    return cluster->open ? MODEL_LOADING : MODEL_UNKNOWN;
}

static void rebuild(struct known_cluster *cluster)
{
    struct model_cluster draft = *cluster->shown;
    struct model_service **list = calloc(cluster->service_count + 1, sizeof(struct model_service *));
    if (list == NULL)
        return; /* the next snapshot tries again */
    for (size_t i = 0; i < cluster->service_count; i++)
        list[i] = cluster->services[i].shown;
    draft.service_count = cluster->service_count;
    draft.services = list;
    draft.loading = loading_of(cluster);
    draft.problem = cluster->problem;
    struct model_cluster *shown = model_cluster_new(&draft);
    free(list);
    if (shown == NULL)
        return;
    model_cluster_release(cluster->shown);
    cluster->shown = shown;
    cluster->stale = false;
}

static bool is_awaited(const struct known_cluster *cluster)
{
    if (!cluster->open || cluster->failed)
        return false;
    if (cluster->listed_ms == 0)
        return true;
    for (size_t i = 0; i < cluster->service_count; i++)
        if (cluster->services[i].visible && cluster->services[i].read_ms == 0)
            return true;
    return false;
}

/* Of the clusters that nobody looks at nothing is complained of. */
static const char *problem_of(const struct known *known)
{
    if (known->problems[ASK_CLUSTERS][0] != '\0')
        return known->problems[ASK_CLUSTERS];
    for (size_t i = 0; i < known->cluster_count; i++)
        if (known->clusters[i].open && known->clusters[i].failed)
            return known->clusters[i].problem;
    return known->problems[ASK_HEALTH];
}

struct model_inventory *known_snapshot(struct known *known)
{
    struct model_inventory *inventory = model_inventory_new(known->cluster_count);
    bool awaited = known->clusters_ms == 0;
    if (inventory == NULL)
        return NULL;
    for (size_t i = 0; i < known->cluster_count; i++) {
        struct known_cluster *cluster = &known->clusters[i];
        awaited = awaited || is_awaited(cluster);
        if (cluster->stale)
            rebuild(cluster);
        model_cluster_retain(cluster->shown);
        model_inventory_add(inventory, cluster->shown);
    }
    const char *problem = problem_of(known);
    snprintf(inventory->problem, sizeof inventory->problem, "%s", problem);
    inventory->loading = problem[0] != '\0' ? MODEL_FAILED : awaited ? MODEL_LOADING : MODEL_LOADED;
    inventory->read_ms = known->clusters_epoch_ms;
    known->stale = false;
    return inventory;
}

void known_free(struct known *known)
{
    for (size_t i = 0; i < known->cluster_count; i++)
        free_cluster(&known->clusters[i]);
    free(known->clusters);
    *known = (struct known){0};
}
