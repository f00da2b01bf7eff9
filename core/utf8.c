#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t utf8_next(const char *text, size_t length)
{
    if (length == 0)
        return 0;
    unsigned char byte[4] = {0};
    memcpy(byte, text, length < sizeof byte ? length : sizeof byte);
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] >= 0xC2 && byte[0] <= 0xDF)
        return length >= 2 && is_continuation(byte[1]) ? 2 : 0;
    if ((byte[0] & 0xF0) == 0xE0) {
        if (length < 3 || !is_continuation(byte[1]) || !is_continuation(byte[2]))
            return 0;
        bool overlong = byte[0] == 0xE0 && byte[1] < 0xA0;
        bool surrogate = byte[0] == 0xED && byte[1] > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (byte[0] >= 0xF0 && byte[0] <= 0xF4) {
        if (length < 4 || !is_continuation(byte[1]) || !is_continuation(byte[2]) || !is_continuation(byte[3]))
            return 0;
        bool overlong = byte[0] == 0xF0 && byte[1] < 0x90;
        bool beyond = byte[0] == 0xF4 && byte[1] > 0x8F;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool utf8_is_valid(const char *text, size_t length)
{
    while (length > 0) {
        size_t step = utf8_next(text, length);
        if (step == 0)
            return false;
        text += step;
        length -= step;
    }
    return true;
}

bool utf8_has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F)
            return true;
        if (c == 0xC2 && i + 1 < length && (unsigned char)text[i + 1] < 0xA0)
            return true;
    }
    return false;
}

static void copy(char *to, size_t size, const char *text, size_t length, bool controls)
{
    size_t used = 0;
    while (length > 0) {
        size_t step = utf8_next(text, length);
        size_t taken = step ? step : 1;
        bool keep = step && (controls || !utf8_has_control(text, step));
        size_t width = keep ? taken : 1;
        if (used + width >= size)
            break;
        if (keep)
            memcpy(to + used, text, width);
        else
            to[used] = '?';
        used += width;
        text += taken;
        length -= taken;
    }
    to[used] = '\0';
}

void utf8_copy(char *to, size_t size, const char *text, size_t length)
{
    copy(to, size, text, length, true);
}

void utf8_copy_plain(char *to, size_t size, const char *text, size_t length)
{
    copy(to, size, text, length, false);
}
