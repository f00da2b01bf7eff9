/* IAM Identity Center: the token that `aws sso login` got buys the keys of a role
 * (https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html). */
#include "aws/answer.h"
#include "aws/client_internal.h"
#include "aws/given.h"
#include "aws/json.h"
#include "aws/plain.h"
#include "aws/source.h"
#include "aws/sso_token.h"

#include <json-c/json.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define SSO_TIMEOUT_MS 20000
#define SSO_ATTEMPTS 3
#define SSO_RENEW_MS (15 * 60 * 1000) /* before its end a token is renewed */
#define URL_MAX (AWS_URL_MAX + 1024)

struct sso {
    const struct aws_source *source;
    const char *session; /* NULL: the older form, all of it in the profile */
    const char *start_url, *region, *role, *account;
    char path[AWS_PATH_MAX]; /* of the token */
};

/* A key of the sso-session, or of the profile; where both have it they must be the same. */
static bool take_key(struct sso *sso, const struct aws_config_section *section, const char *key,
                     const char **value, struct error *error)
{
    const char *here = aws_source_get(sso->source, key), *there = aws_config_get(section, key);
    if (here && there && strcmp(here, there) != 0)
        return error_set(error, ERROR_DENIED,
                         "%s is not the same in the profile '%.100s' and in its sso-session '%.100s'", key,
                         sso->source->profile, sso->session);
    *value = there && *there ? there : here;
    return *value || error_set(error, ERROR_DENIED, "the profile '%.100s' is set up for SSO, but has no %s",
                               sso->source->profile, key);
}

static bool take_settings(struct sso *sso, struct error *error)
{
    const struct aws_settings *settings = sso->source->settings;
    const struct aws_config_section *section = NULL;
    sso->session = aws_source_get(sso->source, "sso_session");
    if (sso->session) {
        section = aws_config_find(&settings->config, "sso-session", sso->session);
        if (!section) {
            error_set(error, ERROR_DENIED,
                      "the sso-session '%.100s' of the profile '%.100s' is not in %.250s", sso->session,
                      sso->source->profile, settings->config_path);
            return false;
        }
    }
    return take_key(sso, section, "sso_start_url", &sso->start_url, error) &&
           take_key(sso, section, "sso_region", &sso->region, error) &&
           take_key(sso, section, "sso_role_name", &sso->role, error) &&
           take_key(sso, section, "sso_account_id", &sso->account, error) &&
           aws_sso_token_path(sso->session ? sso->session : sso->start_url, sso->path, error);
}

/* What to do about it, for all that is wrong with the token. */
static bool must_login(const struct sso *sso, const char *what, struct error *error)
{
    return error_set(error, ERROR_DENIED,
                     "the SSO session of the profile '%.100s' %s: run aws sso login --profile %.100s",
                     sso->source->profile, what, sso->source->profile);
}

static bool url_of(const struct sso *sso, enum aws_service service, const char *path, char url[URL_MAX],
                   struct error *error)
{
    struct aws_endpoint endpoint;
    if (!aws_endpoint_resolve_in(&endpoint, sso->source->settings, sso->region, service, NULL, error))
        return false;
    return snprintf(url, URL_MAX, "%s%s", endpoint.url, path) < URL_MAX ||
           error_set(error, ERROR_INVALID, "the SSO endpoint's URL is too long");
}

/* CreateToken of SSO-OIDC. Where that fails the old token is used as long as it holds. */
static bool renew(const struct sso *sso, struct aws_sso_token *token, struct error *error)
{
    char url[URL_MAX];
    struct buf body;
    struct aws_http_answer answer;
    int64_t now_ms = aws_login_now_ms(sso->source->login);
    if (!url_of(sso, AWS_SSO_OIDC, "/token", url, error))
        return false;
    buf_init(&body, AWS_SSO_FILE_MAX);
    bool done = aws_sso_token_request(token, &body);
    struct aws_plain plain = {.method = "POST",
                              .url = url,
                              .headers = {"Content-Type: application/json"},
                              .body = buf_text(&body),
                              .timeout_ms = SSO_TIMEOUT_MS,
                              .attempts = 1, /* a refresh token is good for one answer */
                              .cancel = sso->source->cancel};
    if (done) {
        done = aws_plain_send(sso->source->transport, &plain, &answer, error);
        if (done && answer.status != 200)
            done = error_set(error, ERROR_DENIED, "the answer has status %ld", answer.status);
        done = done &&
               aws_sso_token_renew(token, buf_text(&answer.body), answer.body.length, now_ms, error) &&
               aws_sso_token_save(token, sso->path, error);
        if (answer.body.data)
            OPENSSL_cleanse(answer.body.data, answer.body.capacity);
        aws_http_answer_free(&answer);
    }
    if (body.data)
        OPENSSL_cleanse(body.data, body.capacity);
    buf_free(&body);
    return done;
}

static bool get_token(const struct sso *sso, struct aws_sso_token *token, struct error *error)
{
    if (!aws_sso_token_load(token, sso->path, error))
        return must_login(sso, error && error->code == ERROR_NOT_FOUND ? "has not begun" : "is not readable",
                          error);
    int64_t now_ms = aws_login_now_ms(sso->source->login);
    bool renewable = sso->session && *token->refresh_token && *token->client_id && *token->client_secret &&
                     token->registered_until_ms > now_ms;
    struct error ignored;
    if (token->expires_at_ms - now_ms < SSO_RENEW_MS && renewable)
        renew(sso, token, &ignored);
    if (token->expires_at_ms > now_ms)
        return true;
    aws_sso_token_free(token);
    return must_login(sso, "has expired", error);
}

/* A value of the query: whatever is not a letter or a digit is written in hex. */
static void add_value(struct buf *out, const char *name, const char *value)
{
    buf_append_text(out, name);
    for (; *value; value++) {
        char c = *value;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            buf_append_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

static bool judge(const struct sso *sso, const struct aws_http_answer *answer, struct error *error)
{
    if (answer->status == 200)
        return true;
    if (answer->status == 401)
        return must_login(sso, "is not accepted any more", error);
    struct json_object *json = aws_json_parse(buf_text(&answer->body), answer->body.length);
    error_set(error, ERROR_DENIED,
              "SSO gives no keys for the role %.100s in the account %.32s: %.200s (status %ld)", sso->role,
              sso->account, aws_json_text(json, "message"), answer->status);
    json_object_put(json);
    return false;
}

static bool get_keys(const struct sso *sso, const struct aws_sso_token *token,
                     struct aws_credentials *credentials, struct error *error)
{
    char url[URL_MAX];
    struct buf path, header;
    struct aws_http_answer answer;
    buf_init(&path, URL_MAX);
    buf_init(&header, AWS_SSO_TOKEN_MAX + 64);
    add_value(&path, "/federation/credentials?role_name=", sso->role);
    add_value(&path, "&account_id=", sso->account);
    buf_printf(&header, "x-amz-sso_bearer_token: %s", token->access_token);
    struct aws_plain plain = {.method = "GET",
                              .url = url,
                              .headers = {buf_text(&header)},
                              .timeout_ms = SSO_TIMEOUT_MS,
                              .attempts = SSO_ATTEMPTS,
                              .cancel = sso->source->cancel};
    bool done = !path.failed && !header.failed && url_of(sso, AWS_SSO, buf_text(&path), url, error);
    if (done) {
        done = aws_plain_send(sso->source->transport, &plain, &answer, error) && judge(sso, &answer, error) &&
               aws_given_read(buf_text(&answer.body), answer.body.length, AWS_GIVEN_SSO, credentials, error);
        if (answer.body.data)
            OPENSSL_cleanse(answer.body.data, answer.body.capacity);
        aws_http_answer_free(&answer);
    }
    if (header.data)
        OPENSSL_cleanse(header.data, header.capacity);
    buf_free(&header);
    buf_free(&path);
    return done;
}

enum aws_found aws_source_sso(const struct aws_source *source, struct aws_credentials *credentials,
                              struct error *error)
{
    struct sso sso = {.source = source};
    struct aws_sso_token token = {0};
    if (!aws_source_get(source, "sso_role_name") && !aws_source_get(source, "sso_account_id"))
        return AWS_NOTHING;
    if (!take_settings(&sso, error))
        return AWS_FAILED;
    if (!source->login)
        return AWS_LATER;
    snprintf(credentials->source, sizeof credentials->source, "SSO, the role %.100s in the account %.32s",
             sso.role, sso.account);
    bool done = get_token(&sso, &token, error) && get_keys(&sso, &token, credentials, error);
    aws_sso_token_free(&token);
    return done ? AWS_FOUND : AWS_FAILED;
}
