#include "aws/autoscaling.h"

#include "aws/json.h"
#include "aws/list.h"
#include "aws/pager.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIMENSION "ecs:service:DesiredCount"
#define RESOURCE_MAX (2 * AUTOSCALING_NAME_MAX + 16)
#define LATEST 10 /* activities */

typedef bool read_item(void *out, struct json_object *item);

void autoscaling_activities_free(struct autoscaling_activities *activities)
{
    aws_list_free(&activities->items, &activities->count, &activities->capacity);
}

void autoscaling_schedules_free(struct autoscaling_schedules *schedules)
{
    aws_list_free(&schedules->items, &schedules->count, &schedules->capacity);
}

static struct json_object *make_input(const char *cluster, const char *service, bool list)
{
    char resource[RESOURCE_MAX];
    struct json_object *input = json_object_new_object(), *ids = json_object_new_array();
    snprintf(resource, sizeof resource, "service/%s/%s", cluster, service);
    json_object_object_add(input, "ServiceNamespace", json_object_new_string("ecs"));
    json_object_object_add(input, "ScalableDimension", json_object_new_string(DIMENSION));
    json_object_array_add(ids, json_object_new_string(resource));
    if (list)
        json_object_object_add(input, "ResourceIds", ids);
    else
        json_object_put(ids);
    if (!list)
        json_object_object_add(input, "ResourceId", json_object_new_string(resource));
    return input;
}

/* Every item of the answer's list `key`, of one page or of all. */
static bool describe(struct aws_client *client, const char *operation, struct json_object *input,
                     const char *key, bool all_pages, read_item *read, void *out, struct error *error)
{
    struct aws_pager *pager = malloc(sizeof *pager);
    bool more = true, done = true;
    if (!pager)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    aws_pager_init(pager);
    while (done && more) {
        struct json_object *output = NULL;
        if (*pager->token)
            json_object_object_add(input, "NextToken", json_object_new_string(pager->token));
        done = aws_call_json(client, AWS_AUTOSCALING, operation, input, &output, error);
        struct json_object *list = aws_json_get(output, key);
        for (size_t i = 0; done && i < aws_json_count(list); i++)
            done = read(out, aws_json_at(list, i)) || error_set(error, ERROR_SYSTEM, "out of memory");
        more = all_pages;
        if (done && more)
            done = aws_pager_next(pager, aws_json_text(output, "NextToken"), operation, &more, error);
        json_object_put(output);
    }
    free(pager);
    return done;
}

static bool read_target(void *context, struct json_object *item)
{
    struct autoscaling_target *target = context;
    struct json_object *suspended = aws_json_object(item, "SuspendedState");
    target->found = true;
    target->minimum = aws_json_int(item, "MinCapacity", 0);
    target->maximum = aws_json_int(item, "MaxCapacity", 0);
    target->in_suspended = aws_json_bool(suspended, "DynamicScalingInSuspended");
    target->out_suspended = aws_json_bool(suspended, "DynamicScalingOutSuspended");
    target->scheduled_suspended = aws_json_bool(suspended, "ScheduledScalingSuspended");
    return true;
}

static bool read_activity(void *context, struct json_object *item)
{
    struct autoscaling_activities *out = context;
    struct autoscaling_activity *activity =
        aws_list_add(&out->items, &out->count, &out->capacity, sizeof *activity);
    if (!activity)
        return false;
    aws_json_copy(activity->status, sizeof activity->status, item, "StatusCode");
    aws_json_copy(activity->description, sizeof activity->description, item, "Description");
    activity->started_at_ms = aws_json_ms(item, "StartTime");
    return true;
}

static bool read_schedule(void *context, struct json_object *item)
{
    struct autoscaling_schedules *out = context;
    struct autoscaling_schedule *schedule =
        aws_list_add(&out->items, &out->count, &out->capacity, sizeof *schedule);
    if (!schedule)
        return false;
    aws_json_copy(schedule->name, sizeof schedule->name, item, "ScheduledActionName");
    aws_json_copy(schedule->schedule, sizeof schedule->schedule, item, "Schedule");
    aws_json_copy(schedule->timezone, sizeof schedule->timezone, item, "Timezone");
    schedule->start_ms = aws_json_ms(item, "StartTime");
    schedule->end_ms = aws_json_ms(item, "EndTime");
    return true;
}

bool autoscaling_describe_target(struct aws_client *client, const char *cluster, const char *service,
                                 struct autoscaling_target *out, struct error *error)
{
    struct json_object *input = make_input(cluster, service, true);
    memset(out, 0, sizeof *out);
    bool done =
        describe(client, "DescribeScalableTargets", input, "ScalableTargets", true, read_target, out, error);
    json_object_put(input);
    return done;
}

bool autoscaling_describe_activities(struct aws_client *client, const char *cluster, const char *service,
                                     struct autoscaling_activities *out, struct error *error)
{
    struct json_object *input = make_input(cluster, service, false);
    json_object_object_add(input, "MaxResults", json_object_new_int(LATEST));
    autoscaling_activities_free(out);
    bool done = describe(client, "DescribeScalingActivities", input, "ScalingActivities", false,
                         read_activity, out, error);
    json_object_put(input);
    return done;
}

bool autoscaling_describe_schedules(struct aws_client *client, const char *cluster, const char *service,
                                    struct autoscaling_schedules *out, struct error *error)
{
    struct json_object *input = make_input(cluster, service, false);
    autoscaling_schedules_free(out);
    bool done = describe(client, "DescribeScheduledActions", input, "ScheduledActions", true, read_schedule,
                         out, error);
    json_object_put(input);
    return done;
}
