/*
 * survey_watch: keeps a survey of the experiments up to date, on the session's loop, each look on a worker.
 *
 * The journals are looked at every two seconds, and read when one has changed. AWS is asked once the tree has
 * been read, when something that bears on experiments has changed, and else every five minutes: mostly three
 * calls, ListTaskDefinitionFamilies, which finds nothing of ours, and FIS's two lists.
 */
#ifndef SHAKETABLE_EXPERIMENT_SURVEY_WATCH_H
#define SHAKETABLE_EXPERIMENT_SURVEY_WATCH_H

#include "aws/client.h"
#include "experiment/model.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

struct survey_watch;

/* On the loop: there is something new; and once for each orphan that was none before. */
struct survey_watch_handlers {
    void *context;
    void (*changed)(void *context);
    void (*found)(void *context, const struct model_record *orphan);
};
/* NULL without memory. */
struct survey_watch *survey_watch_new(uv_loop_t *loop, const struct survey_watch_handlers *handlers);
/* Only when survey_watch_is_idle; NULL is allowed. */
void survey_watch_free(struct survey_watch *watch);
bool survey_watch_is_idle(const struct survey_watch *watch);
/* AWS is asked anew as soon as may be. */
void survey_watch_ask(struct survey_watch *watch);
/* Likewise, and FIS too if it was refused before. */
void survey_watch_ask_again(struct survey_watch *watch);
/* What is injected in `inventory` may be another than before: then AWS is asked anew. */
void survey_watch_tree(struct survey_watch *watch, const struct model_inventory *inventory);
/* Starts what is due. `client` NULL: AWS can't be asked; it and `cancel` must live until the watch is idle
 * again. */
void survey_watch_tick(struct survey_watch *watch, struct aws_client *client, const atomic_bool *cancel,
                       const struct model_place *place);
/* The newest, borrowed; NULL: not read yet. */
struct model_records *survey_watch_records(const struct survey_watch *watch);
struct model_profiles *survey_watch_profiles(const struct survey_watch *watch);

#endif
