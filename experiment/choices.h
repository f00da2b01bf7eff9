/*
 * choices: how an experiment is to be made, beside its faults and its length. Zeroed: let shaketable choose.
 */
#ifndef SHAKETABLE_EXPERIMENT_CHOICES_H
#define SHAKETABLE_EXPERIMENT_CHOICES_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

enum choices_way {
    CHOICES_WAY_AUTO,     /* the canary where less than all traffic is asked for and it can be had */
    CHOICES_WAY_IN_PLACE, /* the service's own tasks get the sidecar */
    CHOICES_WAY_CANARY    /* a second service beside it gets a share of the traffic */
};

/* How the console speaks to the sidecars. */
enum choices_reach {
    CHOICES_REACH_AUTO,
    CHOICES_REACH_DIRECT, /* the task's address, TLS */
    CHOICES_REACH_SSM,    /* port forwarding through ECS Exec's Session Manager */
    CHOICES_REACH_NONE    /* not at all: the faults stand in the sidecar's environment */
};

/* What puts the faults in. */
enum choices_engine {
    CHOICES_ENGINE_SIDECAR, /* our proxy, in place or as a canary */
    CHOICES_ENGINE_FIS,     /* AWS Fault Injection Service */
    CHOICES_ENGINE_AGENT    /* the ECS agent's fault endpoints, called by our sidecar inside the task */
};

#define CHOICES_GUARDS_MAX 8
#define CHOICES_GUARD_MAX 320 /* an alarm's name may have 255 characters */

#define CHOICES_TASKS_MAX 5 /* that a FIS target may name */
#define CHOICES_TASK_MAX 256
#define CHOICES_TAG_MAX 386 /* "KEY=VALUE", of 128 and 256 characters */
#define CHOICES_ROLE_MAX 640
#define CHOICES_DEPENDENCIES_MAX 4 /* a sidecar each */
#define CHOICES_DEPENDENCY_MAX 300 /* "dynamodb", or "HOST:PORT" */
#define CHOICES_SOURCES_MAX 16
#define CHOICES_SOURCE_MAX 64 /* an IPv4 address or a CIDR block */

struct choices {
    enum choices_engine engine;
    enum choices_way way;
    double blast_radius; /* percent of the service's traffic that meets injected tasks; 0: all */
    enum choices_reach reach;
    bool open_security_group; /* for the sidecar's port, and closed again */
    /* Engine FIS: which of the service's tasks (none named: all, or the blast radius's share of them), and
     * the role that FIS takes; "": $SHAKETABLE_FIS_ROLE, or the only one that trusts FIS. */
    size_t task_count;
    char tasks[CHOICES_TASKS_MAX][CHOICES_TASK_MAX]; /* ids or ARNs */
    char tag[CHOICES_TAG_MAX];
    char role[CHOICES_ROLE_MAX];
    /* What the service calls, and is to be faulted instead of what calls the service; none: the latter. */
    size_t dependency_count;
    char dependencies[CHOICES_DEPENDENCIES_MAX][CHOICES_DEPENDENCY_MAX];
    /* Engine agent: the places whose traffic is faulted; none: all. */
    size_t source_count;
    char sources[CHOICES_SOURCES_MAX][CHOICES_SOURCE_MAX];
    size_t guard_count;
    char guards[CHOICES_GUARDS_MAX][CHOICES_GUARD_MAX]; /* as they were written, each parses */
};

/* By their values, NULL at the end. */
extern const char *const choices_engine_words[];
extern const char *const choices_way_words[];
extern const char *const choices_reach_words[];

/* Each takes one as it is written; `name` is the option's or command's, for the message (ERROR_USAGE). */
bool choices_take_engine(struct choices *choices, const char *value, const char *name, struct error *error);
/* One more task; a tag's KEY=VALUE; a role's ARN. */
bool choices_take_task(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_tag(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_role(struct choices *choices, const char *value, const char *name, struct error *error);
/* One more dependency: the name of one of AWS's services that SDKs can be pointed away from (dependency.h),
 * or HOST:PORT; in lower case. */
bool choices_take_dependency(struct choices *choices, const char *value, const char *name,
                             struct error *error);
/* One more address or block. */
bool choices_take_source(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_way(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_reach(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_blast_radius(struct choices *choices, const char *value, const char *name,
                               struct error *error);

#endif
