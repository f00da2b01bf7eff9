#include "experiment/journal_story.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "experiment/journal.h"
#include "experiment/json.h"

#define ROOM_MAX (64 * JOURNAL_STORY_MAX)

static void tell_begin(struct buf *text, struct json_object *line)
{
    struct fault fault;
    char faults[256] = "";
    if (fault_from_json(&fault, json_object_of(line, "faults"), NULL))
        fault_describe(&fault, faults, sizeof faults);
    buf_printf(text, "begun by %.127s: %s", json_text(json_object_of(line, "wayBack"), "operator"), faults);
}

static void tell_line(struct buf *text, struct json_object *line)
{
    const char *event = json_text(line, "event");
    char at[CLOCK_TEXT_MAX];
    clock_format_local_time(json_integer(line, "at"), at, sizeof at);
    buf_printf(text, "%s  ", at);
    if (strcmp(event, "begin") == 0)
        tell_begin(text, line);
    else if (strcmp(event, "will") == 0)
        buf_printf(text, "will %.60s, undone by: %.200s", json_text(line, "call"), json_text(line, "undo"));
    else if (strcmp(event, "did") == 0)
        buf_printf(text, "did %.60s: %.200s", json_text(line, "call"), json_text(line, "result"));
    else if (strcmp(event, "phase") == 0)
        buf_printf(text, "%.60s", json_text(line, "phase"));
    else if (strcmp(event, "ended") == 0 && json_flag(line, "restored"))
        buf_printf(text, "restored%s%.200s", json_text(line, "left")[0] == '\0' ? "" : ": ",
                   json_text(line, "left"));
    else if (strcmp(event, "ended") == 0)
        buf_printf(text, "not restored: %.200s", json_text(line, "left"));
    else
        buf_printf(text, "%.60s", event);
    buf_append_char(text, '\n');
}

char *journal_story_read(FILE *file)
{
    struct buf text;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    buf_init(&text, ROOM_MAX);
    while ((length = getline(&line, &size, file)) > 0 && length <= JOURNAL_LINE_MAX &&
           ftell(file) <= JOURNAL_FILE_MAX) {
        struct json_object *json = line[length - 1] == '\n' ? json_parse(line, (size_t)length) : NULL;
        if (json != NULL)
            tell_line(&text, json);
        json_object_put(json);
        while (text.length > JOURNAL_STORY_MAX) {
            size_t first = strcspn(text.data, "\n");
            buf_consume(&text, first < text.length ? first + 1 : text.length);
        }
    }
    free(line);
    char *story = text.length > 0 ? buf_take(&text) : NULL;
    buf_free(&text);
    return story;
}
