#include "sandbox/process_name.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_READ 4096
#define PATH_SIZE 64

/* Reads a file of /proc/PID; returns how many bytes, which a NUL follows. */
static size_t read_file(pid_t pid, const char *file, char text[LINE_MAX_READ])
{
    char path[PATH_SIZE];
    size_t length = 0;
    FILE *in = NULL;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    in = fopen(path, "re");
    if (in) {
        length = fread(text, 1, LINE_MAX_READ - 1, in);
        fclose(in);
    }
    text[length] = '\0';
    return length;
}

bool process_is_named(pid_t pid, const char *name)
{
    char text[LINE_MAX_READ];
    size_t length = read_file(pid, "comm", text);

    text[strcspn(text, "\n")] = '\0';
    if (length > 0 && strcmp(text, name) == 0)
        return true;
    length = read_file(pid, "cmdline", text);
    const char *slash = strrchr(text, '/');
    if (length > 0 && strcmp(slash ? slash + 1 : text, name) == 0)
        return true;
    size_t program = strlen(text);
    return program + 1 < length && strcmp(text + program + 1, name) == 0;
}
