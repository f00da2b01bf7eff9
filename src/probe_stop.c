#include "src/probe_stop.h"

#include "core/clock.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void ring(int fd)
{
    const uint64_t one = 1;
    if (write(fd, &one, sizeof one) < 0)
        return; /* it rings already */
}

/* Until a signal comes, or the end. */
static void *listen_for(void *context)
{
    struct probe_stop *stop = context;
    struct pollfd entries[] = {{.fd = stop->signal_fd, .events = POLLIN},
                               {.fd = stop->end_fd, .events = POLLIN}};
    while (poll(entries, 2, -1) <= 0)
        ;
    if (entries[0].revents != 0) {
        atomic_store_explicit(&stop->asked, true, memory_order_release);
        ring(stop->asked_fd);
    }
    return NULL;
}

static void close_all(struct probe_stop *stop)
{
    const int fds[] = {stop->signal_fd, stop->end_fd, stop->asked_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

bool probe_stop_begin(struct probe_stop *stop, struct error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    atomic_init(&stop->asked, false);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    stop->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    stop->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    stop->asked_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop->signal_fd >= 0 && stop->end_fd >= 0 && stop->asked_fd >= 0 &&
        pthread_create(&stop->thread, NULL, listen_for, stop) == 0)
        return true;
    error_set_errno(error, "cannot wait for signals");
    close_all(stop);
    return false;
}

bool probe_stop_wait(struct probe_stop *stop, int64_t ms)
{
    int64_t until_ms = clock_ms() + ms;
    struct pollfd entry = {.fd = stop->asked_fd, .events = POLLIN};
    for (int64_t left_ms = ms; !atomic_load(&stop->asked) && left_ms > 0; left_ms = until_ms - clock_ms())
        poll(&entry, 1, (int)left_ms);
    return !atomic_load(&stop->asked);
}

void probe_stop_end(struct probe_stop *stop)
{
    ring(stop->end_fd);
    pthread_join(stop->thread, NULL);
    close_all(stop);
}
