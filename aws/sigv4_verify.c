#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

static const char mismatch[] = "The request signature we calculated does not match the signature you "
                               "provided. Check your AWS Secret Access "
                               "Key and signing method. Consult the service documentation for details.";

static enum sigv4_verdict malformed(struct error *error, const char *what)
{
    error_set(error, ERROR_INVALID, "%s", what);
    return SIGV4_MALFORMED;
}

/* Copies up to `length` bytes if they fit, are not empty and are printable ASCII. */
static bool copy_field(char *field, size_t size, const char *text, size_t length)
{
    if (length == 0 || length >= size)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    memcpy(field, text, length);
    field[length] = '\0';
    return true;
}

/* "KEY/20261121/us-east-1/ecs/aws4_request". An access key may hold slashes: read from the end. */
static bool parse_credential(const char *text, size_t length, struct sigv4_authorization *authorization)
{
    const char *parts[4];
    size_t lengths[4], end = length;
    for (int i = 3; i >= 0; i--) {
        size_t start = end;
        while (start > 0 && text[start - 1] != '/')
            start--;
        if (start == 0)
            return false;
        parts[i] = text + start;
        lengths[i] = end - start;
        end = start - 1;
    }
    return lengths[0] == 8 && strspn(parts[0], "0123456789") == 8 && lengths[3] == strlen("aws4_request") &&
           memcmp(parts[3], "aws4_request", lengths[3]) == 0 &&
           copy_field(authorization->access_key, sizeof authorization->access_key, text, end) &&
           copy_field(authorization->date, sizeof authorization->date, parts[0], lengths[0]) &&
           copy_field(authorization->region, sizeof authorization->region, parts[1], lengths[1]) &&
           copy_field(authorization->service, sizeof authorization->service, parts[2], lengths[2]);
}

static bool parse_signature(const char *text, size_t length, struct sigv4_authorization *authorization)
{
    if (!copy_field(authorization->signature, sizeof authorization->signature, text, length))
        return false;
    return length == SIGV4_HEX_MAX - 1 && strspn(authorization->signature, "0123456789abcdef") == length;
}

static bool starts_with(const char *text, size_t length, const char *key)
{
    return length >= strlen(key) && memcmp(text, key, strlen(key)) == 0;
}

/* One "Key=value" of the header; others than the three are ignored. */
static bool parse_part(const char *text, size_t length, struct sigv4_authorization *authorization)
{
    const size_t credential = strlen("Credential="), headers = strlen("SignedHeaders="),
                 signature = strlen("Signature=");
    if (starts_with(text, length, "Credential="))
        return parse_credential(text + credential, length - credential, authorization);
    if (starts_with(text, length, "SignedHeaders="))
        return copy_field(authorization->signed_headers, sizeof authorization->signed_headers, text + headers,
                          length - headers);
    if (starts_with(text, length, "Signature="))
        return parse_signature(text + signature, length - signature, authorization);
    return true;
}

enum sigv4_verdict sigv4_authorization_parse(const char *text, struct sigv4_authorization *authorization,
                                             struct error *error)
{
    memset(authorization, 0, sizeof *authorization);
    if (!text || strncmp(text, ALGORITHM, strlen(ALGORITHM)) != 0) {
        error_set(error, ERROR_DENIED, "Missing Authentication Token");
        return SIGV4_MISSING;
    }
    text += strlen(ALGORITHM);
    while (*text) {
        text += strspn(text, " \t,");
        size_t length = strcspn(text, ",");
        size_t trimmed = length;
        while (trimmed > 0 && (text[trimmed - 1] == ' ' || text[trimmed - 1] == '\t'))
            trimmed--;
        if (!parse_part(text, trimmed, authorization)) {
            memset(authorization, 0, sizeof *authorization);
            return malformed(error, "The Authorization header is malformed.");
        }
        text += length;
    }
    if (!*authorization->access_key)
        return malformed(error, "Authorization header requires 'Credential' parameter.");
    if (!*authorization->signature)
        return malformed(error, "Authorization header requires 'Signature' parameter.");
    if (!*authorization->signed_headers)
        return malformed(error, "Authorization header requires 'SignedHeaders' parameter.");
    return SIGV4_VALID;
}

static bool lists_header(const char *signed_headers, const char *name)
{
    for (const char *at = signed_headers;;) {
        size_t length = strcspn(at, ";");
        if (length == strlen(name) && strncmp(at, name, length) == 0)
            return true;
        if (at[length] == '\0')
            return false;
        at += length + 1;
    }
}

/* When it was signed: X-Amz-Date, or Date in either form. */
static bool find_date(const struct sigv4_request *request, char amz_date[SIGV4_DATE_MAX], int64_t *epoch_s)
{
    const char *text = sigv4_header_find(request->headers, request->header_count, "x-amz-date");
    if (!text)
        text = sigv4_header_find(request->headers, request->header_count, "date");
    if (!text)
        return false;
    if (!sigv4_parse_date(text, epoch_s)) {
        struct tm tm = {0};
        const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);
        if (!end || (strcmp(end, " GMT") != 0 && strcmp(end, " -0000") != 0))
            return false;
        *epoch_s = (int64_t)timegm(&tm);
    }
    sigv4_format_date(*epoch_s, amz_date);
    return true;
}

static enum sigv4_verdict check_time(const char *amz_date, int64_t signed_s, int64_t now_s,
                                     struct error *error)
{
    char now[SIGV4_DATE_MAX], border[SIGV4_DATE_MAX];
    sigv4_format_date(now_s, now);
    if (signed_s < now_s - SIGV4_CLOCK_SKEW_S) {
        sigv4_format_date(now_s - SIGV4_CLOCK_SKEW_S, border);
        error_set(error, ERROR_DENIED, "Signature expired: %s is now earlier than %s (%s - 5 min.)", amz_date,
                  border, now);
        return SIGV4_EXPIRED;
    }
    if (signed_s > now_s + SIGV4_CLOCK_SKEW_S) {
        sigv4_format_date(now_s + SIGV4_CLOCK_SKEW_S, border);
        error_set(error, ERROR_DENIED, "Signature not yet current: %s is still later than %s (%s + 5 min.)",
                  amz_date, border, now);
        return SIGV4_EXPIRED;
    }
    return SIGV4_VALID;
}

static enum sigv4_verdict check_scope(const struct sigv4_authorization *authorization,
                                      const struct sigv4_scope *expected, const char *amz_date,
                                      struct error *error)
{
    if (memcmp(authorization->date, amz_date, 8) != 0) {
        error_set(error, ERROR_DENIED,
                  "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                  "date from HTTP: '%s' != '%.8s', from '%s'.",
                  authorization->date, amz_date, amz_date);
        return SIGV4_SCOPE;
    }
    if (expected && expected->region && strcmp(expected->region, authorization->region) != 0) {
        error_set(error, ERROR_DENIED, "Credential should be scoped to a valid region, not '%s'.",
                  authorization->region);
        return SIGV4_SCOPE;
    }
    if (expected && expected->service && strcmp(expected->service, authorization->service) != 0) {
        error_set(error, ERROR_DENIED, "Credential should be scoped to correct service: '%s'.",
                  expected->service);
        return SIGV4_SCOPE;
    }
    return SIGV4_VALID;
}

/* The hash that was signed; NULL if it contradicts the body that came. */
static const char *signed_payload(const struct sigv4_request *request)
{
    const char *said = sigv4_header_find(request->headers, request->header_count, "x-amz-content-sha256");
    if (!said)
        return request->payload_hash;
    if (strcmp(said, SIGV4_UNSIGNED_PAYLOAD) == 0 || strncmp(said, "STREAMING-", 10) == 0)
        return said;
    return strcasecmp(said, request->payload_hash) == 0 ? said : NULL;
}

/* Signs the request anew, as the client says it did. */
static bool recompute(const struct sigv4_request *request, const struct sigv4_authorization *authorization,
                      const char *secret_key, const char *amz_date, char signature[SIGV4_HEX_MAX])
{
    const struct sigv4_scope scope = {authorization->region, authorization->service};
    struct sigv4_request as_signed = *request;
    struct buf canonical, to_sign;
    buf_init(&canonical, SIGV4_CANONICAL_MAX);
    buf_init(&to_sign, SIGV4_CANONICAL_MAX);
    as_signed.payload_hash = signed_payload(request);
    bool done = as_signed.payload_hash &&
                sigv4_canonical_request(&as_signed, authorization->signed_headers, &canonical, NULL) &&
                sigv4_string_to_sign(&scope, amz_date, &canonical, &to_sign) &&
                sigv4_signature(secret_key, &scope, amz_date, &to_sign, signature);
    buf_free(&to_sign);
    buf_free(&canonical);
    return done;
}

enum sigv4_verdict sigv4_verify(const struct sigv4_request *request, const char *secret_key,
                                const struct sigv4_scope *expected, int64_t epoch_s,
                                struct sigv4_authorization *authorization, struct error *error)
{
    struct sigv4_authorization local;
    struct sigv4_authorization *parts = authorization ? authorization : &local;
    char amz_date[SIGV4_DATE_MAX], signature[SIGV4_HEX_MAX];
    int64_t signed_s = 0;
    const char *header = sigv4_header_find(request->headers, request->header_count, "authorization");

    enum sigv4_verdict verdict = sigv4_authorization_parse(header, parts, error);
    if (verdict != SIGV4_VALID)
        return verdict;
    if (!lists_header(parts->signed_headers, "host"))
        return malformed(error, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    if (!find_date(request, amz_date, &signed_s))
        return malformed(
            error, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    verdict = check_time(amz_date, signed_s, epoch_s, error);
    if (verdict != SIGV4_VALID)
        return verdict;
    verdict = check_scope(parts, expected, amz_date, error);
    if (verdict != SIGV4_VALID)
        return verdict;
    if (!recompute(request, parts, secret_key, amz_date, signature) ||
        CRYPTO_memcmp(signature, parts->signature, SIGV4_HEX_MAX) != 0) {
        error_set(error, ERROR_DENIED, "%s", mismatch);
        return SIGV4_MISMATCH;
    }
    return SIGV4_VALID;
}
