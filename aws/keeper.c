#include "aws/keeper.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_STEP_MS 50
#define FOREVER_MS INT64_MAX

void aws_keeper_init(struct aws_keeper *keeper, const struct aws_keeper_source *source)
{
    memset(keeper, 0, sizeof *keeper);
    keeper->source = *source;
    keeper->pause_ms = AWS_KEEPER_PAUSE_MS;
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->renewed, NULL);
}

void aws_keeper_destroy(struct aws_keeper *keeper)
{
    pthread_cond_destroy(&keeper->renewed);
    pthread_mutex_destroy(&keeper->lock);
    aws_credentials_clear(&keeper->credentials);
}

static int64_t now_ms(const struct aws_keeper *keeper)
{
    return keeper->source.now_ms(keeper->source.context);
}

void aws_keeper_put(struct aws_keeper *keeper, const struct aws_credentials *credentials)
{
    keeper->credentials = *credentials;
    keeper->known = true;
    keeper->got_ms = now_ms(keeper);
}

void aws_keeper_again(struct aws_keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->refused = false;
    keeper->next_ms = 0;
    pthread_mutex_unlock(&keeper->lock);
}

/* How long the keys still hold; 0: there are none, or no longer. */
static int64_t left_ms(const struct aws_keeper *keeper)
{
    if (!keeper->known)
        return 0;
    if (keeper->credentials.expires_at_ms == 0)
        return FOREVER_MS;
    int64_t left = keeper->credentials.expires_at_ms - now_ms(keeper);
    return left > 0 ? left : 0;
}

/* A window before the end, but no more than a part of the time that the keys hold at all. */
static bool is_within(const struct aws_keeper *keeper, int64_t left, int64_t window, int part)
{
    int64_t whole = keeper->credentials.expires_at_ms - keeper->got_ms;
    return left < (whole / part < window ? whole / part : window);
}

/* What a call does about the keys as they are. */
enum step { USE, WAIT, RENEW, GIVE_UP };

static enum step choose(const struct aws_keeper *keeper, bool hurry)
{
    int64_t left = left_ms(keeper);
    bool usable = left > 0;
    if (left == FOREVER_MS || (usable && !is_within(keeper, left, AWS_KEEPER_ADVISORY_MS, 4)))
        return USE;
    if (usable && keeper->credentials.asked && hurry)
        return USE;
    if (keeper->renewing)
        return usable && (keeper->credentials.asked || !is_within(keeper, left, AWS_KEEPER_MANDATORY_MS, 6))
                   ? USE
                   : WAIT;
    if (keeper->refused || clock_ms() < keeper->next_ms)
        return usable ? USE : GIVE_UP;
    return RENEW;
}

static void wait_a_step(struct aws_keeper *keeper)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_STEP_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&keeper->renewed, &keeper->lock, &until);
}

static bool still_expired(const struct aws_keeper *keeper, const struct aws_credentials *fresh,
                          struct error *error)
{
    if (fresh->expires_at_ms == 0 || fresh->expires_at_ms > now_ms(keeper))
        return false;
    error_set(error, ERROR_DENIED, "the credentials have expired (%s): get new ones%s", fresh->source,
              strncmp(fresh->source, "the environment", strlen("the environment")) == 0
                  ? ", or take AWS_CREDENTIAL_EXPIRATION away if they do not expire"
                  : ", or check this machine's clock");
    return true;
}

/* With the lock held, which it gives away meanwhile. */
static void renew(struct aws_keeper *keeper, const atomic_bool *cancel)
{
    struct error problem = {0};
    struct aws_credentials *fresh = calloc(1, sizeof *fresh);
    bool done = false;
    keeper->renewing = true;
    pthread_mutex_unlock(&keeper->lock);
    if (fresh)
        done = keeper->source.find(keeper->source.context, cancel, fresh, &problem) &&
               !still_expired(keeper, fresh, &problem);
    else
        error_set(&problem, ERROR_SYSTEM, "out of memory");
    pthread_mutex_lock(&keeper->lock);
    keeper->renewing = false;
    if (done) {
        aws_credentials_clear(&keeper->credentials);
        keeper->credentials = *fresh;
        keeper->known = true;
        keeper->got_ms = now_ms(keeper);
        keeper->next_ms = 0;
    } else {
        bool canceled = cancel && atomic_load(cancel);
        keeper->problem = problem;
        keeper->refused = problem.code == ERROR_CANCELED && !canceled;
        /* Another caller may have more patience than the one that was canceled. */
        keeper->next_ms = canceled ? 0 : clock_ms() + keeper->pause_ms;
    }
    if (fresh)
        aws_credentials_clear(fresh);
    free(fresh);
    pthread_cond_broadcast(&keeper->renewed);
}

bool aws_keeper_copy(struct aws_keeper *keeper, bool hurry, const atomic_bool *cancel,
                     struct aws_credentials *copy, struct error *error)
{
    enum step step;
    pthread_mutex_lock(&keeper->lock);
    while ((step = choose(keeper, hurry)) == WAIT || step == RENEW) {
        if (cancel && atomic_load(cancel)) {
            pthread_mutex_unlock(&keeper->lock);
            return error_set(error, ERROR_CANCELED, "canceled while the credentials were being renewed");
        }
        if (step == WAIT)
            wait_a_step(keeper);
        else
            renew(keeper, cancel);
    }
    if (step == USE)
        memcpy(copy, &keeper->credentials, sizeof *copy);
    else if (error)
        *error = keeper->problem;
    pthread_mutex_unlock(&keeper->lock);
    return step == USE;
}
