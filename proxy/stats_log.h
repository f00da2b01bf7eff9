/*
 * stats_log: a stats frame every so often as a line on standard output, for a console that reads it there by
 * way of a log driver (shaketable-stats(5)). On the control thread, which it never holds up: a reader that is
 * too slow misses frames, and no counts.
 */
#ifndef SHAKETABLE_PROXY_STATS_LOG_H
#define SHAKETABLE_PROXY_STATS_LOG_H

#include "core/error.h"
#include "core/stats.h"

#include <stdint.h>

#define STATS_LOG_MAX_S 60

struct control;
struct stats_log;

/* NULL on error. The descriptor stays the caller's; it no longer blocks. */
struct stats_log *stats_log_new(struct control *control, int64_t interval_s, int fd, struct error *error);
/* Closes its timer; free it after the loop has run out. */
void stats_log_close(struct stats_log *log);
void stats_log_free(struct stats_log *log); /* NULL is fine */

/* A collection has brought this. */
void stats_log_collected(struct stats_log *log, const struct stats_sample *sum);

#endif
