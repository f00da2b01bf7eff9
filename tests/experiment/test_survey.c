/* survey: which experiments there are, from journals and labels, each once, and who has a process. */
#include "experiment/survey.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "experiment/journal.h"
#include "experiment/model_internal.h"
#include "experiment/paths.h"
#include "tests/experiment/fake_fis.h"
#include "tests/experiment/fixture.h"
#include "tests/experiment/support.h"

static const struct survey_place here = {"eu-west-1", "http://127.0.0.1:4566", "123456789012", false};

static int setup(void **state)
{
    (void)state;
    support_make_home();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    support_remove_home();
    return 0;
}

static struct journal *begin_as(const char *id, const char *operator_name)
{
    struct way_back way_back;
    struct fault fault;
    struct error error = {0};
    support_way_back(&way_back, id);
    snprintf(way_back.operator_name, sizeof way_back.operator_name, "%s", operator_name);
    fault_init(&fault);
    fault.latency.mean_ms = 800;
    struct json_object *service = support_json("{'serviceName':'checkout'}");
    struct journal *journal = journal_begin(&way_back, service, &fault, 60000, &error);
    assert_done(journal != NULL, &error);
    json_object_put(service);
    way_back_free(&way_back);
    return journal;
}

static struct journal *begin_mine(const char *id)
{
    char me[128];
    paths_operator(me, sizeof me);
    return begin_as(id, me);
}

static const struct model_record *record_of(const struct model_records *records, const char *id)
{
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->items[i].id, id) == 0)
            return &records->items[i];
    fail_msg("no record of %s", id);
    return NULL;
}

static void a_journal_that_is_held_is_running_and_one_that_is_not_is_dead(void **state)
{
    (void)state;
    struct journal *held = begin_mine("aaaa-1");
    journal_close(begin_mine("bbbb-2"));
    struct model_records *records = survey_read(NULL, &here, NULL);
    assert_int_equal(records->count, 2);
    const struct model_record *running = record_of(records, "aaaa-1"), *dead = record_of(records, "bbbb-2");
    assert_int_equal(running->state, MODEL_RECORD_RUNNING);
    assert_false(model_record_is_orphan(running));
    assert_int_equal(dead->state, MODEL_RECORD_DEAD);
    assert_true(model_record_is_orphan(dead));
    assert_true(model_record_is_abandoned(dead, dead->begun_ms));
    assert_string_equal(dead->way_back, "checkout:41");
    assert_contains(dead->faults, "800 ms");
    assert_contains(dead->story, "begun by");
    model_records_release(records);
    journal_close(held);
}

static void what_was_left_on_purpose_is_abandoned_only_after_its_deadline(void **state)
{
    (void)state;
    struct journal *journal = begin_mine("aaaa-1");
    journal_phase(journal, "left", NULL);
    journal_close(journal);
    struct model_records *records = survey_read(NULL, &here, NULL);
    const struct model_record *left = record_of(records, "aaaa-1");
    assert_true(model_record_is_orphan(left));
    assert_false(model_record_is_abandoned(left, left->deadline_ms - 1));
    assert_true(model_record_is_abandoned(left, left->deadline_ms));
    model_records_release(records);
}

static void of_others_in_a_shared_home_nothing_is_known(void **state)
{
    (void)state;
    journal_close(begin_as("aaaa-1", "bo@elsewhere"));
    struct model_records *records = survey_read(NULL, &here, NULL);
    const struct model_record *theirs = record_of(records, "aaaa-1");
    assert_int_equal(theirs->state, MODEL_RECORD_ELSEWHERE);
    assert_false(theirs->mine);
    assert_false(model_record_is_abandoned(theirs, theirs->deadline_ms - 1));
    assert_true(model_record_is_abandoned(theirs, theirs->deadline_ms));
    model_records_release(records);
}

static void another_region_or_account_is_not_rolled_back_from_here(void **state)
{
    (void)state;
    const struct survey_place others[] = {{"us-east-1", "http://127.0.0.1:4566", "", false},
                                          {"eu-west-1", "", "", false},
                                          {"eu-west-1", "http://127.0.0.1:4566", "210987654321", false}};
    journal_close(begin_mine("aaaa-1"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct model_records *records = survey_read(NULL, &others[i], NULL);
        assert_int_equal(record_of(records, "aaaa-1")->state, MODEL_RECORD_DEAD);
        assert_false(model_record_is_orphan(record_of(records, "aaaa-1")));
        model_records_release(records);
    }
}

static void the_ended_ones_come_last_and_only_so_many(void **state)
{
    (void)state;
    char id[32];
    for (int i = 0; i < SURVEY_ENDED_MAX + 3; i++) {
        snprintf(id, sizeof id, "ended-%02d", i);
        struct journal *journal = begin_mine(id);
        journal_ended(journal, true, NULL, NULL);
        journal_close(journal);
    }
    struct journal *failed = begin_mine("failed-1");
    journal_ended(failed, false, "the disk is full", NULL);
    journal_close(failed);
    struct model_records *records = survey_read(NULL, &here, NULL);
    assert_int_equal(records->count, SURVEY_ENDED_MAX + 1);
    assert_string_equal(records->items[0].id, "failed-1");
    assert_int_equal(records->items[0].state, MODEL_RECORD_DEAD);
    assert_contains(records->items[0].story, "not restored: the disk is full");
    for (size_t i = 1; i < records->count; i++)
        assert_int_equal(records->items[i].state, MODEL_RECORD_ENDED);
    model_records_release(records);
}

static void the_mark_tells_a_new_line_a_new_journal_and_a_death(void **state)
{
    (void)state;
    struct journal *journal = begin_mine("aaaa-1");
    struct model_records *records = survey_read(NULL, &here, NULL);
    uint64_t mark = survey_journals_mark(records);
    assert_int_not_equal(mark, 0);
    assert_true(mark == survey_journals_mark(records));
    journal_phase(journal, "armed", NULL);
    assert_true(mark != survey_journals_mark(records));
    journal_close(journal);
    assert_int_equal(survey_journals_mark(records), 0); /* they say that it runs */
    model_records_release(records);
    records = survey_read(NULL, &here, NULL);
    mark = survey_journals_mark(records);
    assert_int_not_equal(mark, 0);
    journal_close(begin_mine("bbbb-2"));
    assert_true(mark != survey_journals_mark(records));
    model_records_release(records);
}

/* ── with what stands in AWS ─────────────────────────────────────────────────────────────── */

static struct survey_place place_of(const struct fixture *fixture)
{
    return (struct survey_place){aws_client_region(fixture->client), aws_client_endpoint(fixture->client), "",
                                 false};
}

static void what_is_in_the_journal_and_in_labels_is_one(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    const struct survey_place place = place_of(fixture);
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_true(records->searched);
    assert_int_equal(records->count, 1);
    const struct model_record *record = &records->items[0];
    assert_true(record->journal && record->labels && record->here);
    assert_int_equal(record->state, MODEL_RECORD_RUNNING);
    model_records_release(records);
}

static void labels_alone_tell_of_it_and_are_kept_until_aws_is_asked_again(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    char path[PATHS_MAX];
    assert_true(paths_experiment_file(fixture->plan->way_back.experiment, "jsonl", path, NULL));
    assert_int_equal(unlink(path), 0);
    const struct survey_place place = place_of(fixture);
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_int_equal(records->count, 1);
    assert_int_equal(records->items[0].state, MODEL_RECORD_ELSEWHERE);
    assert_true(records->items[0].labels && !records->items[0].journal);
    assert_true(model_record_is_orphan(&records->items[0]));

    unsigned calls = fixture->fake.calls;
    struct model_records *next = survey_read(NULL, &place, records);
    assert_int_equal(fixture->fake.calls, calls);
    assert_true(next->searched);
    assert_int_equal(next->count, 1);
    assert_int_equal(next->items[0].state, MODEL_RECORD_ELSEWHERE);
    model_records_release(records);
    model_records_release(next);
}

static void what_cannot_be_read_is_said_and_the_journals_are_told(void **state)
{
    struct fixture *fixture = *state;
    fixture_begin_and_arm(fixture);
    fixture->fake.deny = "ListTaskDefinitionFamilies";
    const struct survey_place place = place_of(fixture);
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_false(records->searched);
    assert_contains(records->problem, "ListTaskDefinitionFamilies");
    assert_int_equal(records->count, 1);
    model_records_release(records);
}

static void where_nothing_is_ours_three_calls_are_made(void **state)
{
    struct fixture *fixture = *state;
    const struct survey_place place = place_of(fixture);
    unsigned calls = fixture->fake.calls;
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_int_equal(fixture->fake.calls, calls + 3);
    assert_int_equal(fixture->fake.fis_calls, 2);
    assert_int_equal(records->count, 0);
    assert_true(records->fis.looked);
    model_records_release(records);
}

/* ── with what FIS holds ─────────────────────────────────────────────────────────────────── */

static void add_of_fis(struct fixture *fixture, const char *status)
{
    struct way_back way_back;
    support_way_back(&way_back, "aaaa-1");
    fake_fis_add_template(&fixture->fake, "EXTtheirs", NULL);
    fake_fis_add_template(&fixture->fake, "EXTours", &way_back);
    fake_fis_add_experiment(&fixture->fake, "EXPtheirs", "EXTtheirs", "completed", NULL);
    fake_fis_add_experiment(&fixture->fake, "EXPours", "EXTours", status, &way_back);
    way_back_free(&way_back);
}

static void an_experiment_of_fis_is_a_record_and_all_that_fis_holds_is_told(void **state)
{
    struct fixture *fixture = *state;
    const struct survey_place place = place_of(fixture);
    add_of_fis(fixture, "running");
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_int_equal(records->count, 1);
    const struct model_record *record = &records->items[0];
    assert_string_equal(record->engine, "fis");
    assert_string_equal(record->service, "checkout");
    assert_string_equal(record->fis_template, "EXTours");
    assert_string_equal(record->fis_experiment, "EXPours");
    assert_string_equal(record->fis_status, "running");
    assert_true(record->labels && !record->journal);
    assert_true(model_record_is_orphan(record));

    const struct model_fis *fis = &records->fis;
    assert_int_equal(fis->template_count, 2);
    assert_string_equal(fis->templates[0].id, "EXTours"); /* it runs */
    assert_true(fis->templates[0].runs && !fis->templates[1].runs);
    assert_string_equal(fis->templates[0].experiment, "aaaa-1");
    assert_string_equal(fis->templates[1].experiment, "");
    assert_int_equal(fis->experiment_count, 2);
    assert_string_equal(fis->experiments[0].id, "EXPours");
    assert_string_equal(fis->experiments[1].template_id, "EXTtheirs");
    assert_true(fis->experiments[1].ended);
    assert_int_equal(fis->experiments[1].created_ms, INT64_C(1700000000000));
    assert_ptr_equal(model_fis_template_of(records, "EXTtheirs"), &fis->templates[1]);
    assert_ptr_equal(model_fis_experiment_of(records, "EXPours"), &fis->experiments[0]);
    assert_null(model_fis_experiment_of(records, "EXTours"));

    struct model_records *next = survey_read(NULL, &place, records); /* kept until AWS is asked again */
    assert_int_equal(next->fis.template_count, 2);
    assert_string_equal(next->items[0].fis_status, "running");
    model_records_release(records);
    model_records_release(next);
}

static void its_journal_and_its_tags_are_one(void **state)
{
    struct fixture *fixture = *state;
    struct way_back way_back;
    struct fault fault;
    const struct survey_place place = place_of(fixture);
    support_way_back(&way_back, "aaaa-1");
    way_back.fis = json_object_new_object();
    paths_operator(way_back.operator_name, sizeof way_back.operator_name);
    fault_init(&fault);
    struct journal *journal = journal_begin(&way_back, NULL, &fault, 60000, &fixture->error);
    assert_done(journal != NULL, &fixture->error);
    way_back_free(&way_back);
    add_of_fis(fixture, "running");
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_int_equal(records->count, 1);
    assert_int_equal(records->items[0].state, MODEL_RECORD_RUNNING);
    assert_true(records->items[0].journal && records->items[0].labels);
    assert_string_equal(records->items[0].fis_experiment, "EXPours");
    model_records_release(records);
    journal_close(journal);
}

static void where_fis_is_refused_it_is_told_once_and_not_asked_again(void **state)
{
    struct fixture *fixture = *state;
    struct survey_place place = place_of(fixture);
    fixture->fake.fis_error = "AccessDeniedException";
    fixture->fake.fis_error_status = 403;
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_true(records->searched);
    assert_string_equal(records->problem, "");
    assert_true(records->fis.refused && !records->fis.looked);
    assert_contains(records->fis.problem, "FIS was not looked at: FIS ListExperimentTemplates: AccessDenied");
    assert_int_equal(fixture->fake.fis_calls, 1);

    struct model_records *next = survey_read(&fixture->job, &place, records);
    assert_int_equal(fixture->fake.fis_calls, 1);
    assert_string_equal(next->fis.problem, records->fis.problem);
    model_records_release(records);

    fixture->fake.fis_error = NULL;
    place.ask_again = true;
    records = survey_read(&fixture->job, &place, next);
    assert_true(records->fis.looked && !records->fis.refused);
    assert_string_equal(records->fis.problem, "");
    model_records_release(records);
    model_records_release(next);
}

static void where_fis_does_not_answer_for_once_it_is_asked_again(void **state)
{
    struct fixture *fixture = *state;
    const struct survey_place place = place_of(fixture);
    fixture->fake.fis_error = "InternalServerException";
    fixture->fake.fis_error_status = 500;
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    assert_true(records->searched && !records->fis.refused);
    assert_contains(records->fis.problem, "FIS was not looked at");
    fixture->fake.fis_error = NULL;
    struct model_records *next = survey_read(&fixture->job, &place, records);
    assert_true(next->fis.looked);
    model_records_release(records);
    model_records_release(next);
}

static void of_many_the_newest_are_told_and_those_that_run(void **state)
{
    struct fixture *fixture = *state;
    const struct survey_place place = place_of(fixture);
    char id[32];
    fake_fis_add_experiment(&fixture->fake, "EXPoldest", "EXT0", "running", NULL);
    for (int i = 0; i < MODEL_FIS_EXPERIMENTS_MAX + 9; i++) {
        snprintf(id, sizeof id, "EXP%d", i);
        fake_fis_add_experiment(&fixture->fake, id, "EXT0", "completed", NULL);
    }
    for (int i = 0; i < MODEL_FIS_TEMPLATES_MAX + 7; i++) {
        snprintf(id, sizeof id, "EXT%d", i);
        fake_fis_add_template(&fixture->fake, id, NULL);
    }
    struct model_records *records = survey_read(&fixture->job, &place, NULL);
    const struct model_fis *fis = &records->fis;
    assert_int_equal(fis->experiment_count, MODEL_FIS_EXPERIMENTS_MAX);
    assert_int_equal(fis->experiments_left_out, 10);
    assert_string_equal(fis->experiments[0].id, "EXPoldest");
    assert_int_equal(fis->template_count, MODEL_FIS_TEMPLATES_MAX);
    assert_int_equal(fis->templates_left_out, 7);
    assert_string_equal(fis->templates[0].id, "EXT0");
    snprintf(id, sizeof id, "EXT%d", MODEL_FIS_TEMPLATES_MAX + 6);
    assert_string_equal(fis->templates[1].id, id);
    model_records_release(records);
}

static void a_prepared_service_is_neither_ended_nor_left_behind(void **state)
{
    (void)state;
    struct way_back way_back;
    struct fault fault;
    support_way_back(&way_back, "prep-1");
    way_back.prepares = true;
    paths_operator(way_back.operator_name, sizeof way_back.operator_name);
    fault_init(&fault);
    struct journal *journal = journal_begin(&way_back, NULL, &fault, 0, NULL);
    assert_non_null(journal);
    journal_phase(journal, "arming", NULL);
    journal_close(journal);
    struct model_records *records = survey_read(NULL, &here, NULL);
    assert_int_equal(records->items[0].state, MODEL_RECORD_DEAD); /* in the midst of it */
    assert_true(model_record_is_orphan(&records->items[0]));
    model_records_release(records);

    journal = journal_open("prep-1", NULL);
    journal_phase(journal, "prepared", NULL);
    journal_close(journal);
    way_back_free(&way_back);
    journal_close(begin_mine("dead-1"));
    journal = begin_mine("ended-1");
    journal_ended(journal, true, NULL, NULL);
    journal_close(journal);
    records = survey_read(NULL, &here, NULL);
    assert_int_equal(records->count, 3);
    assert_string_equal(records->items[0].id, "dead-1");
    assert_string_equal(records->items[2].id, "ended-1");
    const struct model_record *prepared = &records->items[1];
    assert_int_equal(prepared->state, MODEL_RECORD_PREPARED);
    assert_string_equal(model_record_state_name(prepared->state), "prepared");
    assert_string_equal(prepared->engine, "prepare");
    assert_false(model_record_is_orphan(prepared));
    assert_false(model_record_is_abandoned(prepared, prepared->deadline_ms + 1));
    assert_int_not_equal(survey_journals_mark(records), 0);
    model_records_release(records);
}

/* ── profiles ────────────────────────────────────────────────────────────────────────────── */

static void write_file(const char *variable, const char *name, const char *text)
{
    char path[SUPPORT_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", support_home(), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    setenv(variable, path, 1);
}

static void profiles_are_those_of_both_files_each_once(void **state)
{
    (void)state;
    write_file("AWS_CONFIG_FILE", "config",
               "[profile stage]\nregion = eu-west-1\n[default]\nregion=us-east-1\n"
               "[sso-session corp]\nregion=us-east-2\n[profile 'with space']\n");
    write_file("AWS_SHARED_CREDENTIALS_FILE", "credentials",
               "[stage]\naws_access_key_id = A\n[old]\naws_access_key_id = B\n");
    struct model_profiles *profiles = survey_profiles();
    assert_non_null(profiles);
    static const char *const wanted[][2] = {
        {"default", "us-east-1"}, {"old", ""}, {"stage", "eu-west-1"}, {"with space", ""}};
    assert_int_equal(profiles->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(profiles->items[i].name, wanted[i][0]);
        assert_string_equal(profiles->items[i].region, wanted[i][1]);
    }
    model_profiles_release(profiles);
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_ECS(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOME(a_journal_that_is_held_is_running_and_one_that_is_not_is_dead),
        WITH_HOME(what_was_left_on_purpose_is_abandoned_only_after_its_deadline),
        WITH_HOME(of_others_in_a_shared_home_nothing_is_known),
        WITH_HOME(another_region_or_account_is_not_rolled_back_from_here),
        WITH_HOME(the_ended_ones_come_last_and_only_so_many),
        WITH_HOME(the_mark_tells_a_new_line_a_new_journal_and_a_death),
        WITH_ECS(what_is_in_the_journal_and_in_labels_is_one),
        WITH_ECS(labels_alone_tell_of_it_and_are_kept_until_aws_is_asked_again),
        WITH_ECS(what_cannot_be_read_is_said_and_the_journals_are_told),
        WITH_ECS(where_nothing_is_ours_three_calls_are_made),
        WITH_ECS(an_experiment_of_fis_is_a_record_and_all_that_fis_holds_is_told),
        WITH_ECS(its_journal_and_its_tags_are_one),
        WITH_ECS(where_fis_is_refused_it_is_told_once_and_not_asked_again),
        WITH_ECS(where_fis_does_not_answer_for_once_it_is_asked_again),
        WITH_ECS(of_many_the_newest_are_told_and_those_that_run),
        WITH_HOME(a_prepared_service_is_neither_ended_nor_left_behind),
        WITH_HOME(profiles_are_those_of_both_files_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
