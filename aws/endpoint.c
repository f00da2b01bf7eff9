#include "aws/endpoint.h"

#include "aws/partition.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* IAM is one for each partition: where it is, and the region that its calls are signed for. */
static const struct iam_place {
    const char *region_prefix;
    const char *domain, *dualstack; /* behind "iam"; NULL: there is none */
    const char *signing_region;
    bool fips;
} iam_places[] = {
    {"cn-", ".cn-north-1.amazonaws.com.cn", ".global.api.amazonwebservices.com.cn", "cn-north-1", false},
    {"us-gov-", ".us-gov.amazonaws.com", ".us-gov.api.aws", "us-gov-west-1", false},
    {"us-iso-", ".us-iso-east-1.c2s.ic.gov", NULL, "us-iso-east-1", true},
    {"us-isob-", ".us-isob-east-1.sc2s.sgov.gov", NULL, "us-isob-east-1", true},
    {"", ".amazonaws.com", ".global.api.aws", "us-east-1", true},
};

static const struct iam_place *iam_place(const char *region)
{
    size_t i = 0;
    while (strncmp(region, iam_places[i].region_prefix, strlen(iam_places[i].region_prefix)) != 0)
        i++; /* the last fits all */
    return &iam_places[i];
}

/* One part of a URL, "" if it has none. */
static bool copy_part(CURLU *url, CURLUPart part, char *out, size_t size)
{
    char *text = NULL;
    out[0] = '\0';
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
        return true;
    bool fits = strlen(text) < size;
    snprintf(out, size, "%s", text);
    curl_free(text);
    return fits;
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static bool take_parts(struct aws_endpoint *endpoint, CURLU *url, const char **wrong)
{
    char scheme[16], host[AWS_HOST_MAX - 8], port[8], path[AWS_URL_MAX], rest[AWS_URL_MAX];
    *wrong = "it is too long";
    if (!copy_part(url, CURLUPART_SCHEME, scheme, sizeof scheme) ||
        !copy_part(url, CURLUPART_HOST, host, sizeof host) ||
        !copy_part(url, CURLUPART_PORT, port, sizeof port) ||
        !copy_part(url, CURLUPART_PATH, path, sizeof path))
        return false;
    *wrong = "it must start with http:// or https://";
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return false;
    *wrong = "it has a user, a query or a fragment";
    for (CURLUPart part = CURLUPART_USER; part <= CURLUPART_FRAGMENT; part++) {
        bool unwanted = part == CURLUPART_USER || part == CURLUPART_PASSWORD || part == CURLUPART_QUERY ||
                        part == CURLUPART_FRAGMENT;
        if (unwanted && (!copy_part(url, part, rest, sizeof rest) || *rest))
            return false;
    }
    bool usual = !*port || strcmp(port, strcmp(scheme, "https") == 0 ? "443" : "80") == 0;
    for (size_t length = strlen(path); length > 0 && path[length - 1] == '/'; length--)
        path[length - 1] = '\0';
    snprintf(endpoint->host, sizeof endpoint->host, "%s%s%s", host, usual ? "" : ":", usual ? "" : port);
    snprintf(endpoint->path, sizeof endpoint->path, "%s", *path ? path : "/");
    endpoint->loopback = is_loopback(host);
    *wrong = "it is too long";
    return (size_t)snprintf(endpoint->url, sizeof endpoint->url, "%s://%s%s", scheme, endpoint->host, path) <
           sizeof endpoint->url;
}

static bool parse_url(struct aws_endpoint *endpoint, const char *text, const char *setting,
                      struct error *error)
{
    CURLU *url = curl_url();
    const char *wrong = "it must be a URL such as http://127.0.0.1:4566";
    bool done = url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                take_parts(endpoint, url, &wrong);
    curl_url_cleanup(url);
    return done || error_set(error, ERROR_INVALID, "the endpoint '%.200s' (%s) can't be used: %s", text,
                             setting, wrong);
}

static bool is_true(const char *text)
{
    return text && strcasecmp(text, "true") == 0;
}

static bool ignores_configured(const struct aws_settings *settings)
{
    const char *variable = aws_settings_environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (variable)
        return is_true(variable);
    return is_true(aws_settings_get(settings, "ignore_configured_endpoint_urls"));
}

/* The services section that the profile names, and in it the nested settings of the service. */
static bool in_services_section(const struct aws_settings *settings, const struct aws_service_info *info,
                                char *url, size_t size, char *setting, size_t setting_size)
{
    const char *name = aws_settings_get(settings, "services");
    if (!name)
        return false;
    const struct aws_config_section *section = aws_config_find(&settings->config, "services", name);
    snprintf(setting, setting_size, "[services %.100s] %s in %.300s", name, info->config_name,
             settings->config_path);
    return aws_config_nested(aws_config_get(section, info->config_name), "endpoint_url", url, size);
}

static bool wants(const struct aws_settings *settings, const char *variable, const char *key)
{
    const char *value = aws_settings_environment(variable);
    return is_true(value ? value : aws_settings_get(settings, key));
}

/* In the partition of the US government most endpoints are FIPS's as they are; SSO has none. */
static bool has_fips(const struct aws_service_info *info, const char *region)
{
    bool government = strncmp(region, "us-gov-", strlen("us-gov-")) == 0;
    bool sso = strcmp(info->host_prefix, "portal.sso") == 0 || strcmp(info->host_prefix, "oidc") == 0;
    return !sso && (!government || strcmp(info->host_prefix, "ecs") == 0);
}

/* AWS's own, as botocore's endpoints.json has them, and IAM's endpoint-rule-set-1.json. */
static void own_url(const struct aws_settings *settings, enum aws_service service, const char *region,
                    char *url, size_t size)
{
    const struct aws_service_info *info = aws_service_info(service);
    bool fips = wants(settings, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") && has_fips(info, region);
    bool dualstack = wants(settings, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    if (service == AWS_IAM) {
        const struct iam_place *place = iam_place(region);
        snprintf(url, size, "https://iam%s%s", fips && place->fips ? "-fips" : "",
                 dualstack && place->dualstack ? place->dualstack : place->domain);
        return;
    }
    snprintf(url, size, "https://%s%s.%s.%s", info->host_prefix, fips ? "-fips" : "", region,
             aws_partition_suffix(region, dualstack));
}

bool aws_endpoint_resolve(struct aws_endpoint *endpoint, const struct aws_settings *settings,
                          enum aws_service service, const char *option, struct error *error)
{
    return aws_endpoint_resolve_in(endpoint, settings, settings->region, service, option, error);
}

bool aws_endpoint_resolve_in(struct aws_endpoint *endpoint, const struct aws_settings *settings,
                             const char *region, enum aws_service service, const char *option,
                             struct error *error)
{
    const struct aws_service_info *info = aws_service_info(service);
    char setting[512], nested[AWS_URL_MAX];
    const char *url;
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->configured = true;
    snprintf(endpoint->signing_region, sizeof endpoint->signing_region, "%s",
             service == AWS_IAM ? iam_place(region)->signing_region : region);
    if (option && *option)
        return parse_url(endpoint, option, "--endpoint-url", error);
    if (!ignores_configured(settings)) {
        snprintf(setting, sizeof setting, "AWS_ENDPOINT_URL_%s", info->endpoint_name);
        if ((url = aws_settings_environment(setting)))
            return parse_url(endpoint, url, setting, error);
        if ((url = aws_settings_environment("AWS_ENDPOINT_URL")))
            return parse_url(endpoint, url, "AWS_ENDPOINT_URL", error);
        if (in_services_section(settings, info, nested, sizeof nested, setting, sizeof setting))
            return parse_url(endpoint, nested, setting, error);
        snprintf(setting, sizeof setting, "endpoint_url of the profile %.200s", settings->profile);
        if ((url = aws_settings_get(settings, "endpoint_url")) && *url)
            return parse_url(endpoint, url, setting, error);
    }
    endpoint->configured = false;
    own_url(settings, service, region, nested, sizeof nested);
    return parse_url(endpoint, nested, "AWS's own", error);
}
