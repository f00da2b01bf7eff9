#include "experiment/fis_role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/iam.h"
#include "experiment/fis_actions.h"
#include "experiment/fis_needs.h"
#include "experiment/fis_roles.h"
#include "experiment/json.h"
#include "experiment/template.h"

#define FIS_PRINCIPAL "fis.amazonaws.com"

static const char *named(const struct plan_request *request)
{
    const char *variable = getenv(FIS_ROLE_VARIABLE);
    if (request->choices.role[0] != '\0')
        return request->choices.role;
    if (request->template != NULL && request->template->role_arn[0] != '\0')
        return request->template->role_arn;
    return variable == NULL ? "" : variable;
}

static void take_found(struct fis_role *role, const struct iam_trusting *found)
{
    if (found->count == 1 && strlen(found->first) < sizeof role->arn) {
        memcpy(role->arn, found->first, strlen(found->first) + 1);
        snprintf(role->why, sizeof role->why, "FIS takes the role %.200s", iam_role_name(found->first));
    } else {
        snprintf(role->why, sizeof role->why, "%zu roles of this account trust %s", found->count,
                 FIS_PRINCIPAL);
    }
}

bool fis_role_choose(const struct job *job, const struct plan_request *request, struct fis_role *role,
                     struct error *error)
{
    struct iam_trusting found;
    struct error failure = {0};
    const char *name = named(request);
    memset(role, 0, sizeof *role);
    if (strlen(name) >= sizeof role->arn)
        return error_set(error, ERROR_USAGE, "the role's ARN is longer than %zu characters",
                         sizeof role->arn - 1);
    if (name[0] != '\0') {
        memcpy(role->arn, name, strlen(name) + 1);
    } else if (iam_find_trusting(job->client, FIS_PRINCIPAL, &found, &failure)) {
        take_found(role, &found);
    } else if (failure.code == ERROR_CANCELED) {
        if (error != NULL)
            *error = failure;
        return false;
    } else {
        snprintf(role->why, sizeof role->why, "%.255s", failure.message);
    }
    return true;
}

/* "arn:PARTITION:ecs:REGION:ACCOUNT:…" */
static void read_place(const char *arn, char region[64], char account[32])
{
    region[0] = account[0] = '\0';
    sscanf(arn, "arn:%*[^:]:%*[^:]:%63[^:]:%31[^:]:", region, account);
}

static bool has(struct json_object *document, const char *action)
{
    struct json_object *actions = json_object_of(document, "actions");
    if (actions == NULL)
        return false;
    json_object_object_foreach(actions, name, value)
    {
        (void)name;
        if (strcmp(json_text(value, "actionId"), action) == 0)
            return true;
    }
    return false;
}

void preflight_fis_roles(const struct preflight *at, struct json_object *document)
{
    char region[64], account[32];
    const char *role = json_text(document, "roleArn");
    bool shapes = has(document, FIS_LATENCY) || has(document, FIS_LOSS);
    read_place(at->service->arn, region, account);
    const struct fis_roles_question question = {
        .fis_role_arn = role,
        .task_role_arn = json_text(at->task_definition, "taskRoleArn"),
        .managed_role_name = fis_needs_agent_role(at->task_definition),
        .account = account,
        .region = region,
        .cluster = ecs_short_name(at->service->cluster_arn),
        .runs_commands = true,
        .shapes_network = shapes,
        .stops_tasks = has(document, FIS_STOP_TASK),
    };
    if (role[0] != '\0')
        preflight_check_fis_roles(at->plan, at->job->client, &question);
}
