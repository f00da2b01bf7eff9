#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "aws/settings.h"
#include "core/units.h"
#include "experiment/json.h"
#include "experiment/template_fis.h"
#include "experiment/timeline.h"
#include "src/template.h"

struct verdict {
    const char *engine;
    bool can;
    char what[256]; /* what it would do */
    struct refusals refusals;
};

static void ask_sidecar(const struct cli *cli, struct template *template, struct verdict *verdict)
{
    char length[UNITS_TEXT_MAX];
    struct timeline *timeline = timeline_make(template, cli->cluster, cli->service, &verdict->refusals);
    verdict->engine = "sidecar";
    verdict->can = timeline != NULL;
    if (timeline == NULL)
        return;
    units_format_clock(timeline->total_ms, length);
    snprintf(verdict->what, sizeof verdict->what, "%.100s/%.100s, %s", timeline->cluster, timeline->service,
             length);
    timeline_free(timeline);
}

static void ask_fis(const struct cli *cli, const struct template *template, struct verdict *verdict)
{
    const struct template_fis setting = {
        .has_role = cli->choices.role[0] != '\0',
        .own_region = cli->endpoint_url != NULL || aws_settings_environment("AWS_ENDPOINT_URL") != NULL ||
                      aws_settings_environment("AWS_ENDPOINT_URL_FIS") != NULL,
    };
    verdict->engine = "fis";
    verdict->can = template_fis_check(template, &setting, &verdict->refusals);
    snprintf(verdict->what, sizeof verdict->what, "as far as it can be told without asking");
}

static void print_verdict(const struct verdict *verdict)
{
    if (verdict->can)
        printf("%s: can run it: %s\n", verdict->engine, verdict->what);
    else
        printf("%s: can't run it\n", verdict->engine);
    template_print_refusals(stdout, "  ", &verdict->refusals);
}

static void put_verdict(struct json_object *engines, const struct verdict *verdict)
{
    struct json_object *object = json_object_new_object();
    json_put_text(object, "engine", verdict->engine);
    json_put_flag(object, "can_run", verdict->can);
    json_object_object_add(object, "refusals", template_refusals_json(&verdict->refusals));
    json_object_array_add(engines, object);
}

static bool is_asked(const struct cli *cli, const char *engine)
{
    return cli->engine == NULL || strcmp(cli->engine, engine) == 0;
}

/* Both of --cluster and --service, or neither. */
static bool check_target(const struct cli *cli)
{
    if ((cli->cluster == NULL) == (cli->service == NULL))
        return true;
    fprintf(stderr, "shaketable: template check takes both --cluster and --service, or neither\n");
    return false;
}

static bool check_engine(const struct cli *cli)
{
    if (cli->choices.engine != CHOICES_ENGINE_AGENT)
        return true;
    fprintf(stderr,
            "shaketable: template check takes no --engine agent: the ECS agent's faults take seconds to "
            "change, and no template is run by it. Its engines are sidecar and fis\n");
    return false;
}

enum cli_exit template_command_check(const struct cli *cli)
{
    enum cli_exit status = CLI_FAILED;
    if (!check_target(cli) || !check_engine(cli))
        return CLI_USAGE;
    struct template *template = template_open(cli, &status);
    if (template == NULL)
        return status;
    struct verdict *verdicts = calloc(2, sizeof *verdicts);
    size_t count = 0;
    bool can = false;
    struct json_object *engines = json_object_new_array();
    if (verdicts != NULL && is_asked(cli, "sidecar"))
        ask_sidecar(cli, template, &verdicts[count++]);
    if (verdicts != NULL && is_asked(cli, "fis"))
        ask_fis(cli, template, &verdicts[count++]);
    for (size_t i = 0; i < count; i++) {
        can = can || verdicts[i].can;
        put_verdict(engines, &verdicts[i]);
        if (!cli->json)
            print_verdict(&verdicts[i]);
    }
    struct json_object *report = json_object_new_object();
    json_put_text(report, "description", template->description);
    json_object_object_add(report, "engines", engines);
    if (cli->json)
        cli_print_json(report, true);
    else
        json_object_put(report);
    free(verdicts);
    template_release(template);
    return can ? CLI_DONE : CLI_USAGE;
}
