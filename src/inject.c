#include "src/inject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiment/report.h"
#include "experiment/template.h"
#include "src/commands.h"
#include "src/follow.h"
#include "src/plan_text.h"

#define ENDED ((1U << MODEL_RESTORED) | (1U << MODEL_FAILED_PHASE) | (1U << MODEL_IDLE))
#define STEADY_TRIES 60
#define STEADY_PAUSE_US 500000

static bool take_name(char *to, const char *from, const char *option, struct error *error)
{
    if (from == NULL || from[0] == '\0')
        return error_set(error, ERROR_USAGE, "%s is missing", option);
    if (strlen(from) >= MODEL_NAME_MAX)
        return error_set(error, ERROR_USAGE, "%s is too long", option);
    memcpy(to, from, strlen(from) + 1);
    return true;
}

/* Options of one engine alone. */
static bool check_engine(const struct cli *cli, struct error *error)
{
    const struct choices *choices = &cli->choices;
    bool agent = choices->engine == CHOICES_ENGINE_AGENT;
    if (choices->source_count > 0 && !agent)
        return error_set(error, ERROR_USAGE,
                         "--agent-source: it is the ECS agent's faults that take places: --engine agent");
    if (agent && (choices->task_count > 0 || choices->tag[0] != '\0' || choices->role[0] != '\0'))
        return error_set(error, ERROR_USAGE,
                         "--task, --tag and --role are AWS FIS's: with --engine agent every task of the "
                         "service gets the sidecar that calls its agent");
    return true;
}

bool inject_make_intent(const struct cli *cli, struct intent *intent, struct error *error)
{
    memset(intent, 0, sizeof *intent);
    intent->kind = INTENT_PLAN;
    intent->fault = cli->faults.fault;
    intent->duration_ms = cli->duration_ms;
    intent->choices = cli->choices;
    /* FIS's jitter is uniform, and the agent's: what nobody asked for otherwise is so, too. */
    if (cli->choices.engine != CHOICES_ENGINE_SIDECAR && !cli->faults.distribution_given)
        intent->fault.latency.distribution = FAULT_UNIFORM;
    return check_engine(cli, error) && take_name(intent->cluster, cli->cluster, "--cluster", error) &&
           take_name(intent->service, cli->service, "--service", error);
}

static bool ask(const struct cli *cli, const struct model *model)
{
    char answer[MODEL_NAME_MAX + 2] = "";
    const struct model_plan *plan = model->experiment.plan;
    if (plan->diff != NULL)
        plan_text_diff(plan->diff, stderr, plan_text_colors(cli, stderr));
    if (plan->must_type_name)
        fprintf(stderr, "%s is tagged as production. Type its name to go on: ", model->experiment.service);
    else if (model->experiment.service[0] == '\0')
        fprintf(stderr, "Run this template? [y/N] ");
    else if (strcmp(model->experiment.engine, "prepare") == 0)
        fprintf(stderr, "Prepare %s/%s for AWS FIS? [y/N] ", model->experiment.cluster,
                model->experiment.service);
    else if (model->experiment.dependencies[0] != '\0')
        fprintf(stderr, "Inject into the calls of %s/%s to %s? [y/N] ", model->experiment.cluster,
                model->experiment.service, model->experiment.dependencies);
    else
        fprintf(stderr, "Inject into %s/%s? [y/N] ", model->experiment.cluster, model->experiment.service);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return plan->must_type_name ? strcmp(answer, model->experiment.service) == 0
                                : strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0;
}

static enum cli_exit stopped_before_anything(void)
{
    fprintf(stderr, "shaketable: stopped, nothing was changed\n");
    return CLI_FAILED;
}

/* Plans; CLI_DONE when the plan stands and may be carried out. The findings go to `out`, NULL: nowhere. */
static enum cli_exit plan(struct follow *follow, const struct cli *cli, const struct intent *intent,
                          FILE *out)
{
    session_send(follow->session, intent);
    struct model *model = follow_until(follow, (1U << MODEL_PLANNED) | (1U << MODEL_FAILED_PHASE));
    enum cli_exit status = CLI_DONE;
    if (model->experiment.phase == MODEL_FAILED_PHASE) {
        fprintf(stderr, "shaketable: %s\n", model->experiment.problem);
        status = (enum cli_exit)model->experiment.exit_status;
    } else if (model->experiment.phase != MODEL_PLANNED) {
        status = stopped_before_anything();
    } else {
        if (out != NULL)
            plan_text_findings(model->experiment.plan, out, plan_text_colors(cli, out));
        if (model->experiment.plan->refused) {
            fprintf(stderr, "shaketable: refused, nothing was changed\n");
            status = CLI_REFUSED;
        }
    }
    model_release(model);
    return status;
}

static bool confirm(struct follow *follow, const struct cli *cli)
{
    if (cli->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "shaketable: without a terminal to ask on, add --yes\n");
        return false;
    }
    struct model *model = session_latest(follow->session);
    bool yes = ask(cli, model);
    model_release(model);
    if (!yes)
        fprintf(stderr, "shaketable: not confirmed, nothing was changed\n");
    return yes;
}

/* A service that was prepared stays so: nothing is active any more. */
static enum cli_exit carry_out(struct follow *follow, bool prepare)
{
    const struct intent go = {.kind = INTENT_CONFIRM};
    session_send(follow->session, &go);
    struct model *model = follow_until(follow, ENDED);
    enum cli_exit status = (enum cli_exit)model->experiment.exit_status;
    if (model->experiment.phase == MODEL_IDLE && prepare && !follow->rolling_back) {
        model_release(model);
        return CLI_DONE;
    }
    if (model->experiment.phase == MODEL_IDLE) { /* a signal came before the confirmation */
        status = stopped_before_anything();
    } else if (status != CLI_DONE) {
        fprintf(stderr, "shaketable: %s\n", model->experiment.problem);
        if (model->experiment.phase == MODEL_RESTORED)
            fprintf(stderr, "shaketable: the service is %s\n",
                    model->experiment.left_to_others ? "left as someone deployed it" : "as it was");
        if (status == CLI_INCOMPLETE)
            fprintf(stderr,
                    "shaketable: the rollback is not complete; finish it with: shaketable rollback %s\n",
                    model->experiment.id);
    }
    /* What went wrong was said; where nothing did, the report has the last word. */
    if (status == CLI_DONE && !follow->json)
        ui_summary_print(stdout, &follow->summary, model);
    model_release(model);
    return status;
}

/* A region that has just started still deploys: the demo waits until its service is steady. */
static enum cli_exit plan_when_steady(struct follow *follow, const struct cli *cli,
                                      const struct intent *intent)
{
    const struct intent dismiss = {.kind = INTENT_DISMISS};
    for (int i = 0; i < STEADY_TRIES; i++) {
        session_send(follow->session, intent);
        struct model *model = follow_until(follow, (1U << MODEL_PLANNED) | (1U << MODEL_FAILED_PHASE));
        bool stopped = follow->rolling_back;
        bool steady = model->experiment.phase == MODEL_PLANNED && !model->experiment.plan->refused;
        model_release(model);
        if (stopped)
            return stopped_before_anything();
        if (steady)
            return CLI_DONE;
        session_send(follow->session, &dismiss);
        model_release(follow_until(follow, 1U << MODEL_IDLE));
        usleep(STEADY_PAUSE_US);
    }
    return plan(follow, cli, intent, stderr);
}

enum cli_exit inject_run_intent(const struct cli *cli, const struct intent *intent, bool wait_until_steady)
{
    struct follow follow;
    if (cli->image != NULL)
        setenv("SHAKETABLE_IMAGE", cli->image, 1);
    if (!follow_open(&follow, cli)) {
        template_release(intent->template);
        return CLI_FAILED;
    }
    follow.quiet = wait_until_steady;
    enum cli_exit status =
        wait_until_steady ? plan_when_steady(&follow, cli, intent) : plan(&follow, cli, intent, stderr);
    follow.quiet = false;
    if (status == CLI_DONE) {
        if (!confirm(&follow, cli))
            status = isatty(STDIN_FILENO) ? CLI_REFUSED : CLI_USAGE;
        else
            status = carry_out(&follow, intent->prepare);
    }
    follow_close(&follow);
    return status;
}

enum cli_exit inject_run(const struct cli *cli, bool wait_until_steady)
{
    struct intent intent;
    struct error error;
    if (!inject_make_intent(cli, &intent, &error))
        return cli_fail(&error, CLI_USAGE);
    return inject_run_intent(cli, &intent, wait_until_steady);
}

static bool has_faults(const struct cli *cli, const char *command)
{
    if (!cli->faults.given)
        fprintf(stderr, "shaketable: %s: which faults? Name at least one, e.g. --latency 800ms\n", command);
    return cli->faults.given;
}

enum cli_exit command_inject(const struct cli *cli)
{
    return has_faults(cli, "inject") ? inject_run(cli, false) : CLI_USAGE;
}

static void print_verdict(const struct model_experiment *experiment)
{
    char count[MODEL_TEXT_MAX];
    plan_text_count(experiment->plan, count, sizeof count);
    bool calls = experiment->dependencies[0] != '\0';
    printf("%s%s%s%s/%s %s: %s\n", calls ? "calls to " : "", experiment->dependencies, calls ? " of " : "",
           experiment->cluster, experiment->service,
           experiment->plan->refused ? "can't be injected" : "can be injected", count);
}

static void print_plan(const struct cli *cli, const struct model *model, bool doctor)
{
    const struct model_plan *plan = model->experiment.plan;
    if (plan == NULL)
        return;
    if (cli->json)
        cli_print_json(report_plan(model), true);
    else if (doctor)
        print_verdict(&model->experiment);
    else if (plan->diff != NULL)
        plan_text_diff(plan->diff, stdout, plan_text_colors(cli, stdout));
}

/* The doctor's answer is the findings; beside a plan they are remarks. */
static enum cli_exit show_plan(const struct cli *cli, bool doctor)
{
    struct intent intent;
    struct follow follow;
    struct error error;
    if (!inject_make_intent(cli, &intent, &error))
        return cli_fail(&error, CLI_USAGE);
    if (cli->image != NULL)
        setenv("SHAKETABLE_IMAGE", cli->image, 1);
    if (!follow_open(&follow, cli))
        return CLI_FAILED;
    follow.quiet = true;
    enum cli_exit status = plan(&follow, cli, &intent, cli->json ? NULL : doctor ? stdout : stderr);
    struct model *model = session_latest(follow.session);
    print_plan(cli, model, doctor);
    model_release(model);
    follow_close(&follow);
    return status;
}

enum cli_exit command_plan(const struct cli *cli)
{
    return has_faults(cli, "plan") ? show_plan(cli, false) : CLI_USAGE;
}

enum cli_exit command_doctor(const struct cli *cli)
{
    return show_plan(cli, true);
}

enum cli_exit command_prepare(const struct cli *cli)
{
    struct intent intent;
    struct error error;
    if (cli->choices.engine != CHOICES_ENGINE_FIS) {
        error_set(&error, ERROR_USAGE, "prepare: %s needs nothing: --engine fis",
                  cli->choices.engine == CHOICES_ENGINE_AGENT
                      ? "inject --engine agent brings its own, and takes it away again; that"
                      : "for which engine? The sidecar's");
        return cli_fail(&error, CLI_USAGE);
    }
    if (!inject_make_intent(cli, &intent, &error))
        return cli_fail(&error, CLI_USAGE);
    if (cli->instance_role != NULL)
        setenv("SHAKETABLE_INSTANCE_ROLE", cli->instance_role, 1);
    intent.prepare = true;
    return inject_run_intent(cli, &intent, false);
}
