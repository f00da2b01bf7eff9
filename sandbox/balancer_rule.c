#include "sandbox/balancer_rule.h"

#include "core/http_reader.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char folded(char c, bool fold)
{
    return fold && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool balancer_glob(const char *pattern, const char *text, size_t length, bool fold)
{
    const char *star = NULL; /* the last one, and where the text went on behind it */
    size_t at = 0, resume = 0;

    while (at < length) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = at;
        } else if (*pattern && (*pattern == '?' || folded(*pattern, fold) == folded(text[at], fold))) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star;
            at = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool balancer_cidr_has(const char *cidr, const char *address)
{
    char network[INET_ADDRSTRLEN] = "", *end = NULL;
    const char *slash = strchr(cidr, '/');
    struct in_addr wanted, given;

    if (!slash || (size_t)(slash - cidr) >= sizeof network || slash[1] < '0' || slash[1] > '9')
        return false;
    memcpy(network, cidr, (size_t)(slash - cidr));
    long bits = strtol(slash + 1, &end, 10);
    if (*end || bits > 32 || inet_pton(AF_INET, network, &wanted) != 1 ||
        inet_pton(AF_INET, address, &given) != 1)
        return false;
    uint32_t mask = bits == 0 ? 0 : 0xffffffffU << (32 - bits);
    return ((ntohl(wanted.s_addr) ^ ntohl(given.s_addr)) & mask) == 0;
}

/* --- the parts of a request ------------------------------------------------------------------------- */

struct part {
    const char *text;
    size_t length;
};

/* The request target behind scheme and authority, where it has them. */
static struct part target_of(const struct http_head *head)
{
    struct part part = {head->text.data, head->target_length};
    const char *scheme =
        part.length > 0 && part.text[0] != '/' ? memmem(part.text, part.length, "://", 3) : NULL;

    if (!scheme)
        return part;
    const char *end = part.text + part.length;
    const char *slash = memchr(scheme + 3, '/', (size_t)(end - scheme - 3));
    return slash ? (struct part){slash, (size_t)(end - slash)} : (struct part){"/", 1};
}

static struct part path_of(const struct http_head *head)
{
    struct part part = target_of(head);
    const char *mark = part.length > 0 ? memchr(part.text, '?', part.length) : NULL;

    return (struct part){part.text, mark ? (size_t)(mark - part.text) : part.length};
}

static struct part query_of(const struct http_head *head)
{
    struct part part = target_of(head);
    const char *mark = part.length > 0 ? memchr(part.text, '?', part.length) : NULL;

    return mark ? (struct part){mark + 1, (size_t)(part.text + part.length - mark - 1)}
                : (struct part){"", 0};
}

static struct part value_part(const struct http_head *head, const struct http_field *field)
{
    return (struct part){head->text.data + field->value, field->value_length};
}

static bool host_matches(const struct balancer_value *value, const struct http_head *head)
{
    const struct http_field *field = http_head_find(head, "host");
    struct part host = field ? value_part(head, field) : (struct part){"", 0};
    size_t length = host.length;

    while (length > 0 && host.text[length - 1] >= '0' && host.text[length - 1] <= '9')
        length--;
    if (length > 0 && host.text[length - 1] == ':')
        host.length = length - 1;
    return balancer_glob(value->text, host.text, host.length, true);
}

static bool header_matches(const struct balancer_value *value, const struct http_head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        if (!http_field_is(head, &head->fields[i], value->key))
            continue;
        struct part part = value_part(head, &head->fields[i]);
        if (balancer_glob(value->text, part.text, part.length, true))
            return true;
    }
    return false;
}

static bool query_matches(const struct balancer_value *value, const struct http_head *head)
{
    struct part query = query_of(head);

    while (query.length > 0) {
        const char *stop = memchr(query.text, '&', query.length);
        size_t length = stop ? (size_t)(stop - query.text) : query.length;
        const char *equals = memchr(query.text, '=', length);
        struct part name = {query.text, equals ? (size_t)(equals - query.text) : length};
        struct part text = {equals ? equals + 1 : "", equals ? length - name.length - 1 : 0};
        if ((!*value->key || balancer_glob(value->key, name.text, name.length, true)) &&
            balancer_glob(value->text, text.text, text.length, true))
            return true;
        query.text += stop ? length + 1 : length;
        query.length -= stop ? length + 1 : length;
    }
    return false;
}

static bool value_matches(const struct balancer_value *value, const struct http_head *head,
                          const char *client_address)
{
    struct part path;

    switch (value->field) {
    case BALANCER_PATH:
        path = path_of(head);
        return balancer_glob(value->text, path.text, path.length, false);
    case BALANCER_HOST:
        return host_matches(value, head);
    case BALANCER_HEADER:
        return header_matches(value, head);
    case BALANCER_METHOD:
        return strcmp(value->text, llhttp_method_name((llhttp_method_t)head->method)) == 0;
    case BALANCER_QUERY:
        return query_matches(value, head);
    case BALANCER_SOURCE:
        return balancer_cidr_has(value->text, client_address);
    }
    return false;
}

bool balancer_rule_matches(const struct balancer_rule *rule, const struct http_head *head,
                           const char *client_address)
{
    bool held[BALANCER_VALUES_MAX] = {false};

    for (size_t i = 0; i < rule->value_count; i++) {
        const struct balancer_value *value = &rule->values[i];
        held[value->condition] = held[value->condition] || value_matches(value, head, client_address);
    }
    for (size_t i = 0; i < rule->value_count; i++) {
        if (!held[rule->values[i].condition])
            return false;
    }
    return true;
}
