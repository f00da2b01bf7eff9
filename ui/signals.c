#include "ui/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int caught[] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT};
#define CAUGHT (sizeof caught / sizeof caught[0])

/* Handlers are the process's: so is what they need. */
static struct {
    int pipe[2];
    struct sigaction old[CAUGHT];
    struct sigaction old_pipe;
} catcher = {.pipe = {-1, -1}};

static void on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(catcher.pipe[1], &byte, 1);
    (void)written; /* a full pipe has enough to tell */
    errno = saved;
}

bool signals_catch(struct error *error)
{
    if (pipe2(catcher.pipe, O_NONBLOCK | O_CLOEXEC) != 0)
        return error_set_errno(error, "cannot make a pipe for signals");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &action, &catcher.old[i]);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &catcher.old_pipe);
    return true;
}

void signals_release(void)
{
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &catcher.old[i], NULL);
    sigaction(SIGPIPE, &catcher.old_pipe, NULL);
    close(catcher.pipe[0]);
    close(catcher.pipe[1]);
    catcher.pipe[0] = catcher.pipe[1] = -1;
}

int signals_fd(void)
{
    return catcher.pipe[0];
}

int signals_next(void)
{
    unsigned char byte = 0;
    return read(catcher.pipe[0], &byte, 1) == 1 ? byte : 0;
}
