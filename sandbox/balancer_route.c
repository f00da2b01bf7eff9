#include "sandbox/balancer_internal.h"

#include <stdlib.h>
#include <string.h>

#define WEIGHT_MAX 999

struct route *route_find(struct listener *listener, const struct client *client, const struct http_head *head)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (balancer_rule_matches(&listener->routes[i].is, head, client->address))
            return &listener->routes[i];
    }
    return NULL;
}

/* Smooth weighted round robin: each gains its weight, the richest is taken and pays the sum. A group
 * that cannot serve keeps its share, as with an Application Load Balancer. */
struct target *route_choose(struct route *route)
{
    struct forward *best = NULL;
    int sum = 0;
    for (size_t i = 0; i < route->is.forward_count; i++) {
        struct forward *forward = &route->forwards[i];
        forward->current += forward->weight;
        sum += forward->weight;
        if (forward->weight > 0 && (best == NULL || forward->current > best->current))
            best = forward;
    }
    if (best == NULL)
        return NULL;
    best->current -= sum;
    return group_choose(best->group);
}

static bool fill(struct route *route, struct balancer *balancer, const struct balancer_rule *rule,
                 struct error *error)
{
    route->is = *rule;
    if (rule->forward_count > BALANCER_FORWARDS_MAX || rule->value_count > BALANCER_VALUES_MAX)
        return error_set(error, ERROR_LIMIT, "a rule forwards to at most %d target groups and has %d values",
                         BALANCER_FORWARDS_MAX, BALANCER_VALUES_MAX);
    for (size_t i = 0; i < rule->forward_count; i++) {
        route->forwards[i].group = group_need(balancer, rule->forwards[i].group, error);
        route->forwards[i].weight = (int)rule->forwards[i].weight;
        if (route->forwards[i].group == NULL)
            return false;
        if (rule->forwards[i].weight > WEIGHT_MAX)
            return error_set(error, ERROR_INVALID, "weight %u is more than %d", rule->forwards[i].weight,
                             WEIGHT_MAX);
    }
    return true;
}

static void use_groups(struct route *routes, size_t count, int change)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < routes[i].is.forward_count; k++)
            group_use(routes[i].forwards[k].group, change);
    }
}

bool route_set(struct listener *listener, const struct balancer_rule *rules, size_t count,
               struct error *error)
{
    struct route *routes = calloc(count + 1, sizeof *routes);
    bool done = true;
    if (routes == NULL)
        return error_set(error, ERROR_SYSTEM, "no memory for a listener's rules");
    if (count > BALANCER_RULES_MAX)
        done = error_set(error, ERROR_LIMIT, "a listener has at most %d rules", BALANCER_RULES_MAX);
    for (size_t i = 0; i < count && done; i++)
        done = fill(&routes[i], listener->balancer, &rules[i], error);
    if (!done) {
        free(routes);
        return false;
    }
    use_groups(routes, count, 1); /* first, so that a group in both stays in use */
    use_groups(listener->routes, listener->count, -1);
    free(listener->routes);
    listener->routes = routes;
    listener->count = count;
    return true;
}
