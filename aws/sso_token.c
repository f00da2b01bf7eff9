#include "aws/sso_token.h"

#include "aws/answer.h"
#include "aws/given.h"
#include "aws/json.h"
#include "core/clock.h"
#include "core/document.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHA1_BYTES 20

bool aws_sso_token_path(const char *session_or_url, char path[AWS_PATH_MAX], struct error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char name[sizeof "~/.aws/sso/cache/.json" + 2 * (size_t)SHA1_BYTES];
    size_t length = strlen("~/.aws/sso/cache/");
    if (EVP_Digest(session_or_url, strlen(session_or_url), digest, NULL, EVP_sha1(), NULL) != 1)
        return error_set(error, ERROR_SYSTEM, "SHA-1 failed");
    snprintf(name, sizeof name, "%s", "~/.aws/sso/cache/");
    for (size_t i = 0; i < SHA1_BYTES; i++)
        snprintf(name + length + 2 * i, 3, "%02x", digest[i]);
    snprintf(name + length + 2 * (size_t)SHA1_BYTES, sizeof ".json", ".json");
    return aws_settings_path(name, path, error);
}

static void take(struct aws_sso_token *token)
{
    token->access_token = aws_json_text(token->json, "accessToken");
    token->refresh_token = aws_json_text(token->json, "refreshToken");
    token->client_id = aws_json_text(token->json, "clientId");
    token->client_secret = aws_json_text(token->json, "clientSecret");
}

/* It goes into a header. */
static bool is_header_text(const char *text)
{
    if (!*text || strlen(text) > AWS_SSO_TOKEN_MAX)
        return false;
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    }
    return true;
}

bool aws_sso_token_parse(struct aws_sso_token *token, const char *text, size_t length, struct error *error)
{
    memset(token, 0, sizeof *token);
    token->json = length <= AWS_SSO_FILE_MAX ? aws_json_parse(text, length) : NULL;
    take(token);
    if (token->json && is_header_text(token->access_token) &&
        aws_given_time(aws_json_text(token->json, "expiresAt"), &token->expires_at_ms)) {
        if (!aws_given_time(aws_json_text(token->json, "registrationExpiresAt"), &token->registered_until_ms))
            token->registered_until_ms = 0;
        return true;
    }
    aws_sso_token_free(token);
    return error_set(error, ERROR_INVALID, "it has no accessToken, or no expiresAt");
}

bool aws_sso_token_load(struct aws_sso_token *token, const char *path, struct error *error)
{
    struct buf text;
    char block[4096];
    size_t got;
    memset(token, 0, sizeof *token);
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return error_set(error, ERROR_NOT_FOUND, "there is no %s", path);
    if (!file)
        return error_set_errno(error, "%s", path);
    buf_init(&text, AWS_SSO_FILE_MAX);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buf_append(&text, block, got);
    bool done = !ferror(file) && !text.failed;
    OPENSSL_cleanse(block, sizeof block);
    fclose(file);
    if (!done)
        error_set(error, ERROR_INVALID, "%s can't be read, or is too large", path);
    done = done && (aws_sso_token_parse(token, buf_text(&text), text.length, error) ||
                    error_prefix(error, "%s: ", path));
    if (text.data)
        OPENSSL_cleanse(text.data, text.capacity);
    buf_free(&text);
    return done;
}

bool aws_sso_token_request(const struct aws_sso_token *token, struct buf *out)
{
    struct json_object *json = json_object_new_object();
    bool done = document_put(json, "grantType", document_new_text("refresh_token")) &&
                document_put(json, "clientId", document_new_text(token->client_id)) &&
                document_put(json, "clientSecret", document_new_text(token->client_secret)) &&
                document_put(json, "refreshToken", document_new_text(token->refresh_token)) &&
                document_print(json, out);
    json_object_put(json);
    return done;
}

bool aws_sso_token_renew(struct aws_sso_token *token, const char *answer, size_t length, int64_t now_ms,
                         struct error *error)
{
    struct json_object *json = aws_json_parse(answer, length);
    const char *access = aws_json_text(json, "accessToken"), *refresh = aws_json_text(json, "refreshToken");
    int expires_in_s = aws_json_int(json, "expiresIn", 0);
    char until[CLOCK_TEXT_MAX];
    bool done = is_header_text(access) && expires_in_s > 0;
    if (!done)
        error_set(error, ERROR_NETWORK, "the answer has no accessToken, or no expiresIn");
    if (done) {
        token->expires_at_ms = now_ms + (int64_t)expires_in_s * 1000;
        clock_format_utc(token->expires_at_ms, until, sizeof until);
        done = document_put(token->json, "accessToken", document_new_text(access)) &&
               document_put(token->json, "expiresAt", document_new_text(until)) &&
               (!*refresh || document_put(token->json, "refreshToken", document_new_text(refresh)));
        if (!done)
            error_set(error, ERROR_SYSTEM, "out of memory");
        take(token);
    }
    json_object_put(json);
    return done;
}

bool aws_sso_token_save(const struct aws_sso_token *token, const char *path, struct error *error)
{
    char beside[AWS_PATH_MAX + 8];
    struct buf text;
    buf_init(&text, AWS_SSO_FILE_MAX);
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = document_print(token->json, &text) ? mkostemp(beside, O_CLOEXEC) : -1; /* mode 0600 */
    bool done = fd >= 0 && write(fd, text.data, text.length) == (ssize_t)text.length;
    if (fd >= 0)
        done = close(fd) == 0 && done;
    done = done && rename(beside, path) == 0;
    if (!done) {
        error_set_errno(error, "%.300s can't be written", path);
        if (fd >= 0)
            unlink(beside);
    }
    if (text.data)
        OPENSSL_cleanse(text.data, text.capacity);
    buf_free(&text);
    return done;
}

void aws_sso_token_free(struct aws_sso_token *token)
{
    json_object_put(token->json);
    memset(token, 0, sizeof *token);
}
