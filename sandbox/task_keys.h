/*
 * task_keys: the credentials of a task's role, as ECS's agent gives them to the task's containers
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html): each task whose
 * definition has a taskRoleArn, or whose RunTask's overrides have one, gets keys of its own and a secret
 * path, /v2/credentials/ID, at which the region's endpoint serves them. They hold as long as the task lasts.
 * All is called with the region's mutex held.
 */
#ifndef SHAKETABLE_SANDBOX_TASK_KEYS_H
#define SHAKETABLE_SANDBOX_TASK_KEYS_H

#include "sandbox/region.h"
#include "sandbox/server.h"

#include <stdbool.h>

#define TASK_KEYS_VARIABLE "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TASK_KEYS_PATH "/v2/credentials"
#define TASK_KEYS_LIFE_S (6 * 3600) /* what an answer's Expiration is ahead */
#define TASK_KEYS_ROLE_MAX 65
#define TASK_KEYS_TOKEN_MAX 257

struct task_keys {
    char id[37];
    char role_arn[REGION_ARN_MAX];
    char role[TASK_KEYS_ROLE_MAX]; /* its name, without a path */
    char access_key[21], secret_key[41], token[TASK_KEYS_TOKEN_MAX];
};

/* NULL: the task has no role. The caller owns it (free()). */
struct task_keys *task_keys_new(const struct task *task);
/* Whose key it is, of a task that is not over; NULL: nobody's. */
const struct task *task_keys_find(const struct region *region, const char *access_key);
/* "arn:aws:sts::…:assumed-role/ROLE/TASK". */
void task_keys_caller(const struct task *task, char *text, size_t size);
/* "AROA…:TASK". */
void task_keys_user_id(struct region *region, const struct task *task, char *text, size_t size);

/* The variable's value; false: the task has no role, or the region no endpoint. */
bool task_keys_url(const struct region *region, const struct task *task, char *text, size_t size);
/* A variable that the agent sets, and that a container's definition can't. */
bool task_keys_is_variable(const char *name);
bool task_keys_is_for(const struct server_request *request);
void task_keys_answer(const struct region *region, const struct server_request *request,
                      struct server_answer *answer);

#endif
