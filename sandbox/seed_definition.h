/*
 * seed_definition: the task definitions and services that the region starts with, as requests of the
 * API.
 */
#ifndef SHAKETABLE_SANDBOX_SEED_DEFINITION_H
#define SHAKETABLE_SANDBOX_SEED_DEFINITION_H

#include "sandbox/region.h"

#include <stdint.h>

#define SEED_CALLS_MAX 1024
#define SEED_EXECUTION_ROLE "ecs-task-execution"
#define SEED_FIS_ROLE "shaketable-fis"
#define SEED_INSTANCE_ROLE "shaketable-instance"

struct seed_service {
    const char *cluster, *name, *team, *environment, *security_group, *path;
    uint16_t port, listener_port;     /* preferred */
    int desired, revision, revisions; /* the last revision's number, and how many there are */
    double median_ms, sigma, rate;
    bool calls_others; /* the services before it in the table */
    bool by_rule;      /* its listener forwards by a rule, not by its default action */
};

/* The `index`-th revision of its history; the caller owns all results. */
struct json_object *seed_definition(const struct region *region, const struct seed_service *seed,
                                    const char *calls, uint16_t port, int index);
struct json_object *seed_service_request(const struct seed_service *seed, const char *group_arn,
                                         uint16_t port, const char *client_stats);
/* [{key,value}]; environment and client_stats may be NULL or "". */
struct json_object *seed_tags(const char *team, const char *environment, const char *client_stats);

#endif
