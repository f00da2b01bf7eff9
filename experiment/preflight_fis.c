#include "experiment/preflight_fis.h"

#include <stdio.h>
#include <string.h>

#include "experiment/fis_needs.h"
#include "experiment/guard.h"
#include "experiment/json.h"

static const char *prepare_advice(const struct preflight *at, char text[MODEL_TEXT_MAX])
{
    snprintf(text, MODEL_TEXT_MAX, "shaketable prepare --engine fis --cluster %.80s --service %.80s",
             ecs_short_name(at->service->cluster_arn), at->service->name);
    return text;
}

/* FIS resolves its targets once: tasks that come later are not faulted. */
static void check_tasks(const struct preflight *at)
{
    const struct ecs_service *service = at->service;
    bool deploys =
        service->deployment_count > 1 ||
        (service->deployment_count == 1 && strcmp(service->deployments[0].rollout_state, "IN_PROGRESS") == 0);
    if (strcmp(service->status, "ACTIVE") != 0)
        preflight_say(at, MODEL_STOP, "there is nothing to inject into", "choose an ACTIVE service",
                      "the service is %s", service->status);
    else if (service->running == 0)
        preflight_say(at, MODEL_STOP, "FIS would resolve no target", "scale it to at least one task",
                      "none of its tasks runs");
    if (deploys)
        preflight_say(at, MODEL_STOP,
                      "FIS resolves its targets once, when it starts: the new tasks would not be faulted",
                      "wait until it is COMPLETED, then try again", "a deployment is under way");
    else
        preflight_say(at, MODEL_NOTE,
                      "FIS resolves its targets once: tasks that are replaced later are not faulted",
                      "nothing to do", "%d running task%s will be the target", service->running,
                      service->running == 1 ? "" : "s");
}

static bool is_windows(struct json_object *task_definition)
{
    const char *family =
        json_text(json_object_of(task_definition, "runtimePlatform"), "operatingSystemFamily");
    return strncmp(family, "WINDOWS", strlen("WINDOWS")) == 0;
}

static void check_platform(const struct preflight *at)
{
    const char *mode = json_text(at->task_definition, "networkMode"),
               *platform = json_text(at->raw_service, "platformVersion");
    if (strcmp(mode, "awsvpc") != 0 && strcmp(mode, "host") != 0)
        preflight_say(at, MODEL_STOP, "the network faults of FIS work in a task's own network, or its host's",
                      "choose a service with awsvpc or host networking, or the sidecar (--engine sidecar)",
                      "the network mode is %s", mode[0] == '\0' ? "bridge" : mode);
    if (is_windows(at->task_definition))
        preflight_say(at, MODEL_STOP, "the faults are made with Linux's tools", "choose a Linux service",
                      "its tasks run Windows");
    if (platform[0] == '1' && strcmp(platform, "1.4.0") < 0)
        preflight_say(at, MODEL_STOP, "older ones have no shared process namespace",
                      "deploy it on LATEST or 1.4.0", "the Fargate platform version is %s", platform);
}

static void check_exec(const struct preflight *at)
{
    if (json_flag(at->raw_service, "enableExecuteCommand"))
        preflight_say(at, MODEL_STOP, "its agent and that of FIS can't run in one task",
                      "aws ecs update-service --disable-execute-command --force-new-deployment, then again",
                      "ECS Exec is on");
}

static void check_definition(const struct preflight *at)
{
    struct fis_lack lack;
    char advice[MODEL_TEXT_MAX];
    const char *why = "FIS refuses tasks without it";
    fis_needs_find(at->task_definition, &lack);
    prepare_advice(at, advice);
    if (lack.fault_injection)
        preflight_say(at, MODEL_STOP, why, advice, "the task definition has no enableFaultInjection");
    if (lack.pid_mode)
        preflight_say(at, MODEL_STOP, "the agent must see the other containers of its task", advice,
                      "the task definition's pidMode is not task");
    if (lack.agent)
        preflight_say(at, MODEL_STOP, "FIS reaches a task through it", advice,
                      "the task definition has no container with the SSM agent");
    else if (lack.agent_role)
        preflight_say(at, MODEL_STOP, "the agent can't register the task without a role", advice,
                      "the SSM agent's container has no " FIS_AGENT_ROLE_VARIABLE);
    if (lack.agent_essential)
        preflight_say(at, MODEL_WARNING, "where it ends the task ends with it",
                      "set essential to false for it", "the SSM agent's container is essential");
}

/* What the agent takes and needs beside its permissions. The embedded region's takes nothing. */
static void note_agent(const struct preflight *at)
{
    struct fis_lack lack;
    fis_needs_find(at->task_definition, &lack);
    if (preflight_is_local(at) || !lack.agent)
        return;
    preflight_say(
        at, MODEL_WARNING,
        "its image comes from public.ecr.aws, and it registers at ssm, ssmmessages and ec2messages",
        "see that the task's subnets lead there (NAT or VPC endpoints), and that 100 MB are to spare",
        "the SSM agent runs in every task");
}

static void note_shared_processes(const struct preflight *at)
{
    preflight_say(
        at, MODEL_NOTE, "they see each other's processes, and one that is process 1 now is so no longer",
        "go on if no container depends on that", "the task's containers will share a process namespace");
}

void preflight_fis_service(const struct preflight *at, bool preparing)
{
    check_platform(at);
    check_exec(at);
    if (preparing) {
        note_shared_processes(at);
        note_agent(at);
        return;
    }
    check_tasks(at);
    check_definition(at);
}

void preflight_fis_guards(const struct preflight *at, const struct choices *choices)
{
    struct guard guard;
    for (size_t i = 0; i < choices->guard_count; i++)
        if (guard_parse(&guard, choices->guards[i], NULL) && guard_is_measured(guard.metric))
            preflight_say(at, MODEL_STOP, "it is measured by sidecars, and FIS has none",
                          "name an alarm instead ('alarm NAME'), which FIS watches as well",
                          "the guard '%.120s' can't be kept", choices->guards[i]);
}
