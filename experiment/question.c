#include "experiment/question.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

#define LOOK_MS 100

void question_init(struct question *question, void (*changed)(void *context), void *context)
{
    memset(question, 0, sizeof *question);
    pthread_mutex_init(&question->mutex, NULL);
    pthread_cond_init(&question->answered, NULL);
    /* Not the numbers of an earlier session of this process: who has answered those must not miss these. */
    question->last = (unsigned)clock_us();
    question->changed = changed;
    question->context = context;
}

void question_destroy(struct question *question)
{
    pthread_cond_destroy(&question->answered);
    pthread_mutex_destroy(&question->mutex);
}

static void wait_a_moment(struct question *question)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&question->answered, &question->mutex, &until);
}

bool question_ask(void *context, const char *serial, const atomic_bool *cancel, char *code, size_t size,
                  struct error *error)
{
    struct question *question = context;
    pthread_mutex_lock(&question->mutex);
    question->last += question->last == UINT_MAX ? 2 : 1; /* 0 means none */
    question->now.number = question->last;
    snprintf(question->now.serial, sizeof question->now.serial, "%s", serial);
    question->has_answer = false;
    pthread_mutex_unlock(&question->mutex);
    question->changed(question->context);

    pthread_mutex_lock(&question->mutex);
    while (!question->has_answer && (cancel == NULL || !atomic_load(cancel)))
        wait_a_moment(question);
    bool known = question->has_answer && question->code[0] != '\0';
    if (known)
        snprintf(code, size, "%s", question->code);
    OPENSSL_cleanse(question->code, sizeof question->code);
    question->now.number = 0;
    pthread_mutex_unlock(&question->mutex);
    question->changed(question->context);
    return known || error_set(error, ERROR_CANCELED, "no code of the MFA device %.200s was given", serial);
}

void question_answer(struct question *question, unsigned number, const char *code)
{
    pthread_mutex_lock(&question->mutex);
    if (number == question->now.number && number != 0 && (code[0] == '\0' || model_code_is_valid(code))) {
        snprintf(question->code, sizeof question->code, "%s", code);
        question->has_answer = true;
        pthread_cond_broadcast(&question->answered);
    }
    pthread_mutex_unlock(&question->mutex);
}

void question_show(struct question *question, struct model_question *out)
{
    pthread_mutex_lock(&question->mutex);
    *out = question->now;
    if (question->has_answer)
        out->number = 0;
    pthread_mutex_unlock(&question->mutex);
}
