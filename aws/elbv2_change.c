#include "aws/elbv2_change.h"

#include "aws/json.h"
#include "aws/pager.h"
#include "aws/query_json.h"

#include <json-c/json.h>
#include <string.h>

/* One call; `*list` (may be NULL) is the result's list of that name, an array owned by the caller. */
static bool call(struct aws_client *client, const char *operation, struct json_object *input,
                 const char *list_name, struct json_object **list, char *marker, size_t marker_size,
                 struct error *error)
{
    struct aws_query query;
    struct aws_xml *output = NULL;
    aws_query_init(&query);
    aws_query_add_json(&query, input);
    bool done = aws_call_query(client, AWS_ELBV2, operation, &query, &output, error);
    const struct aws_xml *result = aws_xml_result(output);
    if (done && list != NULL) {
        struct json_object *read = aws_xml_to_json(aws_xml_child(result, list_name));
        if (read == NULL || !json_object_is_type(read, json_type_array)) {
            json_object_put(read); /* an empty list reads as an empty text */
            read = json_object_new_array();
        }
        *list = read;
    }
    if (done && marker != NULL)
        aws_copy_text(marker, marker_size, aws_xml_text(result, "NextMarker"));
    aws_xml_free(output);
    aws_query_free(&query);
    return done;
}

static struct json_object *with(const char *key, const char *value)
{
    struct json_object *input = json_object_new_object();
    json_object_object_add(input, key, json_object_new_string(value));
    return input;
}

static struct json_object *with_list(const char *key, const char *value)
{
    struct json_object *input = json_object_new_object(), *list = json_object_new_array();
    json_object_array_add(list, json_object_new_string(value));
    json_object_object_add(input, key, list);
    return input;
}

/* Takes the input over. */
static bool change(struct aws_client *client, const char *operation, struct json_object *input,
                   struct error *error)
{
    bool done = call(client, operation, input, NULL, NULL, NULL, 0, error);
    json_object_put(input);
    return done;
}

/* The only one of a list. Takes the input over. */
static bool read_one(struct aws_client *client, const char *operation, struct json_object *input,
                     const char *list_name, struct json_object **one, struct error *error)
{
    struct json_object *list = NULL;
    *one = NULL;
    bool done = call(client, operation, input, list_name, &list, NULL, 0, error);
    json_object_put(input);
    if (!done)
        return false;
    *one = json_object_get(aws_json_at(list, 0));
    json_object_put(list);
    return *one != NULL || error_set(error, ERROR_NOT_FOUND, "ELBv2 %s: there is none", operation);
}

bool elbv2_read_rules(struct aws_client *client, const char *listener_arn, struct json_object **rules,
                      struct error *error)
{
    struct json_object *all = json_object_new_array(), *input = with("ListenerArn", listener_arn);
    struct aws_pager pager;
    bool done = true, more = true;
    char marker[sizeof pager.token];
    aws_pager_init(&pager);
    while (done && more) {
        struct json_object *page = NULL;
        done = call(client, "DescribeRules", input, "Rules", &page, marker, sizeof marker, error) &&
               aws_pager_next(&pager, marker, "ELBv2 DescribeRules", &more, error);
        for (size_t i = 0; i < aws_json_count(page); i++)
            json_object_array_add(all, json_object_get(aws_json_at(page, i)));
        json_object_put(page);
        json_object_object_add(input, "Marker", json_object_new_string(marker));
    }
    json_object_put(input);
    *rules = done ? all : NULL;
    if (!done)
        json_object_put(all);
    return done;
}

bool elbv2_read_rule(struct aws_client *client, const char *rule_arn, struct json_object **rule,
                     struct error *error)
{
    return read_one(client, "DescribeRules", with_list("RuleArns", rule_arn), "Rules", rule, error);
}

/* A copy that may be sent. */
static struct json_object *sendable(struct json_object *actions)
{
    struct json_object *copy = NULL;
    if (json_object_deep_copy(actions, &copy, NULL) != 0)
        return NULL;
    for (size_t i = 0; i < aws_json_count(copy); i++) {
        struct json_object *action = aws_json_at(copy, i);
        struct json_object *oidc = aws_json_object(action, "AuthenticateOidcConfig");
        if (oidc != NULL)
            json_object_object_add(oidc, "UseExistingClientSecret", json_object_new_boolean(true));
    }
    return copy;
}

bool elbv2_modify_rule(struct aws_client *client, const char *rule_arn, struct json_object *actions,
                       struct error *error)
{
    struct json_object *input = with("RuleArn", rule_arn);
    json_object_object_add(input, "Actions", sendable(actions));
    return change(client, "ModifyRule", input, error);
}

bool elbv2_modify_listener(struct aws_client *client, const char *listener_arn, struct json_object *actions,
                           struct error *error)
{
    struct json_object *input = with("ListenerArn", listener_arn);
    json_object_object_add(input, "DefaultActions", sendable(actions));
    return change(client, "ModifyListener", input, error);
}

bool elbv2_read_target_group(struct aws_client *client, const char *name_or_arn, struct json_object **group,
                             struct error *error)
{
    const char *key = strncmp(name_or_arn, "arn:", 4) == 0 ? "TargetGroupArns" : "Names";
    return read_one(client, "DescribeTargetGroups", with_list(key, name_or_arn), "TargetGroups", group,
                    error);
}

bool elbv2_create_target_group(struct aws_client *client, struct json_object *input, char arn[ELBV2_ARN_MAX],
                               struct error *error)
{
    struct json_object *list = NULL;
    if (!call(client, "CreateTargetGroup", input, "TargetGroups", &list, NULL, 0, error))
        return false;
    aws_json_copy(arn, ELBV2_ARN_MAX, aws_json_at(list, 0), "TargetGroupArn");
    json_object_put(list);
    return arn[0] != '\0' ||
           error_set(error, ERROR_NETWORK, "ELBv2 CreateTargetGroup: the answer has no TargetGroupArn");
}

bool elbv2_delete_target_group(struct aws_client *client, const char *arn, struct error *error)
{
    return change(client, "DeleteTargetGroup", with("TargetGroupArn", arn), error);
}

bool elbv2_read_target_group_attributes(struct aws_client *client, const char *arn,
                                        struct json_object **attributes, struct error *error)
{
    struct json_object *input = with("TargetGroupArn", arn);
    bool done =
        call(client, "DescribeTargetGroupAttributes", input, "Attributes", attributes, NULL, 0, error);
    json_object_put(input);
    return done;
}

bool elbv2_modify_target_group_attributes(struct aws_client *client, const char *arn,
                                          struct json_object *attributes, struct error *error)
{
    struct json_object *input = with("TargetGroupArn", arn);
    json_object_object_add(input, "Attributes", json_object_get(attributes));
    return change(client, "ModifyTargetGroupAttributes", input, error);
}
