/*
 * journal_story: an experiment's journal as lines for people.
 */
#ifndef SHAKETABLE_EXPERIMENT_JOURNAL_STORY_H
#define SHAKETABLE_EXPERIMENT_JOURNAL_STORY_H

#include <stdio.h>

#define JOURNAL_STORY_MAX 16384 /* bytes; of a longer one the end is told */

/* "14:02:07  will RegisterTaskDefinition, undone by DeregisterTaskDefinition\n" …, times are local. The
 * caller frees it; NULL: nothing can be read. */
char *journal_story_read(FILE *file);

#endif
