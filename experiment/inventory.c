#include "experiment/inventory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/sts.h"
#include "core/clock.h"
#include "experiment/inventory_known.h"
#include "experiment/job.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/way_back.h"

#define THREADS 6
#define LOOK_MS 100 /* how often somebody looks whether something is due */

struct inventory {
    struct aws_client *client;
    const atomic_bool *cancel;
    void (*changed)(void *context);
    void *context;
    pthread_t threads[THREADS];
    size_t thread_count;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    bool stopping, watched; /* one thread looks at the clock, the others wait for it */
    struct known known;
};

/* ── the calls ───────────────────────────────────────────────────────────────────────────── */

/* One ask on its way, with what its answers are told to. */
struct asking {
    struct inventory *inventory;
    const struct ask *ask;
};

static void take_names(void *context, const struct ecs_names *page)
{
    const struct asking *asking = context;
    struct inventory *inventory = asking->inventory;
    pthread_mutex_lock(&inventory->lock);
    known_put_names(&inventory->known, asking->ask->cluster, page);
    pthread_cond_signal(&inventory->wake); /* there may be something to ask already */
    pthread_mutex_unlock(&inventory->lock);
    inventory->changed(inventory->context);
}

static void take_service(void *context, const struct ecs_service *service)
{
    const struct asking *asking = context;
    struct inventory *inventory = asking->inventory;
    pthread_mutex_lock(&inventory->lock);
    known_put_service(&inventory->known, asking->ask->cluster, service, clock_ms());
    pthread_mutex_unlock(&inventory->lock);
}

static bool read_clusters(struct inventory *inventory, struct error *error)
{
    struct ecs_clusters clusters = {0};
    bool done = ecs_list_clusters(inventory->client, &clusters, error);
    if (done) {
        pthread_mutex_lock(&inventory->lock);
        known_put_clusters(&inventory->known, &clusters);
        pthread_mutex_unlock(&inventory->lock);
    }
    ecs_clusters_free(&clusters);
    return done;
}

static bool read_names(const struct asking *asking, struct error *error)
{
    struct inventory *inventory = asking->inventory;
    pthread_mutex_lock(&inventory->lock);
    known_begin_names(&inventory->known, asking->ask->cluster);
    pthread_mutex_unlock(&inventory->lock);
    return ecs_list_service_names(inventory->client, asking->ask->cluster_arn, take_names, (void *)asking,
                                  error);
}

static bool read_services(const struct asking *asking, struct error *error)
{
    const struct ask *ask = asking->ask;
    return ecs_describe_services(asking->inventory->client, ask->cluster_arn, (const char *const *)ask->items,
                                 ask->count, take_service, (void *)asking, error);
}

/* A group that has just been deleted is no reason to stop. */
static bool read_health(const struct asking *asking, struct error *error)
{
    struct inventory *inventory = asking->inventory;
    struct elbv2_targets targets = {0};
    bool done = true;
    for (size_t i = 0; done && i < asking->ask->count; i++) {
        const char *arn = asking->ask->items[i];
        done = elbv2_describe_target_health(inventory->client, arn, &targets, error);
        if (!done) {
            done = error->code == ERROR_NOT_FOUND;
            continue;
        }
        pthread_mutex_lock(&inventory->lock);
        known_put_health(&inventory->known, asking->ask, arn, &targets);
        pthread_mutex_unlock(&inventory->lock);
    }
    elbv2_targets_free(&targets);
    return done;
}

static bool read_groups(const struct asking *asking, struct error *error)
{
    struct inventory *inventory = asking->inventory;
    struct elbv2_target_groups groups = {0};
    bool done = elbv2_describe_target_groups(inventory->client, (const char *const *)asking->ask->items,
                                             asking->ask->count, &groups, error);
    if (done) {
        pthread_mutex_lock(&inventory->lock);
        known_put_groups(&inventory->known, &groups);
        pthread_mutex_unlock(&inventory->lock);
    }
    elbv2_target_groups_free(&groups);
    return done;
}

/* Whose experiment is in it? One call, and only for a service that runs a revision of ours. */
static bool read_owner(const struct asking *asking, struct error *error)
{
    struct inventory *inventory = asking->inventory;
    struct json_object *response = NULL;
    struct way_back way_back = {0};
    bool done = ecs_describe_task_definition(inventory->client, asking->ask->items[0], &response, error);
    if (done && way_back_from_task_definition(&way_back, json_object_of(response, "taskDefinition"), NULL)) {
        pthread_mutex_lock(&inventory->lock);
        known_put_owner(&inventory->known, asking->ask, way_back.experiment, way_back.operator_name,
                        way_back.prepares);
        pthread_mutex_unlock(&inventory->lock);
    }
    way_back_free(&way_back);
    json_object_put(response);
    return done;
}

static bool read_account(struct inventory *inventory, struct error *error)
{
    struct sts_identity identity;
    if (!sts_get_caller_identity(inventory->client, &identity, error))
        return false;
    pthread_mutex_lock(&inventory->lock);
    memcpy(inventory->known.account, identity.account,
           sizeof identity.account < sizeof inventory->known.account ? sizeof identity.account
                                                                     : sizeof inventory->known.account);
    inventory->known.account[sizeof inventory->known.account - 1] = '\0';
    inventory->known.stale = true;
    pthread_mutex_unlock(&inventory->lock);
    return true;
}

static bool perform(const struct asking *asking, struct error *error)
{
    switch (asking->ask->kind) {
    case ASK_CLUSTERS:
        return read_clusters(asking->inventory, error);
    case ASK_NAMES:
        return read_names(asking, error);
    case ASK_SERVICES:
        return read_services(asking, error);
    case ASK_HEALTH:
        return read_health(asking, error);
    case ASK_GROUPS:
        return read_groups(asking, error);
    case ASK_OWNER:
        return read_owner(asking, error);
    default:
        return read_account(asking->inventory, error);
    }
}

/* ── the threads ─────────────────────────────────────────────────────────────────────────── */

/* With the lock, which is free while the call is under way. */
static void answer(struct inventory *inventory, const struct ask *ask)
{
    struct asking asking = {inventory, ask};
    struct error error = {0};
    struct aws_client_pace pace;
    pthread_cond_signal(&inventory->wake); /* there may be more */
    pthread_mutex_unlock(&inventory->lock);
    bool done = perform(&asking, &error);
    pthread_mutex_lock(&inventory->lock);
    if (!atomic_load(inventory->cancel)) /* else it says nothing about AWS */
        known_done(&inventory->known, ask, done ? NULL : &error, clock_ms());
    inventory->known.held = aws_client_get_pace(inventory->client, &pace);
    bool stale = inventory->known.stale;
    pthread_mutex_unlock(&inventory->lock);
    if (stale)
        inventory->changed(inventory->context);
    pthread_mutex_lock(&inventory->lock);
}

static void wait_for_work(struct inventory *inventory)
{
    struct timespec until;
    if (inventory->watched) {
        pthread_cond_wait(&inventory->wake, &inventory->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    inventory->watched = true;
    pthread_cond_timedwait(&inventory->wake, &inventory->lock, &until);
    inventory->watched = false;
}

static void *work(void *context)
{
    struct inventory *inventory = context;
    pthread_mutex_lock(&inventory->lock);
    while (!inventory->stopping) {
        struct ask ask;
        if (!atomic_load(inventory->cancel) && known_next(&inventory->known, clock_ms(), &ask)) {
            answer(inventory, &ask);
            ask_free(&ask);
        } else {
            wait_for_work(inventory);
        }
    }
    pthread_cond_broadcast(&inventory->wake);
    pthread_mutex_unlock(&inventory->lock);
    return NULL;
}

static void start_threads(struct inventory *inventory)
{
    sigset_t all, old;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (inventory->thread_count < THREADS &&
           pthread_create(&inventory->threads[inventory->thread_count], NULL, work, inventory) == 0)
        inventory->thread_count++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct inventory *inventory_start(struct aws_client *client, const atomic_bool *cancel,
                                  void (*changed)(void *context), void *context)
{
    struct inventory *inventory = calloc(1, sizeof *inventory);
    pthread_condattr_t monotonic;
    if (inventory == NULL)
        return NULL;
    inventory->client = client;
    inventory->cancel = cancel;
    inventory->changed = changed;
    inventory->context = context;
    known_init(&inventory->known, job_endpoint_is_local(aws_client_endpoint(client)));
    pthread_mutex_init(&inventory->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&inventory->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    start_threads(inventory);
    if (inventory->thread_count > 0)
        return inventory;
    inventory_stop(inventory);
    return NULL;
}

void inventory_stop(struct inventory *inventory)
{
    if (inventory == NULL)
        return;
    pthread_mutex_lock(&inventory->lock);
    inventory->stopping = true;
    pthread_cond_broadcast(&inventory->wake);
    pthread_mutex_unlock(&inventory->lock);
    for (size_t i = 0; i < inventory->thread_count; i++)
        pthread_join(inventory->threads[i], NULL);
    known_free(&inventory->known);
    pthread_cond_destroy(&inventory->wake);
    pthread_mutex_destroy(&inventory->lock);
    free(inventory);
}

/* ── wishes and snapshots ────────────────────────────────────────────────────────────────── */

void inventory_show(struct inventory *inventory, const uint64_t *keys, size_t count)
{
    pthread_mutex_lock(&inventory->lock);
    known_show(&inventory->known, keys, count);
    pthread_cond_signal(&inventory->wake);
    pthread_mutex_unlock(&inventory->lock);
}

void inventory_select(struct inventory *inventory, const char *cluster, const char *service)
{
    pthread_mutex_lock(&inventory->lock);
    known_select(&inventory->known, cluster, service);
    pthread_cond_signal(&inventory->wake);
    pthread_mutex_unlock(&inventory->lock);
}

void inventory_refresh(struct inventory *inventory)
{
    pthread_mutex_lock(&inventory->lock);
    inventory->known.refresh_ms = clock_ms();
    pthread_cond_signal(&inventory->wake);
    pthread_mutex_unlock(&inventory->lock);
}

struct model_inventory *inventory_take(struct inventory *inventory)
{
    pthread_mutex_lock(&inventory->lock);
    struct model_inventory *snapshot = inventory->known.stale ? known_snapshot(&inventory->known) : NULL;
    pthread_mutex_unlock(&inventory->lock);
    return snapshot;
}

void inventory_account(struct inventory *inventory, char account[INVENTORY_ACCOUNT_MAX])
{
    pthread_mutex_lock(&inventory->lock);
    memcpy(account, inventory->known.account, INVENTORY_ACCOUNT_MAX);
    pthread_mutex_unlock(&inventory->lock);
}
