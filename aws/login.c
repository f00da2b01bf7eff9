#include "aws/login.h"

#include "aws/source.h"
#include "core/clock.h"

#include <stdlib.h>

int64_t aws_login_now_ms(const struct aws_login *login)
{
    return clock_epoch_ms() + atomic_load(&login->clock_offset_s) * 1000;
}

static enum aws_found find(struct aws_login *login, bool offline, const atomic_bool *cancel,
                           struct aws_credentials *credentials, struct error *error)
{
    const struct aws_transport transport = aws_http_transport(login->http);
    const struct aws_source source = {.settings = &login->settings,
                                      .profile = login->settings.profile,
                                      .environment = !login->settings.profile_from_option,
                                      .login = offline ? NULL : login,
                                      .transport = offline ? NULL : &transport,
                                      .now_ms = aws_login_now_ms(login),
                                      .cancel = cancel};
    return aws_source_find(&source, credentials, error);
}

static bool find_again(void *context, const atomic_bool *cancel, struct aws_credentials *fresh,
                       struct error *error)
{
    return find(context, false, cancel, fresh, error) == AWS_FOUND;
}

static int64_t now_of(void *context)
{
    return aws_login_now_ms(context);
}

/* Reads what there is without a call; AWS_FAILED with an error. */
static enum aws_found find_offline(struct aws_login *login, struct error *error)
{
    struct aws_credentials *credentials = calloc(1, sizeof *credentials);
    enum aws_found found = AWS_FAILED;
    if (!credentials) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return AWS_FAILED;
    }
    found = find(login, true, NULL, credentials, error);
    if (found == AWS_FOUND)
        aws_keeper_put(&login->keeper, credentials);
    aws_credentials_clear(credentials);
    free(credentials);
    return found;
}

struct aws_login *aws_login_open(const struct aws_options *options, struct error *error)
{
    struct aws_login *login = calloc(1, sizeof *login);
    const struct aws_keeper_source source = {.find = find_again, .now_ms = now_of, .context = login};
    if (!login) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    if (!aws_settings_load(&login->settings, options, error)) {
        free(login);
        return NULL;
    }
    aws_keeper_init(&login->keeper, &source);
    enum aws_found found = find_offline(login, error);
    login->http = found == AWS_FAILED ? NULL : aws_http_pool_open(login->settings.ca_bundle);
    if (!login->http) {
        if (found != AWS_FAILED)
            error_set(error, ERROR_SYSTEM, "libcurl can't be started");
        aws_keeper_destroy(&login->keeper);
        aws_settings_free(&login->settings);
        free(login);
        return NULL;
    }
    atomic_init(&login->references, 1);
    login->mfa = options->mfa;
    for (int service = 0; service < AWS_SERVICES; service++)
        aws_pace_init(&login->pace[service]);
    return login;
}

void aws_login_retain(struct aws_login *login)
{
    atomic_fetch_add(&login->references, 1);
}

void aws_login_release(struct aws_login *login)
{
    if (!login || atomic_fetch_sub(&login->references, 1) > 1)
        return;
    aws_http_pool_close(login->http);
    for (int service = 0; service < AWS_SERVICES; service++)
        aws_pace_destroy(&login->pace[service]);
    aws_keeper_destroy(&login->keeper);
    aws_settings_free(&login->settings);
    free(login);
}

void aws_login_again(struct aws_login *login)
{
    aws_keeper_again(&login->keeper);
}

bool aws_login_copy(struct aws_login *login, bool hurry, const atomic_bool *cancel,
                    struct aws_credentials *copy, struct error *error)
{
    return aws_keeper_copy(&login->keeper, hurry, cancel, copy, error);
}
