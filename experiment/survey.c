#include "experiment/survey.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/ecs.h"
#include "aws/profiles.h"
#include "core/clock.h"
#include "experiment/adopt.h"
#include "experiment/dependency.h"
#include "experiment/engine.h"
#include "experiment/journal.h"
#include "experiment/journal_story.h"
#include "experiment/json.h"
#include "experiment/model_internal.h"
#include "experiment/paths.h"
#include "experiment/survey_fis.h"

#define LAG_MS 60000

/* ── one record ──────────────────────────────────────────────────────────────────────────── */

/* "arn:aws:ecs:REGION:ACCOUNT:…"; what names no service may name the account itself. */
static bool is_of_account(const struct way_back *way_back, const char *account)
{
    const char *at = way_back->service_arn, *named = json_text(way_back->fis, "account");
    for (int i = 0; i < 4 && at != NULL; i++) {
        at = strchr(at, ':');
        at = at == NULL ? NULL : at + 1;
    }
    size_t length = strlen(account);
    if (length == 0 || (at == NULL && named[0] == '\0'))
        return true;
    return at == NULL ? strcmp(named, account) == 0 : strncmp(at, account, length) == 0 && at[length] == ':';
}

static struct model_record *add(struct model_records *records)
{
    if (records->count == SURVEY_RECORDS_MAX)
        return NULL;
    struct model_record *more = realloc(records->items, (records->count + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    records->items = more;
    struct model_record *record = &more[records->count++];
    memset(record, 0, sizeof *record);
    return record;
}

static void take_way_back(struct model_record *record, const struct way_back *way_back,
                          const struct survey_place *place)
{
    char operator_name[sizeof record->operator_name], calls[sizeof record->dependencies];
    paths_operator(operator_name, sizeof operator_name);
    survey_copy_text(record->id, sizeof record->id, way_back->experiment);
    survey_copy_text(record->cluster, sizeof record->cluster, way_back->cluster);
    survey_copy_text(record->service, sizeof record->service, way_back->service);
    survey_copy_text(record->operator_name, sizeof record->operator_name, way_back->operator_name);
    survey_copy_text(record->region, sizeof record->region, way_back->region);
    survey_copy_text(record->engine, sizeof record->engine, engine_of(way_back)->name);
    survey_copy_text(record->way_back, sizeof record->way_back,
                     way_back->fis != NULL      ? "stop, delete template"
                     : way_back->canary != NULL ? "the service without its canary"
                                                : ecs_short_name(way_back->task_definition));
    dependency_words(way_back->dependencies, calls, sizeof calls);
    survey_copy_text(record->dependencies, sizeof record->dependencies, calls);
    record->mine = strcmp(way_back->operator_name, operator_name) == 0;
    record->here = strcmp(way_back->region, place->region) == 0 &&
                   strcmp(way_back->endpoint, place->endpoint) == 0 &&
                   is_of_account(way_back, place->account);
    record->begun_ms = way_back->created_ms;
    record->deadline_ms = way_back->deadline_ms;
}

/* ── journals ────────────────────────────────────────────────────────────────────────────── */

static void read_story(struct model_record *record)
{
    FILE *file = journal_open_to_read(record->id);
    if (file == NULL)
        return;
    record->story = journal_story_read(file);
    fclose(file);
}

static void take_entry(struct model_records *records, const struct journal_entry *entry,
                       const struct survey_place *place)
{
    struct model_record *record = add(records);
    if (record == NULL)
        return;
    take_way_back(record, &entry->way_back, place);
    record->journal = true;
    record->begun_ms = entry->begun_ms;
    record->last_ms = entry->last_ms;
    memcpy(record->phase, entry->phase, sizeof record->phase);
    fault_describe(&entry->faults, record->faults, sizeof record->faults);
    /* A home that several machines share: of another's process nothing is known here. */
    record->state = entry->ended                            ? MODEL_RECORD_ENDED
                    : entry->running                        ? MODEL_RECORD_RUNNING
                    : strcmp(entry->phase, "prepared") == 0 ? MODEL_RECORD_PREPARED
                    : record->mine                          ? MODEL_RECORD_DEAD
                                                            : MODEL_RECORD_ELSEWHERE;
    read_story(record);
}

static void read_journals(struct model_records *records, const struct survey_place *place)
{
    struct journal_list list;
    struct error error = {0};
    size_t ended = 0;
    if (!journal_list_read(&list, &error)) {
        snprintf(records->problem, sizeof records->problem, "%s", error.message);
        return;
    }
    for (size_t i = 0; i < list.count; i++)
        if (!list.entries[i].ended || ended++ < SURVEY_ENDED_MAX)
            take_entry(records, &list.entries[i], place);
    if (list.unreadable > 0)
        snprintf(records->problem, sizeof records->problem, "%zu journals can't be read", list.unreadable);
    records->journals = true;
    journal_list_free(&list);
}

/* ── labels ──────────────────────────────────────────────────────────────────────────────── */

static struct model_record *find(struct model_records *records, const char *id)
{
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->items[i].id, id) == 0)
            return &records->items[i];
    return NULL;
}

static void take_labels(struct model_records *records, const struct way_back *way_back,
                        const struct survey_place *place)
{
    struct model_record *record = find(records, way_back->experiment);
    if (record == NULL) {
        record = add(records);
        if (record == NULL)
            return;
        take_way_back(record, way_back, place);
        record->here = true;
        record->state = way_back->prepares ? MODEL_RECORD_PREPARED : MODEL_RECORD_ELSEWHERE;
    }
    record->labels = true;
    /* AWS's lists lag a little behind; what stands there for longer was not undone after all. */
    if (record->state == MODEL_RECORD_ENDED && clock_epoch_ms() - record->last_ms > LAG_MS)
        record->state = record->mine ? MODEL_RECORD_DEAD : MODEL_RECORD_ELSEWHERE;
}

static void read_labels(struct model_records *records, const struct job *job,
                        const struct survey_place *place, const struct model_records *previous)
{
    struct adopt_list list = {0};
    struct error error = {0};
    bool refused = previous != NULL && previous->fis.refused && !place->ask_again;
    if (adopt_list_read(job, !refused, &list, &error))
        records->searched = true;
    else
        snprintf(records->problem, sizeof records->problem, "%s", error.message);
    for (size_t i = 0; i < list.count; i++)
        take_labels(records, &list.items[i], place);
    if (refused)
        survey_fis_keep(records, previous);
    else
        survey_fis_take(records, &list.fis);
    adopt_list_free(&list);
}

static void keep_labels(struct model_records *records, const struct model_records *previous)
{
    if (previous == NULL)
        return;
    records->searched = previous->searched;
    survey_fis_keep(records, previous);
    for (size_t i = 0; i < previous->count; i++) {
        const struct model_record *from = &previous->items[i];
        struct model_record *record = find(records, from->id);
        if (record != NULL) {
            record->labels = from->labels;
            memcpy(record->fis_template, from->fis_template, sizeof record->fis_template);
            memcpy(record->fis_experiment, from->fis_experiment, sizeof record->fis_experiment);
            memcpy(record->fis_status, from->fis_status, sizeof record->fis_status);
            if (record->state == MODEL_RECORD_ENDED && record->last_ms == from->last_ms)
                record->state = from->state;
        } else if (from->labels && !from->journal && (record = add(records)) != NULL) {
            *record = *from;
            record->story = NULL;
        }
    }
}

/* ── the whole ───────────────────────────────────────────────────────────────────────────── */

static int rank(const struct model_record *record)
{
    return record->state == MODEL_RECORD_ENDED ? 2 : record->state == MODEL_RECORD_PREPARED ? 1 : 0;
}

static int in_order(const void *a, const void *b)
{
    const struct model_record *x = a, *y = b;
    if (rank(x) != rank(y))
        return rank(x) - rank(y);
    return x->begun_ms < y->begun_ms ? 1 : x->begun_ms > y->begun_ms ? -1 : strcmp(x->id, y->id);
}

struct model_records *survey_read(const struct job *job, const struct survey_place *place,
                                  const struct model_records *previous)
{
    struct model_records *records = model_records_new();
    if (records == NULL)
        return NULL;
    read_journals(records, place);
    if (job != NULL)
        read_labels(records, job, place, previous);
    else
        keep_labels(records, previous);
    if (records->count > 1)
        qsort(records->items, records->count, sizeof *records->items, in_order);
    return records;
}

static uint64_t mix(uint64_t mark, uint64_t value)
{
    return (mark ^ value) * UINT64_C(0x100000001b3); /* FNV-1a's step */
}

uint64_t survey_journals_mark(const struct model_records *records)
{
    char path[PATHS_MAX];
    uint64_t mark = UINT64_C(0xcbf29ce484222325);
    DIR *directory = paths_experiments(path, NULL) ? opendir(path) : NULL;
    if (directory == NULL)
        return mark;
    uint64_t sum = 0; /* whatever the order of the entries */
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        struct stat info;
        if (fstatat(dirfd(directory), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        sum += mix(mix(mix(mark, info.st_ino), (uint64_t)info.st_size), (uint64_t)info.st_mtim.tv_nsec);
    }
    closedir(directory);
    mark = mix(mark, sum);
    for (size_t i = 0; records != NULL && i < records->count; i++) {
        const struct model_record *record = &records->items[i];
        bool running = record->state == MODEL_RECORD_RUNNING;
        if (record->journal && record->state != MODEL_RECORD_ENDED && journal_is_held(record->id) != running)
            return 0;
    }
    return mark;
}

/* ── profiles ────────────────────────────────────────────────────────────────────────────── */

static void take_profile(void *context, const char *name, const char *region)
{
    struct model_profiles *profiles = context;
    if (profiles->count == MODEL_PROFILES_MAX || strlen(name) >= sizeof profiles->items[0].name)
        return;
    struct model_profile *profile = &profiles->items[profiles->count++];
    survey_copy_text(profile->name, sizeof profile->name, name);
    survey_copy_text(profile->region, sizeof profile->region, region);
}

static int default_first(const void *a, const void *b)
{
    const struct model_profile *x = a, *y = b;
    bool x_default = strcmp(x->name, "default") == 0, y_default = strcmp(y->name, "default") == 0;
    return x_default != y_default ? (x_default ? -1 : 1) : strcmp(x->name, y->name);
}

struct model_profiles *survey_profiles(void)
{
    struct model_profiles *profiles = model_profiles_new();
    if (profiles == NULL || !aws_profiles_read(take_profile, profiles, NULL)) {
        model_profiles_release(profiles);
        return NULL;
    }
    qsort(profiles->items, profiles->count, sizeof profiles->items[0], default_first);
    return profiles;
}
