/*
 * balancer: the region's load balancers. One thread with a loop of its own carries all of them:
 * listeners that take HTTP/1.1, target groups with health checks (User-Agent
 * ELB-HealthChecker/2.0), round robin over healthy targets, keep-alive on both sides, draining.
 * What it answers by itself is what an Application Load Balancer answers: 502 (target closed or
 * spoke nonsense), 503 (no healthy target), 504 (target silent for 60 s).
 *
 * All functions may be called from any thread; they return when the change is in force. Groups and
 * listeners are named by numbers that the balancer gives out, never 0.
 */
#ifndef SHAKETABLE_SANDBOX_BALANCER_H
#define SHAKETABLE_SANDBOX_BALANCER_H

#include "core/error.h"
#include "sandbox/balancer_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BALANCER_TARGETS_MAX 256 /* a group */
#define BALANCER_ADDRESS_MAX 46

struct balancer;

struct balancer_health_check {
    char path[1024];
    char matcher[64]; /* "200", "200-299", "200,204" */
    uint16_t port;    /* 0: the target's own ("traffic-port") */
    int interval_ms, timeout_ms;
    int healthy_threshold, unhealthy_threshold;
};
enum balancer_state {
    BALANCER_INITIAL,
    BALANCER_HEALTHY,
    BALANCER_UNHEALTHY,
    BALANCER_DRAINING,
    BALANCER_UNUSED /* the group has no listener */
};
struct balancer_target {
    char address[BALANCER_ADDRESS_MAX];
    uint16_t port;
    enum balancer_state state;
    char reason[64]; /* as ELBv2 says: "Elb.RegistrationInProgress", "Target.Timeout", … "" when healthy */
    char description[128];
    unsigned connections; /* open to it now */
};

struct balancer *balancer_start(struct error *error);
/* Closes everything and joins the thread. */
void balancer_stop(struct balancer *balancer);

bool balancer_add_group(struct balancer *balancer, const struct balancer_health_check *check,
                        int deregistration_delay_ms, unsigned *group, struct error *error);
bool balancer_change_group(struct balancer *balancer, unsigned group,
                           const struct balancer_health_check *check, int deregistration_delay_ms,
                           struct error *error);
/* Its targets' connections are closed. ERROR_CONFLICT while a listener forwards to it. */
bool balancer_remove_group(struct balancer *balancer, unsigned group, struct error *error);

/* Registering a target that is there changes nothing; one that drains comes back as new. */
bool balancer_register(struct balancer *balancer, unsigned group, const char *address, uint16_t port,
                       struct error *error);
/* The target drains: no new requests, its idle connections are closed; it leaves the group when its
 * last request is answered or the group's deregistration delay has passed. ERROR_NOT_FOUND. */
bool balancer_deregister(struct balancer *balancer, unsigned group, const char *address, uint16_t port,
                         struct error *error);
/* Whether packets for requests and for health checks reach the target (a firewall between them): where
 * they do not, connecting gets no answer. A target that is not registered is none of our business. */
void balancer_set_reach(struct balancer *balancer, unsigned group, const char *address, uint16_t port,
                        bool traffic, bool checks);
/* Up to `most` targets; returns how many there are. */
size_t balancer_targets(struct balancer *balancer, unsigned group, struct balancer_target *targets,
                        size_t most);

/* `address` is a literal one. Port 0: one that the system picks, told in *bound. */
bool balancer_add_listener(struct balancer *balancer, const char *address, uint16_t port, unsigned *listener,
                           uint16_t *bound, struct error *error);
/* In order of priority; a request that none of them matches is answered with 503. */
bool balancer_set_rules(struct balancer *balancer, unsigned listener, const struct balancer_rule *rules,
                        size_t count, struct error *error);
void balancer_remove_listener(struct balancer *balancer, unsigned listener);
/* How long a connection may be silent (idle_timeout.timeout_seconds); 60 s unless told. A target
 * that is silent for longer is answered for with 504. */
bool balancer_set_idle_timeout(struct balancer *balancer, unsigned listener, int idle_timeout_ms,
                               struct error *error);

#endif
