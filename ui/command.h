/*
 * command: the command line's words and their completion.
 */
#ifndef SHAKETABLE_UI_COMMAND_H
#define SHAKETABLE_UI_COMMAND_H

#include "experiment/model.h"

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_MATCHES_MAX 16
/* What the last word of `line` could become; pointers into static tables or the model. */
size_t command_matches(const struct model *model, const char *line, const char *matches[COMMAND_MATCHES_MAX]);
/* Completes the last word as far as it is unambiguous, in place. */
void command_complete(const struct model *model, char *line, size_t size);
/* "latency DURATION": how a command is written; NULL for a word that is none. `fis`: the engine is AWS FIS.
 */
const char *command_usage(const char *word, bool fis);

#endif
