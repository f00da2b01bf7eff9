/* The parts of the tree. */
#include <stdlib.h>
#include <string.h>

#include "experiment/model_internal.h"

/* Where in a part its texts are pointed to. */
static const size_t group_texts[] = {offsetof(struct model_target_group, name),
                                     offsetof(struct model_target_group, arn),
                                     offsetof(struct model_target_group, protocol)};
static const size_t service_texts[] = {offsetof(struct model_service, name),
                                       offsetof(struct model_service, arn),
                                       offsetof(struct model_service, task_definition),
                                       offsetof(struct model_service, launch_type),
                                       offsetof(struct model_service, rollout),
                                       offsetof(struct model_service, experiment_id),
                                       offsetof(struct model_service, operator_name),
                                       offsetof(struct model_service, client_stats),
                                       offsetof(struct model_service, why_not)};
static const size_t cluster_texts[] = {offsetof(struct model_cluster, name),
                                       offsetof(struct model_cluster, arn),
                                       offsetof(struct model_cluster, problem)};
static const size_t target_texts[] = {offsetof(struct model_target, address),
                                      offsetof(struct model_target, state),
                                      offsetof(struct model_target, reason)};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const char *text_at(const void *part, size_t offset)
{
    const char *text;
    memcpy(&text, (const char *)part + offset, sizeof text);
    return text == NULL ? "" : text;
}

static size_t texts_size(const void *part, const size_t *offsets, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(text_at(part, offsets[i])) + 1;
    return size;
}

/* Moves the texts that `part` points to into `room`; returns what is left of it. */
static char *move_texts(void *part, const size_t *offsets, size_t count, char *room)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(text_at(part, offsets[i])) + 1;
        memcpy(room, text_at(part, offsets[i]), length);
        memcpy((char *)part + offsets[i], &room, sizeof room);
        room += length;
    }
    return room;
}

static bool same_texts(const void *a, const void *b, const size_t *offsets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text_at(a, offsets[i]), text_at(b, offsets[i])) != 0)
            return false;
    return true;
}

bool model_target_group_equal(const struct model_target_group *a, const struct model_target_group *b)
{
    if (a->port != b->port || a->known != b->known || a->healthy != b->healthy || a->total != b->total ||
        a->target_count != b->target_count || !same_texts(a, b, group_texts, COUNT_OF(group_texts)))
        return false;
    for (size_t i = 0; i < a->target_count; i++)
        if (a->targets[i].port != b->targets[i].port ||
            !same_texts(&a->targets[i], &b->targets[i], target_texts, COUNT_OF(target_texts)))
            return false;
    return true;
}

bool model_service_equal(const struct model_service *a, const struct model_service *b)
{
    if (a->known != b->known || a->desired != b->desired || a->running != b->running ||
        a->pending != b->pending || a->deployed_ms != b->deployed_ms || a->production != b->production ||
        a->injected != b->injected || a->prepared != b->prepared ||
        a->target_group_count != b->target_group_count ||
        !same_texts(a, b, service_texts, COUNT_OF(service_texts)))
        return false;
    for (size_t i = 0; i < a->target_group_count; i++)
        if (a->target_groups[i] != b->target_groups[i])
            return false;
    return true;
}

struct model_target_group *model_target_group_new(const struct model_target_group *draft)
{
    size_t list = draft->target_count * sizeof(struct model_target);
    size_t size = texts_size(draft, group_texts, COUNT_OF(group_texts));
    for (size_t i = 0; i < draft->target_count; i++)
        size += texts_size(&draft->targets[i], target_texts, COUNT_OF(target_texts));
    struct model_target_group *group = malloc(sizeof *group + list + size);
    if (group == NULL)
        return NULL;
    *group = *draft;
    group->references = 1;
    group->targets = (struct model_target *)(group + 1);
    if (list > 0)
        memcpy(group->targets, draft->targets, list);
    char *room = move_texts(group, group_texts, COUNT_OF(group_texts), (char *)(group + 1) + list);
    for (size_t i = 0; i < draft->target_count; i++)
        room = move_texts(&group->targets[i], target_texts, COUNT_OF(target_texts), room);
    return group;
}

void model_target_group_release(struct model_target_group *group)
{
    if (group != NULL && model_count_down(&group->references))
        free(group);
}

struct model_service *model_service_new(const struct model_service *draft)
{
    size_t list = draft->target_group_count * sizeof(struct model_target_group *);
    size_t texts = texts_size(draft, service_texts, COUNT_OF(service_texts));
    struct model_service *service = malloc(sizeof *service + list + texts);
    if (service == NULL)
        return NULL;
    *service = *draft;
    service->references = 1;
    service->target_groups = (struct model_target_group **)(service + 1);
    for (size_t i = 0; i < draft->target_group_count; i++) {
        service->target_groups[i] = draft->target_groups[i];
        model_count_up(&service->target_groups[i]->references);
    }
    move_texts(service, service_texts, COUNT_OF(service_texts), (char *)(service + 1) + list);
    return service;
}

void model_service_retain(struct model_service *service)
{
    model_count_up(&service->references);
}

void model_service_release(struct model_service *service)
{
    if (service == NULL || !model_count_down(&service->references))
        return;
    for (size_t i = 0; i < service->target_group_count; i++)
        model_target_group_release(service->target_groups[i]);
    free(service);
}

struct model_cluster *model_cluster_new(const struct model_cluster *draft)
{
    size_t list = draft->service_count * sizeof(struct model_service *);
    size_t texts = texts_size(draft, cluster_texts, COUNT_OF(cluster_texts));
    struct model_cluster *cluster = malloc(sizeof *cluster + list + texts);
    if (cluster == NULL)
        return NULL;
    *cluster = *draft;
    cluster->references = 1;
    cluster->services = (struct model_service **)(cluster + 1);
    for (size_t i = 0; i < draft->service_count; i++) {
        cluster->services[i] = draft->services[i];
        model_service_retain(cluster->services[i]);
    }
    move_texts(cluster, cluster_texts, COUNT_OF(cluster_texts), (char *)(cluster + 1) + list);
    return cluster;
}

void model_cluster_retain(struct model_cluster *cluster)
{
    model_count_up(&cluster->references);
}

void model_cluster_release(struct model_cluster *cluster)
{
    if (cluster == NULL || !model_count_down(&cluster->references))
        return;
    for (size_t i = 0; i < cluster->service_count; i++)
        model_service_release(cluster->services[i]);
    free(cluster);
}

struct model_inventory *model_inventory_new(size_t clusters)
{
    struct model_inventory *inventory =
        calloc(1, sizeof *inventory + clusters * sizeof(struct model_cluster *));
    if (inventory == NULL)
        return NULL;
    inventory->references = 1;
    inventory->clusters = (struct model_cluster **)(inventory + 1);
    return inventory;
}

void model_inventory_add(struct model_inventory *inventory, struct model_cluster *cluster)
{
    inventory->clusters[inventory->cluster_count++] = cluster;
}

void model_inventory_retain(struct model_inventory *inventory)
{
    if (inventory != NULL)
        model_count_up(&inventory->references);
}

void model_inventory_release(struct model_inventory *inventory)
{
    if (inventory == NULL || !model_count_down(&inventory->references))
        return;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        model_cluster_release(inventory->clusters[i]);
    free(inventory);
}

struct model_service *model_inventory_find(const struct model_inventory *inventory, const char *cluster,
                                           const char *service)
{
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count; i++) {
        const struct model_cluster *at = inventory->clusters[i];
        if (strcmp(at->name, cluster) != 0)
            continue;
        for (size_t j = 0; j < at->service_count; j++)
            if (strcmp(at->services[j]->name, service) == 0)
                return at->services[j];
    }
    return NULL;
}

/* FNV-1a, with a 0 between the two names. */
uint64_t model_key(const char *cluster, const char *service)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *at = cluster; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    hash *= UINT64_C(1099511628211);
    for (const char *at = service; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return hash;
}
