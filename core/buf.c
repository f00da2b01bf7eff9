#include "core/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void buf_init(struct buf *buf, size_t maximum)
{
    *buf = (struct buf){.maximum = maximum};
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->maximum);
}

void buf_reset(struct buf *buf)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

bool buf_reserve(struct buf *buf, size_t extra)
{
    if (buf->length > buf->maximum || extra > buf->maximum - buf->length)
        goto fail;
    size_t needed = buf->length + extra;
    if (needed < buf->capacity) /* one byte of the capacity is for the NUL */
        return true;
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity <= needed)
        capacity = capacity > SIZE_MAX / 2 ? needed + 1 : capacity * 2;
    if (capacity - 1 > buf->maximum)
        capacity = buf->maximum + 1;
    char *data = realloc(buf->data, capacity);
    if (!data)
        goto fail;
    data[buf->length] = '\0';
    buf->data = data;
    buf->capacity = capacity;
    return true;
fail:
    buf->failed = true;
    return false;
}

bool buf_append(struct buf *buf, const void *data, size_t length)
{
    if (length == 0)
        return true;
    if (!buf_reserve(buf, length))
        return false;
    memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return true;
}

bool buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buf->failed = true;
        return false;
    }
    if (!buf_reserve(buf, (size_t)length))
        return false;
    va_start(arguments, format);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
    return true;
}

void buf_consume(struct buf *buf, size_t length)
{
    if (length >= buf->length) {
        buf->length = 0;
    } else {
        memmove(buf->data, buf->data + length, buf->length - length);
        buf->length -= length;
    }
    if (buf->data)
        buf->data[buf->length] = '\0';
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    if (buf->failed || !buf_reserve(buf, 0)) {
        buf_free(buf);
        return NULL;
    }
    char *data = buf->data;
    buf_init(buf, buf->maximum);
    return data;
}

void line_reader_init(struct line_reader *reader, size_t longest_line)
{
    buf_init(&reader->pending, longest_line);
    reader->discarding = false;
}

void line_reader_free(struct line_reader *reader)
{
    buf_free(&reader->pending);
    reader->discarding = false;
}

static bool deliver(struct buf *pending, line_reader_line *line, void *context)
{
    if (!buf_reserve(pending, 0)) /* an empty line still needs its NUL */
        return false;
    size_t length = pending->length;
    if (length > 0 && pending->data[length - 1] == '\r')
        pending->data[--length] = '\0';
    bool go_on = line(context, pending->data, length);
    buf_reset(pending);
    return go_on;
}

bool line_reader_feed(struct line_reader *reader, const char *data, size_t length, line_reader_line *line,
                      line_reader_too_long *too_long, void *context)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t part = end ? (size_t)(end - data) : length;
        if (!reader->discarding && !buf_append(&reader->pending, data, part)) {
            buf_reset(&reader->pending);
            reader->discarding = true;
            if (!too_long(context))
                return false;
        }
        if (!end)
            return true;
        data += part + 1;
        length -= part + 1;
        if (reader->discarding)
            reader->discarding = false;
        else if (!deliver(&reader->pending, line, context))
            return false;
    }
    return true;
}
