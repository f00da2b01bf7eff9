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

#define CHOICES_GUARDS_MAX 8
#define CHOICES_GUARD_MAX 320 /* an alarm's name may have 255 characters */

struct choices {
    enum choices_way way;
    double blast_radius; /* percent of the service's traffic that meets injected tasks; 0: all */
    enum choices_reach reach;
    bool open_security_group; /* for the sidecar's port, and closed again */
    size_t guard_count;
    char guards[CHOICES_GUARDS_MAX][CHOICES_GUARD_MAX]; /* as they were written, each parses */
};

/* By their values, NULL at the end. */
extern const char *const choices_way_words[];
extern const char *const choices_reach_words[];

/* Each takes one as it is written; `name` is the option's or command's, for the message (ERROR_USAGE). */
bool choices_take_way(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_reach(struct choices *choices, const char *value, const char *name, struct error *error);
bool choices_take_blast_radius(struct choices *choices, const char *value, const char *name,
                               struct error *error);

#endif
