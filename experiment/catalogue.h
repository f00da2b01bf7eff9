/*
 * catalogue: which actions the account's FIS has and what their parameters are, read when somebody asks: on
 * the session's loop, each call on a worker (ListActions, GetAction).
 *
 * What was read is kept; what failed is read again when it is asked for again. A question that comes while
 * another is being answered waits; of several that wait the newest counts.
 */
#ifndef SHAKETABLE_EXPERIMENT_CATALOGUE_H
#define SHAKETABLE_EXPERIMENT_CATALOGUE_H

#include "aws/client.h"
#include "experiment/model.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <uv.h>

struct catalogue;

/* `changed` is called on the loop when there is something new. NULL without memory. */
struct catalogue *catalogue_new(uv_loop_t *loop, void (*changed)(void *context), void *context);
/* Only when catalogue_is_idle; NULL is allowed. */
void catalogue_free(struct catalogue *catalogue);
bool catalogue_is_idle(const struct catalogue *catalogue);
/* The list; or the parameters of one action, with the list before it if that is not there. */
void catalogue_ask(struct catalogue *catalogue, const char *action_id);
/* Starts what is due. `client` NULL: AWS can't be asked, `no_client` says why; it must live until the
 * catalogue is idle again. */
void catalogue_tick(struct catalogue *catalogue, struct aws_client *client, const char *no_client);
/* The newest, borrowed; NULL: nobody has asked. */
struct model_catalogue *catalogue_model(const struct catalogue *catalogue);

/* From ListActions' summaries, and from GetAction's action; without memory NULL. */
struct model_catalogue *catalogue_read_list(struct json_object *actions);
struct model_catalogue_action *catalogue_read_action(struct json_object *action);

#endif
