/* What the inventory asks next: what is on the screen first, the rest as the quotas allow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/retry.h"
#include "core/clock.h"
#include "experiment/inventory_known.h"

#define FRESH_LOCAL_MS 2000
#define FRESH_AWS_MS 15000
#define SELDOM_LOCAL_MS 60000
#define SELDOM_AWS_MS 300000
#define AGAIN_MS 250 /* nothing is read again sooner, however often it is wished */
#define RETRY_MS 3000
#define ACCOUNT_RETRY_MS 30000
/* Less than AWS gives an account (ECS reads: 100 at once, 20 a second; ELBv2: 40 and 10): others live of them
 * too. Of what is left, the last part is for what is on the screen. */
#define ECS_BURST 80
#define ECS_RATE 14
#define ECS_RESERVED 50
#define ELBV2_BURST 30
#define ELBV2_RATE 7
#define ELBV2_RESERVED 10
#define SLOWEST 0.125
#define FASTER 0.05 /* with each answer, after a throttled one */

/* ── budgets ─────────────────────────────────────────────────────────────────────────────── */

static void budget_fill(struct budget *budget, int64_t now_ms)
{
    if (budget->at_ms == 0)
        budget->left = budget->burst;
    else
        budget->left += (double)(now_ms - budget->at_ms) / 1000 * budget->rate * budget->factor;
    if (budget->left > budget->burst)
        budget->left = budget->burst;
    budget->at_ms = now_ms;
}

static bool budget_has(const struct budget *budget, double reserved)
{
    return budget->left >= reserved + 1;
}

void known_init(struct known *known, bool local)
{
    *known = (struct known){
        .fresh_ms = local ? FRESH_LOCAL_MS : FRESH_AWS_MS,
        .seldom_ms = local ? SELDOM_LOCAL_MS : SELDOM_AWS_MS,
        .ecs = {.burst = ECS_BURST, .rate = ECS_RATE, .factor = 1},
        .elbv2 = {.burst = ELBV2_BURST, .rate = ELBV2_RATE, .factor = 1},
    };
}

/* ── making an ask ───────────────────────────────────────────────────────────────────────── */

void ask_free(struct ask *ask)
{
    free(ask->cluster);
    free(ask->cluster_arn);
    free(ask->service);
    for (size_t i = 0; i < ask->count; i++)
        free(ask->items[i]);
    *ask = (struct ask){0};
}

static void ask_add(struct ask *ask, const char *item)
{
    ask->items[ask->count] = strdup(item);
    if (ask->items[ask->count] != NULL && ask->count < ASK_ITEMS_MAX)
        ask->count++;
}

static bool ask_cluster(struct ask *ask, enum ask_kind kind, const struct known_cluster *cluster,
                        const struct known_service *service)
{
    ask->kind = kind;
    ask->cluster = strdup(cluster->shown->name);
    ask->cluster_arn = strdup(cluster->shown->arn);
    ask->service = service == NULL ? NULL : strdup(service->shown->name);
    return ask->cluster != NULL && ask->cluster_arn != NULL && (service == NULL || ask->service != NULL);
}

/* ── what is due ─────────────────────────────────────────────────────────────────────────── */

struct now {
    int64_t ms;
    int every_ms;
    int64_t refresh_ms; /* what was read before is due */
};

static bool is_due(const struct now *now, bool asked, int64_t read_ms, int64_t retry_ms)
{
    if (asked || now->ms < retry_ms)
        return false;
    return read_ms == 0 || now->ms - read_ms >= now->every_ms ||
           (read_ms < now->refresh_ms && now->ms - read_ms >= AGAIN_MS);
}

static bool next_clusters(struct known *known, const struct now *now, struct ask *ask)
{
    if (!is_due(now, known->clusters_asked, known->clusters_ms, known->clusters_retry_ms))
        return false;
    ask->kind = ASK_CLUSTERS;
    return known->clusters_asked = true;
}

static bool next_names(struct known *known, const struct now *now, bool open, bool first, struct ask *ask)
{
    for (size_t i = 0; i < known->cluster_count; i++) {
        struct known_cluster *cluster = &known->clusters[i];
        if (cluster->open == open && (!first || cluster->listed_ms == 0) &&
            is_due(now, cluster->asked, cluster->listed_ms, cluster->retry_ms))
            return cluster->asked = ask_cluster(ask, ASK_NAMES, cluster, NULL);
    }
    return false;
}

static bool wants_details(const struct known_service *service, const struct now *now, bool first)
{
    return (!first || service->read_ms == 0) &&
           is_due(now, service->asked, service->read_ms, service->retry_ms);
}

/* Fills what is left of a call: another ten cost no more than one. */
static void add_details(struct known_cluster *cluster, const struct now *now, bool visible, bool first,
                        struct ask *ask)
{
    for (size_t i = 0; i < cluster->service_count && ask->count < ECS_SERVICES_A_CALL; i++) {
        struct known_service *service = &cluster->services[i];
        if ((visible && !service->visible) || !wants_details(service, now, first))
            continue;
        ask_add(ask, service->shown->arn);
        service->asked = true;
    }
}

static bool next_details(struct known *known, const struct now *now, bool visible, bool first,
                         struct ask *ask)
{
    for (size_t i = 0; i < known->cluster_count; i++) {
        struct known_cluster *cluster = &known->clusters[i];
        if (visible && !cluster->open)
            continue;
        add_details(cluster, now, visible, first, ask);
        if (ask->count == 0)
            continue;
        if (visible)
            add_details(cluster, now, false, true, ask);
        return ask_cluster(ask, ASK_SERVICES, cluster, NULL);
    }
    return false;
}

static bool wants_health(const struct known_service *service, const struct now *now, bool first)
{
    return service->visible && service->shown->target_group_count > 0 &&
           (!first || service->health_ms == 0) &&
           is_due(now, service->health_asked, service->health_ms, service->health_retry_ms);
}

static bool ask_health(struct known_cluster *cluster, struct known_service *service, struct ask *ask)
{
    for (size_t i = 0; i < service->shown->target_group_count && i < ASK_ITEMS_MAX; i++)
        ask_add(ask, service->shown->target_groups[i]->arn);
    return service->health_asked = ask_cluster(ask, ASK_HEALTH, cluster, service);
}

/* The chosen one's before the others', and of those the one that is known the least. */
static bool next_health(struct known *known, const struct now *now, bool chosen, bool first, struct ask *ask)
{
    struct known_cluster *of = NULL;
    struct known_service *best = NULL;
    for (size_t i = 0; i < known->cluster_count; i++) {
        struct known_cluster *cluster = &known->clusters[i];
        for (size_t k = 0; cluster->open && k < cluster->service_count; k++) {
            struct known_service *service = &cluster->services[k];
            if (!wants_health(service, now, first) || (chosen && service->key != known->selected) ||
                (best != NULL && best->health_ms <= service->health_ms))
                continue;
            of = cluster;
            best = service;
        }
    }
    return best != NULL && ask_health(of, best, ask);
}

static bool wants_groups(const struct known_service *service, size_t room)
{
    return service->visible && service->read_ms != 0 && !service->groups_asked && !service->groups_read &&
           service->shown->target_group_count > 0 && service->shown->target_group_count <= room;
}

static bool next_groups(struct known *known, struct ask *ask)
{
    for (size_t i = 0; i < known->cluster_count; i++)
        for (size_t k = 0; known->clusters[i].open && k < known->clusters[i].service_count; k++) {
            struct known_service *service = &known->clusters[i].services[k];
            if (!wants_groups(service, ASK_ITEMS_MAX - ask->count))
                continue;
            for (size_t n = 0; n < service->shown->target_group_count; n++)
                ask_add(ask, service->shown->target_groups[n]->arn);
            service->groups_asked = true;
        }
    ask->kind = ASK_GROUPS;
    return ask->count > 0;
}

static bool next_owner(struct known *known, struct ask *ask)
{
    for (size_t i = 0; i < known->cluster_count; i++)
        for (size_t k = 0; k < known->clusters[i].service_count; k++) {
            struct known_service *service = &known->clusters[i].services[k];
            if (!service->shown->injected || service->owner_read || service->owner_asked)
                continue;
            ask_add(ask, service->shown->task_definition);
            return service->owner_asked = ask_cluster(ask, ASK_OWNER, &known->clusters[i], service);
        }
    return false;
}

static bool next_account(struct known *known, int64_t now_ms, struct ask *ask)
{
    if (known->account_asked || known->account[0] != '\0' || known->clusters_ms == 0 ||
        now_ms < known->account_retry_ms)
        return false;
    ask->kind = ASK_ACCOUNT;
    return known->account_asked = true;
}

/* What has been on the screen for a while without being known is never passed over for what is only old. */
static bool next_of_screen(struct known *known, const struct now *now, struct ask *ask)
{
    bool targets = budget_has(&known->elbv2, 0), old_targets = budget_has(&known->elbv2, ELBV2_RESERVED);
    if (!budget_has(&known->ecs, 0))
        return targets &&
               (next_health(known, now, true, false, ask) || next_health(known, now, false, true, ask));
    return next_clusters(known, now, ask) || next_names(known, now, true, true, ask) ||
           next_details(known, now, true, true, ask) ||
           (targets && (next_health(known, now, true, false, ask) ||
                        next_health(known, now, false, true, ask) || next_groups(known, ask))) ||
           next_owner(known, ask) || next_details(known, now, true, false, ask) ||
           next_names(known, now, true, false, ask) ||
           (old_targets && next_health(known, now, false, false, ask)) || next_account(known, now->ms, ask);
}

/* Names before details: a filter needs no more. While calls wait for each other nothing of the rest stands in
 * the way of what is on the screen. */
static bool next_of_rest(struct known *known, const struct now *now, struct ask *ask)
{
    if (known->held && known->under_way > 0)
        return false;
    return budget_has(&known->ecs, ECS_RESERVED) &&
           (next_names(known, now, false, true, ask) || next_details(known, now, false, true, ask) ||
            next_names(known, now, false, false, ask) || next_details(known, now, false, false, ask));
}

static void pay(struct known *known, const struct ask *ask)
{
    if (ask->kind == ASK_HEALTH)
        known->elbv2.left -= (double)ask->count;
    else if (ask->kind == ASK_GROUPS)
        known->elbv2.left -= 1;
    else if (ask->kind == ASK_CLUSTERS)
        known->ecs.left -= 2;
    else if (ask->kind != ASK_ACCOUNT)
        known->ecs.left -= 1;
}

bool known_next(struct known *known, int64_t now_ms, struct ask *ask)
{
    const struct now screen = {now_ms, known->fresh_ms, known->refresh_ms};
    const struct now rest = {now_ms, known->seldom_ms, 0};
    *ask = (struct ask){0};
    budget_fill(&known->ecs, now_ms);
    budget_fill(&known->elbv2, now_ms);
    if (!next_of_screen(known, &screen, ask) && !next_of_rest(known, &rest, ask)) {
        ask_free(ask);
        return false;
    }
    pay(known, ask);
    known->under_way++;
    return true;
}

/* ── the end of an ask ───────────────────────────────────────────────────────────────────── */

static void done_names(struct known *known, const struct ask *ask, const struct error *error, int64_t now_ms)
{
    struct known_cluster *cluster = known_find_cluster(known, ask->cluster);
    if (cluster == NULL)
        return;
    cluster->asked = false;
    cluster->stale = known->stale =
        known->stale || cluster->failed != (error != NULL) || cluster->listed_ms == 0;
    cluster->failed = error != NULL;
    snprintf(cluster->problem, sizeof cluster->problem, "%s", error == NULL ? "" : error->message);
    if (error != NULL) {
        cluster->retry_ms = now_ms + RETRY_MS;
        return;
    }
    cluster->listed_ms = now_ms;
    known_forget_unlisted(known, cluster);
}

static void done_services(struct known *known, const struct ask *ask, const struct error *error,
                          int64_t now_ms)
{
    struct known_cluster *cluster = known_find_cluster(known, ask->cluster);
    for (size_t i = 0; i < ask->count; i++) {
        struct known_service *service = known_find_service(cluster, ecs_short_name(ask->items[i]));
        if (service == NULL)
            continue;
        service->asked = false;
        if (error != NULL || service->read_ms == 0) /* it was not told of: it has just gone */
            service->retry_ms = now_ms + RETRY_MS;
    }
    if (cluster == NULL)
        return;
    bool failed = error != NULL && error->code != ERROR_NOT_FOUND;
    if (failed || cluster->failed) {
        cluster->failed = failed;
        snprintf(cluster->problem, sizeof cluster->problem, "%s", failed ? error->message : "");
        cluster->stale = known->stale = true;
    }
    known->stale = true; /* what was awaited may have come */
}

static void done_service(struct known *known, const struct ask *ask, const struct error *error,
                         int64_t now_ms)
{
    struct known_service *service = known_find_service(known_find_cluster(known, ask->cluster), ask->service);
    if (service == NULL)
        return;
    if (ask->kind == ASK_OWNER) {
        service->owner_asked = false;
        service->owner_read = true;
        return;
    }
    service->health_asked = false;
    service->health_ms = now_ms;
    service->health_retry_ms = error == NULL ? 0 : now_ms + RETRY_MS;
}

static void done_groups(struct known *known)
{
    for (size_t i = 0; i < known->cluster_count; i++)
        for (size_t k = 0; k < known->clusters[i].service_count; k++) {
            struct known_service *service = &known->clusters[i].services[k];
            service->groups_read = service->groups_read || service->groups_asked;
            service->groups_asked = false;
        }
}

static void done_clusters(struct known *known, const struct error *error, int64_t now_ms)
{
    known->clusters_asked = false;
    if (error != NULL) {
        known->clusters_retry_ms = now_ms + RETRY_MS;
        return;
    }
    known->stale = known->stale || known->clusters_ms == 0;
    known->clusters_ms = now_ms;
    known->clusters_epoch_ms = clock_epoch_ms();
}

static void note_pace(struct known *known, enum ask_kind kind, const struct error *error)
{
    struct budget *budget = kind == ASK_HEALTH || kind == ASK_GROUPS ? &known->elbv2 : &known->ecs;
    if (error != NULL && aws_retry_classify(error->reason, 400) == AWS_ATTEMPT_THROTTLED) {
        budget->left = 0;
        budget->factor = budget->factor / 2 > SLOWEST ? budget->factor / 2 : SLOWEST;
    } else {
        budget->factor = budget->factor + FASTER < 1 ? budget->factor + FASTER : 1;
    }
}

void known_done(struct known *known, const struct ask *ask, const struct error *error, int64_t now_ms)
{
    const char *problem = error == NULL || error->code == ERROR_NOT_FOUND ? "" : error->message;
    if (strcmp(known->problems[ask->kind], problem) != 0) {
        snprintf(known->problems[ask->kind], sizeof known->problems[0], "%s", problem);
        known->stale = true;
    }
    known->under_way--;
    note_pace(known, ask->kind, error);
    switch (ask->kind) {
    case ASK_CLUSTERS:
        done_clusters(known, error, now_ms);
        break;
    case ASK_NAMES:
        done_names(known, ask, error, now_ms);
        break;
    case ASK_SERVICES:
        done_services(known, ask, error, now_ms);
        break;
    case ASK_GROUPS:
        done_groups(known);
        break;
    case ASK_ACCOUNT:
        known->account_asked = false;
        known->account_retry_ms = now_ms + ACCOUNT_RETRY_MS;
        break;
    default:
        done_service(known, ask, error, now_ms);
        break;
    }
}
