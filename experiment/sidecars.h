/*
 * sidecars: the links to all sidecars of an experiment, and what they were told. A link goes to the task's
 * address, through a tunnel (reach ssm), or there is none (reach none): such a sidecar has its faults in its
 * environment, and is heard of by its log alone. There is one wanted state
 * (clean, or a fault value until a deadline); each sidecar gets it when it is reached, again after a loss,
 * and counts as live only once it has acknowledged it. Belongs to the session's loop.
 */
#ifndef SHAKETABLE_EXPERIMENT_SIDECARS_H
#define SHAKETABLE_EXPERIMENT_SIDECARS_H

#include "experiment/arm.h"
#include "experiment/link.h"
#include "experiment/model.h"
#include "experiment/tunnel.h"

#include <stdbool.h>
#include <uv.h>

#define SIDECARS_LEASE_MS 10000
#define SIDECARS_RENEW_MS 3000
#define SIDECARS_INTERVAL_MS 100

struct sidecars;

struct sidecars_handlers {
    void *context;
    void (*sample)(void *context, const struct stats_sample *sample);
    /* A link came, went, or acknowledged. */
    void (*changed)(void *context);
    /* One does not take what was last wanted. NULL: not told. */
    void (*refused)(void *context);
    void (*log)(void *context, enum model_log_level level, const char *text);
};

/* `key` is the console's, which stays the caller's. NULL with an error. */
struct sidecars *sidecars_new(uv_loop_t *loop, struct evp_pkey_st *key,
                              const struct sidecars_handlers *handlers, struct error *error);
/* What they change takes so long: until then one that was told is not told again, but its lease goes on. */
void sidecars_be_patient(struct sidecars *sidecars, int64_t patience_ms);
/* For those that are reached by ssm; stays the caller's. Before sidecars_reconcile. */
void sidecars_use_tunnels(struct sidecars *sidecars, struct tunnels *tunnels);
/* Closes every link; the loop must run on until libuv has let go. */
void sidecars_free(struct sidecars *sidecars);

/* Opens links to new ones, closes those that are no longer there, which are told to be
 * clean. */
void sidecars_reconcile(struct sidecars *sidecars, const struct arm_endpoints *endpoints);
/* All shall run these faults, for as long as sidecars_renew is called, at most until `deadline_ms`. */
void sidecars_set(struct sidecars *sidecars, const struct fault *fault, int64_t deadline_ms, int64_t lease_ms,
                  const char *by);
/* Without a link: these are the faults that they were given, and go live with by themselves. */
void sidecars_expect(struct sidecars *sidecars, const struct fault *fault);
/* What one of them logged, measured at `at_ms` (epoch) or before. False: it is not one of ours, or was taken
 * already. */
bool sidecars_take_log(struct sidecars *sidecars, const char *task_id, const char *container,
                       const struct stats_sample *sample, int64_t at_ms);
/* All shall be clean, now. */
void sidecars_clear(struct sidecars *sidecars);
void sidecars_renew(struct sidecars *sidecars);

struct sidecars_count {
    size_t total, reached, acknowledged; /* acknowledged: have what was last wanted */
    size_t unreachable;                  /* of total: there is no link, or it does not speak */
    size_t beyond;                       /* more than can be steered, not in total */
    size_t turned_away;                  /* take another console's key */
    double last_ack_ms;                  /* from the wish to the last acknowledgement, < 0: not all yet */
};
struct sidecars_count sidecars_count(const struct sidecars *sidecars);
/* Fills sidecars[], live_on, live_of, unreachable, last_ack_ms. */
void sidecars_show(const struct sidecars *sidecars, struct model_experiment *out);
/* Why one of them does not take what was last wanted, "ADDRESS:PORT: …"; false: none says so. */
bool sidecars_problem(const struct sidecars *sidecars, char *text, size_t size);
/* Requests and connections that came to those in containers of this name; or the requests that faults in
 * force were meant for. */
uint64_t sidecars_came(const struct sidecars *sidecars, const char *container, bool scoped);
/* An address of one that lacks this capability, NULL if none does. */
const char *sidecars_without(const struct sidecars *sidecars, const char *capability);

#endif
