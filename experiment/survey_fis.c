#include "experiment/survey_fis.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/fis.h"
#include "aws/json.h"
#include "experiment/fis_tags.h"

void survey_copy_text(char *to, size_t size, const char *from)
{
    aws_copy_text(to, size, from);
    for (char *c = to; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
}

/* ── as FIS lists them ───────────────────────────────────────────────────────────────────── */

static void read_template(struct model_fis_template *out, struct json_object *raw)
{
    memset(out, 0, sizeof *out);
    survey_copy_text(out->id, sizeof out->id, aws_json_text(raw, "id"));
    survey_copy_text(out->description, sizeof out->description, aws_json_text(raw, "description"));
    survey_copy_text(out->experiment, sizeof out->experiment, fis_tag(raw, WAY_BACK_LABEL_EXPERIMENT));
    out->created_ms = aws_json_ms(raw, "creationTime");
}

static void read_experiment(struct model_fis_experiment *out, struct json_object *raw)
{
    struct fis_experiment experiment;
    fis_read_experiment(&experiment, raw);
    memset(out, 0, sizeof *out);
    survey_copy_text(out->id, sizeof out->id, experiment.id);
    survey_copy_text(out->template_id, sizeof out->template_id, experiment.template_id);
    survey_copy_text(out->status, sizeof out->status, experiment.status);
    survey_copy_text(out->reason, sizeof out->reason, experiment.reason);
    survey_copy_text(out->experiment, sizeof out->experiment, fis_tag(raw, WAY_BACK_LABEL_EXPERIMENT));
    out->preview = fis_tag(raw, FIS_TAG_PREVIEW)[0] != '\0';
    out->ended = fis_status_is_final(experiment.status);
    out->created_ms = experiment.created_ms;
}

static int by_age(int64_t x_ms, int64_t y_ms, const char *x, const char *y)
{
    return x_ms < y_ms ? 1 : x_ms > y_ms ? -1 : strcmp(x, y);
}

static int compare_experiments(const void *a, const void *b)
{
    const struct model_fis_experiment *x = a, *y = b;
    if (x->ended != y->ended)
        return x->ended ? 1 : -1;
    return by_age(x->created_ms, y->created_ms, x->id, y->id);
}

static int compare_templates(const void *a, const void *b)
{
    const struct model_fis_template *x = a, *y = b;
    if (x->runs != y->runs)
        return x->runs ? -1 : 1;
    return by_age(x->created_ms, y->created_ms, x->id, y->id);
}

/* All of them, that none is left out before it is known which are the newest. */
static void take_experiments(struct model_fis *out, struct json_object *array)
{
    size_t count = aws_json_count(array);
    struct model_fis_experiment *items = calloc(count + 1, sizeof *items);
    if (items == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        read_experiment(&items[i], aws_json_at(array, i));
    qsort(items, count, sizeof *items, compare_experiments);
    out->experiments = items;
    out->experiment_count = count;
}

static void take_templates(struct model_fis *out, struct json_object *array)
{
    size_t count = aws_json_count(array);
    struct model_fis_template *items = calloc(count + 1, sizeof *items);
    if (items == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        read_template(&items[i], aws_json_at(array, i));
        for (size_t k = 0; k < out->experiment_count && !out->experiments[k].ended; k++)
            items[i].runs = items[i].runs || strcmp(out->experiments[k].template_id, items[i].id) == 0;
    }
    qsort(items, count, sizeof *items, compare_templates);
    out->templates = items;
    out->template_count = count;
}

static void leave_out(struct model_fis *out)
{
    if (out->template_count > MODEL_FIS_TEMPLATES_MAX) {
        out->templates_left_out = out->template_count - MODEL_FIS_TEMPLATES_MAX;
        out->template_count = MODEL_FIS_TEMPLATES_MAX;
    }
    if (out->experiment_count > MODEL_FIS_EXPERIMENTS_MAX) {
        out->experiments_left_out = out->experiment_count - MODEL_FIS_EXPERIMENTS_MAX;
        out->experiment_count = MODEL_FIS_EXPERIMENTS_MAX;
    }
}

/* ── what ours have there ────────────────────────────────────────────────────────────────── */

static void find_ids(struct model_record *record, const struct model_fis *fis)
{
    for (size_t i = 0; i < fis->template_count; i++)
        if (strcmp(fis->templates[i].experiment, record->id) == 0) {
            memcpy(record->fis_template, fis->templates[i].id, sizeof record->fis_template);
            if (record->begun_ms == 0) /* its tags do not tell */
                record->begun_ms = fis->templates[i].created_ms;
        }
    for (size_t i = fis->experiment_count; i-- > 0;) { /* the last one is the first in order */
        const struct model_fis_experiment *experiment = &fis->experiments[i];
        if (experiment->preview || strcmp(experiment->experiment, record->id) != 0)
            continue;
        memcpy(record->fis_experiment, experiment->id, sizeof record->fis_experiment);
        memcpy(record->fis_status, experiment->status, sizeof record->fis_status);
        if (record->fis_template[0] == '\0')
            memcpy(record->fis_template, experiment->template_id, sizeof record->fis_template);
    }
}

void survey_fis_take(struct model_records *records, const struct adopt_fis *fis)
{
    struct model_fis *out = &records->fis;
    out->looked = fis->templates != NULL;
    out->refused = fis->refused[0] != '\0';
    memcpy(out->problem, out->refused ? fis->refused : fis->trouble, sizeof out->problem);
    take_experiments(out, fis->experiments);
    take_templates(out, fis->templates);
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->items[i].engine, "fis") == 0)
            find_ids(&records->items[i], out);
    leave_out(out);
}

void survey_fis_keep(struct model_records *records, const struct model_records *previous)
{
    struct model_fis *out = &records->fis;
    const struct model_fis *from = &previous->fis;
    *out = *from;
    out->templates = calloc(from->template_count + 1, sizeof *out->templates);
    out->experiments = calloc(from->experiment_count + 1, sizeof *out->experiments);
    if (out->templates == NULL || out->experiments == NULL) {
        out->template_count = out->experiment_count = 0;
        return;
    }
    if (from->template_count > 0)
        memcpy(out->templates, from->templates, from->template_count * sizeof *out->templates);
    if (from->experiment_count > 0)
        memcpy(out->experiments, from->experiments, from->experiment_count * sizeof *out->experiments);
}
