#include "experiment/sidecar_log.h"

#include <string.h>

static bool take(char to[SIDECAR_LOG_NAME_MAX], const char *from, size_t length)
{
    if (length == 0 || length >= SIDECAR_LOG_NAME_MAX)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

static bool read_stream(const char *stream, const char *prefix, struct sidecar_log *whose)
{
    size_t length = strlen(prefix);
    if (strncmp(stream, prefix, length) != 0 || stream[length] != '/')
        return false;
    const char *container = stream + length + 1;
    const char *slash = strchr(container, '/');
    return slash != NULL && strchr(slash + 1, '/') == NULL &&
           take(whose->container, container, (size_t)(slash - container)) &&
           take(whose->task_id, slash + 1, strlen(slash + 1));
}

bool sidecar_log_read(const char *stream, const char *prefix, const char *line, struct sidecar_log *whose,
                      struct stats_frame *frame)
{
    size_t length = strlen(line);
    return read_stream(stream, prefix, whose) && line[0] == '{' && length <= STATS_FRAME_MAX &&
           stats_frame_parse(frame, line, length, NULL) && frame->type == STATS_FRAME_STATS;
}
