#include "sandbox/task_keys.h"

#include "core/clock.h"
#include "sandbox/iam.h"
#include "sandbox/json.h"
#include "sandbox/memory.h"
#include "sandbox/names.h"
#include "sandbox/task.h"

#include <stdio.h>
#include <string.h>

#define KEY_LETTERS 16
#define ANSWER_MAX 4096

/* RunTask's, else the definition's. */
static const char *role_of(const struct task *task)
{
    const char *role = json_text(json_map(task->asked, "overrides"), "taskRoleArn");

    return role && *role ? role : json_text(task->definition->body, "taskRoleArn");
}

struct task_keys *task_keys_new(const struct task *task)
{
    const char *role = role_of(task);
    struct task_keys *keys = NULL;
    char hex[65];

    if (!role || !*role)
        return NULL;
    keys = memory_new(sizeof *keys);
    names_uuid(keys->id);
    if (strncmp(role, "arn:", 4) == 0)
        text_copy(keys->role_arn, sizeof keys->role_arn, role);
    else /* ECS takes the short name as well */
        snprintf(keys->role_arn, sizeof keys->role_arn, "arn:aws:iam::%s:role/%.*s", REGION_ACCOUNT,
                 IAM_ROLE_NAME_MAX, role);
    const char *slash = strrchr(role, '/');
    text_copy(keys->role, sizeof keys->role, slash ? slash + 1 : role);
    names_hex(hex, KEY_LETTERS);
    for (size_t i = 0; i < KEY_LETTERS; i++) /* the digits of the real ones, A to Z and 2 to 7 */
        hex[i] = "ABCDEFGHIJKLMNOP"[strchr("0123456789abcdef", hex[i]) - "0123456789abcdef"];
    snprintf(keys->access_key, sizeof keys->access_key, "ASIA%.16s", hex);
    names_hex(keys->secret_key, sizeof keys->secret_key - 1);
    for (size_t at = 0; at + 1 < sizeof keys->token; at += 64) {
        names_hex(hex, 64);
        memcpy(keys->token + at, hex, 64);
    }
    return keys;
}

const struct task *task_keys_find(const struct region *region, const char *access_key)
{
    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        if (task->keys && !task_is_over(task) && strcmp(task->keys->access_key, access_key) == 0)
            return task;
    }
    return NULL;
}

void task_keys_caller(const struct task *task, char *text, size_t size)
{
    snprintf(text, size, "arn:aws:sts::%s:assumed-role/%s/%s", REGION_ACCOUNT, task->keys->role, task->id);
}

void task_keys_user_id(struct region *region, const struct task *task, char *text, size_t size)
{
    const struct iam_role *role = iam_find_role(region, NULL, task->keys->role);

    /* A role that IAM does not have: its id is made of the key's letters. */
    snprintf(text, size, "%s%s:%s", role ? role->id : "AROA", role ? "" : task->keys->access_key + 4,
             task->id);
}

bool task_keys_url(const struct region *region, const struct task *task, char *text, size_t size)
{
    if (!task->keys || region->endpoint_port == 0)
        return false;
    snprintf(text, size, "http://%s:%u" TASK_KEYS_PATH "/%s", region->endpoint_host, region->endpoint_port,
             task->keys->id);
    return true;
}

bool task_keys_is_variable(const char *name)
{
    return strcmp(name, TASK_KEYS_VARIABLE) == 0 ||
           strcmp(name, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == 0;
}

bool task_keys_is_for(const struct server_request *request)
{
    size_t length = strlen(TASK_KEYS_PATH);

    return strncmp(request->path, TASK_KEYS_PATH, length) == 0 &&
           (request->path[length] == '/' || request->path[length] == '\0');
}

static const struct task_keys *find_by_path(const struct region *region, const char *id)
{
    for (size_t i = 0; i < region->tasks.count; i++) {
        const struct task *task = region->tasks.items[i];
        if (task->keys && !task_is_over(task) && strcmp(task->keys->id, id) == 0)
            return task->keys;
    }
    return NULL;
}

/* In the agent's words. */
static void put_refusal(struct json_object *json, struct server_answer *answer, const char *code,
                        const char *message)
{
    answer->status = 400;
    json_put_text(json, "code", code);
    json_put_format(json, "message", "CredentialsV2Request: %s", message);
    json_put_integer(json, "HTTPErrorCode", answer->status);
}

static void put_keys(struct json_object *json, const struct task_keys *keys)
{
    char until[CLOCK_TEXT_MAX];

    clock_format_utc(clock_epoch_ms() + TASK_KEYS_LIFE_S * INT64_C(1000), until, sizeof until);
    json_put_text(json, "RoleArn", keys->role_arn);
    json_put_text(json, "AccessKeyId", keys->access_key);
    json_put_text(json, "SecretAccessKey", keys->secret_key);
    json_put_text(json, "Token", keys->token);
    json_put_text(json, "Expiration", until);
}

void task_keys_answer(const struct region *region, const struct server_request *request,
                      struct server_answer *answer)
{
    struct json_object *json = json_object_new_object();
    const char *id = request->path + strlen(TASK_KEYS_PATH);
    const struct task_keys *keys = *id ? find_by_path(region, id + 1) : NULL;

    buf_init(&answer->body, ANSWER_MAX);
    answer->content_type = "application/json";
    if (strcmp(request->method, "GET") != 0)
        answer->status = 405;
    else if (!*id || !id[1])
        put_refusal(json, answer, "NoIdInRequest", "No Credential ID in the request");
    else if (!keys)
        put_refusal(json, answer, "InvalidIdInRequest", "Credentials not found");
    else
        put_keys(json, keys);
    json_print_canonical(json, &answer->body);
    json_object_put(json);
}
