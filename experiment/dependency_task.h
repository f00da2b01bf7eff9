/*
 * dependency_task: what faults on what a service calls change in its task definition. The application's
 * containers get variables that lead their calls to the sidecar on 127.0.0.1, and start after it; the sidecar
 * gets what leads the calls on to where they went before, and what they were signed with. Pure.
 *
 * The application's containers are all but ours and those that are known to be agents or routers of logs.
 * Where some of them say by variables where AWS's service is or what calls are signed with, these are led to
 * the sidecar, and must say the same; those that say nothing of it are left alone then, for their calls would
 * go elsewhere, or be signed otherwise, than before.
 *
 * Sources: Amazon ECS API reference (KeyValuePair, Secret, ContainerDependency); AWS SDKs and Tools Reference
 * Guide (the variables); curl's and Python's documentation of HTTPS_PROXY and NO_PROXY.
 */
#ifndef SHAKETABLE_EXPERIMENT_DEPENDENCY_TASK_H
#define SHAKETABLE_EXPERIMENT_DEPENDENCY_TASK_H

#include "core/error.h"
#include "experiment/choices.h"
#include "experiment/dependency.h"
#include "experiment/revision.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* Whose calls never go through a proxy in the task: containers' credentials and metadata, and itself. */
#define DEPENDENCY_DIRECT "169.254.170.2,169.254.169.254,localhost,127.0.0.1"
/* On the sidecar's container, beside the way back's: which dependency it stands before. */
#define DEPENDENCY_LABEL "shaketable.dependency"

/* A sidecar for each dependency. ERROR_REFUSED says why it can't be done. */
bool dependency_find_sidecars(struct json_object *task_definition, const struct choices *choices,
                              struct revision_sidecars *sidecars, struct error *error);

/* Changes the application's containers of a task definition that holds the sidecars already, and gives the
 * sidecars what they need of the application's environment. Does nothing for other sidecars. */
void dependency_apply(struct json_object *task_definition, const struct revision_sidecars *sidecars);

/* Whether a variable of its containers leads to where our sidecars listen: a copy that somebody made of ours,
 * without the sidecar. */
bool dependency_leads_nowhere(struct json_object *task_definition);

/* Is it a container of the application's? */
bool dependency_is_application(struct json_object *container);
/* How such a container stands to a dependency. */
enum dependency_stand {
    DEPENDENCY_LED,      /* its calls are led to the sidecar */
    DEPENDENCY_ALONE,    /* left alone: it says nothing of where calls go, and another does */
    DEPENDENCY_OTHERWISE /* it says something else than another does */
};
enum dependency_stand dependency_stand_of(struct json_object *task_definition, struct json_object *container,
                                          const struct dependency *dependency);
/* A variable's value in a container's environment; NULL: it is not there. */
const char *dependency_value(struct json_object *container, const char *name);
/* It is one of the container's secrets. */
bool dependency_is_secret(struct json_object *container, const char *name);
/* Where its calls to AWS's service go, as far as its environment says; "": to AWS. */
const char *dependency_endpoint(struct json_object *container, const struct api_service *service);
/* The variables that hold what calls are signed with, NULL at the end. */
extern const char *const dependency_key_variables[];
/* Those that name a proxy for https, NULL at the end. */
extern const char *const dependency_proxy_variables[];
/* The entry of a NO_PROXY list that covers a host and port (0: any), copied to `entry`. */
bool dependency_no_proxy_covers(const char *list, const char *host, uint16_t port, char *entry, size_t size);

#endif
