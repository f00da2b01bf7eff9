/*
 * question: what a worker thread asks the operator for, the code of an MFA device, as the model shows it and
 * INTENT_ANSWER answers it. One at a time; the worker waits.
 */
#ifndef SHAKETABLE_EXPERIMENT_QUESTION_H
#define SHAKETABLE_EXPERIMENT_QUESTION_H

#include "core/error.h"
#include "experiment/model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct question {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    struct model_question now; /* number 0: none */
    unsigned last;
    bool has_answer;
    char code[MODEL_CODE_MAX];      /* "": there is none */
    void (*changed)(void *context); /* called on the worker's thread */
    void *context;
};

void question_init(struct question *question, void (*changed)(void *context), void *context);
void question_destroy(struct question *question);

/* As aws_mfa.ask wants it, with the question as its context. ERROR_CANCELED: nobody knows it, or *cancel
 * (NULL: never) has become true. */
bool question_ask(void *question, const char *serial, const atomic_bool *cancel, char *code, size_t size,
                  struct error *error);
/* An answer to another number than the one that is asked, or a code that is none, is dropped. */
void question_answer(struct question *question, unsigned number, const char *code);
void question_show(struct question *question, struct model_question *out);

#endif
