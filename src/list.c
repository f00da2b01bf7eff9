#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ecs.h"
#include "aws/elbv2.h"
#include "aws/list.h"
#include "experiment/json.h"
#include "experiment/way_back.h"
#include "src/ask_code.h"
#include "src/commands.h"
#include "src/list_experiments.h"
#include "src/list_fis.h"

static struct aws_client *open_client(const struct cli *cli, struct error *error)
{
    const struct aws_options options = {
        .profile = cli->profile,
        .region = cli->region,
        .endpoint_url = cli->endpoint_url,
        .read_only = true, /* a list never changes anything */
        .mfa = {.ask = ask_code},
    };
    return aws_client_open(&options, error);
}

static void print_list(struct json_object *array, bool json)
{
    if (json)
        cli_print_json(array, true);
    else
        json_object_put(array);
}

static bool list_clusters(const struct cli *cli, struct aws_client *client, struct error *error)
{
    struct ecs_clusters clusters = {0};
    struct json_object *array = json_object_new_array();
    bool done = ecs_list_clusters(client, &clusters, error);
    if (done && !cli->json)
        printf("%-24s %-10s %8s %8s %8s\n", "CLUSTER", "STATUS", "SERVICES", "RUNNING", "PENDING");
    for (size_t i = 0; done && i < clusters.count; i++) {
        const struct ecs_cluster *cluster = &clusters.items[i];
        if (!cli->json)
            printf("%-24s %-10s %8d %8d %8d\n", cluster->name, cluster->status, cluster->services,
                   cluster->running, cluster->pending);
        struct json_object *object = json_object_new_object();
        json_put_text(object, "cluster", cluster->name);
        json_put_text(object, "arn", cluster->arn);
        json_put_text(object, "status", cluster->status);
        json_put_integer(object, "services", cluster->services);
        json_put_integer(object, "running", cluster->running);
        json_put_integer(object, "pending", cluster->pending);
        json_object_array_add(array, object);
    }
    print_list(array, cli->json && done);
    ecs_clusters_free(&clusters);
    return done;
}

/* What is told of a service; an account may have thousands. */
struct service_line {
    char *name, *arn, *task_definition;
    char status[ECS_WORD_MAX], rollout[ECS_WORD_MAX];
    int desired, running;
};
struct service_lines {
    struct service_line *items;
    size_t count, capacity;
    bool failed; /* no memory */
};

static void take_line(void *context, const struct ecs_service *service)
{
    struct service_lines *lines = context;
    struct service_line *line =
        aws_list_add(&lines->items, &lines->count, &lines->capacity, sizeof *lines->items);
    if (line == NULL) {
        lines->failed = true;
        return;
    }
    line->name = strdup(service->name);
    line->arn = strdup(service->arn);
    line->task_definition = strdup(ecs_short_name(service->task_definition));
    lines->failed = lines->failed || line->name == NULL || line->arn == NULL || line->task_definition == NULL;
    memcpy(line->status, service->status, sizeof line->status);
    if (service->deployment_count > 0)
        memcpy(line->rollout, service->deployments[0].rollout_state, sizeof line->rollout);
    line->desired = service->desired;
    line->running = service->running;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct service_line *)a)->name, ((const struct service_line *)b)->name);
}

static void print_service(const struct cli *cli, const struct service_line *line, struct json_object *array)
{
    bool injected = way_back_is_ours(line->task_definition);
    if (!cli->json) {
        printf("%-24s %-8s %7d %7d  %-28s %s%s\n", line->name, line->status, line->desired, line->running,
               line->task_definition, line->rollout, injected ? "  (injected)" : "");
        return;
    }
    struct json_object *object = json_object_new_object();
    json_put_text(object, "service", line->name);
    json_put_text(object, "arn", line->arn);
    json_put_text(object, "status", line->status);
    json_put_integer(object, "desired", line->desired);
    json_put_integer(object, "running", line->running);
    json_put_text(object, "taskDefinition", line->task_definition);
    json_put_text(object, "rollout", line->rollout);
    json_put_flag(object, "injected", injected);
    json_object_array_add(array, object);
}

static bool list_services(const struct cli *cli, struct aws_client *client, struct error *error)
{
    struct service_lines lines = {0};
    struct json_object *array = json_object_new_array();
    bool done = ecs_each_service(client, cli->cluster, take_line, &lines, error) ||
                error_prefix(error, "cluster %.60s: ", cli->cluster);
    if (done && lines.failed)
        done = error_set(error, ERROR_SYSTEM, "out of memory");
    if (done && lines.count > 0)
        qsort(lines.items, lines.count, sizeof *lines.items, compare_lines);
    if (done && !cli->json)
        printf("%-24s %-8s %7s %7s  %-28s %s\n", "SERVICE", "STATUS", "DESIRED", "RUNNING", "TASK DEFINITION",
               "DEPLOYMENT");
    for (size_t i = 0; done && i < lines.count; i++)
        print_service(cli, &lines.items[i], array);
    print_list(array, cli->json && done);
    for (size_t i = 0; i < lines.count; i++) {
        free(lines.items[i].name);
        free(lines.items[i].arn);
        free(lines.items[i].task_definition);
    }
    aws_list_free(&lines.items, &lines.count, &lines.capacity);
    return done;
}

/* The ARNs of the service's groups; NULL with count 0: all. */
static bool groups_of_service(const struct cli *cli, struct aws_client *client, struct ecs_service *service,
                              struct error *error)
{
    struct json_object *raw = NULL;
    bool done = ecs_describe_service(client, cli->cluster, cli->service, &raw, error) &&
                ecs_service_from_json(service, raw, error);
    json_object_put(raw);
    if (done && service->load_balancer_count == 0)
        return error_set(error, ERROR_NOT_FOUND, "%s has no target group", cli->service);
    return done;
}

static void print_group(const struct cli *cli, struct aws_client *client,
                        const struct elbv2_target_group *group, struct json_object *array)
{
    struct elbv2_targets targets = {0};
    size_t healthy = 0;
    struct json_object *list = json_object_new_array();
    bool known = elbv2_describe_target_health(client, group->arn, &targets, NULL);
    if (!cli->json)
        printf("%-32s %-6s :%-5d %s %s\n", group->name, group->protocol, group->port,
               group->health_check.path, known ? "" : "(health unknown)");
    for (size_t i = 0; known && i < targets.count; i++) {
        const struct elbv2_target *target = &targets.items[i];
        healthy += strcmp(target->state, "healthy") == 0;
        if (!cli->json)
            printf("  %s:%-6d %-12s %s\n", target->id, target->port, target->state, target->reason);
        struct json_object *object = json_object_new_object();
        json_put_text(object, "address", target->id);
        json_put_integer(object, "port", target->port);
        json_put_text(object, "state", target->state);
        json_put_text(object, "reason", target->reason);
        json_object_array_add(list, object);
    }
    struct json_object *object = json_object_new_object();
    json_put_text(object, "targetGroup", group->name);
    json_put_text(object, "arn", group->arn);
    json_put_integer(object, "healthy", (int64_t)healthy);
    json_object_object_add(object, "targets", list);
    json_object_array_add(array, object);
    elbv2_targets_free(&targets);
}

static bool list_target_groups(const struct cli *cli, struct aws_client *client, struct error *error)
{
    const char *arns[ECS_LOAD_BALANCERS_MAX];
    size_t count = 0;
    struct elbv2_target_groups groups = {0};
    struct ecs_service *service = calloc(1, sizeof *service);
    struct json_object *array = json_object_new_array();
    bool done = service != NULL;
    if (done && cli->service != NULL)
        done = groups_of_service(cli, client, service, error);
    for (size_t i = 0; done && i < service->load_balancer_count; i++)
        if (service->load_balancers[i].target_group_arn[0] != '\0')
            arns[count++] = service->load_balancers[i].target_group_arn;
    done = done && elbv2_describe_target_groups(client, arns, count, &groups, error);
    for (size_t i = 0; done && i < groups.count; i++)
        print_group(cli, client, &groups.items[i], array);
    print_list(array, cli->json && done);
    elbv2_target_groups_free(&groups);
    free(service);
    return done;
}

/* Before AWS is asked anything. */
static bool check_target(const struct cli *cli, const char *what, struct error *error)
{
    if (strcmp(what, "services") == 0 && cli->cluster == NULL)
        return error_set(error, ERROR_USAGE, "list services: --cluster is missing");
    if (strcmp(what, "target-groups") == 0 && cli->service != NULL && cli->cluster == NULL)
        return error_set(error, ERROR_USAGE, "list target-groups: --service needs its --cluster");
    return true;
}

static const struct {
    const char *name;
    bool (*list)(const struct cli *cli, struct aws_client *client, struct error *error);
} lists[] = {
    {"clusters", list_clusters},
    {"services", list_services},
    {"target-groups", list_target_groups},
    {"templates", list_templates},
    {"fis-experiments", list_fis_experiments},
};

enum cli_exit command_list(const struct cli *cli)
{
    struct error error = {0};
    const char *what = cli->word_count > 1 ? cli->words[1] : "";
    size_t chosen = 0;
    if (strcmp(what, "experiments") == 0)
        return list_experiments(cli);
    while (chosen < sizeof lists / sizeof lists[0] && strcmp(what, lists[chosen].name) != 0)
        chosen++;
    if (chosen == sizeof lists / sizeof lists[0]) {
        error_set(&error, ERROR_USAGE,
                  "list what? clusters, services, target-groups, experiments, templates or fis-experiments");
        return cli_fail(&error, CLI_USAGE);
    }
    if (!check_target(cli, what, &error))
        return cli_fail(&error, CLI_USAGE);
    struct aws_client *client = open_client(cli, &error);
    if (client == NULL)
        return cli_fail(&error, CLI_FAILED);
    bool done = lists[chosen].list(cli, client, &error);
    aws_client_close(client);
    return done ? CLI_DONE : cli_fail(&error, cli_status_of(&error));
}
