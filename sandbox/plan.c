#include "sandbox/plan.h"

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

struct plan_steps plan_deployment(const struct plan_counts *counts)
{
    struct plan_steps steps = {0};
    int floor_healthy = (counts->desired * counts->minimum_percent + 99) / 100;
    int ceiling = counts->desired * counts->maximum_percent / 100;
    int new_all = counts->new_healthy + counts->new_waiting;
    int surplus = most(new_all - counts->desired, 0);

    steps.stop_new_waiting = least(surplus, counts->new_waiting);
    steps.stop_new_healthy = surplus - steps.stop_new_waiting;

    /* Old tasks that serve nobody protect nothing. */
    steps.stop_old_waiting = counts->old_waiting;
    int healthy = counts->new_healthy - steps.stop_new_healthy + counts->old_healthy;
    steps.stop_old_healthy = least(counts->old_healthy, most(healthy - floor_healthy, 0));

    /* What is stopped in this step still holds its place until the next. */
    int room = ceiling - new_all - counts->old_healthy - counts->old_waiting;
    steps.start = most(least(counts->desired - new_all, room), 0);
    return steps;
}

int plan_breaker_threshold(int desired)
{
    return least(most((desired + 1) / 2, 3), 200);
}
