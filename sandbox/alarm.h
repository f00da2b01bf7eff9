/*
 * alarm: a CloudWatch alarm of the region. No metric is behind it: SetAlarmState alone moves it.
 */
#ifndef SHAKETABLE_SANDBOX_ALARM_H
#define SHAKETABLE_SANDBOX_ALARM_H

#include "sandbox/region.h"

#define ALARM_NAME_MAX 256
#define ALARMS_MAX 5000

struct alarm {
    char name[ALARM_NAME_MAX];
    char arn[REGION_ARN_MAX];
    struct json_object *settings; /* as PutMetricAlarm gave them, with CloudWatch's own types */
    char state[32];
    char reason[REGION_REASON_MAX];
    double configured, updated; /* epoch seconds */
};

void alarm_free(struct alarm *alarm);
/* What an experiment must leave as it was: all but the state. */
struct json_object *alarm_settings_json(const struct alarm *alarm);

#endif
