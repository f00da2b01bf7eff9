/* What other threads ask about target groups. */
#include "sandbox/balancer_internal.h"

#include <string.h>

#define INTERVAL_MAX_MS 300000 /* of health checks: generous */
#define THRESHOLD_MAX 10
#define DELAY_MAX_MS 3600000

static bool check_is_valid(const struct balancer_health_check *check, int delay_ms, struct error *error)
{
    if (check->path[0] != '/' || strpbrk(check->path, " \t\r\n") != NULL)
        return error_set(error, ERROR_INVALID, "health check path '%s' must begin with / and have no space",
                         check->path);
    if (!checker_matcher_is_valid(check->matcher))
        return error_set(error, ERROR_INVALID,
                         "health check matcher '%s' is not like 200, 200-299 or 200,204", check->matcher);
    if (check->interval_ms < 1 || check->interval_ms > INTERVAL_MAX_MS || check->timeout_ms < 1 ||
        check->timeout_ms > INTERVAL_MAX_MS)
        return error_set(error, ERROR_INVALID, "health check interval and timeout must be 1 to %d ms",
                         INTERVAL_MAX_MS);
    if (check->healthy_threshold < 1 || check->healthy_threshold > THRESHOLD_MAX ||
        check->unhealthy_threshold < 1 || check->unhealthy_threshold > THRESHOLD_MAX)
        return error_set(error, ERROR_INVALID, "health check thresholds must be 1 to %d", THRESHOLD_MAX);
    if (delay_ms < 0 || delay_ms > DELAY_MAX_MS)
        return error_set(error, ERROR_INVALID, "deregistration delay must be 0 to %d ms", DELAY_MAX_MS);
    return true;
}

struct group *group_need(struct balancer *balancer, unsigned number, struct error *error)
{
    struct group *group = group_find(balancer, number);
    if (group == NULL)
        error_set(error, ERROR_NOT_FOUND, "there is no target group %u", number);
    return group;
}

static void add_group(struct balancer *balancer, struct command *command)
{
    struct group *group = group_create(balancer, command->check, command->delay_ms);
    command->result = group != NULL;
    if (group == NULL)
        error_set(command->error, ERROR_SYSTEM, "no memory for a target group");
    else
        command->number = group->number;
}

bool balancer_add_group(struct balancer *balancer, const struct balancer_health_check *check,
                        int deregistration_delay_ms, unsigned *group, struct error *error)
{
    struct command command = {
        .run = add_group, .error = error, .check = check, .delay_ms = deregistration_delay_ms};
    if (!check_is_valid(check, deregistration_delay_ms, error) || !balancer_call(balancer, &command))
        return false;
    *group = command.number;
    return true;
}

static void change_group(struct balancer *balancer, struct command *command)
{
    struct group *group = group_need(balancer, command->number, command->error);
    command->result = group != NULL;
    if (group == NULL)
        return;
    group->check = *command->check;
    group->deregistration_delay_ms = command->delay_ms;
}

bool balancer_change_group(struct balancer *balancer, unsigned group,
                           const struct balancer_health_check *check, int deregistration_delay_ms,
                           struct error *error)
{
    struct command command = {.run = change_group,
                              .error = error,
                              .number = group,
                              .check = check,
                              .delay_ms = deregistration_delay_ms};
    return check_is_valid(check, deregistration_delay_ms, error) && balancer_call(balancer, &command);
}

static void remove_group(struct balancer *balancer, struct command *command)
{
    struct group *group = group_need(balancer, command->number, command->error);
    if (group != NULL && group->uses > 0) {
        error_set(command->error, ERROR_CONFLICT, "target group %u is in use by a listener", command->number);
        return;
    }
    command->result = group != NULL;
    if (group != NULL)
        group_destroy(group);
}

bool balancer_remove_group(struct balancer *balancer, unsigned group, struct error *error)
{
    struct command command = {.run = remove_group, .error = error, .number = group};
    return balancer_call(balancer, &command);
}

static void do_register(struct balancer *balancer, struct command *command)
{
    struct group *group = group_need(balancer, command->number, command->error);
    command->result = group != NULL && group_register(group, command->address, command->port, command->error);
}

bool balancer_register(struct balancer *balancer, unsigned group, const char *address, uint16_t port,
                       struct error *error)
{
    struct command command = {
        .run = do_register, .error = error, .number = group, .address = address, .port = port};
    return balancer_call(balancer, &command);
}

static void do_deregister(struct balancer *balancer, struct command *command)
{
    struct group *group = group_need(balancer, command->number, command->error);
    command->result =
        group != NULL && group_deregister(group, command->address, command->port, command->error);
}

bool balancer_deregister(struct balancer *balancer, unsigned group, const char *address, uint16_t port,
                         struct error *error)
{
    struct command command = {
        .run = do_deregister, .error = error, .number = group, .address = address, .port = port};
    return balancer_call(balancer, &command);
}

static void list_targets(struct balancer *balancer, struct command *command)
{
    struct group *group = group_find(balancer, command->number);
    size_t most = command->count;
    command->count = group == NULL ? 0 : group->count;
    for (size_t i = 0; i < most && i < command->count; i++) {
        const struct target *target = group->targets[i];
        command->targets[i] = target->is;
        command->targets[i].connections = target->used_count + target->idle_count;
    }
}

size_t balancer_targets(struct balancer *balancer, unsigned group, struct balancer_target *targets,
                        size_t most)
{
    struct command command = {.run = list_targets, .number = group, .targets = targets, .count = most};
    balancer_call(balancer, &command);
    return command.count;
}

static void set_reach(struct balancer *balancer, struct command *command)
{
    struct group *group = group_find(balancer, command->number);
    if (group != NULL)
        group_set_reach(group, command->address, command->port, command->traffic, command->checks);
}

void balancer_set_reach(struct balancer *balancer, unsigned group, const char *address, uint16_t port,
                        bool traffic, bool checks)
{
    struct command command = {.run = set_reach,
                              .number = group,
                              .address = address,
                              .port = port,
                              .traffic = traffic,
                              .checks = checks};
    balancer_call(balancer, &command);
}
