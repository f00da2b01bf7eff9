#include "ui/command.h"

#include "core/units.h"
#include "ui/state_parts.h"
#include "ui/theme.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    const char *usage;
} commands[] = {
    {"inject", "inject: the plan for what is staged"},
    {"rollback", "rollback: at once"},
    {"latency", "latency 800ms [50ms] [uniform|normal|pareto|paretonormal]"},
    {"jitter", "jitter 50ms"},
    {"loss", "loss 2%"},
    {"burst", "burst 4: mean length of a run of losses"},
    {"error", "error 503@10%"},
    {"reset", "reset 1%"},
    {"blackhole", "blackhole 5%"},
    {"bandwidth", "bandwidth 1MB/s, or none"},
    {"scope", "scope 50% GET /api/* [request|response|both]"},
    {"clear", "clear: every fader to zero"},
    {"duration", "duration 5m, or none"},
    {"blast-radius", "blast-radius 10%, or all: how much of the traffic, by a canary where it can be had"},
    {"dependency", "dependency dynamodb, or HOST:PORT, or none: fault what the service calls"},
    {"engine", "engine sidecar|fis|agent: our sidecar, AWS FIS, or the ECS agent"},
    {"role", "role ARN: that FIS takes, or none: the only one that trusts it"},
    {"task", "task ID: one more that FIS's target names, or all"},
    {"source", "source ADDRESS: one more place that the agent's faults act on, or all"},
    {"tag", "tag KEY=VALUE: FIS's target is the tasks that have it, or none"},
    {"prepare", "prepare: adds what AWS FIS needs of the service's tasks, after its plan"},
    {"template", "template FILE: a FIS template into the faders, or as a whole into a plan"},
    {"export", "export FILE: what the faders say as a FIS template"},
    {"catalogue", "catalogue: the actions that FIS has"},
    {"actions", "actions: how the experiment's actions stand"},
    {"way", "way auto|in-place|canary: how the sidecars come into the traffic"},
    {"reach", "reach auto|direct|ssm|none: how the sidecars are spoken to"},
    {"security-group", "security-group open|leave: for the sidecar's port, and closed again"},
    {"cap", "cap latency 2s: how far a fader may go"},
    {"guard", "guard p99 > 2s for 10s: adds one; guard alone lists them"},
    {"select", "select CLUSTER/SERVICE"},
    {"experiments", "experiments: those there are and were"},
    {"profile", "profile NAME: another of the AWS CLI's profiles"},
    {"region", "region NAME: another region, such as eu-west-1"},
    {"theme", "theme default|light|safe|mono"},
    {"ascii", "ascii: draw with ASCII only"},
    {"unicode", "unicode: draw with lines and blocks"},
    {"refresh", "refresh: read the services anew"},
    {"freeze", "freeze: hold the picture, or let it go"},
    {"tasks", "tasks: sidecars and targets"},
    {"log", "log"},
    {"help", "help"},
    {"quit", "quit"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

const char *command_usage(const char *word, bool fis)
{
    if (fis && strcmp(word, "blast-radius") == 0)
        return "blast-radius 50%, or all: how many of the tasks FIS takes";
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].word, word) == 0)
            return commands[i].usage;
    return NULL;
}

static size_t add_if(const char *candidate, const char *start, const char **matches, size_t count)
{
    if (count < COMMAND_MATCHES_MAX && strncmp(candidate, start, strlen(start)) == 0)
        matches[count++] = candidate;
    return count;
}

size_t command_matches(const struct model *model, const char *line, const char *matches[COMMAND_MATCHES_MAX])
{
    size_t count = 0;
    const char *space = strrchr(line, ' ');
    if (space == NULL) {
        for (size_t i = 0; i < COMMANDS; i++)
            count = add_if(commands[i].word, line, matches, count);
        return count;
    }
    if (strncmp(line, "theme ", 6) == 0) {
        for (unsigned i = 0; theme_name_at(i) != NULL; i++)
            count = add_if(theme_name_at(i), space + 1, matches, count);
    } else if (strncmp(line, "engine ", 7) == 0) {
        for (const char *const *words = choices_engine_words; *words != NULL; words++)
            count = add_if(*words, space + 1, matches, count);
    } else if (strncmp(line, "source ", 7) == 0) {
        count = add_if("all", space + 1, matches, count);
    } else if (strncmp(line, "dependency ", 11) == 0) {
        count = dependency_matches(space + 1, matches, COMMAND_MATCHES_MAX);
    } else if (strncmp(line, "task ", 5) == 0) {
        count = add_if("all", space + 1, matches, count);
        for (size_t i = 0; i < model->experiment.sidecar_count; i++)
            count = add_if(model->experiment.sidecars[i].task_id, space + 1, matches, count);
    } else if (strncmp(line, "role ", 5) == 0 || strncmp(line, "tag ", 4) == 0) {
        count = add_if("none", space + 1, matches, count);
    } else if (strncmp(line, "way ", 4) == 0 || strncmp(line, "reach ", 6) == 0) {
        const char *const *words = line[0] == 'w' ? choices_way_words : choices_reach_words;
        for (; *words != NULL; words++)
            count = add_if(*words, space + 1, matches, count);
    } else if (strncmp(line, "cap ", 4) == 0 && strchr(line, ' ') == space) {
        for (unsigned i = 0; i < FADER_COUNT; i++)
            count = add_if(scale_name((enum fader)i), space + 1, matches, count);
    } else if (strncmp(line, "latency ", 8) == 0) {
        for (int i = FAULT_UNIFORM; i <= FAULT_PARETONORMAL; i++)
            count = add_if(fault_distribution_name((enum fault_distribution)i), space + 1, matches, count);
    } else if (strncmp(line, "profile ", 8) == 0 || strncmp(line, "region ", 7) == 0) {
        enum ui_place_column column = line[0] == 'p' ? UI_PLACE_PROFILES : UI_PLACE_REGIONS;
        for (size_t i = 0; ui_place_name(model, column, i, NULL) != NULL; i++)
            count = add_if(ui_place_name(model, column, i, NULL), space + 1, matches, count);
    } else if (strncmp(line, "select ", 7) == 0 && model->inventory != NULL) {
        for (size_t i = 0; i < model->inventory->cluster_count; i++)
            for (size_t j = 0; j < model->inventory->clusters[i]->service_count; j++)
                count = add_if(model->inventory->clusters[i]->services[j]->name, space + 1, matches, count);
    }
    return count;
}

void command_complete(const struct model *model, char *line, size_t size)
{
    const char *matches[COMMAND_MATCHES_MAX];
    size_t count = command_matches(model, line, matches);
    if (count == 0)
        return;
    char *space = strrchr(line, ' ');
    char *word = space != NULL ? space + 1 : line;
    size_t common = strlen(matches[0]);
    for (size_t i = 1; i < count; i++) {
        size_t same = 0;
        while (same < common && matches[i][same] == matches[0][same])
            same++;
        common = same;
    }
    size_t before = (size_t)(word - line);
    if (before + common + 2 > size || common < strlen(word))
        return;
    memcpy(word, matches[0], common);
    word[common] = '\0';
    if (count == 1) {
        word[common] = ' ';
        word[common + 1] = '\0';
    }
}

static bool run_select(struct turn *turn, const char *argument, struct error *error)
{
    const struct model_inventory *inventory = turn->model->inventory;
    const char *slash = strchr(argument, '/');
    const char *wanted = slash != NULL ? slash + 1 : argument;
    for (size_t i = 0; inventory != NULL && i < inventory->cluster_count; i++) {
        const struct model_cluster *cluster = inventory->clusters[i];
        if (slash != NULL && (strncmp(cluster->name, argument, (size_t)(slash - argument)) != 0 ||
                              strlen(cluster->name) != (size_t)(slash - argument)))
            continue;
        for (size_t j = 0; j < cluster->service_count; j++)
            if (strcmp(cluster->services[j]->name, wanted) == 0) {
                tree_choose(turn, cluster->name, wanted);
                turn->state->focus = UI_FOCUS_FADERS;
                return true;
            }
    }
    return error_set(error, ERROR_NOT_FOUND, "no service %s here", argument);
}

static bool run_cap(struct turn *turn, const char *argument, struct error *error)
{
    char name[32] = "";
    size_t length = strcspn(argument, " ");
    snprintf(name, sizeof name, "%.*s", (int)length, argument);
    enum fader fader = scale_find(name);
    const char *value = argument + length + strspn(argument + length, " ");
    if (fader == FADER_COUNT || fader == FADER_SCOPE || *value == '\0')
        return error_set(error, ERROR_USAGE, "cap FADER VALUE, for instance: cap latency 2s");
    /* The value is read as an entry into that fader would be, without its cap. */
    struct ui_state *state = turn->state;
    struct fault fault = state->staged;
    double ms = 0;
    double percent = 0;
    uint64_t rate = 0;
    bool good = true;
    if (fader == FADER_LATENCY || fader == FADER_JITTER) {
        good = units_parse_duration(value, 1, name, &ms, error);
        state->cap[fader] = good ? ms : state->cap[fader];
    } else if (fader == FADER_BANDWIDTH) {
        good = units_parse_rate(value, name, &rate, error);
        state->cap[fader] = good ? (double)rate : state->cap[fader];
    } else {
        good = units_parse_percent(value, name, &percent, error);
        state->cap[fader] = good ? percent : state->cap[fader];
    }
    if (!good)
        return false;
    scale_set(&fault, fader, scale_within_cap(fader, scale_get(&fault, fader), state->cap[fader]));
    fader_change(turn, &fault, true);
    return true;
}

static bool run_fault(struct turn *turn, const char *word, const char *argument, struct error *error)
{
    struct fault fault = turn->state->staged;
    if (strcmp(word, "clear") == 0) {
        fault_init(&fault);
    } else if (strcmp(word, "blackhole") == 0) {
        if (!units_parse_percent(argument, word, &fault.blackhole.percent, error))
            return false;
    } else {
        int64_t burst = 1;
        if (!units_parse_integer(argument, word, 1, (int64_t)FAULT_BURST_MAX, &burst, error))
            return false;
        fault.loss.burst = (double)burst;
    }
    fader_change(turn, &fault, true);
    return true;
}

static bool run_theme(struct turn *turn, const char *name, struct error *error)
{
    if (theme_find(name) == NULL)
        return error_set(error, ERROR_USAGE, "theme default|light|safe|mono");
    snprintf(turn->state->theme_name, sizeof turn->state->theme_name, "%.15s", name);
    return true;
}

static bool run_place(struct turn *turn, const char *word, const char *argument, struct error *error)
{
    bool profile = strcmp(word, "profile") == 0;
    if (argument[0] != '\0')
        return place_go(turn, profile ? argument : NULL, profile ? NULL : argument, error);
    place_open(turn, profile ? UI_PLACE_PROFILES : UI_PLACE_REGIONS);
    return true;
}

static bool run_view(struct turn *turn, const char *word)
{
    struct ui_state *state = turn->state;
    if (strcmp(word, "refresh") == 0) {
        turn_add(turn, INTENT_REFRESH);
    } else if (strcmp(word, "freeze") == 0) {
        turn_freeze(turn);
    } else if (strcmp(word, "tasks") == 0) {
        state->overlay = UI_OVERLAY_TASKS;
    } else if (strcmp(word, "experiments") == 0) {
        records_open(turn);
    } else if (strcmp(word, "catalogue") == 0) {
        catalogue_open(turn);
    } else if (strcmp(word, "actions") == 0) {
        state->overlay = UI_OVERLAY_ACTIONS;
    } else if (strcmp(word, "log") == 0) {
        state->overlay = UI_OVERLAY_LOG;
    } else if (strcmp(word, "help") == 0) {
        state->overlay = UI_OVERLAY_HELP;
    } else {
        state->ascii = strcmp(word, "ascii") == 0;
        state->ascii_changed = true;
    }
    return true;
}

static bool run_security_group(struct choices *choices, const char *argument, struct error *error)
{
    bool opens = strcmp(argument, "open") == 0;
    if (!opens && strcmp(argument, "leave") != 0)
        return error_set(error, ERROR_USAGE, "security-group open, or leave");
    choices->open_security_group = opens;
    return true;
}

/* "none" and "all" take back what was chosen. */
static bool run_target(struct choices *choices, const char *word, const char *argument, struct error *error)
{
    bool none = strcmp(argument, "none") == 0 || strcmp(argument, "all") == 0;
    if (strcmp(word, "role") == 0) {
        if (!none)
            return choices_take_role(choices, argument, word, error);
        choices->role[0] = '\0';
    } else if (strcmp(word, "tag") == 0) {
        if (!none)
            return choices_take_tag(choices, argument, word, error);
        choices->tag[0] = '\0';
    } else if (strcmp(word, "source") == 0) {
        if (!none)
            return choices_take_source(choices, argument, word, error);
        choices->source_count = 0;
    } else {
        if (!none)
            return choices_take_task(choices, argument, word, error);
        choices->task_count = 0;
    }
    return true;
}

/* For the next plan: the experiment under way stays as it was made. */
static bool run_choice(struct turn *turn, const char *word, const char *argument, struct error *error)
{
    struct choices choices = turn->state->choices;
    bool done;
    if (strcmp(word, "way") == 0)
        done = choices_take_way(&choices, argument, word, error);
    else if (strcmp(word, "reach") == 0)
        done = choices_take_reach(&choices, argument, word, error);
    else if (strcmp(word, "role") == 0 || strcmp(word, "task") == 0 || strcmp(word, "tag") == 0 ||
             strcmp(word, "source") == 0)
        done = run_target(&choices, word, argument, error);
    else if (strcmp(word, "security-group") == 0)
        done = run_security_group(&choices, argument, error);
    else if (strcmp(argument, "all") == 0)
        done = choices_take_blast_radius(&choices, "100%", word, error);
    else
        done = choices_take_blast_radius(&choices, argument, word, error);
    if (!done)
        return false;
    turn->state->choices = choices;
    ui_state_notice(turn->state, turn->now_ms, "the next plan: %s %s", word, argument);
    return true;
}

static bool is_choice(const char *word)
{
    return strcmp(word, "role") == 0 || strcmp(word, "task") == 0 || strcmp(word, "tag") == 0 ||
           strcmp(word, "source") == 0 || strcmp(word, "way") == 0 || strcmp(word, "reach") == 0 ||
           strcmp(word, "blast-radius") == 0 || strcmp(word, "security-group") == 0;
}

static bool run_file(struct turn *turn, const char *word, const char *argument, struct error *error)
{
    if (argument[0] == '\0')
        return error_set(error, ERROR_USAGE, "%s FILE: which file?", word);
    snprintf(turn->state->file_path, sizeof turn->state->file_path, "%s", argument);
    turn->state->file_wish = word[0] == 't' ? UI_FILE_IMPORT : UI_FILE_EXPORT;
    return true;
}

static bool run_guard(struct turn *turn, const char *argument, struct error *error)
{
    if (*argument == '\0') {
        guards_open(turn);
        return true;
    }
    if (!guards_add(turn, argument, error))
        return false;
    ui_state_notice(turn->state, turn->now_ms, "guard: %s", argument);
    return true;
}

bool command_run(struct turn *turn, const char *line, struct error *error)
{
    char word[32] = "";
    line += strspn(line, " :");
    size_t length = strcspn(line, " ");
    snprintf(word, sizeof word, "%.*s", (int)length, line);
    char argument[UI_TEXT_MAX];
    snprintf(argument, sizeof argument, "%s", line + length + strspn(line + length, " "));
    for (size_t end = strlen(argument); end > 0 && argument[end - 1] == ' '; end--)
        argument[end - 1] = '\0';
    if (word[0] == '\0')
        return true;
    if (strcmp(word, "q") == 0 || strcmp(word, "quit") == 0) {
        turn_quit(turn);
        return true;
    }
    if (command_usage(word, false) == NULL && scale_find(word) == FADER_COUNT)
        return error_set(error, ERROR_USAGE, "no command %s (Tab completes, ? helps)", word);
    if (strcmp(word, "inject") == 0) {
        turn_plan(turn);
        return true;
    }
    if (strcmp(word, "rollback") == 0) {
        turn_rollback(turn);
        return true;
    }
    if (scale_find(word) != FADER_COUNT)
        return fader_enter(turn, scale_find(word), argument, error);
    if (strcmp(word, "clear") == 0 || strcmp(word, "blackhole") == 0 || strcmp(word, "burst") == 0)
        return run_fault(turn, word, argument, error);
    if (strcmp(word, "duration") == 0)
        return fader_enter_duration(turn, argument, error);
    if (strcmp(word, "cap") == 0)
        return run_cap(turn, argument, error);
    if (strcmp(word, "engine") == 0)
        return engine_take(turn, argument, error);
    if (strcmp(word, "dependency") == 0)
        return dependency_take(turn, argument, error);
    if (strcmp(word, "prepare") == 0)
        return engine_plan_prepare(turn, error);
    if (strcmp(word, "template") == 0 || strcmp(word, "export") == 0)
        return run_file(turn, word, argument, error);
    if (is_choice(word))
        return run_choice(turn, word, argument, error);
    if (strcmp(word, "guard") == 0)
        return run_guard(turn, argument, error);
    if (strcmp(word, "select") == 0)
        return run_select(turn, argument, error);
    if (strcmp(word, "profile") == 0 || strcmp(word, "region") == 0)
        return run_place(turn, word, argument, error);
    if (strcmp(word, "theme") == 0)
        return run_theme(turn, argument, error);
    return run_view(turn, word);
}
