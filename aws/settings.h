/*
 * settings: which profile and region hold, and the files they come from, in the AWS CLI's order.
 * Reads files and environment when it is loaded, and nothing after that; on an EC2 instance that has no
 * region set it asks the instance for its own.
 */
#ifndef SHAKETABLE_AWS_SETTINGS_H
#define SHAKETABLE_AWS_SETTINGS_H

#include "aws/client.h"
#include "aws/config_file.h"
#include "core/error.h"

#include <stdbool.h>

#define AWS_PROFILE_MAX 256
#define AWS_REGION_MAX 64
#define AWS_PATH_MAX 4096

struct aws_settings {
    char profile[AWS_PROFILE_MAX]; /* "default" if none was chosen */
    bool profile_from_option;      /* --profile: it beats keys in the environment */
    char region[AWS_REGION_MAX];
    char ca_bundle[AWS_PATH_MAX]; /* "": the system's */
    char config_path[AWS_PATH_MAX];
    char credentials_path[AWS_PATH_MAX];
    struct aws_config config;
    struct aws_config credentials;
};

bool aws_settings_load(struct aws_settings *settings, const struct aws_options *options, struct error *error);
/* Finds and reads the two files alone; nothing is chosen. */
bool aws_settings_read_files(struct aws_settings *settings, struct error *error);
/* The chosen profile: the option's (NULL or "": none), AWS_PROFILE's, AWS_DEFAULT_PROFILE's, or default. One
 * that was named must be in the files. */
bool aws_settings_choose_profile(struct aws_settings *settings, const char *option, struct error *error);
/* AWS_CA_BUNDLE or the profile's ca_bundle; it must be readable. */
bool aws_settings_choose_ca_bundle(struct aws_settings *settings, struct error *error);
void aws_settings_free(struct aws_settings *settings);

/* A key of the chosen profile, in the credentials file or else in the config file; NULL: not set. */
const char *aws_settings_get(const struct aws_settings *settings, const char *key);
/* The same of any profile. */
const char *aws_settings_get_in(const struct aws_settings *settings, const char *profile, const char *key);
bool aws_settings_has_profile(const struct aws_settings *settings, const char *profile);
/* A file of the AWS CLI's below the home directory, e.g. "~/.aws/sso/cache", with ~ put in. */
bool aws_settings_path(const char *text, char path[AWS_PATH_MAX], struct error *error);
/* An environment variable; NULL if it is not set or empty. */
const char *aws_settings_environment(const char *name);

#endif
