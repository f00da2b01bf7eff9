/*
 * fis_actions: AWS FIS's actions on Amazon ECS, its wait, and the two that LocalStack had, with what their
 * parameters are: from this table templates are checked and forms are made. Any other action is known by its
 * id alone.
 *
 * Sources: the AWS FIS user guide's actions reference, the Amazon ECS fault injection endpoints' reference,
 * and LocalStack's guides. Where neither tells the range of a number, the agent's is taken, or a generous
 * one.
 */
#ifndef SHAKETABLE_EXPERIMENT_FIS_ACTIONS_H
#define SHAKETABLE_EXPERIMENT_FIS_ACTIONS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIS_LATENCY "aws:ecs:task-network-latency"
#define FIS_LOSS "aws:ecs:task-network-packet-loss"
#define FIS_BLACKHOLE "aws:ecs:task-network-blackhole-port"
#define FIS_STOP_TASK "aws:ecs:stop-task"
#define FIS_WAIT "aws:fis:wait"
#define FIS_TASK_TYPE "aws:ecs:task"

#define FIS_DURATION_MIN_MS INT64_C(60000)
#define FIS_DURATION_MAX_MS (INT64_C(12) * 3600 * 1000)
#define FIS_DURATION_TEXT_MAX 32

enum fis_kind {
    FIS_DURATION, /* ISO 8601, least and most in milliseconds */
    FIS_INTEGER,
    FIS_PERCENT, /* a whole one */
    FIS_BOOLEAN, /* "true" or "false", in any case */
    FIS_TEXT,
    FIS_ENUM
};

struct fis_parameter {
    const char *name;     /* as the API has it */
    const char *label;    /* for a form */
    const char *help;     /* a sentence without its full stop */
    const char *unit;     /* "ms", "%"; "" where there is none */
    const char *standard; /* what holds when it is left out, as the API writes it; NULL: nothing */
    const char *example;  /* to start a form with, where nothing is standard */
    enum fis_kind kind;
    bool required;
    int64_t least, most;        /* of durations, integers and percentages */
    const char *const *choices; /* of an enum, NULL at the end */
};

enum fis_actor {
    FIS_BY_AWS = 1,     /* AWS FIS has it */
    FIS_BY_REGION = 2,  /* an embedded region has it, AWS does not */
    FIS_BY_SIDECAR = 4, /* the sidecar can do it too */
};

struct fis_action {
    const char *id;
    const char *title; /* for a list */
    const char *help;
    const char *target_key;    /* under which its targets stand: "Tasks"; NULL: it has none */
    const char *resource_type; /* that they must be */
    unsigned actors;           /* of enum fis_actor */
    bool network;              /* AWS runs only one of these at a time on a task */
    bool open;                 /* takes parameters that are not in the table */
    const struct fis_parameter *const *parameters; /* in the order of a form */
    size_t parameter_count;
};

size_t fis_actions_count(void);
const struct fis_action *fis_actions_at(size_t index);
/* NULL: not in the table. */
const struct fis_action *fis_actions_find(const char *id);
const struct fis_parameter *fis_action_parameter(const struct fis_action *action, const char *name);
/* "duration", "integer", … */
const char *fis_kind_name(enum fis_kind kind);
/* What a value must be, for people: "a whole number from 0 to 100", "one of tcp, udp". */
void fis_parameter_range(const struct fis_parameter *parameter, char *text, size_t size);
/* Whether a value is of its kind and within its range; the error says what it must be, and names nothing:
 * "must be …, not 'x'". */
bool fis_parameter_check(const struct fis_parameter *parameter, const char *value, struct error *error);

/* "PT5M", "PT1H30M", "PT90S"; no range. */
bool fis_duration_parse(const char *text, int64_t *ms);
/* The shortest that says it, whole seconds: "PT1M30S". */
void fis_duration_format(int64_t ms, char text[FIS_DURATION_TEXT_MAX]);
/* True for true, false otherwise: only for what fis_parameter_check took. */
bool fis_boolean(const char *value);

#endif
