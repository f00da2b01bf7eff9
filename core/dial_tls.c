/*
 * TLS towards hosts of the world: certificates are held against authorities and against the host's name.
 */
#include "core/dial_internal.h"

#include "core/clock.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct dial_trust {
    SSL_CTX *ssl;
};

static const unsigned char http_1_1[] = "\x08http/1.1";

static const char *last_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "it broke off" : reason;
}

struct dial_trust *dial_trust_new(const char *ca_file, struct error *error)
{
    struct dial_trust *trust = calloc(1, sizeof *trust);
    bool given = ca_file != NULL && ca_file[0] != '\0';
    ERR_clear_error();
    if (trust != NULL)
        trust->ssl = SSL_CTX_new(TLS_client_method());
    if (trust == NULL || trust->ssl == NULL ||
        SSL_CTX_set_min_proto_version(trust->ssl, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_alpn_protos(trust->ssl, http_1_1, sizeof http_1_1 - 1) != 0) {
        error_set(error, ERROR_SYSTEM, "no memory for TLS");
    } else if (given && SSL_CTX_load_verify_locations(trust->ssl, ca_file, NULL) != 1) {
        error_set(error, ERROR_INVALID, "%s: no authorities' certificates could be read there (%s)", ca_file,
                  last_reason());
    } else if (!given && SSL_CTX_set_default_verify_paths(trust->ssl) != 1) {
        error_set(error, ERROR_SYSTEM, "the system's certificates can't be read (%s)", last_reason());
    } else {
        SSL_CTX_set_mode(trust->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                         SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(trust->ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_session_cache_mode(trust->ssl, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_verify(trust->ssl, SSL_VERIFY_PEER, NULL);
        ERR_clear_error();
        return trust;
    }
    ERR_clear_error();
    dial_trust_free(trust);
    return NULL;
}

void dial_trust_free(struct dial_trust *trust)
{
    if (trust == NULL)
        return;
    SSL_CTX_free(trust->ssl);
    free(trust);
}

/* The certificate must be this host's; an address is no name (RFC 6066, 3; RFC 9525, 4.1). */
static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[16];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static enum dial_failure refused(struct dial *dial, const char *host, struct error *error)
{
    long verdict = SSL_get_verify_result(dial->ssl);
    if (verdict != X509_V_OK) {
        error_set(error, ERROR_NETWORK, "%s: the certificate does not hold for %s: %s", dial->peer, host,
                  X509_verify_cert_error_string(verdict));
        return DIAL_UNTRUSTED;
    }
    error_set(error, ERROR_NETWORK, "%s: no TLS came about: %s", dial->peer, last_reason());
    return DIAL_CUT;
}

static enum dial_failure shake(struct dial *dial, const char *host, int timeout_ms, struct error *error)
{
    int64_t until_ms = clock_ms() + timeout_ms;
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(dial->ssl);
        if (result == 1)
            return DIAL_DONE;
        int wants = SSL_get_error(dial->ssl, result);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
            return refused(dial, host, error);
        enum dial_wait wait = dial_wait(dial, wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until_ms);
        if (wait != DIAL_READY)
            return dial_wait_failed(wait, dial->peer, "TLS handshake", timeout_ms, error);
    }
}

enum dial_failure dial_shake_hands(struct dial *dial, const struct dial_trust *trust, const char *host,
                                   int timeout_ms, struct error *error)
{
    enum dial_failure failure = DIAL_NO_MEMORY;
    dial->ssl = SSL_new(trust->ssl);
    if (dial->ssl == NULL || SSL_set_fd(dial->ssl, dial->fd) != 1 || !expect_host(dial->ssl, host))
        error_set(error, ERROR_SYSTEM, "no memory for TLS");
    else
        failure = shake(dial, host, timeout_ms, error);
    ERR_clear_error();
    return failure;
}
