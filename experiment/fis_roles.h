/*
 * fis_roles: whether the three roles that AWS FIS goes through may do what its ECS actions take: the
 * experiment's own, the task's, and the one that a task is registered with at Systems Manager (the managed
 * instance's). Reads, and asks IAM to simulate; changes nothing. Calls to AWS block.
 *
 * Sources: https://docs.aws.amazon.com/fis/latest/userguide/ecs-task-actions.html (requirements),
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html (which
 * permission is for which resource).
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_ROLES_H
#define SHAKETABLE_EXPERIMENT_FIS_ROLES_H

#include "aws/client.h"
#include "experiment/model.h"

#include <stdbool.h>
#include <stddef.h>

/* What is to be done, and by whom. All texts are borrowed; NULL counts as "". A role may be given by its ARN
 * or by its name. */
struct fis_roles_question {
    const char *fis_role_arn;      /* roleArn of the experiment template */
    const char *task_role_arn;     /* taskRoleArn of the task definition */
    const char *managed_role_name; /* MANAGED_INSTANCE_ROLE_NAME of the SSM sidecar; "": not looked at, and
                                      neither is whether the task may pass it on */
    const char *account, *region;  /* of the tasks; both must be there */
    const char *cluster;           /* its name */
    bool runs_commands;            /* an action that goes through Systems Manager: all but stop-task */
    bool shapes_network;           /* one of them is latency or packet loss */
    bool stops_tasks;
};

#define FIS_ROLES_FINDINGS_MAX 32
struct fis_roles_findings {
    size_t count;
    struct model_finding items[FIS_ROLES_FINDINGS_MAX];
};

/* One finding for each permission and each trust that lacks; none where all is well. What our own keys may
 * not ask is a note that says which permission would let them. False: IAM could not be asked at all (network,
 * canceled …); the findings so far stand. */
bool fis_roles_check(struct aws_client *client, const struct fis_roles_question *question,
                     struct fis_roles_findings *findings, struct error *error);

/* The same for a preflight: adds the findings to the plan; an error becomes a warning. */
void preflight_check_fis_roles(struct model_plan *plan, struct aws_client *client,
                               const struct fis_roles_question *question);

#endif
