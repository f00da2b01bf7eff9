#include "sandbox/region.h"

#include "sandbox/alarm.h"
#include "sandbox/chaos.h"
#include "sandbox/dynamodb_table.h"
#include "sandbox/fis.h"
#include "sandbox/iam.h"
#include "sandbox/logs.h"
#include "sandbox/names.h"
#include "sandbox/product_api.h"
#include "sandbox/security_group.h"
#include "sandbox/ssm.h"
#include "sandbox/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define FIRST_TASK_NETWORK 2
#define HOSTS_A_NETWORK 254
#define TASK_NETWORKS 250

void region_init(struct region *region, const char *name, double pace)
{
    *region = (struct region){.pace = pace};
    text_copy(region->name, sizeof region->name, name);
    pthread_mutex_init(&region->mutex, NULL);
    region->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    region->fis = fis_new();
    region->chaos = chaos_new();
    region->products = product_api_new();
}

double region_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    long ms = now.tv_nsec / 1000000;
    return (double)now.tv_sec + (double)ms / 1000.0;
}

void region_wake(struct region *region)
{
    uint64_t one = 1;

    /* Only a full counter can fail, and then it is readable all the same. */
    if (write(region->wake, &one, sizeof one) < 0)
        return;
}

int region_wait_ms(const struct region *region, int aws_seconds)
{
    return (int)(region->pace * aws_seconds * 1000 / REGION_HASTE);
}

void region_take_address(struct region *region, char address[BALANCER_ADDRESS_MAX])
{
    unsigned n = region->next_address++ % (HOSTS_A_NETWORK * TASK_NETWORKS);

    snprintf(address, BALANCER_ADDRESS_MAX, "127.%u.%u.%u", region->network,
             FIRST_TASK_NETWORK + n / HOSTS_A_NETWORK, 1 + n % HOSTS_A_NETWORK);
}

/* The part of an ARN behind its last slash, or a plain name as it is. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

static bool is_arn(const char *text)
{
    return strncmp(text, "arn:", 4) == 0;
}

struct cluster *region_find_cluster(struct region *region, const char *name)
{
    if (!name || !*name)
        name = "default";
    for (size_t i = region->clusters.count; i-- > 0;) {
        struct cluster *cluster = region->clusters.items[i];
        if (strcmp(is_arn(name) ? cluster->arn : cluster->name, name) == 0)
            return cluster;
    }
    return NULL;
}

static bool is_service(const struct service *service, const struct cluster *cluster, const char *name)
{
    return service->cluster == cluster && strcmp(is_arn(name) ? service->arn : service->name, name) == 0;
}

/* The newest first: a service that was deleted may have been created anew. */
struct service *region_find_service(struct region *region, const struct cluster *cluster, const char *name)
{
    size_t hint = hints_get(&region->service_hints, name);

    if (hint < region->services.count) {
        struct service *service = region->services.items[hint];
        if (service->state == SERVICE_ACTIVE && is_service(service, cluster, name))
            return service;
    }
    for (size_t i = region->services.count; i-- > 0 && name;) {
        struct service *service = region->services.items[i];
        if (!is_service(service, cluster, name))
            continue;
        hints_put(&region->service_hints, name, i);
        return service;
    }
    return NULL;
}

static bool is_task(const struct task *task, const struct cluster *cluster, const char *name)
{
    return task->cluster == cluster && strcmp(is_arn(name) ? task->arn : task->id, name) == 0;
}

struct task *region_find_task(struct region *region, const struct cluster *cluster, const char *name)
{
    size_t hint = hints_get(&region->task_hints, name);

    if (hint < region->tasks.count && is_task(region->tasks.items[hint], cluster, name))
        return region->tasks.items[hint];
    for (size_t i = 0; i < region->tasks.count && name; i++) {
        if (!is_task(region->tasks.items[i], cluster, name))
            continue;
        hints_put(&region->task_hints, name, i);
        return region->tasks.items[i];
    }
    return NULL;
}

struct definition *region_find_definition(struct region *region, const char *name)
{
    const char *part = name && *name ? last_part(name) : NULL;
    const char *colon = part ? strrchr(part, ':') : NULL;
    size_t hint = part ? hints_get(&region->definition_hints, name) : 0;

    if (!part)
        return NULL;
    if (hint < region->definitions.count &&
        strcmp(((struct definition *)region->definitions.items[hint])->arn, name) == 0)
        return region->definitions.items[hint];
    for (size_t i = region->definitions.count; i-- > 0;) {
        struct definition *definition = region->definitions.items[i];
        size_t length = colon ? (size_t)(colon - part) : strlen(part);
        if (strlen(definition->family) != length || strncmp(definition->family, part, length) != 0)
            continue;
        if (is_arn(name) && colon && strcmp(definition->arn, name) != 0)
            continue;
        if (colon ? strtol(colon + 1, NULL, 10) != definition->revision : !definition->active)
            continue;
        hints_put(&region->definition_hints, definition->arn, i);
        return definition;
    }
    return NULL;
}

struct target_group *region_find_group(struct region *region, const char *arn)
{
    size_t hint = hints_get(&region->group_hints, arn);

    if (hint < region->target_groups.count &&
        strcmp(((struct target_group *)region->target_groups.items[hint])->arn, arn) == 0)
        return region->target_groups.items[hint];
    for (size_t i = 0; i < region->target_groups.count && arn; i++) {
        struct target_group *group = region->target_groups.items[i];
        if (strcmp(group->arn, arn) != 0)
            continue;
        hints_put(&region->group_hints, arn, i);
        return group;
    }
    return NULL;
}

struct target_group *region_find_group_by_name(struct region *region, const char *name)
{
    for (size_t i = 0; i < region->target_groups.count && name; i++) {
        struct target_group *group = region->target_groups.items[i];
        if (strcmp(group->name, name) == 0)
            return group;
    }
    return NULL;
}

struct load_balancer *region_find_load_balancer(struct region *region, const char *name)
{
    for (size_t i = 0; i < region->load_balancers.count && name; i++) {
        struct load_balancer *load_balancer = region->load_balancers.items[i];
        if (strcmp(is_arn(name) ? load_balancer->arn : load_balancer->name, name) == 0)
            return load_balancer;
    }
    return NULL;
}

struct listener *region_find_listener(struct region *region, const char *arn)
{
    for (size_t i = 0; i < region->listeners.count && arn; i++) {
        struct listener *listener = region->listeners.items[i];
        if (strcmp(listener->arn, arn) == 0)
            return listener;
    }
    return NULL;
}

struct rule *region_find_rule(struct region *region, const char *arn)
{
    for (size_t i = 0; i < region->rules.count && arn; i++) {
        struct rule *rule = region->rules.items[i];
        if (strcmp(rule->arn, arn) == 0)
            return rule;
    }
    return NULL;
}

bool region_actions_use(struct json_object *actions, const char *group_arn)
{
    for (size_t i = 0; i < json_length(actions); i++) {
        struct json_object *action = json_object_array_get_idx(actions, i);
        struct json_object *groups = json_list(json_map(action, "ForwardConfig"), "TargetGroups");
        const char *direct = json_text(action, "TargetGroupArn");
        if (direct && strcmp(direct, group_arn) == 0)
            return true;
        for (size_t k = 0; k < json_length(groups); k++) {
            const char *arn = json_text(json_object_array_get_idx(groups, k), "TargetGroupArn");
            if (arn && strcmp(arn, group_arn) == 0)
                return true;
        }
    }
    return false;
}

static void add_once(struct json_object *list, const char *text)
{
    for (size_t i = 0; i < json_length(list); i++) {
        if (strcmp(json_text_at(list, i), text) == 0)
            return;
    }
    json_append_text(list, text);
}

struct json_object *region_group_load_balancers(struct region *region, const struct target_group *group)
{
    struct json_object *arns = json_object_new_array();

    if (group->described) {
        json_append_text(arns, group->described->arn);
        return arns;
    }
    for (size_t i = 0; i < region->rules.count; i++) {
        struct rule *rule = region->rules.items[i];
        struct json_object *actions = rule->priority == 0 ? rule->listener->actions : rule->actions;
        if (region_actions_use(actions, group->arn))
            add_once(arns, rule->listener->load_balancer->arn);
    }
    return arns;
}

int region_next_revision(struct region *region, const char *family)
{
    for (size_t i = region->definitions.count; i-- > 0;) {
        struct definition *definition = region->definitions.items[i];
        if (strcmp(definition->family, family) == 0)
            return definition->revision + 1;
    }
    return 1;
}

struct deployment *service_primary(const struct service *service)
{
    return service->deployments.count > 0 ? service->deployments.items[0] : NULL;
}

void service_add_event(struct service *service, const char *format, ...)
{
    struct event *event = memory_new(sizeof *event);
    va_list arguments;

    names_uuid(event->id);
    event->at = region_now();
    va_start(arguments, format);
    vsnprintf(event->message, sizeof event->message, format, arguments);
    va_end(arguments);
    if (service->events.count == REGION_EVENTS_MAX) {
        free(service->events.items[0]);
        list_remove_at(&service->events, 0);
    }
    list_add(&service->events, event);
}

static void free_service(struct service *service)
{
    for (size_t i = 0; i < service->deployments.count; i++) {
        struct deployment *deployment = service->deployments.items[i];
        json_object_put(deployment->load_balancers);
        json_object_put(deployment->network);
        free(deployment);
    }
    for (size_t i = 0; i < service->events.count; i++)
        free(service->events.items[i]);
    list_free(&service->deployments);
    list_free(&service->events);
    json_object_put(service->tags);
    json_object_put(service->created_from);
    json_object_put(service->asked);
    json_object_put(service->good_load_balancers);
    json_object_put(service->good_network);
    free(service);
}

static void free_elb(struct region *region)
{
    for (size_t i = 0; i < region->rules.count; i++) {
        struct rule *rule = region->rules.items[i];
        json_object_put(rule->conditions);
        json_object_put(rule->actions);
        json_object_put(rule->tags);
        free(rule);
    }
    for (size_t i = 0; i < region->listeners.count; i++) {
        struct listener *listener = region->listeners.items[i];
        json_object_put(listener->actions);
        json_object_put(listener->tags);
        free(listener);
    }
    for (size_t i = 0; i < region->load_balancers.count; i++) {
        struct load_balancer *load_balancer = region->load_balancers.items[i];
        json_object_put(load_balancer->tags);
        free(load_balancer);
    }
    for (size_t i = 0; i < region->target_groups.count; i++) {
        struct target_group *group = region->target_groups.items[i];
        json_object_put(group->settings);
        json_object_put(group->attributes);
        json_object_put(group->tags);
        free(group->seen);
        free(group);
    }
    for (size_t i = 0; i < region->security_groups.count; i++)
        security_group_free(region->security_groups.items[i]);
}

void region_free(struct region *region)
{
    free_elb(region);
    fis_free(region->fis);
    chaos_free(region->chaos);
    product_api_free(region->products);
    ssm_free_all(region);
    dynamodb_free(region->dynamodb);
    for (size_t i = 0; i < region->tasks.count; i++)
        task_free(region->tasks.items[i]);
    logs_free_all(region); /* which a task's containers may still have written to */
    for (size_t i = 0; i < region->services.count; i++)
        free_service(region->services.items[i]);
    for (size_t i = 0; i < region->definitions.count; i++) {
        struct definition *definition = region->definitions.items[i];
        json_object_put(definition->body);
        json_object_put(definition->tags);
        free(definition);
    }
    for (size_t i = 0; i < region->clusters.count; i++) {
        struct cluster *cluster = region->clusters.items[i];
        json_object_put(cluster->tags);
        json_object_put(cluster->settings);
        free(cluster);
    }
    struct list *lists[] = {&region->clusters, &region->services,       &region->definitions,
                            &region->tasks,    &region->load_balancers, &region->listeners,
                            &region->rules,    &region->target_groups,  &region->security_groups,
                            &region->alarms,   &region->roles};
    for (size_t i = 0; i < region->alarms.count; i++)
        alarm_free(region->alarms.items[i]);
    for (size_t i = 0; i < region->roles.count; i++)
        iam_role_free(region->roles.items[i]);
    json_object_put(region->scaling);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        list_free(lists[i]);
    struct hints *hints[] = {&region->service_hints, &region->definition_hints, &region->task_hints,
                             &region->group_hints};
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        hints_free(hints[i]);
    close(region->wake);
    pthread_mutex_destroy(&region->mutex);
}
