#include "core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs between fork and exec in a program with threads: only what signal-safety(7) allows. */
static void become(const struct process_spec *spec, int report, pid_t parent)
{
    sigset_t none;
    int null = -1, failure = 0;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(spec->input > 0 ? spec->input : null, 0) < 0 ||
        dup2(spec->output < 0 ? null : spec->output, 1) < 0 || dup2(1, 2) < 0)
        _exit(127);
    if (report != 3 && dup2(report, 3) < 0)
        _exit(127);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    close_range(4, ~0U, 0);
    execve(spec->program, spec->arguments, spec->environment);
    failure = errno;
    if (write(3, &failure, sizeof failure) < 0)
        _exit(126);
    _exit(127);
}

pid_t process_start(const struct process_spec *spec, struct error *error)
{
    int report[2], failure = 0, status = 0;
    pid_t pid = -1, parent = getpid();

    if (pipe2(report, O_CLOEXEC) != 0) {
        error_set_errno(error, "cannot start %s", spec->program);
        return -1;
    }
    pid = fork();
    if (pid == 0)
        become(spec, report[1], parent);
    close(report[1]);
    if (pid < 0) {
        error_set_errno(error, "cannot start %s", spec->program);
        close(report[0]);
        return -1;
    }
    setpgid(pid, pid); /* both do it: whoever comes first */
    ssize_t got = read(report[0], &failure, sizeof failure);
    close(report[0]);
    if (got == (ssize_t)sizeof failure) {
        waitpid(pid, &status, 0);
        errno = failure;
        error_set_errno(error, "cannot start %s", spec->program);
        return -1;
    }
    return pid;
}

void process_signal(pid_t pid, int signal_number)
{
    if (pid > 0)
        kill(-pid, signal_number);
}

bool process_ended(pid_t pid, int *status)
{
    siginfo_t info = {0};
    int raw = 0;

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        *status = 0;
        return errno == ECHILD;
    }
    if (info.si_pid != pid)
        return false;
    kill(-pid, SIGKILL); /* before it is reaped: until then nobody else can have its number */
    if (waitpid(pid, &raw, 0) != pid)
        raw = 0;
    *status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    return true;
}
