/*
 * fis_catalogue: the actions and the types of targets that FIS has, with their parameters
 * (https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html). All of them may stand in a
 * template; those that the region cannot do fail by name when they are run.
 */
#ifndef SHAKETABLE_SANDBOX_FIS_CATALOGUE_H
#define SHAKETABLE_SANDBOX_FIS_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

enum fis_kind {
    FIS_TEXT,
    FIS_DURATION, /* ISO 8601; lowest and highest in seconds */
    FIS_INTEGER,
    FIS_FLAG,
    FIS_WORD, /* one of `words`, which blanks separate */
};
struct fis_parameter {
    const char *name, *description;
    bool required;
    enum fis_kind kind;
    long lowest, highest;
    const char *words;
};
enum fis_act {
    FIS_ACT_NONE, /* not in this region */
    FIS_ACT_WAIT,
    FIS_ACT_STOP_TASK,
    FIS_ACT_KILL_PROCESS,
    FIS_ACT_LATENCY,
    FIS_ACT_LOSS,
    FIS_ACT_BLACKHOLE,
    FIS_ACT_API_ERROR,
    FIS_ACT_API_LATENCY,
};
struct fis_action_type {
    const char *id, *description;
    const char *target, *resource_type;     /* NULL: it has no target */
    const struct fis_parameter *parameters; /* up to one without a name; NULL: none */
    enum fis_act act;
};
struct fis_resource_type {
    const char *id, *description;
    const struct fis_parameter *parameters; /* up to one without a name; NULL: none */
};

/* NULL: there is none. */
const struct fis_action_type *fis_action_type(const char *id);
const struct fis_resource_type *fis_resource_type(const char *id);
const struct fis_parameter *fis_find_parameter(const struct fis_parameter *parameters, const char *name);
/* True for LocalStack's two. */
bool fis_is_local(const struct fis_action_type *type);

#endif
