/*
 * guard_poll: what guards ask of AWS: healthy targets, running tasks, alarms. Blocking calls, for a worker.
 */
#ifndef SHAKETABLE_EXPERIMENT_GUARD_POLL_H
#define SHAKETABLE_EXPERIMENT_GUARD_POLL_H

#include "experiment/guard.h"
#include "experiment/job.h"

#define GUARD_POLL_LOCAL_MS 500
#define GUARD_POLL_AWS_MS 5000

struct guard_poll {
    /* Asked for. */
    bool targets, tasks;
    size_t alarm_count;
    char alarms[CHOICES_GUARDS_MAX][GUARD_ALARM_MAX];
    /* Answered; an alarm that there isn't has the state "". */
    bool targets_read, tasks_read, alarms_read;
    int healthy; /* of the target group with fewest */
    int running;
    char states[CHOICES_GUARDS_MAX][32];
    char reasons[CHOICES_GUARDS_MAX][MODEL_TEXT_MAX];
    struct error error; /* why something was not read */
};

/* Asks for what this guard needs, too; a measured one needs nothing. */
void guard_poll_want(struct guard_poll *poll, const struct guard *guard);
bool guard_poll_is_wanted(const struct guard_poll *poll);
/* Fills in the answers. */
void guard_poll_read(const struct job *job, const char *cluster_arn, const char *service_arn,
                     struct guard_poll *poll);
/* What the poll says of a guard: false if it was not read. *state and *reason (borrowed) are an alarm's, ""
 * for the others; an alarm that there is not counts as not read. */
bool guard_poll_value(const struct guard_poll *poll, const struct guard *guard, double *value,
                      const char **state, const char **reason);

#endif
