/*
 * fis: AWS Fault Injection Service: experiment templates and experiments, the actions that there are
 * (REST-JSON; the API reference of AWS FIS, botocore's model 2020-12-01).
 * Blocking; errors are those of client.h. What is created carries a client token, so it may be sent again.
 */
#ifndef SHAKETABLE_AWS_FIS_H
#define SHAKETABLE_AWS_FIS_H

#include "aws/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIS_ID_MAX 65
#define FIS_NAME_MAX 65
#define FIS_ACTION_ID_MAX 129
#define FIS_STATUS_MAX 16
#define FIS_REASON_MAX 513
#define FIS_ACTIONS_MAX 20
#define FIS_TAG_VALUE_MAX 256 /* characters */

struct fis_action_state {
    char name[FIS_NAME_MAX];
    char action_id[FIS_ACTION_ID_MAX];
    char status[FIS_STATUS_MAX]; /* pending, initiating, running, completed, stopped, failed, skipped, … */
    char reason[FIS_REASON_MAX];
    int64_t started_ms, ended_ms; /* epoch; 0: not yet */
};
struct fis_experiment {
    char id[FIS_ID_MAX];
    char template_id[FIS_ID_MAX];
    char status[FIS_STATUS_MAX]; /* pending, initiating, running, completed, stopping, stopped, failed, … */
    char reason[FIS_REASON_MAX]; /* with the error's code and place, where FIS tells them */
    int64_t created_ms, started_ms, ended_ms;
    size_t action_count;
    struct fis_action_state actions[FIS_ACTIONS_MAX];
};

/* One of an experiment: anything else may still change. */
bool fis_status_is_final(const char *status);

/* `input` is CreateExperimentTemplate's; a client token of ours is added. */
bool fis_create_template(struct aws_client *client, struct json_object *input, const char *token,
                         char id[FIS_ID_MAX], struct error *error);
bool fis_delete_template(struct aws_client *client, const char *id, struct error *error);
/* The template as GetExperimentTemplate gives it, owned by the caller. */
bool fis_get_template(struct aws_client *client, const char *id, struct json_object **template,
                      struct error *error);
/* `tags` may be NULL. With `preview` (actionsMode skip-all) targets are resolved and no action is taken. */
bool fis_start_experiment(struct aws_client *client, const char *template_id, const char *token, bool preview,
                          struct json_object *tags, struct fis_experiment *out, struct error *error);
bool fis_get_experiment(struct aws_client *client, const char *id, struct fis_experiment *out,
                        struct error *error);
/* One that has ended already is no error; `out` is then how it ended. */
bool fis_stop_experiment(struct aws_client *client, const char *id, struct fis_experiment *out,
                         struct error *error);

/* All pages, as arrays of the answers' own objects, owned by the caller. NULL after an error. */
bool fis_list_templates(struct aws_client *client, struct json_object **out, struct error *error);
/* `template_id` NULL: of all templates. */
bool fis_list_experiments(struct aws_client *client, const char *template_id, struct json_object **out,
                          struct error *error);
bool fis_list_actions(struct aws_client *client, struct json_object **out, struct error *error);
/* {"id","description","parameters":{NAME:{"description","required"}},"targets":{KEY:{"resourceType"}}} */
bool fis_get_action(struct aws_client *client, const char *id, struct json_object **out, struct error *error);
/* [{"resourceType","targetName","targetInformation":{…}}] */
bool fis_list_resolved_targets(struct aws_client *client, const char *experiment_id, struct json_object **out,
                               struct error *error);

/* From an `experiment` object, or one of ListExperiments. No call. */
void fis_read_experiment(struct fis_experiment *out, struct json_object *raw);
/* A tag's value, "" if there is none; `raw` is a template or an experiment. */
const char *fis_tag(struct json_object *raw, const char *key);

#endif
