/* journal: written ahead, locked, and readable after whatever happened. */
#include "experiment/journal.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/paths.h"
#include "tests/experiment/support.h"

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

static struct journal *begin(const char *id, struct error *error)
{
    struct way_back way_back;
    struct fault fault;
    support_way_back(&way_back, id);
    fault_init(&fault);
    fault.latency.mean_ms = 800;
    struct json_object *service = support_json("{'serviceName':'checkout','desiredCount':3}");
    struct journal *journal = journal_begin(&way_back, service, &fault, 60000, error);
    json_object_put(service);
    way_back_free(&way_back);
    return journal;
}

static struct journal *must_begin(const char *id)
{
    struct error error;
    struct journal *journal = begin(id, &error);
    if (journal == NULL)
        fail_msg("%s", error.message);
    return journal;
}

static void path_of(const char *id, char path[PATHS_MAX])
{
    assert_true(paths_experiment_file(id, "jsonl", path, NULL));
}

static void append(const char *id, const char *text)
{
    char path[PATHS_MAX];
    path_of(id, path);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* The only journal there is. */
static struct journal_list read_one(void)
{
    struct journal_list list;
    struct error error;
    assert_done(journal_list_read(&list, &error), &error);
    assert_int_equal(list.count, 1);
    return list;
}

static void all_that_was_begun_is_read_back(void **state)
{
    (void)state;
    struct way_back way_back;
    struct journal *journal = must_begin("abcd1234");
    struct journal_list list = read_one();
    const struct journal_entry *entry = &list.entries[0];
    support_way_back(&way_back, "abcd1234");
    assert_string_equal(entry->experiment, "abcd1234");
    assert_string_equal(entry->way_back.task_definition, way_back.task_definition);
    assert_true(json_same(entry->way_back.load_balancers, way_back.load_balancers));
    assert_int_equal(json_integer(entry->service, "desiredCount"), 3);
    assert_true(entry->faults.latency.mean_ms > 799 && entry->faults.latency.mean_ms < 801);
    assert_string_equal(entry->phase, "planned");
    assert_false(entry->ended);
    assert_true(entry->begun_ms > 0 && entry->begun_ms == entry->last_ms);
    assert_int_equal(list.unreadable, 0);
    way_back_free(&way_back);
    journal_list_free(&list);
    journal_close(journal);
}

static void what_could_not_be_read_again_is_not_begun(void **state)
{
    (void)state;
    struct way_back way_back;
    struct fault fault;
    struct error error;
    struct journal_list list;
    support_way_back(&way_back, "abcd1234");
    fault_init(&fault);
    struct json_object *service = json_object_new_object();
    for (int depth = 0; depth < 31; depth++) { /* as deep as an answer of AWS may be */
        struct json_object *outer = json_object_new_object();
        json_object_object_add(outer, "k", service);
        service = outer;
    }
    assert_null(journal_begin(&way_back, service, &fault, 60000, &error));
    assert_int_equal(error.code, ERROR_LIMIT);
    assert_contains(error.message, "can't be read again");
    assert_true(journal_list_read(&list, NULL));
    assert_int_equal(list.count + list.unreadable, 0);
    journal_list_free(&list);
    json_object_put(service);
    way_back_free(&way_back);
}

/* The linker puts this in the place of flock(2). */
static bool somebody_locks;
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
    if (!somebody_locks)
        return __real_flock(fd, operation);
    errno = EWOULDBLOCK;
    return -1;
}

static void without_the_lock_no_empty_journal_is_left(void **state)
{
    (void)state;
    struct error error;
    struct journal_list list;
    somebody_locks = true;
    struct journal *journal = begin("abcd1234", &error);
    somebody_locks = false;
    assert_null(journal);
    assert_int_equal(error.code, ERROR_CONFLICT);
    assert_true(journal_list_read(&list, NULL));
    assert_int_equal(list.count + list.unreadable, 0);
    journal_list_free(&list);
    journal_close(must_begin("abcd1234"));
}

static void a_journal_of_another_is_not_removed_for_want_of_its_lock(void **state)
{
    (void)state;
    struct error error;
    journal_close(must_begin("abcd1234"));
    somebody_locks = true;
    assert_null(journal_open("abcd1234", &error));
    somebody_locks = false;
    assert_int_equal(error.code, ERROR_CONFLICT);
    struct journal_list list = read_one();
    journal_list_free(&list);
}

static void a_fifo_holds_nobody_up(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    struct error error;
    path_of("abcd1234", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10); /* rather than for ever */
    struct journal_list list;
    assert_true(journal_list_read(&list, NULL));
    assert_int_equal(list.count, 0);
    assert_int_equal(list.unreadable, 1);
    journal_list_free(&list);
    assert_null(journal_open("abcd1234", &error));
    assert_contains(error.message, "is no file");
    alarm(0);
}

static void the_file_is_its_owners_alone(void **state)
{
    (void)state;
    struct stat info;
    char path[PATHS_MAX];
    mode_t mask = umask(0);
    struct journal *journal = must_begin("abcd1234");
    umask(mask);
    path_of("abcd1234", path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    journal_close(journal);
}

static void each_line_says_what_will_be_and_what_was_done(void **state)
{
    (void)state;
    static const char *const expected[] = {"begin", "phase", "will", "did", "phase", "ended"};
    char path[PATHS_MAX], line[4096];
    struct journal *journal = must_begin("abcd1234");
    assert_true(journal_phase(journal, "arming", NULL));
    assert_true(journal_will(journal, "UpdateService", "UpdateService back", NULL));
    assert_true(journal_did(journal, "UpdateService", "arn:x", NULL));
    assert_true(journal_phase(journal, "injecting", NULL));
    assert_true(journal_ended(journal, true, NULL, NULL));
    journal_close(journal);
    path_of("abcd1234", path);
    FILE *file = fopen(path, "r");
    size_t count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        struct json_object *json = json_parse(line, strlen(line));
        assert_non_null(json);
        assert_true(json_integer(json, "at") > 0);
        assert_string_equal(json_text(json, "event"), expected[count]);
        if (count == 2)
            assert_string_equal(json_text(json, "undo"), "UpdateService back");
        if (count == 3)
            assert_string_equal(json_text(json, "result"), "arn:x");
        json_object_put(json);
        count++;
    }
    fclose(file);
    assert_int_equal(count, 6);
}

static void the_last_phase_counts(void **state)
{
    (void)state;
    struct journal *journal = must_begin("abcd1234");
    assert_true(journal_phase(journal, "injecting", NULL));
    struct journal_list list = read_one();
    assert_string_equal(list.entries[0].phase, "injecting");
    journal_list_free(&list);
    assert_true(journal_ended(journal, false, "the service", NULL));
    list = read_one();
    assert_string_equal(list.entries[0].phase, "failed");
    assert_false(list.entries[0].ended);
    journal_list_free(&list);
    assert_true(journal_phase(journal, "recovering", NULL));
    assert_true(journal_ended(journal, true, NULL, NULL));
    list = read_one();
    assert_string_equal(list.entries[0].phase, "restored");
    assert_true(list.entries[0].ended);
    journal_list_free(&list);
    journal_close(journal);
}

static void an_id_is_begun_but_once(void **state)
{
    (void)state;
    struct error error;
    journal_close(must_begin("abcd1234"));
    assert_null(begin("abcd1234", &error));
    assert_int_equal(error.code, ERROR_SYSTEM);
    struct journal_list list = read_one();
    journal_list_free(&list);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct error error;
    assert_null(journal_open("abcd1234", &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_contains(error.message, "abcd1234");
    assert_null(journal_open("../abcd", &error));
    assert_int_equal(error.code, ERROR_USAGE);
}

static void a_journal_that_could_not_be_had_takes_everything(void **state)
{
    (void)state;
    assert_true(journal_will(NULL, "x", "y", NULL) && journal_did(NULL, "x", "y", NULL));
    assert_true(journal_phase(NULL, "x", NULL) && journal_ended(NULL, true, NULL, NULL));
    journal_close(NULL);
}

/* Another process that holds the journal until the pipe's other end is closed. */
static pid_t hold_elsewhere(const char *id, int *release)
{
    int ready[2], go[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ready[0]);
        close(go[1]);
        struct journal *journal = journal_open(id, NULL);
        if (journal == NULL || write(ready[1], &byte, 1) != 1)
            _exit(1);
        _exit(read(go[0], &byte, 1) == 0 ? 0 : 1); /* dies without closing it, as in a crash */
    }
    close(ready[1]);
    close(go[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *release = go[1];
    return child;
}

static void one_process_holds_it_and_a_dead_one_lets_go(void **state)
{
    (void)state;
    struct error error;
    int release, status;
    journal_close(must_begin("abcd1234"));
    pid_t child = hold_elsewhere("abcd1234", &release);
    assert_null(journal_open("abcd1234", &error));
    assert_int_equal(error.code, ERROR_CONFLICT);
    assert_contains(error.message, "another process");
    struct journal_list list = read_one();
    assert_true(list.entries[0].running);
    journal_list_free(&list);

    close(release);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    list = read_one();
    assert_false(list.entries[0].running);
    journal_list_free(&list);
    struct journal *journal = journal_open("abcd1234", &error);
    assert_non_null(journal);
    journal_close(journal);
}

static void reading_the_list_does_not_take_the_lock_away(void **state)
{
    (void)state;
    int status;
    journal_close(must_begin("abcd1234"));
    pid_t reader = fork();
    if (reader == 0) {
        for (;;) {
            struct journal_list list;
            if (!journal_list_read(&list, NULL))
                _exit(1);
            journal_list_free(&list);
        }
    }
    for (int i = 0; i < 20; i++) {
        struct error error;
        struct journal *journal = journal_open("abcd1234", &error);
        if (journal == NULL) {
            kill(reader, SIGKILL);
            fail_msg("%s", error.message);
        }
        journal_close(journal);
    }
    kill(reader, SIGKILL);
    assert_int_equal(waitpid(reader, &status, 0), reader);
}

static void half_a_last_line_was_never_acted_on(void **state)
{
    (void)state;
    struct journal *journal = must_begin("abcd1234");
    assert_true(journal_phase(journal, "armed", NULL));
    journal_close(journal);
    append("abcd1234", "{\"at\":1795269727123,\"event\":\"ended\",\"restored\":true}");
    struct journal_list list = read_one();
    assert_string_equal(list.entries[0].phase, "armed");
    assert_false(list.entries[0].ended);
    journal_list_free(&list);
}

static void what_follows_half_a_line_is_not_lost_with_it(void **state)
{
    (void)state;
    journal_close(must_begin("abcd1234"));
    append("abcd1234", "{\"at\":17952697");
    struct journal *journal = journal_open("abcd1234", NULL);
    assert_true(journal_ended(journal, true, NULL, NULL));
    journal_close(journal);
    struct journal_list list = read_one();
    assert_true(list.entries[0].ended);
    journal_list_free(&list);
}

static void lines_of_nonsense_are_passed_over(void **state)
{
    (void)state;
    struct journal *journal = must_begin("abcd1234");
    append("abcd1234", "nonsense\n\n[]\n7\n{\"event\":7}\n{\"event\":\"begin\"}\n\x01\xff\n");
    assert_true(journal_phase(journal, "armed", NULL));
    journal_close(journal);
    struct journal_list list = read_one();
    assert_string_equal(list.entries[0].phase, "armed");
    assert_string_equal(list.entries[0].way_back.service, "checkout");
    journal_list_free(&list);
}

static void files_that_are_no_journals_are_counted(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    journal_close(must_begin("abcd1234"));
    append("empty", "");
    append("garbage", "hello\n");
    append("bad", "{\"event\":\"begin\",\"wayBack\":{},\"service\":{}}\n"
                  "{\"event\":\"begin\",\"wayBack\":{},\"service\":{}}\n");
    assert_true(paths_experiments(path, NULL));
    char other[PATHS_MAX + 64];
    snprintf(other, sizeof other, "%s/NOT-an-id.jsonl", path);
    assert_int_equal(mkdir(other, 0700), 0);
    snprintf(other, sizeof other, "%s/0123456789012345678901234567890123456789.jsonl", path);
    assert_int_equal(mkdir(other, 0700), 0);
    snprintf(other, sizeof other, "%s/directory.jsonl", path);
    assert_int_equal(mkdir(other, 0700), 0);
    snprintf(other, sizeof other, "%s/abcd1234.sock", path);
    assert_int_equal(mkdir(other, 0700), 0);
    struct journal_list list = read_one();
    assert_int_equal(list.unreadable, 6);
    journal_list_free(&list);
}

static void a_journal_under_another_name_is_not_believed(void **state)
{
    (void)state;
    char from[PATHS_MAX], to[PATHS_MAX];
    journal_close(must_begin("abcd1234"));
    path_of("abcd1234", from);
    path_of("other", to);
    assert_int_equal(rename(from, to), 0);
    struct journal_list list;
    assert_true(journal_list_read(&list, NULL));
    assert_int_equal(list.count, 0);
    assert_int_equal(list.unreadable, 1);
    journal_list_free(&list);
}

static void the_newest_stands_first(void **state)
{
    (void)state;
    static const char *const ids[] = {"first", "second", "third"};
    struct journal_list list;
    for (size_t i = 0; i < 3; i++) {
        journal_close(must_begin(ids[i]));
        clock_sleep_ms(5);
    }
    assert_true(journal_list_read(&list, NULL));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(list.entries[i].experiment, ids[2 - i]);
    journal_list_free(&list);
}

static void a_directory_that_cannot_be_written_begins_nothing(void **state)
{
    (void)state;
    struct error error;
    setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
    assert_null(begin("abcd1234", &error));
    assert_int_equal(error.code, ERROR_SYSTEM);
    assert_contains(error.message, "/proc/nowhere");
    struct journal_list list;
    assert_false(journal_list_read(&list, &error));
    journal_list_free(&list);
}

/* No file may grow beyond `bytes`, as on a disk that is full. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void on_a_full_disk_nothing_is_begun(void **state)
{
    (void)state;
    struct error error;
    char path[PATHS_MAX];
    limit_files(100);
    struct journal *journal = begin("abcd1234", &error);
    limit_files(RLIM_INFINITY);
    assert_null(journal);
    assert_int_equal(error.code, ERROR_SYSTEM);
    assert_contains(error.message, "cannot write the journal");
    assert_contains(error.message, "No space left");
    path_of("abcd1234", path);
    assert_int_equal(access(path, F_OK), -1);
}

static void when_the_disk_fills_the_call_is_not_made_and_the_journal_stays_readable(void **state)
{
    (void)state;
    struct error error;
    struct stat info;
    char path[PATHS_MAX];
    struct journal *journal = must_begin("abcd1234");
    path_of("abcd1234", path);
    assert_int_equal(stat(path, &info), 0);
    limit_files((rlim_t)info.st_size + 10);
    bool done = journal_will(journal, "UpdateService", "back", &error);
    limit_files(RLIM_INFINITY);
    assert_false(done);
    assert_int_equal(error.code, ERROR_SYSTEM);
    assert_true(journal_phase(journal, "recovering", NULL));
    struct journal_list list = read_one();
    assert_string_equal(list.entries[0].phase, "recovering");
    journal_list_free(&list);
    journal_close(journal);
}

static void the_way_back_does_not_wait_for_room_on_the_disk(void **state)
{
    (void)state;
    struct error error = {0};
    struct stat info;
    char path[PATHS_MAX];
    struct journal *journal = must_begin("abcd1234");
    path_of("abcd1234", path);
    assert_int_equal(stat(path, &info), 0);
    journal_forgive(journal);
    assert_string_equal(journal_trouble(journal), "");
    limit_files((rlim_t)info.st_size + 10);
    bool done = journal_will(journal, "UpdateService", "back", &error);
    limit_files(RLIM_INFINITY);
    assert_true(done);
    assert_int_equal(error.code, ERROR_NONE);
    assert_contains(journal_trouble(journal), "cannot write the journal");
    assert_true(journal_ended(journal, true, NULL, NULL));
    struct journal_list list = read_one();
    assert_true(list.entries[0].ended);
    journal_list_free(&list);
    journal_close(journal);
}

static bool is_there(const char *experiment)
{
    char path[PATHS_MAX];
    path_of(experiment, path);
    return access(path, F_OK) == 0;
}

static void one_that_begun_nothing_is_swept_away(void **state)
{
    (void)state;
    struct journal *journal = must_begin("aaaaaaaa");
    append("bbbbbbbb", "");
    append("cccccccc", "{\"at\":1,\"event\":\"begin\",\"wayBack\":{");
    append("dddddddd", "{\"at\":1}\n{");
    append("eeeeeeee", "");
    struct journal *held = journal_open("eeeeeeee", NULL);
    assert_non_null(held);
    journal_sweep();
    assert_true(is_there("aaaaaaaa"));
    assert_false(is_there("bbbbbbbb"));
    assert_false(is_there("cccccccc"));
    assert_true(is_there("dddddddd"));
    assert_true(is_there("eeeeeeee")); /* somebody may be about to begin it */
    journal_close(held);
    journal_close(journal);
}

int main(void)
{
#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_HOME(all_that_was_begun_is_read_back),
        IN_HOME(what_could_not_be_read_again_is_not_begun),
        IN_HOME(without_the_lock_no_empty_journal_is_left),
        IN_HOME(a_journal_of_another_is_not_removed_for_want_of_its_lock),
        IN_HOME(a_fifo_holds_nobody_up),
        IN_HOME(the_file_is_its_owners_alone),
        IN_HOME(each_line_says_what_will_be_and_what_was_done),
        IN_HOME(the_last_phase_counts),
        IN_HOME(an_id_is_begun_but_once),
        IN_HOME(what_is_not_there_is_not_found),
        IN_HOME(a_journal_that_could_not_be_had_takes_everything),
        IN_HOME(one_process_holds_it_and_a_dead_one_lets_go),
        IN_HOME(reading_the_list_does_not_take_the_lock_away),
        IN_HOME(half_a_last_line_was_never_acted_on),
        IN_HOME(what_follows_half_a_line_is_not_lost_with_it),
        IN_HOME(lines_of_nonsense_are_passed_over),
        IN_HOME(files_that_are_no_journals_are_counted),
        IN_HOME(a_journal_under_another_name_is_not_believed),
        IN_HOME(the_newest_stands_first),
        IN_HOME(one_that_begun_nothing_is_swept_away),
        IN_HOME(the_way_back_does_not_wait_for_room_on_the_disk),
        IN_HOME(a_directory_that_cannot_be_written_begins_nothing),
        IN_HOME(on_a_full_disk_nothing_is_begun),
        IN_HOME(when_the_disk_fills_the_call_is_not_made_and_the_journal_stays_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
