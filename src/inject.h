/*
 * inject: an experiment from the plan to its end in the foreground; what `inject` and the headless demo
 * share.
 */
#ifndef SHAKETABLE_SRC_INJECT_H
#define SHAKETABLE_SRC_INJECT_H

#include "experiment/model.h"
#include "src/cli.h"

#include <stdbool.h>

/* `wait_until_steady`: a region that has just started may still deploy; try for half a minute. */
enum cli_exit inject_run(const struct cli *cli, bool wait_until_steady);
/* The same with an intent of INTENT_PLAN, whose template it takes over. */
enum cli_exit inject_run_intent(const struct cli *cli, const struct intent *intent, bool wait_until_steady);
/* INTENT_PLAN from --cluster, --service, FAULTS and --duration; ERROR_USAGE for what is missing. */
bool inject_make_intent(const struct cli *cli, struct intent *intent, struct error *error);

#endif
