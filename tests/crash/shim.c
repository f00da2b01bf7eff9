/*
 * shim: kills the program that it is preloaded into at one point of its run, so that the program itself needs
 * no hooks. Points are counted by kind:
 *
 *     journal   a line written to an experiment's journal (write, then fsync)
 *     call      a call to AWS (a transfer of libcurl's)
 *     frame     something written to a socket that is not AWS's: a sidecar, or who asks from another terminal
 *
 * SHAKETABLE_CRASH=KIND:N:WHEN ends it with SIGKILL at the Nth of that kind: `before` it, `after` it, for a
 * journal line `torn` with half of it written, for a call `during` it, DURING_US after its begin.
 * SHAKETABLE_CRASH_LOG=FILE gets a line for each point.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#undef curl_easy_setopt

#define LABEL_MAX 128
#define HANDLES 32
#define DURING_US 300000

enum kind { JOURNAL, CALL, FRAME, KINDS };
static const char *const kind_names[KINDS] = {"journal", "call", "frame"};

static atomic_uint counts[KINDS];
static atomic_int journal_due = -1; /* the descriptor whose fsync is the end */
static _Atomic(CURL *) call_due;    /* the transfer whose end is the end */

/* What a handle was last told to send. */
struct handle {
    _Atomic(CURL *) easy;
    char method[LABEL_MAX], path[LABEL_MAX]; /* of the latter what comes before an id or a query */
    bool id;                                 /* there is one */
    char label[LABEL_MAX];
};
static struct handle handles[HANDLES];

/* The calls that are made of method and path: AWS FIS's. */
static const struct {
    const char *method, *path;
    bool id;
    const char *name;
} rest_calls[] = {
    {"POST", "/experimentTemplates", false, "CreateExperimentTemplate"},
    {"GET", "/experimentTemplates", false, "ListExperimentTemplates"},
    {"GET", "/experimentTemplates", true, "GetExperimentTemplate"},
    {"DELETE", "/experimentTemplates", true, "DeleteExperimentTemplate"},
    {"POST", "/experiments", false, "StartExperiment"},
    {"GET", "/experiments", false, "ListExperiments"},
    {"GET", "/experiments", true, "GetExperiment"},
    {"DELETE", "/experiments", true, "StopExperiment"},
};

/* dlsym gives an object pointer where a function pointer is wanted. */
static void real(const char *name, void *function, size_t size)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(function, &symbol, size);
}
#define REAL(type, name) \
    type real_##name;    \
    real(#name, &real_##name, sizeof real_##name)

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void note(enum kind kind, unsigned n, const char *label)
{
    const char *path = getenv("SHAKETABLE_CRASH_LOG");
    FILE *file = path ? fopen(path, "ae") : NULL;

    if (!file)
        return;
    fprintf(file, "%s %u %s\n", kind_names[kind], n, label);
    fclose(file);
}

/* The next point of this kind: "before", "after" or "torn" where it is the one that was asked for, else "".
 */
static const char *reach(enum kind kind, const char *label)
{
    const char *asked = getenv("SHAKETABLE_CRASH"), *when = "";
    unsigned n = atomic_fetch_add(&counts[kind], 1) + 1, wanted = 0;
    size_t length = strlen(kind_names[kind]);

    note(kind, n, label);
    if (!asked || strncmp(asked, kind_names[kind], length) != 0 || asked[length] != ':')
        return "";
    if (sscanf(asked + length + 1, "%u", &wanted) == 1 && wanted == n)
        when = strrchr(asked, ':') + 1;
    if (strcmp(when, "before") == 0)
        die();
    return when;
}

static bool is_journal(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 6 && memcmp(path + length - 6, ".jsonl", 6) == 0;
}

static bool is_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static void copy_label(char label[LABEL_MAX], const char *from, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n < LABEL_MAX - 1; i++)
        if (strchr(" \n\r", from[i]) == NULL)
            label[n++] = from[i];
    label[n] = '\0';
}

/* ── journal and frames ──────────────────────────────────────────────────────────────────────── */

typedef ssize_t write_function(int, const void *, size_t);

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write_function *, write);
    char label[LABEL_MAX] = "";
    const char *when;
    if (is_journal(fd)) {
        copy_label(label, data, size);
        when = reach(JOURNAL, label);
        if (strcmp(when, "torn") == 0) {
            (void)!real_write(fd, data, size / 2);
            die();
        }
        if (strcmp(when, "after") == 0)
            atomic_store(&journal_due, fd);
        return real_write(fd, data, size);
    }
    if (!is_socket(fd))
        return real_write(fd, data, size);
    when = reach(FRAME, "write");
    ssize_t written = real_write(fd, data, size);
    if (strcmp(when, "after") == 0)
        die();
    return written;
}

typedef int fsync_function(int);

int fsync(int fd)
{
    REAL(fsync_function *, fsync);
    int result = real_fsync(fd);
    if (fd == atomic_load(&journal_due))
        die();
    return result;
}

typedef ssize_t writev_function(int, const struct iovec *, int);

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev_function *, writev);
    const char *when = is_socket(fd) ? reach(FRAME, "writev") : "";
    ssize_t written = real_writev(fd, parts, count);
    if (strcmp(when, "after") == 0)
        die();
    return written;
}

typedef ssize_t sendmsg_function(int, const struct msghdr *, int);

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg_function *, sendmsg);
    const char *when = is_socket(fd) ? reach(FRAME, "sendmsg") : "";
    ssize_t sent = real_sendmsg(fd, message, flags);
    if (strcmp(when, "after") == 0)
        die();
    return sent;
}

/* ── calls ───────────────────────────────────────────────────────────────────────────────────── */

static struct handle *handle_of(CURL *easy)
{
    for (size_t i = 0; i < HANDLES; i++) {
        CURL *free_one = NULL;
        if (atomic_load(&handles[i].easy) == easy ||
            atomic_compare_exchange_strong(&handles[i].easy, &free_one, easy))
            return &handles[i];
    }
    return &handles[0];
}

/* A new request: what the one before was is forgotten. */
static void read_url(struct handle *handle, const char *url)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    size_t length = path ? 1 + strcspn(path + 1, "/?") : 0;
    copy_label(handle->path, path ? path : "", length);
    handle->id = path && path[length] == '/';
    copy_label(handle->method, "POST", 4);
    handle->label[0] = '\0';
}

static void read_rest(struct handle *handle)
{
    for (size_t i = 0; i < sizeof rest_calls / sizeof rest_calls[0]; i++)
        if (strcmp(handle->path, rest_calls[i].path) == 0 && handle->id == rest_calls[i].id &&
            strcmp(handle->method, rest_calls[i].method) == 0)
            copy_label(handle->label, rest_calls[i].name, strlen(rest_calls[i].name));
}

static void read_target(char label[LABEL_MAX], const struct curl_slist *list)
{
    for (; list; list = list->next) {
        const char *dot = strncmp(list->data, "X-Amz-Target:", 13) == 0 ? strrchr(list->data, '.') : NULL;
        if (dot)
            copy_label(label, dot + 1, strlen(dot + 1));
    }
}

static void read_action(char label[LABEL_MAX], const char *body)
{
    if (strncmp(body, "Action=", 7) == 0)
        copy_label(label, body + 7, strcspn(body + 7, "&"));
}

typedef CURLcode setopt_function(CURL *, CURLoption, ...);

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    REAL(setopt_function *, curl_easy_setopt);
    va_list arguments;
    va_start(arguments, option);
    void *value = va_arg(arguments, void *); /* a long or a pointer: of one size where this is built */
    va_end(arguments);
    if (option == CURLOPT_URL)
        read_url(handle_of(easy), value);
    else if (option == CURLOPT_HTTPGET)
        copy_label(handle_of(easy)->method, "GET", 3);
    else if (option == CURLOPT_CUSTOMREQUEST)
        copy_label(handle_of(easy)->method, value, strlen(value));
    else if (option == CURLOPT_HTTPHEADER)
        read_target(handle_of(easy)->label, value);
    else if (option == CURLOPT_POSTFIELDS)
        read_action(handle_of(easy)->label, value);
    return real_curl_easy_setopt(easy, option, value);
}

typedef CURLMcode multi_function(CURLM *, CURL *);

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    REAL(multi_function *, curl_multi_add_handle);
    struct handle *handle = handle_of(easy);
    read_rest(handle);
    const char *when = reach(CALL, handle->label);
    if (strcmp(when, "after") == 0)
        atomic_store(&call_due, easy);
    if (strcmp(when, "during") == 0)
        ualarm(DURING_US, 0); /* nobody handles SIGALRM: it ends the program as abruptly */
    return real_curl_multi_add_handle(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    REAL(multi_function *, curl_multi_remove_handle);
    if (easy == atomic_load(&call_due))
        die();
    return real_curl_multi_remove_handle(multi, easy);
}
