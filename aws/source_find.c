/* The console's order of sources. */
#include "aws/source.h"

enum aws_found aws_source_find_in_profile(const struct aws_source *source,
                                          struct aws_credentials *credentials, struct error *error)
{
    static aws_source_load *const sources[] = {aws_source_web_identity, aws_source_sso,
                                               aws_source_credentials_file, aws_source_process,
                                               aws_source_config_file};
    return aws_source_first(sources, sizeof sources / sizeof sources[0], source, credentials, error);
}

enum aws_found aws_source_find(const struct aws_source *source, struct aws_credentials *credentials,
                               struct error *error)
{
    static aws_source_load *const sources[] = {aws_source_environment, aws_source_role,
                                               aws_source_find_in_profile, aws_source_container,
                                               aws_source_metadata};
    enum aws_found found =
        aws_source_first(sources, sizeof sources / sizeof sources[0], source, credentials, error);
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
