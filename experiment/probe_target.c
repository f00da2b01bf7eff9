#include "experiment/probe_target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT 80
#define HTTPS_PORT 443
#define TABLE_NAME_MIN 3
#define TABLE_NAME_MAX 255

/* ── addresses ───────────────────────────────────────────────────────────────────────────── */

/* HOST[:PORT] or [V6][:PORT], `length` bytes of `text`. */
static bool take_authority(struct probe_target *target, const char *text, size_t length, uint16_t usual_port,
                           const char *name, struct error *error)
{
    char address[PROBE_AUTHORITY_MAX];
    if (length == 0 || length + 6 >= sizeof address)
        return error_set(error, ERROR_USAGE, "%s: it names no host", name);
    snprintf(address, sizeof address, "%.*s", (int)length, text);
    if (strchr(address, '@') != NULL)
        return error_set(error, ERROR_USAGE, "%s: a user and a password are not taken", name);
    const char *bracket = strrchr(address, ']');
    const char *colon = strrchr(bracket != NULL ? bracket : address, ':');
    if (colon == NULL && usual_port == 0)
        return error_set(error, ERROR_USAGE, "%s: it has no port (write HOST:PORT)", name);
    if (colon == NULL)
        snprintf(address + length, sizeof address - length, ":%u", usual_port);
    if (!units_parse_address(address, name, target->host, &target->port, error)) {
        if (error != NULL)
            error->code = ERROR_USAGE;
        return false;
    }
    if (target->host[0] == '\0' || target->port == 0)
        return error_set(error, ERROR_USAGE, "%s: %s", name,
                         target->port == 0 ? "there is no port 0" : "it names no host");
    bool v6 = strchr(target->host, ':') != NULL;
    int written = snprintf(target->authority, sizeof target->authority, v6 ? "[%s]" : "%s", target->host);
    if (target->port != usual_port && written > 0)
        snprintf(target->authority + written, sizeof target->authority - (size_t)written, ":%u",
                 target->port);
    return true;
}

static bool take_path(struct probe_target *target, const char *text, const char *name, struct error *error)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7f)
            return error_set(error, ERROR_USAGE,
                             "%s: a space, a control character or a letter beyond ASCII in a URL is written "
                             "with %%, as %%20",
                             name);
    if (strchr(text, '#') != NULL)
        return error_set(error, ERROR_USAGE, "%s: a server is never sent what stands behind #", name);
    if ((size_t)snprintf(target->path, sizeof target->path, "%s%s", text[0] == '/' ? "" : "/", text) >=
        sizeof target->path)
        return error_set(error, ERROR_USAGE, "%s: its path is longer than %d characters", name,
                         PROBE_PATH_MAX - 2);
    return true;
}

/* ── targets ─────────────────────────────────────────────────────────────────────────────── */

static bool take_url(struct probe_target *target, const char *rest, bool tls, const char *name,
                     struct error *error)
{
    size_t length = strcspn(rest, "/?#");
    target->kind = PROBE_HTTP;
    target->tls = tls;
    return take_authority(target, rest, length, tls ? HTTPS_PORT : HTTP_PORT, name, error) &&
           take_path(target, rest + length, name, error);
}

static bool take_tcp(struct probe_target *target, const char *rest, const char *name, struct error *error)
{
    size_t length = strlen(rest);
    if (length > 0 && rest[length - 1] == '/')
        length--;
    target->kind = PROBE_TCP;
    return take_authority(target, rest, length, 0, name, error);
}

static bool take_table(struct probe_target *target, const char *table, const char *name, struct error *error)
{
    bool arn = strncmp(table, "arn:", 4) == 0;
    size_t length = strlen(table);
    const char *others = arn ? "_.-:/" : "_.-";
    bool fits = length >= TABLE_NAME_MIN && length <= (arn ? PROBE_TABLE_MAX - 1 : TABLE_NAME_MAX);
    for (size_t i = 0; fits && i < length; i++)
        fits = (isascii((unsigned char)table[i]) && isalnum((unsigned char)table[i])) ||
               strchr(others, table[i]) != NULL;
    if (!fits)
        return error_set(
            error, ERROR_USAGE,
            "%s: '%.80s' is no table's name (3 to 255 letters, digits, '_', '.' and '-'), nor its "
            "ARN",
            name, table);
    target->kind = PROBE_DYNAMODB;
    snprintf(target->table, sizeof target->table, "%s", table);
    return true;
}

static const char *behind(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncasecmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool probe_target_parse(struct probe_target *target, const char *text, const char *name, struct error *error)
{
    const char *rest;
    *target = (struct probe_target){.kind = PROBE_TCP};
    if ((rest = behind(text, "http://")) != NULL)
        return take_url(target, rest, false, name, error);
    if ((rest = behind(text, "https://")) != NULL)
        return take_url(target, rest, true, name, error);
    if ((rest = behind(text, "tcp://")) != NULL)
        return take_tcp(target, rest, name, error);
    if ((rest = behind(text, "dynamodb:")) != NULL)
        return take_table(target, rest, name, error);
    return error_set(
        error, ERROR_USAGE,
        "%s: '%.80s' is none of http://HOST:PORT/PATH, https://…, tcp://HOST:PORT, dynamodb:TABLE", name,
        text);
}

/* ── proxies ─────────────────────────────────────────────────────────────────────────────── */

static const char *variable(const char *lower, const char *upper, const char **name)
{
    const char *value = getenv(lower);
    *name = lower;
    if (value != NULL && value[0] != '\0')
        return value;
    value = getenv(upper);
    *name = upper;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* One entry of no_proxy: NAME, .NAME, ADDRESS, *, each may have a port. */
static bool entry_covers(const char *entry, size_t length, const char *host, uint16_t port)
{
    char port_text[8];
    size_t host_length = strlen(host);
    const char *colon = memrchr(entry, ':', length);
    bool one_colon = colon != NULL && memchr(entry, ':', length) == colon;
    if (length == 1 && entry[0] == '*')
        return true;
    if (colon != NULL && (one_colon || (colon > entry && colon[-1] == ']'))) {
        snprintf(port_text, sizeof port_text, "%u", port);
        size_t digits = length - (size_t)(colon - entry) - 1;
        if (digits != strlen(port_text) || memcmp(colon + 1, port_text, digits) != 0)
            return false;
        length = (size_t)(colon - entry);
    }
    if (length >= 2 && entry[0] == '[' && entry[length - 1] == ']') {
        entry++;
        length -= 2;
    }
    if (length > 0 && entry[0] == '.') {
        entry++;
        length--;
    }
    if (length == 0 || length > host_length || strncasecmp(host + host_length - length, entry, length) != 0)
        return false;
    return length == host_length || host[host_length - length - 1] == '.';
}

static bool is_exempt(const char *host, uint16_t port)
{
    const char *name;
    const char *list = variable("no_proxy", "NO_PROXY", &name);
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ", \t");
        if (length > 0 && entry_covers(list, length, host, port))
            return true;
        list += length + strspn(list + length, ", \t");
    }
    return false;
}

bool probe_proxy_choose(bool tls, const char *host, uint16_t port, char proxy[PROBE_AUTHORITY_MAX],
                        struct error *error)
{
    const char *name;
    struct probe_target parsed;
    proxy[0] = '\0';
    const char *value =
        tls ? variable("https_proxy", "HTTPS_PROXY", &name) : variable("http_proxy", "HTTP_PROXY", &name);
    if (value == NULL)
        value = variable("all_proxy", "ALL_PROXY", &name);
    if (value == NULL || is_exempt(host, port))
        return true;
    const char *rest = behind(value, "http://");
    if (rest == NULL && strstr(value, "://") != NULL)
        return error_set(error, ERROR_USAGE,
                         "%s: only proxies at http://HOST:PORT are spoken to, not '%.80s'", name,
                         strchr(value, '@') != NULL ? "(one with a password)" : value);
    if (rest == NULL)
        rest = value;
    if (!take_authority(&parsed, rest, strcspn(rest, "/"), HTTP_PORT, name, error))
        return false;
    snprintf(proxy, PROBE_AUTHORITY_MAX, strchr(parsed.host, ':') != NULL ? "[%s]:%u" : "%s:%u", parsed.host,
             parsed.port);
    return true;
}
