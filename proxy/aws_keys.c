#include "proxy/aws_keys.h"

#include "aws/keeper.h"
#include "aws/settings.h"
#include "aws/source.h"
#include "core/clock.h"
#include "proxy/aws_transport.h"

#include <stdatomic.h>
#include <stdlib.h>

struct aws_keys {
    struct aws_settings settings;
    struct aws_transport transport;
    struct aws_keeper keeper;
    atomic_bool ending;
};

static enum aws_found refuse(const struct aws_source *source, const char *what, struct error *error)
{
    return aws_source_fail(error,
                           "%.300s (the profile '%.100s') takes calls to AWS that the sidecar does not make: "
                           "give it keys, as 'aws configure export-credentials --format env' prints them, or "
                           "a task role",
                           what, source->profile);
}

/* What the console gets by calls to STS and to SSO. */
static enum aws_found refuse_role(const struct aws_source *source, struct aws_credentials *credentials,
                                  struct error *error)
{
    (void)credentials;
    return aws_source_get(source, "role_arn") &&
                   (aws_source_get(source, "source_profile") || aws_source_get(source, "credential_source"))
               ? refuse(source, "an assumed role, role_arn", error)
               : AWS_NOTHING;
}

static enum aws_found refuse_web_identity(const struct aws_source *source,
                                          struct aws_credentials *credentials, struct error *error)
{
    (void)credentials;
    return aws_settings_environment("AWS_WEB_IDENTITY_TOKEN_FILE") ||
                   aws_source_get(source, "web_identity_token_file")
               ? refuse(source, "a web identity, AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file",
                        error)
               : AWS_NOTHING;
}

static enum aws_found refuse_sso(const struct aws_source *source, struct aws_credentials *credentials,
                                 struct error *error)
{
    (void)credentials;
    return aws_source_get(source, "sso_role_name") || aws_source_get(source, "sso_account_id")
               ? refuse(source, "SSO, sso_role_name", error)
               : AWS_NOTHING;
}

static enum aws_found find(struct aws_keys *keys, bool offline, const atomic_bool *cancel,
                           struct aws_credentials *fresh, struct error *error)
{
    static aws_source_load *const sources[] = {
        aws_source_environment,      refuse_role,        refuse_web_identity,    refuse_sso,
        aws_source_credentials_file, aws_source_process, aws_source_config_file, aws_source_container,
        aws_source_metadata};
    const struct aws_source source = {.settings = &keys->settings,
                                      .profile = keys->settings.profile,
                                      .environment = true,
                                      .transport = offline ? NULL : &keys->transport,
                                      .now_ms = clock_epoch_ms(),
                                      .cancel = cancel};
    enum aws_found found =
        aws_source_first(sources, sizeof sources / sizeof sources[0], &source, fresh, error);
    if (found != AWS_NOTHING || offline) /* none yet: told when a call needs them */
        return found;
    return aws_source_fail(error,
                           "no AWS credentials: tried AWS_ACCESS_KEY_ID in the environment, the profile '%s' "
                           "in %.250s and %.250s, the container's and the instance's role. On ECS give the "
                           "task a role (taskRoleArn); elsewhere set AWS_ACCESS_KEY_ID and "
                           "AWS_SECRET_ACCESS_KEY",
                           keys->settings.profile, keys->settings.credentials_path,
                           keys->settings.config_path);
}

static bool find_again(void *context, const atomic_bool *cancel, struct aws_credentials *fresh,
                       struct error *error)
{
    return find(context, false, cancel, fresh, error) == AWS_FOUND;
}

static int64_t now_ms(void *context)
{
    (void)context;
    return clock_epoch_ms();
}

/* Keys that take no call are there from the start, and what is wrong with a setting is told at once. */
static bool find_offline(struct aws_keys *keys, struct error *error)
{
    struct aws_credentials *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    enum aws_found found = find(keys, true, NULL, fresh, error);
    if (found == AWS_FOUND)
        aws_keeper_put(&keys->keeper, fresh);
    aws_credentials_clear(fresh);
    free(fresh);
    return found != AWS_FAILED;
}

struct aws_keys *aws_keys_open(struct error *error)
{
    struct aws_keys *keys = calloc(1, sizeof *keys);
    const struct aws_keeper_source source = {.find = find_again, .now_ms = now_ms, .context = keys};
    if (!keys) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    aws_keeper_init(&keys->keeper, &source);
    keys->transport = aws_transport_direct(keys->settings.ca_bundle);
    if (aws_settings_read_files(&keys->settings, error) &&
        aws_settings_choose_profile(&keys->settings, NULL, error) &&
        aws_settings_choose_ca_bundle(&keys->settings, error) && find_offline(keys, error))
        return keys;
    aws_keys_close(keys);
    return NULL;
}

bool aws_keys_get(struct aws_keys *keys, struct aws_credentials *copy, struct error *error)
{
    return aws_keeper_copy(&keys->keeper, false, &keys->ending, copy, error);
}

void aws_keys_cancel(struct aws_keys *keys)
{
    atomic_store(&keys->ending, true);
}

void aws_keys_close(struct aws_keys *keys)
{
    if (!keys)
        return;
    aws_keeper_destroy(&keys->keeper);
    aws_settings_free(&keys->settings);
    free(keys);
}
