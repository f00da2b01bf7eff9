/*
 * revision: the task definition that carries the sidecar, made from the raw JSON of the service's own. Every
 * key is kept, known or not; only what RegisterTaskDefinition refuses (response-only keys) is
 * stripped, and the family is ours. Pure: no call is made here.
 */
#ifndef SHAKETABLE_EXPERIMENT_REVISION_H
#define SHAKETABLE_EXPERIMENT_REVISION_H

#include "core/error.h"
#include "core/fault.h"
#include "experiment/way_back.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define REVISION_MAPPINGS_MAX 4
#define REVISION_FIRST_PORT 15000
#define REVISION_CONTAINER "shaketable-proxy"
#define REVISION_MEMORY_MIB 32 /* more than the sidecar takes under load */

/* Where a sidecar stands. */
enum revision_front {
    REVISION_INBOUND, /* before the application: between a load balancer and it */
    REVISION_AWS,     /* between the application and one of AWS's services (shaketable-proxy --aws) */
    REVISION_CONNECT, /* between the application and HOST:PORT, as its HTTPS proxy (--connect) */
    REVISION_ALONE    /* nowhere: it only speaks to the ECS agent (--agent) */
};

/* One sidecar a distinct container:port that a load balancer points to, or a dependency. */
struct revision_sidecar {
    enum revision_front front;
    bool agent;                              /* its faults are the ECS agent's */
    char dependency[CHOICES_DEPENDENCY_MAX]; /* AWS, CONNECT */
    char container[64];                      /* ours: shaketable-proxy, shaketable-proxy-2, … */
    char application[256];                   /* the container it stands in front of */
    int application_port;
    int port;       /* it listens here; hostPort the same (awsvpc, host) */
    int stats_port; /* and here for the console */
    char health_check_path[1032];
    /* Where its log goes, if CloudWatch Logs keeps it and we can find it there; else "". */
    char log_group[513], log_prefix[257], log_region[64];
};
struct revision_sidecars {
    size_t count;
    struct revision_sidecar item[REVISION_MAPPINGS_MAX];
};

/* A task's "cpu" (1024 a vCPU) or "memory" (MiB), also where it was written "1 vCPU" or "2 GB"; 0: not told.
 */
int64_t revision_task_units(struct json_object *task_definition, const char *key);

/* Which sidecars the service needs: `load_balancers` is the service's own array. Ports are the first
 * free ones from REVISION_FIRST_PORT on. ERROR_REFUSED says why it can't be done. */
bool revision_find_sidecars(struct json_object *task_definition, struct json_object *load_balancers,
                            struct revision_sidecars *sidecars, struct error *error);

/* Gives the sidecar behind the last of them, whose `application` is known, a name, its ports and its log, and
 * counts it. ERROR_REFUSED: there is no room for it. */
bool revision_place_sidecar(struct json_object *task_definition, struct revision_sidecars *sidecars,
                            struct error *error);

/* The input of RegisterTaskDefinition; `response` is DescribeTaskDefinition's (taskDefinition, tags). The
 * caller owns the result; NULL with an error. `image` is the sidecar's; `console_keys` the pins of those who
 * may steer it, for its environment: no secret, which a task definition is no place for. */
struct json_object *revision_build(struct json_object *response, const struct revision_sidecars *sidecars,
                                   const struct way_back *way_back, const char *image,
                                   const char *console_keys, struct error *error);
/* The same task definition without response-only keys: what `revision_build` starts from, for the plan's
 * diff. */
struct json_object *revision_strip(struct json_object *task_definition);

/* The service's load balancers with our container and port in place of the application's. Owned by the
 * caller. */
struct json_object *revision_load_balancers(struct json_object *load_balancers,
                                            const struct revision_sidecars *sidecars);
/* For sidecars that can't be reached: their faults, from when and until when (epoch), and how often they log
 * statistics. Replaces what was there, and the labels, for the way back may have been told more. */
void revision_set_timetable(struct json_object *revision, const struct way_back *way_back,
                            const struct fault *fault, int64_t from_ms, int log_interval_s);
/* Reads the sidecars back from a task definition of ours. */
void revision_read_sidecars(struct json_object *task_definition, struct revision_sidecars *sidecars);

#endif
