#include "sandbox/rewrite.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char *const local_hosts[] = {"0.0.0.0", "127.0.0.1", "localhost"};

/* A colon in front belongs to "tcp:0.0.0.0:1", not to an IPv6 address such as "::ffff:127.0.0.1". */
static bool may_begin(const char *text, size_t at)
{
    if (at == 0)
        return true;
    if (text[at - 1] == ':')
        return at < 2 || (text[at - 2] != ':' && strspn(text, "0123456789abcdefABCDEF:[") < at);
    return strchr("/@=,\"' \t", text[at - 1]) != NULL;
}

static bool is_blank_or_end(char c)
{
    return c == '\0' || c == ' ' || c == '\t';
}

/* "0.0.0.0/0" is a network unless a URL goes before it. */
static bool is_network(const char *text, size_t at, size_t end)
{
    return text[end] == '/' && isdigit((unsigned char)text[end + 1]) &&
           (at == 0 || !strchr("/@", text[at - 1]));
}

static bool may_end(const char *text, size_t at, size_t end)
{
    if (is_network(text, at, end))
        return false;
    if (text[end] == ':')
        return isdigit((unsigned char)text[end + 1]) != 0;
    if (isalpha((unsigned char)text[at]) && is_blank_or_end(text[end]))
        return (at == 0 && text[end] == '\0') || (at > 0 && strchr("/@=,:", text[at - 1]));
    return text[end] == '\0' || strchr("/,\"' \t", text[end]) != NULL;
}

static size_t host_at(const char *text, size_t at)
{
    for (size_t i = 0; i < sizeof local_hosts / sizeof *local_hosts; i++) {
        size_t length = strlen(local_hosts[i]);
        if (strncmp(text + at, local_hosts[i], length) == 0)
            return may_begin(text, at) && may_end(text, at, at + length) ? length : 0;
    }
    return 0;
}

bool rewrite_hosts(const char *text, const char *address, struct buf *out)
{
    for (size_t at = 0; text[at];) {
        size_t length = host_at(text, at);
        if (length == 0) {
            buf_append_char(out, text[at++]);
            continue;
        }
        buf_append_text(out, address);
        at += length;
    }
    return !out->failed;
}
