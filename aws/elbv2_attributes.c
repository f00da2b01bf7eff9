#include "aws/elbv2_attributes.h"

#include "aws/json.h"

#include <stdlib.h>
#include <string.h>

bool elbv2_describe_target_group_attributes(struct aws_client *client, const char *target_group_arn,
                                            struct elbv2_attributes *out, struct error *error)
{
    struct aws_query query;
    struct aws_xml *output = NULL;
    out->count = 0;
    aws_query_init(&query);
    aws_query_add(&query, "TargetGroupArn", target_group_arn);
    bool done = aws_call_query(client, AWS_ELBV2, "DescribeTargetGroupAttributes", &query, &output, error);
    const struct aws_xml *member =
        aws_xml_child(aws_xml_find(aws_xml_result(output), "Attributes"), "member");
    for (; done && member && out->count < ELBV2_ATTRIBUTES_MAX; member = aws_xml_next(member, "member")) {
        aws_copy_text(out->items[out->count].key, ELBV2_ATTRIBUTE_MAX, aws_xml_text(member, "Key"));
        aws_copy_text(out->items[out->count++].value, ELBV2_ATTRIBUTE_MAX, aws_xml_text(member, "Value"));
    }
    aws_xml_free(output);
    aws_query_free(&query);
    return done;
}

const char *elbv2_attribute(const struct elbv2_attributes *attributes, const char *key)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->items[i].key, key) == 0)
            return attributes->items[i].value;
    return "";
}

int elbv2_attribute_number(const struct elbv2_attributes *attributes, const char *key, int missing)
{
    const char *text = elbv2_attribute(attributes, key);
    char *end = NULL;
    long value = strtol(text, &end, 10);
    return end == text || *end != '\0' || value < 0 || value > INT32_MAX ? missing : (int)value;
}
