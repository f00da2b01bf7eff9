#include "proxy/gateway_endpoint.h"

#include "aws/partition.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTING "AWS_ENDPOINT_URL"
#define SETTING_MAX 128

extern char **environ;

/* Services that have one host for a whole partition, as botocore's endpoints.json has them. */
static const struct {
    const char *service, *region_prefix, *host;
} global_hosts[] = {
    {"budgets", "cn-", "budgets.amazonaws.com.cn"},
    {"budgets", "", "budgets.amazonaws.com"},
    {"cloudfront", "cn-", "cloudfront.cn-northwest-1.amazonaws.com.cn"},
    {"cloudfront", "", "cloudfront.amazonaws.com"},
    {"health", "cn-", "global.health.amazonaws.com.cn"},
    {"health", "us-east-1", "global.health.amazonaws.com"},
    {"iam", "cn-", "iam.cn-north-1.amazonaws.com.cn"},
    {"iam", "us-gov-", "iam.us-gov.amazonaws.com"},
    {"iam", "us-iso-", "iam.us-iso-east-1.c2s.ic.gov"},
    {"iam", "us-isob-", "iam.us-isob-east-1.sc2s.sgov.gov"},
    {"iam", "", "iam.amazonaws.com"},
    {"route53", "cn-", "route53.amazonaws.com.cn"},
    {"route53", "us-gov-", "route53.us-gov.amazonaws.com"},
    {"route53", "us-iso-", "route53.c2s.ic.gov"},
    {"route53", "us-isob-", "route53.sc2s.sgov.gov"},
    {"route53", "", "route53.amazonaws.com"},
    {"savingsplans", "", "savingsplans.amazonaws.com"},
    {"waf", "", "waf.amazonaws.com"},
};

static bool parse(const char *text, const char *setting, struct gateway_endpoint *endpoint,
                  struct error *error)
{
    struct aws_url *url = &endpoint->url;
    if (!aws_url_parse(text, url, error))
        return error_prefix(error, "%s: ", setting);
    if (strchr(url->target, '?'))
        return error_set(error, ERROR_INVALID, "%s: '%.200s' has a query", setting, text);
    endpoint->prefix_length = strlen(url->target);
    while (endpoint->prefix_length > 0 && url->target[endpoint->prefix_length - 1] == '/')
        endpoint->prefix_length--;
    bool usual = url->port == (url->tls ? 443 : 80);
    int length =
        snprintf(endpoint->authority, sizeof endpoint->authority, url->ipv6 ? "[%s]" : "%s", url->host);
    if (!usual)
        snprintf(endpoint->authority + length, sizeof endpoint->authority - (size_t)length, ":%u", url->port);
    return true;
}

/* ── the check at the start ──────────────────────────────────────────────────────────────── */

static bool is_same(const struct sockaddr *one, const struct sockaddr_storage *other)
{
    if (one->sa_family != other->ss_family)
        return false;
    if (one->sa_family == AF_INET6) {
        const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)one;
        const struct sockaddr_in6 *b = (const struct sockaddr_in6 *)other;
        return a->sin6_port == b->sin6_port && memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0;
    }
    const struct sockaddr_in *a = (const struct sockaddr_in *)one;
    const struct sockaddr_in *b = (const struct sockaddr_in *)other;
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* A name that does not resolve now may later: that is no error yet. */
static bool leads_back(const struct gateway_endpoint *endpoint, const struct sockaddr_storage *listen)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    char service[8];
    bool same = false;
    snprintf(service, sizeof service, "%u", endpoint->url.port);
    if (getaddrinfo(endpoint->url.host, service, &hints, &list) != 0)
        return false;
    for (struct addrinfo *item = list; item && !same; item = item->ai_next)
        same = is_same(item->ai_addr, listen);
    freeaddrinfo(list);
    return same;
}

static bool check(const char *text, const char *setting, const struct sockaddr_storage *listen,
                  struct error *error)
{
    struct gateway_endpoint endpoint;
    if (!parse(text, setting, &endpoint, error))
        return false;
    return !leads_back(&endpoint, listen) ||
           error_set(error, ERROR_INVALID,
                     "%s: %.200s is where this proxy itself listens; name the endpoint that is behind it",
                     setting, text);
}

bool gateway_endpoints_check(const struct gateway_endpoints *endpoints, const struct sockaddr_storage *listen,
                             struct error *error)
{
    if (endpoints->option)
        return check(endpoints->option, "--aws-endpoint", listen, error);
    for (char **one = environ; *one; one++) {
        char setting[SETTING_MAX];
        size_t length = strcspn(*one, "=");
        if (strncmp(*one, SETTING, strlen(SETTING)) != 0 || length >= sizeof setting ||
            (length > strlen(SETTING) && (*one)[strlen(SETTING)] != '_') || (*one)[length] != '=' ||
            (*one)[length + 1] == '\0')
            continue;
        snprintf(setting, sizeof setting, "%.*s", (int)length, *one);
        if (!check(*one + length + 1, setting, listen, error))
            return false;
    }
    return true;
}

/* ── of one call ─────────────────────────────────────────────────────────────────────────── */

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* A host of AWS's own; the names were checked to be fit for one. */
static void own_url(const struct api_call *call, char *url, size_t size)
{
    for (size_t i = 0; i < sizeof global_hosts / sizeof global_hosts[0]; i++) {
        if (strcmp(global_hosts[i].service, call->service) == 0 &&
            strncmp(global_hosts[i].region_prefix, call->region, strlen(global_hosts[i].region_prefix)) ==
                0) {
            snprintf(url, size, "https://%s", global_hosts[i].host);
            return;
        }
    }
    snprintf(url, size, "https://%s.%s.%s", call->info->host, call->region,
             aws_partition_suffix(call->region, false));
}

bool gateway_endpoint_find(const struct gateway_endpoints *endpoints, const struct api_call *call,
                           struct gateway_endpoint *endpoint, struct error *error)
{
    char setting[SETTING_MAX] = SETTING, url[AWS_URL_MAX];
    const char *given = NULL;
    if (endpoints->option)
        return parse(endpoints->option, "--aws-endpoint", endpoint, error);
    if (call->info) {
        snprintf(setting, sizeof setting, SETTING "_%s", call->info->setting);
        given = from_environment(setting);
    }
    if (given)
        return parse(given, setting, endpoint, error);
    if ((given = from_environment(SETTING)))
        return parse(given, SETTING, endpoint, error);
    if (!call->info)
        return error_set(
            error, ERROR_INVALID,
            "there is no service '%s' that shaketable-proxy knows an endpoint of; --aws-endpoint "
            "names one",
            call->service);
    own_url(call, url, sizeof url);
    return parse(url, "AWS's own endpoint", endpoint, error);
}
