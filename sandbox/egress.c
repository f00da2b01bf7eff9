#include "sandbox/egress.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ENDPOINT "AWS_ENDPOINT_URL"
#define SCHEME_MAX 16
#define USER_MAX 256 /* and its password */
#define HTTP_PORT 80
#define PORT_DIGITS_MAX 5

/* One place in a text. */
struct place {
    size_t length; /* with its port */
    char host[EGRESS_HOST_MAX];
    uint16_t port;
};

enum egress_service egress_service_of(const char *name)
{
    if (!egress_names_endpoint(name))
        return EGRESS_OTHER;
    name += strlen(ENDPOINT);
    return *name == '\0'                    ? EGRESS_AWS
           : strcmp(name, "_DYNAMODB") == 0 ? EGRESS_DYNAMODB
           : strcmp(name, "_S3") == 0       ? EGRESS_S3
                                            : EGRESS_OTHER;
}

bool egress_names_endpoint(const char *name)
{
    size_t length = strlen(ENDPOINT);

    return name && strncmp(name, ENDPOINT, length) == 0 && (name[length] == '\0' || name[length] == '_');
}

static bool is_word_end(char c)
{
    return c == '\0' || strchr("/?#,;|\"' \t\r\n)", c) != NULL;
}

static bool may_begin(const char *text, size_t at)
{
    return at == 0 || strchr("/@=:,;|(\"' \t\r\n", text[at - 1]) != NULL;
}

/* The scheme of the URL in which `at` stands behind "://", perhaps with a user between; "" if there is none.
 */
static void find_scheme(const char *text, size_t at, char scheme[SCHEME_MAX])
{
    size_t end = at, start = 0;

    scheme[0] = '\0';
    while (end > 0 && at - end < USER_MAX &&
           (isalnum((unsigned char)text[end - 1]) || strchr("@:._-%", text[end - 1])))
        end--;
    if (end < 3 || strncmp(text + end - 2, "//", 2) != 0 || text[end - 3] != ':')
        return;
    end -= 3;
    for (start = end; start > 0 && isalpha((unsigned char)text[start - 1]);)
        start--;
    if (end - start < SCHEME_MAX) {
        memcpy(scheme, text + start, end - start);
        scheme[end - start] = '\0';
    }
}

static bool is_secured(const char *scheme)
{
    static const char *const secured[] = {"https", "wss", "rediss", "amqps"};

    for (size_t i = 0; i < sizeof secured / sizeof *secured; i++) {
        if (strcmp(scheme, secured[i]) == 0)
            return true;
    }
    return false;
}

/* The length of the host at the text's start; 0: there is none. */
static size_t host_length(const char *text, char host[EGRESS_HOST_MAX])
{
    struct in_addr address;
    size_t length = strncmp(text, "localhost", 9) == 0 ? strlen("localhost") : strspn(text, "0123456789.");

    if (length == 0 || length >= EGRESS_HOST_MAX)
        return 0;
    memcpy(host, text, length);
    host[length] = '\0';
    return host[0] == 'l' || inet_pton(AF_INET, host, &address) == 1 ? length : 0;
}

static bool read_place(const char *text, size_t at, struct place *place)
{
    char scheme[SCHEME_MAX];
    size_t length = may_begin(text, at) ? host_length(text + at, place->host) : 0;
    const char *rest = text + at + length;
    unsigned long port = HTTP_PORT;
    size_t digits = 0;

    if (length == 0)
        return false;
    find_scheme(text, at, scheme);
    if (is_secured(scheme))
        return false;
    if (*rest == ':') {
        digits = strspn(rest + 1, "0123456789");
        port = 0;
        for (size_t i = 1; i <= digits && digits <= PORT_DIGITS_MAX; i++)
            port = port * 10 + (unsigned long)(rest[i] - '0');
        rest += 1 + digits;
    } else if (strcmp(scheme, "http") != 0) {
        return false;
    }
    place->length = (size_t)(rest - (text + at));
    place->port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX && is_word_end(*rest);
}

bool egress_rewrite(const char *text, egress_visit *visit, void *context, struct buf *out)
{
    struct place place;
    char into[EGRESS_PLACE_MAX];

    for (size_t at = 0; text[at];) {
        bool found = read_place(text, at, &place);
        if (found && visit(context, place.host, place.port, into)) {
            buf_append_text(out, into);
            at += place.length;
        } else if (found) {
            buf_append(out, text + at, place.length);
            at += place.length;
        } else {
            buf_append_char(out, text[at++]);
        }
    }
    return !out->failed;
}
