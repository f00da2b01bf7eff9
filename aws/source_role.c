/* A profile's role_arn: assumed with the keys of source_profile, or of credential_source. */
#include "aws/client_internal.h"
#include "aws/source.h"
#include "aws/sts.h"
#include "core/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_role(const struct aws_source *source)
{
    /* What has a web identity is that source's, also in the middle of a chain. */
    return aws_source_get(source, "role_arn") && !aws_source_get(source, "web_identity_token_file");
}

static bool has_keys(const struct aws_source *source)
{
    return aws_source_get(source, "aws_access_key_id") || aws_source_get(source, "aws_secret_access_key");
}

static bool was_visited(const struct aws_source *source, const char *profile)
{
    for (size_t i = 0; i < source->visited_count; i++) {
        if (strcmp(source->visited[i], profile) == 0)
            return true;
    }
    return false;
}

static enum aws_found assume(const struct aws_source *source, struct aws_credentials *credentials,
                             struct error *error);

static enum aws_found from_source_profile(const struct aws_source *source, const char *name,
                                          struct aws_credentials *credentials, struct error *error)
{
    struct aws_source next = *source;
    next.profile = name;
    next.environment = false;
    if (!aws_settings_has_profile(source->settings, name))
        return aws_source_fail(
            error, "the source_profile '%.100s' of the profile '%.100s' is neither in %.250s nor in %.250s",
            name, source->profile, source->settings->config_path, source->settings->credentials_path);
    /* A profile may name itself for keys of its own. */
    bool itself = strcmp(name, source->profile) == 0 && has_keys(&next);
    if ((was_visited(source, name) && !itself) || source->visited_count == AWS_ROLES_MAX)
        return aws_source_fail(
            error, "the profile '%.100s' leads by source_profile in a circle: '%.100s' was there before",
            source->visited[0], name);
    next.visited[next.visited_count < AWS_ROLES_MAX ? next.visited_count++ : 0] = name;
    if (!has_keys(&next) && is_role(&next))
        return assume(&next, credentials, error);
    enum aws_found found = aws_source_find_in_profile(&next, credentials, error);
    if (found == AWS_NOTHING)
        return aws_source_fail(error,
                               "the source_profile '%.100s' of the profile '%.100s' has no credentials", name,
                               source->profile);
    return found;
}

static enum aws_found from_named_source(const struct aws_source *source, const char *name,
                                        struct aws_credentials *credentials, struct error *error)
{
    static const struct {
        const char *name;
        aws_source_load *load;
    } known[] = {{"Environment", aws_source_environment},
                 {"EcsContainer", aws_source_container},
                 {"Ec2InstanceMetadata", aws_source_metadata}};
    struct aws_source next = *source;
    next.environment = true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        enum aws_found found = known[i].load(&next, credentials, error);
        if (found == AWS_NOTHING)
            return aws_source_fail(
                error, "the profile '%.100s' has credential_source = %s, and there are no credentials there",
                source->profile, name);
        return found;
    }
    return aws_source_fail(error,
                           "the profile '%.100s' has credential_source = %.100s: it must be Environment, "
                           "EcsContainer or Ec2InstanceMetadata",
                           source->profile, name);
}

static enum aws_found find_source(const struct aws_source *source, struct aws_credentials *credentials,
                                  struct error *error)
{
    const char *profile = aws_source_get(source, "source_profile");
    const char *named = aws_source_get(source, "credential_source");
    if (profile && named)
        return aws_source_fail(error, "the profile '%.100s' has both source_profile and credential_source",
                               source->profile);
    if (!profile && !named)
        return aws_source_fail(
            error, "the profile '%.100s' has role_arn, but neither source_profile nor credential_source",
            source->profile);
    return profile ? from_source_profile(source, profile, credentials, error)
                   : from_named_source(source, named, credentials, error);
}

static int duration_s(const struct aws_source *source)
{
    const char *text = aws_source_get(source, "duration_seconds");
    char *end;
    errno = 0;
    long value = text ? strtol(text, &end, 10) : 0;
    return text && !*end && errno == 0 && value > 0 && value <= INT_MAX ? (int)value : 0;
}

static bool ask_code(const struct aws_source *source, const char *serial, char code[AWS_MFA_CODE_MAX],
                     struct error *error)
{
    const struct aws_mfa *mfa = &source->login->mfa;
    if (!mfa->ask)
        return error_set(
            error, ERROR_DENIED,
            "the profile '%.100s' needs a code of the MFA device %.200s, and nobody can be asked for it here",
            source->profile, serial);
    return mfa->ask(mfa->context, serial, source->cancel, code, AWS_MFA_CODE_MAX, error);
}

/* The call, with the keys of the source in `credentials`, which become the role's. */
static bool call_sts(const struct aws_source *source, struct aws_credentials *credentials,
                     struct error *error)
{
    struct aws_credentials *keys = malloc(sizeof *keys);
    char name[64], code[AWS_MFA_CODE_MAX] = "";
    snprintf(name, sizeof name, "shaketable-%" PRId64, clock_epoch_ms() / 1000);
    const char *wanted = aws_source_get(source, "role_session_name");
    struct sts_role role = {.arn = aws_source_get(source, "role_arn"),
                            .session_name = wanted ? wanted : name,
                            .external_id = aws_source_get(source, "external_id"),
                            .mfa_serial = aws_source_get(source, "mfa_serial"),
                            .duration_s = duration_s(source)};
    bool done = false;
    if (!keys)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    *keys = *credentials;
    struct aws_client *client = aws_client_open_for_login(source->login, keys, source->cancel, error);
    if (!client || (role.mfa_serial && !ask_code(source, role.mfa_serial, code, error)))
        goto out;
    role.mfa_code = role.mfa_serial ? code : NULL;
    bool asked = keys->asked || role.mfa_serial;
    aws_credentials_clear(credentials);
    snprintf(credentials->source, sizeof credentials->source, "the role %.200s of the profile %.100s",
             role.arn, source->profile);
    credentials->asked = asked;
    done = sts_assume_role(client, &role, credentials, error);
out:
    aws_client_close(client);
    aws_credentials_clear(keys);
    free(keys);
    return done ? true : error_prefix(error, "the profile '%.100s': ", source->profile);
}

static enum aws_found assume(const struct aws_source *source, struct aws_credentials *credentials,
                             struct error *error)
{
    enum aws_found found = find_source(source, credentials, error);
    if (found == AWS_NOTHING || found == AWS_FAILED)
        return found;
    if (!source->login || found == AWS_LATER)
        return AWS_LATER;
    return call_sts(source, credentials, error) ? AWS_FOUND : AWS_FAILED;
}

enum aws_found aws_source_role(const struct aws_source *source, struct aws_credentials *credentials,
                               struct error *error)
{
    struct aws_source first = *source;
    if (!is_role(source))
        return AWS_NOTHING;
    first.visited[0] = source->profile;
    first.visited_count = 1;
    return assume(&first, credentials, error);
}
