/*
 * process: another program as a process of ours. It leads a process group of its own, has no terminal and
 * none of our descriptors beyond those of its spec, and dies with us (PR_SET_PDEATHSIG, SIGKILL): that signal
 * comes when the *thread* that forked ends, so only a thread that outlives the process may call
 * process_start.
 */
#ifndef SHAKETABLE_CORE_PROCESS_H
#define SHAKETABLE_CORE_PROCESS_H

#include "core/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct process_spec {
    const char *program; /* a path */
    char **arguments;    /* NULL at its end, [0] is the name */
    char **environment;  /* NULL at its end */
    int output;          /* its standard output and error, which stays the caller's; -1: nowhere */
    int input;           /* its standard input, which stays the caller's; 0: nothing */
};

/* Its number, or -1 when it could not be started. */
pid_t process_start(const struct process_spec *spec, struct error *error);
/* To the whole group; a process that has gone is no error. */
void process_signal(pid_t pid, int signal_number);
/* True once it has ended and is reaped, and what it left in its group is killed: *status is its exit code,
 * 128 + N after signal N. */
bool process_ended(pid_t pid, int *status);

#endif
