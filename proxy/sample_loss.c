#include "proxy/sample.h"

#include <math.h>
#include <string.h>

#define WINDOW_START 10.0
#define WINDOW_MIN 3.0 /* as measured: between CUBIC's two and BBR's four */
#define WINDOW_DECREASE 0.7
#define FRUITLESS_MAX 3 /* flights of which nothing arrived, until nothing that follows can help */
#define REORDERING 3    /* so many segments behind a hole prove it */
#define FLIGHT_MAX 256

/* Linux at 250 Hz, in milliseconds; each with up to a tick more. */
#define TICK_MS 4.0
#define TIMEOUT_MS 205.0
#define SHORT_MS 4.5 /* two ticks, begun: a probe with several segments out, RACK's wait for reordering */
/* Below this, segments of one flight are further apart than a quarter of a round trip, which is RACK's
 * patience: most holes need no timer. */
#define SHORT_PATH_NS SAMPLE_NS_PER_MS
#define SHORT_PATH_WAITS 40.0 /* percent */

/* How often (percent) Linux probes for a single segment that is missing, instead of waiting for the time-out:
 * measured, for a message of one segment, and of several. It shows when the repair is lost too: 415 ms or
 * 620. */
#define PROBES_ALONE 87.0
#define PROBES_BEHIND 13.0

/* A message on its way. */
struct journey {
    struct sample_loss_state *state;
    const struct fault *fault;
    struct random *random;
    const struct sample_path *path;
    struct sample_loss *loss;
    bool ends;
    bool recovering;
    unsigned fruitless;
    size_t segments;
    size_t next;   /* the first that was never sent */
    size_t *holes; /* FLIGHT_MAX of them: sent and not arrived, in order */
    size_t count;
    size_t arrived; /* all before it have */
    uint64_t wait_ns;
    unsigned rounds;
    unsigned free_rounds; /* that `free_sent` takes when nothing is lost */
    size_t free_sent;
    double free_window;
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

static bool lose(struct journey *journey)
{
    return sample_segment_lost(journey->state, journey->fault, journey->random);
}

static uint64_t timer_ns(struct journey *journey, double ms)
{
    return (uint64_t)((ms + TICK_MS * random_uniform(journey->random)) * (double)SAMPLE_NS_PER_MS);
}

static void add_wait(struct journey *journey, uint64_t ns)
{
    journey->wait_ns += ns;
    if (journey->wait_ns > SAMPLE_STALL_MAX_NS)
        journey->wait_ns = SAMPLE_STALL_MAX_NS;
}

static void shrink(struct journey *journey)
{
    struct sample_loss_state *state = journey->state;
    state->threshold = fmax(state->window * WINDOW_DECREASE, WINDOW_MIN);
    state->window = state->threshold;
}

/* What has arrived so far and had not before, is that much late. */
static void note(struct journey *journey)
{
    struct sample_loss *loss = journey->loss;
    size_t arrived = journey->count > 0 ? journey->holes[0] : journey->next;
    if (arrived == journey->arrived)
        return;
    while (journey->free_sent < arrived) {
        double window = floor(journey->free_window);
        journey->free_sent += (size_t)window;
        journey->free_window = fmin(journey->free_window * 2, FLIGHT_MAX);
        journey->free_rounds++;
    }
    unsigned late = journey->rounds > journey->free_rounds ? journey->rounds - journey->free_rounds : 0;
    uint64_t delay = journey->wait_ns + late * journey->path->rtt_ns;
    if (delay > SAMPLE_STALL_MAX_NS)
        delay = SAMPLE_STALL_MAX_NS;
    size_t segments = arrived - journey->arrived;
    journey->arrived = arrived;
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

static void grow(struct journey *journey, const struct flight *flight)
{
    struct sample_loss_state *state = journey->state;
    if ((double)flight->sent + 1 <= state->window)
        return;
    if (state->window < state->threshold)
        state->window += (double)flight->arrived;
    else if (!journey->recovering)
        state->window += (double)flight->arrived / state->window;
    state->window = fmin(state->window, FLIGHT_MAX);
}

/* As much as the window allows: what is missing first, then what is new. */
static struct flight send_flight(struct journey *journey)
{
    struct flight flight = {0};
    size_t window = (size_t)journey->state->window;
    size_t kept = 0;
    size_t unproved = 0;
    size_t holes = journey->count;
    for (size_t i = 0; i < holes || journey->next < journey->segments; i++) {
        bool full = flight.sent == window || kept == FLIGHT_MAX;
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
    double ms = TIMEOUT_MS;
    if (!journey->recovering)
        shrink(journey);
    journey->recovering = true;
    do {
        add_wait(journey, timer_ns(journey, ms) + journey->path->smoothed_ns);
        ms *= 2;
    } while (lose(journey) && journey->wait_ns < SAMPLE_STALL_MAX_NS);
    journey->state->window = WINDOW_MIN;
    journey->count--;
    memmove(journey->holes, journey->holes + 1, journey->count * sizeof journey->holes[0]);
}

/* Nothing comes back that would tell of the holes. */
static void fall_silent(struct journey *journey)
{
    double often = journey->segments == 1 ? PROBES_ALONE : PROBES_BEHIND;
    bool probes = !journey->recovering && (journey->count > 1 || random_percent(journey->random, often));
    if (!probes) {
        time_out(journey);
        return;
    }
    double ms = journey->count == 1 ? TIMEOUT_MS : SHORT_MS;
    add_wait(journey, timer_ns(journey, ms) + 2 * journey->path->smoothed_ns);
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
    return !journey->recovering && flight->behind_first < REORDERING &&
           (journey->path->rtt_ns >= SHORT_PATH_NS || random_percent(journey->random, SHORT_PATH_WAITS));
}

static void mend(struct journey *journey, const struct flight *flight)
{
    bool more = journey->next < journey->segments || !journey->ends;
    bool stuck = flight->holes_proved == 0 && flight->sent >= journey->count;
    journey->fruitless = flight->arrived > 0 ? 0 : journey->fruitless + 1;
    if ((!more && stuck) || (flight->arrived == 0 && journey->next < journey->segments) ||
        journey->fruitless >= FRUITLESS_MAX) {
        fall_silent(journey);
        return;
    }
    if (!more && needs_patience(journey, flight))
        add_wait(journey, timer_ns(journey, SHORT_MS));
    if (!journey->recovering)
        shrink(journey);
    journey->recovering = true;
}

/* The rest comes at last, whatever is lost: nobody waits longer. */
static void arrive(struct journey *journey)
{
    journey->next = journey->segments;
    journey->count = 0;
    note(journey);
}

static void travel(struct journey *journey)
{
    while (journey->arrived < journey->segments) {
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

void sample_losses(struct sample_loss_state *state, const struct fault *fault, struct random *random,
                   size_t segments, bool ends, const struct sample_path *path, struct sample_loss *loss)
{
    size_t holes[FLIGHT_MAX];
    struct journey journey = {.state = state,
                              .holes = holes,
                              .fault = fault,
                              .random = random,
                              .path = path,
                              .loss = loss,
                              .ends = ends,
                              .segments = segments};
    loss->count = 0;
    if (segments == 0 || fault->loss.percent <= 0 || is_spared(state, fault, segments))
        return;
    if (state->window < 1) {
        state->window = state->free_window = WINDOW_START;
        state->threshold = FLIGHT_MAX;
    }
    journey.free_window = state->free_window;
    travel(&journey);
    state->free_window = journey.free_window;
    if (loss->count == 1 && loss->pieces[0].delay_ns == 0)
        loss->count = 0;
}
