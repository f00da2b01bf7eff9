#include "aws/credentials.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

enum outcome { FOUND, NOTHING, FAILED };

typedef enum outcome load_source(struct aws_credentials *credentials, const struct aws_settings *settings,
                                 struct error *error);

static enum outcome fail(struct error *error, const char *what, const char *source)
{
    error_set(error, ERROR_DENIED, "%s (%s)", what, source);
    return FAILED;
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

static enum outcome take_keys(struct aws_credentials *credentials, const char *access_key,
                              const char *secret_key, const char *session_token, struct error *error)
{
    if (!access_key || !*access_key)
        return NOTHING;
    if (!secret_key || !*secret_key)
        return fail(error, "the credentials have an access key but no secret access key",
                    credentials->source);
    if (!copy_value(credentials->access_key, sizeof credentials->access_key, access_key) ||
        !copy_value(credentials->secret_key, sizeof credentials->secret_key, secret_key) ||
        !copy_value(credentials->session_token, sizeof credentials->session_token, session_token))
        return fail(error, "an access key, a secret or a session token is too long or has control characters",
                    credentials->source);
    return FOUND;
}

static enum outcome from_environment(struct aws_credentials *credentials, const struct aws_settings *settings,
                                     struct error *error)
{
    if (settings->profile_from_option)
        return NOTHING;
    const char *token = aws_settings_environment("AWS_SESSION_TOKEN");
    if (!token)
        token = aws_settings_environment("AWS_SECURITY_TOKEN");
    snprintf(credentials->source, sizeof credentials->source, "the environment, AWS_ACCESS_KEY_ID");
    return take_keys(credentials, aws_settings_environment("AWS_ACCESS_KEY_ID"),
                     aws_settings_environment("AWS_SECRET_ACCESS_KEY"), token, error);
}

static enum outcome from_section(struct aws_credentials *credentials, const struct aws_settings *settings,
                                 const struct aws_config_section *section, const char *path,
                                 struct error *error)
{
    const char *token = aws_config_get(section, "aws_session_token");
    if (!token)
        token = aws_config_get(section, "aws_security_token");
    snprintf(credentials->source, sizeof credentials->source, "profile %.200s in %.250s", settings->profile,
             path);
    return take_keys(credentials, aws_config_get(section, "aws_access_key_id"),
                     aws_config_get(section, "aws_secret_access_key"), token, error);
}

static enum outcome from_credentials_file(struct aws_credentials *credentials,
                                          const struct aws_settings *settings, struct error *error)
{
    return from_section(credentials, settings,
                        aws_config_find(&settings->credentials, NULL, settings->profile),
                        settings->credentials_path, error);
}

static enum outcome from_config_file(struct aws_credentials *credentials, const struct aws_settings *settings,
                                     struct error *error)
{
    return from_section(credentials, settings,
                        aws_config_find(&settings->config, "profile", settings->profile),
                        settings->config_path, error);
}

/* A profile that asks for a source that is not read yet must not fall through to another identity. */
static enum outcome refuse_key(const struct aws_settings *settings, const char *key, struct error *error)
{
    if (!aws_settings_get(settings, key))
        return NOTHING;
    error_set(
        error, ERROR_DENIED,
        "the profile %.200s sets %s, a credential source that shaketable does not handle yet: 'aws configure "
        "export-credentials --profile %.200s' gives keys for AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
        "AWS_SESSION_TOKEN",
        settings->profile, key, settings->profile);
    return FAILED;
}

static enum outcome refuse_variable(const char *name, struct error *error)
{
    if (!aws_settings_environment(name))
        return NOTHING;
    error_set(error, ERROR_DENIED,
              "%s is set, a credential source that shaketable does not handle yet: set AWS_ACCESS_KEY_ID, "
              "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or a profile with keys",
              name);
    return FAILED;
}

static enum outcome from_role(struct aws_credentials *credentials, const struct aws_settings *settings,
                              struct error *error)
{
    (void)credentials;
    if (aws_settings_get(settings, "web_identity_token_file"))
        return refuse_key(settings, "web_identity_token_file", error);
    return refuse_key(settings, "role_arn", error);
}

static enum outcome from_web_identity(struct aws_credentials *credentials,
                                      const struct aws_settings *settings, struct error *error)
{
    (void)credentials;
    return settings->profile_from_option ? NOTHING : refuse_variable("AWS_WEB_IDENTITY_TOKEN_FILE", error);
}

static enum outcome from_sso(struct aws_credentials *credentials, const struct aws_settings *settings,
                             struct error *error)
{
    (void)credentials;
    enum outcome outcome = refuse_key(settings, "sso_session", error);
    return outcome == NOTHING ? refuse_key(settings, "sso_start_url", error) : outcome;
}

static enum outcome from_process(struct aws_credentials *credentials, const struct aws_settings *settings,
                                 struct error *error)
{
    (void)credentials;
    return refuse_key(settings, "credential_process", error);
}

static enum outcome from_container(struct aws_credentials *credentials, const struct aws_settings *settings,
                                   struct error *error)
{
    (void)credentials, (void)settings;
    enum outcome outcome = refuse_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", error);
    return outcome == NOTHING ? refuse_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", error) : outcome;
}

/* In the AWS CLI's order. */
static load_source *const sources[] = {
    from_environment,      from_role,    from_web_identity, from_sso,
    from_credentials_file, from_process, from_config_file,  from_container};

bool aws_credentials_resolve(struct aws_credentials *credentials, const struct aws_settings *settings,
                             struct error *error)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        memset(credentials, 0, sizeof *credentials);
        enum outcome outcome = sources[i](credentials, settings, error);
        if (outcome == FOUND)
            return true;
        if (outcome == FAILED)
            break;
        if (i + 1 < sizeof sources / sizeof sources[0])
            continue;
        error_set(error, ERROR_DENIED,
                  "no AWS credentials: tried %sthe profile '%s' in %s and %s. Set AWS_ACCESS_KEY_ID and "
                  "AWS_SECRET_ACCESS_KEY, choose a profile with --profile, or run 'aws configure'",
                  settings->profile_from_option ? "" : "AWS_ACCESS_KEY_ID in the environment, ",
                  settings->profile, settings->credentials_path, settings->config_path);
    }
    aws_credentials_clear(credentials);
    return false;
}

void aws_credentials_clear(struct aws_credentials *credentials)
{
    OPENSSL_cleanse(credentials, sizeof *credentials);
    memset(credentials, 0, sizeof *credentials);
}
