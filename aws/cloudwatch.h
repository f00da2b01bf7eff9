/*
 * cloudwatch: Amazon CloudWatch, its alarms. Spoken to by the Query protocol (2010-08-01), which it takes
 * beside its newer ones. Lists as in ecs.h: zero them first, free them with their _free.
 */
#ifndef SHAKETABLE_AWS_CLOUDWATCH_H
#define SHAKETABLE_AWS_CLOUDWATCH_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>

#define CLOUDWATCH_NAME_MAX 256
#define CLOUDWATCH_REASON_MAX 256
#define CLOUDWATCH_NAMES_MAX 100 /* of one call */

struct cloudwatch_alarm {
    char name[CLOUDWATCH_NAME_MAX];
    char state[32]; /* OK, ALARM, INSUFFICIENT_DATA */
    char reason[CLOUDWATCH_REASON_MAX];
};
struct cloudwatch_alarms {
    struct cloudwatch_alarm *items;
    size_t count;
    size_t capacity;
};
void cloudwatch_alarms_free(struct cloudwatch_alarms *alarms);

/* Those of the names that there are, metric alarms and composite ones. */
bool cloudwatch_describe_alarms(struct aws_client *client, const char *const *names, size_t count,
                                struct cloudwatch_alarms *out, struct error *error);
/* NULL: there is none of that name. */
const struct cloudwatch_alarm *cloudwatch_alarms_find(const struct cloudwatch_alarms *alarms,
                                                      const char *name);

#endif
