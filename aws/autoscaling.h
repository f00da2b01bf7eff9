/*
 * autoscaling: Application Auto Scaling (JSON 1.1, X-Amz-Target AnyScaleFrontendService), what it may do to
 * the number of an ECS service's tasks. Lists as in ecs.h.
 */
#ifndef SHAKETABLE_AWS_AUTOSCALING_H
#define SHAKETABLE_AWS_AUTOSCALING_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTOSCALING_NAME_MAX 256
#define AUTOSCALING_TEXT_MAX 512
#define AUTOSCALING_WORD_MAX 48

/* How far it may go; `found` false: the service isn't scaled by it. */
struct autoscaling_target {
    bool found;
    int minimum, maximum;
    bool out_suspended, in_suspended, scheduled_suspended;
};

struct autoscaling_activity {
    char status[AUTOSCALING_WORD_MAX]; /* Pending, InProgress, Successful, Overridden, Unfulfilled, Failed */
    char description[AUTOSCALING_TEXT_MAX]; /* "Setting desired count to 4." */
    int64_t started_at_ms;                  /* epoch */
};
struct autoscaling_activities {
    struct autoscaling_activity *items;
    size_t count;
    size_t capacity;
};

struct autoscaling_schedule {
    char name[AUTOSCALING_NAME_MAX];
    char schedule[AUTOSCALING_NAME_MAX]; /* at(…), rate(…), cron(…) */
    char timezone[AUTOSCALING_NAME_MAX]; /* "": UTC */
    int64_t start_ms, end_ms;            /* epoch; 0: not told */
};
struct autoscaling_schedules {
    struct autoscaling_schedule *items;
    size_t count;
    size_t capacity;
};

void autoscaling_activities_free(struct autoscaling_activities *activities);
void autoscaling_schedules_free(struct autoscaling_schedules *schedules);

/* Cluster and service by name. */
bool autoscaling_describe_target(struct aws_client *client, const char *cluster, const char *service,
                                 struct autoscaling_target *out, struct error *error);
/* The latest ones, the latest first: AWS's first page. */
bool autoscaling_describe_activities(struct aws_client *client, const char *cluster, const char *service,
                                     struct autoscaling_activities *out, struct error *error);
bool autoscaling_describe_schedules(struct aws_client *client, const char *cluster, const char *service,
                                    struct autoscaling_schedules *out, struct error *error);

#endif
