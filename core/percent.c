#include "core/percent.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(const char *from, size_t length, bool plus, char *into, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < length && at + 1 < size; i++) {
        char c = plus && from[i] == '+' ? ' ' : from[i];
        if (c == '%') {
            int high = i + 1 < length ? hex_value(from[i + 1]) : -1;
            int low = i + 2 < length ? hex_value(from[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return false;
        into[at++] = c;
    }
    into[at] = '\0';
    return true;
}
