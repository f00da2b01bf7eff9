#include "core/fault.h"

#include <arpa/inet.h>
#include <string.h>

enum { MAPPED_BITS = 96, ADDRESS_BITS = 128 };

static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

/* The digits behind the slash; a leading zero is no way to write one. */
static bool read_bits(const char *text, unsigned most, unsigned *bits)
{
    unsigned number = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || number > most)
            return false;
        number = number * 10 + (unsigned)(*text - '0');
    }
    *bits = number;
    return number <= most;
}

bool fault_source_parse(const char *text, struct fault_source *source)
{
    char address[FAULT_SOURCE_MAX + 1];
    struct fault_source read = {.bits = ADDRESS_BITS};
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (text[0] == '\0') {
        *source = (struct fault_source){0};
        return true;
    }
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET, address, read.address + sizeof mapped) == 1) {
        memcpy(read.address, mapped, sizeof mapped);
        if (slash && !read_bits(slash + 1, ADDRESS_BITS - MAPPED_BITS, &read.bits))
            return false;
        if (slash)
            read.bits += MAPPED_BITS;
    } else if (inet_pton(AF_INET6, address, read.address) != 1 ||
               (slash && !read_bits(slash + 1, ADDRESS_BITS, &read.bits))) {
        return false;
    }
    *source = read;
    return true;
}

bool fault_source_contains(const struct fault_source *source, const void *address, size_t length)
{
    uint8_t whole[16];
    if (source->bits == 0)
        return true;
    if (length == sizeof whole) {
        memcpy(whole, address, length);
    } else if (length == sizeof whole - sizeof mapped) {
        memcpy(whole, mapped, sizeof mapped);
        memcpy(whole + sizeof mapped, address, length);
    } else {
        return false;
    }
    size_t bytes = source->bits / 8;
    unsigned rest = source->bits % 8;
    uint8_t mask = (uint8_t)(0xFF00U >> rest);
    return memcmp(whole, source->address, bytes) == 0 &&
           (rest == 0 || ((whole[bytes] ^ source->address[bytes]) & mask) == 0);
}
