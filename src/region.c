#include "src/region.h"

#include "config.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "shaketable-sandbox"
#define READY_MS 15000
#define STOP_TRIES 100
#define STOP_PAUSE_US 50000

bool region_find_program(char path[REGION_PATH_MAX], struct error *error)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        if (slash != NULL)
            *slash = '\0';
        if (snprintf(path, REGION_PATH_MAX, "%s/%s", self, PROGRAM) < REGION_PATH_MAX &&
            access(path, X_OK) == 0)
            return true;
    }
    snprintf(path, REGION_PATH_MAX, "%s/%s", LIBEXECDIR, PROGRAM);
    if (access(path, X_OK) == 0)
        return true;
    return error_set(error, ERROR_NOT_FOUND, "the embedded region's program %s is neither in %s nor in %s",
                     PROGRAM, length > 0 ? self : "?", LIBEXECDIR);
}

static size_t add_argument(const char **arguments, size_t count, const char *option, const char *value)
{
    if (value == NULL || count + 3 > REGION_ARGUMENTS_MAX)
        return count;
    arguments[count] = option;
    arguments[count + 1] = value;
    return count + 2;
}

void region_make_arguments(const struct region_options *options, const char *arguments[REGION_ARGUMENTS_MAX])
{
    size_t count = 0;
    arguments[count++] = PROGRAM;
    count = add_argument(arguments, count, "--listen", options->listen);
    count = add_argument(arguments, count, "--big", options->big);
    count = add_argument(arguments, count, "--throttle", options->throttle);
    for (size_t i = 0; i < options->fail_count; i++)
        count = add_argument(arguments, count, "--fail", options->fails[i]);
    arguments[count] = NULL;
}

static void run_child(const char *program, const char *const *arguments, int out, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    setsid(); /* Ctrl-C is for the console: the region ends after the rollback */
    dup2(out, STDOUT_FILENO);
    setenv("SHAKETABLE_PARENT_DEATH", "1", 1);
    execv(program, (char *const *)arguments);
    fprintf(stderr, "shaketable: cannot start %s: %s\n", program, strerror(errno));
    _exit(1);
}

static bool wait_until_ready(struct region *region, int fd, struct error *error)
{
    char line[256];
    size_t length = 0;
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    while (length < sizeof line - 1 && poll(&polled, 1, READY_MS) > 0) {
        ssize_t more = read(fd, line + length, sizeof line - 1 - length);
        if (more <= 0)
            break;
        length += (size_t)more;
        line[length] = '\0';
        if (strchr(line, '\n') != NULL && sscanf(line, "ready %127s", region->endpoint) == 1)
            return true;
    }
    return error_set(error, ERROR_SYSTEM, "the embedded region did not start");
}

static bool make_state_directory(struct region *region, struct error *error)
{
    const char *base = getenv("TMPDIR");
    snprintf(region->state_dir, sizeof region->state_dir, "%s/shaketable-demo.XXXXXX",
             base != NULL && base[0] == '/' ? base : "/tmp");
    if (mkdtemp(region->state_dir) == NULL) {
        region->state_dir[0] = '\0';
        return error_set_errno(error, "cannot make a directory for the demo");
    }
    return true;
}

static void set_environment(const struct region *region)
{
    static const char *const others[] = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL",
                                         "AWS_CA_BUNDLE", "AWS_DEFAULT_PROFILE"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        unsetenv(others[i]);
    setenv("AWS_ACCESS_KEY_ID", "test", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
    setenv("AWS_REGION", "us-east-1", 1);
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
    setenv("XDG_STATE_HOME", region->state_dir, 1);
}

bool region_start(struct region *region, const struct region_options *options, struct error *error)
{
    char program[REGION_PATH_MAX];
    const char *arguments[REGION_ARGUMENTS_MAX];
    int ends[2];
    memset(region, 0, sizeof *region);
    if (!region_find_program(program, error) || !make_state_directory(region, error))
        return false;
    if (pipe(ends) != 0) {
        region_stop(region);
        return error_set_errno(error, "cannot start the embedded region");
    }
    struct region_options wanted = *options;
    wanted.listen = "127.0.0.1:0";
    region_make_arguments(&wanted, arguments);
    pid_t parent = getpid();
    region->pid = fork();
    if (region->pid == 0) {
        close(ends[0]);
        run_child(program, arguments, ends[1], parent);
    }
    close(ends[1]);
    bool ready = region->pid > 0 && wait_until_ready(region, ends[0], error);
    close(ends[0]);
    if (region->pid < 0)
        error_set_errno(error, "cannot start the embedded region");
    if (!ready) {
        region_stop(region);
        return false;
    }
    set_environment(region);
    return true;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

void region_stop(struct region *region)
{
    if (region->pid > 0) {
        kill(region->pid, SIGTERM);
        for (int i = 0; waitpid(region->pid, NULL, WNOHANG) == 0; i++) {
            if (i == STOP_TRIES)
                kill(region->pid, SIGKILL);
            usleep(STOP_PAUSE_US);
        }
        region->pid = 0;
    }
    if (region->state_dir[0] != '\0')
        nftw(region->state_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    region->state_dir[0] = '\0';
}
