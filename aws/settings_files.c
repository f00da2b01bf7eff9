#include "aws/settings.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *aws_settings_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool find_home(char *home, size_t size, struct error *error)
{
    struct passwd entry, *found = NULL;
    char scratch[4096];
    const char *from = aws_settings_environment("HOME");
    if (!from && getpwuid_r(getuid(), &entry, scratch, sizeof scratch, &found) == 0 && found)
        from = found->pw_dir;
    if (!from || (size_t)snprintf(home, size, "%s", from) >= size)
        return error_set(error, ERROR_SYSTEM,
                         "no home directory: set HOME, or AWS_CONFIG_FILE and "
                         "AWS_SHARED_CREDENTIALS_FILE");
    return true;
}

/* The variable's path, else the default's, with ~ for the home directory. */
static bool find_path(const char *variable, const char *fallback, char path[AWS_PATH_MAX],
                      struct error *error)
{
    char home[AWS_PATH_MAX] = "";
    const char *from = *variable ? aws_settings_environment(variable) : NULL;
    if (!from)
        from = fallback;
    bool in_home = from[0] == '~' && from[1] == '/';
    if (in_home && !find_home(home, sizeof home, error))
        return false;
    int length = snprintf(path, AWS_PATH_MAX, "%s%s", home, in_home ? from + 1 : from);
    return length < AWS_PATH_MAX ||
           error_set(error, ERROR_INVALID, "%s: the path is too long", *variable ? variable : fallback);
}

bool aws_settings_path(const char *text, char path[AWS_PATH_MAX], struct error *error)
{
    return find_path("", text, path, error);
}

static const struct aws_config_section *in_credentials(const struct aws_settings *settings,
                                                       const char *profile)
{
    return aws_config_find(&settings->credentials, NULL, profile);
}

static const struct aws_config_section *in_config(const struct aws_settings *settings, const char *profile)
{
    return aws_config_find(&settings->config, "profile", profile);
}

bool aws_settings_has_profile(const struct aws_settings *settings, const char *profile)
{
    return in_credentials(settings, profile) || in_config(settings, profile);
}

const char *aws_settings_get_in(const struct aws_settings *settings, const char *profile, const char *key)
{
    const char *value = aws_config_get(in_credentials(settings, profile), key);
    return value ? value : aws_config_get(in_config(settings, profile), key);
}

const char *aws_settings_get(const struct aws_settings *settings, const char *key)
{
    return aws_settings_get_in(settings, settings->profile, key);
}

bool aws_settings_choose_profile(struct aws_settings *settings, const char *option, struct error *error)
{
    const char *named = option && *option ? option : NULL;
    settings->profile_from_option = named != NULL;
    if (!named)
        named = aws_settings_environment("AWS_PROFILE");
    if (!named)
        named = aws_settings_environment("AWS_DEFAULT_PROFILE");
    const char *profile = named ? named : "default";
    if ((size_t)snprintf(settings->profile, sizeof settings->profile, "%s", profile) >=
        sizeof settings->profile)
        return error_set(error, ERROR_INVALID, "the profile's name is too long");
    if (named && strcmp(named, "default") != 0 && !aws_settings_has_profile(settings, named))
        return error_set(error, ERROR_NOT_FOUND,
                         "the profile '%s' is neither in %s nor in %s; 'aws configure --profile %s' makes it",
                         named, settings->config_path, settings->credentials_path, named);
    return true;
}

bool aws_settings_choose_ca_bundle(struct aws_settings *settings, struct error *error)
{
    const char *bundle = aws_settings_environment("AWS_CA_BUNDLE");
    if (!bundle)
        bundle = aws_settings_get(settings, "ca_bundle");
    if (!bundle || !*bundle)
        return true;
    if ((size_t)snprintf(settings->ca_bundle, sizeof settings->ca_bundle, "%s", bundle) >=
        sizeof settings->ca_bundle)
        return error_set(error, ERROR_INVALID, "AWS_CA_BUNDLE: the path is too long");
    if (access(bundle, R_OK) != 0)
        return error_set_errno(error, "the CA bundle %s (AWS_CA_BUNDLE or ca_bundle) can't be read", bundle);
    return true;
}

/* Without a home directory, as in a container of one program, there are no such files: as botocore has it. */
static bool find_file(const char *variable, const char *fallback, char path[AWS_PATH_MAX],
                      struct error *error)
{
    char home[AWS_PATH_MAX];
    if (aws_settings_environment(variable) || find_home(home, sizeof home, NULL))
        return find_path(variable, fallback, path, error);
    snprintf(path, AWS_PATH_MAX, "%s", fallback);
    return true;
}

bool aws_settings_read_files(struct aws_settings *settings, struct error *error)
{
    memset(settings, 0, sizeof *settings);
    if (find_file("AWS_CONFIG_FILE", "~/.aws/config", settings->config_path, error) &&
        find_file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", settings->credentials_path, error) &&
        aws_config_load(&settings->config, settings->config_path, error) &&
        aws_config_load(&settings->credentials, settings->credentials_path, error))
        return true;
    aws_settings_free(settings);
    return false;
}

void aws_settings_free(struct aws_settings *settings)
{
    aws_config_free(&settings->config);
    aws_config_free(&settings->credentials);
}
