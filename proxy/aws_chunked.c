#include "proxy/aws_chunked.h"

#include <string.h>

#define LENGTH_DIGITS_MAX 8

/* The line that begins at *at, without its end; it is made a text. NULL: it has no end. */
static char *take_line(char **at, char *end)
{
    char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop || stop == line || stop[-1] != '\r')
        return NULL;
    *at = stop + 1;
    stop[-1] = '\0';
    return line;
}

/* "400;chunk-signature=…" */
static bool read_length(const char *line, size_t *length)
{
    size_t digits = strspn(line, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > LENGTH_DIGITS_MAX || (line[digits] != '\0' && line[digits] != ';'))
        return false;
    *length = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = (char)(line[i] | 0x20); /* digits stay what they are */
        *length = *length * 16 + (size_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static bool read_trailers(char *at, char *end, struct aws_chunked_trailers *trailers)
{
    while (at < end) {
        char *line = take_line(&at, end);
        if (!line)
            return false;
        if (*line == '\0')
            return true;
        char *colon = strchr(line, ':');
        if (!colon || colon == line || trailers->count == AWS_CHUNKED_TRAILERS_MAX)
            return false;
        *colon = '\0';
        trailers->items[trailers->count].name = line;
        trailers->items[trailers->count++].value = colon + 1 + strspn(colon + 1, " \t");
    }
    return true;
}

bool aws_chunked_decode(struct buf *body, struct aws_chunked_trailers *trailers)
{
    char *at = body->data, *end = body->data + body->length;
    size_t whole = 0, length = 1;
    trailers->count = 0;
    if (body->length == 0)
        return false;
    for (;;) {
        char *line = take_line(&at, end);
        if (!line || !read_length(line, &length))
            return false;
        if (length == 0)
            break;
        if ((size_t)(end - at) < length)
            return false;
        memmove(body->data + whole, at, length);
        whole += length;
        at += length;
        line = take_line(&at, end);
        if (!line || *line != '\0')
            return false;
    }
    /* What is put together is shorter than what was taken apart: the trailers lie behind it. */
    body->length = whole;
    body->data[whole] = '\0';
    return read_trailers(at, end, trailers);
}
