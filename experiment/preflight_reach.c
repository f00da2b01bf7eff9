/* preflight of the links to the sidecars: tries the way that they will take. */
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

#define REACH_MS 3000

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

static void check_reach(const struct preflight *at, const struct ecs_task *task, int stats_port)
{
    char advice[MODEL_TEXT_MAX];
    int failure = try_port(task->address, stats_port);
    if (failure == 0)
        return;
    snprintf(
        advice, sizeof advice,
        "run it where they can be: inside the VPC, or through a VPN; and let their security group admit TCP "
        "port %d from this machine's address",
        stats_port);
    preflight_say(at, MODEL_STOP,
                  "the console sets the faults, and clears them, at the tasks' private addresses", advice,
                  "the tasks can't be reached from here: %.40s, port %d: %.80s", task->address, stats_port,
                  strerror(failure));
}

void preflight_reach(const struct preflight *at)
{
    struct ecs_tasks tasks = {0};
    struct error error;
    const struct ecs_task *task = NULL;
    if (preflight_is_local(at) || at->sidecars->count == 0)
        return;
    bool read =
        ecs_list_service_tasks(at->job->client, at->service->cluster_arn, at->service->arn, &tasks, &error);
    bool found = read && host_address_fill(at->job, at->service->cluster_arn, &tasks, &error);
    for (size_t i = 0; i < tasks.count && task == NULL; i++)
        if (strcmp(tasks.items[i].last_status, "RUNNING") == 0)
            task = &tasks.items[i];
    if (!read)
        preflight_say(at, MODEL_STOP, error.message,
                      "allow ecs:ListTasks and ecs:DescribeTasks: the sidecars are found with them",
                      "its tasks can't be read");
    else if (!found)
        preflight_say(
            at, MODEL_STOP, error.message,
            "allow ecs:DescribeContainerInstances and ec2:DescribeInstances: in the host network mode "
            "the sidecars are at their instances' addresses",
            "its instances can't be read");
    else if (task == NULL)
        preflight_say(at, MODEL_STOP, "there is no steady state to come back to", "mend the service first",
                      "none of its tasks is RUNNING");
    else if (task->address[0] == '\0')
        preflight_say(
            at, MODEL_STOP, "the console could not find the sidecars: their instances are not EC2's",
            "choose a service with awsvpc networking, or on EC2 instances", "its tasks have no addresses");
    else
        check_reach(at, task, at->sidecars->item[0].stats_port);
    ecs_tasks_free(&tasks);
}
