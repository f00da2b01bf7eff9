#include "tests/core/peer.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    int listener;
    uint16_t port;
    peer_serve *serve;
    void *context;
    atomic_bool ending;
    pthread_t thread;
};

static void need(int condition, const char *what)
{
    if (condition)
        return;
    perror(what);
    abort();
}

static void *run(void *context)
{
    struct peer *peer = context;
    for (;;) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0 || atomic_load(&peer->ending)) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        peer->serve(fd, peer->context);
        close(fd);
    }
}

struct peer *peer_start(const char *address, peer_serve *serve, void *context)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof at;
    need(peer != NULL, "calloc");
    inet_pton(AF_INET, address, &at.sin_addr);
    peer->serve = serve;
    peer->context = context;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(peer->listener >= 0 && bind(peer->listener, (struct sockaddr *)&at, sizeof at) == 0 &&
             listen(peer->listener, 16) == 0 &&
             getsockname(peer->listener, (struct sockaddr *)&at, &length) == 0,
         "a listener");
    peer->port = ntohs(at.sin_port);
    need(pthread_create(&peer->thread, NULL, run, peer) == 0, "a thread");
    return peer;
}

uint16_t peer_port(const struct peer *peer)
{
    return peer->port;
}

void peer_stop(struct peer *peer)
{
    atomic_store(&peer->ending, true);
    shutdown(peer->listener, SHUT_RDWR); /* accept() returns */
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    free(peer);
}

void peer_read_head(int fd, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    while (length + 1 < size && strstr(text, "\r\n\r\n") == NULL && read(fd, text + length, 1) == 1)
        text[++length] = '\0';
}

void peer_say(int fd, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t put = send(fd, text, length, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        text += put;
        length -= (size_t)put;
    }
}

void peer_wait_for_end(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

void peer_reset(int fd)
{
    const struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* ── TLS ─────────────────────────────────────────────────────────────────────────────────── */

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    need(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, "an extension");
    X509_EXTENSION_free(extension);
}

static X509 *certify(EVP_PKEY *key, const char *name, X509 *issuer, int days)
{
    const long day_s = 24L * 60 * 60;
    X509 *certificate = X509_new();
    need(certificate != NULL, "a certificate");
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), issuer == NULL ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -10 * day_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), days * day_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer == NULL ? certificate : issuer));
    X509_set_pubkey(certificate, key);
    if (issuer == NULL)
        extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    return certificate;
}

SSL_CTX *peer_tls(const char *ca_file, const char *names, int days)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = certify(ca_key, "an authority of this test", NULL, 10);
    X509 *certificate = certify(key, "a server", ca, days);
    extend(certificate, ca, NID_subject_alt_name, names);
    need(X509_sign(ca, ca_key, EVP_sha256()) > 0 && X509_sign(certificate, ca_key, EVP_sha256()) > 0,
         "signatures");
    FILE *file = fopen(ca_file, "w");
    need(file != NULL && PEM_write_X509(file, ca) == 1 && fclose(file) == 0, ca_file);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    need(context != NULL && SSL_CTX_use_certificate(context, certificate) == 1 &&
             SSL_CTX_use_PrivateKey(context, key) == 1,
         "a context");
    X509_free(ca);
    X509_free(certificate);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return context;
}
