#include "aws/instances.h"

#include "aws/json.h"
#include "aws/list.h"
#include "aws/pager.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

void instances_free(struct instances *instances)
{
    aws_list_free(&instances->items, &instances->count, &instances->capacity);
}

static bool read_container_instances(struct instances *out, struct json_object *list, struct error *error)
{
    for (size_t i = 0; i < aws_json_count(list); i++) {
        struct instance *instance = aws_list_add(&out->items, &out->count, &out->capacity, sizeof *instance);
        if (!instance)
            return error_set(error, ERROR_SYSTEM, "out of memory");
        aws_json_copy(instance->arn, sizeof instance->arn, aws_json_at(list, i), "containerInstanceArn");
        aws_json_copy(instance->id, sizeof instance->id, aws_json_at(list, i), "ec2InstanceId");
        aws_json_copy(instance->agent_version, sizeof instance->agent_version,
                      aws_json_get(aws_json_at(list, i), "versionInfo"), "agentVersion");
    }
    return true;
}

static bool describe_container_instances(struct aws_client *client, const char *cluster,
                                         const char *const *arns, size_t count, struct instances *out,
                                         struct error *error)
{
    struct json_object *input = json_object_new_object(), *names = json_object_new_array(), *output = NULL;
    json_object_object_add(input, "cluster", json_object_new_string(cluster));
    for (size_t i = 0; i < count && i < INSTANCES_A_CALL; i++)
        json_object_array_add(names, json_object_new_string(arns[i]));
    json_object_object_add(input, "containerInstances", names);
    bool done = aws_call_json(client, AWS_ECS, "DescribeContainerInstances", input, &output, error) &&
                read_container_instances(out, aws_json_get(output, "containerInstances"), error);
    json_object_put(output);
    json_object_put(input);
    return done;
}

static void read_instance(struct instances *out, const struct aws_xml *item)
{
    for (size_t i = 0; i < out->count; i++) {
        struct instance *instance = &out->items[i];
        if (strcmp(instance->id, aws_xml_text(item, "instanceId")) != 0)
            continue;
        aws_copy_text(instance->address, sizeof instance->address, aws_xml_text(item, "privateIpAddress"));
        instance->security_group_count = 0;
        const struct aws_xml *group = aws_xml_child(aws_xml_find(item, "groupSet"), "item");
        for (; group && instance->security_group_count < INSTANCE_GROUPS_MAX;
             group = aws_xml_next(group, "item"))
            aws_copy_text(instance->security_groups[instance->security_group_count++], INSTANCE_ID_MAX,
                          aws_xml_text(group, "groupId"));
    }
}

static bool call_page(struct aws_client *client, const char *const *ids, size_t count,
                      struct aws_pager *pager, struct instances *out, bool *more, struct error *error)
{
    struct aws_query query;
    struct aws_xml *output = NULL;
    aws_query_init(&query);
    aws_query_add_list(&query, "InstanceId", ids, count);
    if (*pager->token)
        aws_query_add(&query, "NextToken", pager->token);
    bool done = aws_call_query(client, AWS_EC2, "DescribeInstances", &query, &output, error);
    const struct aws_xml *reservation = aws_xml_child(aws_xml_find(output, "reservationSet"), "item");
    for (; done && reservation; reservation = aws_xml_next(reservation, "item")) {
        const struct aws_xml *item = aws_xml_child(aws_xml_find(reservation, "instancesSet"), "item");
        for (; item; item = aws_xml_next(item, "item"))
            read_instance(out, item);
    }
    done = done &&
           aws_pager_next(pager, aws_xml_text(output, "nextToken"), "EC2 DescribeInstances", more, error);
    aws_xml_free(output);
    aws_query_free(&query);
    return done;
}

/* What is registered from outside EC2 ("mi-…") is not asked for: EC2 would refuse them all. */
static bool describe_instances(struct aws_client *client, struct instances *out, struct error *error)
{
    const char *ids[INSTANCES_A_CALL];
    size_t count = 0;
    bool more = true, done = true;
    for (size_t i = 0; i < out->count && count < INSTANCES_A_CALL; i++)
        if (strncmp(out->items[i].id, "i-", 2) == 0)
            ids[count++] = out->items[i].id;
    if (count == 0)
        return true;
    struct aws_pager *pager = malloc(sizeof *pager);
    if (!pager)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    aws_pager_init(pager);
    while (done && more)
        done = call_page(client, ids, count, pager, out, &more, error);
    free(pager);
    return done;
}

bool instances_describe(struct aws_client *client, const char *cluster, const char *const *arns, size_t count,
                        struct instances *out, struct error *error)
{
    instances_free(out);
    if (count == 0)
        return true;
    return describe_container_instances(client, cluster, arns, count, out, error) &&
           describe_instances(client, out, error);
}

bool instances_describe_agents(struct aws_client *client, const char *cluster, const char *const *arns,
                               size_t count, struct instances *out, struct error *error)
{
    instances_free(out);
    return count == 0 || describe_container_instances(client, cluster, arns, count, out, error);
}
