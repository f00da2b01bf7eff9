#include "aws/cloudwatch.h"

#include "aws/json.h"
#include "aws/list.h"

#include <string.h>

void cloudwatch_alarms_free(struct cloudwatch_alarms *alarms)
{
    aws_list_free(&alarms->items, &alarms->count, &alarms->capacity);
}

static bool read_alarms(const struct aws_xml *list, struct cloudwatch_alarms *out, struct error *error)
{
    const struct aws_xml *member = aws_xml_child(list, "member");
    for (; member; member = aws_xml_next(member, "member")) {
        struct cloudwatch_alarm *alarm =
            aws_list_add(&out->items, &out->count, &out->capacity, sizeof *alarm);
        if (!alarm)
            return error_set(error, ERROR_SYSTEM, "out of memory");
        memset(alarm, 0, sizeof *alarm);
        aws_copy_text(alarm->name, sizeof alarm->name, aws_xml_text(member, "AlarmName"));
        aws_copy_text(alarm->state, sizeof alarm->state, aws_xml_text(member, "StateValue"));
        aws_copy_text(alarm->reason, sizeof alarm->reason, aws_xml_text(member, "StateReason"));
    }
    return true;
}

bool cloudwatch_describe_alarms(struct aws_client *client, const char *const *names, size_t count,
                                struct cloudwatch_alarms *out, struct error *error)
{
    static const char *const types[] = {"MetricAlarm", "CompositeAlarm"};
    struct aws_query query;
    struct aws_xml *output = NULL;
    cloudwatch_alarms_free(out);
    if (count == 0)
        return true;
    if (count > CLOUDWATCH_NAMES_MAX)
        return error_set(error, ERROR_LIMIT, "more than %d alarms", CLOUDWATCH_NAMES_MAX);
    aws_query_init(&query);
    aws_query_add_list(&query, "AlarmNames.member", names, count);
    aws_query_add_list(&query, "AlarmTypes.member", types, sizeof types / sizeof types[0]);
    aws_query_add_integer(&query, "MaxRecords", CLOUDWATCH_NAMES_MAX); /* so they come on one page */
    bool done = aws_call_query(client, AWS_CLOUDWATCH, "DescribeAlarms", &query, &output, error);
    const struct aws_xml *result = aws_xml_result(output);
    done = done && read_alarms(aws_xml_find(result, "MetricAlarms"), out, error) &&
           read_alarms(aws_xml_find(result, "CompositeAlarms"), out, error);
    aws_xml_free(output);
    aws_query_free(&query);
    return done;
}

const struct cloudwatch_alarm *cloudwatch_alarms_find(const struct cloudwatch_alarms *alarms,
                                                      const char *name)
{
    for (size_t i = 0; i < alarms->count; i++)
        if (strcmp(alarms->items[i].name, name) == 0)
            return &alarms->items[i];
    return NULL;
}
