/* What test_aws_keys.py drives: a line "N" on standard input lets N threads get the keys at once; each line
 * of the answer is what so many of them got. With "-N" they are canceled meanwhile. */
#include "core/buf.h"
#include "proxy/aws_keys.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 64

struct caller {
    struct aws_keys *keys;
    pthread_barrier_t *start;
    char said[2048];
};

static void *get(void *argument)
{
    struct caller *caller = argument;
    struct aws_credentials *copy = calloc(1, sizeof *copy);
    struct error error = {0};
    if (!copy)
        abort();
    pthread_barrier_wait(caller->start);
    if (aws_keys_get(caller->keys, copy, &error))
        snprintf(caller->said, sizeof caller->said, "keys %.128s %.256s %.256s", copy->access_key,
                 *copy->session_token ? copy->session_token : "-", copy->source);
    else
        snprintf(caller->said, sizeof caller->said, "%s %s", error_code_name(error.code), error.message);
    aws_credentials_clear(copy);
    free(copy);
    return NULL;
}

static void get_at_once(struct aws_keys *keys, int count, bool cancels)
{
    static struct caller callers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        callers[i] = (struct caller){.keys = keys, .start = &start};
        if (pthread_create(&threads[i], NULL, get, &callers[i]) != 0)
            abort();
    }
    if (cancels)
        aws_keys_cancel(keys);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    for (int i = 0; i < count; i++)
        printf("%s\n", callers[i].said);
    fflush(stdout);
}

int main(void)
{
    struct error error;
    char line[16];
    signal(SIGPIPE, SIG_IGN);
    struct aws_keys *keys = aws_keys_open(&error);
    printf("%s %s\n", keys ? "open" : error_code_name(error.code), keys ? "" : error.message);
    fflush(stdout);
    while (keys && fgets(line, sizeof line, stdin)) {
        int count = atoi(line);
        if (count == 0 || abs(count) > THREADS_MAX)
            return 1;
        get_at_once(keys, abs(count), count < 0);
    }
    aws_keys_close(keys);
    return 0;
}
