/*
 * error: one error type for the whole house.
 *
 * A function that can fail returns bool (true: done) and takes a `struct error *` as its last
 * argument, which may be NULL where the caller does not care. The message is one that a user can
 * act on: it names the thing and says what to do. It never holds a secret.
 */
#ifndef SHAKETABLE_CORE_ERROR_H
#define SHAKETABLE_CORE_ERROR_H

#include <stdbool.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE,      /* the command line is wrong */
    ERROR_INVALID,    /* a value, a document or a frame is malformed or out of its limits */
    ERROR_NOT_FOUND,  /* the named thing does not exist */
    ERROR_CONFLICT,   /* the thing is in a state, or in other hands, that forbids this */
    ERROR_DENIED,     /* credentials missing, wrong, or without the permission; or --read-only */
    ERROR_REFUSED,    /* preflight says no: nothing was changed */
    ERROR_NETWORK,    /* could not connect, cut off, not understood */
    ERROR_TIMEOUT,    /* no answer in time */
    ERROR_SERVICE,    /* AWS answered with an error that has no code of its own here */
    ERROR_LIMIT,      /* a bound of ours was reached */
    ERROR_SYSTEM,     /* a system call failed (file, memory, process) */
    ERROR_CANCELED,   /* asked to stop */
    ERROR_INCOMPLETE, /* a rollback that is not complete; the message says what is left */
};

#define ERROR_MESSAGE_MAX 1024
#define ERROR_REASON_MAX 96

struct error {
    enum error_code code;
    char reason[ERROR_REASON_MAX]; /* the peer's own code, e.g. "ClientException"; "" if none */
    char message[ERROR_MESSAGE_MAX];
};

/* Clears an error. */
void error_clear(struct error *error);

/* Sets code and message (cut at the bound, at a character's border); clears reason. Returns false
 * always, so that `return error_set(…)` reads well. */
bool error_set(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts text before the message: "cannot plan: …". Returns false. */
bool error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets ERROR_SYSTEM with the text, ": " and strerror(errno). Returns false. */
bool error_set_errno(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A word for the code, e.g. "not-found"; used in JSON. */
const char *error_code_name(enum error_code code);

#endif
