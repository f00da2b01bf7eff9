/*
 * fake_ecs: as much of ECS, ELBv2 and EC2 as an experiment speaks to, for one service, in the test's own
 * process. It keeps state, so that what was done is what is found; and loses answers when it is told to. It
 * verifies no signature.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_FAKE_ECS_H
#define SHAKETABLE_TESTS_EXPERIMENT_FAKE_ECS_H

#include "tests/aws/liar.h"

#include <pthread.h>
#include <stdbool.h>

struct json_object;

#define FAKE_CLUSTER "arn:aws:ecs:eu-west-1:123456789012:cluster/storefront"
#define FAKE_SERVICE "arn:aws:ecs:eu-west-1:123456789012:service/storefront/checkout"
#define FAKE_GROUP "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/checkout/1"
#define FAKE_DEFINITION "arn:aws:ecs:eu-west-1:123456789012:task-definition/"
#define FAKE_OLD FAKE_DEFINITION "checkout:41"

struct fake_ecs {
    struct liar liar;
    pthread_mutex_t lock;            /* over all below */
    struct json_object *service;     /* as DescribeServices gives it */
    struct json_object *definitions; /* ARN → {"taskDefinition":…,"tags":…} */
    struct json_object *stale;       /* the service before the last update */
    int stale_left;
    int next_revision;
    int looks_left; /* at a deployment, until it is COMPLETED */
    /* How it behaves. */
    int deployment_looks;
    int lose_count;        /* so many answers of … */
    const char *lose;      /* … this operation are lost, after their effect */
    bool lose_effect;      /* … or before it */
    int stale_looks;       /* so many looks after an update show the service as it was before */
    bool deployments_fail; /* new ones become FAILED */
    bool gone;             /* there is no such service */
    const char *deny;      /* this operation is denied */
    char task_address[64]; /* of the one task */
    /* What was asked of it. */
    unsigned registers, updates, deregisters; /* that had their effect */
    unsigned calls;
};

void fake_ecs_start(struct fake_ecs *fake);
void fake_ecs_stop(struct fake_ecs *fake);
/* Somebody else deploys this revision, with the application's load balancers. */
void fake_ecs_deploy(struct fake_ecs *fake, const char *task_definition);
/* Revisions that are ACTIVE. */
unsigned fake_ecs_active(struct fake_ecs *fake);

#endif
