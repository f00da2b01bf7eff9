#include "aws/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char host_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

static bool take_scheme(const char **text, struct aws_url *url)
{
    url->tls = strncasecmp(*text, "https://", 8) == 0;
    if (!url->tls && strncasecmp(*text, "http://", 7) != 0)
        return false;
    *text += url->tls ? 8 : 7;
    url->port = url->tls ? 443 : 80;
    return true;
}

static bool take_host(const char **text, struct aws_url *url)
{
    struct in6_addr address;
    url->ipv6 = **text == '[';
    if (url->ipv6)
        (*text)++;
    size_t length = url->ipv6 ? strcspn(*text, "]") : strspn(*text, host_letters);
    if (length == 0 || length >= sizeof url->host)
        return false;
    memcpy(url->host, *text, length);
    url->host[length] = '\0';
    *text += length;
    if (!url->ipv6)
        return true;
    if (**text != ']' || inet_pton(AF_INET6, url->host, &address) != 1)
        return false;
    (*text)++;
    return true;
}

static bool take_port(const char **text, struct aws_url *url)
{
    unsigned port = 0;
    if (**text != ':')
        return true;
    (*text)++;
    size_t digits = strspn(*text, "0123456789");
    for (size_t i = 0; i < digits && port <= 65535; i++)
        port = port * 10 + (unsigned)((*text)[i] - '0');
    if (digits == 0 || port == 0 || port > 65535)
        return false;
    url->port = (uint16_t)port;
    url->port_given = true;
    *text += digits;
    return true;
}

static bool take_target(const char *text, struct aws_url *url)
{
    if (*text && *text != '/' && *text != '?')
        return false;
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~' || strchr("#\\\"<>^`{|}", *c))
            return false;
    }
    return snprintf(url->target, sizeof url->target, "%s%s", *text == '/' ? "" : "/", text) <
           (int)sizeof url->target;
}

bool aws_url_parse(const char *text, struct aws_url *url, struct error *error)
{
    const char *rest = text;
    memset(url, 0, sizeof *url);
    if (take_scheme(&rest, url) && take_host(&rest, url) && take_port(&rest, url) && take_target(rest, url))
        return true;
    return error_set(error, ERROR_INVALID, "%.200s is not a URL such as http://127.0.0.1:8080/path", text);
}
