#include "src/running.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/units.h"
#include "experiment/agent_check.h"
#include "experiment/dependency.h"
#include "experiment/json.h"
#include "src/commands.h"

#define ANSWER_MS 10000

bool running_is_prepared(const struct journal_entry *entry)
{
    return !entry->ended && !entry->running && strcmp(entry->phase, "prepared") == 0;
}

const struct journal_entry *running_find(const struct cli *cli, const struct journal_list *list,
                                         struct error *error)
{
    const char *id = cli->word_count > 1 ? cli->words[1] : NULL;
    const struct journal_entry *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct journal_entry *entry = &list->entries[i];
        if (id != NULL ? strcmp(entry->experiment, id) != 0 : entry->ended || running_is_prepared(entry))
            continue;
        found = entry;
        count++;
    }
    if (count == 1)
        return found;
    if (id != NULL)
        error_set(error, ERROR_NOT_FOUND,
                  "there is no experiment %.40s on this machine; see shaketable list experiments", id);
    else if (count == 0)
        error_set(error, ERROR_NOT_FOUND, "no experiment is under way on this machine");
    else
        error_set(error, ERROR_USAGE,
                  "%zu experiments are under way: name one; see shaketable list experiments", count);
    return NULL;
}

static void percentile_text(struct json_object *figures, const char *key, char text[UNITS_TEXT_MAX])
{
    struct json_object *value = NULL;
    snprintf(text, UNITS_TEXT_MAX, "-");
    if (figures != NULL && json_object_object_get_ex(figures, key, &value) && value != NULL)
        units_format_us(json_object_get_double(value) * 1000, text);
}

static double number(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    return object != NULL && json_object_object_get_ex(object, key, &value) ? json_object_get_double(value)
                                                                            : 0;
}

/* At the end of a line: only where the faults are meant for a share of the requests. */
static void print_group(const char *name, struct json_object *figures)
{
    char p50[UNITS_TEXT_MAX], p99[UNITS_TEXT_MAX];
    if (figures == NULL)
        return;
    percentile_text(figures, "p50_ms", p50);
    percentile_text(figures, "p99_ms", p99);
    printf("  %s %s, %s", name, p50, p99);
}

void running_print_line(struct json_object *status, bool header)
{
    struct json_object *now = json_object_of(status, "now");
    char at[CLOCK_TEXT_MAX], p50[UNITS_TEXT_MAX], p99[UNITS_TEXT_MAX], live[32];
    if (header)
        printf("%-8s  %-10s %-9s %10s %10s %8s %8s %8s\n", "TIME", "PHASE", "LIVE", "P50", "P99", "ERRORS",
               "LOST", "REQ/S");
    clock_format_local_time(json_integer(status, "at"), at, sizeof at);
    percentile_text(now, "p50_ms", p50);
    percentile_text(now, "p99_ms", p99);
    long long unreachable = json_integer(status, "unreachable");
    const char *fis = json_text(json_object_of(status, "fis"), "status");
    if (fis[0] != '\0')
        snprintf(live, sizeof live, "%.31s", fis);
    else
        snprintf(live, sizeof live, "%lld of %lld", (long long)json_integer(status, "live_on"),
                 (long long)json_integer(status, "live_of"));
    printf("%-8s  %-10s %-9s %10s %10s %6.1f %% %6.1f %% %8.0f", at, json_text(status, "phase"), live, p50,
           p99, number(now, "error_percent"), number(now, "lost_percent"), number(now, "per_second"));
    if (unreachable > 0)
        printf("  %lld unreachable", unreachable);
    print_group("in scope", json_object_of(status, "scoped"));
    print_group("control", json_object_of(status, "control"));
    printf("\n");
    fflush(stdout);
}

static void live_text(struct json_object *status, char *text, size_t size)
{
    long long unreachable = json_integer(status, "unreachable"), beyond = json_integer(status, "beyond");
    int length = snprintf(text, size, "%lld of %lld sidecars", (long long)json_integer(status, "live_on"),
                          (long long)json_integer(status, "live_of"));
    if (unreachable > 0)
        length += snprintf(text + length, size - (size_t)length, ", %lld unreachable", unreachable);
    if (beyond > 0)
        snprintf(text + length, size - (size_t)length, ", %lld more than can be steered", beyond);
}

static const char *reach_text(struct json_object *status)
{
    const char *reach = json_text(status, "reach");
    if (strcmp(reach, "ssm") == 0)
        return "ssm (through Session Manager)";
    if (strcmp(reach, "none") == 0)
        return "none (by the sidecars' clocks, heard of by their logs)";
    return "direct";
}

static void guard_value_text(struct json_object *guard, char text[UNITS_TEXT_MAX])
{
    struct json_object *value = NULL;
    const char *unit = json_text(guard, "unit");
    json_object_object_get_ex(guard, "value", &value);
    double amount = json_object_get_double(value);
    if (value == NULL)
        snprintf(text, UNITS_TEXT_MAX, "-");
    else if (strcmp(unit, "ms") == 0)
        units_format_us(amount * 1000, text);
    else if (strcmp(unit, "percent") == 0)
        units_format_percent(amount, text);
    else if (strcmp(unit, "per_second") == 0)
        snprintf(text, UNITS_TEXT_MAX, "%.1f/s", amount);
    else if (strcmp(unit, "count") == 0)
        snprintf(text, UNITS_TEXT_MAX, "%.0f", amount);
    else
        snprintf(text, UNITS_TEXT_MAX, "%.31s", json_object_get_string(value));
}

static void print_guards(struct json_object *guards)
{
    for (size_t i = 0; guards != NULL && i < json_object_array_length(guards); i++) {
        struct json_object *guard = json_object_array_get_idx(guards, i);
        char value[UNITS_TEXT_MAX];
        double held_s = number(guard, "held_ms") / 1000, trips_s = number(guard, "trips_at_ms") / 1000;
        guard_value_text(guard, value);
        printf("%-11s %s: %s, %s", i == 0 ? "guards" : "", json_text(guard, "guard"), value,
               json_text(guard, "state"));
        if (held_s > 0 && trips_s > 0)
            printf(" for %.1f of %g s", held_s, trips_s);
        printf("\n");
    }
}

static void print_actions(struct json_object *actions)
{
    for (size_t i = 0; actions != NULL && i < json_object_array_length(actions); i++) {
        struct json_object *action = json_object_array_get_idx(actions, i);
        const char *reason = json_text(action, "reason");
        printf("%-11s %s (%s): %s%s%s\n", i == 0 ? "actions" : "", json_text(action, "name"),
               json_text(action, "action"), json_text(action, "status"), reason[0] == '\0' ? "" : ", ",
               reason);
    }
}

/* Faults that take seconds to change: what is on its way. */
static void print_slow(struct json_object *status)
{
    struct fault asked;
    char text[256] = "";
    printf("engine      %s, one change in %lld s\n",
           strcmp(json_text(status, "engine"), "agent") == 0 ? "the ECS agent, called by the sidecars"
                                                             : json_text(status, "engine"),
           (long long)json_integer(status, "slow_ms") / 1000);
    if (!json_flag(status, "changing") || !fault_from_json(&asked, json_object_of(status, "asked"), NULL))
        return;
    fault_describe(&asked, text, sizeof text);
    printf("change      to %s, under way\n", text);
}

/* The count is of what was asked for last: while that is on its way, it says nothing of what was live before.
 */
static bool is_partly_changed(struct json_object *status)
{
    return json_flag(status, "changing") &&
           json_integer(status, "live_on") + json_integer(status, "unreachable") <
               json_integer(status, "live_of");
}

/* How its faults are in force, and how that is known. */
static void print_faults(struct json_object *status, const char *faults)
{
    struct json_object *fis = json_object_of(status, "fis");
    char live[96];
    if (strcmp(json_text(status, "engine"), "fis") == 0) {
        printf("faults      %s, by AWS FIS\nengine      FIS's experiment %s of template %s is %s\n", faults,
               json_text(fis, "experiment"), json_text(fis, "template"), json_text(fis, "status"));
        return;
    }
    live_text(status, live, sizeof live);
    printf("faults      %s, %s%s\nreach       %s\n", faults,
           is_partly_changed(status) ? "being changed: the change is live on " : "live on ", live,
           reach_text(status));
    if (json_integer(status, "slow_ms") > 0)
        print_slow(status);
}

void running_print_status(struct json_object *status)
{
    struct fault fault;
    char faults[256] = "";
    if (fault_from_json(&fault, json_object_of(status, "faults"), NULL))
        fault_describe(&fault, faults, sizeof faults);
    if (json_text(status, "title")[0] != '\0')
        printf("template    %s\n", json_text(status, "title"));
    const char *calls = json_text(status, "calls_to");
    printf("experiment  %s\nservice     %s/%s\n", json_text(status, "experiment"),
           json_text(status, "cluster"), json_text(status, "service"));
    if (calls[0] != '\0')
        printf("calls to    %s\n", calls);
    printf("phase       %s\n", json_text(status, "phase"));
    print_faults(status, faults);
    print_actions(json_array(status, "actions"));
    printf("way back    %s\n", json_text(status, "way_back"));
    print_guards(json_array(status, "guards"));
    if (json_text(status, "problem")[0] != '\0')
        printf("problem     %s\n", json_text(status, "problem"));
    running_print_line(status, true);
}

static enum cli_exit take_answer(const struct cli *cli, struct json_object *answer, bool follow, size_t lines)
{
    const char *problem = json_text(answer, "error");
    if (problem[0] != '\0') {
        fprintf(stderr, "shaketable: %s\n", problem);
        return CLI_FAILED;
    }
    if (cli->quiet)
        return CLI_DONE;
    if (cli->json)
        cli_print_json(json_object_get(answer), !follow);
    else if (follow)
        running_print_line(answer, lines == 0);
    else
        running_print_status(answer);
    return CLI_DONE;
}

enum cli_exit running_talk(const struct cli *cli, const char *experiment, const char *request, bool follow,
                           struct json_object **last)
{
    struct error error = {0};
    struct control_client *client = control_connect(experiment, &error);
    if (client == NULL)
        return cli_fail(&error, CLI_FAILED);
    enum cli_exit status = CLI_DONE;
    if (!control_send(client, request, &error)) {
        control_disconnect(client);
        return cli_fail(&error, CLI_FAILED);
    }
    for (size_t lines = 0; status == CLI_DONE && (follow || lines == 0); lines++) {
        const char *line = control_read(client, ANSWER_MS, &error);
        struct json_object *answer = line == NULL ? NULL : json_parse(line, strlen(line));
        if (answer == NULL) {
            if (error.code != ERROR_NONE)
                status = cli_fail(&error, CLI_FAILED);
            break;
        }
        status = take_answer(cli, answer, follow, lines);
        if (last != NULL) {
            json_object_put(*last);
            *last = json_object_get(answer);
        }
        json_object_put(answer);
    }
    control_disconnect(client);
    return status;
}

/* ── the commands ────────────────────────────────────────────────────────────────────────── */

/* Without a process: what becomes of it by itself, and what ends it. */
static void print_process(const struct journal_entry *entry)
{
    const char *id = entry->experiment;
    char until[CLOCK_TEXT_MAX];
    if (entry->ended)
        return;
    if (entry->way_back.prepares && strcmp(entry->phase, "prepared") == 0) {
        printf("process     none is needed: it stays prepared until shaketable rollback %s\n", id);
    } else if (entry->way_back.fis != NULL) {
        printf("process     dead: AWS FIS goes on with its actions until they are over; shaketable rollback "
               "%s stops "
               "them and deletes the template\n",
               id);
    } else if (entry->way_back.faults_until_ms > clock_epoch_ms()) {
        clock_format_local_time(entry->way_back.faults_until_ms, until, sizeof until);
        printf(
            "process     dead: its faults go on by themselves until %s; shaketable rollback %s ends them and "
            "restores the service\n",
            until, id);
    } else {
        printf("process     dead: its faults ended with their lease; shaketable rollback %s restores the "
               "service\n",
               id);
    }
}

static void print_from_journal(const struct cli *cli, const struct journal_entry *entry)
{
    char calls[MODEL_TEXT_MAX];
    dependency_words(entry->way_back.dependencies, calls, sizeof calls);
    if (cli->json) {
        struct json_object *object = json_object_new_object();
        json_put_text(object, "experiment", entry->experiment);
        json_put_text(object, "cluster", entry->way_back.cluster);
        json_put_text(object, "service", entry->way_back.service);
        if (calls[0] != '\0')
            json_put_text(object, "calls_to", calls);
        json_put_text(object, "phase", entry->phase);
        json_put_flag(object, "running", false);
        json_put_flag(object, "restored", entry->ended);
        cli_print_json(object, true);
        return;
    }
    printf("experiment  %s\nservice     %s/%s\n", entry->experiment, entry->way_back.cluster,
           entry->way_back.service);
    if (calls[0] != '\0')
        printf("calls to    %s\n", calls);
    printf("phase       %s\n", entry->phase);
    print_process(entry);
}

static enum cli_exit with_entry(const struct cli *cli, const char *request, bool follow)
{
    struct error error = {0};
    struct journal_list list;
    if (!journal_list_read(&list, &error))
        return cli_fail(&error, CLI_FAILED);
    enum cli_exit status = CLI_DONE;
    const struct journal_entry *entry = running_find(cli, &list, &error);
    if (entry == NULL)
        status = cli_fail(&error, error.code == ERROR_USAGE ? CLI_USAGE : CLI_FAILED);
    else if (entry->running)
        status = running_talk(cli, entry->experiment, request, follow, NULL);
    else
        print_from_journal(cli, entry);
    journal_list_free(&list);
    return status;
}

enum cli_exit command_status(const struct cli *cli)
{
    return with_entry(cli, "{\"op\":\"status\"}", false);
}

enum cli_exit command_watch(const struct cli *cli)
{
    char request[64];
    snprintf(request, sizeof request, "{\"op\":\"watch\",\"interval_ms\":%lld}", (long long)cli->interval_ms);
    return with_entry(cli, request, true);
}

/* What the command line does not name stays as it is. */
static enum cli_exit adjust(const struct cli *cli, const char *experiment)
{
    struct error error = {0};
    struct fault fault;
    struct cli quiet = *cli;
    struct json_object *status = NULL, *request = json_object_new_object();
    struct json_object *guards = json_object_new_array();
    quiet.quiet = true;
    enum cli_exit exit_status = running_talk(&quiet, experiment, "{\"op\":\"status\"}", false, &status);
    /* A change that is on its way is what the next one starts from. */
    struct json_object *asked = json_object_of(status, "asked");
    if (exit_status == CLI_DONE &&
        (!fault_from_json(&fault, asked != NULL ? asked : json_object_of(status, "faults"), &error) ||
         !cli_apply_faults(cli, &fault, &error)))
        exit_status = cli_fail(&error, CLI_USAGE);
    if (exit_status == CLI_DONE && strcmp(json_text(status, "engine"), "agent") == 0 &&
        !agent_check(&fault, &error))
        exit_status = cli_fail(&error, CLI_REFUSED);
    if (exit_status == CLI_DONE && cli->faults.given && !json_flag(status, "adjustable")) {
        error_set(&error, ERROR_CONFLICT, "%s. Roll back, and inject anew",
                  strcmp(json_text(status, "engine"), "fis") == 0 ? "AWS FIS can't change a fault that runs"
                  : json_array(status, "actions") != NULL
                      ? "a template plays, and says which faults there are"
                      : "the sidecars can't be reached");
        exit_status = cli_fail(&error, CLI_FAILED);
    }
    if (exit_status == CLI_DONE) {
        json_put_text(request, "op", "adjust");
        if (cli->faults.given)
            json_object_object_add(request, "faults", fault_to_json(&fault));
        for (size_t i = 0; i < cli->choices.guard_count; i++)
            json_object_array_add(guards, json_object_new_string(cli->choices.guards[i]));
        json_object_object_add(request, "guards", json_object_get(guards));
        exit_status = running_talk(
            cli, experiment, json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN), false, NULL);
    }
    json_object_put(guards);
    json_object_put(request);
    json_object_put(status);
    return exit_status;
}

enum cli_exit command_adjust(const struct cli *cli)
{
    struct error error = {0};
    struct journal_list list;
    if (!cli->faults.given && cli->choices.guard_count == 0) {
        error_set(&error, ERROR_USAGE,
                  "adjust: to what? Name at least one fault, e.g. --latency 200ms, or a guard to add");
        return cli_fail(&error, CLI_USAGE);
    }
    if (!journal_list_read(&list, &error))
        return cli_fail(&error, CLI_FAILED);
    const struct journal_entry *entry = running_find(cli, &list, &error);
    enum cli_exit status;
    if (entry == NULL) {
        status = cli_fail(&error, error.code == ERROR_USAGE ? CLI_USAGE : CLI_FAILED);
    } else if (!entry->running) {
        error_set(
            &error, ERROR_CONFLICT,
            "the process of experiment %s is dead and its faults have ended; shaketable rollback %s restores "
            "the service",
            entry->experiment, entry->experiment);
        status = cli_fail(&error, CLI_FAILED);
    } else {
        status = adjust(cli, entry->experiment);
    }
    journal_list_free(&list);
    return status;
}
