/* credential_process: a program of the user's that prints keys. No shell; it has no terminal, for the console
 * has it. */
#include "aws/given.h"
#include "aws/source.h"
#include "aws/words.h"
#include "core/buf.h"
#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESS_TIMEOUT_MS 60000
#define PROCESS_STEP_MS 50
#define TROUBLE_MAX 2048 /* what is kept of what it says on standard error */

struct process {
    pid_t id;
    int out, err; /* our ends; -1: closed */
    struct buf keys, trouble;
};

static bool make_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC) == 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int spawn(struct process *process, char *const *words, int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawnp(&process->id, words[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static bool start(struct process *process, char *const *words, struct error *error)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    int failed = make_pipe(out) && make_pipe(err) ? spawn(process, words, out[1], err[1]) : errno;
    close_end(&out[1]);
    close_end(&err[1]);
    process->out = out[0];
    process->err = err[0];
    errno = failed;
    return failed == 0 || error_set_errno(error, "credential_process: %.200s can't be run", words[0]);
}

/* False once there is nothing more to come. */
static bool take(int *fd, struct buf *into)
{
    char block[4096];
    ssize_t got = read(*fd, block, sizeof block);
    if (got > 0)
        buf_append(into, block, (size_t)got); /* what is too much is dropped, and told by the mark */
    else if (got == 0 || errno != EINTR)
        close_end(fd);
    OPENSSL_cleanse(block, sizeof block);
    return *fd >= 0;
}

/* Reads until both are closed. */
static bool read_all(struct process *process, const atomic_bool *cancel, struct error *error)
{
    int64_t end = clock_ms() + PROCESS_TIMEOUT_MS;
    while (process->out >= 0 || process->err >= 0) {
        struct pollfd ends[2] = {{.fd = process->out, .events = POLLIN},
                                 {.fd = process->err, .events = POLLIN}};
        if (cancel && atomic_load(cancel))
            return error_set(error, ERROR_CANCELED, "credential_process: canceled");
        if (clock_ms() > end)
            return error_set(error, ERROR_TIMEOUT,
                             "credential_process: it said nothing within %d s and was ended",
                             PROCESS_TIMEOUT_MS / 1000);
        poll(ends, 2, PROCESS_STEP_MS);
        if (ends[0].revents)
            take(&process->out, &process->keys);
        if (ends[1].revents)
            take(&process->err, &process->trouble);
    }
    return true;
}

/* Its exit status; it is ended, with all that it started, if it has not yet. */
static int finish(struct process *process, bool kill_it)
{
    int status = -1;
    close_end(&process->out);
    close_end(&process->err);
    if (kill_it)
        kill(-process->id, SIGKILL); /* a session of its own */
    while (waitpid(process->id, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* One line that can be printed, of what it said last. */
static void last_words(const struct buf *trouble, char *text, size_t size)
{
    const char *from = buf_text(trouble), *best = from;
    for (const char *c = from; *c; c++) {
        if (*c == '\n' && c[1])
            best = c + 1;
    }
    size_t length = 0;
    for (; *best && *best != '\n' && length + 1 < size; best++)
        text[length++] = (unsigned char)*best < ' ' || *best == 127 ? ' ' : *best;
    text[length] = '\0';
}

static bool judge(const struct process *process, int status, const char *program, struct error *error)
{
    char words[200];
    last_words(&process->trouble, words, sizeof words);
    if (status == 0)
        return !process->keys.failed ||
               error_set(error, ERROR_DENIED, "credential_process: %.200s said too much", program);
    if (WIFSIGNALED(status))
        return error_set(error, ERROR_DENIED, "credential_process: %.200s was ended by signal %d", program,
                         WTERMSIG(status));
    return error_set(error, ERROR_DENIED, "credential_process: %.200s failed with status %d%s%s", program,
                     WEXITSTATUS(status), *words ? ": " : "", words);
}

static bool run(const struct aws_source *source, char *const *words, struct aws_credentials *credentials,
                struct error *error)
{
    struct process process = {.out = -1, .err = -1};
    buf_init(&process.keys, AWS_GIVEN_SIZE_MAX);
    buf_init(&process.trouble, TROUBLE_MAX);
    bool done = start(&process, words, error);
    if (done) {
        done = read_all(&process, source->cancel, error);
        int status = finish(&process, !done);
        done = done && judge(&process, status, words[0], error) &&
               aws_given_read(buf_text(&process.keys), process.keys.length, AWS_GIVEN_PROCESS, credentials,
                              error);
    }
    close_end(&process.out);
    close_end(&process.err);
    if (process.keys.data)
        OPENSSL_cleanse(process.keys.data, process.keys.capacity);
    buf_free(&process.keys);
    buf_free(&process.trouble);
    return done;
}

enum aws_found aws_source_process(const struct aws_source *source, struct aws_credentials *credentials,
                                  struct error *error)
{
    struct aws_words words;
    const char *line = aws_source_get(source, "credential_process");
    if (!line)
        return AWS_NOTHING;
    struct error wrong;
    if (!aws_words_split(&words, line, &wrong))
        return aws_source_fail(error, "credential_process of the profile '%.100s': %.200s", source->profile,
                               wrong.message);
    enum aws_found found = AWS_LATER;
    snprintf(credentials->source, sizeof credentials->source,
             "credential_process of the profile %.100s, %.200s", source->profile, words.list[0]);
    if (source->transport)
        found = run(source, words.list, credentials, error) ? AWS_FOUND : AWS_FAILED;
    aws_words_free(&words);
    return found;
}
