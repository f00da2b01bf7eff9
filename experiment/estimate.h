/*
 * estimate: how long a rolling deployment of a service takes. A guess, corrected by what is seen.
 */
#ifndef SHAKETABLE_EXPERIMENT_ESTIMATE_H
#define SHAKETABLE_EXPERIMENT_ESTIMATE_H

#include <stdint.h>

struct json_object;

struct estimate {
    int desired;
    int minimum_percent, maximum_percent; /* of deploymentConfiguration */
    int64_t start_ms;                     /* until a new task runs: pulled, attached, started */
    int64_t healthy_ms;                   /* until the load balancer calls it healthy */
    int64_t drain_ms;                     /* deregistration delay of an old one */
};

/* Desired count and percentages of a service as DescribeServices gives it; AWS's defaults where they are not
 * told. */
void estimate_read_service(struct estimate *estimate, struct json_object *service);

/* In milliseconds. Tasks are replaced in batches as ECS does it: up to desired × maximum_percent (rounded
 * down) may run at a time, at least desired × minimum_percent (rounded up) must. A batch starts, becomes
 * healthy, and as many old ones drain. */
int64_t estimate_deployment(const struct estimate *estimate);

#endif
