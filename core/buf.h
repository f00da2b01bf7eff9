/*
 * buf: a growing byte buffer with a hard maximum.
 *
 * `data` is NUL-terminated whenever it is not NULL, so that text can be used as a C string. An
 * append that would pass the maximum, or for which there is no memory, changes nothing, returns
 * false and marks the buffer `failed`; the mark stays until buf_reset, so a run of appends may be
 * checked once at its end.
 */
#ifndef SHAKETABLE_CORE_BUF_H
#define SHAKETABLE_CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t length;
    size_t capacity;
    size_t maximum;
    bool failed;
};

void buf_init(struct buf *buf, size_t maximum);
/* Frees the memory; the buffer may be used again. */
void buf_free(struct buf *buf);
/* Empties it, keeps the memory. */
void buf_reset(struct buf *buf);
/* Makes room for `extra` more bytes behind length. */
bool buf_reserve(struct buf *buf, size_t extra);
bool buf_append(struct buf *buf, const void *data, size_t length);
bool buf_append_text(struct buf *buf, const char *text);
bool buf_append_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first `length` bytes. */
void buf_consume(struct buf *buf, size_t length);
/* The text, "" for an empty buffer; owned by the buffer. */
const char *buf_text(const struct buf *buf);
/* Hands the memory over to the caller (free()); the buffer is empty after it. NULL if it failed. */
char *buf_take(struct buf *buf);

/* A line of a stream that arrives in pieces. Appends the bytes, calls `line` for each whole line
 * (without its \n or \r\n; NUL-terminated) and keeps the rest. A line longer than the buffer's
 * maximum: `too_long` is called once, and the rest of that line is thrown away. `line` may return
 * false to stop (the remaining input is then dropped). Returns false only if stopped. */
struct line_reader {
    struct buf pending;
    bool discarding;
};
typedef bool line_reader_line(void *context, char *line, size_t length);
typedef bool line_reader_too_long(void *context);
void line_reader_init(struct line_reader *reader, size_t longest_line);
void line_reader_free(struct line_reader *reader);
bool line_reader_feed(struct line_reader *reader, const char *data, size_t length, line_reader_line *line,
                      line_reader_too_long *too_long, void *context);

#endif
