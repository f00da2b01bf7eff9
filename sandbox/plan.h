/*
 * plan: how a rolling deployment goes on, as a pure function of what runs now
 * (ECS's rules: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html).
 */
#ifndef SHAKETABLE_SANDBOX_PLAN_H
#define SHAKETABLE_SANDBOX_PLAN_H

/* Tasks that are on their way out count nowhere. */
struct plan_counts {
    int desired;
    int minimum_percent; /* of desired that must stay healthy, rounded up */
    int maximum_percent; /* of desired that may run at once, rounded down */
    int new_healthy;     /* of the primary deployment */
    int new_waiting;     /* of it, not running or not healthy yet */
    int old_healthy;     /* of all earlier deployments together */
    int old_waiting;
};
struct plan_steps {
    int start;            /* tasks of the primary deployment */
    int stop_new_waiting; /* surplus after a scale-in */
    int stop_new_healthy;
    int stop_old_waiting;
    int stop_old_healthy;
};

struct plan_steps plan_deployment(const struct plan_counts *counts);

/* Failed tasks after which the circuit breaker opens: half of the desired, at least 3, at most 200. */
int plan_breaker_threshold(int desired);

#endif
