#include "core/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_encode(const void *data, size_t length, struct buf *out)
{
    const unsigned char *bytes = data;
    if (length > SIZE_MAX / 2 || !buf_reserve(out, (length + 2) / 3 * 4))
        return false;
    for (size_t i = 0; i < length; i += 3) {
        size_t have = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (have > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (have > 2)
            group |= bytes[i + 2];
        char text[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63],
                        alphabet[group & 63]};
        memset(text + have + 1, '=', 3 - have);
        buf_append(out, text, sizeof text);
    }
    return true;
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* One group of four; `have` digits of it are not padding. */
static bool decode_group(const char *text, size_t have, unsigned char bytes[3])
{
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < have ? digit(text[i]) : 0;
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
    }
    bytes[0] = (unsigned char)(group >> 16);
    bytes[1] = (unsigned char)(group >> 8);
    bytes[2] = (unsigned char)group;
    for (size_t i = have - 1; i < 3; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

bool base64_decode(const char *text, size_t length, struct buf *out)
{
    size_t start = out->length;
    if (length % 4 != 0 || !buf_reserve(out, length / 4 * 3))
        return false;
    for (size_t i = 0; i < length; i += 4) {
        size_t have = 4;
        if (i + 4 == length && text[i + 3] == '=')
            have = text[i + 2] == '=' ? 2 : 3;
        unsigned char bytes[3];
        if (!decode_group(text + i, have, bytes)) {
            out->length = start;
            out->data[start] = '\0';
            return false;
        }
        buf_append(out, bytes, have - 1);
    }
    return true;
}
