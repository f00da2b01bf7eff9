#include "src/list_experiments.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/survey.h"
#include "src/ask_code.h"

static struct json_object *to_json(const struct model_record *record)
{
    struct json_object *object = json_object_new_object();
    json_put_text(object, "experiment", record->id);
    json_put_text(object, "engine", record->engine);
    json_put_text(object, "cluster", record->cluster);
    json_put_text(object, "service", record->service);
    if (record->dependencies[0] != '\0')
        json_put_text(object, "calls_to", record->dependencies);
    json_put_text(object, "operator", record->operator_name);
    json_put_text(object, "region", record->region);
    json_put_text(object, "process", model_record_state_name(record->state));
    json_put_text(object, "phase", record->phase);
    json_put_text(object, "faults", record->faults);
    json_put_text(object, "way_back", record->way_back);
    json_put_flag(object, "journal", record->journal);
    json_put_flag(object, "labels", record->labels);
    json_put_flag(object, "running", record->state == MODEL_RECORD_RUNNING);
    json_put_flag(object, "restored", record->state == MODEL_RECORD_ENDED);
    if (strcmp(record->engine, "fis") == 0) {
        json_put_text(object, "fis_template", record->fis_template);
        json_put_text(object, "fis_experiment", record->fis_experiment);
        json_put_text(object, "fis_status", record->fis_status);
    }
    json_put_integer(object, "began", record->begun_ms);
    json_put_integer(object, "deadline", record->deadline_ms);
    return object;
}

static void print_record(const struct model_record *record)
{
    char began[CLOCK_TEXT_MAX], deadline[CLOCK_TEXT_MAX], name[2 * MODEL_NAME_MAX + 2];
    bool ended = record->state == MODEL_RECORD_ENDED;
    clock_format_utc(record->begun_ms, began, sizeof began);
    clock_format_utc(record->deadline_ms, deadline, sizeof deadline);
    bool lasting = record->state == MODEL_RECORD_PREPARED; /* it ends when it is taken back */
    snprintf(name, sizeof name, "%s%s%s", record->cluster, record->service[0] != '\0' ? "/" : "-",
             record->service);
    bool calls = record->dependencies[0] != '\0';
    printf("%-12s %-8s %-28s %-11s %-9s %-20s %-20s %s%s%s\n", record->id, record->engine, name,
           record->phase[0] != '\0' ? record->phase : "-",
           ended ? "-" : model_record_state_name(record->state), began, ended || lasting ? "-" : deadline,
           record->operator_name, calls ? "  calls to " : "", record->dependencies);
}

static void print_records(const struct cli *cli, const struct model_records *records)
{
    struct json_object *array = json_object_new_array();
    if (!cli->json)
        printf("%-12s %-8s %-28s %-11s %-9s %-20s %-20s %s\n", "EXPERIMENT", "ENGINE", "SERVICE", "PHASE",
               "PROCESS", "BEGAN", "DEADLINE", "OPERATOR");
    for (size_t i = 0; i < records->count; i++) {
        if (cli->json)
            json_object_array_add(array, to_json(&records->items[i]));
        else
            print_record(&records->items[i]);
    }
    if (cli->json)
        cli_print_json(array, true);
    else
        json_object_put(array);
}

static struct model_records *read_records(const struct cli *cli, struct error *error)
{
    const struct aws_options options = {
        .profile = cli->profile,
        .region = cli->region,
        .endpoint_url = cli->endpoint_url,
        .read_only = true, /* a list never changes anything */
        .mfa = {.ask = ask_code},
    };
    struct aws_client *client = aws_client_open(&options, error);
    atomic_bool never = false;
    struct survey_place place = {"", "", "", false};
    if (client != NULL)
        place = (struct survey_place){aws_client_region(client), aws_client_endpoint(client), "", false};
    const struct job job = {.client = client, .cancel = &never};
    struct model_records *records = survey_read(client != NULL ? &job : NULL, &place, NULL);
    aws_client_close(client);
    return records;
}

enum cli_exit list_experiments(const struct cli *cli)
{
    struct error error = {0};
    struct model_records *records = read_records(cli, &error);
    if (records == NULL) {
        error_set(&error, ERROR_SYSTEM, "out of memory");
        return cli_fail(&error, CLI_FAILED);
    }
    print_records(cli, records);
    fflush(stdout);
    if (!records->searched)
        fprintf(stderr, "shaketable: these are the experiments of this machine alone: %s\n",
                records->problem[0] != '\0' ? records->problem : error.message);
    else if (records->problem[0] != '\0')
        fprintf(stderr, "shaketable: %s\n", records->problem);
    if (records->fis.problem[0] != '\0')
        fprintf(stderr, "shaketable: %s\n", records->fis.problem);
    bool journals = records->journals;
    model_records_release(records);
    return journals ? CLI_DONE : CLI_FAILED;
}
