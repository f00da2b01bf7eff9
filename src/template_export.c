#include <json-c/json.h>
#include <string.h>

#include "aws/client.h"
#include "aws/ecs.h"
#include "aws/sts.h"
#include "experiment/fis_document.h"
#include "experiment/guard.h"
#include "experiment/json.h"
#include "src/ask_code.h"
#include "src/template.h"

#define DURATION_DEFAULT_MS INT64_C(300000)
#define SERVICE_ARN_MAX 640

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

/* The ARN of the service, whose account is that of alarms and tasks; the partition goes by the region. */
static bool find_account(const struct cli *cli, struct aws_client **client, char *arn, size_t size,
                         struct error *error)
{
    struct sts_identity identity;
    if (*client == NULL)
        *client = open_client(cli, error);
    if (*client == NULL || !sts_get_caller_identity(*client, &identity, error))
        return error_prefix(error,
                            "the ARN of %s needs region and account, and they are not known (write it "
                            "whole): ",
                            cli->choices.task_count > 0 ? "a task" : "--guard's alarm");
    const char *region = aws_client_region(*client);
    const char *partition = strncmp(region, "cn-", 3) == 0       ? "aws-cn"
                            : strncmp(region, "us-gov-", 7) == 0 ? "aws-us-gov"
                                                                 : "aws";
    snprintf(arn, size, "arn:%s:ecs:%s:%s:service/%s/%s", partition, region, identity.account, cli->cluster,
             cli->service);
    return true;
}

/* A name that is no ARN of its own. */
static bool needs_account(const struct choices *choices)
{
    struct guard guard;
    for (size_t i = 0; i < choices->guard_count; i++)
        if (guard_parse(&guard, choices->guards[i], NULL) && guard.metric == GUARD_ALARM &&
            guard.alarm_region[0] == '\0' && guard.for_ms == 0 && !guard.missing_ok)
            return true;
    for (size_t i = 0; i < choices->task_count; i++)
        if (strncmp(choices->tasks[i], "arn:", 4) != 0)
            return true;
    return false;
}

/* Owned by the caller; NULL with an error, or with refusals. */
static struct json_object *make_document(const struct cli *cli, struct aws_client **client,
                                         struct refusals *refusals, struct error *error)
{
    char arn[SERVICE_ARN_MAX] = "";
    struct fis_document_request request = {.experiment = "",
                                           .cluster = cli->cluster,
                                           .service = cli->service,
                                           .service_arn = arn,
                                           .alone = true,
                                           .fault = &cli->faults.fault,
                                           .duration_ms =
                                               cli->duration_ms > 0 ? cli->duration_ms : DURATION_DEFAULT_MS,
                                           .choices = &cli->choices};
    struct fault fault = cli->faults.fault;
    if (!cli->faults.distribution_given) /* FIS's is uniform: what nobody asked for otherwise is so, too */
        fault.latency.distribution = FAULT_UNIFORM;
    request.fault = &fault;
    if ((fault.blackhole.percent > 0 && !find_port(cli, client, &request.port, error)) ||
        (needs_account(&cli->choices) && !find_account(cli, client, arn, sizeof arn, error)))
        return NULL;
    struct json_object *document = fis_document_make(&request, refusals);
    if (document != NULL && cli->choices.role[0] != '\0')
        json_put_text(document, "roleArn", cli->choices.role);
    return document;
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
    if (cli->choices.role[0] == '\0')
        fprintf(stderr, "shaketable: note: without a roleArn AWS FIS won't take it: add --role ARN\n");
    cli_print_json(document, true);
    return CLI_DONE;
}
