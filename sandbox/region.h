/*
 * region: the state of the embedded region, all of it under one mutex. API handlers run with the
 * mutex held (router.c takes it), the scheduler takes it for each of its rounds. Everything here is
 * owned by the region; clusters, services and task definitions live as long as it does (AWS, too,
 * goes on describing them as INACTIVE), target groups and tasks may go.
 */
#ifndef SHAKETABLE_SANDBOX_REGION_H
#define SHAKETABLE_SANDBOX_REGION_H

#include "core/error.h"
#include "sandbox/balancer.h"
#include "sandbox/hints.h"
#include "sandbox/json.h"
#include "sandbox/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REGION_NAME_MAX 256
#define REGION_ARN_MAX 1024
#define REGION_REASON_MAX 1024
#define REGION_EVENTS_MAX 100    /* of a service, as ECS keeps them */
#define REGION_CONTAINERS_MAX 10 /* of a task */
#define REGION_CLUSTERS_MAX 1000
#define REGION_SERVICES_MAX 5000 /* of the region */
#define REGION_DEFINITIONS_MAX 10000
#define REGION_GROUPS_MAX 3000
#define REGION_TASKS_MAX 2000    /* of a service */
#define REGION_ALONE_MAX 200     /* tasks that run without a service */
#define REGION_STOPPED_KEPT_S 60 /* a stopped task is described for so long */
#define REGION_ACCOUNT "000000000000"
#define REGION_VPC "vpc-0a1b2c3d4e5f60718"
#define REGION_SUBNET_A "subnet-0f1e2d3c4b5a69788"
#define REGION_SUBNET_B "subnet-01a2b3c4d5e6f7089"

/* What takes ECS or a load balancer 10 s takes the region 1 s, times `pace`. */
#define REGION_HASTE 10

struct cluster {
    char name[REGION_NAME_MAX];
    char arn[REGION_ARN_MAX];
    bool active;
    int services, running, pending; /* as they were counted last */
    struct json_object *tags, *settings;
};

struct definition {
    char family[REGION_NAME_MAX];
    char arn[REGION_ARN_MAX];
    int revision;
    bool active;
    double registered, deregistered; /* epoch seconds, as all times that are doubles */
    struct json_object *body;        /* as it was registered, verbatim, with ECS's defaults added; no tags */
    struct json_object *tags;
};

enum container_state { CONTAINER_PENDING, CONTAINER_RUNNING, CONTAINER_STOPPED };
#define CONTAINER_AGENT_ID_MAX 48
struct container {
    char name[REGION_NAME_MAX];
    char arn[REGION_ARN_MAX];
    char image[REGION_ARN_MAX];
    char runtime_id[64];
    char reason[REGION_REASON_MAX];
    bool essential;
    enum container_state state;
    struct json_object *definition; /* with the task's overrides */
    pid_t pid;                      /* 0: none */
    struct container_log *log;      /* what it prints, on its way to CloudWatch Logs; NULL: it goes nowhere */
    int stop_timeout_s;             /* from its SIGTERM to its SIGKILL */
    int64_t started_ms;             /* its process, by the monotonic clock */
    bool told_to_end;               /* by SIGTERM, in its turn; then */
    int64_t told_ms;                /* when */
    char agent_id[CONTAINER_AGENT_ID_MAX]; /* see agent.h */
    int64_t agent_asked_ms[3][3];          /* when it last took a request, by fault and verb; 0: never */
    bool killed;
    bool has_exit_code;
    int exit_code;
};

enum task_state {
    TASK_PROVISIONING,
    TASK_PENDING,
    TASK_ACTIVATING,
    TASK_RUNNING,
    TASK_DEACTIVATING,
    TASK_STOPPING,
    TASK_DEPROVISIONING,
    TASK_STOPPED
};
struct task_keys;
struct task {
    char id[33];
    char arn[REGION_ARN_MAX];
    char address[BALANCER_ADDRESS_MAX];
    char inside[BALANCER_ADDRESS_MAX]; /* where its containers are; the same unless it has an interface */
    struct interface *interface;       /* see interface.h; NULL: none */
    struct task_keys *keys;            /* its role's, see task_keys.h; NULL: it has none */
    char interface_id[32], attachment_id[37], subnet[32], mac[18];
    struct cluster *cluster;
    struct service *service; /* NULL: RunTask started it */
    struct definition *definition;
    char deployment[64]; /* the id of the deployment that started it; "": none did */
    char started_by[129], group[REGION_NAME_MAX + 16];
    struct json_object *asked;           /* RunTask's request; NULL: a service's */
    struct json_object *load_balancers;  /* of that deployment; NULL: none */
    struct json_object *security_groups; /* of its network; NULL: none */
    struct json_object *tags;
    enum task_state state;
    bool stopping;        /* its desired status is STOPPED */
    bool registered;      /* with its target groups */
    bool healthy;         /* running, and healthy in all its target groups */
    bool failed;          /* its health checks failed */
    bool execute_command; /* ECS Exec, as its service had it when it was started */
    bool counted;         /* among the deployment's failed tasks */
    struct container *containers;
    size_t container_count;
    int64_t since_ms; /* in this state, by the monotonic clock */
    int64_t running_ms;
    double created, connected, pull_started, pull_stopped, started, stopping_at, execution_stopped, stopped;
    char stop_code[64];
    char stopped_reason[REGION_REASON_MAX];
};

struct deployment {
    char id[64]; /* "ecs-svc/…" */
    bool primary;
    bool completed, broken; /* rolloutState COMPLETED, FAILED; else IN_PROGRESS */
    char reason[REGION_REASON_MAX];
    struct definition *definition;
    struct json_object *load_balancers, *network;
    char platform_version[32];
    int failed_tasks;
    int desired, running, pending; /* counted by the scheduler */
    double created, updated;
};

enum service_state { SERVICE_ACTIVE, SERVICE_DRAINING, SERVICE_INACTIVE };
struct service {
    char name[REGION_NAME_MAX];
    char arn[REGION_ARN_MAX];
    struct cluster *cluster;
    enum service_state state;
    int desired;
    int minimum_percent, maximum_percent;
    bool breaker, breaker_rollback;
    int grace_s; /* healthCheckGracePeriodSeconds; -1: not set */
    bool steady;
    struct json_object *tags;
    struct json_object
        *created_from;         /* what CreateService and UpdateService set and the scheduler does not use */
    struct json_object *asked; /* the request that created it */
    struct list deployments;   /* struct deployment *, the primary first; none of an EXTERNAL controller */
    struct list events;        /* struct event *, the latest last */
    /* To go back to when the circuit breaker rolls back. */
    struct definition *good_definition;
    struct json_object *good_load_balancers, *good_network;
    int failures_in_a_row;
    int64_t retry_ms; /* no task is started before */
    bool described;   /* nothing stands behind it, see seed_big.h; nor behind its tasks */
    double created;
};
struct event {
    char id[37];
    double at;
    char message[REGION_REASON_MAX];
};

struct load_balancer {
    char name[REGION_NAME_MAX];
    char arn[REGION_ARN_MAX];
    char address[BALANCER_ADDRESS_MAX]; /* and its DNSName */
    char security_group[32];
    struct json_object *tags;
    double created;
};
struct listener {
    char arn[REGION_ARN_MAX];
    struct load_balancer *load_balancer;
    uint16_t port;
    unsigned number;             /* the balancer's */
    struct json_object *actions; /* default actions */
    struct json_object *tags;
};
struct rule {
    char arn[REGION_ARN_MAX];
    struct listener *listener;
    int priority; /* 0: the default rule, whose actions are the listener's */
    struct json_object *conditions, *actions;
    struct json_object *tags;
};
struct target_group {
    char name[REGION_NAME_MAX];
    char arn[REGION_ARN_MAX];
    char target_type[16];
    uint16_t port;
    unsigned number;                 /* the balancer's */
    struct json_object *settings;    /* HealthCheck…, Matcher, Protocol…, VpcId, as described */
    struct json_object *attributes;  /* those that were set: {key: text} */
    struct load_balancer *described; /* only described, as that one's; `seen` are its targets. NULL: real */
    struct json_object *tags;
    struct balancer_target *seen; /* what the scheduler saw in this round */
    size_t seen_count;
};

struct security_group {
    char id[32];
    char name[REGION_NAME_MAX], description[REGION_NAME_MAX];
    struct list rules; /* struct security_group_rule *, for ingress */
};

struct region {
    pthread_mutex_t mutex;
    char name[64];
    double pace;
    unsigned network; /* the second octet of all its addresses: 127.N.x.y */
    unsigned next_address;
    int wake; /* eventfd: something changed, the scheduler should look */
    struct balancer *balancer;
    char endpoint_host[64]; /* where its own API is served; "": nowhere yet */
    uint16_t endpoint_port;
    char program[4096]; /* this executable */
    char proxy[4096];   /* shaketable-proxy */
    char console[4096]; /* shaketable, for its command probe */
    const char *logs;   /* folder for the containers' output; NULL: none */
    struct list clusters, services, definitions, tasks;
    struct hints service_hints, definition_hints, task_hints, group_hints;
    uint64_t next_log_event;
    struct list log_streams; /* struct log_stream *, by age */
    struct list log_groups;  /* struct log_group *, those that were made */
    struct list sessions;    /* struct session *, by age */
    struct list load_balancers, listeners, rules, target_groups, security_groups;
    struct list alarms;
    struct list roles;            /* struct iam_role *, of the account */
    struct dynamodb *dynamodb;    /* see dynamodb_table.h; NULL: no table was made */
    struct fis *fis;              /* see fis.h */
    struct chaos *chaos;          /* see chaos.h */
    struct product_api *products; /* see product_api.h */
    struct json_object *scaling;  /* of Application Auto Scaling, see autoscaling.h; NULL: nothing */
};

void region_init(struct region *region, const char *name, double pace);
/* The processes must have ended and the balancer stopped. */
void region_free(struct region *region);
double region_now(void);
/* Tells the scheduler to look. From any thread, also from a signal handler. */
void region_wake(struct region *region);
/* A time of ECS's or of a load balancer's, in seconds, as the region waits it, in ms. */
int region_wait_ms(const struct region *region, int aws_seconds);
/* The next address for a task, from 127.N.2.1 on; comes round after some 64,000. */
void region_take_address(struct region *region, char address[BALANCER_ADDRESS_MAX]);

/* All finds take a name or an ARN and return NULL for what is not there. */
struct cluster *region_find_cluster(struct region *region, const char *name); /* NULL: "default" */
struct service *region_find_service(struct region *region, const struct cluster *cluster, const char *name);
struct task *region_find_task(struct region *region, const struct cluster *cluster, const char *name);
/* "family" (its latest ACTIVE revision), "family:revision" or an ARN. */
struct definition *region_find_definition(struct region *region, const char *name);
struct target_group *region_find_group(struct region *region, const char *arn);
struct target_group *region_find_group_by_name(struct region *region, const char *name);
struct load_balancer *region_find_load_balancer(struct region *region, const char *name);
struct listener *region_find_listener(struct region *region, const char *arn);
struct rule *region_find_rule(struct region *region, const char *arn);
/* True when an action of the list forwards to the group. */
bool region_actions_use(struct json_object *actions, const char *group_arn);
/* The ARNs of the load balancers that forward to the group; the caller owns the list. */
struct json_object *region_group_load_balancers(struct region *region, const struct target_group *group);

/* The number of a revision that RegisterTaskDefinition gives out next. */
int region_next_revision(struct region *region, const char *family);
struct deployment *service_primary(const struct service *service);
void service_add_event(struct service *service, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
