/*
 * ecs: Amazon ECS, typed where the console reads, raw JSON where an experiment must keep every key.
 *
 * Lists are growable arrays of plain values: zero them before first use, free them with their _free
 * (also after an error, when they hold what came before it). A list function empties its list first.
 * Texts longer than their fields are cut; counts never exceed the arrays they count.
 */
#ifndef SHAKETABLE_AWS_ECS_H
#define SHAKETABLE_AWS_ECS_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECS_NAME_MAX 256
#define ECS_ARN_MAX 512
#define ECS_WORD_MAX 48
#define ECS_TEXT_MAX 512
#define ECS_LOAD_BALANCERS_MAX 8
#define ECS_DEPLOYMENTS_MAX 8
#define ECS_EVENTS_MAX 5
#define ECS_TAGS_MAX 50
#define ECS_TAG_KEY_MAX 132
#define ECS_TAG_VALUE_MAX 260
#define ECS_NETWORK_MAX 16
#define ECS_CONTAINERS_MAX 10
#define ECS_EXIT_CODE_NONE (-1)

/* A cluster may be named by its name or ARN, a service likewise, a task definition by family,
 * family:revision or ARN, wherever a function takes one. */

struct ecs_cluster {
    char name[ECS_NAME_MAX];
    char arn[ECS_ARN_MAX];
    char status[ECS_WORD_MAX]; /* "ACTIVE" */
    int services;
    int running;
    int pending;
    int container_instances;
};
struct ecs_clusters {
    struct ecs_cluster *items;
    size_t count;
    size_t capacity;
};

struct ecs_tag {
    char key[ECS_TAG_KEY_MAX];
    char value[ECS_TAG_VALUE_MAX];
};
struct ecs_tags {
    struct ecs_tag *items;
    size_t count;
    size_t capacity;
};

struct ecs_names {
    char (*items)[ECS_ARN_MAX];
    size_t count;
    size_t capacity;
};

struct ecs_load_balancer {
    char target_group_arn[ECS_ARN_MAX]; /* "" for a Classic Load Balancer */
    char container_name[ECS_NAME_MAX];
    int container_port;
    bool advanced; /* has advancedConfiguration: a blue/green, linear or canary strategy */
};

struct ecs_deployment {
    char id[ECS_NAME_MAX];
    char status[ECS_WORD_MAX];        /* PRIMARY, ACTIVE, INACTIVE */
    char rollout_state[ECS_WORD_MAX]; /* IN_PROGRESS, COMPLETED, FAILED; "" if not told */
    char rollout_reason[ECS_TEXT_MAX];
    char task_definition[ECS_ARN_MAX];
    int desired;
    int running;
    int pending;
    int failed;
    int64_t created_at_ms; /* epoch; 0: not told */
    int64_t updated_at_ms;
};

struct ecs_event {
    int64_t at_ms; /* epoch */
    char message[ECS_TEXT_MAX];
};

struct ecs_service {
    char name[ECS_NAME_MAX];
    char arn[ECS_ARN_MAX];
    char cluster_arn[ECS_ARN_MAX];
    char status[ECS_WORD_MAX]; /* ACTIVE, DRAINING, INACTIVE */
    char task_definition[ECS_ARN_MAX];
    char launch_type[ECS_WORD_MAX];         /* FARGATE, EC2, EXTERNAL; "" with a capacity provider strategy */
    char scheduling_strategy[ECS_WORD_MAX]; /* REPLICA, DAEMON */
    char deployment_controller[ECS_WORD_MAX]; /* ECS (also when not told), CODE_DEPLOY, EXTERNAL */
    char deployment_strategy[ECS_WORD_MAX];   /* ROLLING (also when not told), BLUE_GREEN, LINEAR, CANARY */
    char role_arn[ECS_ARN_MAX];               /* "" if not told */
    int64_t created_at_ms;
    int desired;
    int running;
    int pending;
    bool circuit_breaker_enabled;
    bool circuit_breaker_rollback;
    bool service_connect;     /* enabled in the primary deployment, or in the service */
    bool execute_command;     /* ECS Exec */
    int health_check_grace_s; /* -1: not told */
    struct ecs_load_balancer load_balancers[ECS_LOAD_BALANCERS_MAX];
    size_t load_balancer_count;
    struct ecs_deployment deployments[ECS_DEPLOYMENTS_MAX]; /* in AWS's order: the primary first */
    size_t deployment_count;
    struct ecs_event events[ECS_EVENTS_MAX]; /* the latest first */
    size_t event_count;
    struct ecs_tag tags[ECS_TAGS_MAX];
    size_t tag_count;
    char security_groups[ECS_NETWORK_MAX][ECS_WORD_MAX];
    size_t security_group_count;
    char subnets[ECS_NETWORK_MAX][ECS_WORD_MAX];
    size_t subnet_count;
};
struct ecs_container {
    char name[ECS_NAME_MAX];
    char last_status[ECS_WORD_MAX];
    char health[ECS_WORD_MAX]; /* HEALTHY, UNHEALTHY, UNKNOWN */
    char image[ECS_NAME_MAX];
    char reason[ECS_TEXT_MAX];
    char runtime_id[ECS_NAME_MAX]; /* "" before it runs */
    bool exec_runs;                /* the agent of ECS Exec in it is RUNNING */
    int exit_code;                 /* ECS_EXIT_CODE_NONE while it runs */
};

struct ecs_task {
    char arn[ECS_ARN_MAX];
    char id[ECS_NAME_MAX]; /* the last part of the ARN */
    char last_status[ECS_WORD_MAX];
    char desired_status[ECS_WORD_MAX];
    char health[ECS_WORD_MAX];
    char task_definition[ECS_ARN_MAX];
    char started_by[ECS_NAME_MAX];        /* the deployment's id */
    char address[ECS_WORD_MAX];           /* private IPv4; "" if it has none of its own */
    char container_instance[ECS_ARN_MAX]; /* that it runs on; "" on Fargate */
    char az[ECS_WORD_MAX];
    char stopped_reason[ECS_TEXT_MAX];
    int64_t started_at_ms; /* epoch; 0: not yet */
    bool execute_command;
    struct ecs_container containers[ECS_CONTAINERS_MAX];
    size_t container_count;
};
struct ecs_tasks {
    struct ecs_task *items;
    size_t count;
    size_t capacity;
};

void ecs_clusters_free(struct ecs_clusters *clusters);
void ecs_tasks_free(struct ecs_tasks *tasks);
void ecs_tags_free(struct ecs_tags *tags);
void ecs_names_free(struct ecs_names *names);

/* All clusters, sorted by name. */
bool ecs_list_clusters(struct aws_client *client, struct ecs_clusters *out, struct error *error);
/* A service takes 44 KB here, and an account may have thousands: they are handed over one by one, each valid
 * for the time of the call, so that the taker keeps what it needs. */
typedef void ecs_take_service(void *context, const struct ecs_service *service);
/* All services of a cluster, with tags, in no order; `take` is called by several threads, but by one at a
 * time. After an error some may have been taken. */
bool ecs_each_service(struct aws_client *client, const char *cluster, ecs_take_service *take, void *context,
                      struct error *error);
/* The named ones, with tags, in one call: up to ECS_SERVICES_A_CALL. Those that don't exist are not told. */
#define ECS_SERVICES_A_CALL 10
bool ecs_describe_services(struct aws_client *client, const char *cluster, const char *const *services,
                           size_t count, ecs_take_service *take, void *context, struct error *error);
/* The ARNs of a cluster's services, page by page as they come. */
typedef void ecs_take_names(void *context, const struct ecs_names *page);
bool ecs_list_service_names(struct aws_client *client, const char *cluster, ecs_take_names *take,
                            void *context, struct error *error);
/* The service as DescribeServices gives it, with tags; owned by the caller (json_object_put).
 * ERROR_NOT_FOUND names service and cluster. An INACTIVE service is found. */
bool ecs_describe_service(struct aws_client *client, const char *cluster, const char *service,
                          struct json_object **raw, struct error *error);
/* ERROR_INVALID if it is no service at all; missing keys give "" and 0. */
bool ecs_service_from_json(struct ecs_service *service, struct json_object *raw, struct error *error);
const char *ecs_service_tag(const struct ecs_service *service, const char *key); /* NULL: it has none */

/* The service's tasks whose desired status is RUNNING, sorted by ARN. */
bool ecs_list_service_tasks(struct aws_client *client, const char *cluster, const char *service,
                            struct ecs_tasks *out, struct error *error);
bool ecs_task_from_json(struct ecs_task *task, struct json_object *raw, struct error *error);

/* ECS starts another in its place, where it belongs to a service. */
bool ecs_stop_task(struct aws_client *client, const char *cluster, const char *task, const char *reason,
                   struct error *error);

/* The whole response: {"taskDefinition": {…}, "tags": […]}; owned by the caller. */
bool ecs_describe_task_definition(struct aws_client *client, const char *task_definition,
                                  struct json_object **response, struct error *error);
/* `*task_definition` (may be NULL) is the registered one, owned by the caller. It is never sent twice:
 * ERROR_TIMEOUT, ERROR_NETWORK, ERROR_SERVICE and ERROR_CANCELED may mean that it was registered all the
 * same, so look before trying again. */
bool ecs_register_task_definition(struct aws_client *client, struct json_object *input,
                                  struct json_object **task_definition, struct error *error);
bool ecs_deregister_task_definition(struct aws_client *client, const char *arn, struct error *error);
/* ARNs, the newest revision first. `family` is exact (AWS's own filter is too); NULL: all families.
 * `status`: "ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS", NULL: ACTIVE. */
bool ecs_list_task_definitions(struct aws_client *client, const char *family, const char *status,
                               struct ecs_names *out, struct error *error);
/* Families that start with `prefix` (NULL: all) and have ACTIVE revisions. */
bool ecs_list_task_definition_families(struct aws_client *client, const char *prefix, struct ecs_names *out,
                                       struct error *error);

/* `input` as in the API; `*service` (may be NULL) is the answer's, owned by the caller. */
bool ecs_update_service(struct aws_client *client, struct json_object *input, struct json_object **service,
                        struct error *error);

/* `input` as in the API, with a clientToken: sent twice it makes one service. */
bool ecs_create_service(struct aws_client *client, struct json_object *input, struct json_object **service,
                        struct error *error);
/* Whatever its desired count; it is DRAINING until its tasks have stopped, then INACTIVE. */
bool ecs_delete_service(struct aws_client *client, const char *cluster, const char *service,
                        struct error *error);

bool ecs_list_tags(struct aws_client *client, const char *arn, struct ecs_tags *out, struct error *error);

/* The last part of an ARN or name: "checkout" of "arn:aws:ecs:…:service/storefront/checkout",
 * "web:7" of "arn:…:task-definition/web:7". Points into `arn`. */
const char *ecs_short_name(const char *arn);

#endif
