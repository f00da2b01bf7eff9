#include "sandbox/fis_catalogue.h"

#include "sandbox/fis.h"
#include "sandbox/operations.h"

#include <string.h>

#define PAGE 100
#define HALF_DAY FIS_DURATION_MAX_S
#define DURATION                                                                                           \
    "duration", "The duration of the action, in ISO 8601 format (for example, PT5M).", true, FIS_DURATION, \
        1, HALF_DAY, NULL
#define INSTALL                                                                                           \
    "installDependencies", "Whether Systems Manager installs the required dependencies (default: True).", \
        false, FIS_FLAG, 0, 0, NULL
#define ENDPOINTS                                                                                     \
    "useEcsFaultInjectionEndpoints",                                                                  \
        "Whether to use the Amazon ECS fault injection endpoints; required on AWS Fargate (default: " \
        "false).",                                                                                    \
        false, FIS_FLAG, 0, 0, NULL
#define SOURCES                                                                                              \
    "sources",                                                                                               \
        "The sources of the traffic, separated by commas: an IPv4 address, a CIDR block, a domain name, an " \
        "Availability Zone, ALL, DYNAMODB or S3 (default: ALL).",                                            \
        false, FIS_TEXT, 0, 0, NULL
#define FLOWS                                                                                                \
    "flowsPercent", "The percentage of network flows to impair (default: 100).", false, FIS_INTEGER, 1, 100, \
        NULL
#define LOCAL_SERVICE \
    "service", "The service whose calls are hit (default: all).", false, FIS_TEXT, 0, 0, NULL
#define LOCAL_OPERATION "operation", "The operation that is hit (default: all).", false, FIS_TEXT, 0, 0, NULL
#define LOCAL_REGION \
    "region", "The AWS region whose calls are hit (default: the experiment's).", false, FIS_TEXT, 0, 0, NULL
#define LOCAL_DURATION                                                                                  \
    "duration", "How long (ISO 8601); until it is stopped if it is not given.", false, FIS_DURATION, 1, \
        HALF_DAY, NULL

static const struct fis_parameter wait[] = {{"duration",
                                             "The duration, from one minute to 12 hours, in ISO 8601 format.",
                                             true, FIS_DURATION, 60, HALF_DAY, NULL},
                                            {.name = NULL}};
static const struct fis_parameter latency[] = {
    {DURATION},
    {"delayMilliseconds", "The delay to add, in milliseconds (default: 200).", false, FIS_INTEGER, 0, 60000,
     NULL},
    {"jitterMilliseconds", "The jitter of the delay, in milliseconds (default: 10).", false, FIS_INTEGER, 0,
     60000, NULL},
    {FLOWS},
    {SOURCES},
    {INSTALL},
    {ENDPOINTS},
    {.name = NULL}};
static const struct fis_parameter loss[] = {
    {DURATION},
    {"lossPercent", "The percentage of packets to lose (default: 7).", false, FIS_INTEGER, 1, 100, NULL},
    {FLOWS},
    {SOURCES},
    {INSTALL},
    {ENDPOINTS},
    {.name = NULL}};
static const struct fis_parameter blackhole[] = {
    {DURATION},
    {"port", "The port whose traffic is dropped.", true, FIS_INTEGER, 1, 65535, NULL},
    {"trafficType", "The direction of the traffic: ingress or egress.", true, FIS_WORD, 0, 0,
     "ingress egress"},
    {"protocol", "The protocol: tcp or udp (default: tcp).", false, FIS_WORD, 0, 0, "tcp udp"},
    {INSTALL},
    {ENDPOINTS},
    {.name = NULL}};
static const struct fis_parameter cpu_stress[] = {
    {DURATION},
    {"percent", "The load, from 0 (none) to 100 (full) (default: 100).", false, FIS_INTEGER, 0, 100, NULL},
    {"workers", "The number of stressors; 0 is one for each CPU (default: 0).", false, FIS_INTEGER, 0, 1024,
     NULL},
    {INSTALL},
    {.name = NULL}};
static const struct fis_parameter io_stress[] = {
    {DURATION},
    {"percent", "The percentage of the free space of the file system to use (default: 80).", false,
     FIS_INTEGER, 1, 100, NULL},
    {"workers", "The number of workers (default: 1).", false, FIS_INTEGER, 1, 1024, NULL},
    {INSTALL},
    {.name = NULL}};
static const struct fis_parameter kill_process[] = {
    {"processName", "The name of the process to stop.", true, FIS_TEXT, 0, 0, NULL},
    {"signal", "The signal to send: SIGTERM or SIGKILL (default: SIGTERM).", false, FIS_WORD, 0, 0,
     "SIGTERM SIGKILL"},
    {INSTALL},
    {.name = NULL}};
static const struct fis_parameter drain[] = {
    {"drainagePercentage", "The percentage of container instances to drain, from 1 to 100.", true,
     FIS_INTEGER, 1, 100, NULL},
    {"duration", "The duration, from one minute to 12 hours, in ISO 8601 format.", true, FIS_DURATION, 60,
     HALF_DAY, NULL},
    {.name = NULL}};
static const struct fis_parameter stop_instances[] = {
    {"startInstancesAfterDuration", "How long to wait before the instances are started again (ISO 8601).",
     false, FIS_DURATION, 60, HALF_DAY, NULL},
    {"completeIfInstancesTerminated", "Whether the action completes if the instances were terminated.", false,
     FIS_FLAG, 0, 0, NULL},
    {.name = NULL}};
static const struct fis_parameter interruptions[] = {
    {"durationBeforeInterruption", "How long to wait before the instances are interrupted, 2 to 15 minutes.",
     true, FIS_DURATION, 120, 900, NULL},
    {.name = NULL}};
static const struct fis_parameter send_command[] = {
    {"documentArn", "The ARN of the Systems Manager document.", true, FIS_TEXT, 0, 0, NULL},
    {"documentVersion", "The version of the document.", false, FIS_TEXT, 0, 0, NULL},
    {"documentParameters", "The document's parameters, as JSON.", false, FIS_TEXT, 0, 0, NULL},
    {DURATION},
    {.name = NULL}};
static const struct fis_parameter reboot_db[] = {
    {"forceFailover", "Whether the reboot is a failover to another Availability Zone.", false, FIS_FLAG, 0, 0,
     NULL},
    {.name = NULL}};
static const struct fis_parameter connectivity[] = {
    {DURATION},
    {"scope", "What traffic is denied.", true, FIS_WORD, 0, 0,
     "all availability-zone dynamodb prefix-list s3 s3express vpc"},
    {"prefixListIdentifier", "The customer managed prefix list, where the scope is one.", false, FIS_TEXT, 0,
     0, NULL},
    {.name = NULL}};
static const struct fis_parameter duration_only[] = {{DURATION}, {.name = NULL}};
static const struct fis_parameter inject_api[] = {
    {DURATION},
    {"service", "The target AWS API namespace: ec2 or kinesis.", true, FIS_WORD, 0, 0, "ec2 kinesis"},
    {"percentage", "The percentage of calls, from 1 to 100.", true, FIS_INTEGER, 1, 100, NULL},
    {"operations", "The operations, separated by commas.", true, FIS_TEXT, 0, 0, NULL},
    {.name = NULL}};
static const struct fis_parameter add_delay[] = {
    {DURATION},
    {"invocationPercentage", "The percentage of invocations, from 1 to 100 (default: 100).", false,
     FIS_INTEGER, 1, 100, NULL},
    {"startupDelayMilliseconds", "The delay, from 0 to 900,000 milliseconds (default: 2000).", false,
     FIS_INTEGER, 0, 900000, NULL},
    {.name = NULL}};
static const struct fis_parameter pod_delete[] = {
    {"kubernetesServiceAccount", "The Kubernetes service account.", true, FIS_TEXT, 0, 0, NULL},
    {"gracePeriodSeconds", "How long a pod has to end by itself, in seconds.", false, FIS_INTEGER, 0, 86400,
     NULL},
    {.name = NULL}};
static const struct fis_parameter assert_alarm[] = {
    {"alarmArns", "The ARNs of the alarms, separated by commas; up to five.", true, FIS_TEXT, 0, 0, NULL},
    {"alarmStates", "The states, separated by commas: OK, ALARM, INSUFFICIENT_DATA.", true, FIS_TEXT, 0, 0,
     NULL},
    {.name = NULL}};
static const struct fis_parameter api_error[] = {
    {LOCAL_SERVICE},
    {LOCAL_OPERATION},
    {"apiCall", "The same as operation.", false, FIS_TEXT, 0, 0, NULL},
    {"api", "The same as operation.", false, FIS_TEXT, 0, 0, NULL},
    {LOCAL_REGION},
    {"percentage", "The percentage of calls that fail (default: 100).", false, FIS_TEXT, 0, 0, NULL},
    {"exception", "The code of the error (default: InternalError).", false, FIS_TEXT, 0, 0, NULL},
    {"errorCode", "The HTTP status of the error (default: 500).", false, FIS_TEXT, 0, 0, NULL},
    {"latency", "A delay before the error, in seconds.", false, FIS_TEXT, 0, 0, NULL},
    {LOCAL_DURATION},
    {.name = NULL}};
static const struct fis_parameter api_latency[] = {
    {LOCAL_SERVICE},
    {LOCAL_OPERATION},
    {"apiCall", "The same as operation.", false, FIS_TEXT, 0, 0, NULL},
    {"api", "The same as operation.", false, FIS_TEXT, 0, 0, NULL},
    {LOCAL_REGION},
    {"latencyMilliseconds", "The delay, in milliseconds.", true, FIS_TEXT, 0, 0, NULL},
    {LOCAL_DURATION},
    {.name = NULL}};

static const struct fis_action_type actions[] = {
    {"aws:cloudwatch:assert-alarm-state", "Verifies that the alarms are in one of the states.", NULL, NULL,
     assert_alarm, FIS_ACT_NONE},
    {"aws:dynamodb:global-table-pause-replication", "Pauses the replication of the global tables.", "Tables",
     "aws:dynamodb:global-table", duration_only, FIS_ACT_NONE},
    {"aws:ebs:pause-volume-io", "Pauses I/O on the EBS volumes.", "Volumes", "aws:ec2:ebs-volume",
     duration_only, FIS_ACT_NONE},
    {"aws:ec2:reboot-instances", "Reboot the specified EC2 instances.", "Instances", "aws:ec2:instance", NULL,
     FIS_ACT_NONE},
    {"aws:ec2:send-spot-instance-interruptions", "Interrupts the Spot Instances.", "SpotInstances",
     "aws:ec2:spot-instance", interruptions, FIS_ACT_NONE},
    {"aws:ec2:stop-instances", "Stop the specified EC2 instances.", "Instances", "aws:ec2:instance",
     stop_instances, FIS_ACT_NONE},
    {"aws:ec2:terminate-instances", "Terminate the specified EC2 instances.", "Instances", "aws:ec2:instance",
     NULL, FIS_ACT_NONE},
    {"aws:ecs:drain-container-instances", "Drains a percentage of the clusters' container instances.",
     "Clusters", "aws:ecs:cluster", drain, FIS_ACT_NONE},
    {"aws:ecs:stop-task", "Stops the ECS tasks.", "Tasks", "aws:ecs:task", NULL, FIS_ACT_STOP_TASK},
    {"aws:ecs:task-cpu-stress", "Runs CPU stress on the ECS tasks.", "Tasks", "aws:ecs:task", cpu_stress,
     FIS_ACT_NONE},
    {"aws:ecs:task-io-stress", "Runs I/O stress on the ECS tasks.", "Tasks", "aws:ecs:task", io_stress,
     FIS_ACT_NONE},
    {"aws:ecs:task-kill-process", "Stops a process in the ECS tasks.", "Tasks", "aws:ecs:task", kill_process,
     FIS_ACT_KILL_PROCESS},
    {"aws:ecs:task-network-blackhole-port", "Drops traffic of the ECS tasks for a port and protocol.",
     "Tasks", "aws:ecs:task", blackhole, FIS_ACT_BLACKHOLE},
    {"aws:ecs:task-network-latency", "Adds latency and jitter to the network of the ECS tasks.", "Tasks",
     "aws:ecs:task", latency, FIS_ACT_LATENCY},
    {"aws:ecs:task-network-packet-loss", "Adds packet loss to the network of the ECS tasks.", "Tasks",
     "aws:ecs:task", loss, FIS_ACT_LOSS},
    {"aws:eks:pod-delete", "Deletes the Kubernetes pods.", "Pods", "aws:eks:pod", pod_delete, FIS_ACT_NONE},
    {"aws:elasticache:replicationgroup-interrupt-az-power",
     "Interrupts the power of the nodes in the Availability Zone.", "ReplicationGroups",
     "aws:elasticache:replicationgroup", duration_only, FIS_ACT_NONE},
    {"aws:fis:inject-api-internal-error", "Makes calls of the IAM roles fail with internal errors.", "Roles",
     "aws:iam:role", inject_api, FIS_ACT_NONE},
    {"aws:fis:inject-api-throttle-error", "Makes calls of the IAM roles fail as throttled.", "Roles",
     "aws:iam:role", inject_api, FIS_ACT_NONE},
    {"aws:fis:inject-api-unavailable-error", "Makes calls of the IAM roles fail as unavailable.", "Roles",
     "aws:iam:role", inject_api, FIS_ACT_NONE},
    {"aws:fis:wait", "Waits.", NULL, NULL, wait, FIS_ACT_WAIT},
    {"aws:lambda:invocation-add-delay", "Delays the start of the functions.", "Functions",
     "aws:lambda:function", add_delay, FIS_ACT_NONE},
    {"aws:network:disrupt-connectivity", "Denies traffic of the subnets.", "Subnets", "aws:ec2:subnet",
     connectivity, FIS_ACT_NONE},
    {"aws:rds:failover-db-cluster", "Fails the Aurora DB clusters over.", "Clusters", "aws:rds:cluster", NULL,
     FIS_ACT_NONE},
    {"aws:rds:reboot-db-instances", "Reboots the DB instances.", "DBInstances", "aws:rds:db", reboot_db,
     FIS_ACT_NONE},
    {"aws:ssm:send-command", "Runs a Systems Manager document on the EC2 instances.", "Instances",
     "aws:ec2:instance", send_command, FIS_ACT_NONE},
    {"localstack:generic:api-error", "Makes calls of the region's API fail.", NULL, NULL, api_error,
     FIS_ACT_API_ERROR},
    {"localstack:generic:latency", "Delays calls of the region's API.", NULL, NULL, api_latency,
     FIS_ACT_API_LATENCY},
};
#define ACTIONS (sizeof actions / sizeof *actions)

static const struct fis_parameter of_task[] = {
    {"cluster", "The cluster that contains the tasks.", false, FIS_TEXT, 0, 0, NULL},
    {"service", "The service that contains the tasks.", false, FIS_TEXT, 0, 0, NULL},
    {.name = NULL}};
static const struct fis_parameter of_pod[] = {
    {"clusterIdentifier", "The name or ARN of the EKS cluster.", true, FIS_TEXT, 0, 0, NULL},
    {"namespace", "The Kubernetes namespace of the pods.", true, FIS_TEXT, 0, 0, NULL},
    {"selectorType", "What selects the pods.", true, FIS_WORD, 0, 0, "labelSelector deploymentName podName"},
    {"selectorValue", "The value of the selector.", true, FIS_TEXT, 0, 0, NULL},
    {"availabilityZoneIdentifier", "The Availability Zone of the pods.", false, FIS_TEXT, 0, 0, NULL},
    {"targetContainerName", "The container.", false, FIS_TEXT, 0, 0, NULL},
    {.name = NULL}};
static const struct fis_parameter of_cluster[] = {{"writerAvailabilityZoneIdentifiers",
                                                   "The Availability Zones of the writer.", false, FIS_TEXT,
                                                   0, 0, NULL},
                                                  {.name = NULL}};
static const struct fis_parameter of_subnet[] = {
    {"availabilityZoneIdentifier", "The Availability Zone of the subnets.", false, FIS_TEXT, 0, 0, NULL},
    {"vpc", "The VPC of the subnets.", false, FIS_TEXT, 0, 0, NULL},
    {.name = NULL}};
static const struct fis_parameter of_zone[] = {
    {"availabilityZoneIdentifier", "The Availability Zone.", false, FIS_TEXT, 0, 0, NULL}, {.name = NULL}};

static const struct fis_resource_type resource_types[] = {
    {"aws:dynamodb:global-table", "An Amazon DynamoDB global table", NULL},
    {"aws:ec2:ebs-volume", "An Amazon EBS volume", of_zone},
    {"aws:ec2:instance", "An Amazon EC2 instance", NULL},
    {"aws:ec2:spot-instance", "An Amazon EC2 Spot Instance", NULL},
    {"aws:ec2:subnet", "An Amazon VPC subnet", of_subnet},
    {"aws:ecs:cluster", "An Amazon ECS cluster", NULL},
    {"aws:ecs:task", "An Amazon ECS task", of_task},
    {"aws:eks:pod", "An Amazon EKS pod", of_pod},
    {"aws:elasticache:replicationgroup", "An ElastiCache replication group", of_zone},
    {"aws:iam:role", "An IAM role", NULL},
    {"aws:lambda:function", "An AWS Lambda function", NULL},
    {"aws:rds:cluster", "An Amazon Aurora DB cluster", of_cluster},
    {"aws:rds:db", "An Amazon RDS DB instance", of_zone},
};
#define RESOURCE_TYPES (sizeof resource_types / sizeof *resource_types)

const struct fis_action_type *fis_action_type(const char *id)
{
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].id, id) == 0)
            return &actions[i];
    }
    return NULL;
}

const struct fis_resource_type *fis_resource_type(const char *id)
{
    for (size_t i = 0; i < RESOURCE_TYPES; i++) {
        if (strcmp(resource_types[i].id, id) == 0)
            return &resource_types[i];
    }
    return NULL;
}

const struct fis_parameter *fis_find_parameter(const struct fis_parameter *parameters, const char *name)
{
    for (; parameters && parameters->name; parameters++) {
        if (strcmp(parameters->name, name) == 0)
            return parameters;
    }
    return NULL;
}

bool fis_is_local(const struct fis_action_type *type)
{
    return type->act == FIS_ACT_API_ERROR || type->act == FIS_ACT_API_LATENCY;
}

/* --- how they are described --------------------------------------------------------------------- */

static struct json_object *parameters_json(const struct fis_parameter *parameters)
{
    struct json_object *map = json_object_new_object();

    for (; parameters && parameters->name; parameters++) {
        struct json_object *json = json_object_new_object();
        json_put_text(json, "description", parameters->description);
        json_put_flag(json, "required", parameters->required);
        json_put(map, parameters->name, json);
    }
    return map;
}

static struct json_object *action_json(const struct fis_action_type *type, const char *region)
{
    struct json_object *json = json_object_new_object(), *targets = json_object_new_object();

    json_put_text(json, "id", type->id);
    json_put_format(json, "arn", "arn:aws:fis:%s:%s:action/%s", region, REGION_ACCOUNT, type->id);
    json_put_text(json, "description", type->description);
    if (type->target) {
        struct json_object *target = json_object_new_object();
        json_put_text(target, "resourceType", type->resource_type);
        json_put(targets, type->target, target);
    }
    json_put(json, "targets", targets);
    json_put(json, "tags", json_object_new_object());
    return json;
}

static struct json_object *resource_type_json(const struct fis_resource_type *type)
{
    struct json_object *json = json_object_new_object();

    json_put_text(json, "resourceType", type->id);
    json_put_text(json, "description", type->description);
    return json;
}

bool fis_list_actions(struct region *region, struct call *call)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < ACTIONS; i++)
        json_object_array_add(list, action_json(&actions[i], fis_region_of(region, call)));
    return call_answer_page(call, list, "actions", "id", PAGE, PAGE);
}

bool fis_get_action(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "id");
    const struct fis_action_type *type = id ? fis_action_type(id) : NULL;

    if (!type)
        return fis_not_found(call, "Action", id);
    struct json_object *json = action_json(type, fis_region_of(region, call));
    json_put(json, "parameters", parameters_json(type->parameters));
    json_put(call->response, "action", json);
    return true;
}

bool fis_list_target_resource_types(struct region *region, struct call *call)
{
    struct json_object *list = json_object_new_array();

    (void)region;
    for (size_t i = 0; i < RESOURCE_TYPES; i++)
        json_object_array_add(list, resource_type_json(&resource_types[i]));
    return call_answer_page(call, list, "targetResourceTypes", "resourceType", PAGE, PAGE);
}

bool fis_get_target_resource_type(struct region *region, struct call *call)
{
    const char *id = json_text(call->request, "resourceType");
    const struct fis_resource_type *type = id ? fis_resource_type(id) : NULL;

    (void)region;
    if (!type)
        return fis_not_found(call, "Target resource type", id);
    struct json_object *json = resource_type_json(type);
    json_put(json, "parameters", parameters_json(type->parameters));
    json_put(call->response, "targetResourceType", json);
    return true;
}
