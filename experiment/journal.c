#include "experiment/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "experiment/json.h"
#include "experiment/paths.h"

#define LOCK_TRIES 10
#define LOCK_PAUSE_MS 20

struct journal {
    int fd;
    char path[PATHS_MAX];
    bool forgiving;
    struct error trouble; /* while forgiving */
};

/* False when a crash or a full disk cut the last line. */
static bool ends_with_line(int fd)
{
    char last = '\n';
    off_t length = lseek(fd, 0, SEEK_END);
    return length <= 0 || pread(fd, &last, 1, length - 1) != 1 || last == '\n';
}

static bool write_whole(int fd, const struct buf *text)
{
    ssize_t written = write(fd, text->data, text->length);
    if (written >= 0 && (size_t)written < text->length)
        errno = ENOSPC; /* a file takes less than all only where there is no more room */
    return written == (ssize_t)text->length && fsync(fd) == 0;
}

static bool print_line(const struct journal *journal, struct json_object *line, struct buf *text)
{
    json_put_integer(line, "at", clock_epoch_ms());
    if (!ends_with_line(journal->fd)) /* or this one would be lost with it */
        buf_append_char(text, '\n');
    return buf_append_text(text, json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
                                                                          JSON_C_TO_STRING_NOSLASHESCAPE)) &&
           buf_append_char(text, '\n');
}

static bool write_line(struct journal *journal, struct json_object *line, struct error *error)
{
    struct buf text;
    struct error failure = {0};
    buf_init(&text, JOURNAL_LINE_MAX);
    if (!print_line(journal, line, &text))
        error_set(&failure, ERROR_LIMIT, "a line of the journal is longer than %d bytes", JOURNAL_LINE_MAX);
    else if (!write_whole(journal->fd, &text))
        error_set_errno(&failure, "cannot write the journal %s", journal->path);
    buf_free(&text);
    json_object_put(line);
    if (failure.code == ERROR_NONE)
        return true;
    if (journal->forgiving)
        journal->trouble = failure;
    else if (error != NULL)
        *error = failure;
    return journal->forgiving;
}

void journal_forgive(struct journal *journal)
{
    if (journal != NULL)
        journal->forgiving = true;
}

const char *journal_trouble(const struct journal *journal)
{
    return journal == NULL ? "" : journal->trouble.message;
}

static struct json_object *new_line(const char *event)
{
    struct json_object *line = json_object_new_object();
    json_put_integer(line, "at", 0);
    json_put_text(line, "event", event);
    return line;
}

/* A new file's name is only as durable as its directory. */
static void sync_directory(void)
{
    char path[PATHS_MAX];
    int fd = paths_experiments(path, NULL) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Whoever reads the list looks at the lock for a moment: try a few times before believing it. */
static bool lock(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        clock_sleep_ms(LOCK_PAUSE_MS);
    }
    return false;
}

static bool is_regular(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/* Never waits, as the opening of a FIFO would. */
static FILE *open_to_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd >= 0 && is_regular(fd) ? fdopen(fd, "r") : NULL;
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

static struct journal *open_file(const char *experiment, int flags, struct error *error)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    if (!paths_experiment_file(experiment, "jsonl", journal->path, error)) {
        free(journal);
        return NULL;
    }
    journal->fd = open(journal->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | flags, 0600);
    if (journal->fd >= 0 && !is_regular(journal->fd)) {
        error_set(error, ERROR_SYSTEM, "%s is no file", journal->path);
        close(journal->fd);
        free(journal);
        return NULL;
    }
    if (journal->fd < 0) {
        if (errno == ENOENT)
            error_set(error, ERROR_NOT_FOUND, "there is no experiment %s on this machine", experiment);
        else
            error_set_errno(error, "cannot open the journal %s", journal->path);
        free(journal);
        return NULL;
    }
    if (!lock(journal->fd)) {
        error_set(error, ERROR_CONFLICT, "experiment %s is in the hands of another process", experiment);
        if ((flags & O_CREAT) != 0)
            unlink(journal->path); /* it is ours and empty */
        close(journal->fd);
        free(journal);
        return NULL;
    }
    return journal;
}

/* What can't be read (it may nest too deeply) would be no way back. */
static bool read_back(const struct journal *journal, struct json_object *service, struct error *error)
{
    struct journal_entry entry = {0};
    FILE *file = open_to_read(journal->path);
    bool done =
        file != NULL && journal_entry_read(&entry, file) && (service == NULL || entry.service != NULL);
    if (file != NULL)
        fclose(file);
    journal_entry_free(&entry);
    return done || error_set(error, ERROR_LIMIT,
                             "what was written into the journal %s can't be read again: the service's "
                             "description is not one that this version of shaketable can keep",
                             journal->path);
}

struct journal *journal_begin(const struct way_back *way_back, struct json_object *service,
                              const struct fault *faults, int64_t duration_ms, struct error *error)
{
    struct journal *journal = open_file(way_back->experiment, O_CREAT | O_EXCL, error);
    if (journal == NULL)
        return NULL;
    struct json_object *line = new_line("begin");
    json_object_object_add(line, "wayBack", way_back_to_json(way_back));
    json_object_object_add(line, "service", json_copy(service));
    json_object_object_add(line, "faults", fault_to_json(faults));
    json_put_integer(line, "durationMs", duration_ms);
    if (!write_line(journal, line, error) || !read_back(journal, service, error)) {
        unlink(journal->path); /* nothing has begun: half a journal would only puzzle */
        journal_close(journal);
        return NULL;
    }
    sync_directory();
    return journal;
}

struct journal *journal_open(const char *experiment, struct error *error)
{
    return open_file(experiment, 0, error);
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    close(journal->fd);
    free(journal);
}

bool journal_will(struct journal *journal, const char *call, const char *undo, struct error *error)
{
    if (journal == NULL)
        return true;
    struct json_object *line = new_line("will");
    json_put_text(line, "call", call);
    json_put_text(line, "undo", undo);
    return write_line(journal, line, error);
}

bool journal_did(struct journal *journal, const char *call, const char *result, struct error *error)
{
    if (journal == NULL)
        return true;
    struct json_object *line = new_line("did");
    json_put_text(line, "call", call);
    json_put_text(line, "result", result);
    return write_line(journal, line, error);
}

bool journal_phase(struct journal *journal, const char *phase, struct error *error)
{
    if (journal == NULL)
        return true;
    struct json_object *line = new_line("phase");
    json_put_text(line, "phase", phase);
    return write_line(journal, line, error);
}

bool journal_guard(struct journal *journal, const char *reason, struct error *error)
{
    if (journal == NULL)
        return true;
    struct json_object *line = new_line("guard");
    json_put_text(line, "tripped", reason);
    return write_line(journal, line, error);
}

bool journal_ended(struct journal *journal, bool restored, const char *left, struct error *error)
{
    if (journal == NULL)
        return true;
    struct json_object *line = new_line("ended");
    json_put_flag(line, "restored", restored);
    if (left != NULL)
        json_put_text(line, "left", left);
    return write_line(journal, line, error);
}

/* ── reading ─────────────────────────────────────────────────────────────────────────────── */

/* 0: a call that makes nothing. */
static unsigned making_bit(const char *call)
{
    static const char *const calls[] = {
        "RegisterTaskDefinition",        "CreateTargetGroup",        "CreateService",
        "AuthorizeSecurityGroupIngress", "CreateExperimentTemplate", "StartExperiment"};
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(call, calls[i]) == 0)
            return 1U << i;
    return 0;
}

static void take_line(struct journal_entry *entry, bool *begun, struct json_object *line)
{
    const char *event = json_text(line, "event");
    entry->last_ms = json_integer(line, "at");
    if (strcmp(event, "begin") == 0 && !*begun) {
        *begun = way_back_from_json(&entry->way_back, json_object_of(line, "wayBack"), NULL);
        json_object_put(entry->service);
        entry->service = json_copy(json_object_of(line, "service"));
        struct json_object *faults = json_object_of(line, "faults");
        if (faults != NULL)
            fault_from_json(&entry->faults, faults, NULL);
        entry->begun_ms = entry->last_ms;
        snprintf(entry->phase, sizeof entry->phase, "planned");
    } else if (strcmp(event, "phase") == 0) {
        snprintf(entry->phase, sizeof entry->phase, "%s", json_text(line, "phase"));
        entry->ended = false;
    } else if (strcmp(event, "will") == 0) {
        entry->unsure |= making_bit(json_text(line, "call"));
    } else if (strcmp(event, "did") == 0) {
        entry->unsure &= ~making_bit(json_text(line, "call"));
    } else if (strcmp(event, "ended") == 0) {
        entry->ended = json_flag(line, "restored");
        snprintf(entry->phase, sizeof entry->phase, "%s", entry->ended ? "restored" : "failed");
    }
}

/* A last line without its \n is one that a crash cut: it was never acted on. */
bool journal_entry_read(struct journal_entry *entry, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool begun = false;
    memset(entry, 0, sizeof *entry);
    fault_init(&entry->faults);
    while ((length = getline(&line, &size, file)) > 0 && length <= JOURNAL_LINE_MAX) {
        struct json_object *json = line[length - 1] == '\n' ? json_parse(line, (size_t)length) : NULL;
        if (json != NULL)
            take_line(entry, &begun, json);
        json_object_put(json);
        if (ftell(file) > JOURNAL_FILE_MAX)
            break;
    }
    free(line);
    return begun;
}

void journal_entry_free(struct journal_entry *entry)
{
    way_back_free(&entry->way_back);
    json_object_put(entry->service);
    entry->service = NULL;
}

bool journal_may_have_made(const struct journal *journal, const char *call)
{
    struct journal_entry entry;
    FILE *file = journal == NULL ? NULL : open_to_read(journal->path);
    if (file == NULL)
        return false;
    journal_entry_read(&entry, file);
    fclose(file);
    journal_entry_free(&entry);
    return (entry.unsure & making_bit(call)) != 0;
}

static bool is_journal_name(const char *name)
{
    size_t length = strlen(name);
    return length > strlen(".jsonl") && strcmp(name + length - strlen(".jsonl"), ".jsonl") == 0;
}

/* With the lock, so that one which is just being begun is either not there yet or whole. */
static bool has_no_line(int fd)
{
    char text[4096];
    ssize_t length = 0;
    for (off_t at = 0; (length = pread(fd, text, sizeof text, at)) > 0; at += length)
        if (memchr(text, '\n', (size_t)length) != NULL)
            return false;
    return length == 0;
}

void journal_sweep(void)
{
    char path[PATHS_MAX];
    DIR *directory = paths_experiments(path, NULL) ? opendir(path) : NULL;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (!is_journal_name(entry->d_name))
            continue;
        int fd = openat(dirfd(directory), entry->d_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (is_regular(fd) && has_no_line(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0 && has_no_line(fd))
            unlinkat(dirfd(directory), entry->d_name, 0);
        close(fd);
    }
    if (directory != NULL)
        closedir(directory);
}

FILE *journal_open_to_read(const char *experiment)
{
    char path[PATHS_MAX];
    return paths_experiment_file(experiment, "jsonl", path, NULL) ? open_to_read(path) : NULL;
}

static bool is_held(FILE *file)
{
    return flock(fileno(file), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool journal_is_held(const char *experiment)
{
    FILE *file = journal_open_to_read(experiment);
    bool held = file != NULL && is_held(file);
    if (file != NULL)
        fclose(file);
    return held;
}

static bool read_file(struct journal_entry *entry, const char *name)
{
    char experiment[sizeof entry->experiment] = "";
    size_t length = strlen(name) - strlen(".jsonl");
    if (length >= sizeof experiment)
        return false;
    memcpy(experiment, name, length);
    FILE *file = journal_open_to_read(experiment);
    if (file == NULL)
        return false;
    bool done = journal_entry_read(entry, file) && strcmp(entry->way_back.experiment, experiment) == 0;
    memcpy(entry->experiment, experiment, sizeof experiment);
    entry->running = is_held(file);
    fclose(file);
    if (!done)
        journal_entry_free(entry);
    return done;
}

static int newest_first(const void *a, const void *b)
{
    const struct journal_entry *x = a, *y = b;
    return x->begun_ms < y->begun_ms ? 1 : x->begun_ms > y->begun_ms ? -1 : 0;
}

bool journal_list_read(struct journal_list *list, struct error *error)
{
    char path[PATHS_MAX];
    memset(list, 0, sizeof *list);
    if (!paths_experiments(path, error))
        return false;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return error_set_errno(error, "cannot read %s", path);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (!is_journal_name(entry->d_name))
            continue;
        struct journal_entry *more = realloc(list->entries, (list->count + 1) * sizeof *more);
        if (more == NULL)
            break;
        list->entries = more;
        if (read_file(&more[list->count], entry->d_name))
            list->count++;
        else
            list->unreadable++;
    }
    closedir(directory);
    if (list->count > 1)
        qsort(list->entries, list->count, sizeof *list->entries, newest_first);
    return true;
}

void journal_list_free(struct journal_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        journal_entry_free(&list->entries[i]);
    free(list->entries);
    memset(list, 0, sizeof *list);
}
