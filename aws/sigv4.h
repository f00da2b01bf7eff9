/*
 * sigv4: AWS Signature Version 4, to sign requests and to verify them
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html; where that page is
 * silent, as botocore does). Pure functions on text: nothing here opens a socket.
 */
#ifndef SHAKETABLE_AWS_SIGV4_H
#define SHAKETABLE_AWS_SIGV4_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGV4_HEADERS_MAX 64          /* headers of one request */
#define SIGV4_QUERY_MAX 1024          /* parameters of one query string */
#define SIGV4_CANONICAL_MAX (1 << 20) /* bytes of a canonical request */
#define SIGV4_HEX_MAX 65              /* a SHA-256 in hex and its NUL */
#define SIGV4_DATE_MAX 17             /* "20261121T140207Z" and its NUL */
#define SIGV4_FIELD_MAX 256           /* access key, region, service */
#define SIGV4_SIGNED_HEADERS_MAX 2048
#define SIGV4_CLOCK_SKEW_S 300

/* Payload hash of a request whose body is not signed (S3 only). */
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
/* Payload hash of an empty body. */
#define SIGV4_EMPTY_PAYLOAD "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct sigv4_header {
    const char *name;
    const char *value;
};

/* A request as it goes, or came, over the wire. Borrows everything. */
struct sigv4_request {
    const char *method;
    const char *path;                   /* as sent, percent-encoded, without the query; "" counts as "/" */
    const char *query;                  /* as sent, without the "?"; NULL or "": none */
    const struct sigv4_header *headers; /* Host must be among them */
    size_t header_count;
    const char *payload_hash; /* sigv4_sha256_hex of the body, or SIGV4_UNSIGNED_PAYLOAD */
    bool double_encode;       /* encode the path once more; true for all services but s3 */
    bool normalize_path;      /* remove ".", ".." and "//"; true for all services but s3 */
};

struct sigv4_credentials {
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL or "": none */
};

struct sigv4_scope {
    const char *region;
    const char *service; /* the signing name, e.g. "ecs", "elasticloadbalancing" */
};

/* Sets double_encode and normalize_path as the service has them. */
void sigv4_request_rules(struct sigv4_request *request, const char *service);

void sigv4_sha256_hex(const void *data, size_t length, char hex[SIGV4_HEX_MAX]);

/* The steps, for tests and for other uses. `signed_headers` is the list in the Authorization
 * header, "host;x-amz-date"; a name that the request has not is an error. Both append to `out`. */
bool sigv4_canonical_request(const struct sigv4_request *request, const char *signed_headers, struct buf *out,
                             struct error *error);
bool sigv4_string_to_sign(const struct sigv4_scope *scope, const char *amz_date, const struct buf *canonical,
                          struct buf *out);
bool sigv4_signature(const char *secret_key, const struct sigv4_scope *scope, const char *amz_date,
                     const struct buf *string_to_sign, char hex[SIGV4_HEX_MAX]);
/* "20261121T140207Z", and back; false if it is not of that form. */
void sigv4_format_date(int64_t epoch_s, char text[SIGV4_DATE_MAX]);
bool sigv4_parse_date(const char *text, int64_t *epoch_s);

/* What signing adds to a request: Authorization, X-Amz-Date, and where they apply
 * X-Amz-Security-Token (this one borrowed from the credentials) and X-Amz-Content-Sha256. The other
 * texts belong to it. */
#define SIGV4_ADDED_MAX 4
struct sigv4_signed {
    struct sigv4_header add[SIGV4_ADDED_MAX];
    size_t add_count;
    const char *authorization; /* also in `add` */
    struct buf text;
    char amz_date[SIGV4_DATE_MAX];
    char content_sha256[SIGV4_HEX_MAX];
};

/* Signs all headers but those that proxies and libraries change (User-Agent, Expect, Connection,
 * Transfer-Encoding, X-Amzn-Trace-Id). Headers that signing adds are replaced where the request has
 * them already. ERROR_INVALID for a request that can't be signed. Free the result in any case. */
bool sigv4_sign(const struct sigv4_request *request, const struct sigv4_credentials *credentials,
                const struct sigv4_scope *scope, int64_t epoch_s, struct sigv4_signed *result,
                struct error *error);
void sigv4_signed_free(struct sigv4_signed *result);

/* An Authorization header in its parts. */
struct sigv4_authorization {
    char access_key[SIGV4_FIELD_MAX];
    char date[9]; /* "20261121" */
    char region[SIGV4_FIELD_MAX];
    char service[SIGV4_FIELD_MAX];
    char signed_headers[SIGV4_SIGNED_HEADERS_MAX];
    char signature[SIGV4_HEX_MAX];
};

/* What a server has to answer. The error's message has AWS's words for it. */
enum sigv4_verdict {
    SIGV4_VALID,
    SIGV4_MISSING,   /* no Authorization header, or of another kind: MissingAuthenticationToken */
    SIGV4_MALFORMED, /* parts, Host or the date are missing or wrong: IncompleteSignature */
    SIGV4_EXPIRED,   /* more than SIGV4_CLOCK_SKEW_S from now, either way: InvalidSignatureException */
    SIGV4_SCOPE,     /* for another region, service or day: InvalidSignatureException */
    SIGV4_MISMATCH,  /* the signature differs: InvalidSignatureException or SignatureDoesNotMatch */
};

/* Reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…"; `text` may be NULL (missing).
 * Returns VALID, MISSING or MALFORMED. Does not look at the signature's worth: use it to find the
 * access key's secret. */
enum sigv4_verdict sigv4_authorization_parse(const char *text, struct sigv4_authorization *authorization,
                                             struct error *error);

/* Verifies a received request. `request->payload_hash` is the hash of the body that came; where the
 * request has X-Amz-Content-Sha256 the two must agree, or it says that the payload is not signed.
 * `expected` may be NULL, and each of its members NULL, to accept any region or service.
 * `epoch_s` is now. `authorization`, which may be NULL, gets the parts. */
enum sigv4_verdict sigv4_verify(const struct sigv4_request *request, const char *secret_key,
                                const struct sigv4_scope *expected, int64_t epoch_s,
                                struct sigv4_authorization *authorization, struct error *error);

/* The first header of that name, whatever its case; NULL if there is none. */
const char *sigv4_header_find(const struct sigv4_header *headers, size_t count, const char *name);

#endif
