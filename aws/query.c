#include "aws/query.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME_MAX_BYTES 256

void aws_query_init(struct aws_query *query)
{
    buf_init(&query->text, AWS_QUERY_MAX);
}

void aws_query_free(struct aws_query *query)
{
    buf_free(&query->text);
}

void aws_query_encode(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '.' || c == '_' || c == '~')
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

void aws_query_add(struct aws_query *query, const char *name, const char *value)
{
    if (query->text.length > 0)
        buf_append_char(&query->text, '&');
    aws_query_encode(&query->text, name);
    buf_append_char(&query->text, '=');
    aws_query_encode(&query->text, value);
}

void aws_query_add_integer(struct aws_query *query, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    aws_query_add(query, name, text);
}

void aws_query_add_list(struct aws_query *query, const char *name, const char *const *values, size_t count)
{
    char indexed[NAME_MAX_BYTES];
    for (size_t i = 0; i < count; i++) {
        snprintf(indexed, sizeof indexed, "%s.%zu", name, i + 1);
        aws_query_add(query, indexed, values[i]);
    }
}

void aws_query_add_indexed(struct aws_query *query, const char *list, size_t index, const char *field,
                           const char *value)
{
    char indexed[NAME_MAX_BYTES];
    snprintf(indexed, sizeof indexed, "%s.%zu.%s", list, index, field);
    aws_query_add(query, indexed, value);
}
