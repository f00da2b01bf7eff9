#include "experiment/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecs.h"
#include "experiment/fis_actions.h"
#include "experiment/fis_faults.h"
#include "experiment/template_times.h"

/* While it is made. */
struct making {
    struct timeline *timeline;
    const struct template *template;
    struct template_times times;
    struct fis_faults_taken taken[TEMPLATE_ACTIONS_MAX]; /* of the network actions */
    bool network[TEMPLATE_ACTIONS_MAX];
    bool overridden; /* the caller says which service it is */
    struct refusals *refusals;
};

static bool is_action(const struct template_action *action, const char *id)
{
    return strcmp(action->action_id, id) == 0;
}

static void name_it(char *where, size_t size, const char *kind, const char *name)
{
    snprintf(where, size, "%s %s", kind, name);
}

/* Filters that leave nobody out: FIS is told to take only running tasks, and we have only such. */
static bool is_harmless(const struct template_filter *filter)
{
    return strcmp(filter->path, "LastStatus") == 0 && filter->values.count == 1 &&
           strcmp(filter->values.items[0], "RUNNING") == 0;
}

static void set_service(struct making *making, const struct template_target *target, const char *where)
{
    const char *cluster = template_value(&target->parameters, "cluster");
    const char *service = template_value(&target->parameters, "service");
    struct timeline *timeline = making->timeline;
    if (cluster == NULL || service == NULL) {
        refusals_add(making->refusals, where,
                     "it does not name its service by the parameters cluster and service: add --cluster and "
                     "--service");
        return;
    }
    if (strlen(cluster) >= TIMELINE_NAME_MAX || strlen(service) >= TIMELINE_NAME_MAX) {
        refusals_add(making->refusals, where, "its cluster's or service's name is too long");
        return;
    }
    for (size_t i = 0; i < target->filter_count; i++)
        if (!is_harmless(&target->filters[i]))
            refusals_add(making->refusals, where,
                         "the sidecar is in all of a service's tasks, and can't be had by the filter %s",
                         target->filters[i].path);
    if (timeline->service[0] == '\0') {
        snprintf(timeline->cluster, sizeof timeline->cluster, "%s", cluster);
        snprintf(timeline->service, sizeof timeline->service, "%s", service);
    } else if (strcmp(ecs_short_name(timeline->cluster), ecs_short_name(cluster)) != 0 ||
               strcmp(ecs_short_name(timeline->service), ecs_short_name(service)) != 0) {
        refusals_add(making->refusals, where, "one service at a time: it is %s/%s, and another is %s/%s",
                     cluster, service, timeline->cluster, timeline->service);
    }
}

/* Targets are told once, however many actions have them. */
static void look_at_target(struct making *making, const struct template_target *target)
{
    char where[REFUSAL_WHERE_MAX];
    bool network = false, used = false;
    for (size_t i = 0; i < making->template->action_count; i++) {
        const struct template_action *action = &making->template->actions[i];
        bool stops = is_action(action, FIS_STOP_TASK);
        if (template_action_target(making->template, action) != target || (!stops && !making->network[i]))
            continue;
        used = true;
        network = network || making->network[i];
    }
    if (!used)
        return;
    name_it(where, sizeof where, "target", target->name);
    if (network && target->selection != TEMPLATE_ALL)
        refusals_add(making->refusals, where,
                     "the sidecar is in all of a service's tasks: selectionMode must be ALL, not %s",
                     target->selection_mode);
    if (!making->overridden)
        set_service(making, target, where);
}

static void look_at_action(struct making *making, size_t index)
{
    const struct template_action *action = &making->template->actions[index];
    const struct fis_action *known = fis_actions_find(action->action_id);
    struct refusals found = {0};
    char where[REFUSAL_WHERE_MAX];
    name_it(where, sizeof where, "action", action->name);
    if (known == NULL || (known->actors & FIS_BY_SIDECAR) == 0) {
        refusals_add(making->refusals, where, "%s is nothing that the sidecar can do", action->action_id);
        return;
    }
    making->network[index] = known->network;
    if (known->network && !fis_faults_from_action(action, &making->taken[index], &found))
        refusals_take(making->refusals, where, &found);
    if (making->taken[index].port > 0)
        making->timeline->ports[making->timeline->port_count++] = making->taken[index].port;
}

static void look_at_pair(struct making *making, size_t a, size_t b)
{
    const struct template_action *first = &making->template->actions[a];
    const struct template_action *second = &making->template->actions[b];
    char where[REFUSAL_WHERE_MAX];
    if (!making->network[a] || !making->network[b] || !template_overlap(&making->times, a, b))
        return;
    snprintf(where, sizeof where, "actions %s and %s", first->name, second->name);
    if (strcmp(first->action_id, second->action_id) == 0)
        refusals_add(making->refusals, where, "two of %s at the same time", first->action_id);
    else if (making->taken[a].fault.scope.percent != making->taken[b].fault.scope.percent)
        refusals_add(making->refusals, where,
                     "the sidecar faults one share of the requests: at the same time they must have the same "
                     "flowsPercent (a blackhole has 100)");
}

static void look_at_all(struct making *making)
{
    const struct template *template = making->template;
    bool useful = false;
    for (size_t i = 0; i < template->action_count; i++) {
        look_at_action(making, i);
        useful = useful || !is_action(&template->actions[i], FIS_WAIT);
    }
    for (size_t a = 0; a < template->action_count; a++)
        for (size_t b = a + 1; b < template->action_count; b++)
            look_at_pair(making, a, b);
    for (size_t i = 0; i < template->target_count; i++)
        look_at_target(making, &template->targets[i]);
    if (template->multi_account)
        refusals_add(making->refusals, "experimentOptions", "the sidecar knows one account only");
    if (!useful)
        refusals_add(making->refusals, "actions", "there is nothing to do but wait");
}

/* ── the moments ── */

static void add_moment(struct making *making, size_t index, bool starts)
{
    const struct template_action *action = &making->template->actions[index];
    struct timeline_moment *moment = &making->timeline->moments[making->timeline->moment_count++];
    moment->at_ms = starts ? making->times.start_ms[index] : making->times.end_ms[index];
    moment->action = action;
    moment->starts = starts;
    moment->what = making->network[index]             ? TIMELINE_FAULT
                   : is_action(action, FIS_STOP_TASK) ? TIMELINE_STOP_TASK
                                                      : TIMELINE_WAIT;
    moment->target = template_action_target(making->template, action);
}

/* Ends go before starts; starts in the order in which they depend on each other. Insertion keeps that order
 * where times are equal. */
static void sort_moments(struct timeline *timeline)
{
    for (size_t i = 1; i < timeline->moment_count; i++) {
        struct timeline_moment moment = timeline->moments[i];
        size_t at = i;
        for (; at > 0 && timeline->moments[at - 1].at_ms > moment.at_ms; at--)
            timeline->moments[at] = timeline->moments[at - 1];
        timeline->moments[at] = moment;
    }
}

static void add_fault(struct fault *sum, const struct fault *part)
{
    if (part->latency.mean_ms > 0 || part->latency.jitter_ms > 0)
        sum->latency = part->latency;
    if (part->loss.percent > 0)
        sum->loss = part->loss;
    if (part->blackhole.percent > 0)
        sum->blackhole = part->blackhole;
    sum->scope.percent = part->scope.percent;
}

static void fault_at(const struct making *making, int64_t at_ms, struct fault *fault)
{
    fault_init(fault);
    for (size_t i = 0; i < making->template->action_count; i++)
        if (making->network[i] && making->times.start_ms[i] <= at_ms && at_ms < making->times.end_ms[i])
            add_fault(fault, &making->taken[i].fault);
}

static void make_moments(struct making *making)
{
    for (size_t i = 0; i < making->times.count; i++) {
        size_t index = making->times.order[i];
        if (making->times.end_ms[index] > making->times.start_ms[index])
            add_moment(making, index, false);
    }
    for (size_t i = 0; i < making->times.count; i++)
        add_moment(making, making->times.order[i], true);
    sort_moments(making->timeline);
    for (size_t i = 0; i < making->timeline->moment_count; i++) {
        struct timeline_moment *moment = &making->timeline->moments[i];
        fault_at(making, moment->at_ms, &moment->fault);
    }
    making->timeline->total_ms = making->times.total_ms;
}

struct timeline *timeline_make(struct template *template, const char *cluster, const char *service,
                               struct refusals *refusals)
{
    struct making *making = calloc(1, sizeof *making);
    struct timeline *timeline = calloc(1, sizeof *timeline);
    struct refusals *found = calloc(1, sizeof *found);
    bool done = false;
    if (making == NULL || timeline == NULL || found == NULL) {
        refusals_add(refusals, "memory", "there is none left");
        goto out;
    }
    making->timeline = timeline;
    making->template = template;
    making->refusals = found;
    making->overridden = cluster != NULL && cluster[0] != '\0' && service != NULL && service[0] != '\0';
    timeline->template = template_retain(template);
    template_times(template, &making->times);
    if (making->overridden) {
        snprintf(timeline->cluster, sizeof timeline->cluster, "%s", cluster);
        snprintf(timeline->service, sizeof timeline->service, "%s", service);
    }
    look_at_all(making);
    refusals_take(refusals, "", found);
    done = found->count == 0;
    if (done)
        make_moments(making);
out:
    free(found);
    free(making);
    if (!done) {
        timeline_free(timeline);
        timeline = NULL;
    }
    return timeline;
}

void timeline_free(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    template_release(timeline->template);
    free(timeline);
}
