#include "proxy/backend.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCEPT_PAUSE_US 50000 /* when there are no descriptors left */

struct connection {
    struct backend *backend;
    struct connection *next, *previous;
    int fd;
};
struct backend {
    backend_serve *serve;
    void *context;
    int listener;
    pthread_t thread;
    atomic_bool ending;
    pthread_mutex_t lock; /* for the rest */
    pthread_cond_t left;
    struct connection *connections;
    size_t count;
};

static void forget(struct connection *connection)
{
    struct backend *backend = connection->backend;
    pthread_mutex_lock(&backend->lock);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        backend->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    backend->count--;
    close(connection->fd);
    pthread_cond_signal(&backend->left);
    pthread_mutex_unlock(&backend->lock);
    free(connection);
}

static void *serve_one(void *argument)
{
    struct connection *connection = argument;
    struct backend *backend = connection->backend;
    backend->serve(backend->context, connection->fd, &backend->ending);
    forget(connection);
    return NULL;
}

static bool start_thread(struct connection *connection)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, BACKEND_STACK_BYTES);
    int rc = pthread_create(&thread, &attributes, serve_one, connection);
    pthread_attr_destroy(&attributes);
    return rc == 0;
}

/* True where it is served: by a thread that will forget it. */
static bool take(struct backend *backend, int fd)
{
    int one = 1;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return false;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *connection = (struct connection){.backend = backend, .fd = fd};
    pthread_mutex_lock(&backend->lock);
    bool room = !atomic_load(&backend->ending) && backend->count < BACKEND_CONNECTIONS_MAX;
    if (room) {
        connection->next = backend->connections;
        if (connection->next)
            connection->next->previous = connection;
        backend->connections = connection;
        backend->count++;
    }
    pthread_mutex_unlock(&backend->lock);
    if (!room) {
        free(connection);
        return false;
    }
    if (!start_thread(connection))
        forget(connection);
    return true;
}

static void *accept_all(void *argument)
{
    struct backend *backend = argument;
    while (!atomic_load(&backend->ending)) {
        int fd = accept4(backend->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
            usleep(ACCEPT_PAUSE_US);
        if (fd >= 0 && !take(backend, fd))
            close(fd);
    }
    return NULL;
}

static bool listen_on_loopback(struct backend *backend, struct sockaddr_storage *address)
{
    struct sockaddr_in *wanted = (struct sockaddr_in *)address;
    socklen_t size = sizeof *address;
    memset(address, 0, sizeof *address);
    wanted->sin_family = AF_INET;
    wanted->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    backend->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return backend->listener >= 0 &&
           bind(backend->listener, (struct sockaddr *)address, sizeof *wanted) == 0 &&
           listen(backend->listener, SOMAXCONN) == 0 &&
           getsockname(backend->listener, (struct sockaddr *)address, &size) == 0;
}

static void backend_free(struct backend *backend)
{
    if (backend->listener >= 0)
        close(backend->listener);
    pthread_cond_destroy(&backend->left);
    pthread_mutex_destroy(&backend->lock);
    free(backend);
}

struct backend *backend_start(backend_serve *serve, void *context, struct sockaddr_storage *address,
                              struct error *error)
{
    struct backend *backend = calloc(1, sizeof *backend);
    if (!backend) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    backend->serve = serve;
    backend->context = context;
    pthread_mutex_init(&backend->lock, NULL);
    pthread_cond_init(&backend->left, NULL);
    if (!listen_on_loopback(backend, address)) {
        error_set_errno(error, "cannot listen on 127.0.0.1");
        backend_free(backend);
        return NULL;
    }
    int rc = pthread_create(&backend->thread, NULL, accept_all, backend);
    if (rc != 0) {
        error_set(error, ERROR_SYSTEM, "cannot start a thread: %s", strerror(rc));
        backend_free(backend);
        return NULL;
    }
    return backend;
}

void backend_stop(struct backend *backend)
{
    if (!backend)
        return;
    pthread_mutex_lock(&backend->lock);
    atomic_store(&backend->ending, true);
    for (struct connection *one = backend->connections; one; one = one->next)
        shutdown(one->fd, SHUT_RDWR);
    pthread_mutex_unlock(&backend->lock);
    shutdown(backend->listener, SHUT_RDWR); /* ends the accept */
    pthread_join(backend->thread, NULL);
    pthread_mutex_lock(&backend->lock);
    while (backend->count > 0)
        pthread_cond_wait(&backend->left, &backend->lock);
    pthread_mutex_unlock(&backend->lock);
    backend_free(backend);
}
