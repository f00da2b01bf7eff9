#include "src/list_fis.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/survey_fis.h"

/* The records hold FIS's part alone; NULL with an error. */
static struct model_records *look(struct aws_client *client, struct error *error)
{
    atomic_bool never = false;
    struct adopt_fis fis;
    const struct job job = {.client = client, .cancel = &never};
    struct model_records *records = model_records_new();
    bool looked = adopt_fis_look(&job, &fis, error);
    if (records == NULL)
        error_set(error, ERROR_SYSTEM, "out of memory");
    else if (looked && fis.refused[0] != '\0')
        error_set(error, ERROR_DENIED, "%s", fis.refused);
    else if (looked)
        survey_fis_take(records, &fis);
    if (records != NULL && !records->fis.looked) {
        model_records_release(records);
        records = NULL;
    }
    adopt_fis_free(&fis);
    return records;
}

static void end(const struct cli *cli, struct json_object *array, struct model_records *records,
                size_t left_out, const char *what)
{
    if (cli->json)
        cli_print_json(array, true);
    else
        json_object_put(array);
    fflush(stdout);
    if (left_out > 0)
        fprintf(stderr, "shaketable: %zu more %s, older ones, are not shown\n", left_out, what);
    model_records_release(records);
}

static void print_template(const struct cli *cli, const struct model_fis_template *template,
                           struct json_object *array)
{
    char created[CLOCK_TEXT_MAX];
    clock_format_utc(template->created_ms, created, sizeof created);
    if (!cli->json) {
        printf("%-22s %-12s %-8s %-20s %s\n", template->id,
               template->experiment[0] != '\0' ? template->experiment : "-", template->runs ? "running" : "-",
               created, template->description);
        return;
    }
    struct json_object *object = json_object_new_object();
    json_put_text(object, "template", template->id);
    json_put_text(object, "description", template->description);
    json_put_integer(object, "created", template->created_ms);
    json_put_flag(object, "running", template->runs);
    json_put_flag(object, "ours", template->experiment[0] != '\0');
    json_put_text(object, "experiment", template->experiment);
    json_object_array_add(array, object);
}

bool list_templates(const struct cli *cli, struct aws_client *client, struct error *error)
{
    struct model_records *records = look(client, error);
    if (records == NULL)
        return false;
    const struct model_fis *fis = &records->fis;
    struct json_object *array = json_object_new_array();
    if (!cli->json)
        printf("%-22s %-12s %-8s %-20s %s\n", "TEMPLATE", "EXPERIMENT", "STATE", "CREATED", "DESCRIPTION");
    for (size_t i = 0; i < fis->template_count; i++)
        print_template(cli, &fis->templates[i], array);
    end(cli, array, records, fis->templates_left_out, "templates");
    return true;
}

static void print_experiment(const struct cli *cli, const struct model_fis_experiment *experiment,
                             struct json_object *array)
{
    char created[CLOCK_TEXT_MAX];
    clock_format_utc(experiment->created_ms, created, sizeof created);
    if (!cli->json) {
        printf("%-22s %-22s %-12s %-10s %-20s %s%s\n", experiment->id, experiment->template_id,
               experiment->experiment[0] != '\0' ? experiment->experiment : "-", experiment->status, created,
               experiment->preview ? "(preview) " : "", experiment->reason);
        return;
    }
    struct json_object *object = json_object_new_object();
    json_put_text(object, "fis_experiment", experiment->id);
    json_put_text(object, "template", experiment->template_id);
    json_put_text(object, "status", experiment->status);
    json_put_text(object, "reason", experiment->reason);
    json_put_integer(object, "created", experiment->created_ms);
    json_put_flag(object, "ended", experiment->ended);
    json_put_flag(object, "preview", experiment->preview);
    json_put_flag(object, "ours", experiment->experiment[0] != '\0');
    json_put_text(object, "experiment", experiment->experiment);
    json_object_array_add(array, object);
}

bool list_fis_experiments(const struct cli *cli, struct aws_client *client, struct error *error)
{
    struct model_records *records = look(client, error);
    if (records == NULL)
        return false;
    const struct model_fis *fis = &records->fis;
    struct json_object *array = json_object_new_array();
    if (!cli->json)
        printf("%-22s %-22s %-12s %-10s %-20s %s\n", "FIS EXPERIMENT", "TEMPLATE", "EXPERIMENT", "STATUS",
               "CREATED", "REASON");
    for (size_t i = 0; i < fis->experiment_count; i++)
        print_experiment(cli, &fis->experiments[i], array);
    end(cli, array, records, fis->experiments_left_out, "experiments");
    return true;
}
