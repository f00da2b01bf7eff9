#include "aws/login.h"

#include "aws/source.h"
#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_STEP_MS 50
#define FOREVER_MS INT64_MAX

int64_t aws_login_now_ms(const struct aws_login *login)
{
    return clock_epoch_ms() + atomic_load(&login->clock_offset_s) * 1000;
}

static enum aws_found find(struct aws_login *login, bool offline, const atomic_bool *cancel,
                           struct aws_credentials *credentials, struct error *error)
{
    const struct aws_source source = {.settings = &login->settings,
                                      .profile = login->settings.profile,
                                      .environment = !login->settings.profile_from_option,
                                      .login = offline ? NULL : login,
                                      .cancel = cancel};
    return aws_source_find(&source, credentials, error);
}

struct aws_login *aws_login_open(const struct aws_options *options, struct error *error)
{
    struct aws_login *login = calloc(1, sizeof *login);
    if (!login) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    if (!aws_settings_load(&login->settings, options, error)) {
        free(login);
        return NULL;
    }
    enum aws_found found = find(login, true, NULL, &login->credentials, error);
    login->known = found == AWS_FOUND;
    login->got_ms = clock_epoch_ms();
    login->http = found == AWS_FAILED ? NULL : aws_http_pool_open(login->settings.ca_bundle);
    if (!login->http) {
        if (found != AWS_FAILED)
            error_set(error, ERROR_SYSTEM, "libcurl can't be started");
        aws_credentials_clear(&login->credentials);
        aws_settings_free(&login->settings);
        free(login);
        return NULL;
    }
    atomic_init(&login->references, 1);
    login->mfa = options->mfa;
    login->pause_ms = AWS_LOGIN_PAUSE_MS;
    for (int service = 0; service < AWS_SERVICES; service++)
        aws_pace_init(&login->pace[service]);
    pthread_mutex_init(&login->lock, NULL);
    pthread_cond_init(&login->renewed, NULL);
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
    pthread_cond_destroy(&login->renewed);
    pthread_mutex_destroy(&login->lock);
    aws_credentials_clear(&login->credentials);
    aws_settings_free(&login->settings);
    free(login);
}

void aws_login_again(struct aws_login *login)
{
    pthread_mutex_lock(&login->lock);
    login->refused = false;
    login->next_ms = 0;
    pthread_mutex_unlock(&login->lock);
}

/* How long the keys still hold; 0: there are none, or no longer. */
static int64_t left_ms(const struct aws_login *login)
{
    if (!login->known)
        return 0;
    if (login->credentials.expires_at_ms == 0)
        return FOREVER_MS;
    int64_t left = login->credentials.expires_at_ms - aws_login_now_ms(login);
    return left > 0 ? left : 0;
}

/* A window before the end, but no more than a part of the time that the keys hold at all. */
static bool is_within(const struct aws_login *login, int64_t left, int64_t window, int part)
{
    int64_t whole = login->credentials.expires_at_ms - login->got_ms;
    return left < (whole / part < window ? whole / part : window);
}

/* What a call does about the keys as they are. */
enum step { USE, WAIT, RENEW, GIVE_UP };

static enum step choose(const struct aws_login *login, bool hurry)
{
    int64_t left = left_ms(login);
    bool usable = left > 0;
    if (left == FOREVER_MS || (usable && !is_within(login, left, AWS_LOGIN_ADVISORY_MS, 4)))
        return USE;
    if (usable && login->credentials.asked && hurry)
        return USE;
    if (login->renewing)
        return usable && (login->credentials.asked || !is_within(login, left, AWS_LOGIN_MANDATORY_MS, 6))
                   ? USE
                   : WAIT;
    if (login->refused || clock_ms() < login->next_ms)
        return usable ? USE : GIVE_UP;
    return RENEW;
}

static void wait_a_step(struct aws_login *login)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_STEP_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&login->renewed, &login->lock, &until);
}

static bool still_expired(const struct aws_login *login, const struct aws_credentials *fresh,
                          struct error *error)
{
    if (fresh->expires_at_ms == 0 || fresh->expires_at_ms > aws_login_now_ms(login))
        return false;
    error_set(error, ERROR_DENIED, "the credentials have expired (%s): get new ones%s", fresh->source,
              strncmp(fresh->source, "the environment", strlen("the environment")) == 0
                  ? ", or take AWS_CREDENTIAL_EXPIRATION away if they do not expire"
                  : ", or check this machine's clock");
    return true;
}

/* With the lock held, which it gives away meanwhile. */
static void renew(struct aws_login *login, const atomic_bool *cancel)
{
    struct error problem = {0};
    struct aws_credentials *fresh = calloc(1, sizeof *fresh);
    bool done = false;
    login->renewing = true;
    pthread_mutex_unlock(&login->lock);
    if (fresh)
        done = find(login, false, cancel, fresh, &problem) == AWS_FOUND &&
               !still_expired(login, fresh, &problem);
    else
        error_set(&problem, ERROR_SYSTEM, "out of memory");
    pthread_mutex_lock(&login->lock);
    login->renewing = false;
    if (done) {
        aws_credentials_clear(&login->credentials);
        login->credentials = *fresh;
        login->known = true;
        login->got_ms = aws_login_now_ms(login);
        login->next_ms = 0;
    } else {
        bool canceled = cancel && atomic_load(cancel);
        login->problem = problem;
        login->refused = problem.code == ERROR_CANCELED && !canceled;
        /* Another caller may have more patience than the one that was canceled. */
        login->next_ms = canceled ? 0 : clock_ms() + login->pause_ms;
    }
    if (fresh)
        aws_credentials_clear(fresh);
    free(fresh);
    pthread_cond_broadcast(&login->renewed);
}

bool aws_login_copy(struct aws_login *login, bool hurry, const atomic_bool *cancel,
                    struct aws_credentials *copy, struct error *error)
{
    enum step step;
    pthread_mutex_lock(&login->lock);
    while ((step = choose(login, hurry)) == WAIT || step == RENEW) {
        if (cancel && atomic_load(cancel)) {
            pthread_mutex_unlock(&login->lock);
            return error_set(error, ERROR_CANCELED, "canceled while the credentials were being renewed");
        }
        if (step == WAIT)
            wait_a_step(login);
        else
            renew(login, cancel);
    }
    if (step == USE)
        memcpy(copy, &login->credentials, sizeof *copy);
    else if (error)
        *error = login->problem;
    pthread_mutex_unlock(&login->lock);
    return step == USE;
}
