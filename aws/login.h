/*
 * login: what the clients of one profile share: its settings, connections, pace, AWS's clock, and the keys
 * (keeper.h). Safe to use from several threads.
 */
#ifndef SHAKETABLE_AWS_LOGIN_H
#define SHAKETABLE_AWS_LOGIN_H

#include "aws/client.h"
#include "aws/http.h"
#include "aws/keeper.h"
#include "aws/pace.h"
#include "aws/service.h"
#include "aws/settings.h"
#include "core/error.h"

#include <stdatomic.h>
#include <stdbool.h>

struct aws_login {
    atomic_uint references;
    struct aws_settings settings;
    struct aws_http_pool *http;
    struct aws_mfa mfa;
    struct aws_pace pace[AWS_SERVICES];
    struct aws_keeper keeper;
    atomic_llong clock_offset_s; /* what AWS's clock is ahead of ours, once a signature was refused for it */
};

/* Reads files and environment, no more. NULL on error, as aws_client_open. One reference. */
struct aws_login *aws_login_open(const struct aws_options *options, struct error *error);
void aws_login_retain(struct aws_login *login);
void aws_login_release(struct aws_login *login); /* NULL: nothing */

/* As in keeper.h. */
bool aws_login_copy(struct aws_login *login, bool hurry, const atomic_bool *cancel,
                    struct aws_credentials *copy, struct error *error);
void aws_login_again(struct aws_login *login);
/* The time that AWS has, as far as we know. */
int64_t aws_login_now_ms(const struct aws_login *login);

#endif
