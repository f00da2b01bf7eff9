/*
 * guards: the guardrails of one experiment while it runs: what they see, how long they have held, and which
 * one trips. It knows no clock and no network: times are handed in (clock_ms), so are samples and polls.
 *
 * Measured guards are looked at four times a second, see guard_window.h; those about AWS when a poll has
 * answered. A guard trips
 *  - when it has held for its `for` time at every look: one look at which it does not starts it anew. What
 * was not known in between neither ends the time nor trips.
 *  - unless it says `missing ok`: when its metric has not arrived for ten seconds, or its `for` time if that
 * is longer (AWS: four polls if that is longer); or when for thirty seconds, or its `for` time, there were
 * too few requests to say.
 */
#ifndef SHAKETABLE_EXPERIMENT_GUARDS_H
#define SHAKETABLE_EXPERIMENT_GUARDS_H

#include "experiment/guard_poll.h"
#include "experiment/model.h"

#define GUARDS_SILENT_MS 2000 /* so long without a sample: it is missing */
#define GUARDS_FEW_MS 30000
#define GUARDS_POLLS_MISSED 4

struct guards;

/* NULL without memory. */
struct guards *guards_new(void);
void guards_free(struct guards *guards);

/* These become the guards, each of them parses. Those that were there already go on as they stand. */
void guards_set(struct guards *guards, const struct choices *choices, int64_t now_ms);
/* From now on they are looked at; polls come every `poll_ms`. */
void guards_begin(struct guards *guards, int64_t poll_ms, int64_t now_ms);
/* No longer; what they saw last stays. */
void guards_end(struct guards *guards);
/* No guards, none tripped. */
void guards_reset(struct guards *guards);

void guards_sample(struct guards *guards, const struct stats_sample *sample, int64_t now_ms);
/* What a poll must ask for. */
void guards_want(const struct guards *guards, struct guard_poll *poll);
void guards_take_poll(struct guards *guards, const struct guard_poll *poll, int64_t now_ms);
/* Looks at them; true if one trips, once. */
bool guards_tick(struct guards *guards, int64_t now_ms);
/* True while one about AWS, that must not be missing, has never been read. */
bool guards_wait(const struct guards *guards);

bool guards_tripped(const struct guards *guards);
/* "guard 'p99 > 500ms for 2s' tripped: p99 stood at 812 ms, and it has held for 2 s"; "" before. */
const char *guards_reason(const struct guards *guards);
void guards_show(const struct guards *guards, int64_t now_ms, struct model_experiment *out);
/* The same of guards that are only chosen. */
void guards_show_choices(const struct choices *choices, struct model_experiment *out);

#endif
