/*
 * preflight: is it safe, and will it work? Reads, adds findings to a plan, and changes nothing. A finding
 * says what it is, why it matters and what to do; one of severity stop refuses the injection.
 *
 * Sources: the API references of Amazon ECS, Elastic Load Balancing v2, Application Auto Scaling and EC2.
 */
#ifndef SHAKETABLE_EXPERIMENT_PREFLIGHT_H
#define SHAKETABLE_EXPERIMENT_PREFLIGHT_H

#include "aws/ecs.h"
#include "aws/elbv2.h"
#include "experiment/job.h"
#include "experiment/revision.h"

struct json_object;

/* What is looked at; all borrowed. A check takes what it needs of it. */
struct preflight {
    struct model_plan *plan; /* gets the findings */
    const struct job *job;
    const struct fault *fault; /* that is to be injected */
    int64_t duration_ms;
    const char *image;         /* of the sidecar */
    bool opens_security_group; /* for the sidecar's port */
    enum choices_reach reach;  /* that is asked for */
    bool agent;                /* the ECS agent's faults: on all that its tasks send, whoever called */
    bool outbound; /* what the service calls is to be faulted: no load balancer comes to the sidecar */
    const struct ecs_service *service;
    struct json_object *raw_service;     /* the same as DescribeServices gave it */
    struct json_object *task_definition; /* as DescribeTaskDefinition gave it */
    struct revision_sidecars *sidecars; /* count 0: could not be found; health_check_path is filled in here */
    /* Found by the checks, for the estimate: the longest of all target groups. */
    int drain_s;   /* deregistration delay */
    int healthy_s; /* until the checks call a new target healthy */
};

/* Findings stand by severity, the stops first. Where there are too many the least severe gives way, and the
 * plan counts it. */
void preflight_add(struct model_plan *plan, enum model_severity severity, const char *what, const char *why,
                   const char *advice);
/* The same, with what it is as a format. */
void preflight_say(const struct preflight *at, enum model_severity severity, const char *why,
                   const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The service alone: status, controller, strategy, deployment under way, load balancers. False: there is no
 * use in looking further (it is gone, or injected already). The task definition may be NULL; where it is a
 * revision of ours it tells whose. */
bool preflight_service(const struct preflight *at);
/* Only what matters for a deployment of ours, whatever it is for: controller, strategy, deployments. */
void preflight_deployable(const struct preflight *at);
/* What matters where its own tasks are replaced: room to roll, placement, what may fail a deployment. */
void preflight_rolling(const struct preflight *at);
/* Its task definition: status, network mode, platform, containers. */
void preflight_task_definition(const struct preflight *at);
/* CPU and memory that are left for the sidecar in its task. */
void preflight_capacity(const struct preflight *at);
/* Whether the tasks can pull the sidecar's image and run it. */
void preflight_image(const struct preflight *at);
/* Target groups: protocol, attributes, health checks, healthy targets; also fills health_check_path of the
 * sidecars. What may not be read is a note, or stops where the deployment could not be watched without it. */
void preflight_targets(struct preflight *at);
/* Security groups of the tasks: do they admit the sidecar's ports? */
void preflight_security_groups(const struct preflight *at);
/* Application Auto Scaling: what may change the number of tasks meanwhile. */
void preflight_scaling(const struct preflight *at);
/* How the sidecars will be spoken to: what was asked for, if it can be had, or the first of direct, ssm, none
 * that can. On a real account it tries whether one of the service's tasks can be reached from here, and for
 * ssm looks for ECS Exec and session-manager-plugin; takes up to some seconds. Never AUTO. */
enum choices_reach preflight_reach(const struct preflight *at);

/* True for the embedded region: no security group is in force, no image is pulled. */
bool preflight_is_local(const struct preflight *at);

#endif
