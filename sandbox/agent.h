/*
 * agent: the fault endpoints of the ECS agent for the region's tasks, at the region's own address:
 *
 *     POST /api/ID/fault/v1/{network-latency|network-packet-loss|network-blackhole-port}/{start|stop|status}
 *
 * ID is the container's, random, and stands in its environment (ECS_AGENT_URI). Statuses, texts and the order
 * of the checks are the real agent's (aws/amazon-ecs-agent, ecs-agent/tmds/handlers/fault/v1/handlers):
 * - 429 first, before the body is looked at: one request in 5 s (times the region's pace) of each path, which
 *   has the container's ID in it, so that two containers of a task have a limit each. That answer is plain
 *   text (github.com/didip/tollbooth with a burst of 1), all others are JSON.
 * - then the body (agent_request.h), 400; the ID, 404; enableFaultInjection, 400; the network mode, 400.
 * - latency and packet loss are one netem(8) at a time: starting either while one runs is 409, and the text
 *   names the one that runs. Stopping what does not run is 200 "stopped". A blackhole that runs already is
 *   200 "running" and stays as it is.
 * - a blackhole's SourcesToFilter are compared with where packets go, in both directions. So of one that
 *   comes in they spare no client, and everybody if they name the task itself.
 * Nothing ends by itself but with the task.
 *
 * What differs: a task has one blackhole at a time (a second one is 500), delays beyond a minute are 500, and
 * what else a task's metadata endpoints serve is not there (404).
 *
 * It fails on demand (fail.h) as service "agent", whose operations are StartNetworkLatency,
 * StopNetworkLatency, CheckNetworkLatency, likewise NetworkPacketLoss and NetworkBlackholePort, or the id of
 * a task for all of its requests: refuse is 404, throttle 429.
 */
#ifndef SHAKETABLE_SANDBOX_AGENT_H
#define SHAKETABLE_SANDBOX_AGENT_H

#include "sandbox/fail.h"
#include "sandbox/region.h"
#include "sandbox/server.h"

#define AGENT_LIMIT_MS 5000
#define AGENT_VARIABLE "ECS_AGENT_URI"
#define AGENT_URI_MAX 160

bool agent_is_for(const struct server_request *request);
void agent_answer(struct region *region, struct fail *fail, const struct server_request *request,
                  struct server_answer *answer);
/* A new container's ID. */
void agent_take_id(const struct task *task, struct container *container);
/* What ECS_AGENT_URI is for the container; "" where the region is served nowhere. */
void agent_print_uri(const struct region *region, const struct container *container, char *uri, size_t size);

#endif
