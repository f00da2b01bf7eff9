#include <stdlib.h>
#include <string.h>

#include "experiment/timeline.h"
#include "src/inject.h"
#include "src/template.h"

static bool take_name(char to[MODEL_NAME_MAX], const char *from, const char *option, struct error *error)
{
    if (from == NULL)
        return true;
    if (from[0] == '\0' || strlen(from) >= MODEL_NAME_MAX)
        return error_set(error, ERROR_USAGE, "%s: from 1 to %d characters", option, MODEL_NAME_MAX - 1);
    memcpy(to, from, strlen(from) + 1);
    return true;
}

/* The sidecar if it can play all of it: its faults are live at once and end with its lease. Else FIS, and why
 * is told. */
static bool choose_engine(const struct cli *cli, struct template *template, struct intent *intent)
{
    struct refusals *refusals = calloc(1, sizeof *refusals);
    if (cli->engine != NULL || refusals == NULL) {
        free(refusals);
        return cli->engine != NULL;
    }
    struct timeline *timeline = timeline_make(template, intent->cluster, intent->service, refusals);
    if (timeline == NULL) {
        intent->choices.engine = CHOICES_ENGINE_FIS;
        fprintf(stderr, "shaketable: AWS FIS runs it, for the sidecar can't:\n");
        template_print_refusals(stderr, "  ", refusals);
    }
    timeline_free(timeline);
    free(refusals);
    return true;
}

static bool check_line(const struct cli *cli, struct error *error)
{
    if ((cli->cluster == NULL) != (cli->service == NULL))
        return error_set(error, ERROR_USAGE, "template run takes both --cluster and --service, or neither");
    if (cli->duration_ms > 0)
        return error_set(error, ERROR_USAGE,
                         "template run takes no --duration: the template says how long each action takes");
    if (cli->choices.engine == CHOICES_ENGINE_AGENT)
        return error_set(
            error, ERROR_USAGE,
            "template run takes no --engine agent: the ECS agent's faults take seconds to change, "
            "and a template's times are exact. Its engines are sidecar and fis");
    if (cli->choices.task_count > 0 || cli->choices.tag[0] != '\0')
        return error_set(error, ERROR_USAGE,
                         "template run takes no --task and no --tag: the template says what its targets are");
    return true;
}

enum cli_exit template_command_run(const struct cli *cli)
{
    struct error error = {0};
    struct intent intent = {.kind = INTENT_PLAN, .choices = cli->choices};
    enum cli_exit status = CLI_FAILED;
    fault_init(&intent.fault);
    if (!check_line(cli, &error) || !take_name(intent.cluster, cli->cluster, "--cluster", &error) ||
        !take_name(intent.service, cli->service, "--service", &error))
        return cli_fail(&error, CLI_USAGE);
    intent.template = template_open(cli, &status);
    if (intent.template == NULL)
        return status;
    if (!choose_engine(cli, intent.template, &intent)) {
        template_release(intent.template);
        return CLI_FAILED;
    }
    return inject_run_intent(cli, &intent, false);
}
