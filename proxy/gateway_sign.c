#include "proxy/gateway_sign.h"

#include "core/http_reader.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define QUERY_MAX (128U << 10)
#define EXPIRES_MAX_S 604800

static const char wrong_words[] = "The request signature we calculated does not match the signature you "
                                  "provided. Check your AWS Secret Access "
                                  "Key and signing method. Consult the service documentation for details.";

static bool is_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

/* ── the one it came with ────────────────────────────────────────────────────────────────── */

static struct sigv4_request as_signed(const struct api_request *request, const struct api_call *call,
                                      struct sigv4_header *headers, const char *payload_hash)
{
    struct sigv4_request signed_request = {.method = request->method,
                                           .path = request->path,
                                           .query = request->query,
                                           .headers = headers,
                                           .header_count = request->header_count,
                                           .payload_hash = payload_hash};
    for (size_t i = 0; i < request->header_count; i++)
        headers[i] = (struct sigv4_header){request->headers[i].name, request->headers[i].value};
    sigv4_request_rules(&signed_request, call->service);
    return signed_request;
}

static bool is_own(const char *access_key, const struct aws_credentials *credentials)
{
    return credentials && strcmp(access_key, credentials->access_key) == 0;
}

static bool header_signature_holds(const struct api_request *request, const struct api_call *call,
                                   struct sigv4_header *headers, const struct aws_credentials *credentials,
                                   int64_t now_s, enum api_refusal *refusal, struct error *error)
{
    struct sigv4_authorization authorization;
    char hash[SIGV4_HEX_MAX];
    sigv4_sha256_hex(request->body ? request->body : "", request->body_length, hash);
    const struct sigv4_request signed_request = as_signed(request, call, headers, hash);
    enum sigv4_verdict verdict = sigv4_verify(&signed_request, credentials ? credentials->secret_key : "",
                                              NULL, now_s, &authorization, error);
    switch (verdict) {
    case SIGV4_VALID:
        return true;
    case SIGV4_MISSING:
        *refusal = API_NO_SIGNATURE;
        return false;
    case SIGV4_MALFORMED:
        *refusal = API_HALF_SIGNATURE;
        return false;
    case SIGV4_EXPIRED:
        *refusal = API_EXPIRED_SIGNATURE;
        return false;
    case SIGV4_SCOPE:
        *refusal = API_WRONG_SIGNATURE;
        return false;
    case SIGV4_MISMATCH:
        break;
    }
    *refusal = API_WRONG_SIGNATURE;
    return !is_own(authorization.access_key, credentials);
}

/* Parameters that are the signature's own. */
static const char *const presigned_names[] = {
    "X-Amz-Algorithm",      "X-Amz-Credential",     "X-Amz-Date",
    "X-Amz-Expires",        "X-Amz-SignedHeaders",  "X-Amz-Signature",
    "X-Amz-Security-Token", "X-Amz-Content-Sha256", NULL};
static const char *const signature_name[] = {"X-Amz-Signature", NULL};

/* The query without the parameters of these names. */
static void append_query(struct buf *out, const char *query, const char *const *without)
{
    bool first = true;
    for (const char *at = query; *at;) {
        size_t length = strcspn(at, "&");
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "=&"), at);
        if (!is_among(name, without)) {
            if (!first)
                buf_append_char(out, '&');
            buf_append(out, at, length);
            first = false;
        }
        at += length + (at[length] == '&');
    }
}

struct presigned {
    char credential[SIGV4_FIELD_MAX * 2], date[SIGV4_DATE_MAX + 1], expires[16],
        headers[SIGV4_SIGNED_HEADERS_MAX], signature[SIGV4_HEX_MAX + 1];
};

static bool read_presigned(const char *query, struct presigned *presigned)
{
    size_t length = strlen(query);
    return api_parameter(query, length, "X-Amz-Credential", presigned->credential,
                         sizeof presigned->credential) &&
           api_parameter(query, length, "X-Amz-Date", presigned->date, sizeof presigned->date) &&
           api_parameter(query, length, "X-Amz-Expires", presigned->expires, sizeof presigned->expires) &&
           api_parameter(query, length, "X-Amz-SignedHeaders", presigned->headers,
                         sizeof presigned->headers) &&
           api_parameter(query, length, "X-Amz-Signature", presigned->signature, sizeof presigned->signature);
}

/* Computed anew: the query is signed but for the signature in it. */
static bool presigned_matches(const struct api_request *request, const struct api_call *call,
                              struct sigv4_header *headers, const struct presigned *presigned,
                              const char *secret_key)
{
    const struct sigv4_scope scope = {call->region, call->service};
    char hash[SIGV4_HEX_MAX], signature[SIGV4_HEX_MAX];
    struct buf query, canonical, to_sign;
    buf_init(&query, QUERY_MAX);
    buf_init(&canonical, SIGV4_CANONICAL_MAX);
    buf_init(&to_sign, SIGV4_CANONICAL_MAX);
    append_query(&query, request->query, signature_name);
    sigv4_sha256_hex(request->body ? request->body : "", request->body_length, hash);
    struct sigv4_request as =
        as_signed(request, call, headers, strcmp(call->service, "s3") == 0 ? SIGV4_UNSIGNED_PAYLOAD : hash);
    as.query = buf_text(&query);
    bool same = sigv4_canonical_request(&as, presigned->headers, &canonical, NULL) &&
                sigv4_string_to_sign(&scope, presigned->date, &canonical, &to_sign) &&
                sigv4_signature(secret_key, &scope, presigned->date, &to_sign, signature) &&
                strlen(presigned->signature) == strlen(signature) &&
                CRYPTO_memcmp(presigned->signature, signature, strlen(signature)) == 0;
    buf_free(&to_sign);
    buf_free(&canonical);
    buf_free(&query);
    return same;
}

static bool query_signature_holds(const struct api_request *request, const struct api_call *call,
                                  struct sigv4_header *headers, const struct aws_credentials *credentials,
                                  int64_t now_s, enum api_refusal *refusal, struct error *error)
{
    struct presigned presigned = {.date = ""};
    int64_t signed_s = 0;
    *refusal = API_HALF_SIGNATURE;
    if (!read_presigned(request->query, &presigned) || !sigv4_parse_date(presigned.date, &signed_s))
        return error_set(error, ERROR_INVALID,
                         "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', "
                         "'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date' and 'X-Amz-Expires'.");
    long expires_s = strtol(presigned.expires, NULL, 10);
    *refusal = API_EXPIRED_SIGNATURE;
    if (expires_s <= 0 || expires_s > EXPIRES_MAX_S || now_s > signed_s + expires_s ||
        signed_s > now_s + SIGV4_CLOCK_SKEW_S)
        return error_set(error, ERROR_DENIED, "Request has expired");
    size_t key_length = strcspn(presigned.credential, "/");
    char key[AWS_ACCESS_KEY_MAX];
    snprintf(key, sizeof key, "%.*s", (int)key_length, presigned.credential);
    *refusal = API_WRONG_SIGNATURE;
    if (!is_own(key, credentials) ||
        presigned_matches(request, call, headers, &presigned, credentials->secret_key))
        return true;
    return error_set(error, ERROR_DENIED, "%s", wrong_words);
}

bool gateway_signature_holds(const struct api_request *request, const struct api_call *call,
                             const struct aws_credentials *credentials, int64_t now_s,
                             enum api_refusal *refusal, struct error *error)
{
    struct sigv4_header *headers = calloc(request->header_count + 1, sizeof *headers);
    bool holds = false;
    *refusal = API_HALF_SIGNATURE;
    if (!headers)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    switch (call->signature) {
    case API_SIGNED:
        holds = header_signature_holds(request, call, headers, credentials, now_s, refusal, error);
        break;
    case API_PRESIGNED:
        holds = query_signature_holds(request, call, headers, credentials, now_s, refusal, error);
        break;
    case API_UNREADABLE:
        error_set(error, ERROR_INVALID, "The signature has no credential scope that can be read.");
        break;
    case API_ASYMMETRIC:
        error_set(error, ERROR_INVALID,
                  "SigV4a (AWS4-ECDSA-P256-SHA256) can't be signed anew by shaketable-proxy: call a single "
                  "region, with AWS4-HMAC-SHA256.");
        break;
    case API_UNSIGNED:
    case API_OTHER_SCHEME:
        *refusal = API_NO_SIGNATURE;
        error_set(error, ERROR_DENIED, "Request is missing Authentication Token");
        break;
    }
    free(headers);
    return holds;
}

/* ── the one it goes on with ─────────────────────────────────────────────────────────────── */

/* What is of this connection, and of the old signature. */
static const char *const left_out[] = {"Authorization",
                                       "Connection",
                                       "Content-Length",
                                       "Expect",
                                       "Host",
                                       "Keep-Alive",
                                       "Proxy-Authorization",
                                       "Proxy-Connection",
                                       "TE",
                                       "Trailer",
                                       "Transfer-Encoding",
                                       "Upgrade",
                                       "X-Amz-Content-Sha256",
                                       "X-Amz-Date",
                                       "X-Amz-Security-Token",
                                       NULL};
static const char *const of_pieces[] = {"Content-Encoding", "X-Amz-Decoded-Content-Length", "X-Amz-Trailer",
                                        NULL};

static bool is_of_connection(const struct api_request *request, const char *name)
{
    const char *list = api_request_header(request, "Connection");
    return list && http_list_has(list, strlen(list), name, strlen(name));
}

/* "aws-chunked,gzip" without aws-chunked. */
static const char *other_encodings(const struct api_request *request, struct gateway_signed *result)
{
    const char *value = api_request_header(request, "Content-Encoding");
    size_t length = 0;
    for (const char *at = value ? value : ""; *at;) {
        size_t whole = strcspn(at, ",");
        while (whole > 0 && *at == ' ') {
            at++;
            whole--;
        }
        if (whole > 0 && strncasecmp(at, "aws-chunked", strlen("aws-chunked")) != 0 &&
            length + whole + 2 < sizeof result->content_encoding)
            length +=
                (size_t)snprintf(result->content_encoding + length, sizeof result->content_encoding - length,
                                 "%s%.*s", length > 0 ? "," : "", (int)whole, at);
        at += whole + (at[whole] == ',');
    }
    return length > 0 ? result->content_encoding : NULL;
}

static bool put(struct gateway_signed *result, size_t room, const char *name, const char *value)
{
    if (result->header_count == room)
        return false;
    result->headers[result->header_count++] = (struct http1_header){.name = name, .value = value};
    return true;
}

/* What is to be signed. */
static bool take_headers(const struct api_request *request, const struct gateway_endpoint *endpoint,
                         struct gateway_signed *result, struct error *error)
{
    const char *said = api_request_header(request, "X-Amz-Content-Sha256"), *encoding = NULL;
    bool pieces = said && strncmp(said, "STREAMING-", strlen("STREAMING-")) == 0;
    bool fits = put(result, SIGV4_HEADERS_MAX, "Host", endpoint->authority);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (!is_among(name, left_out) && !(pieces && is_among(name, of_pieces)) &&
            !is_of_connection(request, name))
            fits = fits && put(result, SIGV4_HEADERS_MAX, name, request->headers[i].value);
    }
    if (pieces && (encoding = other_encodings(request, result)))
        fits = fits && put(result, SIGV4_HEADERS_MAX, "Content-Encoding", encoding);
    if (said)
        fits = fits && put(result, SIGV4_HEADERS_MAX, "X-Amz-Content-Sha256", result->payload_hash);
    return fits || error_set(error, ERROR_LIMIT, "a request of more than %d headers can't be signed",
                             SIGV4_HEADERS_MAX);
}

static bool take_target(const struct api_request *request, const struct api_call *call,
                        const struct gateway_endpoint *endpoint, struct buf *target, size_t *query,
                        struct error *error)
{
    static const char *const none[] = {NULL};
    buf_append(target, endpoint->url.target, endpoint->prefix_length);
    buf_append_text(target, *request->path ? request->path : "/");
    buf_append_char(target, '\0');
    *query = target->length;
    append_query(target, request->query, call->signature == API_PRESIGNED ? presigned_names : none);
    return !target->failed || error_set(error, ERROR_LIMIT, "the request's path is too long");
}

static bool sign(const struct api_request *request, const struct api_call *call,
                 const struct aws_credentials *credentials, int64_t now_s, size_t query,
                 struct gateway_signed *result, struct error *error)
{
    struct sigv4_header headers[SIGV4_HEADERS_MAX];
    const struct sigv4_credentials keys = {credentials->access_key, credentials->secret_key,
                                           credentials->session_token};
    const struct sigv4_scope scope = {call->region, call->service};
    struct sigv4_request as = {.method = request->method,
                               .path = result->target.data,
                               .query = result->target.data + query,
                               .headers = headers,
                               .header_count = result->header_count,
                               .payload_hash = result->payload_hash};
    for (size_t i = 0; i < result->header_count; i++)
        headers[i] = (struct sigv4_header){result->headers[i].name, result->headers[i].value};
    sigv4_request_rules(&as, call->service);
    return sigv4_sign(&as, &keys, &scope, now_s, &result->signature, error);
}

/* What signing has added replaces what was there. */
static void add_signature(struct gateway_signed *result)
{
    const struct sigv4_signed *signature = &result->signature;
    size_t kept = 0;
    for (size_t i = 0; i < result->header_count; i++)
        if (!sigv4_header_find(signature->add, signature->add_count, result->headers[i].name))
            result->headers[kept++] = result->headers[i];
    result->header_count = kept;
    for (size_t i = 0; i < signature->add_count; i++)
        put(result, GATEWAY_HEADERS_SENT_MAX, signature->add[i].name, signature->add[i].value);
}

bool gateway_sign(const struct api_request *request, const struct api_call *call,
                  const struct gateway_endpoint *endpoint, const struct aws_credentials *credentials,
                  int64_t now_s, struct gateway_signed *result, struct error *error)
{
    size_t query = 0;
    memset(result, 0, sizeof *result);
    buf_init(&result->target, QUERY_MAX);
    sigv4_sha256_hex(request->body ? request->body : "", request->body_length, result->payload_hash);
    if (!take_target(request, call, endpoint, &result->target, &query, error) ||
        !take_headers(request, endpoint, result, error) ||
        !sign(request, call, credentials, now_s, query, result, error))
        return false;
    if (result->target.data[query] != '\0')
        result->target.data[query - 1] = '?'; /* path and query are one text from here on */
    add_signature(result);
    snprintf(result->body_length, sizeof result->body_length, "%zu", request->body_length);
    if (request->body_length > 0 || strcmp(request->method, "POST") == 0 ||
        strcmp(request->method, "PUT") == 0 || strcmp(request->method, "PATCH") == 0)
        put(result, GATEWAY_HEADERS_SENT_MAX, "Content-Length", result->body_length);
    return true;
}

void gateway_signed_free(struct gateway_signed *result)
{
    sigv4_signed_free(&result->signature);
    buf_free(&result->target);
}
