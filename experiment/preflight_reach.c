/* preflight of the way to the sidecars: tries it, and chooses where it was not said. */
#include "experiment/preflight.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "experiment/host_address.h"
#include "experiment/plugin.h"

#define REACH_MS 3000

/* What is asked, and why the ways that were tried can't be taken. */
struct reach {
    const struct preflight *at;
    const char *log_region; /* where logs are read */
    char no_direct[MODEL_TEXT_MAX], no_ssm[MODEL_TEXT_MAX];
};

/* Whether a packet gets there and back: nobody listens on that port yet, so the answer is a refusal. Returns
 * 0, or the errno that says why not. */
static int try_port(const char *address, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof(int);
    int failure = 0;
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
        return EADDRNOTAVAIL;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
        failure = errno;
    struct pollfd polled = {.fd = fd, .events = POLLOUT};
    if (failure == EINPROGRESS && poll(&polled, 1, REACH_MS) <= 0)
        failure = ETIMEDOUT;
    else if (failure == EINPROGRESS && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
        failure = errno;
    close(fd);
    return failure == ECONNREFUSED ? 0 : failure;
}

static bool can_direct(struct reach *reach, const struct ecs_task *task)
{
    int port = reach->at->sidecars->item[0].stats_port;
    if (task->address[0] == '\0') {
        if (reach->no_direct[0] == '\0')
            snprintf(reach->no_direct, sizeof reach->no_direct, "its tasks have no addresses");
        return false;
    }
    int failure = try_port(task->address, port);
    if (failure != 0)
        snprintf(reach->no_direct, sizeof reach->no_direct,
                 "the tasks can't be reached from here: %.40s, port %d: %.80s", task->address, port,
                 strerror(failure));
    return failure == 0;
}

static bool can_ssm(struct reach *reach, const struct ecs_tasks *tasks)
{
    char path[PLUGIN_PATH_MAX];
    struct error error;
    bool runs = false;
    for (size_t i = 0; i < tasks->count; i++)
        for (size_t k = 0; k < tasks->items[i].container_count; k++)
            runs = runs || tasks->items[i].containers[k].exec_runs;
    if (!reach->at->service->execute_command)
        snprintf(reach->no_ssm, sizeof reach->no_ssm, "ECS Exec is not enabled for the service");
    else if (!runs)
        snprintf(reach->no_ssm, sizeof reach->no_ssm, "the agent of ECS Exec runs in none of its tasks");
    else if (!plugin_find(path, &error))
        snprintf(reach->no_ssm, sizeof reach->no_ssm, "%.250s", error.message);
    return reach->no_ssm[0] == '\0';
}

static bool has_logs(const struct reach *reach)
{
    for (size_t i = 0; i < reach->at->sidecars->count; i++) {
        const struct revision_sidecar *sidecar = &reach->at->sidecars->item[i];
        if (sidecar->log_group[0] == '\0' ||
            (sidecar->log_region[0] != '\0' && strcmp(sidecar->log_region, reach->log_region) != 0))
            return false;
    }
    return true;
}

static void note_direct(const struct reach *reach)
{
    char advice[MODEL_TEXT_MAX];
    snprintf(
        advice, sizeof advice,
        "run it where they can be: inside the VPC, or through a VPN; and let their security group admit TCP "
        "port %d from this machine's address; or choose --reach ssm or none",
        reach->at->sidecars->item[0].stats_port);
    preflight_add(reach->at->plan, MODEL_STOP, reach->no_direct,
                  "the console sets the faults, and clears them, at the tasks' private addresses", advice);
}

static void note_none(const struct reach *reach, bool asked)
{
    preflight_add(
        reach->at->plan, asked ? MODEL_NOTE : MODEL_WARNING,
        "the sidecars are not reached: no live faders, the faults stand in their environment",
        "they begin and end by the clock, also if this console dies; a rollback is a deployment, not a "
        "matter of milliseconds",
        asked ? "nothing to do" : "go on with a short --duration, or make a way (below)");
    if (!asked) {
        preflight_add(reach->at->plan, MODEL_NOTE, reach->no_direct,
                      "that is the way of choice (--reach direct)",
                      "run it inside the VPC, or through a VPN");
        preflight_add(reach->at->plan, MODEL_NOTE, reach->no_ssm, "that is the second way (--reach ssm)",
                      "enable ECS Exec and install session-manager-plugin");
    }
    if (has_logs(reach))
        preflight_add(reach->at->plan, MODEL_NOTE, "statistics come through CloudWatch Logs, seconds late",
                      "the sidecar logs where its application does", "allow logs:FilterLogEvents");
    else
        preflight_add(reach->at->plan, MODEL_WARNING, "there will be no statistics from the sidecars",
                      "the application has no awslogs logConfiguration with a stream prefix in this region",
                      "watch the service by other means");
}

static enum choices_reach choose(struct reach *reach, const struct ecs_tasks *tasks,
                                 const struct ecs_task *task, enum choices_reach asked)
{
    bool direct = (asked == CHOICES_REACH_AUTO || asked == CHOICES_REACH_DIRECT) && can_direct(reach, task);
    if (direct)
        return CHOICES_REACH_DIRECT;
    if (asked == CHOICES_REACH_DIRECT) {
        note_direct(reach);
        return asked;
    }
    bool ssm = asked != CHOICES_REACH_NONE && can_ssm(reach, tasks);
    if (asked == CHOICES_REACH_SSM && !ssm)
        preflight_add(reach->at->plan, MODEL_STOP, reach->no_ssm, "--reach ssm goes through ECS Exec",
                      "enable ECS Exec on the service, deploy it, and install session-manager-plugin");
    if (asked == CHOICES_REACH_SSM)
        return asked;
    if (ssm) {
        preflight_add(reach->at->plan, MODEL_NOTE,
                      "the sidecars are reached through Session Manager (ECS Exec)", reach->no_direct,
                      "nothing to do");
        return CHOICES_REACH_SSM;
    }
    note_none(reach, asked == CHOICES_REACH_NONE);
    return CHOICES_REACH_NONE;
}

enum choices_reach preflight_reach(const struct preflight *at)
{
    struct ecs_tasks tasks = {0};
    struct error error;
    const struct ecs_task *task = NULL;
    struct reach reach = {.at = at, .log_region = aws_client_region(at->job->client)};
    enum choices_reach chosen = at->reach == CHOICES_REACH_AUTO ? CHOICES_REACH_DIRECT : at->reach;
    if ((preflight_is_local(at) && chosen == CHOICES_REACH_DIRECT) || at->sidecars->count == 0)
        return chosen;
    bool read =
        ecs_list_service_tasks(at->job->client, at->service->cluster_arn, at->service->arn, &tasks, &error);
    if (read && chosen == CHOICES_REACH_DIRECT &&
        !host_address_fill(at->job, at->service->cluster_arn, &tasks, &error))
        snprintf(reach.no_direct, sizeof reach.no_direct, "its tasks' instances can't be read: %.200s",
                 error.message);
    for (size_t i = 0; i < tasks.count && task == NULL; i++)
        if (strcmp(tasks.items[i].last_status, "RUNNING") == 0)
            task = &tasks.items[i];
    if (!read)
        preflight_say(at, MODEL_STOP, error.message,
                      "allow ecs:ListTasks and ecs:DescribeTasks: the sidecars are found with them",
                      "its tasks can't be read");
    else if (task == NULL)
        preflight_say(at, MODEL_STOP, "there is no steady state to come back to", "mend the service first",
                      "none of its tasks is RUNNING");
    else
        chosen = choose(&reach, &tasks, task, at->reach);
    ecs_tasks_free(&tasks);
    return chosen;
}
