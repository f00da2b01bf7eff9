/* Keys that stand in the environment, in ~/.aws/credentials or in ~/.aws/config. */
#include "aws/given.h"
#include "aws/source.h"

#include <stdio.h>

/* Of the two names of a session token botocore takes this one first. */
static const char *token_of(const char *older, const char *newer)
{
    return older && *older ? older : newer;
}

enum aws_found aws_source_environment(const struct aws_source *source, struct aws_credentials *credentials,
                                      struct error *error)
{
    const char *key = aws_settings_environment("AWS_ACCESS_KEY_ID");
    if (!source->environment || !key)
        return AWS_NOTHING;
    const char *expiration = aws_settings_environment("AWS_CREDENTIAL_EXPIRATION");
    snprintf(credentials->source, sizeof credentials->source, "the environment, AWS_ACCESS_KEY_ID");
    if (expiration && !aws_given_time(expiration, &credentials->expires_at_ms))
        return aws_source_fail(error, "AWS_CREDENTIAL_EXPIRATION is not a time such as 2026-01-31T10:00:00Z");
    const char *token = token_of(aws_settings_environment("AWS_SECURITY_TOKEN"),
                                 aws_settings_environment("AWS_SESSION_TOKEN"));
    return aws_credentials_take(credentials, key, aws_settings_environment("AWS_SECRET_ACCESS_KEY"), token,
                                error)
               ? AWS_FOUND
               : AWS_FAILED;
}

static enum aws_found from_section(const struct aws_source *source, struct aws_credentials *credentials,
                                   const struct aws_config_section *section, const char *path,
                                   struct error *error)
{
    const char *key = aws_config_get(section, "aws_access_key_id");
    if (!key || !*key)
        return AWS_NOTHING;
    const char *token =
        token_of(aws_config_get(section, "aws_security_token"), aws_config_get(section, "aws_session_token"));
    snprintf(credentials->source, sizeof credentials->source, "profile %.200s in %.250s", source->profile,
             path);
    return aws_credentials_take(credentials, key, aws_config_get(section, "aws_secret_access_key"), token,
                                error)
               ? AWS_FOUND
               : AWS_FAILED;
}

enum aws_found aws_source_credentials_file(const struct aws_source *source,
                                           struct aws_credentials *credentials, struct error *error)
{
    return from_section(source, credentials,
                        aws_config_find(&source->settings->credentials, NULL, source->profile),
                        source->settings->credentials_path, error);
}

enum aws_found aws_source_config_file(const struct aws_source *source, struct aws_credentials *credentials,
                                      struct error *error)
{
    return from_section(source, credentials,
                        aws_config_find(&source->settings->config, "profile", source->profile),
                        source->settings->config_path, error);
}
