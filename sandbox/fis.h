/*
 * fis: AWS Fault Injection Service in the region: experiment templates, experiments and what they do.
 * Everything is under the region's mutex; templates and experiments belong to the AWS region that the call
 * was signed for. Handlers only change what is wanted; fis_advance takes the steps, on the scheduler's
 * thread. The durations of actions are AWS's at a pace of 1, and are hurried with the region (--fast,
 * --pace).
 */
#ifndef SHAKETABLE_SANDBOX_FIS_H
#define SHAKETABLE_SANDBOX_FIS_H

#include "core/random.h"
#include "sandbox/call.h"
#include "sandbox/region.h"

#include <stdbool.h>
#include <stdint.h>

/* AWS's quotas. */
#define FIS_TEMPLATES_MAX 500
#define FIS_ACTIVE_MAX 5
#define FIS_ACTIONS_MAX 20 /* of a template */
#define FIS_PARALLEL_MAX 10
#define FIS_STOP_CONDITIONS_MAX 5
#define FIS_ARNS_MAX 5 /* of a target */
#define FIS_TAGS_MAX 50
#define FIS_DURATION_MAX_S (12 * 3600)

#define FIS_EXPERIMENTS_KEPT 500 /* the oldest of those that have ended are forgotten */
#define FIS_LEVERS_MAX 32        /* AWS regions whose safety lever was touched */
#define FIS_ID_MAX 32
#define FIS_TOKEN_MAX 1025
#define FIS_NAME_MAX 65
#define FIS_REASON_MAX 513

struct fis_action_type; /* fis_catalogue.h */

struct fis_template {
    char id[FIS_ID_MAX], arn[REGION_ARN_MAX];
    char region[64];
    char token[FIS_TOKEN_MAX];
    struct json_object *asked; /* the request that made it, to know its token again */
    struct json_object *body;  /* description, targets, actions, … as they are answered */
    double created, updated;
};

enum fis_status {
    FIS_PENDING,
    FIS_INITIATING,
    FIS_RUNNING,
    FIS_COMPLETED,
    FIS_STOPPING,
    FIS_STOPPED,
    FIS_FAILED,
    FIS_CANCELLED,
    FIS_SKIPPED, /* an action only */
};
struct fis_action {
    char name[FIS_NAME_MAX];
    struct json_object *json; /* borrowed from the experiment's body */
    const struct fis_action_type *type;
    enum fis_status status;
    char reason[FIS_REASON_MAX];
    double started, ended;
    struct json_object *hit; /* the ARNs of the tasks that it has put a fault on; NULL: none */
    int64_t until_ms;        /* when its duration is over, by the monotonic clock; -1: when it is stopped */
};
struct fis_target {
    char name[FIS_NAME_MAX];
    struct json_object *json;     /* borrowed from the experiment's body */
    struct json_object *resolved; /* a list of ARNs; NULL before they were looked for */
};
struct fis_experiment {
    char id[FIS_ID_MAX], arn[REGION_ARN_MAX];
    char region[64];
    char template_id[FIS_ID_MAX];
    char token[FIS_TOKEN_MAX];
    struct json_object *asked, *body;
    bool skip_all, is_local; /* local: of LocalStack's actions alone, which take no time to begin or end */
    enum fis_status status;
    enum fis_status end; /* what it ends as, while it is stopping */
    char reason[FIS_REASON_MAX], end_reason[FIS_REASON_MAX];
    char error_code[64], error_location[FIS_NAME_MAX + 16];
    double created, started, ended;
    int64_t since_ms; /* in this state */
    struct fis_action actions[FIS_ACTIONS_MAX];
    size_t action_count;
    struct fis_target *targets;
    size_t target_count;
};

struct fis_lever {
    char region[64];
    bool engaged;
    char reason[FIS_REASON_MAX];
};
struct fis {
    struct list templates, experiments; /* by age */
    struct fis_lever levers[FIS_LEVERS_MAX];
    size_t lever_count;
    struct random random;
};

void fis_template_free(struct fis_template *template);
struct fis *fis_new(void);
/* All experiments must have ended (fis_end_all). */
void fis_free(struct fis *fis);

/* One step of all experiments; true while one is about to take another soon. */
bool fis_advance(struct region *region, int64_t now_ms);
/* Ends all experiments and their faults, at once. */
void fis_end_all(struct region *region);
/* The templates, for the state that tests compare; the caller owns it. */
struct json_object *fis_state_json(const struct region *region);

/* The AWS region of a call. */
const char *fis_region_of(const struct region *region, const struct call *call);
/* ValidationException; false. */
bool fis_invalid(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The request's clientToken, borrowed from it; false: it has none, and the call has failed. */
bool fis_take_token(struct call *call, const char **token);
bool fis_not_found(struct call *call, const char *what, const char *id);
struct fis_template *fis_find_template(struct region *region, const struct call *call, const char *id);
struct fis_experiment *fis_find_experiment(struct region *region, const struct call *call, const char *id);

/* fis_experiment.c, fis_run.c */
struct fis_experiment *fis_experiment_new(struct region *region, const struct fis_template *from);
void fis_experiment_free(struct fis_experiment *experiment);
bool fis_is_over(const struct fis_experiment *experiment);
/* Without a wait: what is of LocalStack's kind is running when this returns. */
void fis_begin(struct region *region, struct fis_experiment *experiment, int64_t now_ms);
/* Begins to end it as `end`; one of LocalStack's has ended when this returns. */
void fis_stop(struct region *region, struct fis_experiment *experiment, enum fis_status end,
              const char *reason, int64_t now_ms);
struct json_object *fis_experiment_json(const struct fis_experiment *experiment);
/* The alarm among its stop conditions that is in ALARM; "" or NULL: none. `missing`: one that is not there.
 */
const char *fis_alarm_of(const struct region *region, struct json_object *body, const char **missing);
/* In the AWS region; NULL: it was never touched. */
struct fis_lever *fis_find_lever(struct region *region, const char *name);

/* fis_target.c */
/* Finds what the experiment's targets name, each once. False: one names nothing, and *name is which. */
bool fis_resolve(struct region *region, struct fis_experiment *experiment, const char **name);
/* True when the filters ([{path, values}], paths in PascalCase) all hold for a description. */
bool fis_filters_hold(struct json_object *filters, struct json_object *description);
/* Keeps as many of the list as the selection mode says, by chance. */
void fis_select(struct random *random, struct json_object *list, const char *mode);

/* fis_act.c, fis_act_ecs.c */
/* Begins what the action does. False: it could not, and `error` says why. */
bool fis_act_start(struct region *region, struct fis_experiment *experiment, struct fis_action *action,
                   struct error *error);
/* Takes back what it did and can be taken back. */
void fis_act_end(struct region *region, struct fis_experiment *experiment, struct fis_action *action);
bool fis_act_on_tasks(struct region *region, struct fis_experiment *experiment, struct fis_action *action,
                      struct error *error);
void fis_act_off_tasks(struct region *region, struct fis_experiment *experiment, struct fis_action *action);
/* The target that an action works on; NULL: it has none. */
struct fis_target *fis_target_of(struct fis_experiment *experiment, const struct fis_action *action);

#endif
