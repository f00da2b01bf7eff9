/*
 * Names. getaddrinfo() can neither be given a time nor be stopped, so it is asked on a thread of its own,
 * which is left to end by itself where nobody waits any more.
 */
#include "core/dial_internal.h"

#include "core/clock.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOST_MAX 256

/* Owned by both sides: the last that lets go frees it. */
struct question {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    char host[HOST_MAX];
    char service[8];
    bool done, left;
    int result; /* getaddrinfo's */
    struct addrinfo *found;
};

static const struct addrinfo any_stream = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

static void take(const struct addrinfo *found, struct dial_addresses *addresses)
{
    for (; found != NULL && addresses->count < DIAL_ADDRESSES_MAX; found = found->ai_next)
        if ((found->ai_family == AF_INET || found->ai_family == AF_INET6) &&
            found->ai_addrlen <= sizeof addresses->each[0])
            memcpy(&addresses->each[addresses->count++], found->ai_addr, found->ai_addrlen);
}

static void question_free(struct question *question)
{
    if (question->found != NULL)
        freeaddrinfo(question->found);
    pthread_cond_destroy(&question->answered);
    pthread_mutex_destroy(&question->mutex);
    free(question);
}

static void *ask(void *context)
{
    struct question *question = context;
    struct addrinfo *found = NULL;
    int result = getaddrinfo(question->host, question->service, &any_stream, &found);
    pthread_mutex_lock(&question->mutex);
    question->result = result;
    question->found = result == 0 ? found : NULL;
    question->done = true;
    bool left = question->left;
    pthread_cond_signal(&question->answered);
    pthread_mutex_unlock(&question->mutex);
    if (left)
        question_free(question);
    return NULL;
}

static struct question *question_new(const char *host, const char *service)
{
    struct question *question = calloc(1, sizeof *question);
    pthread_condattr_t monotonic;
    if (question == NULL || pthread_condattr_init(&monotonic) != 0) {
        free(question);
        return NULL;
    }
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&question->mutex, NULL);
    pthread_cond_init(&question->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    snprintf(question->host, sizeof question->host, "%s", host);
    snprintf(question->service, sizeof question->service, "%s", service);
    return question;
}

/* True: it was answered in time. The mutex is held, before and after. */
static enum dial_wait await(struct question *question, int64_t until_ms, const struct dial_stop *stop)
{
    while (!question->done) {
        if (dial_is_stopped(stop) || dial_is_unwanted(stop))
            return DIAL_STOPPED;
        int64_t now_ms = clock_ms();
        if (now_ms >= until_ms)
            return DIAL_LATE;
        int64_t next_ms = until_ms - now_ms > DIAL_CANCEL_MS ? now_ms + DIAL_CANCEL_MS : until_ms;
        struct timespec next = {.tv_sec = next_ms / 1000, .tv_nsec = next_ms % 1000 * 1000000};
        pthread_cond_timedwait(&question->answered, &question->mutex, &next);
    }
    return DIAL_READY;
}

static enum dial_failure judge(const char *host, int result, const struct dial_addresses *addresses,
                               struct error *error)
{
    if (result == 0 && addresses->count > 0)
        return DIAL_DONE;
    if (result == EAI_MEMORY) {
        error_set(error, ERROR_SYSTEM, "no memory to look up %s", host);
        return DIAL_NO_MEMORY;
    }
    error_set(error, ERROR_NETWORK, "%s: %s", host,
              result == 0 ? "the name has no address" : gai_strerror(result));
    return DIAL_UNRESOLVED;
}

static enum dial_failure look_up(const char *host, const char *service, int64_t until_ms,
                                 const struct dial_stop *stop, struct dial_addresses *addresses,
                                 struct error *error)
{
    pthread_t thread;
    struct question *question = question_new(host, service);
    if (question == NULL || pthread_create(&thread, NULL, ask, question) != 0) {
        if (question != NULL)
            question_free(question);
        error_set(error, ERROR_SYSTEM, "no memory or thread to look up %s", host);
        return DIAL_NO_MEMORY;
    }
    pthread_detach(thread);
    pthread_mutex_lock(&question->mutex);
    enum dial_wait wait = await(question, until_ms, stop);
    bool done = question->done;
    question->left = true;
    pthread_mutex_unlock(&question->mutex);
    if (!done) {
        if (wait == DIAL_STOPPED)
            return dial_wait_failed(wait, host, "", 0, error);
        error_set(error, ERROR_TIMEOUT, "%s: nobody answered who that is", host);
        return DIAL_UNRESOLVED;
    }
    int result = question->result;
    take(question->found, addresses);
    question_free(question);
    return judge(host, result, addresses, error);
}

enum dial_failure dial_resolve(const char *host, uint16_t port, int64_t until_ms,
                               const struct dial_stop *stop, struct dial_addresses *addresses,
                               struct error *error)
{
    char service[8];
    struct addrinfo hints = any_stream;
    struct addrinfo *found = NULL;
    if (host[0] == '\0' || strlen(host) >= HOST_MAX) {
        error_set(error, ERROR_INVALID, "'%.64s' is no host's name", host);
        return DIAL_UNRESOLVED;
    }
    snprintf(service, sizeof service, "%u", port);
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(host, service, &hints, &found) == 0) {
        take(found, addresses);
        freeaddrinfo(found);
        return judge(host, 0, addresses, error);
    }
    return look_up(host, service, until_ms, stop, addresses, error);
}
