/*
 * elbv2: Elastic Load Balancing v2 (ALB and NLB), what the console and the preflight read.
 * Lists as in ecs.h: zero them first, free them with their _free.
 */
#ifndef SHAKETABLE_AWS_ELBV2_H
#define SHAKETABLE_AWS_ELBV2_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELBV2_NAME_MAX 64
#define ELBV2_ARN_MAX 512
#define ELBV2_WORD_MAX 48
#define ELBV2_TEXT_MAX 512
#define ELBV2_DNS_MAX 256
#define ELBV2_PATH_MAX 1025
#define ELBV2_LOAD_BALANCERS_MAX 8
#define ELBV2_FORWARDS_MAX 16
#define ELBV2_SECURITY_GROUPS_MAX 16
#define ELBV2_WEIGHT_NONE (-1) /* a forward to one group, without a weight */

struct elbv2_health_check {
    bool enabled;
    char protocol[ELBV2_WORD_MAX];
    char port[ELBV2_WORD_MAX]; /* "traffic-port" or a number */
    char path[ELBV2_PATH_MAX]; /* "" for TCP */
    int interval_s;
    int timeout_s;
    int healthy;                  /* checks in a row that make a target healthy */
    int unhealthy;                /* … and unhealthy */
    char matcher[ELBV2_WORD_MAX]; /* "200", "200-399"; or gRPC codes */
};

struct elbv2_target_group {
    char arn[ELBV2_ARN_MAX];
    char name[ELBV2_NAME_MAX];
    char protocol[ELBV2_WORD_MAX];
    int port;
    char target_type[ELBV2_WORD_MAX]; /* ip, instance, lambda, alb */
    char protocol_version[8];         /* HTTP1, HTTP2, GRPC; "" for the network protocols */
    char address_type[8];             /* ipv4, ipv6; "" if not told */
    char vpc_id[ELBV2_WORD_MAX];
    struct elbv2_health_check health_check;
    char load_balancer_arns[ELBV2_LOAD_BALANCERS_MAX][ELBV2_ARN_MAX];
    size_t load_balancer_count;
};
struct elbv2_target_groups {
    struct elbv2_target_group *items;
    size_t count;
    size_t capacity;
};

struct elbv2_target {
    char id[ELBV2_DNS_MAX]; /* address, instance or ARN */
    int port;
    char state[ELBV2_WORD_MAX];  /* initial, healthy, unhealthy, unhealthy.draining, unused, draining,
                                    unavailable */
    char reason[ELBV2_NAME_MAX]; /* "Target.ResponseCodeMismatch"; "" when healthy */
    char description[ELBV2_TEXT_MAX];
    char az[ELBV2_WORD_MAX];
};
struct elbv2_targets {
    struct elbv2_target *items;
    size_t count;
    size_t capacity;
};

struct elbv2_load_balancer {
    char arn[ELBV2_ARN_MAX];
    char name[ELBV2_NAME_MAX];
    char dns_name[ELBV2_DNS_MAX];
    char type[ELBV2_WORD_MAX];   /* application, network, gateway */
    char scheme[ELBV2_WORD_MAX]; /* internet-facing, internal */
    char state[ELBV2_WORD_MAX];  /* active, provisioning, … */
    char vpc_id[ELBV2_WORD_MAX];
    char security_groups[ELBV2_SECURITY_GROUPS_MAX][ELBV2_WORD_MAX];
    size_t security_group_count;
};
struct elbv2_load_balancers {
    struct elbv2_load_balancer *items;
    size_t count;
    size_t capacity;
};

struct elbv2_forward {
    char target_group_arn[ELBV2_ARN_MAX];
    int weight; /* 0–999, or ELBV2_WEIGHT_NONE */
};

struct elbv2_listener {
    char arn[ELBV2_ARN_MAX];
    char load_balancer_arn[ELBV2_ARN_MAX];
    char protocol[ELBV2_WORD_MAX];
    int port;
    struct elbv2_forward forwards[ELBV2_FORWARDS_MAX]; /* of its default actions */
    size_t forward_count;
};
struct elbv2_listeners {
    struct elbv2_listener *items;
    size_t count;
    size_t capacity;
};

struct elbv2_rule {
    char arn[ELBV2_ARN_MAX];
    char priority[ELBV2_WORD_MAX]; /* a number or "default" */
    bool is_default;
    struct elbv2_forward forwards[ELBV2_FORWARDS_MAX];
    size_t forward_count;
};
struct elbv2_rules {
    struct elbv2_rule *items;
    size_t count;
    size_t capacity;
};

void elbv2_target_groups_free(struct elbv2_target_groups *groups);
void elbv2_targets_free(struct elbv2_targets *targets);
void elbv2_load_balancers_free(struct elbv2_load_balancers *balancers);
void elbv2_listeners_free(struct elbv2_listeners *listeners);
void elbv2_rules_free(struct elbv2_rules *rules);

/* The named ones (more than AWS takes in one call are asked for in parallel), or all if `count` is 0.
 * ERROR_NOT_FOUND if one of them does not exist. */
bool elbv2_describe_target_groups(struct aws_client *client, const char *const *arns, size_t count,
                                  struct elbv2_target_groups *out, struct error *error);
bool elbv2_describe_load_balancers(struct aws_client *client, const char *const *arns, size_t count,
                                   struct elbv2_load_balancers *out, struct error *error);
bool elbv2_describe_target_health(struct aws_client *client, const char *target_group_arn,
                                  struct elbv2_targets *out, struct error *error);
bool elbv2_describe_listeners(struct aws_client *client, const char *load_balancer_arn,
                              struct elbv2_listeners *out, struct error *error);
bool elbv2_describe_rules(struct aws_client *client, const char *listener_arn, struct elbv2_rules *out,
                          struct error *error);

#endif
