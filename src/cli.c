#include "src/cli.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "experiment/guard.h"

enum key {
    KEY_PROFILE = 1,
    KEY_REGION,
    KEY_ENDPOINT_URL,
    KEY_JSON,
    KEY_READ_ONLY,
    KEY_NO_COLOR,
    KEY_ASCII,
    KEY_THEME,
    KEY_LOG,
    KEY_HELP,
    KEY_VERSION,
    KEY_CLUSTER,
    KEY_SERVICE,
    KEY_ALL,
    KEY_DURATION,
    KEY_YES,
    KEY_TAKE_OVER,
    KEY_IMAGE,
    KEY_ENGINE,
    KEY_ROLE,
    KEY_TASK,
    KEY_TAG,
    KEY_AGENT_SOURCE,
    KEY_INSTANCE_ROLE,
    KEY_WAY,
    KEY_BLAST_RADIUS,
    KEY_OPEN_SECURITY_GROUP,
    KEY_REACH,
    KEY_DEPENDENCY,
    KEY_GUARD,
    KEY_LISTEN,
    KEY_THROTTLE,
    KEY_BIG,
    KEY_FAIL,
    KEY_HEADLESS,
    KEY_INTERVAL,
};

static const struct option_spec everywhere[] = {
    {"profile", OPTION_REQUIRED, "NAME", "AWS profile, as the AWS CLI takes it", KEY_PROFILE},
    {"region", OPTION_REQUIRED, "REGION", "AWS region", KEY_REGION},
    {"endpoint-url", OPTION_REQUIRED, "URL", "all services at this address, e.g. an embedded region's",
     KEY_ENDPOINT_URL},
    {"read-only", OPTION_NONE, NULL, "refuse every call that would change something", KEY_READ_ONLY},
    {"json", OPTION_NONE, NULL, "JSON on standard output, messages on standard error", KEY_JSON},
    {"no-color", OPTION_NONE, NULL, "no colours (also with NO_COLOR set)", KEY_NO_COLOR},
    {"ascii", OPTION_NONE, NULL, "nothing but ASCII on the screen", KEY_ASCII},
    {"theme", OPTION_REQUIRED, "NAME", "default, light, colorblind or mono", KEY_THEME},
    {"log", OPTION_REQUIRED, "FILE", "append what happens to this file", KEY_LOG},
    {"help", OPTION_NONE, NULL, "this help; after a command, its own", KEY_HELP},
    {"version", OPTION_NONE, NULL, "the version", KEY_VERSION},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec target[] = {
    {"cluster", OPTION_REQUIRED, "NAME", "the cluster", KEY_CLUSTER},
    {"service", OPTION_REQUIRED, "NAME", "the service", KEY_SERVICE},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec experiment[] = {
    {"duration", OPTION_REQUIRED, "TIME", "roll back after this long (5m; a bare number is seconds)",
     KEY_DURATION},
    {"yes", OPTION_NONE, NULL, "do not ask", KEY_YES},
    {"take-over", OPTION_NONE, NULL, "go back although someone deployed meanwhile", KEY_TAKE_OVER},
    {"image", OPTION_REQUIRED, "IMAGE", "the sidecar's image (default: $SHAKETABLE_IMAGE)", KEY_IMAGE},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec engines[] = {
    {"engine", OPTION_REQUIRED, "ENGINE",
     "sidecar (our proxy, the default), fis (AWS FIS) or agent (the ECS agent's faults)", KEY_ENGINE},
    {"role", OPTION_REQUIRED, "ARN", "that AWS FIS takes (default: $SHAKETABLE_FIS_ROLE, or the only one)",
     KEY_ROLE},
    {"task", OPTION_REQUIRED, "TASK", "AWS FIS: only this task of the service (may be repeated)", KEY_TASK},
    {"tag", OPTION_REQUIRED, "KEY=VALUE", "AWS FIS: the running tasks with this tag", KEY_TAG},
    {"agent-source", OPTION_REQUIRED, "ADDRESS",
     "ECS agent: only what goes to this address or block (may be repeated)", KEY_AGENT_SOURCE},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec preparing[] = {
    {"instance-role", OPTION_REQUIRED, "NAME",
     "that the SSM agent registers the tasks with (default: $SHAKETABLE_INSTANCE_ROLE)", KEY_INSTANCE_ROLE},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec choosing[] = {
    {"way", OPTION_REQUIRED, "WAY", "auto, in-place (the service's own tasks) or canary (a few beside it)",
     KEY_WAY},
    {"blast-radius", OPTION_REQUIRED, "PERCENT", "of the service's traffic that meets injected tasks",
     KEY_BLAST_RADIUS},
    {"open-security-group", OPTION_NONE, NULL, "for the sidecar's port, and close it again",
     KEY_OPEN_SECURITY_GROUP},
    {"reach", OPTION_REQUIRED, "HOW", "how to reach the sidecars: auto (what works), direct, ssm or none",
     KEY_REACH},
    {"dependency", OPTION_REQUIRED, "WHAT",
     "fault what the service calls: dynamodb, s3, …, or HOST:PORT (may be repeated)", KEY_DEPENDENCY},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec guarding[] = {
    {"guard", OPTION_REQUIRED, "EXPR", "roll back when it holds: 'p99 > 2s for 10s' (may be repeated)",
     KEY_GUARD},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec listening[] = {
    {"listen", OPTION_REQUIRED, "ADDR:PORT", "of the embedded region (127.0.0.1:4566; port 0 picks one)",
     KEY_LISTEN},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec failing[] = {
    {"fail", OPTION_REQUIRED, "SPEC",
     "calls of the embedded region fail: ecs:UpdateService@2=500-after (may be repeated)", KEY_FAIL},
    {"throttle", OPTION_REQUIRED, "RATE", "it refuses more than RATE calls a second; aws: as AWS does",
     KEY_THROTTLE},
    {"big", OPTION_REQUIRED, "CLUSTERS:SERVICES:TASKS",
     "it has so many more, only described: 100:2000:5000 is a big account", KEY_BIG},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec headless[] = {
    {"headless", OPTION_NONE, NULL, "no console: one round, told in words", KEY_HEADLESS},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec every[] = {
    {"all", OPTION_NONE, NULL, "every experiment that can be found", KEY_ALL},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec pace[] = {
    {"interval", OPTION_REQUIRED, "TIME", "between two lines (default 1s)", KEY_INTERVAL},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

static bool take_everywhere(void *context, int key, const char *value, struct error *error)
{
    struct cli *cli = context;
    (void)error;
    switch (key) {
    case KEY_PROFILE:
        cli->profile = value;
        break;
    case KEY_REGION:
        cli->region = value;
        break;
    case KEY_ENDPOINT_URL:
        cli->endpoint_url = value;
        break;
    case KEY_JSON:
        cli->json = true;
        break;
    case KEY_READ_ONLY:
        cli->read_only = true;
        break;
    case KEY_NO_COLOR:
        cli->no_color = true;
        break;
    case KEY_ASCII:
        cli->ascii = true;
        break;
    case KEY_THEME:
        cli->theme = value;
        break;
    case KEY_LOG:
        cli->log = value;
        break;
    case KEY_HELP:
        cli->help = true;
        break;
    default:
        cli->version = true;
        break;
    }
    return true;
}

static bool take_duration(const char *value, const char *name, double lowest_ms, int64_t *ms,
                          struct error *error)
{
    double read;
    if (!units_parse_duration(value, 1000, name, &read, error))
        return false;
    if (read < lowest_ms || read > 12 * 3600 * 1000.0)
        return error_set(error, ERROR_USAGE, "%s: %s is not between %g s and 12 h", name, value,
                         lowest_ms / 1000);
    *ms = (int64_t)read;
    return true;
}

static bool take_guard(const char *value, struct choices *choices, struct error *error)
{
    if (guard_add(choices, value, error))
        return true;
    if (error != NULL)
        error->code = ERROR_USAGE;
    return error_prefix(error, "--");
}

static bool take_choice(struct cli *cli, int key, const char *value, struct error *error)
{
    cli->given |= CLI_CHOICES;
    switch (key) {
    case KEY_WAY:
        return choices_take_way(&cli->choices, value, "--way", error);
    case KEY_BLAST_RADIUS:
        return choices_take_blast_radius(&cli->choices, value, "--blast-radius", error);
    case KEY_REACH:
        return choices_take_reach(&cli->choices, value, "--reach", error);
    case KEY_DEPENDENCY:
        return choices_take_dependency(&cli->choices, value, "--dependency", error);
    default:
        cli->choices.open_security_group = true;
        return true;
    }
}

static bool take_engine(struct cli *cli, int key, const char *value, struct error *error)
{
    cli->given |= CLI_ENGINE;
    switch (key) {
    case KEY_ENGINE:
        cli->engine = value;
        return choices_take_engine(&cli->choices, value, "--engine", error);
    case KEY_ROLE:
        return choices_take_role(&cli->choices, value, "--role", error);
    case KEY_TASK:
        return choices_take_task(&cli->choices, value, "--task", error);
    case KEY_AGENT_SOURCE:
        return choices_take_source(&cli->choices, value, "--agent-source", error);
    default:
        return choices_take_tag(&cli->choices, value, "--tag", error);
    }
}

static bool take_fail(struct cli *cli, const char *value, struct error *error)
{
    cli->given |= CLI_FAIL;
    if (cli->fail_count == CLI_FAILS_MAX)
        return error_set(error, ERROR_USAGE, "--fail: at most %d", CLI_FAILS_MAX);
    cli->fails[cli->fail_count++] = value;
    return true;
}

static bool take_special(void *context, int key, const char *value, struct error *error)
{
    struct cli *cli = context;
    switch (key) {
    case KEY_CLUSTER:
        cli->cluster = value;
        cli->given |= CLI_TARGET;
        return true;
    case KEY_SERVICE:
        cli->service = value;
        cli->given |= CLI_TARGET;
        return true;
    case KEY_ALL:
        cli->all = true;
        cli->given |= CLI_ALL;
        return true;
    case KEY_DURATION:
        cli->given |= CLI_EXPERIMENT;
        return take_duration(value, "--duration", 1000, &cli->duration_ms, error);
    case KEY_YES:
        cli->yes = true;
        cli->given |= CLI_EXPERIMENT;
        return true;
    case KEY_TAKE_OVER:
        cli->take_over = true;
        cli->given |= CLI_EXPERIMENT;
        return true;
    case KEY_IMAGE:
        cli->image = value;
        cli->given |= CLI_EXPERIMENT;
        return true;
    case KEY_ENGINE:
    case KEY_ROLE:
    case KEY_TASK:
    case KEY_TAG:
    case KEY_AGENT_SOURCE:
        return take_engine(cli, key, value, error);
    case KEY_INSTANCE_ROLE:
        cli->instance_role = value;
        cli->given |= CLI_PREPARE;
        return true;
    case KEY_WAY:
    case KEY_BLAST_RADIUS:
    case KEY_OPEN_SECURITY_GROUP:
    case KEY_REACH:
    case KEY_DEPENDENCY:
        return take_choice(cli, key, value, error);
    case KEY_GUARD:
        cli->given |= CLI_GUARDS;
        return take_guard(value, &cli->choices, error);
    case KEY_LISTEN:
        cli->listen = value;
        cli->given |= CLI_LISTEN;
        return true;
    case KEY_FAIL:
        return take_fail(cli, value, error);
    case KEY_THROTTLE:
    case KEY_BIG:
        *(key == KEY_BIG ? &cli->big : &cli->throttle) = value;
        cli->given |= CLI_FAIL;
        return true;
    case KEY_INTERVAL:
        cli->given |= CLI_INTERVAL;
        return take_duration(value, "--interval", 100, &cli->interval_ms, error);
    default:
        cli->headless = true;
        cli->given |= CLI_HEADLESS;
        return true;
    }
}

/* All but the first are taken by those commands that name their group. */
static const struct {
    const struct option_spec *specs;
    unsigned group;
    const char *title;
} table_list[] = {
    {everywhere, 0, "Options everywhere"},
    {target, CLI_TARGET, "Target"},
    {fault_option_specs, CLI_FAULTS, "Faults"},
    {experiment, CLI_EXPERIMENT, "Experiment"},
    {choosing, CLI_CHOICES, NULL},
    {engines, CLI_ENGINE, "Engine"},
    {preparing, CLI_PREPARE, NULL},
    {guarding, CLI_GUARDS, NULL},
    {every, CLI_ALL, NULL},
    {pace, CLI_INTERVAL, NULL},
    {listening, CLI_LISTEN, "Embedded region"},
    {failing, CLI_FAIL, NULL},
    {headless, CLI_HEADLESS, NULL},
};
#define TABLES (sizeof table_list / sizeof table_list[0])

static void make_tables(struct cli *cli, struct options_table tables[TABLES])
{
    for (size_t i = 0; i < TABLES; i++)
        tables[i] = (struct options_table){table_list[i].specs, take_special, cli, table_list[i].title};
    tables[0].take = take_everywhere;
    tables[2].take = fault_options_take;
    tables[2].context = &cli->faults;
}

static bool parse(struct cli *cli, int argc, char **argv, struct error *error)
{
    struct options_table tables[TABLES];
    cli->argc = argc;
    cli->argv = argv;
    cli->interval_ms = 1000;
    make_tables(cli, tables);
    if (!options_parse(argc, argv, tables, TABLES, cli->words, CLI_WORDS_MAX, &cli->word_count, error))
        return false;
    if (cli->faults.given)
        cli->given |= CLI_FAULTS;
    return !cli->faults.given || fault_check(&cli->faults.fault, error);
}

bool cli_parse(struct cli *cli, int argc, char **argv, struct error *error)
{
    memset(cli, 0, sizeof *cli);
    fault_init(&cli->faults.fault);
    return parse(cli, argc, argv, error);
}

bool cli_apply_faults(const struct cli *cli, struct fault *fault, struct error *error)
{
    struct cli again = {.faults = {.fault = *fault}};
    if (!parse(&again, cli->argc, cli->argv, error))
        return false;
    *fault = again.faults.fault;
    return true;
}

bool cli_find_command(const struct cli *cli, const struct cli_command *commands, size_t count,
                      const struct cli_command **found, struct error *error)
{
    *found = NULL;
    for (size_t i = 0; cli->word_count > 0 && i < count; i++)
        if (strcmp(commands[i].name, cli->words[0]) == 0)
            *found = &commands[i];
    if (cli->word_count > 0 && *found == NULL)
        return error_set(error, ERROR_USAGE, "there is no command %.40s; see shaketable --help",
                         cli->words[0]);
    unsigned groups = *found == NULL ? CLI_GUARDS | CLI_CHOICES | CLI_ENGINE : (*found)->groups;
    if ((cli->given & ~groups) != 0) {
        for (size_t i = 1; i < TABLES; i++)
            if ((cli->given & ~groups & table_list[i].group) != 0) {
                return error_set(error, ERROR_USAGE, "%s takes no option like --%s; see shaketable %s--help",
                                 *found == NULL ? "the console" : (*found)->name, table_list[i].specs[0].name,
                                 *found == NULL ? "" : "COMMAND ");
            }
    }
    if (*found != NULL && cli->word_count - 1 > (*found)->words)
        return error_set(error, ERROR_USAGE, "%s: %.60s is one word too many", (*found)->name,
                         cli->words[(*found)->words + 1]);
    return true;
}

void cli_print_help(struct cli *cli, const struct cli_command *commands, size_t count,
                    const struct cli_command *command)
{
    struct options_table tables[TABLES], shown[TABLES];
    size_t shown_count = 0;
    make_tables(cli, tables);
    if (command == NULL) {
        printf("usage: shaketable [OPTIONS]             the console\n"
               "       shaketable COMMAND [OPTIONS]     COMMAND --help tells more\n\n"
               "Fault injection experiments on Amazon ECS, live: push the faders, watch the round\n"
               "trips move, press R and all is as it was.\n\nCommands\n");
        for (size_t i = 0; i < count; i++)
            printf("  %-10s %s\n", commands[i].name, commands[i].help);
        printf("\n");
        shown[shown_count++] = tables[0];
    } else {
        printf("usage: shaketable %s %s\n\n%s\n\n", command->name, command->usage, command->help);
        for (size_t i = 1; i < TABLES; i++)
            if ((command->groups & table_list[i].group) != 0)
                shown[shown_count++] = tables[i];
        shown[shown_count++] = tables[0];
    }
    options_print_help(stdout, shown, shown_count);
}

enum cli_exit cli_fail(const struct error *error, enum cli_exit status)
{
    fprintf(stderr, "shaketable: %s\n", error->message);
    return status;
}

enum cli_exit cli_status_of(const struct error *error)
{
    return error->code == ERROR_USAGE ? CLI_USAGE : error->code == ERROR_REFUSED ? CLI_REFUSED : CLI_FAILED;
}

void cli_print_json(struct json_object *document, bool pretty)
{
    int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
    flags |= pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
    printf("%s\n", json_object_to_json_string_ext(document, flags));
    fflush(stdout);
    json_object_put(document);
}
