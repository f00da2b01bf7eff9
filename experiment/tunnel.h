/*
 * tunnel: a path from this machine to a port of a task, where its address can't be reached: a session of
 * Systems Manager into the task (ECS Exec), carried by session-manager-plugin as a process of ours, which
 * listens on a port of 127.0.0.1. A tunnel that ends is opened again, later each time; when it is closed, or
 * we die, its process goes with it. Belongs to the session's loop; calls to AWS are made on libuv's workers.
 */
#ifndef SHAKETABLE_EXPERIMENT_TUNNEL_H
#define SHAKETABLE_EXPERIMENT_TUNNEL_H

#include "aws/client.h"
#include "experiment/link.h"

#include <stdbool.h>
#include <uv.h>

#define TUNNEL_TARGET_MAX 640

struct tunnels;
struct tunnel;

/* All tunnels of an experiment. NULL without memory. `client` must live until they are idle. */
struct tunnels *tunnels_new(uv_loop_t *loop, struct aws_client *client);
/* Every tunnel was closed, and its process and its session have ended. */
bool tunnels_are_idle(const struct tunnels *tunnels);
/* Only when they are idle; the loop must run on until libuv has let go. NULL is fine. */
void tunnels_free(struct tunnels *tunnels);

/* `target` as StartSession takes it; "" until it is known. NULL without memory. */
struct tunnel *tunnel_open(struct tunnels *tunnels, const char *target, int port);
/* Another container of the task, or the first that is known: used from the next try on. */
void tunnel_aim(struct tunnel *tunnel, const char *target);
/* It ends and frees itself. NULL is fine. */
void tunnel_close(struct tunnel *tunnel);
/* A link_where: its context is the tunnel. */
bool tunnel_where(void *tunnel, struct link_place *place);

#endif
