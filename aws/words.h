/*
 * words: a command line taken apart as the AWS CLI does it for credential_process: POSIX shell words
 * (Python's shlex.split), that is blanks, quotes and backslashes, and nothing of what a shell would do
 * besides: no variables, no ~, no patterns, no ; or |. Nothing is ever given to a shell.
 */
#ifndef SHAKETABLE_AWS_WORDS_H
#define SHAKETABLE_AWS_WORDS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define AWS_WORDS_MAX 256

struct aws_words {
    size_t count;
    char *list[AWS_WORDS_MAX + 1]; /* ends with NULL, as execvp wants it; they lie in `text` */
    char *text;
};

/* ERROR_INVALID: a quote that is not closed, a backslash at the end, no word at all, too many. */
bool aws_words_split(struct aws_words *words, const char *line, struct error *error);
void aws_words_free(struct aws_words *words);

#endif
