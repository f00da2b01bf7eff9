#include "aws/service.h"

static const struct aws_service_info services[AWS_SERVICES] = {
    [AWS_ECS] = {"ECS", "ecs", "ecs", "ECS", "ecs", "ecs", "AmazonEC2ContainerServiceV20141113", 0},
    [AWS_ELBV2] = {"ELBv2", "elasticloadbalancing", "elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2",
                   "elastic_load_balancing_v2", "elasticloadbalancing", 0, "2015-12-01"},
    [AWS_STS] = {"STS", "sts", "sts", "STS", "sts", "sts", 0, "2011-06-15"},
    [AWS_EC2] = {"EC2", "ec2", "ec2", "EC2", "ec2", "ec2", 0, "2016-11-15"},
    [AWS_CLOUDWATCH] = {"CloudWatch", "monitoring", "monitoring", "CLOUDWATCH", "cloudwatch", "cloudwatch", 0,
                        "2010-08-01"},
    [AWS_SSM] = {"SSM", "ssm", "ssm", "SSM", "ssm", "ssm", "AmazonSSM", 0},
    [AWS_LOGS] = {"CloudWatch Logs", "logs", "logs", "CLOUDWATCH_LOGS", "cloudwatch_logs", "logs",
                  "Logs_20140328", 0},
    [AWS_AUTOSCALING] = {"Application Auto Scaling", "application-autoscaling", "application-autoscaling",
                         "APPLICATION_AUTO_SCALING", "application_auto_scaling", "application-autoscaling",
                         "AnyScaleFrontendService", 0},
    [AWS_FIS] = {"FIS", "fis", "fis", "FIS", "fis", "fis", 0, 0},
    [AWS_IAM] = {"IAM", "iam", "iam", "IAM", "iam", "iam", 0, "2010-05-08"},
    [AWS_DYNAMODB] = {"DynamoDB", "dynamodb", "dynamodb", "DYNAMODB", "dynamodb", "dynamodb",
                      "DynamoDB_20120810", 0},
    /* REST services that are called without a signature, see source_sso.c. */
    [AWS_SSO] = {"SSO", "awsssoportal", "portal.sso", "SSO", "sso", "sso", 0, 0},
    [AWS_SSO_OIDC] = {"SSO-OIDC", "sso-oauth", "oidc", "SSO_OIDC", "sso_oidc", "sso-oauth", 0, 0},
};

const struct aws_service_info *aws_service_info(enum aws_service service)
{
    return &services[service];
}
