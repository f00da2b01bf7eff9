/* A role assumed with a token that an identity provider keeps in a file (IAM roles for service accounts). */
#include "aws/client_internal.h"
#include "aws/source.h"
#include "aws/sts.h"
#include "core/buf.h"
#include "core/clock.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>

#define TOKEN_MAX (64U << 10)

/* Variables beat the profile, one by one, as botocore has it. */
static const char *setting(const struct aws_source *source, const char *variable, const char *key)
{
    const char *value = source->environment ? aws_settings_environment(variable) : NULL;
    return value ? value : aws_source_get(source, key);
}

static bool read_token(const char *path, struct buf *token, struct error *error)
{
    char block[4096];
    size_t got;
    FILE *file = fopen(path, "re");
    if (!file) {
        error_set_errno(error, "the web identity token %.300s can't be read", path);
        if (error)
            error->code = ERROR_DENIED;
        return false;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buf_append(token, block, got);
    bool failed = ferror(file) != 0;
    OPENSSL_cleanse(block, sizeof block);
    fclose(file);
    while (token->length > 0 &&
           (token->data[token->length - 1] == '\n' || token->data[token->length - 1] == '\r'))
        token->data[--token->length] = '\0';
    if (failed || token->failed || token->length == 0)
        return error_set(error, ERROR_DENIED, "the web identity token %.300s is %s", path,
                         failed          ? "not readable"
                         : token->failed ? "too large"
                                         : "empty");
    return true;
}

static bool assume(const struct aws_source *source, const char *path, const char *arn,
                   struct aws_credentials *credentials, struct error *error)
{
    char name[64];
    struct buf token;
    const char *wanted = setting(source, "AWS_ROLE_SESSION_NAME", "role_session_name");
    buf_init(&token, TOKEN_MAX);
    snprintf(name, sizeof name, "shaketable-%" PRId64, clock_epoch_ms() / 1000);
    snprintf(credentials->source, sizeof credentials->source,
             "the role %.200s with the web identity of %.200s", arn, path);
    struct aws_client *client = aws_client_open_for_login(source->login, NULL, source->cancel, error);
    bool done = client && read_token(path, &token, error);
    if (done) {
        const struct sts_role role = {
            .arn = arn, .session_name = wanted ? wanted : name, .web_identity_token = buf_text(&token)};
        done = sts_assume_role(client, &role, credentials, error);
    }
    aws_client_close(client);
    if (token.data)
        OPENSSL_cleanse(token.data, token.capacity);
    buf_free(&token);
    return done;
}

enum aws_found aws_source_web_identity(const struct aws_source *source, struct aws_credentials *credentials,
                                       struct error *error)
{
    const char *path = setting(source, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (!path)
        return AWS_NOTHING;
    const char *arn = setting(source, "AWS_ROLE_ARN", "role_arn");
    if (!arn)
        return aws_source_fail(error,
                               "there is a web identity token (%.300s), but no role: set AWS_ROLE_ARN, or "
                               "role_arn of the profile '%.100s'",
                               path, source->profile);
    if (!source->login)
        return AWS_LATER;
    return assume(source, path, arn, credentials, error) ? AWS_FOUND : AWS_FAILED;
}
