#include "aws/profiles.h"

#include <stdio.h>
#include <string.h>

#include "aws/settings.h"

#define KIND "profile"

/* The profile that a section of the config file is about, quotes taken off; false: of another kind. */
static bool profile_of(const char *section, char name[AWS_PROFILE_MAX])
{
    const char *rest = section;
    if (strncmp(rest, KIND, strlen(KIND)) == 0 && strchr(" \t", rest[strlen(KIND)]) != NULL)
        rest += strlen(KIND) + strspn(rest + strlen(KIND), " \t");
    else if (strcmp(rest, "default") != 0)
        return false;
    size_t length = strlen(rest);
    if (length >= 2 && (rest[0] == '"' || rest[0] == '\'') && rest[length - 1] == rest[0]) {
        rest++;
        length -= 2;
    }
    return length > 0 && (size_t)snprintf(name, AWS_PROFILE_MAX, "%.*s", (int)length, rest) < AWS_PROFILE_MAX;
}

static void take_profile(const struct aws_settings *settings, const char *name, aws_profiles_take *take,
                         void *context)
{
    const char *region = aws_config_get(aws_config_find(&settings->credentials, NULL, name), "region");
    if (region == NULL)
        region = aws_config_get(aws_config_find(&settings->config, KIND, name), "region");
    take(context, name, region != NULL ? region : "");
}

bool aws_profiles_read(aws_profiles_take *take, void *context, struct error *error)
{
    struct aws_settings settings;
    char name[AWS_PROFILE_MAX];
    if (!aws_settings_read_files(&settings, error))
        return false;
    for (size_t i = 0; i < settings.credentials.count; i++)
        take_profile(&settings, settings.credentials.sections[i].name, take, context);
    for (size_t i = 0; i < settings.config.count; i++)
        if (profile_of(settings.config.sections[i].name, name) &&
            aws_config_find(&settings.credentials, NULL, name) == NULL)
            take_profile(&settings, name, take, context);
    aws_settings_free(&settings);
    return true;
}
