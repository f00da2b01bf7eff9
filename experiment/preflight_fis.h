/*
 * preflight_fis: whether AWS FIS can inject into a service as it is, or what it still needs.
 */
#ifndef SHAKETABLE_EXPERIMENT_PREFLIGHT_FIS_H
#define SHAKETABLE_EXPERIMENT_PREFLIGHT_FIS_H

#include "experiment/preflight.h"

/* The service for FIS's actions on tasks: running tasks, network mode, platform, ECS Exec, and what its task
 * definition has (see fis_needs.h). With `preparing`, that which is about to be added is left out. */
void preflight_fis_service(const struct preflight *at, bool preparing);
/* Guards that nothing would measure, for FIS has no sidecars. */
void preflight_fis_guards(const struct preflight *at, const struct choices *choices);

#endif
