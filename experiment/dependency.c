#include "experiment/dependency.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "experiment/json.h"

#define NAME_MAX_LENGTH 32 /* longer words are near to none */
#define NEAR_EDITS 2
#define NEAR_LIST_MAX 96
#define NEAR_MOST 4

static const struct dependency_service services[] = {
    {"acm", NULL, "ACM"},
    {"apigateway", NULL, "API_GATEWAY"},
    {"appconfig", NULL, "APPCONFIG"},
    {"appconfigdata", NULL, "APPCONFIGDATA"},
    {"athena", NULL, "ATHENA"},
    {"batch", NULL, "BATCH"},
    {"bedrock-agent-runtime", NULL, "BEDROCK_AGENT_RUNTIME"},
    {"bedrock-runtime", "bedrock", "BEDROCK_RUNTIME"},
    {"cloudformation", NULL, "CLOUDFORMATION"},
    {"cloudwatch", "monitoring", "CLOUDWATCH"},
    {"codebuild", NULL, "CODEBUILD"},
    {"cognito-identity", NULL, "COGNITO_IDENTITY"},
    {"cognito-idp", NULL, "COGNITO_IDENTITY_PROVIDER"},
    {"comprehend", NULL, "COMPREHEND"},
    {"dynamodb", NULL, "DYNAMODB"},
    {"dynamodbstreams", NULL, "DYNAMODB_STREAMS"},
    {"ec2", NULL, "EC2"},
    {"ecr", NULL, "ECR"},
    {"ecs", NULL, "ECS"},
    {"elbv2", "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2"},
    {"events", "eventbridge", "EVENTBRIDGE"},
    {"firehose", NULL, "FIREHOSE"},
    {"glue", NULL, "GLUE"},
    {"iam", NULL, "IAM"},
    {"iot-data", "iotdata", "IOT_DATA_PLANE"},
    {"kinesis", NULL, "KINESIS"},
    {"kms", NULL, "KMS"},
    {"lambda", NULL, "LAMBDA"},
    {"location", "geo", "LOCATION"},
    {"logs", NULL, "CLOUDWATCH_LOGS"},
    {"opensearch", NULL, "OPENSEARCH"},
    {"pinpoint", "mobiletargeting", "PINPOINT"},
    {"polly", NULL, "POLLY"},
    {"rds-data", NULL, "RDS_DATA"},
    {"redshift-data", NULL, "REDSHIFT_DATA"},
    {"rekognition", NULL, "REKOGNITION"},
    {"route53", NULL, "ROUTE_53"},
    {"s3", NULL, "S3"},
    {"sagemaker-runtime", "sagemaker", "SAGEMAKER_RUNTIME"},
    {"scheduler", NULL, "SCHEDULER"},
    {"secretsmanager", NULL, "SECRETS_MANAGER"},
    {"servicediscovery", NULL, "SERVICEDISCOVERY"},
    {"ses", "email", "SES"},
    {"sesv2", NULL, "SESV2"},
    {"sns", NULL, "SNS"},
    {"sqs", NULL, "SQS"},
    {"ssm", NULL, "SSM"},
    {"stepfunctions", "states", "SFN"},
    {"sts", NULL, "STS"},
    {"swf", NULL, "SWF"},
    {"textract", NULL, "TEXTRACT"},
    {"timestream-query", NULL, "TIMESTREAM_QUERY"},
    {"timestream-write", "timestream", "TIMESTREAM_WRITE"},
    {"transcribe", NULL, "TRANSCRIBE"},
    {"translate", NULL, "TRANSLATE"},
    {"verifiedpermissions", NULL, "VERIFIEDPERMISSIONS"},
    {"xray", NULL, "XRAY"},
};
#define SERVICES (sizeof services / sizeof services[0])

const struct dependency_service *dependency_service_at(size_t index)
{
    return index < SERVICES ? &services[index] : NULL;
}

static const struct dependency_service *find(const char *name)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (strcmp(services[i].name, name) == 0 ||
            (services[i].also != NULL && strcmp(services[i].also, name) == 0))
            return &services[i];
    return NULL;
}

/* ── what is near an unknown name ────────────────────────────────────────────────────────── */

/* Levenshtein's distance, of words that are short. */
static size_t edits(const char *a, const char *b)
{
    size_t row[NAME_MAX_LENGTH + 1], length = strlen(b);
    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t before = row[0];
        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            size_t change = before + (a[i - 1] != b[k - 1]), less = row[k] + 1, more = row[k - 1] + 1;
            before = row[k];
            row[k] = change < less ? change : less;
            row[k] = more < row[k] ? more : row[k];
        }
    }
    return row[length];
}

static bool is_near(const char *text, const char *name)
{
    size_t length = strlen(text);
    if (length < 2 || length > NAME_MAX_LENGTH || strlen(name) > NAME_MAX_LENGTH)
        return false;
    if (strstr(name, text) != NULL || (strlen(name) > 2 && strstr(text, name) != NULL))
        return true;
    size_t most = length <= 3 ? 1 : NEAR_EDITS;
    return edits(text, name) <= most;
}

static bool no_such_service(const char *text, const char *option, struct error *error)
{
    char list[NEAR_LIST_MAX] = "";
    size_t used = 0, count = 0;
    for (size_t i = 0; i < SERVICES && count < NEAR_MOST; i++) {
        if (!is_near(text, services[i].name) || used + strlen(services[i].name) + 4 > sizeof list)
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count == 0 ? "" : ", ",
                                 services[i].name);
        count++;
    }
    if (count > 0)
        return error_set(error, ERROR_USAGE,
                         "%s: no AWS service %.40s is known here (near it: %s); anything else is HOST:PORT",
                         option, text, list);
    return error_set(error, ERROR_USAGE,
                     "%s: no AWS service %.40s is known here, such as dynamodb, s3 or sqs; anything else is "
                     "HOST:PORT, such as db.example.com:443",
                     option, text);
}

/* ── texts ───────────────────────────────────────────────────────────────────────────────── */

static bool to_lower(const char *text, char *lower, size_t size)
{
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        return false;
    for (size_t i = 0; i <= length; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    return true;
}

bool dependency_parse(const char *text, const char *option, struct dependency *out, struct error *error)
{
    char lower[CHOICES_DEPENDENCY_MAX];
    struct dependency read = {0};
    struct error failure;
    if (!to_lower(text, lower, sizeof lower))
        return error_set(error, ERROR_USAGE, "%s: from 1 to %d characters", option,
                         CHOICES_DEPENDENCY_MAX - 1);
    if (strchr(lower, ':') == NULL) {
        read.service = find(lower);
        if (read.service == NULL)
            return no_such_service(lower, option, error);
        *out = read;
        return true;
    }
    if (strstr(lower, "://") != NULL)
        return error_set(error, ERROR_USAGE, "%s: %.60s is a URL; write its HOST:PORT", option, lower);
    if (!units_parse_address(lower, option, read.host, &read.port, &failure))
        return error_set(error, ERROR_USAGE, "%s", failure.message);
    if (read.host[0] == '\0' || read.port == 0)
        return error_set(error, ERROR_USAGE, "%s: %.60s has no %s (write HOST:PORT)", option, lower,
                         read.port == 0 ? "port" : "host");
    *out = read;
    return true;
}

void dependency_format(const struct dependency *dependency, char text[CHOICES_DEPENDENCY_MAX])
{
    bool bracketed = strchr(dependency->host, ':') != NULL;
    if (dependency->service != NULL)
        snprintf(text, CHOICES_DEPENDENCY_MAX, "%s", dependency->service->name);
    else
        snprintf(text, CHOICES_DEPENDENCY_MAX, "%s%s%s:%u", bracketed ? "[" : "", dependency->host,
                 bracketed ? "]" : "", (unsigned)dependency->port);
}

void dependency_variable(const struct dependency_service *service, char name[DEPENDENCY_VARIABLE_MAX])
{
    snprintf(name, DEPENDENCY_VARIABLE_MAX, "%s_%s", DEPENDENCY_VARIABLE, service->suffix);
}

bool choices_take_dependency(struct choices *choices, const char *value, const char *name,
                             struct error *error)
{
    char text[CHOICES_DEPENDENCY_MAX];
    struct dependency wanted, other;
    if (!dependency_parse(value, name, &wanted, error))
        return false;
    dependency_format(&wanted, text);
    for (size_t i = 0; i < choices->dependency_count; i++) {
        if (strcmp(choices->dependencies[i], text) == 0)
            return error_set(error, ERROR_USAGE, "%s: %.80s was named before", name, text);
        if (wanted.service == NULL && dependency_parse(choices->dependencies[i], name, &other, NULL) &&
            other.service == NULL)
            return error_set(error, ERROR_USAGE,
                             "%s: beside %.80s there can be no %.80s: a program knows one HTTPS proxy", name,
                             choices->dependencies[i], text);
    }
    if (choices->dependency_count == CHOICES_DEPENDENCIES_MAX)
        return error_set(error, ERROR_USAGE, "%s: at most %d, for each is a sidecar", name,
                         CHOICES_DEPENDENCIES_MAX);
    memcpy(choices->dependencies[choices->dependency_count++], text, sizeof text);
    return true;
}

struct json_object *dependency_list(const struct choices *choices)
{
    struct json_object *list = choices->dependency_count == 0 ? NULL : json_object_new_array();
    for (size_t i = 0; i < choices->dependency_count; i++)
        json_object_array_add(list, json_object_new_string(choices->dependencies[i]));
    return list;
}

void dependency_words(struct json_object *list, char *text, size_t size)
{
    static const char more[] = "…";
    size_t count = list == NULL ? 0 : json_object_array_length(list), used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *one = json_object_get_string(json_object_array_get_idx(list, i));
        int length = snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", one == NULL ? "" : one);
        if (length < 0)
            return;
        if ((size_t)length >= size - used) {
            if (size > sizeof more)
                memcpy(text + size - sizeof more, more, sizeof more);
            return;
        }
        used += (size_t)length;
    }
}
