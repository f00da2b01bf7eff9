/*
 * operations: the operations that the region knows, one table. A handler runs with the region's mutex
 * held; it returns false when it failed the call.
 */
#ifndef SHAKETABLE_SANDBOX_OPERATIONS_H
#define SHAKETABLE_SANDBOX_OPERATIONS_H

#include "sandbox/call.h"
#include "sandbox/region.h"

typedef bool operation_handler(struct region *region, struct call *call);

struct operation {
    const char *service;
    const char *name;
    operation_handler *handler;
};

const struct operation *operations_find(const char *service, const char *name);

/* ecs_clusters.c */
operation_handler ecs_list_clusters, ecs_describe_clusters, ecs_create_cluster, ecs_delete_cluster;
/* ecs_services.c, ecs_service_change.c */
operation_handler ecs_list_services, ecs_describe_services, ecs_create_service, ecs_update_service,
    ecs_delete_service;
/* ecs_tasks.c */
operation_handler ecs_list_tasks, ecs_describe_tasks, ecs_stop_task;
/* ecs_run_task.c */
operation_handler ecs_run_task;
/* ecs_definitions.c */
operation_handler ecs_list_task_definitions, ecs_list_task_definition_families, ecs_describe_task_definition,
    ecs_register_task_definition, ecs_deregister_task_definition;
/* ecs_tags.c */
operation_handler ecs_tag_resource, ecs_untag_resource, ecs_list_tags_for_resource;
/* elbv2_read.c */
operation_handler elbv2_describe_load_balancers, elbv2_describe_listeners, elbv2_describe_rules,
    elbv2_describe_target_groups, elbv2_describe_target_health, elbv2_describe_tags;
/* elbv2_tags.c, elbv2_attributes.c */
operation_handler elbv2_add_tags, elbv2_remove_tags, elbv2_describe_target_group_attributes,
    elbv2_modify_target_group_attributes;
/* elbv2_groups.c, elbv2_listeners.c */
operation_handler elbv2_create_target_group, elbv2_delete_target_group, elbv2_modify_target_group,
    elbv2_modify_listener, elbv2_modify_rule;
/* elbv2_rules.c */
operation_handler elbv2_create_rule, elbv2_delete_rule, elbv2_set_rule_priorities, elbv2_create_listener,
    elbv2_delete_listener;
/* ssm.c, logs_groups.c, logs_read.c */
operation_handler logs_create_log_group, logs_delete_log_group, logs_describe_log_groups;
operation_handler ssm_start_session, ssm_terminate_session;
operation_handler logs_filter_log_events, logs_get_log_events, logs_describe_log_streams;
/* autoscaling.c */
operation_handler autoscaling_register_scalable_target, autoscaling_deregister_scalable_target,
    autoscaling_describe_scalable_targets, autoscaling_put_scaling_policy, autoscaling_delete_scaling_policy,
    autoscaling_describe_scaling_policies, autoscaling_put_scheduled_action,
    autoscaling_delete_scheduled_action, autoscaling_describe_scheduled_actions,
    autoscaling_describe_scaling_activities;
/* iam_roles.c, iam_policies.c, iam_simulate.c */
operation_handler iam_create_role, iam_get_role, iam_list_roles, iam_delete_role,
    iam_update_assume_role_policy, iam_tag_role, iam_list_role_tags;
operation_handler iam_put_role_policy, iam_get_role_policy, iam_list_role_policies, iam_delete_role_policy,
    iam_attach_role_policy, iam_detach_role_policy, iam_list_attached_role_policies;
operation_handler iam_simulate_principal_policy;
/* sts.c */
operation_handler sts_get_caller_identity;
/* ec2.c, ec2_rules.c */
operation_handler ec2_describe_security_groups, ec2_describe_security_group_rules,
    ec2_authorize_security_group_ingress, ec2_revoke_security_group_ingress;
/* cloudwatch.c */
operation_handler cloudwatch_describe_alarms, cloudwatch_put_metric_alarm, cloudwatch_set_alarm_state,
    cloudwatch_delete_alarms;
/* fis_template.c, fis_experiment.c, fis_catalogue.c, fis_lever.c */
operation_handler fis_create_experiment_template, fis_get_experiment_template, fis_update_experiment_template,
    fis_delete_experiment_template, fis_list_experiment_templates;
operation_handler fis_start_experiment, fis_get_experiment, fis_stop_experiment, fis_list_experiments,
    fis_list_experiment_resolved_targets;
operation_handler fis_list_actions, fis_get_action, fis_list_target_resource_types,
    fis_get_target_resource_type;
operation_handler fis_get_safety_lever, fis_update_safety_lever_state, fis_tag_resource, fis_untag_resource,
    fis_list_tags_for_resource;
/* dynamodb_tables.c */
operation_handler dynamodb_create_table, dynamodb_describe_table, dynamodb_delete_table, dynamodb_list_tables;
/* dynamodb_items.c, dynamodb_update_item.c, dynamodb_batch.c */
operation_handler dynamodb_put_item, dynamodb_get_item, dynamodb_delete_item, dynamodb_update_item,
    dynamodb_batch_get_item, dynamodb_batch_write_item;
/* dynamodb_query.c */
operation_handler dynamodb_query, dynamodb_scan;

#endif
