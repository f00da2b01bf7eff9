#include "core/tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE_LIST_MAX 4096 /* bytes; one of ours has 220 */
#define PIECE_MAX 16384           /* a record's longest text */

struct tls_context {
    SSL_CTX *ssl;
    bool server;
    struct tls_pins pins; /* of a server; its connections end before it does */
};

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    bool server;
    enum tls_state state;
    size_t heard; /* bytes of the handshake */
    int reason;   /* OpenSSL's */
    char problem[128];
};

/* ── a context ───────────────────────────────────────────────────────────────────────────── */

/* All are compared, so that time tells nothing. */
static bool is_pinned(const struct tls_pins *pins, X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char *encoded = NULL;
    unsigned length = 0;
    EVP_PKEY *key = certificate == NULL ? NULL : X509_get0_pubkey(certificate);
    int encoded_length = key == NULL || EVP_PKEY_is_a(key, "ED25519") != 1 ? 0 : i2d_PUBKEY(key, &encoded);
    bool known = false;
    if (encoded_length > 0 &&
        EVP_Digest(encoded, (size_t)encoded_length, digest, &length, EVP_sha256(), NULL) == 1 &&
        length == TLS_PIN_BYTES)
        for (size_t i = 0; i < pins->count; i++)
            known |= CRYPTO_memcmp(pins->pins[i], digest, TLS_PIN_BYTES) == 0;
    OPENSSL_free(encoded);
    return known;
}

/* In place of all that OpenSSL would look at: chain, dates, purposes. That the peer holds the key is proved
 * after this, by its signature over the handshake. */
static int verify(X509_STORE_CTX *store, void *argument)
{
    const struct tls_context *context = argument;
    if (context == NULL || is_pinned(&context->pins, X509_STORE_CTX_get0_cert(store))) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED); /* the alert bad_certificate */
    return 0;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    if (certificate == NULL)
        return NULL;
    X509_NAME *name = X509_get_subject_name(certificate);
    if (X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
        ASN1_TIME_set_string(X509_getm_notBefore(certificate), "19700101000000Z") == 1 &&
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"shaketable", -1, -1,
                                   0) == 1 &&
        X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
        X509_sign(certificate, key, NULL) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool use_key(SSL_CTX *ssl, EVP_PKEY *key)
{
    X509 *certificate = make_certificate(key);
    bool done = certificate != NULL && SSL_CTX_use_certificate(ssl, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(ssl, key) == 1;
    X509_free(certificate);
    return done;
}

/* Nothing is left to a system-wide configuration. */
static bool set_up(SSL_CTX *ssl)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ssl, CERTIFICATE_LIST_MAX);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(
               ssl, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
           SSL_CTX_set1_groups_list(ssl, "X25519") == 1 && SSL_CTX_set1_sigalgs_list(ssl, "ed25519") == 1 &&
           SSL_CTX_set1_client_sigalgs_list(ssl, "ed25519") == 1 && SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
           SSL_CTX_set_max_early_data(ssl, 0) == 1 && SSL_CTX_set_recv_max_early_data(ssl, 0) == 1;
}

static struct tls_context *make_context(EVP_PKEY *key, bool server, struct error *error)
{
    struct tls_context *context = calloc(1, sizeof *context);
    ERR_clear_error();
    if (context != NULL) {
        context->server = server;
        context->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    }
    if (context != NULL && context->ssl != NULL && set_up(context->ssl) && use_key(context->ssl, key)) {
        SSL_CTX_set_cert_verify_callback(context->ssl, verify, server ? context : NULL);
        return context;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    error_set(error, ERROR_SYSTEM, "TLS 1.3 can't be set up: %s", reason == NULL ? "out of memory" : reason);
    ERR_clear_error();
    tls_context_free(context);
    return NULL;
}

struct tls_context *tls_context_server(const struct tls_pins *pins, struct error *error)
{
    EVP_PKEY *key = tls_key_new(error);
    struct tls_context *context = key == NULL ? NULL : make_context(key, true, error);
    if (context != NULL)
        context->pins = *pins;
    EVP_PKEY_free(key);
    return context;
}

struct tls_context *tls_context_client(struct evp_pkey_st *key, struct error *error)
{
    return make_context(key, false, error);
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

/* ── a connection ────────────────────────────────────────────────────────────────────────── */

struct tls *tls_new(struct tls_context *context)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL)
        return NULL;
    ERR_clear_error();
    tls->server = context->server;
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    tls->ssl = SSL_new(context->ssl);
    if (tls->in == NULL || tls->out == NULL || tls->ssl == NULL) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        SSL_free(tls->ssl);
        free(tls);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    if (context->server)
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

static bool means_turned_away(int reason)
{
    switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

static const char *words_of(const struct tls *tls, int reason)
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_BAD_LEGACY_VERSION:
        return "does not speak TLS 1.3";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return "speaks no TLS 1.3, but an older version";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "shows no Ed25519 key";
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return "shows a key that is not the console's";
    default:
        return !tls->server && means_turned_away(reason) ? "takes another console's key, not this one" : NULL;
    }
}

/* The first error of the queue is the cause. */
static void fail(struct tls *tls)
{
    unsigned long code = ERR_peek_error();
    const char *text = ERR_reason_error_string(code);
    tls->reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    const char *words = words_of(tls, tls->reason);
    if (words != NULL)
        snprintf(tls->problem, sizeof tls->problem, "%s", words);
    else
        snprintf(tls->problem, sizeof tls->problem, "breaks the rules of TLS: %s",
                 text == NULL ? "unknown" : text);
    tls->state = TLS_FAILED;
    ERR_clear_error();
}

/* False: nothing more can be done now. */
static bool went_on(struct tls *tls, int result)
{
    if (result > 0)
        return true;
    int what = SSL_get_error(tls->ssl, result);
    if (what == SSL_ERROR_ZERO_RETURN)
        tls->state = TLS_ENDED;
    else if (what != SSL_ERROR_WANT_READ)
        fail(tls);
    return false;
}

static void read_plain(struct tls *tls, tls_plain *plain, void *context)
{
    char piece[PIECE_MAX];
    for (;;) {
        ERR_clear_error();
        int length = SSL_read(tls->ssl, piece, sizeof piece);
        if (!went_on(tls, length) || !plain(context, piece, (size_t)length))
            return;
    }
}

enum tls_state tls_receive(struct tls *tls, const void *bytes, size_t length, tls_plain *plain, void *context)
{
    if (tls->state != TLS_SHAKING && tls->state != TLS_OPEN)
        return tls->state;
    size_t taken = 0;
    if (tls->state == TLS_SHAKING) {
        tls->heard += length;
        if (tls->heard > TLS_HANDSHAKE_BYTES_MAX) {
            snprintf(tls->problem, sizeof tls->problem, "says too much before it is known");
            return tls->state = TLS_FAILED;
        }
    }
    ERR_clear_error();
    if (length > 0 && (BIO_write_ex(tls->in, bytes, length, &taken) != 1 || taken != length)) {
        snprintf(tls->problem, sizeof tls->problem, "finds no memory here");
        return tls->state = TLS_FAILED;
    }
    if (tls->state == TLS_SHAKING && went_on(tls, SSL_do_handshake(tls->ssl)))
        tls->state = TLS_OPEN;
    if (tls->state == TLS_OPEN)
        read_plain(tls, plain, context);
    return tls->state;
}

bool tls_send(struct tls *tls, const void *data, size_t length)
{
    size_t written = 0;
    if (tls->state != TLS_OPEN)
        return false;
    ERR_clear_error();
    return length == 0 || (SSL_write_ex(tls->ssl, data, length, &written) == 1 && written == length);
}

bool tls_take(struct tls *tls, struct buf *out)
{
    char *data = NULL;
    long length = BIO_get_mem_data(tls->out, &data);
    if (length <= 0)
        return true;
    bool taken = buf_append(out, data, (size_t)length);
    (void)BIO_reset(tls->out);
    return taken;
}

enum tls_state tls_state(const struct tls *tls)
{
    return tls->state;
}

const char *tls_problem(const struct tls *tls)
{
    return tls->problem;
}

bool tls_turned_away(const struct tls *tls)
{
    return tls->state == TLS_FAILED && !tls->server && means_turned_away(tls->reason);
}
