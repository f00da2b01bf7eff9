/*
 * deployment: what a service is to run next. A new deployment becomes PRIMARY, the earlier ones
 * ACTIVE until the scheduler has replaced their tasks.
 */
#ifndef SHAKETABLE_SANDBOX_DEPLOYMENT_H
#define SHAKETABLE_SANDBOX_DEPLOYMENT_H

#include "sandbox/region.h"

#define DEPLOYMENT_PLATFORM "1.4.0" /* which LATEST stands for */

/* Begins one; takes references to the lists. */
struct deployment *deployment_begin(struct service *service, struct definition *definition,
                                    struct json_object *load_balancers, struct json_object *network,
                                    const char *reason);
void deployment_free(struct deployment *deployment);
/* Marks the primary as COMPLETED and remembers it as the one to go back to. */
void deployment_complete(struct service *service, struct deployment *deployment);
/* Looks whether the circuit breaker opens: the deployment is FAILED, and with rollback a new one
 * goes back to the last that was completed. */
void deployment_check_breaker(struct service *service);

#endif
