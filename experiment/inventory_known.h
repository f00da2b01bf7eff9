/*
 * inventory_known: what the inventory knows, how old that is, and what is to be asked next. No calls and no
 * threads: inventory.c holds its lock. All times are monotonic milliseconds, 0: never.
 */
#ifndef SHAKETABLE_EXPERIMENT_INVENTORY_KNOWN_H
#define SHAKETABLE_EXPERIMENT_INVENTORY_KNOWN_H

#include "aws/ecs.h"
#include "aws/elbv2.h"
#include "experiment/inventory.h"
#include "experiment/model.h"

#define ASK_ITEMS_MAX 20

enum ask_kind {
    ASK_CLUSTERS, /* all clusters */
    ASK_NAMES,    /* the names of a cluster's services */
    ASK_SERVICES, /* some of its services: items are ARNs */
    ASK_HEALTH,   /* of a service's targets: items are its groups' ARNs */
    ASK_GROUPS,   /* what they are: items are groups' ARNs */
    ASK_OWNER,    /* whose revision a service runs: the item is the task definition */
    ASK_ACCOUNT,
    ASK_KINDS
};
struct ask {
    enum ask_kind kind;
    char *cluster, *cluster_arn, *service; /* names */
    size_t count;
    char *items[ASK_ITEMS_MAX];
};
void ask_free(struct ask *ask);

/* A share of an account's quota: `burst` calls at once, and `rate` a second. */
struct budget {
    double burst, rate;
    double factor; /* of the rate: less after a throttled answer */
    double left;
    int64_t at_ms;
};

struct known_service {
    uint64_t key;
    struct model_service *shown;
    bool visible;
    bool listed; /* in the list that is being read */
    bool asked, health_asked, groups_asked, owner_asked;
    bool groups_read, owner_read;
    int64_t read_ms, health_ms;
    int64_t retry_ms, health_retry_ms; /* after a failure: not before */
};
struct known_cluster {
    uint64_t key;
    struct model_cluster *shown;
    bool stale; /* `shown` is not what is known now */
    bool open;
    bool asked;
    bool failed;
    int64_t listed_ms, retry_ms;
    char problem[ERROR_MESSAGE_MAX];
    struct known_service *services; /* by name */
    size_t service_count, service_capacity;
};
struct known {
    int fresh_ms, seldom_ms; /* how old what is visible may be, and the rest */
    struct known_cluster *clusters;
    size_t cluster_count;
    bool clusters_asked;
    int64_t clusters_ms, clusters_retry_ms, clusters_epoch_ms;
    uint64_t visible[INTENT_VISIBLE_MAX];
    size_t visible_count;
    uint64_t selected_cluster, selected; /* keys */
    int64_t refresh_ms;                  /* what is visible and older is read anew */
    bool account_asked;
    int64_t account_retry_ms;
    char account[INVENTORY_ACCOUNT_MAX];
    char problems[ASK_KINDS][ERROR_MESSAGE_MAX]; /* "": it went well the last time */
    struct budget ecs, elbv2;
    bool held;          /* the client holds calls back, as AWS throttles them */
    unsigned under_way; /* asks */
    bool stale;
};

void known_init(struct known *known, bool local);
void known_free(struct known *known);
void known_show(struct known *known, const uint64_t *keys, size_t count);
void known_select(struct known *known, const char *cluster, const char *service);

/* What to ask now; false: nothing yet. It counts as asked until known_done. ask_free it. */
bool known_next(struct known *known, int64_t now_ms, struct ask *ask);
/* The ask was answered (error NULL), or was not. */
void known_done(struct known *known, const struct ask *ask, const struct error *error, int64_t now_ms);

/* Answers, as they come. */
void known_put_clusters(struct known *known, const struct ecs_clusters *clusters);
void known_begin_names(struct known *known, const char *cluster);
void known_put_names(struct known *known, const char *cluster, const struct ecs_names *page);
/* The list is whole: what is not in it is gone. */
void known_forget_unlisted(struct known *known, struct known_cluster *cluster);
void known_put_service(struct known *known, const char *cluster, const struct ecs_service *service,
                       int64_t now_ms);
void known_put_health(struct known *known, const struct ask *ask, const char *group_arn,
                      const struct elbv2_targets *targets);
void known_put_groups(struct known *known, const struct elbv2_target_groups *groups);
void known_put_owner(struct known *known, const struct ask *ask, const char *experiment,
                     const char *operator_name, bool prepared);

/* NULL: there is none. */
struct known_cluster *known_find_cluster(struct known *known, const char *name);
struct known_service *known_find_service(struct known_cluster *cluster, const char *name);

/* What there is to show; NULL without memory. */
struct model_inventory *known_snapshot(struct known *known);

#endif
