#include "proxy/gateway_query.h"

#include <stdbool.h>
#include <string.h>

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that begins at `text`, and how long its spelling is. */
static unsigned char read_byte(const char *text, size_t length, size_t *used)
{
    *used = 1;
    if (*text == '%' && length > 2) {
        int high = hex_value(text[1]), low = hex_value(text[2]);
        if (high >= 0 && low >= 0) {
            *used = 3;
            return (unsigned char)(high * 16 + low);
        }
    }
    return *text == '+' ? ' ' : (unsigned char)*text;
}

void gateway_query_settle(struct buf *out, const char *query, size_t length)
{
    bool in_value = false;
    for (size_t at = 0, used = 0; at < length; at += used) {
        unsigned char byte = read_byte(query + at, length - at, &used);
        bool divides = used == 1 && (byte == '&' || (byte == '=' && !in_value));
        if (divides)
            in_value = byte == '=';
        if (divides || (byte && strchr(unreserved, byte)))
            buf_append_char(out, (char)byte);
        else
            buf_printf(out, "%%%02X", byte);
    }
}
