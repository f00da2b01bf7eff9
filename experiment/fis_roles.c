#include "experiment/fis_roles.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/iam.h"
#include "experiment/preflight.h"

enum who { FIS_ROLE, TASK_ROLE, MANAGED_ROLE, ROLES };
static const struct role {
    const char *title;
    const char *service; /* that takes it on */
    const char *why;     /* that matters */
    const char *absent;  /* what to do where none is named */
} roles[ROLES] = {
    {"the FIS role", "fis.amazonaws.com", "AWS FIS takes it on to run the experiment, or fails to start it",
     "make a role for AWS FIS, and name it"},
    {"the task role", "ecs-tasks.amazonaws.com",
     "with it the SSM agent in the task registers at Systems Manager, through which AWS FIS acts",
     "give the task definition a taskRoleArn, and deploy it"},
    {"the managed-instance role", "ssm.amazonaws.com",
     "Systems Manager gives it to the agent in the task; without it the agent gets no commands",
     "make a role for ssm.amazonaws.com, and name it in MANAGED_INSTANCE_ROLE_NAME"},
};

enum need { FOR_ALL, FOR_COMMANDS, FOR_NETWORK, FOR_STOP };

/* On what a permission must hold. Policies are often narrowed to resources, so that "*" would be the wrong
 * question; SSM_ANY is how Systems Manager itself names what has no resource. */
enum resource { ANY, TASK, CONTAINER_INSTANCE, SSM_ANY, MANAGED_INSTANCE, ROLE_TO_PASS };

/* Those of one role on one resource stand together: they are asked for with one call. SendCommand is asked
 * for on the instance alone: which documents AWS FIS runs is its own affair. */
static const struct permission {
    enum who who;
    enum need need;
    enum resource resource;
    enum model_severity severity;
    const char *action;
    const char *why;
} permissions[] = {
    {FIS_ROLE, FOR_ALL, TASK, MODEL_STOP, "ecs:DescribeTasks", "AWS FIS finds its target tasks with it"},
    {FIS_ROLE, FOR_STOP, TASK, MODEL_STOP, "ecs:StopTask", "aws:ecs:stop-task is that call"},
    {FIS_ROLE, FOR_COMMANDS, MANAGED_INSTANCE, MODEL_STOP, "ssm:SendCommand",
     "AWS FIS starts the fault in the task with it"},
    {FIS_ROLE, FOR_COMMANDS, SSM_ANY, MODEL_STOP, "ssm:ListCommands",
     "AWS FIS sees with it whether the fault runs"},
    {FIS_ROLE, FOR_COMMANDS, SSM_ANY, MODEL_STOP, "ssm:CancelCommand",
     "AWS FIS ends the fault with it: a stop would not end it"},
    {FIS_ROLE, FOR_NETWORK, CONTAINER_INSTANCE, MODEL_WARNING, "ecs:DescribeContainerInstances",
     "AWS asks for it for latency and packet loss: the action may fail at its start"},
    {FIS_ROLE, FOR_NETWORK, ANY, MODEL_WARNING, "ec2:DescribeInstances",
     "AWS asks for it for latency and packet loss: the action may fail at its start"},
    {FIS_ROLE, FOR_NETWORK, ANY, MODEL_WARNING, "ec2:DescribeSubnets",
     "AWS asks for it for latency and packet loss: the action may fail at its start"},
    {TASK_ROLE, FOR_COMMANDS, SSM_ANY, MODEL_STOP, "ssm:CreateActivation",
     "the agent in the task can't register without it, and AWS FIS finds no target"},
    {TASK_ROLE, FOR_COMMANDS, MANAGED_INSTANCE, MODEL_STOP, "ssm:AddTagsToResource",
     "AWS FIS finds the task by a tag that is set with it"},
    {TASK_ROLE, FOR_COMMANDS, ROLE_TO_PASS, MODEL_STOP, "iam:PassRole",
     "the activation passes the managed-instance role on to Systems Manager"},
    {MANAGED_ROLE, FOR_COMMANDS, MANAGED_INSTANCE, MODEL_STOP, "ssm:UpdateInstanceInformation",
     "the agent tells with it that it is there; AmazonSSMManagedInstanceCore has it"},
    {MANAGED_ROLE, FOR_COMMANDS, MANAGED_INSTANCE, MODEL_WARNING, "ssm:DeregisterManagedInstance",
     "a task that ends takes itself out with it: else managed instances pile up"},
    {MANAGED_ROLE, FOR_COMMANDS, SSM_ANY, MODEL_WARNING, "ssm:DeleteActivation",
     "a task that ends deletes its activation with it: else activations pile up"},
    {MANAGED_ROLE, FOR_COMMANDS, ANY, MODEL_STOP, "ssmmessages:OpenControlChannel",
     "commands come to the agent by it; AmazonSSMManagedInstanceCore has it"},
    {MANAGED_ROLE, FOR_COMMANDS, ANY, MODEL_WARNING, "ec2messages:GetMessages",
     "older agents get their commands by it; AmazonSSMManagedInstanceCore has it"},
};
#define PERMISSIONS (sizeof permissions / sizeof permissions[0])

struct check {
    struct aws_client *client;
    const struct fis_roles_question *question;
    struct fis_roles_findings *findings;
    char partition[32];
    char arn[ROLES][IAM_ARN_MAX]; /* as far as they are known; "": not */
    bool guessed[ROLES];          /* the ARN was made from the name: its path may be another */
    bool told_get, told_simulate; /* that our own keys may not */
};

static const char *text(const char *given)
{
    return given ? given : "";
}

static void __attribute__((format(printf, 5, 6)))
add(struct check *check, enum model_severity severity, const char *why, const char *advice,
    const char *format, ...)
{
    struct fis_roles_findings *findings = check->findings;
    if (findings->count == FIS_ROLES_FINDINGS_MAX)
        return;
    struct model_finding *finding = &findings->items[findings->count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->what, sizeof finding->what, format, arguments);
    va_end(arguments);
    finding->severity = severity;
    snprintf(finding->why, sizeof finding->why, "%s", why);
    snprintf(finding->advice, sizeof finding->advice, "%s", advice);
}

static bool is_needed(const struct check *check, const struct permission *permission)
{
    const struct fis_roles_question *question = check->question;
    if (permission->resource == ROLE_TO_PASS && check->arn[MANAGED_ROLE][0] == '\0')
        return false;
    return permission->need == FOR_ALL || (permission->need == FOR_COMMANDS && question->runs_commands) ||
           (permission->need == FOR_NETWORK && question->shapes_network) ||
           (permission->need == FOR_STOP && question->stops_tasks);
}

/* An example of the resource: what it stands for is not there yet, or is one of many. */
static void name_resource(const struct check *check, enum resource resource, char *out, size_t size)
{
    const struct fis_roles_question *question = check->question;
    const char *partition = check->partition, *region = text(question->region),
               *account = text(question->account), *cluster = text(question->cluster);
    switch (resource) {
    case ANY:
        snprintf(out, size, "*");
        break;
    case TASK:
        snprintf(out, size, "arn:%s:ecs:%s:%s:task/%s/0123456789abcdef0123456789abcdef", partition, region,
                 account, cluster);
        break;
    case CONTAINER_INSTANCE:
        snprintf(out, size, "arn:%s:ecs:%s:%s:container-instance/%s/0123456789abcdef0123456789abcdef",
                 partition, region, account, cluster);
        break;
    case SSM_ANY:
        snprintf(out, size, "arn:%s:ssm:%s:%s:*", partition, region, account);
        break;
    case MANAGED_INSTANCE:
        snprintf(out, size, "arn:%s:ssm:%s:%s:managed-instance/mi-0123456789abcdef0", partition, region,
                 account);
        break;
    case ROLE_TO_PASS:
        snprintf(out, size, "%s", check->arn[MANAGED_ROLE]);
        break;
    }
}

/* For advice: what a policy would name. */
static void name_resource_to_allow(const struct check *check, enum resource resource, char *out, size_t size)
{
    name_resource(check, resource, out, size);
    if (resource == SSM_ANY)
        snprintf(out, size, "*");
    else if (resource != ANY && resource != ROLE_TO_PASS)
        snprintf(strrchr(out, '/'), size - (size_t)(strrchr(out, '/') - out), "/*");
}

static void judge(struct check *check, const struct permission *permission, const struct iam_verdict *verdict)
{
    const char *title = roles[permission->who].title, *name = iam_role_name(check->arn[permission->who]);
    char advice[MODEL_TEXT_MAX], resource[IAM_ARN_MAX];
    if (verdict->decision == IAM_ALLOWED)
        return;
    name_resource_to_allow(check, permission->resource, resource, sizeof resource);
    if (verdict->decision == IAM_EXPLICIT_DENY) {
        add(check, permission->severity, permission->why, "take out the statement that denies it",
            "%s %.64s is denied %s", title, name, permission->action);
    } else if (verdict->missing_context[0] != '\0') {
        snprintf(advice, sizeof advice, "see that the condition on %.100s holds", verdict->missing_context);
        add(check, permission->severity == MODEL_STOP ? MODEL_WARNING : permission->severity, permission->why,
            advice, "%s %.64s may lack %s: a condition decides", title, name, permission->action);
    } else {
        snprintf(advice, sizeof advice, "allow %s on %.180s to the role", permission->action, resource);
        add(check, permission->severity, permission->why, advice, "%s %.64s lacks %s", title, name,
            permission->action);
    }
}

static void add_absent(struct check *check, enum who who)
{
    add(check, MODEL_STOP, roles[who].why, "make the role, or name another", "%s does not exist: %.160s",
        roles[who].title, check->arn[who]);
}

static void note_simulate(struct check *check, const struct error *error)
{
    if (check->told_simulate)
        return;
    check->told_simulate = true;
    add(check, MODEL_NOTE, error->message,
        "allow iam:SimulatePrincipalPolicy to who runs shaketable, or see to the roles yourself",
        "the permissions of the roles can't be checked");
}

/* Permissions `from` to the one before `end`, all of one role on one resource. */
static bool ask(struct check *check, size_t from, size_t end, bool *go_on, struct error *error)
{
    const char *actions[PERMISSIONS], *resource;
    const struct permission *asked[PERMISSIONS];
    struct iam_verdict verdicts[PERMISSIONS];
    char name[IAM_ARN_MAX];
    size_t count = 0;
    for (size_t i = from; i < end; i++) {
        if (!is_needed(check, &permissions[i]))
            continue;
        asked[count] = &permissions[i];
        actions[count++] = permissions[i].action;
    }
    if (count == 0)
        return true;
    name_resource(check, permissions[from].resource, name, sizeof name);
    resource = name;
    struct iam_simulation simulation = {.role_arn = check->arn[permissions[from].who],
                                        .actions = actions,
                                        .action_count = count,
                                        .resources = &resource,
                                        .resource_count = 1};
    if (permissions[from].resource == ROLE_TO_PASS) {
        simulation.context_key = "iam:PassedToService";
        simulation.context_value = roles[MANAGED_ROLE].service;
    }
    if (iam_simulate(check->client, &simulation, verdicts, error)) {
        for (size_t i = 0; i < count; i++)
            judge(check, asked[i], &verdicts[i]);
        return true;
    }
    *go_on = false;
    if (error->code == ERROR_DENIED)
        note_simulate(check, error);
    else if (error->code == ERROR_NOT_FOUND)
        add_absent(check, permissions[from].who);
    return error->code == ERROR_DENIED || error->code == ERROR_NOT_FOUND;
}

static bool check_permissions(struct check *check, enum who who, struct error *error)
{
    bool go_on = !check->told_simulate;
    for (size_t from = 0, end; from < PERMISSIONS && go_on; from = end) {
        for (end = from + 1; end < PERMISSIONS && permissions[end].who == permissions[from].who &&
                             permissions[end].resource == permissions[from].resource;)
            end++;
        if (permissions[from].who == who && !ask(check, from, end, &go_on, error))
            return false;
    }
    return true;
}

static void check_trust(struct check *check, enum who who, const struct iam_role *role)
{
    const struct role *known = &roles[who];
    char advice[MODEL_TEXT_MAX];
    enum iam_trust trust = iam_trust_of(role->trust, known->service);
    if (trust == IAM_TRUST_YES || trust == IAM_TRUST_CONDITIONAL)
        return;
    snprintf(advice, sizeof advice, "allow sts:AssumeRole to the service %s in its trust policy",
             known->service);
    add(check, MODEL_STOP, known->why, advice, "%s %.64s does not trust %s", known->title, role->name,
        known->service);
}

/* The fifth part of an ARN is the account. */
static bool is_of_another_account(const struct check *check, const char *arn)
{
    const char *account = text(check->question->account), *at = arn;
    for (int colons = 0; colons < 4 && at; colons++)
        at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL;
    size_t length = at ? strcspn(at, ":") : 0;
    return length > 0 && (strlen(account) != length || strncmp(at, account, length) != 0);
}

/* What GetRole says of it. *known: it is there, or that may not be asked. */
static bool check_role(struct check *check, enum who who, bool *known, struct error *error)
{
    struct iam_role role;
    char *arn = check->arn[who];
    *known = true;
    if (iam_get_role(check->client, iam_role_name(arn), &role, error)) {
        if (strcmp(role.arn, arn) != 0 && !check->guessed[who]) {
            add_absent(check, who); /* one of that name has another path */
            *known = false;
        } else {
            snprintf(arn, IAM_ARN_MAX, "%s", role.arn);
            check_trust(check, who, &role);
        }
        iam_role_free(&role);
        return true;
    }
    if (error->code == ERROR_NOT_FOUND) {
        add_absent(check, who);
        *known = false;
        return true;
    }
    if (error->code != ERROR_DENIED)
        return false;
    if (!check->told_get)
        add(check, MODEL_NOTE, error->message,
            "allow iam:GetRole to who runs shaketable, or see to the trust policies yourself",
            "whom the roles trust can't be checked");
    check->told_get = true;
    return true;
}

static bool check_one(struct check *check, enum who who, struct error *error)
{
    bool known = false;
    if (check->arn[who][0] == '\0') {
        if (who != MANAGED_ROLE)
            add(check, MODEL_STOP, roles[who].why, roles[who].absent, "%s is not named", roles[who].title);
        return true;
    }
    if (is_of_another_account(check, check->arn[who])) {
        add(check, MODEL_NOTE, "IAM tells of its own account alone", "see to its permissions there",
            "%s is in another account and can't be checked: %.120s", roles[who].title, check->arn[who]);
        return true;
    }
    return check_role(check, who, &known, error) && (!known || check_permissions(check, who, error));
}

/* The partition is that of whichever role is given as an ARN. */
static void take_partition(struct check *check, const char *const given[ROLES])
{
    snprintf(check->partition, sizeof check->partition, "aws");
    for (int who = 0; who < ROLES; who++)
        if (strncmp(given[who], "arn:", 4) == 0)
            snprintf(check->partition, sizeof check->partition, "%.*s", (int)strcspn(given[who] + 4, ":"),
                     given[who] + 4);
}

static void take_role(struct check *check, enum who who, const char *given)
{
    check->guessed[who] = given[0] != '\0' && strncmp(given, "arn:", 4) != 0;
    if (check->guessed[who])
        snprintf(check->arn[who], IAM_ARN_MAX, "arn:%s:iam::%s:role/%s", check->partition,
                 text(check->question->account), given);
    else
        snprintf(check->arn[who], IAM_ARN_MAX, "%s", given);
}

bool fis_roles_check(struct aws_client *client, const struct fis_roles_question *question,
                     struct fis_roles_findings *findings, struct error *error)
{
    const char *const given[ROLES] = {text(question->fis_role_arn), text(question->task_role_arn),
                                      text(question->managed_role_name)};
    struct check *check = calloc(1, sizeof *check);
    findings->count = 0;
    if (check == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    check->client = client;
    check->question = question;
    check->findings = findings;
    take_partition(check, given);
    for (enum who who = FIS_ROLE; who < ROLES; who++)
        take_role(check, who, given[who]);
    bool done = check_one(check, FIS_ROLE, error);
    if (question->runs_commands) /* the managed instance's first: its ARN is what the task passes on */
        done = done && check_one(check, MANAGED_ROLE, error) && check_one(check, TASK_ROLE, error);
    free(check);
    return done;
}

void preflight_check_fis_roles(struct model_plan *plan, struct aws_client *client,
                               const struct fis_roles_question *question)
{
    struct error error = {0};
    struct fis_roles_findings *findings = calloc(1, sizeof *findings);
    if (findings == NULL)
        return;
    bool done = fis_roles_check(client, question, findings, &error);
    for (size_t i = 0; i < findings->count; i++)
        preflight_add(plan, findings->items[i].severity, findings->items[i].what, findings->items[i].why,
                      findings->items[i].advice);
    if (!done)
        preflight_add(plan, MODEL_WARNING, "the roles of AWS FIS can't be checked", error.message,
                      "mend that, or see to the roles yourself");
    free(findings);
}
