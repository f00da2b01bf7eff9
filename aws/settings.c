#include "aws/settings.h"

#include "aws/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool choose_region(struct aws_settings *settings, const struct aws_options *options,
                          struct error *error)
{
    char instance[AWS_REGION_MAX];
    const char *region = options->region && *options->region ? options->region : NULL;
    if (!region)
        region = aws_settings_environment("AWS_REGION");
    if (!region)
        region = aws_settings_environment("AWS_DEFAULT_REGION");
    if (!region)
        region = aws_settings_get(settings, "region");
    if (!region && aws_metadata_region(settings, instance, sizeof instance))
        region = instance;
    if (!region || !*region)
        return error_set(error, ERROR_INVALID,
                         "no region: give --region, set AWS_REGION, or set region for the profile '%s' in %s",
                         settings->profile, settings->config_path);
    size_t length = strlen(region);
    if (length >= sizeof settings->region ||
        strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != length || region[0] == '-' ||
        region[length - 1] == '-')
        return error_set(error, ERROR_INVALID, "'%.80s' is not the name of a region, such as us-east-1",
                         region);
    memcpy(settings->region, region, length + 1);
    return true;
}

bool aws_settings_load(struct aws_settings *settings, const struct aws_options *options, struct error *error)
{
    if (!aws_settings_read_files(settings, error))
        return false;
    if (aws_settings_choose_profile(settings, options->profile, error) &&
        choose_region(settings, options, error) && aws_settings_choose_ca_bundle(settings, error))
        return true;
    aws_settings_free(settings);
    return false;
}
