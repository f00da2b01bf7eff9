#include "aws/credentials.h"

#include "aws/source.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void aws_credentials_clear(struct aws_credentials *credentials)
{
    OPENSSL_cleanse(credentials, sizeof *credentials);
    memset(credentials, 0, sizeof *credentials);
}

/* A value goes into a header: it must fit and have no control characters. */
static bool copy_value(char *field, size_t size, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (length >= size)
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)value[i] < ' ' || value[i] == 127)
            return false;
    }
    memcpy(field, value ? value : "", length);
    field[length] = '\0';
    return true;
}

bool aws_credentials_take(struct aws_credentials *credentials, const char *access_key, const char *secret_key,
                          const char *token, struct error *error)
{
    if (!access_key || !*access_key)
        return error_set(error, ERROR_DENIED, "the credentials have no access key (%s)", credentials->source);
    if (!secret_key || !*secret_key)
        return error_set(error, ERROR_DENIED,
                         "the credentials have an access key but no secret access key (%s)",
                         credentials->source);
    if (!copy_value(credentials->access_key, sizeof credentials->access_key, access_key) ||
        !copy_value(credentials->secret_key, sizeof credentials->secret_key, secret_key) ||
        !copy_value(credentials->session_token, sizeof credentials->session_token, token))
        return error_set(
            error, ERROR_DENIED,
            "an access key, a secret or a session token is too long or has control characters (%s)",
            credentials->source);
    return true;
}

enum aws_found aws_source_fail(struct error *error, const char *format, ...)
{
    char text[ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_set(error, ERROR_DENIED, "%s", text);
    return AWS_FAILED;
}

const char *aws_source_get(const struct aws_source *source, const char *key)
{
    const char *value = aws_settings_get_in(source->settings, source->profile, key);
    return value && *value ? value : NULL;
}

static enum aws_found first_of(aws_source_load *const *sources, size_t count, const struct aws_source *source,
                               struct aws_credentials *credentials, struct error *error)
{
    enum aws_found found = AWS_NOTHING;
    for (size_t i = 0; i < count && found == AWS_NOTHING; i++) {
        aws_credentials_clear(credentials);
        found = sources[i](source, credentials, error);
    }
    if (found != AWS_FOUND)
        aws_credentials_clear(credentials);
    return found;
}

enum aws_found aws_source_find_in_profile(const struct aws_source *source,
                                          struct aws_credentials *credentials, struct error *error)
{
    static aws_source_load *const sources[] = {aws_source_web_identity, aws_source_sso,
                                               aws_source_credentials_file, aws_source_process,
                                               aws_source_config_file};
    return first_of(sources, sizeof sources / sizeof sources[0], source, credentials, error);
}

enum aws_found aws_source_find(const struct aws_source *source, struct aws_credentials *credentials,
                               struct error *error)
{
    static aws_source_load *const sources[] = {aws_source_environment, aws_source_role,
                                               aws_source_find_in_profile, aws_source_container,
                                               aws_source_metadata};
    enum aws_found found = first_of(sources, sizeof sources / sizeof sources[0], source, credentials, error);
    if (found != AWS_NOTHING)
        return found;
    return aws_source_fail(
        error,
        "no AWS credentials: tried %sthe profile '%s' in %.250s and %.250s, the container's and the "
        "instance's "
        "role. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with --profile, or run 'aws "
        "configure'",
        source->environment ? "AWS_ACCESS_KEY_ID in the environment, " : "", source->profile,
        source->settings->credentials_path, source->settings->config_path);
}
