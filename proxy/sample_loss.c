#include "proxy/sample_sender.h"

#include <math.h>
#include <string.h>

#define WINDOW_START 10.0
#define WINDOW_MIN 3.0 /* as measured: between CUBIC's two and BBR's four */
#define WINDOW_DECREASE 0.7
#define FRUITLESS_MAX 3 /* flights of which nothing arrived, until nothing that follows can help */

/* A message on its way. */
struct journey {
    struct sender sender;
    bool recovering;
    unsigned fruitless;
    size_t next;   /* the first that was never sent */
    size_t *holes; /* SENDER_WINDOW_MAX of them: sent and not arrived, in order */
    size_t count;
    uint64_t wait_ns;
    unsigned rounds;
};
/* One flight of it. */
struct flight {
    size_t sent;
    size_t arrived;
    size_t holes_proved; /* something behind them arrived */
    size_t behind_first; /* … behind the first of them */
};

/* How many segments in a row stay in a state that each leaves with this probability. */
static uint64_t run_length(double leave, struct random *random)
{
    if (leave >= 1)
        return 1;
    double length = 1 + floor(log1p(-random_uniform(random)) / log1p(-leave));
    return length < 1e15 ? (uint64_t)length : UINT64_C(1000000000000000);
}

bool sample_segment_lost(struct sample_loss_state *state, const struct fault *fault, struct random *random)
{
    double rate = fault->loss.percent / 100.0;
    if (rate <= 0 || rate >= 1)
        return rate >= 1;
    /* Independent losses already come in runs of 1 / (1 - rate): a shorter mean run can't be had
     * without making losses avoid each other. */
    double leave = fmin(1.0 / fault->loss.burst, 1.0 - rate);
    double enter = rate * leave / (1.0 - rate);
    if (state->percent != fault->loss.percent || state->burst != fault->loss.burst) {
        state->percent = fault->loss.percent;
        state->burst = fault->loss.burst;
        state->lossy = random_uniform(random) < rate;
        state->left = run_length(state->lossy ? leave : enter, random);
    } else if (state->left == 0) {
        state->lossy = !state->lossy;
        state->left = run_length(state->lossy ? leave : enter, random);
    }
    state->left--;
    return state->lossy;
}

bool sender_loses(struct sender *sender)
{
    return sample_segment_lost(sender->state, sender->fault, sender->random);
}

uint64_t sender_timer_ns(struct sender *sender, double ms)
{
    return (uint64_t)((ms + SENDER_TICK_MS * random_uniform(sender->random)) * (double)SAMPLE_NS_PER_MS);
}

static bool lose(struct journey *journey)
{
    return sender_loses(&journey->sender);
}

static uint64_t timer_ns(struct journey *journey, double ms)
{
    return sender_timer_ns(&journey->sender, ms);
}

static void add_wait(struct journey *journey, uint64_t ns)
{
    journey->wait_ns += ns;
    if (journey->wait_ns > SAMPLE_STALL_MAX_NS)
        journey->wait_ns = SAMPLE_STALL_MAX_NS;
}

static void shrink(struct journey *journey)
{
    struct sample_loss_state *state = journey->sender.state;
    state->threshold = fmax(state->window * WINDOW_DECREASE, WINDOW_MIN);
    state->window = state->threshold;
}

void sender_note(struct sender *sender, size_t arrived, uint64_t elapsed_ns)
{
    struct sample_loss *loss = sender->loss;
    struct sample_loss_state *state = sender->state;
    if (arrived == sender->arrived)
        return;
    while (sender->free_sent < arrived) {
        sender->free_sent += (size_t)state->free_window;
        state->free_window = fmin(state->free_window * 2, SENDER_WINDOW_MAX);
        sender->free_rounds++;
    }
    uint64_t free_ns = sender->free_rounds * sender->path->rtt_ns;
    uint64_t delay = elapsed_ns > free_ns ? elapsed_ns - free_ns : 0;
    if (delay > SAMPLE_STALL_MAX_NS)
        delay = SAMPLE_STALL_MAX_NS;
    size_t segments = arrived - sender->arrived;
    sender->arrived = arrived;
    size_t last = loss->count - 1;
    if (loss->count > 0 && delay < loss->pieces[last].delay_ns)
        delay = loss->pieces[last].delay_ns;
    if (loss->count > 0 && (delay == loss->pieces[last].delay_ns || loss->count == SAMPLE_PIECES_MAX)) {
        loss->pieces[last].segments += segments;
        loss->pieces[last].delay_ns = delay;
        return;
    }
    loss->pieces[loss->count].segments = segments;
    loss->pieces[loss->count++].delay_ns = delay;
}

/* What has arrived so far and had not before, is that much late. */
static void note(struct journey *journey)
{
    size_t arrived = journey->count > 0 ? journey->holes[0] : journey->next;
    sender_note(&journey->sender, arrived, journey->wait_ns + journey->rounds * journey->sender.path->rtt_ns);
}

static void grow(struct journey *journey, const struct flight *flight)
{
    struct sample_loss_state *state = journey->sender.state;
    if ((double)flight->sent + 1 <= state->window)
        return;
    if (state->window < state->threshold)
        state->window += (double)flight->arrived;
    else if (!journey->recovering)
        state->window += (double)flight->arrived / state->window;
    state->window = fmin(state->window, SENDER_WINDOW_MAX);
}

/* As much as the window allows: what is missing first, then what is new. */
static struct flight send_flight(struct journey *journey)
{
    struct flight flight = {0};
    size_t window = (size_t)journey->sender.state->window;
    size_t kept = 0;
    size_t unproved = 0;
    size_t holes = journey->count;
    for (size_t i = 0; i < holes || journey->next < journey->sender.segments; i++) {
        bool full = flight.sent == window || kept == SENDER_WINDOW_MAX;
        if (full && i >= holes)
            break;
        size_t segment = i < holes ? journey->holes[i] : journey->next;
        if (i >= holes)
            journey->next++;
        flight.sent += !full;
        if (full || lose(journey)) {
            journey->holes[kept++] = segment;
            unproved += !full;
            continue;
        }
        flight.arrived++;
        flight.holes_proved += unproved;
        flight.behind_first += flight.holes_proved > 0;
        unproved = 0;
    }
    journey->count = kept;
    journey->rounds++;
    return flight;
}

/* The retransmission time-out, until one of its retransmissions arrives. */
static void time_out(struct journey *journey)
{
    double ms = SENDER_TIMEOUT_MS;
    if (!journey->recovering)
        shrink(journey);
    journey->recovering = true;
    do {
        add_wait(journey, timer_ns(journey, ms) + journey->sender.path->smoothed_ns);
        ms *= 2;
    } while (lose(journey) && journey->wait_ns < SAMPLE_STALL_MAX_NS);
    journey->sender.state->window = WINDOW_MIN;
    journey->count--;
    memmove(journey->holes, journey->holes + 1, journey->count * sizeof journey->holes[0]);
}

/* Nothing comes back that would tell of the holes. */
static void fall_silent(struct journey *journey)
{
    double often = journey->sender.segments == 1 ? SENDER_PROBES_ALONE : SENDER_PROBES_BEHIND;
    bool probes =
        !journey->recovering && (journey->count > 1 || random_percent(journey->sender.random, often));
    if (!probes) {
        time_out(journey);
        return;
    }
    double ms = journey->count == 1 ? SENDER_TIMEOUT_MS : SENDER_SHORT_MS;
    add_wait(journey, timer_ns(journey, ms) + 2 * journey->sender.path->smoothed_ns);
    bool lost = lose(journey);
    if (!lost)
        journey->count--;
    shrink(journey);
    journey->recovering = journey->count > 0;
    if (lost)
        time_out(journey);
}

static bool needs_patience(struct journey *journey, const struct flight *flight)
{
    return !journey->recovering && flight->behind_first < SENDER_REORDERING &&
           (journey->sender.path->rtt_ns >= SENDER_SHORT_PATH_NS ||
            random_percent(journey->sender.random, SENDER_SHORT_PATH_WAITS));
}

static void mend(struct journey *journey, const struct flight *flight)
{
    bool more = journey->next < journey->sender.segments || !journey->sender.ends;
    bool stuck = flight->holes_proved == 0 && flight->sent >= journey->count;
    journey->fruitless = flight->arrived > 0 ? 0 : journey->fruitless + 1;
    if ((!more && stuck) || (flight->arrived == 0 && journey->next < journey->sender.segments) ||
        journey->fruitless >= FRUITLESS_MAX) {
        fall_silent(journey);
        return;
    }
    if (!more && needs_patience(journey, flight))
        add_wait(journey, timer_ns(journey, SENDER_SHORT_MS));
    if (!journey->recovering)
        shrink(journey);
    journey->recovering = true;
}

/* The rest comes at last, whatever is lost: nobody waits longer. */
static void arrive(struct journey *journey)
{
    journey->next = journey->sender.segments;
    journey->count = 0;
    note(journey);
}

static void travel(struct journey *journey)
{
    while (journey->sender.arrived < journey->sender.segments) {
        if (journey->wait_ns == SAMPLE_STALL_MAX_NS) {
            arrive(journey);
            return;
        }
        struct flight flight = send_flight(journey);
        grow(journey, &flight);
        note(journey);
        if (journey->count == 0)
            journey->recovering = false;
        else
            mend(journey, &flight);
        note(journey);
    }
}

/* Most messages: one flight, of which the chain takes nothing, and which the window does not hold up. */
static bool is_spared(struct sample_loss_state *state, const struct fault *fault, size_t segments)
{
    if (state->percent != fault->loss.percent || state->burst != fault->loss.burst || state->lossy ||
        state->left < segments || (double)segments + 1 > state->window)
        return false;
    state->left -= segments;
    return true;
}

static void travel_by_flights(const struct sender *sender)
{
    size_t holes[SENDER_WINDOW_MAX];
    struct journey journey = {.sender = *sender, .holes = holes};
    travel(&journey);
}

void sample_losses(struct sample_loss_state *state, const struct fault *fault, struct random *random,
                   size_t segments, bool ends, const struct sample_path *path, struct sample_loss *loss)
{
    struct sender sender = {.state = state,
                            .fault = fault,
                            .random = random,
                            .path = path,
                            .loss = loss,
                            .segments = segments,
                            .ends = ends};
    loss->count = 0;
    if (segments == 0 || fault->loss.percent <= 0 || is_spared(state, fault, segments))
        return;
    if (state->window < 1) {
        state->window = state->free_window = WINDOW_START;
        state->threshold = SENDER_WINDOW_MAX;
    }
    if (path->control == SAMPLE_BBR)
        travel_by_flights(&sender);
    else
        sender_travel_by_acks(&sender);
    if (loss->count == 1 && loss->pieces[0].delay_ns == 0)
        loss->count = 0;
}
