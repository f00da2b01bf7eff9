/* chaos_read: the rules of sandbox/chaos.h as they come from outside. */
#include "core/units.h"
#include "sandbox/chaos.h"
#include "sandbox/memory.h"

#include <ctype.h>
#include <string.h>

#define EXPERIMENT_MESSAGE "Failing as per Fault Injection Simulator configuration"
#define FAULT_MESSAGE "Operation failed due to a simulated fault"
#define NAME_MAX_SHOWN 60

/* The services that AWS has, as far as anybody would put a rule on them: {signing name, the CLI's name}. */
static const struct {
    const char *name, *alias;
} services[] = {
    {"acm", NULL},
    {"apigateway", NULL},
    {"application-autoscaling", NULL},
    {"athena", NULL},
    {"autoscaling", NULL},
    {"backup", NULL},
    {"cloudformation", NULL},
    {"cloudfront", NULL},
    {"cloudtrail", NULL},
    {"codedeploy", NULL},
    {"cognito-idp", NULL},
    {"dynamodb", NULL},
    {"ec2", NULL},
    {"ecr", NULL},
    {"ecs", NULL},
    {"eks", NULL},
    {"elasticache", NULL},
    {"elasticfilesystem", "efs"},
    {"elasticloadbalancing", "elbv2"},
    {"elasticloadbalancing", "elb"},
    {"es", NULL},
    {"events", NULL},
    {"execute-api", "apigatewayv2"},
    {"firehose", NULL},
    {"fis", NULL},
    {"glue", NULL},
    {"iam", NULL},
    {"kafka", NULL},
    {"kinesis", NULL},
    {"kms", NULL},
    {"lambda", NULL},
    {"logs", NULL},
    {"monitoring", "cloudwatch"},
    {"opensearch", NULL},
    {"rds", NULL},
    {"redshift", NULL},
    {"resource-groups", NULL},
    {"route53", NULL},
    {"s3", "s3api"},
    {"scheduler", NULL},
    {"secretsmanager", NULL},
    {"servicediscovery", NULL},
    {"ses", NULL},
    {"sns", NULL},
    {"sqs", NULL},
    {"ssm", NULL},
    {"states", "stepfunctions"},
    {"sts", NULL},
    {"tagging", "resourcegroupstaggingapi"},
    {"xray", NULL},
};

const char *chaos_service(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (strcmp(services[i].name, name) == 0 ||
            (services[i].alias && strcmp(services[i].alias, name) == 0))
            return services[i].name;
    }
    return NULL;
}

/* A member that is a text or a number, as text; NULL: it is not there. */
static const char *scalar(struct json_object *object, const char *key)
{
    struct json_object *value = json_any(object, key);
    bool is_scalar = json_object_is_type(value, json_type_string) ||
                     json_object_is_type(value, json_type_int) ||
                     json_object_is_type(value, json_type_double);

    return is_scalar ? json_object_get_string(value) : NULL;
}

/* Every member must be one of `known` and, but for those in `nested`, a text or a number. */
static bool check_members(struct json_object *object, const char *const *known, const char *nested,
                          struct error *error)
{
    if (!object)
        return true;
    json_object_object_foreach(object, name, member)
    {
        size_t i = 0;
        (void)member;
        while (known[i] && strcmp(known[i], name) != 0)
            i++;
        if (!known[i])
            return error_set(error, ERROR_INVALID, "%.*s is not known here", NAME_MAX_SHOWN, name);
        if ((!nested || strcmp(nested, name) != 0) && !scalar(object, name))
            return error_set(error, ERROR_INVALID, "%s must be a text or a number", name);
    }
    return true;
}

static bool read_service(struct chaos_rule *rule, const char *name, struct error *error)
{
    const char *service = NULL;

    if (!name || strcmp(name, "all") == 0)
        return true;
    service = chaos_service(name);
    if (!service)
        return error_set(error, ERROR_INVALID, "service: there is no service %.*s", NAME_MAX_SHOWN, name);
    text_copy(rule->service, sizeof rule->service, service);
    return true;
}

/* A name of letters, digits and `others`. */
static bool read_name(char *into, size_t size, const char *key, const char *name, const char *others,
                      struct error *error)
{
    size_t length = strlen(name), good = 0;

    while (good < length && (isalnum((unsigned char)name[good]) || strchr(others, name[good])))
        good++;
    if (length == 0 || length >= size || good < length)
        return error_set(error, ERROR_INVALID, "%s: %.*s is not the name of one", key, NAME_MAX_SHOWN, name);
    text_copy(into, size, name);
    return true;
}

static bool read_operation(struct chaos_rule *rule, const char *key, const char *name, struct error *error)
{
    if (!name || strcmp(name, "all") == 0)
        return true;
    return read_name(rule->operation, sizeof rule->operation, key, name, "", error);
}

static bool read_region(struct chaos_rule *rule, const char *name, struct error *error)
{
    if (name && strcmp(name, "all") == 0)
        rule->region[0] = '\0';
    return !name || strcmp(name, "all") == 0 ||
           read_name(rule->region, sizeof rule->region, "region", name, "-", error);
}

static bool read_code(struct chaos_rule *rule, const char *key, const char *name, struct error *error)
{
    return !name || read_name(rule->code, sizeof rule->code, key, name, " ._-", error);
}

static bool read_status(struct chaos_rule *rule, const char *key, const char *text, struct error *error)
{
    int64_t status = 0;

    if (!text)
        return true;
    if (!units_parse_integer(text, key, 400, 599, &status, error))
        return false;
    rule->status = (int)status;
    return true;
}

static bool read_latency(int *latency_ms, const char *key, const char *text, double unit_ms,
                         struct error *error)
{
    double number = 0;

    if (!text)
        return true;
    if (!units_parse_duration(text, unit_ms, key, &number, error))
        return false;
    if (number > CHAOS_LATENCY_MAX_MS)
        return error_set(error, ERROR_INVALID, "%s: at most %d s", key, CHAOS_LATENCY_MAX_MS / 1000);
    *latency_ms = (int)number;
    return true;
}

static bool read_error(struct chaos_rule *rule, struct json_object *parameters, struct error *error)
{
    const char *percentage = scalar(parameters, "percentage");

    rule->percent = 100;
    rule->status = 500;
    rule->message = EXPERIMENT_MESSAGE;
    text_copy(rule->code, sizeof rule->code, "InternalError");
    /* "latency" counts seconds. */
    return (!percentage || units_parse_percent(percentage, "percentage", &rule->percent, error)) &&
           read_code(rule, "exception", scalar(parameters, "exception"), error) &&
           read_status(rule, "errorCode", scalar(parameters, "errorCode"), error) &&
           read_latency(&rule->latency_ms, "latency", scalar(parameters, "latency"), 1000, error);
}

bool chaos_read_parameters(struct chaos_rule *rule, bool is_latency, struct json_object *parameters,
                           const char *region, struct error *error)
{
    static const char *const of_error[] = {"service", "operation",  "apiCall",   "api",
                                           "region",  "percentage", "exception", "errorCode",
                                           "latency", "duration",   NULL};
    static const char *const of_latency[] = {"service", "operation",           "apiCall",  "api",
                                             "region",  "latencyMilliseconds", "duration", NULL};
    const char *operation_keys[] = {"operation", "apiCall", "api"};
    size_t k = 0;

    *rule = (struct chaos_rule){.latency_ms = 0};
    text_copy(rule->region, sizeof rule->region, region);
    while (k < 2 && !scalar(parameters, operation_keys[k]))
        k++;
    if (!check_members(parameters, is_latency ? of_latency : of_error, NULL, error) ||
        !read_service(rule, scalar(parameters, "service"), error) ||
        !read_operation(rule, operation_keys[k], scalar(parameters, operation_keys[k]), error) ||
        !read_region(rule, scalar(parameters, "region"), error))
        return false;
    if (!is_latency)
        return read_error(rule, parameters, error);
    if (!scalar(parameters, "latencyMilliseconds"))
        return error_set(error, ERROR_INVALID, "latencyMilliseconds is missing");
    return read_latency(&rule->latency_ms, "latencyMilliseconds", scalar(parameters, "latencyMilliseconds"),
                        1, error);
}

bool chaos_read_fault(struct chaos_rule *rule, struct json_object *fault, struct error *error)
{
    static const char *const known[] = {"region", "service", "operation", "probability", "error", NULL};
    static const char *const of_error[] = {"statusCode", "code", NULL};
    struct json_object *failure = json_any(fault, "error"), *probability = json_any(fault, "probability");

    *rule = (struct chaos_rule){.percent = 100, .status = 503, .message = FAULT_MESSAGE};
    text_copy(rule->code, sizeof rule->code, "ServiceUnavailable");
    if (!json_object_is_type(fault, json_type_object))
        return error_set(error, ERROR_INVALID, "a fault must be an object");
    if (!check_members(fault, known, "error", error))
        return false;
    if (failure && !json_object_is_type(failure, json_type_object))
        return error_set(error, ERROR_INVALID, "error must be an object");
    if (failure && !check_members(failure, of_error, NULL, error))
        return false;
    if (probability) {
        double value = json_object_get_double(probability);
        if (json_object_is_type(probability, json_type_string) || !(value >= 0) || !(value <= 1))
            return error_set(error, ERROR_INVALID, "probability must be a number from 0 to 1");
        rule->percent = value * 100;
    }
    return read_service(rule, scalar(fault, "service"), error) &&
           read_operation(rule, "operation", scalar(fault, "operation"), error) &&
           read_region(rule, scalar(fault, "region"), error) &&
           read_code(rule, "code", scalar(failure, "code"), error) &&
           read_status(rule, "statusCode", scalar(failure, "statusCode"), error);
}

bool chaos_read_effects(int *latency_ms, struct json_object *effects, struct error *error)
{
    static const char *const known[] = {"latency", NULL};

    *latency_ms = 0;
    return check_members(effects, known, NULL, error) &&
           read_latency(latency_ms, "latency", scalar(effects, "latency"), 1, error);
}
