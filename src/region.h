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

/* How it is to be; NULL: as it is by itself. Texts as its own options take them. */
struct region_options {
    const char *listen, *big, *throttle;
    const char *const *fails; /* a --fail for each */
    size_t fail_count;
};
/* A program's arguments for `execv`: its name and these options. */
#define REGION_ARGUMENTS_MAX 64
void region_make_arguments(const struct region_options *options, const char *arguments[REGION_ARGUMENTS_MAX]);

struct region {
    pid_t pid;
    char endpoint[128];              /* "http://127.0.0.1:34567" */
    char state_dir[REGION_PATH_MAX]; /* journals of experiments on a region that ends with us */
};

/* Starts one on a port of the system's choice and waits until it is ready. It ends when this process does,
 * however that comes. Sets this process's environment so that AWS calls go there and journals to a directory
 * of their own. */
bool region_start(struct region *region, const struct region_options *options, struct error *error);
/* Ends it, waits, removes the directory. */
void region_stop(struct region *region);

#endif
