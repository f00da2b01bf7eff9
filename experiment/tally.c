#include "experiment/tally.h"

static void no_counts(struct tally *tally)
{
    tally->requests = tally->errors = tally->lost = 0;
}

void tally_clear(struct tally *tally)
{
    hist_clear(&tally->round_trip);
    no_counts(tally);
}

static bool is_empty(const struct tally *tally)
{
    return tally->requests == 0 && tally->round_trip.total == 0;
}

void tally_reset(struct tally *tally)
{
    if (is_empty(tally))
        return;
    hist_reset(&tally->round_trip);
    no_counts(tally);
}

void tally_count(struct tally *tally, const struct hist *round_trip, const uint64_t *outcome)
{
    uint64_t errors = outcome[STATS_INJECTED_ERROR] + outcome[STATS_RESET] + outcome[STATS_UPSTREAM_FAILED];
    uint64_t lost = outcome[STATS_CLIENT_GONE] + outcome[STATS_BLACKHOLED] + outcome[STATS_UPSTREAM_REFUSED];
    hist_add(&tally->round_trip, round_trip);
    tally->requests += errors + lost + outcome[STATS_ANSWERED];
    tally->errors += errors;
    tally->lost += lost;
}

void tally_add(struct tally *into, const struct tally *from)
{
    if (is_empty(from))
        return;
    hist_add(&into->round_trip, &from->round_trip);
    into->requests += from->requests;
    into->errors += from->errors;
    into->lost += from->lost;
}

void tally_subtract(struct tally *from, const struct tally *old)
{
    if (is_empty(old))
        return;
    hist_subtract(&from->round_trip, &old->round_trip);
    from->requests -= old->requests;
    from->errors -= old->errors;
    from->lost -= old->lost;
}
