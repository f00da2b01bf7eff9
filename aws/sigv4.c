#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define KEY_BYTES 32
#define SECRET_MAX 1024

static const char hex_digits[] = "0123456789abcdef";

static const char *const unsigned_headers[] = {"authorization", "connection",        "expect",
                                               "user-agent",    "transfer-encoding", "x-amzn-trace-id"};

void sigv4_request_rules(struct sigv4_request *request, const char *service)
{
    bool plain = strcmp(service, "s3") == 0;
    request->double_encode = !plain;
    request->normalize_path = !plain;
}

static void format_hex(const unsigned char *data, size_t length, char *hex)
{
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = hex_digits[data[i] >> 4];
        hex[2 * i + 1] = hex_digits[data[i] & 15];
    }
    hex[2 * length] = '\0';
}

void sigv4_sha256_hex(const void *data, size_t length, char hex[SIGV4_HEX_MAX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    if (!EVP_Digest(data, length, digest, &digest_length, EVP_sha256(), NULL) || digest_length != KEY_BYTES)
        memset(digest, 0, KEY_BYTES);
    format_hex(digest, KEY_BYTES, hex);
}

const char *sigv4_header_find(const struct sigv4_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    }
    return NULL;
}

void sigv4_format_date(int64_t epoch_s, char text[SIGV4_DATE_MAX])
{
    time_t seconds = (time_t)epoch_s;
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || strftime(text, SIGV4_DATE_MAX, "%Y%m%dT%H%M%SZ", &tm) == 0)
        memcpy(text, "19700101T000000Z", SIGV4_DATE_MAX);
}

bool sigv4_parse_date(const char *text, int64_t *epoch_s)
{
    struct tm tm = {0};
    if (strlen(text) != SIGV4_DATE_MAX - 1)
        return false;
    const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);
    if (!end || *end != '\0')
        return false;
    char again[SIGV4_DATE_MAX];
    *epoch_s = (int64_t)timegm(&tm);
    /* strptime takes spaces and short fields: only the very same text will do. */
    sigv4_format_date(*epoch_s, again);
    return strcmp(again, text) == 0;
}

/* A piece of text that ends where it ends, not at a NUL. */
struct slice {
    const char *data;
    size_t length;
};

static int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    if (order != 0)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

/* Percent-encodes all but RFC 3986's unreserved characters and "/". */
static void append_encoded(struct buf *out, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '.' || c == '_' || c == '~' || c == '/')
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* RFC 3986, 5.2.4, and empty segments removed too, as AWS does. */
static void append_normalized(struct buf *out, const char *path)
{
    size_t start = out->length;
    const char *segment = path;
    if (*path == '/')
        buf_append_char(out, '/');
    size_t first = out->length;
    while (!out->failed) {
        size_t length = strcspn(segment, "/");
        if (length == 2 && segment[0] == '.' && segment[1] == '.') {
            while (out->length > first && out->data[out->length - 1] != '/')
                out->length--;
            if (out->length > first)
                out->length--;
        } else if (length > 0 && !(length == 1 && segment[0] == '.')) {
            if (out->length > first)
                buf_append_char(out, '/');
            buf_append(out, segment, length);
        }
        if (segment[length] == '\0')
            break;
        segment += length + 1;
    }
    if (out->length > first && path[strlen(path) - 1] == '/')
        buf_append_char(out, '/');
    if (out->length == start)
        buf_append_char(out, '/');
}

static void append_path(struct buf *out, const struct sigv4_request *request)
{
    const char *path = request->path && *request->path ? request->path : "/";
    struct buf normalized;
    buf_init(&normalized, SIGV4_CANONICAL_MAX);
    if (request->normalize_path)
        append_normalized(&normalized, path);
    else
        buf_append_text(&normalized, path);
    if (request->double_encode)
        append_encoded(out, buf_text(&normalized), normalized.length);
    else
        buf_append(out, buf_text(&normalized), normalized.length);
    out->failed = out->failed || normalized.failed;
    buf_free(&normalized);
}

struct parameter {
    struct slice key, value;
};

static int parameter_compare(const void *a, const void *b)
{
    const struct parameter *left = a, *right = b;
    int order = slice_compare(left->key, right->key);
    return order ? order : slice_compare(left->value, right->value);
}

/* The parameters as sent, sorted by key and then by value; "key" becomes "key=". */
static bool append_query(struct buf *out, const char *query, struct error *error)
{
    if (!query || !*query)
        return true;
    struct parameter *parameters = calloc(SIGV4_QUERY_MAX, sizeof *parameters);
    size_t count = 0;
    bool fits = true;
    if (!parameters)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    for (const char *pair = query;;) {
        size_t length = strcspn(pair, "&");
        const char *equals = memchr(pair, '=', length);
        size_t key_length = equals ? (size_t)(equals - pair) : length;
        fits = count < SIGV4_QUERY_MAX;
        if (!fits)
            break;
        parameters[count].key = (struct slice){pair, key_length};
        parameters[count].value =
            equals ? (struct slice){equals + 1, length - key_length - 1} : (struct slice){"", 0};
        count++;
        if (pair[length] == '\0')
            break;
        pair += length + 1;
    }
    qsort(parameters, count, sizeof *parameters, parameter_compare);
    for (size_t i = 0; i < count && fits; i++) {
        if (i > 0)
            buf_append_char(out, '&');
        buf_append(out, parameters[i].key.data, parameters[i].key.length);
        buf_append_char(out, '=');
        buf_append(out, parameters[i].value.data, parameters[i].value.length);
    }
    free(parameters);
    return fits || error_set(error, ERROR_LIMIT, "a query of more than %d parameters can't be signed",
                             SIGV4_QUERY_MAX);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without white space at both ends, and runs of it as one space. */
static void append_folded(struct buf *out, const char *value)
{
    bool pending = false, any = false;
    for (; *value; value++) {
        if (is_space(*value)) {
            pending = any;
            continue;
        }
        if (pending)
            buf_append_char(out, ' ');
        buf_append_char(out, *value);
        pending = false;
        any = true;
    }
}

/* "name:first,second\n" with every header of that name, in the order they are sent. */
static bool append_header(struct buf *out, const struct sigv4_request *request, struct slice name)
{
    bool found = false;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sigv4_header *header = &request->headers[i];
        if (strlen(header->name) != name.length || strncasecmp(header->name, name.data, name.length) != 0)
            continue;
        if (found) {
            buf_append_char(out, ',');
        } else {
            buf_append(out, name.data, name.length);
            buf_append_char(out, ':');
        }
        append_folded(out, header->value);
        found = true;
    }
    if (found)
        buf_append_char(out, '\n');
    return found;
}

bool sigv4_canonical_request(const struct sigv4_request *request, const char *signed_headers, struct buf *out,
                             struct error *error)
{
    buf_printf(out, "%s\n", request->method);
    append_path(out, request);
    buf_append_char(out, '\n');
    if (!append_query(out, request->query, error))
        return false;
    buf_append_char(out, '\n');
    for (const char *name = signed_headers;;) {
        size_t length = strcspn(name, ";");
        if (!append_header(out, request, (struct slice){name, length}))
            return error_set(error, ERROR_INVALID,
                             "'%.*s' is a signed header, but the request does not have it",
                             (int)(length > 100 ? 100 : length), name);
        if (name[length] == '\0')
            break;
        name += length + 1;
    }
    buf_printf(out, "\n%s\n%s", signed_headers, request->payload_hash);
    return !out->failed || error_set(error, ERROR_LIMIT, "the request is too large to be signed");
}

bool sigv4_string_to_sign(const struct sigv4_scope *scope, const char *amz_date, const struct buf *canonical,
                          struct buf *out)
{
    char hash[SIGV4_HEX_MAX];
    sigv4_sha256_hex(buf_text(canonical), canonical->length, hash);
    return buf_printf(out, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", amz_date, amz_date,
                      scope->region, scope->service, hash);
}

static bool hmac_step(const void *key, size_t key_length, const char *text, size_t length,
                      unsigned char out[KEY_BYTES])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    const void *done =
        HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, length, digest, &digest_length);
    memcpy(out, digest, KEY_BYTES);
    OPENSSL_cleanse(digest, sizeof digest);
    return done && digest_length == KEY_BYTES;
}

bool sigv4_signature(const char *secret_key, const struct sigv4_scope *scope, const char *amz_date,
                     const struct buf *string_to_sign, char hex[SIGV4_HEX_MAX])
{
    char first[SECRET_MAX + 4] = "AWS4"; /* and the secret, with its NUL */
    unsigned char key[KEY_BYTES];
    size_t length = strlen(secret_key);
    hex[0] = '\0';
    if (length >= SECRET_MAX)
        return false;
    memcpy(first + 4, secret_key, length + 1);
    bool done = hmac_step(first, length + 4, amz_date, 8, key) &&
                hmac_step(key, KEY_BYTES, scope->region, strlen(scope->region), key) &&
                hmac_step(key, KEY_BYTES, scope->service, strlen(scope->service), key) &&
                hmac_step(key, KEY_BYTES, "aws4_request", strlen("aws4_request"), key) &&
                hmac_step(key, KEY_BYTES, buf_text(string_to_sign), string_to_sign->length, key);
    if (done)
        format_hex(key, KEY_BYTES, hex);
    OPENSSL_cleanse(first, sizeof first);
    OPENSSL_cleanse(key, sizeof key);
    return done;
}

static bool is_signed(const char *name)
{
    for (size_t i = 0; i < sizeof unsigned_headers / sizeof unsigned_headers[0]; i++) {
        if (strcasecmp(name, unsigned_headers[i]) == 0)
            return false;
    }
    return true;
}

static int name_compare(const void *a, const void *b)
{
    return strcasecmp(((const struct sigv4_header *)a)->name, ((const struct sigv4_header *)b)->name);
}

/* The names of the headers, each once, sorted, in lower case, joined by ";". */
static void append_signed_headers(struct buf *out, const struct sigv4_header *headers, size_t count)
{
    struct sigv4_header sorted[SIGV4_HEADERS_MAX + SIGV4_ADDED_MAX];
    memcpy(sorted, headers, count * sizeof *headers);
    qsort(sorted, count, sizeof *sorted, name_compare);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcasecmp(sorted[i].name, sorted[i - 1].name) == 0)
            continue;
        if (i > 0)
            buf_append_char(out, ';');
        for (const char *c = sorted[i].name; *c; c++)
            buf_append_char(out, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    }
}

/* A header that was split by a line break would be a second header for whoever reads it. */
static bool check_headers(const struct sigv4_request *request, struct error *error)
{
    if (request->header_count > SIGV4_HEADERS_MAX)
        return error_set(error, ERROR_LIMIT, "a request of more than %d headers can't be signed",
                         SIGV4_HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++) {
        if (strpbrk(request->headers[i].name, "\r\n:") || !*request->headers[i].name)
            return error_set(error, ERROR_INVALID, "a header's name is empty or has a colon or a line break");
    }
    if (!sigv4_header_find(request->headers, request->header_count, "host"))
        return error_set(error, ERROR_INVALID, "a request without a Host header can't be signed");
    return true;
}

/* All that is signed: the request's headers that count, and those that signing adds. */
static size_t collect_headers(const struct sigv4_request *request, const struct sigv4_signed *result,
                              struct sigv4_header *headers)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (is_signed(name) && !sigv4_header_find(result->add, result->add_count, name))
            headers[count++] = request->headers[i];
    }
    for (size_t i = 0; i < result->add_count; i++)
        headers[count++] = result->add[i];
    return count;
}

static bool write_authorization(const struct sigv4_request *request,
                                const struct sigv4_credentials *credentials, const struct sigv4_scope *scope,
                                struct sigv4_signed *result, struct error *error)
{
    struct sigv4_header headers[SIGV4_HEADERS_MAX + SIGV4_ADDED_MAX];
    struct sigv4_request whole = *request;
    struct buf names, canonical, to_sign;
    char signature[SIGV4_HEX_MAX];
    bool done = false;
    buf_init(&names, SIGV4_CANONICAL_MAX);
    buf_init(&canonical, SIGV4_CANONICAL_MAX);
    buf_init(&to_sign, SIGV4_CANONICAL_MAX);

    whole.headers = headers;
    whole.header_count = collect_headers(request, result, headers);
    append_signed_headers(&names, headers, whole.header_count);
    if (!sigv4_canonical_request(&whole, buf_text(&names), &canonical, error))
        goto out;
    if (!sigv4_string_to_sign(scope, result->amz_date, &canonical, &to_sign) ||
        !sigv4_signature(credentials->secret_key, scope, result->amz_date, &to_sign, signature)) {
        error_set(error, ERROR_SYSTEM, "the request could not be signed");
        goto out;
    }
    done =
        buf_printf(&result->text,
                   "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
                   credentials->access_key, result->amz_date, scope->region, scope->service, buf_text(&names),
                   signature);
    if (!done)
        error_set(error, ERROR_LIMIT, "the request is too large to be signed");
out:
    buf_free(&to_sign);
    buf_free(&canonical);
    buf_free(&names);
    return done;
}

bool sigv4_sign(const struct sigv4_request *request, const struct sigv4_credentials *credentials,
                const struct sigv4_scope *scope, int64_t epoch_s, struct sigv4_signed *result,
                struct error *error)
{
    memset(result, 0, sizeof *result);
    buf_init(&result->text, SIGV4_CANONICAL_MAX);
    if (!check_headers(request, error))
        return false;
    sigv4_format_date(epoch_s, result->amz_date);
    result->add[result->add_count++] = (struct sigv4_header){"X-Amz-Date", result->amz_date};
    if (credentials->session_token && *credentials->session_token)
        result->add[result->add_count++] =
            (struct sigv4_header){"X-Amz-Security-Token", credentials->session_token};
    if (strcmp(scope->service, "s3") == 0 && strlen(request->payload_hash) < SIGV4_HEX_MAX) {
        memcpy(result->content_sha256, request->payload_hash, strlen(request->payload_hash) + 1);
        result->add[result->add_count++] =
            (struct sigv4_header){"X-Amz-Content-Sha256", result->content_sha256};
    }
    if (!write_authorization(request, credentials, scope, result, error))
        return false;
    result->authorization = buf_text(&result->text);
    result->add[result->add_count++] = (struct sigv4_header){"Authorization", result->authorization};
    return true;
}

void sigv4_signed_free(struct sigv4_signed *result)
{
    buf_free(&result->text);
    memset(result, 0, sizeof *result);
}
