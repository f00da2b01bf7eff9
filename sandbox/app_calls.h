/*
 * app_calls: the demo application's calls to the services it depends on. One caller a thread: it keeps
 * its connections alive between requests.
 */
#ifndef SHAKETABLE_SANDBOX_APP_CALLS_H
#define SHAKETABLE_SANDBOX_APP_CALLS_H

#include "sandbox/app_options.h"

struct app_caller;

struct app_part {
    const char *name;   /* the call's, borrowed */
    const char *reason; /* NULL: it answered; else "timeout", "connect", "status", "network" */
    double ms;          /* all attempts together */
    int attempts;
};

/* NULL without memory. */
struct app_caller *app_caller_create(void);
void app_caller_free(struct app_caller *caller);
/* Blocks for at most (retries + 1) × time-out. A status of 500 or above is a failure. */
void app_caller_call(struct app_caller *caller, const struct app_options *options,
                     const struct app_call *call, struct app_part *part);

#endif
