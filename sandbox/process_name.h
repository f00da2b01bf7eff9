/*
 * process_name: what the processes of this machine are called, from /proc.
 */
#ifndef SHAKETABLE_SANDBOX_PROCESS_NAME_H
#define SHAKETABLE_SANDBOX_PROCESS_NAME_H

#include <stdbool.h>
#include <sys/types.h>

/* True when the process's name (as ps and pkill have it), or the last part of its program's path, or its
 * first argument, is that: the demo application is a program's subcommand. */
bool process_is_named(pid_t pid, const char *name);

#endif
