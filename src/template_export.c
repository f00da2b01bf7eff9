#include <json-c/json.h>
#include <string.h>

#include "aws/client.h"
#include "aws/ecs.h"
#include "aws/sts.h"
#include "experiment/fis_actions.h"
#include "experiment/fis_faults.h"
#include "experiment/guard.h"
#include "experiment/json.h"
#include "src/ask_code.h"
#include "src/template.h"

#define DURATION_DEFAULT_MS INT64_C(300000)
#define TARGET_NAME "tasks"
#define OPTIONS_MAX 4096

/* AWS is asked only for what the command line does not tell: a port, an account. */
static struct aws_client *open_client(const struct cli *cli, struct error *error)
{
    const struct aws_options options = {
        .profile = cli->profile,
        .region = cli->region,
        .endpoint_url = cli->endpoint_url,
        .read_only = true,
        .mfa = {.ask = ask_code},
    };
    return aws_client_open(&options, error);
}

static bool find_port(const struct cli *cli, struct aws_client **client, int64_t *port, struct error *error)
{
    struct ecs_service service;
    struct json_object *raw = NULL;
    if (*client == NULL)
        *client = open_client(cli, error);
    bool done = *client != NULL && ecs_describe_service(*client, cli->cluster, cli->service, &raw, error) &&
                ecs_service_from_json(&service, raw, error);
    json_object_put(raw);
    if (done && service.load_balancer_count != 1)
        return error_set(error, ERROR_REFUSED,
                         "--blackhole: FIS drops one port's traffic, and %zu load balancers point to %.60s",
                         service.load_balancer_count, cli->service);
    if (done)
        *port = service.load_balancers[0].container_port;
    return done || error_prefix(error, "--blackhole needs the service's container port: ");
}

/* arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME; the partition goes by the region. */
static bool make_arn(const struct cli *cli, struct aws_client **client, const char *alarm, char *arn,
                     size_t size, struct error *error)
{
    struct sts_identity identity;
    if (*client == NULL)
        *client = open_client(cli, error);
    if (*client == NULL || !sts_get_caller_identity(*client, &identity, error))
        return error_prefix(
            error, "--guard: the alarm's ARN needs region and account, and they are not known (write "
                   "'alarm ARN'): ");
    const char *region = aws_client_region(*client);
    const char *partition = strncmp(region, "cn-", 3) == 0       ? "aws-cn"
                            : strncmp(region, "us-gov-", 7) == 0 ? "aws-us-gov"
                                                                 : "aws";
    snprintf(arn, size, "arn:%s:cloudwatch:%s:%s:alarm:%s", partition, region, identity.account, alarm);
    return true;
}

static bool add_stop(const struct cli *cli, struct aws_client **client, const char *text,
                     struct json_object *stops, struct error *error)
{
    struct guard guard;
    char arn[TEMPLATE_ARN_MAX];
    if (!guard_parse(&guard, text, error))
        return false;
    if (guard.metric != GUARD_ALARM)
        return error_set(error, ERROR_REFUSED,
                         "--guard: FIS stops by CloudWatch alarms only (--guard 'alarm NAME'), not by '%s'",
                         text);
    if (guard.for_ms > 0 || guard.missing_ok)
        return error_set(error, ERROR_REFUSED,
                         "--guard: FIS stops as soon as the alarm does; how long and what is missing is the "
                         "alarm's own: '%s'",
                         text);
    const char *written = strstr(text, "arn:"); /* with its account, which the guard does not keep */
    if (guard.alarm_region[0] != '\0' && written != NULL)
        snprintf(arn, sizeof arn, "%.*s", (int)strcspn(written, "\" "), written);
    else if (!make_arn(cli, client, guard.alarm, arn, sizeof arn, error))
        return false;
    struct json_object *stop = json_object_new_object();
    json_put_text(stop, "source", "aws:cloudwatch:alarm");
    json_put_text(stop, "value", arn);
    json_object_array_add(stops, stop);
    return true;
}

static bool make_stops(const struct cli *cli, struct aws_client **client, struct json_object *stops,
                       struct error *error)
{
    if (cli->choices.guard_count > TEMPLATE_STOPS_MAX)
        return error_set(error, ERROR_REFUSED, "--guard: FIS takes %d stop conditions at the most",
                         TEMPLATE_STOPS_MAX);
    for (size_t i = 0; i < cli->choices.guard_count; i++)
        if (!add_stop(cli, client, cli->choices.guards[i], stops, error))
            return false;
    if (cli->choices.guard_count == 0) {
        struct json_object *stop = json_object_new_object();
        json_put_text(stop, "source", "none");
        json_object_array_add(stops, stop);
    }
    return true;
}

static struct json_object *make_targets(const struct cli *cli)
{
    struct json_object *targets = json_object_new_object(), *target = json_object_new_object();
    struct json_object *parameters = json_object_new_object();
    json_put_text(target, "resourceType", FIS_TASK_TYPE);
    json_put_text(parameters, "cluster", cli->cluster);
    json_put_text(parameters, "service", cli->service);
    json_object_object_add(target, "parameters", parameters);
    json_put_text(target, "selectionMode", "ALL");
    json_object_object_add(targets, TARGET_NAME, target);
    return targets;
}

static void put_description(const struct cli *cli, struct json_object *document)
{
    char text[TEMPLATE_DESCRIPTION_MAX];
    struct buf options;
    buf_init(&options, OPTIONS_MAX);
    fis_faults_print_options(&cli->faults.fault, &options);
    snprintf(text, sizeof text, "%.120s/%.120s: %s", cli->cluster, cli->service, buf_text(&options));
    buf_free(&options);
    json_put_text(document, "description", text);
}

static const char *action_name(const struct fault *fault)
{
    return fault->blackhole.percent > 0 ? "blackhole" : fault->loss.percent > 0 ? "loss" : "latency";
}

/* Owned by the caller; NULL with an error, or with refusals. */
static struct json_object *make_document(const struct cli *cli, struct aws_client **client,
                                         struct refusals *refusals, struct error *error)
{
    const struct fault *fault = &cli->faults.fault;
    struct fis_faults_setting setting = {
        .duration_ms = cli->duration_ms > 0 ? cli->duration_ms : DURATION_DEFAULT_MS, .target = TARGET_NAME};
    if (fault->blackhole.percent > 0 && !find_port(cli, client, &setting.container_port, error))
        return NULL;
    struct json_object *action = fis_faults_action(fault, &setting, refusals);
    if (action == NULL)
        return NULL;
    struct json_object *document = json_object_new_object(), *actions = json_object_new_object();
    struct json_object *stops = json_object_new_array();
    put_description(cli, document);
    json_object_object_add(document, "targets", make_targets(cli));
    json_object_object_add(actions, action_name(fault), action);
    json_object_object_add(document, "actions", actions);
    json_object_object_add(document, "stopConditions", stops);
    if (cli->role != NULL)
        json_put_text(document, "roleArn", cli->role);
    if (make_stops(cli, client, stops, error))
        return document;
    json_object_put(document);
    return NULL;
}

static bool check_line(const struct cli *cli, struct error *error)
{
    if (cli->cluster == NULL || cli->cluster[0] == '\0' || cli->service == NULL || cli->service[0] == '\0')
        return error_set(error, ERROR_USAGE, "template export: %s is missing",
                         cli->cluster == NULL || cli->cluster[0] == '\0' ? "--cluster" : "--service");
    if (!cli->faults.given)
        return error_set(error, ERROR_USAGE,
                         "template export: which faults? Name at least one, e.g. --latency 800ms");
    if (cli->yes || cli->take_over || cli->image != NULL || cli->engine != NULL)
        return error_set(
            error, ERROR_USAGE,
            "template export changes nothing and takes no --yes, --take-over, --image or --engine");
    if (cli->role != NULL && (strncmp(cli->role, "arn:", 4) != 0 || strlen(cli->role) < TEMPLATE_ARN_MIN ||
                              strlen(cli->role) > TEMPLATE_ARN_MAX))
        return error_set(error, ERROR_USAGE, "--role: '%.100s' is no ARN of a role", cli->role);
    return true;
}

/* What is printed can be read again: nothing leaves here that import would not take. */
static bool is_readable(struct json_object *document, struct error *error)
{
    struct template *template = template_from_json(document, error);
    template_release(template);
    return template != NULL;
}

enum cli_exit template_command_export(const struct cli *cli)
{
    struct error error = {0};
    struct refusals refusals = {0};
    struct aws_client *client = NULL;
    if (!check_line(cli, &error))
        return cli_fail(&error, CLI_USAGE);
    struct json_object *document = make_document(cli, &client, &refusals, &error);
    aws_client_close(client);
    if (document != NULL && !is_readable(document, &error)) {
        json_object_put(document);
        document = NULL;
    }
    if (document == NULL) {
        template_print_refusals(stderr, "shaketable: ", &refusals);
        return refusals.count > 0 ? CLI_REFUSED : cli_fail(&error, cli_status_of(&error));
    }
    if (cli->role == NULL)
        fprintf(stderr, "shaketable: note: without a roleArn AWS FIS won't take it: add --role ARN\n");
    cli_print_json(document, true);
    return CLI_DONE;
}
