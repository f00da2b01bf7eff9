/* cloudwatch: CloudWatch's alarms. */
#include "core/clock.h"
#include "sandbox/alarm.h"
#include "sandbox/memory.h"
#include "sandbox/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 50
#define PAGE_MAX 100
#define NAMES_MAX 100

enum kind { TEXT, INTEGER, NUMBER, FLAG, ANY };
static const struct {
    const char *key;
    enum kind kind;
} settings_keys[] = {
    {"AlarmDescription", TEXT},
    {"ActionsEnabled", FLAG},
    {"OKActions", ANY},
    {"AlarmActions", ANY},
    {"InsufficientDataActions", ANY},
    {"MetricName", TEXT},
    {"Namespace", TEXT},
    {"Statistic", TEXT},
    {"ExtendedStatistic", TEXT},
    {"Dimensions", ANY},
    {"Period", INTEGER},
    {"Unit", TEXT},
    {"EvaluationPeriods", INTEGER},
    {"DatapointsToAlarm", INTEGER},
    {"Threshold", NUMBER},
    {"ComparisonOperator", TEXT},
    {"TreatMissingData", TEXT},
    {"Metrics", ANY},
};

void alarm_free(struct alarm *alarm)
{
    json_object_put(alarm->settings);
    free(alarm);
}

struct json_object *alarm_settings_json(const struct alarm *alarm)
{
    return json_copy(alarm->settings);
}

static size_t find_alarm(const struct region *region, const char *name)
{
    size_t i = 0;

    while (i < region->alarms.count && strcmp(((struct alarm *)region->alarms.items[i])->name, name) != 0)
        i++;
    return i;
}

/* The same value whichever protocol brought it: the Query protocol has only texts. */
static struct json_object *take_setting(struct json_object *request, const char *key, enum kind kind)
{
    struct json_object *value = json_any(request, key);

    if (!value)
        return NULL;
    if (kind == INTEGER)
        return json_object_new_int64(json_integer(request, key, 0));
    if (kind == NUMBER)
        return json_object_new_double(json_object_get_double(value));
    if (kind == FLAG)
        return json_object_new_boolean(json_flag(request, key, true));
    return json_copy(value);
}

static struct json_object *take_settings(struct json_object *request)
{
    struct json_object *settings = json_object_new_object();

    json_put_flag(settings, "ActionsEnabled", true);
    for (size_t i = 0; i < sizeof settings_keys / sizeof *settings_keys; i++) {
        struct json_object *value = take_setting(request, settings_keys[i].key, settings_keys[i].kind);
        if (value)
            json_put(settings, settings_keys[i].key, value);
    }
    return settings;
}

bool cloudwatch_put_metric_alarm(struct region *region, struct call *call)
{
    static const char *const required[] = {"AlarmName", "EvaluationPeriods", "ComparisonOperator"};
    const char *name = json_text(call->request, "AlarmName");

    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!json_any(call->request, required[i]))
            return call_fail(call, "ValidationError", "The parameter %s is required.", required[i]);
    }
    if (!name || !*name || strlen(name) >= ALARM_NAME_MAX)
        return call_fail(call, "ValidationError", "AlarmName must have 1 to %d characters.",
                         ALARM_NAME_MAX - 1);
    size_t index = find_alarm(region, name);
    if (index == ALARMS_MAX)
        return call_fail(call, "LimitExceeded", "There can be at most %d alarms.", ALARMS_MAX);
    if (index == region->alarms.count) {
        struct alarm *alarm = memory_new(sizeof *alarm);
        text_copy(alarm->name, sizeof alarm->name, name);
        snprintf(alarm->arn, sizeof alarm->arn, "arn:aws:cloudwatch:%s:%s:alarm:%s", region->name,
                 REGION_ACCOUNT, name);
        text_copy(alarm->state, sizeof alarm->state, "INSUFFICIENT_DATA");
        text_copy(alarm->reason, sizeof alarm->reason, "Unchecked: Initial alarm creation");
        alarm->updated = region_now();
        list_add(&region->alarms, alarm);
    }
    struct alarm *alarm = region->alarms.items[index];
    json_object_put(alarm->settings);
    alarm->settings = take_settings(call->request);
    alarm->configured = region_now();
    return true;
}

static bool fail_not_found(struct call *call)
{
    return call_fail_status(call, 404, "ResourceNotFound", "The named alarm does not exist.");
}

bool cloudwatch_set_alarm_state(struct region *region, struct call *call)
{
    const char *name = json_text(call->request, "AlarmName"), *value = json_text(call->request, "StateValue"),
               *reason = json_text(call->request, "StateReason");

    if (!name || !value || !reason)
        return call_fail(call, "ValidationError", "AlarmName, StateValue and StateReason are required.");
    if (strcmp(value, "OK") != 0 && strcmp(value, "ALARM") != 0 && strcmp(value, "INSUFFICIENT_DATA") != 0)
        return call_fail(call, "ValidationError",
                         "1 validation error detected: Value '%s' at 'stateValue' failed to satisfy "
                         "constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
                         value);
    size_t index = find_alarm(region, name);
    if (index == region->alarms.count)
        return fail_not_found(call);
    struct alarm *alarm = region->alarms.items[index];
    text_copy(alarm->state, sizeof alarm->state, value);
    text_copy(alarm->reason, sizeof alarm->reason, reason);
    alarm->updated = region_now();
    return true;
}

bool cloudwatch_delete_alarms(struct region *region, struct call *call)
{
    struct json_object *names = json_list(call->request, "AlarmNames");

    if (json_length(names) == 0 || json_length(names) > NAMES_MAX)
        return call_fail(call, "ValidationError", "AlarmNames must have 1 to %d names.", NAMES_MAX);
    for (size_t i = 0; i < json_length(names); i++) {
        if (find_alarm(region, json_text_at(names, i)) == region->alarms.count)
            return fail_not_found(call);
    }
    for (size_t i = 0; i < json_length(names); i++) {
        size_t index = find_alarm(region, json_text_at(names, i));
        if (index == region->alarms.count)
            continue; /* named twice */
        alarm_free(region->alarms.items[index]);
        list_remove_at(&region->alarms, index);
    }
    return true;
}

static void put_time(const struct call *call, struct json_object *json, const char *key, double epoch_s)
{
    char text[CLOCK_TEXT_MAX];

    if (call->protocol != CALL_QUERY) {
        json_put_time(json, key, epoch_s);
        return;
    }
    clock_format_utc((int64_t)(epoch_s * 1000), text, sizeof text);
    json_put_text(json, key, text);
}

static struct json_object *describe(const struct call *call, const struct alarm *alarm)
{
    struct json_object *json = json_copy(alarm->settings);

    json_put_text(json, "AlarmName", alarm->name);
    json_put_text(json, "AlarmArn", alarm->arn);
    json_put_text(json, "StateValue", alarm->state);
    json_put_text(json, "StateReason", alarm->reason);
    put_time(call, json, "AlarmConfigurationUpdatedTimestamp", alarm->configured);
    put_time(call, json, "StateUpdatedTimestamp", alarm->updated);
    return json;
}

static bool has_name(struct json_object *names, const char *name)
{
    for (size_t i = 0; i < json_length(names); i++) {
        if (strcmp(json_text_at(names, i), name) == 0)
            return true;
    }
    return false;
}

bool cloudwatch_describe_alarms(struct region *region, struct call *call)
{
    struct json_object *names = json_list(call->request, "AlarmNames"),
                       *types = json_list(call->request, "AlarmTypes");
    const char *prefix = json_text(call->request, "AlarmNamePrefix"),
               *state = json_text(call->request, "StateValue");
    struct json_object *list = NULL;

    if (names && prefix)
        return call_fail(call, "ValidationError",
                         "AlarmNames and AlarmNamePrefix can't be given at the same time.");
    if (json_length(names) > NAMES_MAX)
        return call_fail(call, "ValidationError", "AlarmNames must have at most %d names.", NAMES_MAX);
    list = json_object_new_array();
    for (size_t i = 0; i < region->alarms.count; i++) {
        const struct alarm *alarm = region->alarms.items[i];
        if ((names && !has_name(names, alarm->name)) || (types && !has_name(types, "MetricAlarm")) ||
            (prefix && strncmp(alarm->name, prefix, strlen(prefix)) != 0) ||
            (state && strcmp(alarm->state, state) != 0))
            continue;
        json_object_array_add(list, describe(call, alarm));
    }
    json_put(call->response, "CompositeAlarms", json_object_new_array());
    return call_answer_page(call, list, "MetricAlarms", "AlarmName", PAGE, PAGE_MAX);
}
