/* What stands in the scrollback once the console has gone. */
#include "ui/console.h"

#include "core/units.h"

#include <string.h>

#define WORDS_MAX 512

void ui_summary_note(struct ui_summary *summary, const struct model *model)
{
    const struct model_experiment *experiment = &model->experiment;
    if (experiment->phase != MODEL_INJECTING)
        return;
    summary->injected = true;
    if (!fault_is_clean(&experiment->live))
        summary->strongest = experiment->live;
    memcpy(summary->cluster, experiment->cluster, sizeof summary->cluster);
    memcpy(summary->service, experiment->service, sizeof summary->service);
    memcpy(summary->dependencies, experiment->dependencies, sizeof summary->dependencies);
    if (experiment->started_ms > 0 && model->now_ms > experiment->started_ms)
        summary->live_ms = model->now_ms - experiment->started_ms;
    if (strcmp(model->series.service, experiment->service) != 0 ||
        strcmp(model->series.cluster, experiment->cluster) != 0)
        return;
    if (model->series.before.n > 0)
        summary->before = model->series.before;
    if (model->series.now.n > 0)
        summary->during = model->series.now;
    if (model->series.control.n > 0) {
        summary->scoped = model->series.scoped;
        summary->control = model->series.control;
    }
}

static void print_figures(FILE *out, const char *label, const struct model_figures *figures)
{
    char p50[UNITS_TEXT_MAX] = "-";
    char p99[UNITS_TEXT_MAX] = "-";
    if (figures->n == 0 && figures->per_second <= 0)
        return;
    if (figures->p50_us >= 0)
        units_format_us(figures->p50_us, p50);
    if (figures->p99_us >= 0)
        units_format_us(figures->p99_us, p99);
    fprintf(out, "  %-8s p50 %s, p99 %s, errors %.1f %%, %.0f requests/s\n", label, p50, p99,
            figures->error_percent, figures->per_second);
}

static void print_end(FILE *out, const struct ui_summary *summary, const struct model *last)
{
    const struct model_experiment *experiment = &last->experiment;
    if (summary->outcome == UI_OUTCOME_LEFT) {
        fprintf(out, "  It keeps running until its deadline; 'shaketable rollback' ends it sooner.\n");
        return;
    }
    if (experiment->phase == MODEL_FAILED_PHASE && experiment->problem[0] != '\0') {
        fprintf(out, "  Not all is restored: %s\n", experiment->problem);
        return;
    }
    if (model_is_active(last)) {
        fprintf(out, "  Not all is restored (%s): 'shaketable rollback' finishes.\n",
                model_phase_name(experiment->phase));
        return;
    }
    if (experiment->phase == MODEL_RESTORED && experiment->guard_tripped)
        fprintf(out, "  %s\n", experiment->problem);
    if (experiment->phase == MODEL_RESTORED && experiment->left_to_others)
        fprintf(out,
                "  Nothing of the experiment is left; the service stays as someone deployed it meanwhile.\n");
    else if (experiment->phase == MODEL_RESTORED && experiment->clean_ms >= 0)
        fprintf(out, "  All is as it was: traffic was clean in %.0f ms, %s.\n", experiment->clean_ms,
                experiment->fis_experiment[0] == '\0' ? "the service is restored"
                                                      : "and nothing of it is left in AWS FIS");
    else
        fprintf(out, "  All is as it was.\n");
}

/* "latency 800 ms on storefront/checkout", "… on calls to dynamodb of storefront/checkout", or what the
 * template says of itself. */
static void print_what(FILE *out, const struct ui_summary *summary, const struct model *last)
{
    char faults[WORDS_MAX];
    const char *title = last == NULL ? "" : last->experiment.title;
    fault_describe(&summary->strongest, faults, sizeof faults);
    fprintf(out, "%s", title[0] == '\0' ? faults : title);
    bool calls = summary->dependencies[0] != '\0';
    if (summary->service[0] != '\0')
        fprintf(out, " on %s%s%s%s/%s", calls ? "calls to " : "", summary->dependencies, calls ? " of " : "",
                summary->cluster, summary->service);
}

void ui_summary_print(FILE *out, const struct ui_summary *summary, const struct model *last)
{
    bool left = last != NULL && (model_is_active(last) || (last->experiment.phase == MODEL_FAILED_PHASE &&
                                                           last->experiment.problem[0] != '\0'));
    if (!summary->injected && !left)
        return;
    if (summary->injected) {
        char clock[UNITS_TEXT_MAX];
        units_format_clock(summary->live_ms, clock);
        fprintf(out, "shaketable: ");
        print_what(out, summary, last);
        fprintf(out, " for %s\n", clock);
        print_figures(out, "before", &summary->before);
        print_figures(out, "during", &summary->during);
        print_figures(out, "in scope", &summary->scoped);
        print_figures(out, "control", &summary->control);
    } else {
        fprintf(out, "shaketable: %s/%s\n", last->experiment.cluster, last->experiment.service);
    }
    if (last != NULL)
        print_end(out, summary, last);
}
