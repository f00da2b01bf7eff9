#include "proxy/sample_sender.h"

#include <math.h>

#define RANGE_MAX 1024 /* segments between the first that has not arrived and the last sent */
#define QUEUE_MAX 1024 /* transmissions under way */
#define NEVER UINT64_MAX
#define WINDOW_MIN 2.0
#define BACKOFF_MAX 10

/* ssthresh of a window and growth of a window by an acknowledged segment: RFC 9438 (Linux computes with
 * 717/1024, and 15/8 segments for one of Reno's), RFC 5681. */
#define CUBIC_DECREASE 0.7
#define CUBIC_CONVERGENCE 0.85
#define CUBIC_FRIENDLY (15.0 / 8.0)
#define CUBIC_UPDATE_NS (UINT64_C(1000000000) / 32)
#define CUBIC_COUNT_FIRST 20
#define CUBIC_TICK_NS UINT64_C(4000000)
#define RENO_DECREASE 0.5

#define DELAYED_ACK_MS 40.0
enum segment_state { OUT, SACKED, LOST };
struct segment {
    unsigned order; /* of its last transmission */
    enum segment_state state;
};
struct transmission {
    size_t segment;
    unsigned order;
    uint64_t back_ns; /* its acknowledgement */
    bool lost;
};
enum phase { OPEN, RECOVERY, LOSS };
enum timer { PROBE, TIMEOUT };

struct ack_sender {
    struct sender *sender;
    struct sample_loss_state *state;
    double decrease;
    bool reno;
    uint64_t updated_ns;
    uint64_t now_ns;
    struct segment range[RANGE_MAX];
    struct transmission queue[QUEUE_MAX];
    unsigned queue_first, queue_next;
    unsigned order;
    size_t unacknowledged; /* the first */
    size_t next;
    size_t received; /* in order, whether acknowledged or not */
    size_t out;      /* neither arrived nor known to be lost */
    size_t sacked;
    size_t lost;
    size_t out_most;
    enum phase phase;
    size_t recovered_at; /* the phase ends when all before is acknowledged */
    /* Proportional rate reduction, RFC 6937 */
    double prior_window;
    size_t reduction_delivered, reduction_sent;
    bool probed;
    size_t probe_ends;
    unsigned backoff;
    enum timer timer;
    uint64_t timer_ns;
    uint64_t reorder_ns;
    unsigned newest; /* order of the newest transmission that arrived */
    uint64_t delayed_ns;
    uint64_t heard_ns; /* when the last segment arrived in order */
};

static struct segment *at(struct ack_sender *ack, size_t segment)
{
    return &ack->range[segment % RANGE_MAX];
}

static uint64_t in(struct ack_sender *ack, double ms)
{
    return ack->now_ns + sender_timer_ns(ack->sender, ms);
}

/* Less of the window, for a loss. */
static void shrink(struct ack_sender *ack)
{
    struct sample_cubic *cubic = &ack->state->cubic;
    double window = floor(ack->state->window);
    cubic->begun = false;
    cubic->peak = window < cubic->peak ? floor(window * CUBIC_CONVERGENCE) : window;
    ack->state->threshold = fmax(floor(window * ack->decrease), WINDOW_MIN);
}

static void arm_timeout(struct ack_sender *ack)
{
    double ms = SENDER_TIMEOUT_MS * (1U << (ack->backoff < BACKOFF_MAX ? ack->backoff : BACKOFF_MAX));
    ack->timer = TIMEOUT;
    ack->timer_ns = in(ack, ms) + ack->sender->path->smoothed_ns;
}

/* Tail loss probe (RFC 8985, 7), or else the time-out. */
static void arm(struct ack_sender *ack)
{
    size_t out = ack->next - ack->unacknowledged;
    bool probes = ack->phase == OPEN && ack->sacked == 0 && !ack->probed && out > 0;
    if (probes && out == 1) {
        double often = ack->sender->segments == 1 ? SENDER_PROBES_ALONE : SENDER_PROBES_BEHIND;
        probes = random_percent(ack->sender->random, often);
    }
    if (!probes) {
        arm_timeout(ack);
        return;
    }
    ack->timer = PROBE;
    ack->timer_ns =
        in(ack, out == 1 ? SENDER_TIMEOUT_MS : SENDER_SHORT_MS) + 2 * ack->sender->path->smoothed_ns;
}

static bool transmit(struct ack_sender *ack, size_t segment)
{
    if (ack->queue_next - ack->queue_first == QUEUE_MAX)
        return false;
    /* What follows the message is not ours to lose. */
    bool lost = segment < ack->sender->segments && sender_loses(ack->sender);
    ack->queue[ack->queue_next++ % QUEUE_MAX] =
        (struct transmission){.segment = segment,
                              .order = ++ack->order,
                              .back_ns = ack->now_ns + ack->sender->path->rtt_ns,
                              .lost = lost};
    *at(ack, segment) = (struct segment){.order = ack->order, .state = OUT};
    ack->out++;
    if (ack->out > ack->out_most)
        ack->out_most = ack->out;
    ack->reduction_sent++;
    return true;
}

static bool has_new(const struct ack_sender *ack)
{
    return (ack->next < ack->sender->segments || !ack->sender->ends) &&
           ack->next - ack->unacknowledged < RANGE_MAX;
}

/* What is known to be lost first, then what is new, until `window` segments are out. */
static void fill(struct ack_sender *ack, size_t window)
{
    for (size_t i = ack->unacknowledged; ack->lost > 0 && ack->out < window && i < ack->next; i++) {
        if (at(ack, i)->state != LOST)
            continue;
        if (!transmit(ack, i))
            return;
        ack->lost--;
        if (i == ack->unacknowledged)
            arm_timeout(ack);
    }
    bool sent = false;
    while (ack->out < window && has_new(ack) && transmit(ack, ack->next)) {
        ack->next++;
        sent = true;
    }
    if (sent && ack->phase == OPEN)
        arm(ack);
}

/* All that was sent before the newest that arrived (RACK). Returns how many. */
static size_t mark_lost(struct ack_sender *ack)
{
    size_t count = 0;
    for (size_t i = ack->unacknowledged; i < ack->next; i++) {
        struct segment *segment = at(ack, i);
        if (segment->state != OUT || segment->order >= ack->newest)
            continue;
        segment->state = LOST;
        count++;
    }
    ack->out -= count;
    ack->lost += count;
    ack->reorder_ns = NEVER;
    return count;
}

static bool has_hole(struct ack_sender *ack)
{
    for (size_t i = ack->unacknowledged; i < ack->next; i++)
        if (at(ack, i)->state == OUT && at(ack, i)->order < ack->newest)
            return true;
    return false;
}

static void enter_recovery(struct ack_sender *ack)
{
    ack->prior_window = floor(ack->state->window);
    shrink(ack);
    ack->reduction_delivered = ack->reduction_sent = 0;
    ack->recovered_at = ack->next;
    ack->phase = RECOVERY;
    ack->probed = false;
}

/* How many may be out in recovery, after so many more have been delivered (RFC 6937, as Linux has it). */
static size_t reduce(struct ack_sender *ack, size_t delivered, bool advanced, size_t newly_lost)
{
    double threshold = ack->state->threshold;
    double more;
    double sent = (double)ack->reduction_sent;
    ack->reduction_delivered += delivered;
    double all = (double)ack->reduction_delivered;
    if ((double)ack->out > threshold) {
        more = floor((threshold * all + ack->prior_window - 1) / ack->prior_window) - sent;
    } else {
        more = fmax(all - sent, (double)delivered) + (advanced && newly_lost == 0);
        more = fmin(threshold - (double)ack->out, more);
    }
    more = fmax(more, ack->reduction_sent == 0);
    return ack->out + (size_t)more;
}

/* After how many more acknowledged segments the window grows by one (Linux's tcp_cubic.c, where it is as
 * friendly as Reno; its cubic curve takes seconds). It is only computed anew when the window has changed, or
 * some 30 ms have passed. */
static double cubic_count(struct ack_sender *ack, double window, double delivered)
{
    struct sample_cubic *cubic = &ack->state->cubic;
    cubic->acks += delivered;
    if (cubic->window == window && ack->now_ns < ack->updated_ns + CUBIC_UPDATE_NS)
        return cubic->count;
    bool same_tick = cubic->begun && ack->now_ns < ack->updated_ns + CUBIC_TICK_NS;
    if (!same_tick) {
        cubic->window = window;
        ack->updated_ns = ack->now_ns;
        /* In whole segments the curve is one above the window from the start, as far as to the last peak. */
        cubic->count = cubic->peak > window ? window : 100 * window;
        if (cubic->peak == 0)
            cubic->count = fmin(cubic->count, CUBIC_COUNT_FIRST);
    }
    if (!cubic->begun) {
        cubic->begun = true;
        cubic->acks = delivered;
        cubic->friendly = window;
    }
    double step = floor(window * CUBIC_FRIENDLY);
    if (cubic->acks > step) {
        double steps = ceil(cubic->acks / step) - 1;
        cubic->acks -= steps * step;
        cubic->friendly += steps;
    }
    if (cubic->friendly > window)
        cubic->count = fmin(cubic->count, floor(window / (cubic->friendly - window)));
    cubic->count = fmax(cubic->count, 2);
    return cubic->count;
}

static void grow(struct ack_sender *ack, size_t delivered)
{
    struct sample_loss_state *state = ack->state;
    double count = (double)delivered;
    double most = (double)ack->out_most;
    if (state->window < state->threshold) {
        if (state->window >= 2 * most)
            return;
        double step = fmin(count, state->threshold - state->window);
        state->window += step;
        count -= step;
    }
    double window = floor(state->window);
    if (count > 0 && most >= window)
        state->window += count / (ack->reno ? window : cubic_count(ack, window, count));
    state->window = fmin(state->window, SENDER_WINDOW_MAX);
}

static void end_phase(struct ack_sender *ack)
{
    if (ack->phase == RECOVERY)
        ack->state->window = ack->state->threshold;
    ack->phase = OPEN;
}

/* The acknowledgement of all before `received`, and of `sacked` more, is here. */
static void hear(struct ack_sender *ack, size_t delivered_sacked)
{
    size_t delivered = delivered_sacked;
    bool advanced = ack->received > ack->unacknowledged;
    ack->delayed_ns = NEVER;
    for (; ack->unacknowledged < ack->received; ack->unacknowledged++) {
        enum segment_state state = at(ack, ack->unacknowledged)->state;
        ack->sacked -= state == SACKED;
        ack->out -= state == OUT;
        ack->lost -= state == LOST;
        delivered += state != SACKED;
    }
    if (ack->probed && ack->unacknowledged >= ack->probe_ends) {
        ack->probed = false;
        shrink(ack);
        ack->state->window = ack->state->threshold;
    }
    if (advanced)
        ack->backoff = 0;
    if (ack->phase != OPEN && ack->unacknowledged >= ack->recovered_at)
        end_phase(ack);
    size_t newly_lost = 0;
    if (has_hole(ack)) {
        if (ack->phase != OPEN || ack->sacked >= SENDER_REORDERING)
            newly_lost = mark_lost(ack);
        else if (ack->reorder_ns == NEVER)
            ack->reorder_ns = in(ack, SENDER_SHORT_MS) + ack->sender->path->rtt_ns / 4;
    } else {
        ack->reorder_ns = NEVER;
    }
    if (newly_lost > 0 && ack->phase != RECOVERY)
        enter_recovery(ack);
    if (ack->phase == RECOVERY) {
        fill(ack, reduce(ack, delivered, advanced, newly_lost));
    } else {
        if (advanced)
            grow(ack, delivered);
        fill(ack, (size_t)ack->state->window);
    }
    if (advanced || ack->timer == PROBE)
        arm(ack);
}

/* A segment comes to the receiver; sooner or later an acknowledgement comes of it. */
static void arrive(struct ack_sender *ack, const struct transmission *transmission)
{
    size_t which = transmission->segment;
    if (transmission->order > ack->newest)
        ack->newest = transmission->order;
    bool duplicate = which < ack->received || at(ack, which)->state == SACKED;
    if (duplicate) {
        hear(ack, 0);
        return;
    }
    if (which > ack->received) {
        struct segment *segment = at(ack, which);
        ack->out -= segment->state == OUT;
        ack->lost -= segment->state == LOST;
        segment->state = SACKED;
        ack->sacked++;
        hear(ack, 1);
        return;
    }
    bool fills = ack->sacked > 0;
    size_t waiting = ack->received - ack->unacknowledged;
    do
        ack->received++;
    while (ack->received < ack->next && at(ack, ack->received)->state == SACKED);
    size_t arrived = ack->received < ack->sender->segments ? ack->received : ack->sender->segments;
    sender_note(ack->sender, arrived, ack->now_ns);
    /* What comes in a burst is read in one go, and then acknowledged to the last. */
    bool burst = ack->heard_ns == ack->now_ns;
    ack->heard_ns = ack->now_ns;
    if (fills || waiting > 0 || burst)
        hear(ack, 0);
    else
        ack->delayed_ns = in(ack, DELAYED_ACK_MS);
}

static void time_out(struct ack_sender *ack)
{
    if (ack->phase == OPEN) {
        shrink(ack);
        ack->recovered_at = ack->next;
    }
    if (ack->phase == RECOVERY)
        ack->recovered_at = ack->next;
    ack->phase = LOSS;
    ack->state->cubic = (struct sample_cubic){0};
    ack->probed = false;
    ack->state->window = 1;
    ack->newest = ack->order + 1;
    mark_lost(ack);
    ack->newest = 0;
    ack->backoff++;
    ack->queue_first = ack->queue_next;
    fill(ack, 1);
}

static void probe(struct ack_sender *ack)
{
    ack->probed = true;
    ack->probe_ends = ack->next;
    if (has_new(ack)) {
        if (transmit(ack, ack->next))
            ack->probe_ends = ++ack->next;
    } else if (transmit(ack, ack->next - 1)) {
        ack->out--;
    }
    arm_timeout(ack);
}

static void reordered_no_more(struct ack_sender *ack)
{
    if (mark_lost(ack) == 0)
        return;
    if (ack->phase == OPEN)
        enter_recovery(ack);
    fill(ack, ack->phase == RECOVERY ? reduce(ack, 1, false, 1) : (size_t)ack->state->window);
}

static void happen(struct ack_sender *ack)
{
    bool any = ack->queue_first != ack->queue_next;
    uint64_t back_ns = any ? ack->queue[ack->queue_first % QUEUE_MAX].back_ns : NEVER;
    uint64_t waits_ns = ack->reorder_ns < ack->delayed_ns ? ack->reorder_ns : ack->delayed_ns;
    if (ack->timer_ns < waits_ns)
        waits_ns = ack->timer_ns;
    if (any && back_ns <= waits_ns) {
        struct transmission transmission = ack->queue[ack->queue_first++ % QUEUE_MAX];
        ack->now_ns = back_ns;
        if (!transmission.lost)
            arrive(ack, &transmission);
        return;
    }
    ack->now_ns = waits_ns;
    if (waits_ns == ack->reorder_ns)
        reordered_no_more(ack);
    else if (waits_ns == ack->delayed_ns)
        hear(ack, 0);
    else if (ack->timer == PROBE)
        probe(ack);
    else
        time_out(ack);
}

void sender_travel_by_acks(struct sender *sender)
{
    bool reno = sender->path->control == SAMPLE_RENO;
    struct ack_sender ack;
    ack.sender = sender;
    ack.state = sender->state;
    ack.decrease = reno ? RENO_DECREASE : CUBIC_DECREASE;
    ack.reno = reno;
    ack.updated_ns = 0;
    sender->state->cubic.window = 0;
    ack.now_ns = 0;
    ack.queue_first = ack.queue_next = 0;
    ack.order = ack.newest = 0;
    ack.unacknowledged = ack.next = ack.received = 0;
    ack.out = ack.sacked = ack.lost = ack.out_most = 0;
    ack.phase = OPEN;
    ack.recovered_at = 0;
    ack.prior_window = 0;
    ack.reduction_delivered = ack.reduction_sent = 0;
    ack.probed = false;
    ack.probe_ends = 0;
    ack.backoff = 0;
    ack.timer = TIMEOUT;
    ack.timer_ns = ack.reorder_ns = ack.delayed_ns = NEVER;
    ack.heard_ns = NEVER;
    fill(&ack, (size_t)sender->state->window);
    while (sender->arrived < sender->segments && ack.now_ns < SAMPLE_STALL_MAX_NS)
        happen(&ack);
    sender_note(sender, sender->segments, ack.now_ns);
    /* What was not yet acknowledged is by what the receiver says next. */
    hear(&ack, 0);
    end_phase(&ack);
}
