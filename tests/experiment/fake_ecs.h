/*
 * fake_ecs: as much of ECS, ELBv2, EC2 and FIS (see fake_fis.h) as an experiment speaks to, for one service,
 * in the test's own process. It keeps state, so that what was done is what is found; and loses answers when
 * it is told to. It verifies no signature.
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
    struct json_object *templates, *experiments; /* FIS's */
    int next_revision;
    int looks_left; /* at a deployment, until it is COMPLETED */
    /* How it behaves. */
    int deployment_looks;
    int lose_count;        /* so many answers of … */
    const char *lose;      /* … this operation are lost, after their effect */
    bool lose_effect;      /* … or before it */
    int lose_later;        /* lose_count from the next DeregisterTaskDefinition on */
    int stale_looks;       /* so many looks after an update show the service as it was before */
    int late_lists;        /* so many lists do not show yet what was registered */
    bool deployments_fail; /* new ones become FAILED */
    bool gone;             /* there is no such service */
    const char *account;   /* NULL: the one that all this is in */
    const char *deny;      /* this operation is denied */
    const char *fis_error; /* FIS answers all with this code, or (from "<" on) with these bytes; NULL */
    int fis_error_status;
    char task_address[64]; /* of the one task */
    /* What was asked of it. */
    unsigned registers, updates, deregisters; /* that had their effect */
    unsigned calls, fis_calls;                /* the latter among the former */
};

void fake_ecs_start(struct fake_ecs *fake);
void fake_ecs_stop(struct fake_ecs *fake);
/* Somebody else deploys this revision, with the application's load balancers. */
void fake_ecs_deploy(struct fake_ecs *fake, const char *task_definition);
/* Revisions that are ACTIVE, but for what was deployed so. */
unsigned fake_ecs_active(struct fake_ecs *fake);

#endif
