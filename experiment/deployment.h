/*
 * deployment: changing a service and waiting until the change has arrived: the deployment COMPLETED, its
 * tasks running, its targets healthy.
 */
#ifndef SHAKETABLE_EXPERIMENT_DEPLOYMENT_H
#define SHAKETABLE_EXPERIMENT_DEPLOYMENT_H

#include "aws/ecs.h"
#include "experiment/job.h"
#include "experiment/journal.h"

#include <stdbool.h>

struct json_object;

#define DEPLOYMENT_PATIENCE_MS (15 * 60 * 1000)
#define DEPLOYMENT_BLIND_MS 30000     /* nothing could be seen of it for that long, and it is given up */
#define DEPLOYMENT_SETTLE_MS 5000     /* that long the service may still show what it was before */
#define DEPLOYMENT_FAILED_TASKS_MAX 4 /* that many failed tasks, and the deployment is given up */

struct deployment {
    const char *cluster_arn, *service_arn;
    const char *task_definition;        /* ARN that the service shall run */
    struct json_object *load_balancers; /* borrowed: its array as UpdateService takes it */
    bool keeps_load_balancers;          /* the service has these already: they are not set again */
};

/* UpdateService with task definition and load balancers in one call, journalled. An answer that was lost is
 * resolved by looking at the service. */
bool deployment_update(const struct job *job, struct journal *journal, const struct deployment *deployment,
                       const char *undo, struct error *error);

/* Waits; steps `tasks_step` and `targets_step` of the job's progress show how far it is. ERROR_CONFLICT:
 * the service now runs something else (someone deployed, or the circuit breaker went back). */
bool deployment_wait(const struct job *job, const struct deployment *deployment, size_t tasks_step,
                     size_t targets_step, struct error *error);

/* After this failure of a call that changes something nobody knows whether it did: look. */
bool deployment_may_have_happened(const struct error *error);

/* Is this a look that failed, and not the deployment? A network that is gone for a moment must not end a
 * rollback; and ECS, which is eventually consistent, may show for a moment what was before (ERROR_CONFLICT).
 * Since the first look, and since the last one that saw something. */
bool deployment_may_look_again(const struct error *error, int64_t since_start_ms, int64_t since_look_ms);

/* Attempts again, a poll interval apart, while deployment_may_look_again. */
typedef bool deployment_attempt(void *context, struct error *error);
bool deployment_persist(const struct job *job, deployment_attempt *attempt, void *context,
                        struct error *error);

/* True when the service has the task definition and the load balancers of `deployment`. */
bool deployment_is(struct json_object *raw_service, const struct deployment *deployment);
/* The same mappings, whatever their order and whatever else stands in them. */
bool deployment_same_load_balancers(struct json_object *a, struct json_object *b);

#endif
