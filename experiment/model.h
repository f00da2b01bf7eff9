/*
 * model: what the console shows, as one immutable snapshot, and what it asks for, as intents.
 *
 * The experiment's thread builds a snapshot up to ten times a second and publishes it; a screen (or a
 * headless command) retains it, reads it, releases it. Nobody writes to a published snapshot.
 * All texts are UTF-8. Times: `_ms` epoch milliseconds unless it is a length.
 */
#ifndef SHAKETABLE_EXPERIMENT_MODEL_H
#define SHAKETABLE_EXPERIMENT_MODEL_H

#include "core/fault.h"
#include "core/hist.h"
#include "core/stats.h"
#include "experiment/choices.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_NAME_MAX 256
#define MODEL_ARN_MAX 512
#define MODEL_TEXT_MAX 256

/* ── the tree: clusters, services, target groups ─────────────────────────────────────────── */

/* An account may have thousands of services: each part is one block of memory, as large as its texts are,
 * counted, and shared by all snapshots in which it is the same. */

enum model_loading { MODEL_UNKNOWN, MODEL_LOADING, MODEL_LOADED, MODEL_FAILED };

struct model_target {
    const char *address;
    int port;
    const char *state;  /* ELBv2's word: "healthy", "initial", "unhealthy", "draining", "unused", … */
    const char *reason; /* ELBv2's, "" if none */
};
#define MODEL_TARGETS_MAX 256
struct model_target_group {
    unsigned references;
    const char *name;
    const char *arn;
    const char *protocol; /* "" as long as it is not known */
    int port;             /* that of the service's mapping: the container's */
    bool known;           /* its targets have been read */
    size_t healthy, total;
    size_t target_count; /* of those kept in targets */
    struct model_target *targets;
};
struct model_service {
    unsigned references;
    bool known; /* false: as yet there is its name alone */
    const char *name;
    const char *arn;
    int desired, running, pending;
    const char *task_definition; /* "checkout:41" */
    const char *launch_type;
    const char *rollout;       /* "COMPLETED", "IN_PROGRESS", "FAILED" */
    int64_t deployed_ms;       /* of the primary deployment */
    bool production;           /* tagged environment/env/stage = prod or production */
    bool injected;             /* it runs a revision of ours, whoever made it */
    bool prepared;             /* … which has no sidecar, but what FIS needs; known with the operator */
    const char *experiment_id; /* of that, "" if none */
    const char *operator_name;
    const char *client_stats; /* where its clients' round trips are served, "tcp:ADDR:PORT"; "" if nowhere */
    const char *why_not;      /* why it can't be injected as far as the tree knows, "" if it can */
    size_t target_group_count;
    struct model_target_group **target_groups;
};
struct model_cluster {
    unsigned references;
    const char *name;
    const char *arn;
    enum model_loading loading; /* of its services; UNKNOWN: nobody has asked for them yet */
    const char *problem;
    int active_services; /* how many the cluster itself tells of */
    size_t service_count;
    struct model_service **services; /* by name */
};
struct model_inventory {
    unsigned references;             /* the experiment's own; readers hold the snapshot */
    enum model_loading loading;      /* LOADING: something that is on the screen is awaited */
    char problem[ERROR_MESSAGE_MAX]; /* why it failed: to be shown whole */
    int64_t read_ms;
    size_t cluster_count;
    struct model_cluster **clusters; /* by name */
};
/* Names a cluster (service "") or a service in INTENT_VISIBLE. */
uint64_t model_key(const char *cluster, const char *service);

/* ── the experiment ──────────────────────────────────────────────────────────────────────── */

enum model_phase {
    MODEL_IDLE,        /* none */
    MODEL_PLANNING,    /* preflight and plan are being read */
    MODEL_PLANNED,     /* waits for the confirmation */
    MODEL_ARMING,      /* the sidecars are being put in */
    MODEL_ARMED,       /* they pass through; the baseline is being measured */
    MODEL_INJECTING,   /* the faults are live */
    MODEL_RECOVERING,  /* rolling back: traffic is clean first, then the service is restored */
    MODEL_RESTORED,    /* all is as it was */
    MODEL_FAILED_PHASE /* it ended with something left to do, or was refused; see problem */
};
const char *model_phase_name(enum model_phase phase); /* "planned", "arming", … as in the design */

enum model_severity { MODEL_NOTE, MODEL_WARNING, MODEL_STOP };
struct model_finding {
    enum model_severity severity;
    char what[MODEL_TEXT_MAX];
    char why[MODEL_TEXT_MAX];
    char advice[MODEL_TEXT_MAX]; /* what to do */
};
#define MODEL_FINDINGS_MAX 32
struct model_plan {
    unsigned references;
    bool refused;             /* there is a finding of severity stop */
    bool must_type_name;      /* a production service: the confirmation asks for its name */
    int64_t estimate_ms;      /* of the deployment */
    char *diff;               /* unified diff, lines start with ' ', '+', '-', '@' */
    size_t finding_count;     /* by severity, the stops first */
    size_t findings_left_out; /* there were more than could be kept: the least severe are missing */
    struct model_finding findings[MODEL_FINDINGS_MAX];
};

enum model_step_state { MODEL_STEP_TODO, MODEL_STEP_DOING, MODEL_STEP_DONE, MODEL_STEP_FAILED };
struct model_step {
    enum model_step_state state;
    char name[64];    /* "Register revision", "Tasks running", "Targets healthy", "Baseline" */
    char detail[128]; /* "2 of 3" */
    int done, total;  /* total 0: not counted */
};
#define MODEL_STEPS_MAX 8

enum model_sidecar_state {
    MODEL_SIDECAR_CONNECTING,
    MODEL_SIDECAR_CLEAN,       /* reached, passes through */
    MODEL_SIDECAR_LIVE,        /* has acknowledged the experiment's current faults */
    MODEL_SIDECAR_BEHIND,      /* reached, has not yet acknowledged the latest change */
    MODEL_SIDECAR_UNREACHABLE, /* was not reached or lost; never shown as zero */
    MODEL_SIDECAR_SILENT,      /* not reached on purpose, and its log says nothing (yet) */
};
#define MODEL_SPARK_MAX 16
struct model_sidecar {
    char task_id[64];
    char address[64];
    int port; /* that it listens on for traffic */
    enum model_sidecar_state state;
    char problem[128];
    int64_t lease_left_ms; /* a length */
    int64_t heard_ms;      /* when it last spoke, 0: never */
    double per_second;
    uint64_t held;
    double spark[MODEL_SPARK_MAX]; /* median round trip in µs, one a second, the newest last; < 0: none */
};
#define MODEL_SIDECARS_MAX 128
#define MODEL_GUARD_VALUE_MAX 64

struct model_figures {
    uint64_t n;
    double p50_us, p90_us, p99_us, p999_us; /* < 0: too few samples to say */
    double error_percent;                   /* of all requests: injected errors, resets, failures */
    double lost_percent;                    /* client gone, blackholed, refused */
    double per_second;
};

enum model_guard_state {
    MODEL_GUARD_WAITING, /* not looked at yet */
    MODEL_GUARD_OK,
    MODEL_GUARD_HOLDS,   /* what it guards against is the case, for held_ms */
    MODEL_GUARD_FEW,     /* too few requests to say, for held_ms */
    MODEL_GUARD_MISSING, /* its metric has not arrived, for held_ms */
    MODEL_GUARD_TRIPPED
};
struct model_guard {
    enum model_guard_state state;
    char text[CHOICES_GUARD_MAX];      /* as it was written */
    char name[32];                     /* "p99", "alarm" */
    char now[MODEL_GUARD_VALUE_MAX];   /* "812 ms", "ALARM"; "" if not known */
    char limit[MODEL_GUARD_VALUE_MAX]; /* "> 500 ms"; an alarm's name */
    double value;                      /* in `unit`; < 0: not known, or an alarm */
    double threshold;
    const char *unit; /* "ms", "percent", "per_second", "count", ""; static */
    bool missing_ok;
    int64_t held_ms;  /* lengths */
    int64_t trips_ms; /* when held_ms comes to it, it trips; < 0: it does not in this state */
};
const char *model_guard_state_name(enum model_guard_state state); /* "ok", "holds", "few", "missing", … */

#define MODEL_ACTION_ID_MAX 129
/* Of an experiment that is a series of actions: of FIS's, or of a template. */
struct model_action {
    char name[65];
    char action_id[MODEL_ACTION_ID_MAX];
    char status[16]; /* FIS's words: "pending", "running", "completed", "stopped", "failed", "skipped", … */
    char reason[MODEL_TEXT_MAX];
    int64_t started_ms, ended_ms; /* 0: not yet */
};
#define MODEL_ACTIONS_MAX 20

struct model_experiment {
    enum model_phase phase;
    char id[32];
    char engine[16];
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    double blast_radius;               /* percent of the traffic that a canary gets; 0: in place */
    bool ours;                         /* this process runs it */
    bool live_faders;                  /* its faults can be changed while they are live */
    char dependencies[MODEL_TEXT_MAX]; /* "dynamodb, sqs": its calls to these have the faults; "": calls to it
                                        */
    char title[MODEL_TEXT_MAX];        /* of a template, what it says of itself; "" */
    char fis_template[65];             /* the ids that FIS gave; "" */
    char fis_experiment[65];
    char fis_status[16]; /* FIS's word for it */
    size_t action_count;
    struct model_action actions[MODEL_ACTIONS_MAX];
    enum choices_reach reach; /* how its sidecars are spoken to; AUTO: not chosen yet */
    int64_t faults_from_ms;   /* reach none: they begin by themselves then; else 0 */
    struct fault live;  /* what the sidecars have acknowledged: the last faults that all reached ones run */
    struct fault asked; /* what was last sent (equal to live once acknowledged) */
    size_t live_on, live_of; /* sidecars that acknowledged `asked`, of how many there should be */
    size_t unreachable;      /* of these: not spoken with now */
    size_t beyond;           /* of live_of: more than can be steered, and not in sidecars[] */
    double last_ack_ms;      /* how long the last change took until all had it, < 0: none yet */
    int64_t slow_ms;         /* its faults take no two changes within so long; 0: they follow at once */
    bool changing;           /* slow_ms > 0: a change was sent that not all have acknowledged yet */
    bool change_waits;       /* … and `asked` is a newer one, which is sent once it can be */
    int64_t next_change_ms;  /* … before it none can be; 0: one can */
    double clean_ms;         /* how long R took until all traffic was clean, < 0: not yet */
    int64_t started_ms;      /* when the faults went live, 0: not yet */
    int64_t ends_ms;         /* 0: open end */
    int64_t deadline_ms;     /* the sidecars go clean by themselves then */
    struct model_plan *plan;
    size_t step_count;
    struct model_step steps[MODEL_STEPS_MAX];
    int64_t step_started_ms;
    int64_t estimate_ms;           /* a length: what is left of arming or restoring, 0: unknown */
    bool left_to_others;           /* restored means: someone deployed meanwhile and that was left as it is */
    char way_back[MODEL_TEXT_MAX]; /* "checkout:41, saved" */
    char problem[ERROR_MESSAGE_MAX];
    int exit_status; /* of the contract, once it has ended */
    size_t sidecar_count;
    struct model_sidecar sidecars[MODEL_SIDECARS_MAX];
    bool guard_tripped; /* `problem` says which, and why */
    size_t guard_count;
    struct model_guard guards[CHOICES_GUARDS_MAX];
};

/* ── the experiments there are, by their journals here and by their labels in AWS ─────────── */

enum model_record_state {
    MODEL_RECORD_RUNNING,   /* a process of this machine runs it, be it this one */
    MODEL_RECORD_DEAD,      /* not ended, and the process that ran it is gone */
    MODEL_RECORD_ELSEWHERE, /* not ended, and begun by somebody else or with its journal elsewhere */
    MODEL_RECORD_PREPARED,  /* a service that has what FIS needs, until that is taken back; no process */
    MODEL_RECORD_ENDED      /* the service is as it was */
};
const char *model_record_state_name(enum model_record_state state); /* "running", "dead", … */

#define MODEL_FIS_ID_MAX 65

struct model_record {
    enum model_record_state state;
    char id[32];
    char engine[16]; /* "sidecar", "canary", "fis", "prepare" */
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char operator_name[128]; /* user@host */
    bool mine;               /* that is who asks */
    bool here;               /* of the account and region that are looked at */
    bool journal, labels;    /* where it was found */
    char region[64];
    char phase[16];                    /* of its journal; "" without one */
    char faults[MODEL_TEXT_MAX];       /* as begun; "" without a journal */
    char dependencies[MODEL_TEXT_MAX]; /* as the experiment's */
    char way_back[MODEL_NAME_MAX];     /* "checkout:41" */
    int64_t begun_ms;
    int64_t deadline_ms;                 /* the faults are gone by then */
    int64_t last_ms;                     /* its journal's last line, 0: none */
    char *story;                         /* its journal's lines for people, each with a \n; NULL */
    char fis_template[MODEL_FIS_ID_MAX]; /* what FIS has of it; "" */
    char fis_experiment[MODEL_FIS_ID_MAX];
    char fis_status[16]; /* FIS's word for the latter */
};

/* What AWS FIS holds, ours or not. Those experiments that have not ended first, then the newest first. */
struct model_fis_template {
    char id[MODEL_FIS_ID_MAX];
    char description[MODEL_TEXT_MAX];
    char experiment[32]; /* ours: of this one */
    bool runs;           /* an experiment of it has not ended */
    int64_t created_ms;
};
struct model_fis_experiment {
    char id[MODEL_FIS_ID_MAX];
    char template_id[MODEL_FIS_ID_MAX];
    char status[16]; /* FIS's word */
    char reason[MODEL_TEXT_MAX];
    char experiment[32]; /* ours: of this one */
    bool preview;        /* ours, and it only resolved its targets */
    bool ended;
    int64_t created_ms;
};
#define MODEL_FIS_TEMPLATES_MAX 200
#define MODEL_FIS_EXPERIMENTS_MAX 200
struct model_fis {
    bool looked;
    bool refused;                    /* it may not be asked or is not there, and is not asked again */
    char problem[ERROR_MESSAGE_MAX]; /* "FIS was not looked at: …"; "" */
    size_t template_count, templates_left_out;
    struct model_fis_template *templates;
    size_t experiment_count, experiments_left_out;
    struct model_fis_experiment *experiments;
};

struct model_records {
    unsigned references;
    bool journals;                   /* this machine's were read */
    bool searched;                   /* AWS was looked at too */
    char problem[ERROR_MESSAGE_MAX]; /* why it could not be, "" */
    size_t count;
    struct model_record *items; /* those not ended first, then the prepared ones; of each the newest first */
    struct model_fis fis;
};
/* NULL: there is none of that id. */
const struct model_fis_template *model_fis_template_of(const struct model_records *records, const char *id);
const struct model_fis_experiment *model_fis_experiment_of(const struct model_records *records,
                                                           const char *id);
/* R may roll it back from here, and nobody on this machine runs it. */
bool model_record_is_orphan(const struct model_record *record);
/* Nobody can be meant to come back to it: not left on purpose, nor somebody else's, before its deadline. */
bool model_record_is_abandoned(const struct model_record *record, int64_t now_ms);

/* ── profiles that the AWS CLI's files hold ──────────────────────────────────────────────── */

#define MODEL_PROFILES_MAX 256
struct model_profile {
    char name[64];
    char region[64]; /* "" if it names none */
};
struct model_profiles {
    unsigned references;
    size_t count;
    struct model_profile items[MODEL_PROFILES_MAX]; /* by name, "default" first */
};
/* AWS's regions, by name; NULL after the last. */
const char *model_region_at(size_t index);

/* ── the actions that the account's FIS has ──────────────────────────────────────────────── */

struct model_catalogue_parameter {
    const char *name, *description;
    bool required;
};
#define MODEL_CATALOGUE_PARAMETERS_MAX 50
struct model_catalogue_action {
    unsigned references;
    enum model_loading loading; /* of its parameters: a list of actions does not tell them */
    const char *problem;        /* why they could not be read */
    const char *id, *description;
    const char *target_key, *resource_type; /* its target, both "" where it has none */
    size_t target_count;                    /* more than one: only the first is told */
    size_t parameter_count;
    struct model_catalogue_parameter *parameters; /* those that are required first */
};
#define MODEL_CATALOGUE_MAX 1024
struct model_catalogue {
    unsigned references;
    enum model_loading loading;      /* of the list */
    char problem[ERROR_MESSAGE_MAX]; /* why it could not be read */
    size_t count;
    struct model_catalogue_action **actions; /* by id */
};
/* NULL: not there, or there is no catalogue. */
const struct model_catalogue_action *model_catalogue_find(const struct model_catalogue *catalogue,
                                                          const char *id);

/* ── what is measured ────────────────────────────────────────────────────────────────────── */

enum model_source {
    MODEL_SOURCE_NONE,    /* nothing measures this service */
    MODEL_SOURCE_CLIENTS, /* the service's clients (tag shaketable:client-stats) */
    MODEL_SOURCE_SIDECARS /* our sidecars in front of it */
};
/* Bands of the heatmap: a sixth of a decade each, from 10 µs. */
#define MODEL_BANDS 42
double model_band_low_us(size_t band);
#define MODEL_COLUMN_MS 1500
#define MODEL_COLUMNS 120 /* three minutes */
struct model_column {
    int64_t start_ms;
    bool measured; /* false: nothing was heard then, which is not the same as zero */
    uint32_t bands[MODEL_BANDS];
    uint32_t errors, lost;
};
struct model_marker {
    int64_t at_ms;
    char text[48]; /* "latency 800 ms", "clean" */
};
#define MODEL_MARKERS_MAX 16
#define MODEL_WINDOW_MS 10000

struct model_series {
    enum model_source source;
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char dependencies[MODEL_TEXT_MAX]; /* the calls to these are measured, not those to the service; "" */
    bool within;                       /* inside what is faulted: the faults' own part is not in it */
    int64_t heard_ms;                  /* the latest figure's age is now_ms - heard_ms */
    char problem[MODEL_TEXT_MAX];
    int64_t window_ms;
    struct hist window;   /* round trips of the last window_ms */
    struct hist baseline; /* total 0: none yet */
    struct model_figures now;
    struct model_figures before;
    /* Of `now`: the requests that the faults in force are meant for, and those they are not meant for, with
     * whom they compare. n is 0 in both where there are none, so in `control` where the faults are meant for
     * all. */
    struct model_figures scoped;
    struct model_figures control;
    size_t column_count; /* oldest first */
    struct model_column columns[MODEL_COLUMNS];
    size_t marker_count;
    struct model_marker markers[MODEL_MARKERS_MAX];
};

/* ── the rest ────────────────────────────────────────────────────────────────────────────── */

enum model_log_level { MODEL_LOG_INFO, MODEL_LOG_GOOD, MODEL_LOG_WARNING, MODEL_LOG_ERROR };
struct model_log_line {
    int64_t at_ms;
    enum model_log_level level;
    char text[MODEL_TEXT_MAX];
};
#define MODEL_LOG_MAX 200

struct model_place {
    char profile[64];
    char region[64];
    char account[32];
    char endpoint[256]; /* "" for AWS itself */
    bool embedded;      /* the embedded region of `shaketable demo` */
    bool read_only;
    char throttled[32];      /* the service that AWS throttles, "ECS"; "": none */
    double calls_per_second; /* to that service, as we hold back */
};

/* Somebody is to give the code of an MFA device. */
struct model_question {
    unsigned number; /* 0: none; each question has another */
    char serial[256];
};
#define MODEL_CODE_MAX 8
bool model_code_is_valid(const char *code); /* six digits */

struct model {
    unsigned references; /* see model_retain */
    uint64_t version;
    int64_t now_ms;
    struct model_place place;
    struct model_question question;
    struct model_inventory *inventory;
    struct model_records *records;     /* NULL: not read yet */
    struct model_profiles *profiles;   /* likewise */
    struct model_catalogue *catalogue; /* likewise, once it was asked for */
    struct model_experiment experiment;
    struct model_series series; /* of the selected service, or of the experiment's while that is selected */
    size_t log_count;           /* oldest first */
    struct model_log_line log[MODEL_LOG_MAX];
};

/* Thread-safe. */
void model_retain(struct model *model);
void model_release(struct model *model);
const struct model_service *model_find_service(const struct model *model, const char *cluster,
                                               const char *service);
/* True while faults are, or may be, in the way of traffic, or our sidecars are in the service: R has work to
 * do. */
bool model_is_active(const struct model *model);

/* ── intents ─────────────────────────────────────────────────────────────────────────────── */

struct template;

enum intent_kind {
    INTENT_SELECT,     /* watch cluster/service */
    INTENT_VISIBLE,    /* `visible` is what the tree shows: it is read first, and often */
    INTENT_REFRESH,    /* read the tree anew now */
    INTENT_PLAN,       /* preflight and plan for cluster/service with `fault` and `duration_ms` */
    INTENT_CONFIRM,    /* go on with what was planned */
    INTENT_DISMISS,    /* drop the plan; also acknowledges a restored or failed experiment: back to idle */
    INTENT_ADJUST,     /* the running experiment's faults become `fault` */
    INTENT_CATALOGUE,  /* read which actions FIS has, or (with `action`) the parameters of one */
    INTENT_GUARDS,     /* the experiment's guards become those of `choices`: what is not new goes on */
    INTENT_ROLLBACK,   /* our experiment; with none, `experiment`, or what is found on cluster/service */
    INTENT_FIS_DELETE, /* the template `fis_id`, if it carries our tag and no experiment of it runs */
    INTENT_FIS_STOP,   /* the experiment `fis_id`, whosoever it is */
    INTENT_ANSWER,     /* `code` answers the question of that `number`; "": nobody knows */
    INTENT_LEAVE,      /* let the experiment go on without us until its deadline, and end */
    INTENT_QUIT        /* end; rolls back first if something is active */
};
#define INTENT_VISIBLE_MAX 128
struct intent {
    enum intent_kind kind;
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char experiment[32]; /* rollback: of this one, by its journal or in AWS, instead of cluster/service */
    char fis_id[MODEL_FIS_ID_MAX];
    struct fault fault;
    int64_t duration_ms; /* 0: open end */
    struct choices choices;
    struct template *template; /* plan: instead of the fault; retained, the session's from session_send on */
    bool prepare;              /* plan: no experiment, but what FIS needs of the service's tasks */
    char action[MODEL_ACTION_ID_MAX]; /* catalogue */
    size_t visible_count;
    uint64_t visible[INTENT_VISIBLE_MAX]; /* keys of services, and of clusters that are open; see model_key */
    unsigned number;
    char code[MODEL_CODE_MAX];
};

#endif
