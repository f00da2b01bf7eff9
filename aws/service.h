/*
 * service: the AWS services that are called, and how each is spoken to (read from botocore's
 * service models).
 */
#ifndef SHAKETABLE_AWS_SERVICE_H
#define SHAKETABLE_AWS_SERVICE_H

enum aws_service {
    AWS_ECS,
    AWS_ELBV2,
    AWS_STS,
    AWS_EC2,
    AWS_CLOUDWATCH,
    AWS_SSM,
    AWS_LOGS,
    AWS_AUTOSCALING,
    AWS_FIS,
    AWS_IAM,
    AWS_DYNAMODB,
    AWS_SSO,
    AWS_SSO_OIDC,
    AWS_SERVICES
};

struct aws_service_info {
    const char *title;         /* for messages: "ECS" */
    const char *signing_name;  /* "elasticloadbalancing" */
    const char *host_prefix;   /* "elasticloadbalancing" of elasticloadbalancing.us-east-1.amazonaws.com */
    const char *endpoint_name; /* "ELASTIC_LOAD_BALANCING_V2" of AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2 */
    const char *config_name;   /* "elastic_load_balancing_v2", in a `services` section */
    const char *iam_prefix;    /* "elasticloadbalancing" of elasticloadbalancing:DescribeRules */
    const char *target_prefix; /* JSON services: X-Amz-Target up to the dot; else NULL */
    const char *api_version;   /* Query services: Version; else NULL. REST services have neither */
};

const struct aws_service_info *aws_service_info(enum aws_service service);

#endif
