/*
 * template: an experiment template as AWS FIS has it, one immutable value: what `aws fis
 * create-experiment-template --cli-input-json` takes and what get-experiment-template answers, with or
 * without its wrapper. shaketable-templates(5) describes the file.
 *
 * It keeps the whole document, every key known or not, but for those that only an answer or a single call has
 * (id, arn, creationTime, lastUpdateTime, targetAccountConfigurationsCount, clientToken); an action's
 * parameters that were numbers or booleans are texts in it, as AWS wants them. What is known can be read
 * below.
 *
 * It is counted, and may be read by several threads at once. All pointers in it belong to it. Limits: AWS
 * FIS's service model (2020-12-01) and its quotas.
 */
#ifndef SHAKETABLE_EXPERIMENT_TEMPLATE_H
#define SHAKETABLE_EXPERIMENT_TEMPLATE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define TEMPLATE_LENGTH_MAX (256 * 1024)
#define TEMPLATE_ACTIONS_MAX 20
#define TEMPLATE_TARGETS_MAX 40
#define TEMPLATE_STOPS_MAX 5
#define TEMPLATE_ARNS_MAX 5
#define TEMPLATE_TAGS_MAX 50
#define TEMPLATE_PARAMETERS_MAX 50
#define TEMPLATE_FILTERS_MAX 50
#define TEMPLATE_VALUES_MAX 200 /* of one filter */
#define TEMPLATE_DESCRIPTION_MAX 512
#define TEMPLATE_NAME_MAX 64 /* characters of an action's or target's name, a key, a word */
#define TEMPLATE_ID_MAX 128
#define TEMPLATE_VALUE_MAX 1024
#define TEMPLATE_ARN_MIN 20
#define TEMPLATE_ARN_MAX 2048

struct template_texts {
    const char **items;
    size_t count;
};
struct template_pair {
    const char *key, *value;
};
struct template_pairs {
    struct template_pair *items;
    size_t count;
};

struct template_action {
    const char *name, *action_id;
    const char *description;          /* "" without one */
    struct template_pairs parameters; /* name → value */
    struct template_pairs targets;    /* "Tasks" → the target's name */
    struct template_texts start_after;
};

enum template_selection {
    TEMPLATE_ALL,
    TEMPLATE_COUNT,  /* `selection_number` of them */
    TEMPLATE_PERCENT /* `selection_number` percent of them */
};
struct template_filter {
    const char *path;
    struct template_texts values;
};
struct template_target {
    const char *name, *resource_type;
    struct template_texts arns;
    struct template_pairs tags;
    struct template_filter *filters;
    size_t filter_count;
    struct template_pairs parameters; /* of aws:ecs:task: cluster, service */
    const char *selection_mode;       /* as it is written: "PERCENT(50)" */
    enum template_selection selection;
    unsigned selection_number;
};

struct template_stop {
    bool is_alarm; /* else it says "none" */
    const char *arn;
};

struct template
{
    const char *description;
    const char *role_arn; /* "" without one */
    struct template_action actions[TEMPLATE_ACTIONS_MAX];
    size_t action_count; /* at least one */
    struct template_target targets[TEMPLATE_TARGETS_MAX];
    size_t target_count;
    struct template_stop stops[TEMPLATE_STOPS_MAX];
    size_t stop_count;
    struct template_pairs tags;
    bool multi_account; /* experimentOptions.accountTargeting */
    bool empty_skips;   /* experimentOptions.emptyTargetResolutionMode: skip, else fail */
};

/* All that can be checked without AWS: its limits, that names lead somewhere, that startAfter has no cycle,
 * and the parameters and targets of the actions that fis_actions.h knows; others are taken as they are. A
 * roleArn may be missing. NULL on error, which names the place ("action slow: delayMilliseconds: must be …");
 * of what is not JSON, its line and column. ERROR_INVALID, with reason "ValidationException" where it is
 * JSON. */
struct template *template_parse(const char *text, size_t length, struct error *error);
/* The same of a document; borrowed, and not changed. */
struct template *template_from_json(struct json_object *json, struct error *error);
struct template *template_retain(struct template *template);
/* NULL is fine. */
void template_release(struct template *template);

/* A copy of the document, that the caller owns (json_object_put): it can be sent to CreateExperimentTemplate
 * once it has a roleArn and a clientToken. */
struct json_object *template_to_json(const struct template *template);

/* NULL: there is none of that name. */
const struct template_action *template_find_action(const struct template *template, const char *name);
const struct template_target *template_find_target(const struct template *template, const char *name);
/* NULL: not there. */
const char *template_value(const struct template_pairs *pairs, const char *key);
/* The action's only target, or its first; NULL: it has none. */
const struct template_target *template_action_target(const struct template *template,
                                                     const struct template_action *action);
/* A parameter as it holds: as it is written, or else what is standard (fis_actions.h); NULL: neither. */
const char *template_parameter(const struct template_action *action, const char *name);

#endif
