/*
 * region: the embedded region as a child process (shaketable-sandbox, beside this program in a build tree, in
 * libexec when installed).
 */
#ifndef SHAKETABLE_SRC_REGION_H
#define SHAKETABLE_SRC_REGION_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define REGION_PATH_MAX 4096

/* The program's path; an error says where it was looked for. */
bool region_find_program(char path[REGION_PATH_MAX], struct error *error);

/* A program's arguments for `execv`: its name, --listen (NULL: its default), a --fail for each of `fails`. */
#define REGION_ARGUMENTS_MAX 64
void region_make_arguments(const char *listen, const char *const *fails, size_t fail_count,
                           const char *arguments[REGION_ARGUMENTS_MAX]);

struct region {
    pid_t pid;
    char endpoint[128];              /* "http://127.0.0.1:34567" */
    char state_dir[REGION_PATH_MAX]; /* journals of experiments on a region that ends with us */
};

/* Starts one on a port of the system's choice and waits until it is ready. It ends when this process does,
 * however that comes. Sets this process's environment so that AWS calls go there and journals to a directory
 * of their own. `fails` are its --fail. */
bool region_start(struct region *region, const char *const *fails, size_t fail_count, struct error *error);
/* Ends it, waits, removes the directory. */
void region_stop(struct region *region);

#endif
