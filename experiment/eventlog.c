#include "experiment/eventlog.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

bool eventlog_open(struct eventlog *log, const char *path, struct error *error)
{
    log->count = 0;
    log->file = NULL;
    if (path == NULL)
        return true;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    log->file = fd < 0 ? NULL : fdopen(fd, "a");
    if (log->file == NULL) {
        if (fd >= 0)
            close(fd);
        return error_set_errno(error, "--log: cannot open %s", path);
    }
    return true;
}

void eventlog_close(struct eventlog *log)
{
    if (log->file != NULL)
        fclose(log->file);
    log->file = NULL;
}

void eventlog_add(struct eventlog *log, enum model_log_level level, const char *text)
{
    static const char *const names[] = {"info", "good", "warning", "error"};
    if (log->count == MODEL_LOG_MAX) {
        memmove(log->lines, log->lines + 1, (MODEL_LOG_MAX - 1) * sizeof log->lines[0]);
        log->count--;
    }
    struct model_log_line *line = &log->lines[log->count++];
    line->at_ms = clock_epoch_ms();
    line->level = level;
    snprintf(line->text, sizeof line->text, "%s", text);
    if (log->file != NULL) {
        char at[CLOCK_TEXT_MAX];
        clock_format_utc(line->at_ms, at, sizeof at);
        fprintf(log->file, "%s %s %s\n", at, names[level], text);
        fflush(log->file);
    }
}
