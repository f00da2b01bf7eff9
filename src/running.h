/*
 * running: finding the experiment that adjust, status, watch and rollback mean, and speaking to the process
 * that runs it.
 */
#ifndef SHAKETABLE_SRC_RUNNING_H
#define SHAKETABLE_SRC_RUNNING_H

#include "experiment/control.h"
#include "experiment/journal.h"
#include "src/cli.h"

/* A service that has what FIS needs: no process, and nothing under way. */
bool running_is_prepared(const struct journal_entry *entry);
/* The entry that the command line's word names, or the only one that is under way. The list stays the
 * caller's. NULL with an error that says what to do. */
const struct journal_entry *running_find(const struct cli *cli, const struct journal_list *list,
                                         struct error *error);
/* Prints a status document as a line for people; `header` prints the column names first. */
struct json_object;
void running_print_line(struct json_object *status, bool header);
void running_print_status(struct json_object *status);
/* Sends `request` and prints the answers until the experiment's process closes (`follow`) or after the first;
 * returns the exit status. The last document is kept in *last (owned by the caller) where not NULL. */
enum cli_exit running_talk(const struct cli *cli, const char *experiment, const char *request, bool follow,
                           struct json_object **last);

#endif
