/*
 * series: what was measured of one service over time: a sliding window, the baseline, the heatmap's
 * columns. Fed with the interval samples of any number of sidecars (or of a service's clients), which add up.
 * About 3 MB each; one thread.
 */
#ifndef SHAKETABLE_EXPERIMENT_SERIES_H
#define SHAKETABLE_EXPERIMENT_SERIES_H

#include "core/stats.h"
#include "experiment/model.h"

struct series;

/* NULL without memory. */
struct series *series_new(enum model_source source, const char *cluster, const char *service);
void series_free(struct series *series);

/* Adds a sample that arrived at `now_ms` (epoch). */
void series_add(struct series *series, const struct stats_sample *sample, int64_t now_ms);
/* The same for one that arrived late: it was measured until `measured_ms`. Those of before the window was
 * restarted count in their columns alone. */
void series_add_late(struct series *series, const struct stats_sample *sample, int64_t now_ms,
                     int64_t measured_ms);
/* Lets time pass: slots leave the window, columns move on. Call it at each snapshot. */
void series_advance(struct series *series, int64_t now_ms);
/* Forgets the window: what it shows from now on was measured after this moment (a change of faults). */
void series_restart_window(struct series *series, int64_t now_ms);
/* The window as it stands becomes the baseline. */
void series_take_baseline(struct series *series);
void series_mark(struct series *series, int64_t now_ms, const char *text);
void series_set_problem(struct series *series, const char *problem);

/* Fills the model's part. */
void series_show(const struct series *series, struct model_series *out);
/* Fills what stands of a client beside another series. */
void series_show_client(const struct series *series, struct model_series *out);
/* Values in the window. */
uint64_t series_window_total(const struct series *series);
int64_t series_heard_ms(const struct series *series);

#endif
