#include "sandbox/balancer_internal.h"

#include <stdlib.h>
#include <string.h>

static void target_become(struct target *target, enum balancer_state state, const char *reason,
                          const char *description)
{
    target->is.state = state;
    snprintf(target->is.reason, sizeof target->is.reason, "%s", reason);
    snprintf(target->is.description, sizeof target->is.description, "%s", description);
}

/* As registered now: checked if a listener forwards to the group. */
static bool target_begin(struct target *target)
{
    checker_stop(target);
    if (target->group->uses == 0) {
        target_become(target, BALANCER_UNUSED, "Target.NotInUse",
                      "Target group is not configured to receive traffic from the load balancer");
        return true;
    }
    target_become(target, BALANCER_INITIAL, "Elb.RegistrationInProgress",
                  "Target registration is in progress");
    return checker_start(target);
}

static void close_idle(struct target *target)
{
    while (!LIST_EMPTY(&target->idle))
        upstream_close(LIST_FIRST(&target->idle));
}

/* Takes it out of the group; requests under way on it fail. */
static void target_destroy(struct target *target)
{
    struct group *group = target->group;
    checker_stop(target);
    close_idle(target);
    for (size_t i = 0; i < group->count; i++)
        if (group->targets[i] == target) {
            memmove(&group->targets[i], &group->targets[i + 1],
                    (group->count - i - 1) * sizeof group->targets[0]);
            group->count--;
            break;
        }
    while (!LIST_EMPTY(&target->used)) {
        struct upstream *upstream = LIST_FIRST(&target->used);
        struct client *client = upstream->client;
        upstream_close(upstream);
        if (client != NULL)
            client_upstream_failed(client, 502, false);
    }
    free(target);
}

void target_settle(struct target *target)
{
    if (target->is.state != BALANCER_DRAINING)
        return;
    close_idle(target);
    if (target->used_count == 0)
        target_destroy(target);
}

struct group *group_create(struct balancer *balancer, const struct balancer_health_check *check,
                           int deregistration_delay_ms)
{
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return NULL;
    group->balancer = balancer;
    group->number = ++balancer->last_number;
    group->check = *check;
    group->deregistration_delay_ms = deregistration_delay_ms;
    LIST_INSERT_HEAD(&balancer->groups, group, link);
    return group;
}

struct group *group_find(struct balancer *balancer, unsigned number)
{
    struct group *group;
    LIST_FOREACH(group, &balancer->groups, link)
    if (group->number == number)
        return group;
    return NULL;
}

void group_destroy(struct group *group)
{
    while (group->count > 0)
        target_destroy(group->targets[0]);
    LIST_REMOVE(group, link);
    free(group);
}

static struct target *find(struct group *group, const char *address, uint16_t port)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->targets[i]->is.port == port && strcmp(group->targets[i]->is.address, address) == 0)
            return group->targets[i];
    return NULL;
}

bool group_register(struct group *group, const char *address, uint16_t port, struct error *error)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    if (uv_ip4_addr(address, port, &v4) != 0 && uv_ip6_addr(address, port, &v6) != 0)
        return error_set(error, ERROR_INVALID, "target %s is not an IP address", address);
    struct target *target = find(group, address, port);
    if (target != NULL && target->is.state != BALANCER_DRAINING)
        return true;
    if (target == NULL) {
        if (group->count == BALANCER_TARGETS_MAX)
            return error_set(error, ERROR_LIMIT, "the target group has %d targets already",
                             BALANCER_TARGETS_MAX);
        target = calloc(1, sizeof *target);
        if (target == NULL)
            return error_set(error, ERROR_SYSTEM, "no memory for a target");
        target->group = group;
        snprintf(target->is.address, sizeof target->is.address, "%s", address);
        target->is.port = port;
        LIST_INIT(&target->idle);
        LIST_INIT(&target->used);
        group->targets[group->count++] = target;
    }
    if (target_begin(target))
        return true;
    target_destroy(target);
    return error_set(error, ERROR_SYSTEM, "no memory for a health check");
}

bool group_deregister(struct group *group, const char *address, uint16_t port, struct error *error)
{
    struct target *target = find(group, address, port);
    if (target == NULL)
        return error_set(error, ERROR_NOT_FOUND, "target %s:%u is not registered", address, (unsigned)port);
    if (target->is.state == BALANCER_DRAINING)
        return true;
    checker_stop(target);
    target_become(target, BALANCER_DRAINING, "Target.DeregistrationInProgress",
                  "Target deregistration is in progress");
    target->drain_until_ms = uv_now(&group->balancer->loop) + (uint64_t)group->deregistration_delay_ms;
    target_settle(target);
    return true;
}

void group_set_reach(struct group *group, const char *address, uint16_t port, bool traffic, bool checks)
{
    struct target *target = find(group, address, port);
    if (target == NULL)
        return;
    target->no_traffic = !traffic;
    target->no_checks = !checks;
}

void group_use(struct group *group, int change)
{
    unsigned before = group->uses;
    group->uses = (unsigned)((int)group->uses + change);
    if ((before == 0) == (group->uses == 0))
        return;
    for (size_t i = 0; i < group->count; i++)
        if (group->targets[i]->is.state != BALANCER_DRAINING)
            target_begin(group->targets[i]);
}

static struct target *choose(struct group *group, enum balancer_state state)
{
    for (size_t i = 0; i < group->count; i++) {
        struct target *target = group->targets[(group->next + i) % group->count];
        if (target->is.state != state)
            continue;
        group->next = (group->next + i + 1) % group->count;
        return target;
    }
    return NULL;
}

struct target *group_choose(struct group *group)
{
    struct target *target = choose(group, BALANCER_HEALTHY);
    return target != NULL ? target : choose(group, BALANCER_UNHEALTHY);
}

void group_sweep(struct group *group, uint64_t now_ms)
{
    for (size_t i = group->count; i-- > 0;) {
        struct target *target = group->targets[i];
        struct upstream *upstream, *next;
        for (upstream = LIST_FIRST(&target->idle); upstream != NULL; upstream = next) {
            next = LIST_NEXT(upstream, link);
            if (now_ms - upstream->since_ms > BALANCER_UPSTREAM_IDLE_MS)
                upstream_close(upstream);
        }
        if (target->is.state == BALANCER_DRAINING && now_ms >= target->drain_until_ms)
            target_destroy(target);
    }
}
