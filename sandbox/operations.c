#include "sandbox/operations.h"

#include <string.h>

#define ELB "elasticloadbalancing"
#define SCALING "application-autoscaling"

static const struct operation operations[] = {
    {"ecs", "ListClusters", ecs_list_clusters},
    {"ecs", "DescribeClusters", ecs_describe_clusters},
    {"ecs", "CreateCluster", ecs_create_cluster},
    {"ecs", "DeleteCluster", ecs_delete_cluster},
    {"ecs", "ListServices", ecs_list_services},
    {"ecs", "DescribeServices", ecs_describe_services},
    {"ecs", "CreateService", ecs_create_service},
    {"ecs", "UpdateService", ecs_update_service},
    {"ecs", "DeleteService", ecs_delete_service},
    {"ecs", "ListTasks", ecs_list_tasks},
    {"ecs", "DescribeTasks", ecs_describe_tasks},
    {"ecs", "StopTask", ecs_stop_task},
    {"ecs", "ListTaskDefinitions", ecs_list_task_definitions},
    {"ecs", "ListTaskDefinitionFamilies", ecs_list_task_definition_families},
    {"ecs", "DescribeTaskDefinition", ecs_describe_task_definition},
    {"ecs", "RegisterTaskDefinition", ecs_register_task_definition},
    {"ecs", "DeregisterTaskDefinition", ecs_deregister_task_definition},
    {"ecs", "TagResource", ecs_tag_resource},
    {"ecs", "UntagResource", ecs_untag_resource},
    {"ecs", "ListTagsForResource", ecs_list_tags_for_resource},
    {ELB, "DescribeLoadBalancers", elbv2_describe_load_balancers},
    {ELB, "DescribeListeners", elbv2_describe_listeners},
    {ELB, "DescribeRules", elbv2_describe_rules},
    {ELB, "DescribeTargetGroups", elbv2_describe_target_groups},
    {ELB, "DescribeTargetHealth", elbv2_describe_target_health},
    {ELB, "DescribeTags", elbv2_describe_tags},
    {ELB, "AddTags", elbv2_add_tags},
    {ELB, "RemoveTags", elbv2_remove_tags},
    {ELB, "DescribeTargetGroupAttributes", elbv2_describe_target_group_attributes},
    {ELB, "ModifyTargetGroupAttributes", elbv2_modify_target_group_attributes},
    {ELB, "CreateTargetGroup", elbv2_create_target_group},
    {ELB, "DeleteTargetGroup", elbv2_delete_target_group},
    {ELB, "ModifyTargetGroup", elbv2_modify_target_group},
    {ELB, "ModifyListener", elbv2_modify_listener},
    {ELB, "ModifyRule", elbv2_modify_rule},
    {ELB, "CreateRule", elbv2_create_rule},
    {ELB, "DeleteRule", elbv2_delete_rule},
    {ELB, "SetRulePriorities", elbv2_set_rule_priorities},
    {ELB, "CreateListener", elbv2_create_listener},
    {ELB, "DeleteListener", elbv2_delete_listener},
    {"monitoring", "DescribeAlarms", cloudwatch_describe_alarms},
    {"monitoring", "PutMetricAlarm", cloudwatch_put_metric_alarm},
    {"monitoring", "SetAlarmState", cloudwatch_set_alarm_state},
    {"monitoring", "DeleteAlarms", cloudwatch_delete_alarms},
    {"ssm", "StartSession", ssm_start_session},
    {"ssm", "TerminateSession", ssm_terminate_session},
    {"logs", "FilterLogEvents", logs_filter_log_events},
    {"logs", "GetLogEvents", logs_get_log_events},
    {"logs", "DescribeLogStreams", logs_describe_log_streams},
    {SCALING, "RegisterScalableTarget", autoscaling_register_scalable_target},
    {SCALING, "DeregisterScalableTarget", autoscaling_deregister_scalable_target},
    {SCALING, "DescribeScalableTargets", autoscaling_describe_scalable_targets},
    {SCALING, "PutScalingPolicy", autoscaling_put_scaling_policy},
    {SCALING, "DeleteScalingPolicy", autoscaling_delete_scaling_policy},
    {SCALING, "DescribeScalingPolicies", autoscaling_describe_scaling_policies},
    {SCALING, "PutScheduledAction", autoscaling_put_scheduled_action},
    {SCALING, "DeleteScheduledAction", autoscaling_delete_scheduled_action},
    {SCALING, "DescribeScheduledActions", autoscaling_describe_scheduled_actions},
    {SCALING, "DescribeScalingActivities", autoscaling_describe_scaling_activities},
    {"dynamodb", "CreateTable", dynamodb_create_table},
    {"dynamodb", "DescribeTable", dynamodb_describe_table},
    {"dynamodb", "DeleteTable", dynamodb_delete_table},
    {"dynamodb", "ListTables", dynamodb_list_tables},
    {"dynamodb", "PutItem", dynamodb_put_item},
    {"dynamodb", "GetItem", dynamodb_get_item},
    {"dynamodb", "UpdateItem", dynamodb_update_item},
    {"dynamodb", "DeleteItem", dynamodb_delete_item},
    {"dynamodb", "BatchGetItem", dynamodb_batch_get_item},
    {"dynamodb", "BatchWriteItem", dynamodb_batch_write_item},
    {"dynamodb", "Query", dynamodb_query},
    {"dynamodb", "Scan", dynamodb_scan},
    {"sts", "GetCallerIdentity", sts_get_caller_identity},
    {"ec2", "DescribeSecurityGroups", ec2_describe_security_groups},
    {"ec2", "DescribeSecurityGroupRules", ec2_describe_security_group_rules},
    {"ec2", "AuthorizeSecurityGroupIngress", ec2_authorize_security_group_ingress},
    {"ec2", "RevokeSecurityGroupIngress", ec2_revoke_security_group_ingress},
};

const struct operation *operations_find(const char *service, const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (strcmp(operations[i].service, service) == 0 && strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    return NULL;
}
