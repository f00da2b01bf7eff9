/*
 * launch: from a container's definition to a process: the image's program, the arguments and the
 * environment, in which local hosts mean the task's own address (rewrite.h), and places outside the
 * task's interface, if it has one (interface.h).
 */
#ifndef SHAKETABLE_SANDBOX_LAUNCH_H
#define SHAKETABLE_SANDBOX_LAUNCH_H

#include "sandbox/region.h"

/* Of our own environment, the variables that a container's or an interface's program gets, if they are set;
 * NULL at the end. */
extern const char *const launch_inherited[];
/* By the image's last name: "HOST/…/NAME", "HOST/…/NAME:TAG" or "HOST/…/NAME@DIGEST". */
bool launch_image_is_named(const char *image, const char *name);
/* True for the place where the region's own API is. */
bool launch_is_endpoint(const struct region *region, const char *host, uint16_t port);

#define LAUNCH_URL_MAX 128
/* AWS_ENDPOINT_URL for a container that says none of its own, so that its SDKs find the region: "" where it
 * does, or the region has no endpoint. */
void launch_endpoint_url(const struct region *region, struct json_object *definition,
                         char url[LAUNCH_URL_MAX]);

/* Starts it: container->pid. On failure the error's message is the reason that ECS would show
 * ("CannotPullContainerError: …"). Main thread only (core/process.h). */
bool launch_container(struct region *region, struct task *task, struct container *container,
                      struct error *error);

#endif
