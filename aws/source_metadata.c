/* The role of the EC2 instance that we run on, by IMDSv2
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html). The
 * service of the first version, without a token, is not asked. */
#include "aws/given.h"
#include "aws/login.h"
#include "aws/metadata.h"
#include "aws/plain.h"
#include "aws/source.h"
#include "core/buf.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define METADATA_URL "http://169.254.169.254"
#define METADATA_URL_IPV6 "http://[fd00:ec2::254]"
#define METADATA_TIMEOUT_S 1
#define METADATA_TIMEOUT_MOST_S 60
#define METADATA_ATTEMPTS_MOST 10
#define METADATA_ROLES "/latest/meta-data/iam/security-credentials/"
#define METADATA_TOKEN_MAX 512
#define METADATA_NAME_MAX 256
#define URL_MAX 1024
/* Keys that have expired already are good for a while longer: the service was not able to renew them, and
 * they are accepted by AWS all the same, as botocore has it. */
#define METADATA_EXTENSION_MS (20 * 60 * 1000)

struct metadata {
    struct aws_http_pool *http;
    const atomic_bool *cancel;
    char base[URL_MAX];
    char token[METADATA_TOKEN_MAX + 64]; /* the header */
    int timeout_s, attempts;
};

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

static bool prepare(struct metadata *metadata, const struct aws_settings *settings, struct error *error)
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
    if (length >= URL_MAX - 512 ||
        (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0))
        return error_set(
            error, ERROR_DENIED,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT must be a URL such as " METADATA_URL ", not %.200s", url);
    memcpy(metadata->base, url, length);
    return true;
}

/* The whole answer of status 200 as text; false: there is nobody, or nothing. */
static bool ask(const struct metadata *metadata, const char *method, const char *path, const char *header,
                struct aws_http_answer *answer)
{
    char url[URL_MAX];
    struct error nobody;
    struct aws_plain plain = {.method = method,
                              .url = url,
                              .headers = {header},
                              .timeout_ms = metadata->timeout_s * 1000,
                              .attempts = metadata->attempts,
                              .no_proxy = true,
                              .cancel = metadata->cancel};
    bool fits = snprintf(url, sizeof url, "%s%s", metadata->base, path) < (int)sizeof url;
    if (fits && aws_plain_send(metadata->http, &plain, answer, &nobody) && answer->status == 200 &&
        answer->body.length > 0)
        return true;
    if (fits)
        aws_http_answer_free(answer);
    return false;
}

/* Copies a name or a token: letters, digits and what stands in them, no line break. */
static bool copy_word(const struct aws_http_answer *answer, char *word, size_t size)
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

static bool get_token(struct metadata *metadata)
{
    char token[METADATA_TOKEN_MAX];
    struct aws_http_answer answer;
    if (!ask(metadata, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600", &answer))
        return false;
    bool done = copy_word(&answer, token, sizeof token);
    aws_http_answer_free(&answer);
    snprintf(metadata->token, sizeof metadata->token, "X-aws-ec2-metadata-token: %s", done ? token : "");
    return done;
}

static bool get_role(const struct metadata *metadata, char role[METADATA_NAME_MAX])
{
    struct aws_http_answer answer;
    if (!ask(metadata, "GET", METADATA_ROLES, metadata->token, &answer))
        return false;
    bool done = copy_word(&answer, role, METADATA_NAME_MAX) && !strchr(role, '/');
    aws_http_answer_free(&answer);
    return done;
}

static enum aws_found get_keys(const struct metadata *metadata, const char *role, int64_t now_ms,
                               struct aws_credentials *credentials, struct error *error)
{
    struct aws_http_answer answer;
    char path[sizeof METADATA_ROLES + METADATA_NAME_MAX];
    snprintf(path, sizeof path, "%s%s", METADATA_ROLES, role);
    if (!ask(metadata, "GET", path, metadata->token, &answer))
        return AWS_NOTHING;
    bool done =
        aws_given_read(buf_text(&answer.body), answer.body.length, AWS_GIVEN_ROLE, credentials, error);
    OPENSSL_cleanse(answer.body.data, answer.body.capacity);
    aws_http_answer_free(&answer);
    if (done && credentials->expires_at_ms < now_ms + METADATA_EXTENSION_MS / 2)
        credentials->expires_at_ms = now_ms + METADATA_EXTENSION_MS;
    return done ? AWS_FOUND : AWS_FAILED;
}

enum aws_found aws_source_metadata(const struct aws_source *source, struct aws_credentials *credentials,
                                   struct error *error)
{
    struct metadata metadata;
    char role[METADATA_NAME_MAX];
    if (is_true(aws_settings_environment("AWS_EC2_METADATA_DISABLED")))
        return AWS_NOTHING;
    if (!prepare(&metadata, source->settings, error))
        return AWS_FAILED;
    if (!source->login)
        return AWS_LATER;
    metadata.http = source->login->http;
    metadata.cancel = source->cancel;
    bool there = get_token(&metadata) && get_role(&metadata, role);
    OPENSSL_cleanse(metadata.token, there ? 0 : sizeof metadata.token);
    if (!there)
        return AWS_NOTHING;
    snprintf(credentials->source, sizeof credentials->source, "the instance's role %.200s", role);
    enum aws_found found = get_keys(&metadata, role, aws_login_now_ms(source->login), credentials, error);
    OPENSSL_cleanse(metadata.token, sizeof metadata.token);
    return found;
}

static bool file_begins(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fgets(found, sizeof found, file) != NULL;
    fclose(file);
    return read && strncasecmp(found, text, strlen(text)) == 0;
}

bool aws_metadata_region(const struct aws_settings *settings, char *region, size_t size)
{
    struct metadata metadata;
    struct aws_http_answer answer;
    bool likely = aws_settings_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT") ||
                  file_begins("/sys/class/dmi/id/sys_vendor", "Amazon EC2") ||
                  file_begins("/sys/hypervisor/uuid", "ec2");
    if (!likely || is_true(aws_settings_environment("AWS_EC2_METADATA_DISABLED")) ||
        !prepare(&metadata, settings, NULL))
        return false;
    metadata.http = aws_http_pool_open(settings->ca_bundle);
    bool done = metadata.http && get_token(&metadata) &&
                ask(&metadata, "GET", "/latest/meta-data/placement/region", metadata.token, &answer);
    if (done) {
        done = copy_word(&answer, region, size);
        aws_http_answer_free(&answer);
    }
    aws_http_pool_close(metadata.http);
    return done;
}
