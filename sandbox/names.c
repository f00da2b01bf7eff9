#include "sandbox/names.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define RANDOM_MAX 64

static void random_bytes(uint8_t *bytes, size_t length)
{
    /* Below 256 bytes getrandom(2) neither fails nor falls short once the system is up. */
    if (getrandom(bytes, length, 0) != (ssize_t)length)
        memset(bytes, 0, length);
}

static void from_alphabet(char *text, size_t length, const char *alphabet, unsigned size)
{
    uint8_t bytes[RANDOM_MAX];

    if (length > RANDOM_MAX)
        length = RANDOM_MAX;
    random_bytes(bytes, length);
    for (size_t i = 0; i < length; i++)
        text[i] = alphabet[bytes[i] % size];
    text[length] = '\0';
}

void names_hex(char *text, size_t length)
{
    from_alphabet(text, length, "0123456789abcdef", 16);
}

void names_digits(char *text, size_t length)
{
    from_alphabet(text, length, "0123456789", 10);
    if (text[0] == '0')
        text[0] = '7';
}

void names_fis(char text[32], const char *prefix)
{
    size_t length = strlen(prefix);

    memcpy(text, prefix, length);
    from_alphabet(text + length, 14, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 62);
}

void names_uuid(char text[37])
{
    names_hex(text, 36);
    text[8] = text[13] = text[18] = text[23] = '-';
    text[14] = '4';
}
