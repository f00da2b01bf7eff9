#include "aws/metadata.h"

#include "aws/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define METADATA_URL "http://169.254.169.254"
#define METADATA_URL_IPV6 "http://[fd00:ec2::254]"
#define METADATA_TIMEOUT_S 1
#define METADATA_TIMEOUT_MOST_S 60
#define METADATA_ATTEMPTS_MOST 10

/* A variable, or else the key of the profile. */
static const char *setting(const struct aws_settings *settings, const char *variable, const char *key)
{
    const char *value = aws_settings_environment(variable);
    if (!value)
        value = aws_settings_get(settings, key);
    return value && *value ? value : NULL;
}

static int number(const struct aws_settings *settings, const char *variable, const char *key, int usual,
                  int most)
{
    const char *text = setting(settings, variable, key);
    long value = text ? strtol(text, NULL, 10) : usual;
    return value < 1 ? 1 : value > most ? most : (int)value;
}

static bool is_true(const char *text)
{
    return text && strcasecmp(text, "true") == 0;
}

bool aws_metadata_is_disabled(void)
{
    return is_true(aws_settings_environment("AWS_EC2_METADATA_DISABLED"));
}

bool aws_metadata_prepare(struct aws_metadata *metadata, const struct aws_settings *settings,
                          struct error *error)
{
    const char *url = setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode =
        setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    bool ipv6 = (mode && strcasecmp(mode, "ipv6") == 0) ||
                (!mode && is_true(setting(settings, "AWS_IMDS_USE_IPV6", "imds_use_ipv6")));
    memset(metadata, 0, sizeof *metadata);
    metadata->timeout_s = number(settings, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                                 METADATA_TIMEOUT_S, METADATA_TIMEOUT_MOST_S);
    metadata->attempts = number(settings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                "metadata_service_num_attempts", 1, METADATA_ATTEMPTS_MOST);
    if (!url)
        url = ipv6 ? METADATA_URL_IPV6 : METADATA_URL;
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    if (length >= AWS_METADATA_URL_MAX - 512 ||
        (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0))
        return error_set(
            error, ERROR_DENIED,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT must be a URL such as " METADATA_URL ", not %.200s", url);
    memcpy(metadata->base, url, length);
    return true;
}

bool aws_metadata_ask(const struct aws_metadata *metadata, const char *method, const char *path,
                      const char *header, struct aws_http_answer *answer)
{
    char url[AWS_METADATA_URL_MAX];
    struct error nobody;
    struct aws_plain plain = {.method = method,
                              .url = url,
                              .headers = {header},
                              .timeout_ms = metadata->timeout_s * 1000,
                              .attempts = metadata->attempts,
                              .no_proxy = true,
                              .cancel = metadata->cancel};
    bool fits = snprintf(url, sizeof url, "%s%s", metadata->base, path) < (int)sizeof url;
    if (fits && aws_plain_send(metadata->transport, &plain, answer, &nobody) && answer->status == 200 &&
        answer->body.length > 0)
        return true;
    if (fits)
        aws_http_answer_free(answer);
    return false;
}

bool aws_metadata_word(const struct aws_http_answer *answer, char *word, size_t size)
{
    const char *text = buf_text(&answer->body);
    size_t length = strcspn(text, "\r\n");
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr("?#%\\\"", text[i]))
            return false;
    }
    if (length == 0 || length >= size)
        return false;
    memcpy(word, text, length);
    word[length] = '\0';
    return true;
}

bool aws_metadata_token(struct aws_metadata *metadata)
{
    char token[AWS_METADATA_TOKEN_MAX];
    struct aws_http_answer answer;
    if (!aws_metadata_ask(metadata, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600",
                          &answer))
        return false;
    bool done = aws_metadata_word(&answer, token, sizeof token);
    aws_http_answer_free(&answer);
    snprintf(metadata->token, sizeof metadata->token, "X-aws-ec2-metadata-token: %s", done ? token : "");
    return done;
}
