#include "tests/ui/fixture.h"

#include "tests/ui/fixture_agent.h"
#include "tests/ui/fixture_fis.h"

#include "core/random.h"
#include "experiment/guards.h"
#include "experiment/model_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTER "storefront"
#define SERVICE "checkout"
#define FIXTURE_TASKS_MAX 4

static const char *const names[FIXTURE_SCENES] = {
    "loading",    "no-credentials", "idle",        "plan",           "production",
    "refused",    "arming",         "armed",       "live",           "behind",
    "recovering", "restored",       "failed",      "offer",          "experiments",
    "record",     "place",          "guards",      "guard",          "tripped",
    "fis",        "fis-experiment", "fis-delete",  "fis-stop",       "fis-refused",
    "prepared",   "engine",         "engine-live", "engine-alone",   "actions",
    "catalogue",  "form",           "form-other",  "notes",          "agent",
    "agent-plan", "agent-live",     "dependency",  "dependency-live"};

const char *fixture_scene_name(enum fixture_scene scene)
{
    return names[scene];
}

void fixture_fault(struct fault *fault)
{
    fault_init(fault);
    fault->latency.mean_ms = 800;
    fault->latency.jitter_ms = 50;
    fault->loss.percent = 2;
    fault->error.percent = 10;
}

static struct model_service *make_service(const char *name, int tasks, int revision, bool well)
{
    char group_name[64], definition[64], addresses[FIXTURE_TASKS_MAX][32];
    struct model_target targets[FIXTURE_TASKS_MAX];
    for (int i = 0; i < tasks; i++) {
        snprintf(addresses[i], sizeof addresses[i], "10.0.%d.%d", i + 1, 7 - i * 3 + revision % 40);
        targets[i] = (struct model_target){
            .address = addresses[i], .port = 8080, .state = well || i > 0 ? "healthy" : "unhealthy"};
    }
    snprintf(group_name, sizeof group_name, "tg-%.40s", name);
    snprintf(definition, sizeof definition, "%.40s:%d", name, revision);
    const struct model_target_group group = {.name = group_name,
                                             .protocol = "HTTP",
                                             .port = 8080,
                                             .known = true,
                                             .healthy = (size_t)(well ? tasks : 0),
                                             .total = (size_t)tasks,
                                             .target_count = (size_t)tasks,
                                             .targets = targets};
    struct model_target_group *groups[] = {model_target_group_new(&group)};
    const struct model_service service = {.known = true,
                                          .name = name,
                                          .task_definition = definition,
                                          .launch_type = "FARGATE",
                                          .rollout = "COMPLETED",
                                          .desired = tasks,
                                          .running = well ? tasks : 0,
                                          .deployed_ms = FIXTURE_NOW_MS - 94000,
                                          .production = strcmp(name, "ledger") == 0,
                                          .target_group_count = 1,
                                          .target_groups = groups};
    struct model_service *made = model_service_new(&service);
    model_target_group_release(groups[0]);
    return made;
}

/* The inventory gets the cluster; the services' references go over. */
static void add_cluster(struct model_inventory *inventory, const char *name, struct model_service **services,
                        size_t count)
{
    const struct model_cluster cluster = {.name = name,
                                          .loading = MODEL_LOADED,
                                          .active_services = (int)count,
                                          .service_count = count,
                                          .services = services};
    model_inventory_add(inventory, model_cluster_new(&cluster));
    for (size_t i = 0; i < count; i++)
        model_service_release(services[i]);
}

struct model_inventory *fixture_inventory(void)
{
    struct model_inventory *inventory = model_inventory_new(2);
    struct model_service *store[] = {make_service("catalog", 2, 12, true), make_service(SERVICE, 3, 41, true),
                                     make_service("web", 2, 7, true)};
    struct model_service *pay[] = {make_service("fraud", 1, 3, false), make_service("ledger", 2, 19, true)};
    inventory->loading = MODEL_LOADED;
    inventory->read_ms = FIXTURE_NOW_MS - 2000;
    add_cluster(inventory, CLUSTER, store, 3);
    add_cluster(inventory, "payments", pay, 2);
    return inventory;
}

struct model_inventory *fixture_big_inventory(size_t clusters, size_t services)
{
    static const char *const words[] = {"api", "worker", "gateway", "indexer"};
    struct model_inventory *inventory = model_inventory_new(clusters);
    struct model_service **list = calloc(services + 1, sizeof(struct model_service *));
    inventory->loading = MODEL_LOADED;
    for (size_t i = 0; i < clusters; i++) {
        char name[64];
        for (size_t k = 0; k < services; k++) {
            snprintf(name, sizeof name, "svc-%03zu-%03zu-%s", i, k, words[(i + k) % 4]);
            list[k] = make_service(name, 1 + (int)(k % 4), 1, true);
        }
        snprintf(name, sizeof name, "cluster-%03zu", i);
        add_cluster(inventory, name, list, services);
    }
    free(list);
    return inventory;
}

/* The service of the scenes becomes another. */
static void change_checkout(struct model *model, bool injected, const char *operator_name,
                            const char *definition)
{
    struct model_service **slot = &model->inventory->clusters[0]->services[1];
    struct model_service draft = **slot;
    draft.injected = injected;
    draft.operator_name = operator_name;
    draft.task_definition = definition;
    struct model_service *changed = model_service_new(&draft);
    model_service_release(*slot);
    *slot = changed;
}

static void add_finding(struct model_plan *plan, enum model_severity severity, const char *what,
                        const char *why, const char *advice)
{
    struct model_finding *finding = &plan->findings[plan->finding_count++];
    finding->severity = severity;
    snprintf(finding->what, sizeof finding->what, "%s", what);
    snprintf(finding->why, sizeof finding->why, "%s", why);
    snprintf(finding->advice, sizeof finding->advice, "%s", advice);
}

struct model_plan *fixture_plan(bool refused, bool production)
{
    struct model_plan *plan = model_plan_new();
    plan->refused = refused;
    plan->must_type_name = production;
    plan->estimate_ms = 48000;
    if (refused) {
        add_finding(plan, MODEL_STOP, "A deployment is under way (checkout:42, 1 of 3 tasks).",
                    "Changing the service now would mix our revision with it.",
                    "Wait until it is COMPLETED, then plan again.");
        add_finding(plan, MODEL_WARNING, "It is registered in Cloud Map.",
                    "Clients that find its tasks by DNS go past the sidecar.",
                    "Only traffic of the load balancer is faulted.");
        plan->findings_left_out = 2;
    }
    add_finding(plan, MODEL_NOTE, "Health checks (/health) pass clean.",
                "Otherwise ECS would kill the tasks under test.", "");
    plan->diff = strdup("--- checkout:41\n+++ shaketable-checkout (new)\n@@ task definition checkout:41 -> "
                        "shaketable-checkout @@\n"
                        "   \"containerDefinitions\": [\n"
                        "     { \"name\": \"app\", \"image\": \"shop/checkout:2.8\" },\n"
                        "+    { \"name\": \"shaketable\", \"image\": \"shaketable/proxy:0.1\",\n"
                        "+      \"essential\": true, \"portMappings\": [ { \"containerPort\": 15000 } ] }\n"
                        "   ]\n"
                        "@@ UpdateService checkout @@\n"
                        "-  \"taskDefinition\": \"checkout:41\"\n"
                        "+  \"taskDefinition\": \"shaketable-checkout:1\"\n"
                        "-  tg-checkout -> app:8080\n"
                        "+  tg-checkout -> shaketable:15000\n");
    return plan;
}

/* ── what is measured ────────────────────────────────────────────────────────────────────── */

static double draw_us(struct random *random, double added_ms)
{
    double us = 12000 * exp(0.35 * random_normal(random));
    if (added_ms > 0)
        us += added_ms * 1000 + random_normal(random) * 50000;
    return us > 200 ? us : 200;
}

static void figures_of(struct model_figures *figures, const struct hist *hist, double errors, double lost,
                       double rate)
{
    figures->n = hist->total;
    static const double percentiles[] = {50, 90, 99, 99.9};
    double *into[] = {&figures->p50_us, &figures->p90_us, &figures->p99_us, &figures->p999_us};
    for (int i = 0; i < 4; i++)
        *into[i] =
            hist_percentile_is_known(hist, percentiles[i]) ? hist_percentile(hist, percentiles[i]) : -1;
    figures->error_percent = errors;
    figures->lost_percent = lost;
    figures->per_second = rate;
}

static size_t band_of(double us)
{
    double band = floor(log10(us / 10) * 6);
    return band < 0 ? 0 : band >= MODEL_BANDS ? MODEL_BANDS - 1 : (size_t)band;
}

void fixture_series(struct model_series *series, int64_t now_ms, int64_t live_since_ms, double added_ms,
                    uint64_t seed)
{
    struct random random;
    series->source = MODEL_SOURCE_CLIENTS;
    snprintf(series->cluster, sizeof series->cluster, CLUSTER);
    snprintf(series->service, sizeof series->service, SERVICE);
    series->heard_ms = now_ms - 100;
    series->window_ms = MODEL_WINDOW_MS;
    hist_clear(&series->window);
    hist_clear(&series->baseline);
    random_seed(&random, 7);
    for (int i = 0; i < 9000; i++)
        hist_record(&series->baseline, (uint64_t)draw_us(&random, 0));
    figures_of(&series->before, &series->baseline, 0, 0, 312);
    random_seed(&random, seed);
    bool live = live_since_ms > 0;
    for (int i = 0; i < 3412; i++)
        hist_record(&series->window, (uint64_t)draw_us(&random, live ? added_ms : 0));
    figures_of(&series->now, &series->window, live ? 10.2 : 0, live ? 0.3 : 0, live ? 298 : 313);
    int64_t last = now_ms / MODEL_COLUMN_MS;
    series->column_count = MODEL_COLUMNS;
    for (int i = 0; i < MODEL_COLUMNS; i++) {
        struct model_column *column = &series->columns[i];
        memset(column, 0, sizeof *column);
        column->start_ms = (last - MODEL_COLUMNS + 1 + i) * MODEL_COLUMN_MS;
        column->measured = i % 61 != 17;
        random_seed(&random, (uint64_t)column->start_ms);
        bool hot = live && column->start_ms >= live_since_ms;
        for (int j = 0; j < 300; j++)
            column->bands[band_of(draw_us(&random, hot ? added_ms : 0))]++;
    }
    series->marker_count = 0;
    if (live) {
        series->markers[series->marker_count].at_ms = live_since_ms;
        snprintf(series->markers[series->marker_count++].text, 48, "latency %.0f ms", added_ms);
    }
}

void fixture_sidecars(struct model_experiment *experiment, enum model_sidecar_state state, double us,
                      int64_t now_ms)
{
    experiment->sidecar_count = 3;
    for (size_t i = 0; i < 3; i++) {
        struct model_sidecar *sidecar = &experiment->sidecars[i];
        snprintf(sidecar->address, sizeof sidecar->address, "10.0.%zu.%zu", i + 1, 7 + i);
        snprintf(sidecar->task_id, sizeof sidecar->task_id, "4f1c%zu9ab27e84d1f8c0", i);
        sidecar->port = 15000;
        sidecar->state = state;
        sidecar->heard_ms = now_ms - 80;
        sidecar->lease_left_ms = state == MODEL_SIDECAR_LIVE ? 9200 : 0;
        sidecar->per_second = 99.6;
        sidecar->held = state == MODEL_SIDECAR_LIVE ? 78 + i : 0;
        for (int j = 0; j < MODEL_SPARK_MAX; j++)
            sidecar->spark[j] = j < 8 ? 12000 : us * (1 + 0.1 * ((int)i + j % 3));
    }
}

void fixture_steps(struct model_experiment *experiment, bool restoring, int64_t into_ms)
{
    static const char *const arming[] = {"Register revision", "Update service", "Tasks running",
                                         "Targets healthy", "Baseline"};
    static const char *const back[] = {"Traffic clean", "Update service", "Tasks running",
                                       "Compare with before", "Deregister revision"};
    int64_t each = 2500;
    experiment->step_count = 5;
    for (int i = 0; i < 5; i++) {
        struct model_step *step = &experiment->steps[i];
        memset(step, 0, sizeof *step);
        snprintf(step->name, sizeof step->name, "%s", restoring ? back[i] : arming[i]);
        int64_t mine = into_ms - i * each;
        step->state = mine >= each ? MODEL_STEP_DONE : mine >= 0 ? MODEL_STEP_DOING : MODEL_STEP_TODO;
        if (i == 2 || i == 3) {
            step->total = 3;
            step->done = mine >= each ? 3 : mine > 0 ? (int)(mine * 3 / each) : 0;
            if (mine >= 0)
                snprintf(step->detail, sizeof step->detail, "%d of 3", step->done);
        }
    }
    experiment->estimate_ms = into_ms < 5 * each ? 5 * each - into_ms : 0;
}

/* ── the scenes ──────────────────────────────────────────────────────────────────────────── */

static void log_line(struct model *model, int64_t ago_ms, enum model_log_level level, const char *text)
{
    struct model_log_line *line = &model->log[model->log_count++];
    line->at_ms = model->now_ms - ago_ms;
    line->level = level;
    snprintf(line->text, sizeof line->text, "%s", text);
}

static void start_experiment(struct model *model, enum model_phase phase)
{
    struct model_experiment *experiment = &model->experiment;
    experiment->phase = phase;
    experiment->ours = experiment->live_faders = true;
    snprintf(experiment->id, sizeof experiment->id, "k3x9p2qa");
    snprintf(experiment->engine, sizeof experiment->engine, "sidecar");
    snprintf(experiment->cluster, sizeof experiment->cluster, CLUSTER);
    snprintf(experiment->service, sizeof experiment->service, SERVICE);
    snprintf(experiment->way_back, sizeof experiment->way_back, "checkout:41, saved");
    experiment->last_ack_ms = -1;
    experiment->clean_ms = -1;
    experiment->live_of = 3;
    fixture_fault(&experiment->asked);
}

static void go_live(struct model *model)
{
    struct model_experiment *experiment = &model->experiment;
    start_experiment(model, MODEL_INJECTING);
    experiment->live = experiment->asked;
    experiment->live_on = 3;
    experiment->last_ack_ms = 9;
    experiment->started_ms = model->now_ms - 42000;
    experiment->ends_ms = experiment->started_ms + 300000;
    experiment->deadline_ms = experiment->ends_ms + 30000;
    change_checkout(model, true, "alice@laptop", "shaketable-checkout:1");
    fixture_sidecars(experiment, MODEL_SIDECAR_LIVE, 812000, model->now_ms);
    fixture_series(&model->series, model->now_ms, experiment->started_ms, 800, 11);
    log_line(model, 42000, MODEL_LOG_INFO,
             "latency 0 → 800 ms, errors 0 → 10 %: live on 3 of 3 sidecars in 9 ms");
}

static void scene_without_tree(struct model *model, enum fixture_scene scene)
{
    model->inventory = model_inventory_new(0);
    model->inventory->loading = scene == FIXTURE_LOADING ? MODEL_LOADING : MODEL_FAILED;
    if (scene == FIXTURE_LOADING)
        return;
    snprintf(model->inventory->problem, sizeof model->inventory->problem,
             "No credentials for the profile prod: it is not in ~/.aws/credentials or ~/.aws/config, and the "
             "environment has no AWS_ACCESS_KEY_ID. Sign in with 'aws sso login --profile prod', or choose "
             "another "
             "one with --profile.");
    log_line(model, 1000, MODEL_LOG_ERROR, "no credentials for the profile prod");
}

static void scene_recovering(struct model *model, enum fixture_scene scene)
{
    struct model_experiment *experiment = &model->experiment;
    go_live(model);
    fault_init(&experiment->live);
    fault_init(&experiment->asked);
    experiment->clean_ms = 9;
    experiment->phase = scene == FIXTURE_RECOVERING ? MODEL_RECOVERING
                        : scene == FIXTURE_RESTORED ? MODEL_RESTORED
                                                    : MODEL_FAILED_PHASE;
    fixture_sidecars(experiment, MODEL_SIDECAR_CLEAN, 12000, model->now_ms);
    fixture_steps(experiment, true, scene == FIXTURE_RECOVERING ? 6200 : 20000);
    struct model_marker *marker = &model->series.markers[model->series.marker_count++];
    marker->at_ms = model->now_ms - 6000;
    snprintf(marker->text, sizeof marker->text, "clean");
    if (scene == FIXTURE_RECOVERING) {
        log_line(model, 6000, MODEL_LOG_GOOD, "clean on 3 of 3 sidecars in 9 ms");
        return;
    }
    experiment->sidecar_count = 0;
    if (scene == FIXTURE_RESTORED) {
        change_checkout(model, false, "", "checkout:41");
        log_line(model, 500, MODEL_LOG_GOOD,
                 "all is as it was: checkout:41, 3 of 3 healthy, our revision is gone");
        return;
    }
    experiment->exit_status = 5;
    snprintf(
        experiment->problem, sizeof experiment->problem,
        "UpdateService: AccessDeniedException: the role game-day lacks ecs:UpdateService on checkout. The "
        "traffic "
        "is clean; the service still runs shaketable-checkout:1. Grant the permission, then press R, or run "
        "'shaketable rollback k3x9p2qa'.");
    log_line(model, 500, MODEL_LOG_ERROR, "not restored: UpdateService was denied");
}

static void scene_of_plan(struct model *model, enum fixture_scene scene)
{
    start_experiment(model, scene == FIXTURE_REFUSED ? MODEL_FAILED_PHASE : MODEL_PLANNED);
    model->experiment.plan = fixture_plan(scene == FIXTURE_REFUSED, scene == FIXTURE_PRODUCTION);
    if (scene == FIXTURE_REFUSED)
        snprintf(model->experiment.problem, sizeof model->experiment.problem,
                 "refused by preflight: nothing was changed");
}

static void fill_record(struct model_record *record, const char *id, const char *cluster, const char *service,
                        enum model_record_state state, int minutes_ago)
{
    record->state = state;
    record->mine = record->here = record->journal = record->labels = true;
    snprintf(record->id, sizeof record->id, "%s", id);
    snprintf(record->cluster, sizeof record->cluster, "%s", cluster);
    snprintf(record->service, sizeof record->service, "%s", service);
    snprintf(record->operator_name, sizeof record->operator_name, "ada@laptop");
    snprintf(record->region, sizeof record->region, "us-east-1");
    snprintf(record->phase, sizeof record->phase, state == MODEL_RECORD_ENDED ? "restored" : "injecting");
    snprintf(record->faults, sizeof record->faults, "latency 800 ms ± 50 ms");
    snprintf(record->way_back, sizeof record->way_back, "%s:41", service);
    record->begun_ms = FIXTURE_NOW_MS - minutes_ago * INT64_C(60000);
    record->deadline_ms = record->begun_ms + 20 * INT64_C(60000);
    record->last_ms = record->begun_ms;
}

static struct model_records *make_records(void)
{
    struct model_records *records = model_records_new();
    records->journals = records->searched = true;
    records->count = 6;
    records->items = calloc(records->count, sizeof *records->items);
    struct model_record *items = records->items;
    fill_record(&items[0], "k3x9p2qa", CLUSTER, SERVICE, MODEL_RECORD_DEAD, 12);
    fill_record(&items[1], "b7d0c4ee", "payments", "ledger", MODEL_RECORD_ELSEWHERE, 16);
    items[1].mine = items[1].journal = false;
    snprintf(items[1].operator_name, sizeof items[1].operator_name, "bo@buildhost");
    items[1].phase[0] = items[1].faults[0] = '\0';
    fill_record(&items[2], "aa11bb22", CLUSTER, "web", MODEL_RECORD_RUNNING, 3);
    fill_record(&items[3], "zz90yy80", "lab", "search", MODEL_RECORD_DEAD, 4000);
    items[3].here = items[3].labels = false;
    snprintf(items[3].region, sizeof items[3].region, "eu-west-1");
    fill_record(&items[4], "mm55nn66", CLUSTER, SERVICE, MODEL_RECORD_ENDED, 90);
    fill_record(&items[5], "pp77qq88", CLUSTER, "catalog", MODEL_RECORD_ENDED, 3000);
    items[0].story =
        strdup("13:51:00  begun by ada@laptop: latency 800 ms ± 50 ms\n"
               "13:51:00  arming\n"
               "13:51:00  will RegisterTaskDefinition, undone by: DeregisterTaskDefinition of the "
               "revision with this id\n"
               "13:51:01  did RegisterTaskDefinition: shaketable-checkout:1\n"
               "13:51:44  armed\n13:51:47  injecting\n");
    return records;
}

static void fill_template(struct model_fis_template *template, const char *id, const char *description,
                          const char *ours, int minutes_ago)
{
    snprintf(template->id, sizeof template->id, "%s", id);
    snprintf(template->description, sizeof template->description, "%s", description);
    snprintf(template->experiment, sizeof template->experiment, "%s", ours);
    template->created_ms = FIXTURE_NOW_MS - minutes_ago *INT64_C(60000);
}

static void fill_fis_experiment(struct model_fis_experiment *experiment, const char *id,
                                const char *template_id, const char *status, const char *ours,
                                int minutes_ago)
{
    snprintf(experiment->id, sizeof experiment->id, "%s", id);
    snprintf(experiment->template_id, sizeof experiment->template_id, "%s", template_id);
    snprintf(experiment->status, sizeof experiment->status, "%s", status);
    snprintf(experiment->experiment, sizeof experiment->experiment, "%s", ours);
    experiment->ended = strcmp(status, "running") != 0;
    experiment->created_ms = FIXTURE_NOW_MS - minutes_ago * INT64_C(60000);
}

static void add_fis(struct model_records *records)
{
    struct model_fis *fis = &records->fis;
    struct model_record *items = records->items;
    items[0].state = MODEL_RECORD_DEAD;
    snprintf(items[0].engine, sizeof items[0].engine, "fis");
    snprintf(items[0].way_back, sizeof items[0].way_back, "stop, delete template");
    snprintf(items[0].fis_template, sizeof items[0].fis_template, "EXT2aBcD3eFgH4iJ");
    snprintf(items[0].fis_experiment, sizeof items[0].fis_experiment, "EXP7kLmN8oPqR9sT");
    snprintf(items[0].fis_status, sizeof items[0].fis_status, "running");
    items[3].state = MODEL_RECORD_PREPARED;
    items[3].here = items[3].labels = true;
    snprintf(items[3].engine, sizeof items[3].engine, "prepare");
    snprintf(items[3].phase, sizeof items[3].phase, "prepared");
    items[3].faults[0] = '\0';
    fis->looked = true;
    fis->template_count = 3;
    fis->templates = calloc(3, sizeof *fis->templates);
    fill_template(&fis->templates[0], "EXT2aBcD3eFgH4iJ", "shaketable: latency 800 ms on storefront/checkout",
                  "k3x9p2qa", 12);
    fis->templates[0].runs = true;
    fill_template(&fis->templates[1], "EXT9zYxW8vUtS7rQ", "shaketable: loss 5 % on storefront/web",
                  "dd33ee44", 300);
    fill_template(&fis->templates[2], "EXT4gameday2026a", "Game day: stop a third of the tasks", "", 9000);
    fis->experiment_count = 4;
    fis->experiments = calloc(4, sizeof *fis->experiments);
    fill_fis_experiment(&fis->experiments[0], "EXP3theirs4run5n", "EXT4gameday2026a", "running", "", 5);
    fill_fis_experiment(&fis->experiments[1], "EXP7kLmN8oPqR9sT", "EXT2aBcD3eFgH4iJ", "running", "k3x9p2qa",
                        11);
    fill_fis_experiment(&fis->experiments[2], "EXP6preview7only", "EXT2aBcD3eFgH4iJ", "completed", "k3x9p2qa",
                        12);
    fis->experiments[2].preview = true;
    fill_fis_experiment(&fis->experiments[3], "EXP1failed2last3", "EXT4gameday2026a", "failed", "", 8000);
    snprintf(fis->experiments[3].reason, sizeof fis->experiments[3].reason,
             "Target resolution returned empty set");
}

static struct model_profiles *make_profiles(void)
{
    static const char *const wanted[][2] = {
        {"default", "us-east-1"}, {"prod", "us-east-1"}, {"stage", "eu-west-1"}};
    struct model_profiles *profiles = model_profiles_new();
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct model_profile *profile = &profiles->items[profiles->count++];
        snprintf(profile->name, sizeof profile->name, "%s", wanted[i][0]);
        snprintf(profile->region, sizeof profile->region, "%s", wanted[i][1]);
    }
    return profiles;
}

static struct model_guard *add_guard(struct model_experiment *experiment, const char *text,
                                     enum model_guard_state state, const char *now, double value)
{
    struct choices choices = {.guard_count = 1};
    struct model_experiment one;
    snprintf(choices.guards[0], sizeof choices.guards[0], "%s", text);
    guards_show_choices(&choices, &one);
    struct model_guard *guard = &experiment->guards[experiment->guard_count++];
    *guard = one.guards[0];
    guard->state = state;
    guard->value = value;
    snprintf(guard->now, sizeof guard->now, "%s", now);
    return guard;
}

static void add_guards(struct model_experiment *experiment, bool tripped)
{
    struct model_guard *p99 = add_guard(experiment, "p99 > 500ms for 10s",
                                        tripped ? MODEL_GUARD_TRIPPED : MODEL_GUARD_HOLDS, "1.02 s", 1020);
    p99->held_ms = tripped ? 0 : 3400;
    add_guard(experiment, "errors > 20%", MODEL_GUARD_OK, "10.2 %", 10.2);
    add_guard(experiment, "healthy targets < 2", MODEL_GUARD_OK, "3", 3);
    struct model_guard *alarm = add_guard(experiment, "alarm checkout-5xx", MODEL_GUARD_MISSING, "", -1);
    alarm->held_ms = 6000;
    alarm->trips_ms = 20000;
    add_guard(experiment, "p99.9 > 5s, missing ok", MODEL_GUARD_MISSING, "", -1)->trips_ms = -1;
    experiment->guard_tripped = tripped;
    if (tripped)
        snprintf(experiment->problem, sizeof experiment->problem,
                 "guard 'p99 > 500ms for 10s' tripped: p99 stood at 1.02 s, and it has held for 10 s");
}

struct model *fixture_model(enum fixture_scene scene)
{
    struct model *model = calloc(1, sizeof *model);
    model->references = 1;
    model->version = 1;
    model->now_ms = FIXTURE_NOW_MS;
    snprintf(model->place.profile, sizeof model->place.profile, "prod");
    snprintf(model->place.region, sizeof model->place.region, "us-east-1");
    fault_init(&model->experiment.live);
    fault_init(&model->experiment.asked);
    if (scene == FIXTURE_LOADING || scene == FIXTURE_NO_CREDENTIALS) {
        scene_without_tree(model, scene);
        return model;
    }
    model->inventory = fixture_inventory();
    fixture_series(&model->series, model->now_ms, 0, 0, 11);
    log_line(model, 60000, MODEL_LOG_INFO, "2 clusters, 5 services");
    switch (scene) {
    case FIXTURE_PLAN:
    case FIXTURE_PRODUCTION:
    case FIXTURE_REFUSED:
    case FIXTURE_AGENT_PLAN:
        scene_of_plan(model, scene);
        break;
    case FIXTURE_ARMING:
        start_experiment(model, MODEL_ARMING);
        fixture_steps(&model->experiment, false, 6600);
        break;
    case FIXTURE_ARMED:
        start_experiment(model, MODEL_ARMED);
        fixture_steps(&model->experiment, false, 11000);
        fixture_sidecars(&model->experiment, MODEL_SIDECAR_CLEAN, 12000, model->now_ms);
        break;
    case FIXTURE_LIVE:
        go_live(model);
        break;
    case FIXTURE_DEPENDENCY_LIVE:
        go_live(model);
        snprintf(model->experiment.dependencies, sizeof model->experiment.dependencies, "dynamodb");
        snprintf(model->series.dependencies, sizeof model->series.dependencies, "dynamodb");
        model->series.source = MODEL_SOURCE_SIDECARS;
        break;
    case FIXTURE_BEHIND:
        go_live(model);
        model->experiment.live_on = 2;
        model->experiment.sidecars[1].state = MODEL_SIDECAR_UNREACHABLE;
        snprintf(model->experiment.sidecars[1].problem, 128, "connection refused");
        log_line(model, 2000, MODEL_LOG_WARNING, "sidecar 10.0.2.8:15000 is unreachable: connection refused");
        break;
    case FIXTURE_RECOVERING:
    case FIXTURE_RESTORED:
    case FIXTURE_FAILED:
        scene_recovering(model, scene);
        break;
    case FIXTURE_OFFER:
    case FIXTURE_EXPERIMENTS:
    case FIXTURE_RECORD:
        model->records = make_records();
        break;
    case FIXTURE_FIS:
    case FIXTURE_FIS_EXPERIMENT:
    case FIXTURE_FIS_DELETE:
    case FIXTURE_FIS_STOP:
    case FIXTURE_PREPARED:
        model->records = make_records();
        add_fis(model->records);
        break;
    case FIXTURE_FIS_REFUSED:
        model->records = make_records();
        model->records->fis.refused = true;
        snprintf(
            model->records->fis.problem, sizeof model->records->fis.problem,
            "FIS was not looked at: FIS ListExperimentTemplates: AccessDeniedException: needs the permission "
            "fis:ListExperimentTemplates");
        break;
    case FIXTURE_PLACE:
        model->profiles = make_profiles();
        break;
    case FIXTURE_GUARDS:
    case FIXTURE_GUARD:
        go_live(model);
        add_guards(&model->experiment, false);
        break;
    case FIXTURE_AGENT_LIVE:
    case FIXTURE_ENGINE_LIVE:
    case FIXTURE_ENGINE_ALONE:
    case FIXTURE_ACTIONS:
        go_live(model);
        break;
    case FIXTURE_TRIPPED:
        scene_recovering(model, FIXTURE_RESTORED);
        add_guards(&model->experiment, true);
        break;
    default:
        break;
    }
    fixture_fis_model(scene, model);
    fixture_agent_model(scene, model);
    return model;
}

/* The keys that lead there. */
static void play_fis(enum fixture_scene scene, struct model *model, struct ui_state *state,
                     struct ui_intents *intents)
{
    static const struct {
        enum fixture_scene scene;
        int down;
        int key;
        const char *typed;
    } scenes[] = {{FIXTURE_FIS, 6, 0, ""},          {FIXTURE_FIS_EXPERIMENT, 6, UI_KEY_ENTER, ""},
                  {FIXTURE_FIS_DELETE, 9, 'd', ""}, {FIXTURE_FIS_STOP, 6, 's', "EXP3th"},
                  {FIXTURE_FIS_REFUSED, 0, 0, ""},  {FIXTURE_PREPARED, 3, UI_KEY_ENTER, ""}};
    struct ui_event event = {.type = UI_EVENT_KEY, .key = 'x', .at_ms = FIXTURE_NOW_MS};
    ui_handle_event(state, model, &event, intents);
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        event.key = UI_KEY_DOWN;
        for (int k = 0; scenes[i].scene == scene && k < scenes[i].down; k++)
            ui_handle_event(state, model, &event, intents);
        event.key = scenes[i].key;
        if (scenes[i].scene == scene && event.key != 0)
            ui_handle_event(state, model, &event, intents);
        for (const char *c = scenes[i].typed; scenes[i].scene == scene && *c != '\0'; c++) {
            event.key = *c;
            ui_handle_event(state, model, &event, intents);
        }
    }
}

void fixture_state(enum fixture_scene scene, struct model *model, struct ui_state *state)
{
    struct ui_intents *intents = calloc(1, sizeof *intents);
    struct ui_event event = {.type = UI_EVENT_TICK, .at_ms = FIXTURE_NOW_MS};
    ui_state_init(state);
    if (scene == FIXTURE_IDLE || scene == FIXTURE_PLAN || scene == FIXTURE_PRODUCTION ||
        scene == FIXTURE_REFUSED || scene >= FIXTURE_OFFER) {
        snprintf(state->chosen_cluster, sizeof state->chosen_cluster, CLUSTER);
        snprintf(state->chosen_service, sizeof state->chosen_service, SERVICE);
        snprintf(state->cluster, sizeof state->cluster, CLUSTER);
        snprintf(state->service, sizeof state->service, SERVICE);
        state->focus = UI_FOCUS_FADERS;
    }
    if (scene != FIXTURE_LOADING && scene != FIXTURE_NO_CREDENTIALS && scene != FIXTURE_IDLE &&
        scene < FIXTURE_OFFER)
        fixture_fault(&state->staged);
    if (scene == FIXTURE_PLAN || scene == FIXTURE_PRODUCTION || scene == FIXTURE_REFUSED ||
        scene == FIXTURE_AGENT_PLAN)
        state->overlay = UI_OVERLAY_PLAN;
    state->offers_closed = scene != FIXTURE_OFFER;
    ui_handle_event(state, model, &event, intents);
    if (scene == FIXTURE_EXPERIMENTS || scene == FIXTURE_RECORD || scene == FIXTURE_PLACE) {
        event.type = UI_EVENT_KEY;
        event.key = scene == FIXTURE_PLACE ? 'p' : 'x';
        ui_handle_event(state, model, &event, intents);
        event.key = UI_KEY_ENTER;
        if (scene == FIXTURE_RECORD)
            ui_handle_event(state, model, &event, intents);
    }
    if (scene >= FIXTURE_FIS && scene <= FIXTURE_PREPARED)
        play_fis(scene, model, state, intents);
    if (state->plan_ready_ms != 0)
        state->plan_ready_ms = FIXTURE_NOW_MS - UI_PLAN_SETTLE_MS;
    if (scene == FIXTURE_LIVE) {
        state->staged.loss.percent = 5;
        state->touched = true;
        state->cap[FADER_LATENCY] = 3000;
    }
    if (scene == FIXTURE_GUARDS)
        state->overlay = UI_OVERLAY_GUARDS;
    if (scene == FIXTURE_GUARD) {
        state->overlay = UI_OVERLAY_GUARD;
        snprintf(state->text, sizeof state->text, "errors > 20 for");
    }
    fixture_fis_state(scene, model, state);
    fixture_agent_state(scene, model, state);
    if (scene == FIXTURE_DEPENDENCY)
        choices_take_dependency(&state->choices, "db.example.com:443", "dependency", NULL);
    if (scene == FIXTURE_DEPENDENCY || scene == FIXTURE_DEPENDENCY_LIVE)
        fixture_fault(&state->staged);
    free(intents);
}
