#include "experiment/template_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "experiment/json.h"

#define PATH_MAX_BYTES 4096
#define READ_BYTES 8192
#define MODE 0644

static bool find_path(const char *name, char path[PATH_MAX_BYTES], struct error *error)
{
    static const char scheme[] = "file://";
    const char *home = getenv("HOME");
    if (strncmp(name, scheme, sizeof scheme - 1) == 0)
        name += sizeof scheme - 1;
    if (name[0] == '\0')
        return error_set(error, ERROR_USAGE, "which file?");
    bool at_home = strncmp(name, "~/", 2) == 0 && home != NULL;
    int length = snprintf(path, PATH_MAX_BYTES, "%s%s", at_home ? home : "", at_home ? name + 1 : name);
    return (length > 0 && length < PATH_MAX_BYTES) || error_set(error, ERROR_USAGE, "the path is too long");
}

static bool read_all(int file, const char *name, struct buf *text, struct error *error)
{
    char part[READ_BYTES];
    ssize_t length;
    while ((length = read(file, part, sizeof part)) > 0)
        if (!buf_append(text, part, (size_t)length))
            return error_set(error, ERROR_INVALID, "%.200s: longer than %d KB", name,
                             TEMPLATE_LENGTH_MAX / 1024);
    return length == 0 || error_set_errno(error, "%.200s", name);
}

struct template *template_file_read(const char *path, struct error *error)
{
    char found[PATH_MAX_BYTES];
    struct stat status;
    struct buf text;
    struct template *template = NULL;
    if (!find_path(path, found, error))
        return NULL;
    int file = open(found, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0) {
        error_set_errno(error, "%.200s", path);
        if (file >= 0)
            close(file);
        return NULL;
    }
    buf_init(&text, TEMPLATE_LENGTH_MAX);
    if (!S_ISREG(status.st_mode)) {
        error_set(error, ERROR_INVALID, "%.200s: not an ordinary file", path);
    } else if (read_all(file, path, &text, error)) {
        template = template_parse(buf_text(&text), text.length, error);
        if (template == NULL)
            error_prefix(error, "%.200s: ", path);
    }
    buf_free(&text);
    close(file);
    return template;
}

static bool write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

bool template_file_write(const char *path, struct json_object *document, struct error *error)
{
    char found[PATH_MAX_BYTES];
    if (!find_path(path, found, error))
        return false;
    int file = open(found, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    if (file < 0 && errno == EEXIST)
        return error_set(error, ERROR_CONFLICT, "%.200s is there already: it is not written over", path);
    if (file < 0)
        return error_set_errno(error, "%.200s", path);
    const char *text = json_pretty(document);
    bool done = write_all(file, text, strlen(text)) && write_all(file, "\n", 1);
    if (!done)
        error_set_errno(error, "%.200s", path);
    if (close(file) != 0 && done)
        done = error_set_errno(error, "%.200s", path);
    if (!done)
        unlink(found);
    return done;
}
