#include "experiment/guard_window.h"

#include <string.h>

#define RING (GUARD_SLOTS + 1)

void guard_window_begin(struct guard_window *window, int64_t now_ms)
{
    window->first = window->now = now_ms / GUARD_SLOT_MS;
    window->heard_ms = now_ms;
    for (size_t i = 0; i < RING; i++)
        tally_clear(&window->slots[i]);
    tally_clear(&window->sum);
}

void guard_window_advance(struct guard_window *window, int64_t now_ms)
{
    int64_t number = now_ms / GUARD_SLOT_MS;
    int64_t steps = number - window->now;
    if (steps <= 0)
        return;
    for (int64_t i = 1; i <= steps && i <= RING; i++)
        tally_reset(&window->slots[(window->now + i) % RING]);
    window->now = number;
}

void guard_window_add(struct guard_window *window, const struct stats_sample *sample, int64_t now_ms)
{
    guard_window_advance(window, now_ms);
    window->heard_ms = now_ms;
    tally_count(&window->slots[window->now % RING], &sample->round_trip, sample->outcomes);
}

static bool is_upward(const struct guard *guard)
{
    return guard->op == GUARD_ABOVE || guard->op == GUARD_AT_LEAST;
}

static enum guard_verdict verdict_of(bool breached)
{
    return breached ? GUARD_BREACHED : GUARD_FINE;
}

static enum guard_verdict judge_percentile(const struct tally *tally, const struct guard *guard,
                                           double *value)
{
    double percentile = 50;
    const struct hist *hist = &tally->round_trip;
    guard_is_percentile(guard->metric, &percentile);
    *value = -1;
    if (hist_percentile_is_known(hist, percentile)) {
        *value = hist_percentile(hist, percentile);
        return verdict_of(guard_holds(guard, *value));
    }
    if (!is_upward(guard))
        return GUARD_NOT_KNOWN;
    uint64_t beyond = hist_count_between(hist, (uint64_t)guard->threshold, UINT64_MAX);
    double may_be = (double)hist->total * (100 - percentile) / 100;
    if (beyond < GUARD_PROOF || (double)beyond <= may_be)
        return GUARD_NOT_KNOWN;
    *value = hist_percentile(hist, percentile);
    return guard_holds(guard, *value) ? GUARD_BREACHED : GUARD_NOT_KNOWN;
}

static enum guard_verdict judge_share(const struct tally *tally, const struct guard *guard, double *value)
{
    uint64_t found = guard->metric == GUARD_ERRORS ? tally->errors : tally->lost;
    /* Where none may be, one is proof. */
    uint64_t proof = guard->threshold > 0 ? GUARD_PROOF : 1;
    *value = -1;
    if (tally->requests == 0)
        return GUARD_NOT_KNOWN;
    *value = 100.0 * (double)found / (double)tally->requests;
    bool holds = guard_holds(guard, *value);
    bool enough = tally->requests >= GUARD_REQUESTS_LEAST &&
                  (!is_upward(guard) || (double)tally->requests * guard->threshold / 100 >= GUARD_PROOF);
    if (is_upward(guard) && holds)
        return found >= proof ? GUARD_BREACHED : GUARD_NOT_KNOWN;
    return enough ? verdict_of(holds) : GUARD_NOT_KNOWN;
}

static enum guard_verdict judge_rate(const struct tally *tally, int64_t slots, const struct guard *guard,
                                     double *value)
{
    *value = (double)tally->requests * 1000 / (double)(slots * GUARD_SLOT_MS);
    return verdict_of(guard_holds(guard, *value));
}

enum guard_verdict guard_window_judge(struct guard_window *window, const struct guard *guard, double *value)
{
    enum guard_verdict verdict = GUARD_NOT_KNOWN;
    int64_t whole = window->now - window->first;
    int64_t most = guard->metric == GUARD_REQUESTS ? GUARD_SLOTS_RATE : GUARD_SLOTS;
    *value = -1;
    if (whole < GUARD_SLOTS_LEAST)
        return GUARD_NOT_KNOWN;
    if (most > whole)
        most = whole;
    tally_reset(&window->sum);
    for (int64_t taken = 1; taken <= most && verdict == GUARD_NOT_KNOWN; taken++) {
        tally_add(&window->sum, &window->slots[(window->now - taken) % RING]);
        bool look = taken % GUARD_SLOTS_LEAST == 0 || taken == most;
        if (guard->metric == GUARD_REQUESTS) {
            if (taken == most)
                verdict = judge_rate(&window->sum, taken, guard, value);
        } else if (look) {
            verdict = guard_is_percentile(guard->metric, NULL) ? judge_percentile(&window->sum, guard, value)
                                                               : judge_share(&window->sum, guard, value);
        }
    }
    uint64_t count =
        guard_is_percentile(guard->metric, NULL) ? window->sum.round_trip.total : window->sum.requests;
    return verdict == GUARD_NOT_KNOWN && count >= GUARD_REQUESTS_LEAST ? GUARD_FINE : verdict;
}
