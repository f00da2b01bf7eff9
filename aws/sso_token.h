/*
 * sso_token: what `aws sso login` leaves in ~/.aws/sso/cache, one file a session, read and, after a renewal,
 * written as the AWS CLI does it.
 */
#ifndef SHAKETABLE_AWS_SSO_TOKEN_H
#define SHAKETABLE_AWS_SSO_TOKEN_H

#include "aws/settings.h"
#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

#define AWS_SSO_TOKEN_MAX (32U << 10)
#define AWS_SSO_FILE_MAX (256U << 10)

struct json_object;

struct aws_sso_token {
    struct json_object *json; /* the whole file: what we don't know is kept */
    const char *access_token; /* borrowed from it, as are the others; "" if not there */
    const char *refresh_token, *client_id, *client_secret;
    int64_t expires_at_ms;
    int64_t registered_until_ms; /* 0: no such registration, it can't be renewed */
};

/* The file's path: its name is the SHA-1 of the sso_session's name, or else of the start URL. */
bool aws_sso_token_path(const char *session_or_url, char path[AWS_PATH_MAX], struct error *error);
/* ERROR_INVALID: no token; the message never quotes what is there. */
bool aws_sso_token_parse(struct aws_sso_token *token, const char *text, size_t length, struct error *error);
/* ERROR_NOT_FOUND: there is no such file. */
bool aws_sso_token_load(struct aws_sso_token *token, const char *path, struct error *error);
/* Takes the answer of CreateToken in ({"accessToken", "expiresIn", "refreshToken"}). */
bool aws_sso_token_renew(struct aws_sso_token *token, const char *answer, size_t length, int64_t now_ms,
                         struct error *error);
/* Replaces the file in one step, mode 0600. */
bool aws_sso_token_save(const struct aws_sso_token *token, const char *path, struct error *error);
/* The body of CreateToken. */
bool aws_sso_token_request(const struct aws_sso_token *token, struct buf *out);
void aws_sso_token_free(struct aws_sso_token *token);

#endif
