#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment/adopt.h"
#include "experiment/journal.h"
#include "experiment/json.h"
#include "src/ask_code.h"
#include "src/commands.h"
#include "src/follow.h"
#include "src/running.h"

#define ENDED ((1U << MODEL_RESTORED) | (1U << MODEL_FAILED_PHASE))

/* Rolls back in this process. An intent with an experiment uses the journal; else cluster and service. */
static enum cli_exit roll_back_here(const struct cli *cli, const struct intent *intent)
{
    struct follow follow;
    if (!follow_open(&follow, cli))
        return CLI_FAILED;
    session_send(follow.session, intent);
    struct model *model = follow_until(&follow, ENDED);
    enum cli_exit status = (enum cli_exit)model->experiment.exit_status;
    if (model->experiment.phase == MODEL_FAILED_PHASE)
        fprintf(stderr, "shaketable: %s\n", model->experiment.problem);
    model_release(model);
    follow_close(&follow);
    return status;
}

/* The region and endpoint where it was begun, unless the command line says otherwise. */
static struct cli place_of(const struct cli *cli, const struct way_back *way_back)
{
    struct cli place = *cli;
    if (place.region == NULL)
        place.region = way_back->region;
    if (place.endpoint_url == NULL && way_back->endpoint[0] != '\0')
        place.endpoint_url = way_back->endpoint;
    return place;
}

/* True where the process that runs it has rolled it back. */
static bool ask_owner(const struct cli *cli, const char *experiment, enum cli_exit *status)
{
    struct json_object *last = NULL;
    *status = running_talk(cli, experiment, "{\"op\":\"rollback\"}", true, &last);
    bool restored = *status == CLI_DONE && strcmp(json_text(last, "phase"), "restored") == 0;
    json_object_put(last);
    return restored;
}

static enum cli_exit tell_silent(const char *experiment)
{
    struct error error;
    error_set(&error, ERROR_INCOMPLETE,
              "experiment %s is in the hands of another process that does not answer: end that one, then run "
              "shaketable rollback %s",
              experiment, experiment);
    return cli_fail(&error, CLI_INCOMPLETE);
}

static enum cli_exit roll_back_entry(const struct cli *cli, const struct journal_entry *entry)
{
    enum adopt_owner owner = entry->running ? adopt_find_owner(entry->experiment) : ADOPT_OWNER_DEAD;
    enum cli_exit status = CLI_DONE;
    if (owner == ADOPT_OWNER_ANSWERS) {
        if (ask_owner(cli, entry->experiment, &status))
            return CLI_DONE;
        owner = adopt_find_owner(entry->experiment); /* it may have died of it */
    }
    switch (owner) {
    case ADOPT_OWNER_ANSWERS:
        return status == CLI_DONE ? CLI_INCOMPLETE : status;
    case ADOPT_OWNER_SILENT:
        return tell_silent(entry->experiment);
    case ADOPT_OWNER_DONE:
        fprintf(stderr, "shaketable: experiment %s was rolled back by another process\n", entry->experiment);
        return CLI_DONE;
    case ADOPT_OWNER_DEAD:
        break;
    }
    const struct cli place = place_of(cli, &entry->way_back);
    struct intent intent = {.kind = INTENT_ROLLBACK};
    memcpy(intent.experiment, entry->experiment, sizeof intent.experiment);
    return roll_back_here(&place, &intent);
}

static enum cli_exit worse(enum cli_exit a, enum cli_exit b)
{
    return b != CLI_DONE ? b : a;
}

static bool is_listed_before(const struct adopt_list *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(list->items[i].experiment, list->items[index].experiment) == 0)
            return true;
    return false;
}

static struct aws_client *open_client(const struct cli *cli, struct error *error)
{
    const struct aws_options options = {.profile = cli->profile,
                                        .region = cli->region,
                                        .endpoint_url = cli->endpoint_url,
                                        .read_only = true,
                                        .mfa = {.ask = ask_code}};
    return aws_client_open(&options, error);
}

/* What stands in AWS, whether it has a journal here or not. */
static enum cli_exit look(const struct cli *cli, struct adopt_list *list)
{
    struct error error = {0};
    atomic_bool never = false;
    enum cli_exit status = CLI_DONE;
    memset(list, 0, sizeof *list);
    struct aws_client *client = open_client(cli, &error);
    if (client == NULL)
        return cli_fail(&error, CLI_FAILED);
    const struct job job = {.client = client, .cancel = &never};
    if (!adopt_list_read(&job, true, list, &error))
        status = cli_fail(&error, CLI_INCOMPLETE);
    if (list->fis.refused[0] != '\0' || list->fis.trouble[0] != '\0')
        fprintf(stderr, "shaketable: %s%s\n", list->fis.refused, list->fis.trouble);
    if (list->fis.trouble[0] != '\0')
        status = CLI_INCOMPLETE; /* it may hold something, and can be asked again */
    aws_client_close(client);
    return status;
}

static bool was_rolled_back(const struct journal_list *journals, const char *experiment)
{
    for (size_t i = 0; i < journals->count; i++)
        if (!journals->entries[i].ended && strcmp(journals->entries[i].experiment, experiment) == 0)
            return true;
    return false;
}

static enum cli_exit roll_back_journals(const struct cli *cli, const struct journal_list *journals,
                                        bool prepared, size_t *count)
{
    enum cli_exit status = CLI_DONE;
    for (size_t i = 0; i < journals->count; i++) {
        if (journals->entries[i].ended || journals->entries[i].way_back.prepares != prepared)
            continue;
        status = worse(status, roll_back_entry(cli, &journals->entries[i]));
        (*count)++;
    }
    return status;
}

static enum cli_exit roll_back_item(const struct cli *cli, const struct way_back *way_back)
{
    struct intent intent = {.kind = INTENT_ROLLBACK};
    bool service = way_back->service[0] != '\0';
    fprintf(stderr, "shaketable: found %s %s of %s%s%s%s%s\n",
            way_back->prepares ? "the preparation" : "experiment", way_back->experiment,
            way_back->operator_name, service ? " on " : "", way_back->cluster, service ? "/" : "",
            way_back->service);
    if (way_back->fis != NULL || way_back->prepares) { /* there may be one of each on a service */
        memcpy(intent.experiment, way_back->experiment, sizeof intent.experiment);
    } else {
        snprintf(intent.cluster, sizeof intent.cluster, "%s", way_back->cluster);
        snprintf(intent.service, sizeof intent.service, "%s", way_back->service);
    }
    return roll_back_here(cli, &intent);
}

/* Those that had no journal here to roll them back by. */
static enum cli_exit roll_back_found(const struct cli *cli, const struct adopt_list *list,
                                     const struct journal_list *journals, bool prepared, size_t *count)
{
    enum cli_exit status = CLI_DONE;
    for (size_t i = 0; i < list->count; i++) {
        if (is_listed_before(list, i) || list->items[i].prepares != prepared)
            continue; /* a second revision of it goes with the first */
        if (prepared && was_rolled_back(journals, list->items[i].experiment))
            continue; /* since this was read */
        status = worse(status, roll_back_item(cli, &list->items[i]));
        (*count)++;
    }
    return status;
}

/* What prepares a service for FIS goes last: an experiment of FIS's needs it to its end. */
static enum cli_exit roll_back_all(const struct cli *cli, const struct journal_list *journals)
{
    struct adopt_list list;
    size_t count = 0;
    enum cli_exit status = roll_back_journals(cli, journals, false, &count);
    status = worse(status, look(cli, &list));
    status = worse(status, roll_back_found(cli, &list, journals, false, &count));
    status = worse(status, roll_back_journals(cli, journals, true, &count));
    status = worse(status, roll_back_found(cli, &list, journals, true, &count));
    if (count == 0 && status == CLI_DONE)
        fprintf(stderr, "shaketable: nothing to roll back\n");
    adopt_list_free(&list);
    return status;
}

static enum cli_exit roll_back_service(const struct cli *cli, const struct journal_list *list)
{
    struct intent intent = {.kind = INTENT_ROLLBACK};
    if (cli->cluster == NULL || cli->service == NULL || strlen(cli->cluster) >= sizeof intent.cluster ||
        strlen(cli->service) >= sizeof intent.service) {
        fprintf(stderr, "shaketable: rollback takes both --cluster and --service\n");
        return CLI_USAGE;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct journal_entry *entry = &list->entries[i];
        if (!entry->ended && entry->running && strcmp(entry->way_back.cluster, cli->cluster) == 0 &&
            strcmp(entry->way_back.service, cli->service) == 0)
            return roll_back_entry(cli, entry);
    }
    snprintf(intent.cluster, sizeof intent.cluster, "%s", cli->cluster);
    snprintf(intent.service, sizeof intent.service, "%s", cli->service);
    return roll_back_here(cli, &intent);
}

/* The one that is named, or the only one there is; a service that is prepared is meant only where there is
 * nothing else. */
static const struct journal_entry *find_entry(const struct cli *cli, const struct journal_list *list,
                                              struct error *error)
{
    const struct journal_entry *entry = running_find(cli, list, error), *prepared = NULL;
    size_t count = 0;
    if (entry != NULL || error->code != ERROR_NOT_FOUND || cli->word_count > 1)
        return entry;
    for (size_t i = 0; i < list->count; i++)
        if (running_is_prepared(&list->entries[i])) {
            prepared = &list->entries[i];
            count++;
        }
    if (count > 1)
        error_set(error, ERROR_USAGE,
                  "%zu services are prepared for AWS FIS: name one; see shaketable list experiments", count);
    return count == 1 ? prepared : NULL;
}

static bool can_be_an_id(const char *word)
{
    size_t length = strlen(word);
    return length > 0 && length < sizeof((struct way_back *)NULL)->experiment &&
           strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static enum cli_exit roll_back_one(const struct cli *cli, const struct journal_list *list)
{
    struct error error = {0};
    struct intent intent = {.kind = INTENT_ROLLBACK};
    const struct journal_entry *entry = find_entry(cli, list, &error);
    const char *id = cli->word_count > 1 ? cli->words[1] : "";
    if (entry != NULL)
        return roll_back_entry(cli, entry);
    struct aws_client *client =
        error.code == ERROR_NOT_FOUND && can_be_an_id(id) ? open_client(cli, NULL) : NULL;
    if (client == NULL)
        return cli_fail(&error, error.code == ERROR_USAGE ? CLI_USAGE : CLI_FAILED);
    aws_client_close(client);
    snprintf(intent.experiment, sizeof intent.experiment, "%s", id); /* begun on another machine, perhaps */
    return roll_back_here(cli, &intent);
}

enum cli_exit command_rollback(const struct cli *cli)
{
    struct error error = {0};
    struct journal_list list;
    enum cli_exit status;
    if (cli->all)
        journal_sweep();
    if (!journal_list_read(&list, &error))
        return cli_fail(&error, CLI_FAILED);
    if (cli->all)
        status = roll_back_all(cli, &list);
    else if ((cli->given & CLI_TARGET) != 0)
        status = roll_back_service(cli, &list);
    else
        status = roll_back_one(cli, &list);
    journal_list_free(&list);
    return status;
}
