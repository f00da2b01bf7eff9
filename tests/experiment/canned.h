/*
 * canned: AWS as a set of files: each holds the answers of some operations by name, as AWS gives them (for
 * the Query services as JSON with the wire's names); what a file leaves out is steady.json's. Nothing is
 * changed by a call.
 */
#ifndef SHAKETABLE_TESTS_EXPERIMENT_CANNED_H
#define SHAKETABLE_TESTS_EXPERIMENT_CANNED_H

#include "tests/aws/liar.h"

struct json_object;

struct canned {
    struct liar liar;
    struct json_object *steady, *answers;
};

/* `name` without ".json", in tests/data/preflight. */
void canned_start(struct canned *canned, const char *name);
void canned_stop(struct canned *canned);

#endif
