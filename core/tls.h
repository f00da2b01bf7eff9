/*
 * tls: TLS 1.3 (RFC 8446) over memory, both ends of it as the stats socket speaks it: bytes of the wire in,
 * bytes of the wire out, no socket, no thread of its own.
 *
 * Keys are pinned. Each side shows an Ed25519 key in a certificate that it signed itself, made when its
 * context is; names, dates and issuers in it mean nothing and are not looked at, so nothing expires. A server
 * lets in whoever holds a key whose pin (SHA-256 of its SubjectPublicKeyInfo, as RFC 7469 has it) is on its
 * list, and nobody else. A client lets any server be: the signature that it gives is over this handshake (RFC
 * 8446, 4.4.3), so whoever stands in between can't pass it on.
 *
 * There are no tickets, no resumption, no early data, no renegotiation and no compression. A context and its
 * connections belong to one thread.
 */
#ifndef SHAKETABLE_CORE_TLS_H
#define SHAKETABLE_CORE_TLS_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define TLS_PIN_BYTES 32
#define TLS_PIN_TEXT_MAX (2 * TLS_PIN_BYTES + 1)
#define TLS_PINS_MAX 16
#define TLS_HANDSHAKE_BYTES_MAX 16384 /* of a peer, until it is known; ours takes 600 */

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

struct tls_pins {
    size_t count;
    unsigned char pins[TLS_PINS_MAX][TLS_PIN_BYTES];
};

/* "HEX" or "sha256:HEX", 64 digits; several between commas. `name` stands before the error's text. */
bool tls_pins_parse(const char *text, const char *name, struct tls_pins *pins, struct error *error);
/* The pin of a key, in lower case. */
bool tls_pin_of(struct evp_pkey_st *key, char text[TLS_PIN_TEXT_MAX]);
/* A new Ed25519 key; the caller's (EVP_PKEY_free). NULL with an error. */
struct evp_pkey_st *tls_key_new(struct error *error);

struct tls_context;
/* With a key of its own that ends with it. `pins` is copied. NULL with an error. */
struct tls_context *tls_context_server(const struct tls_pins *pins, struct error *error);
/* Shows `key`, which stays the caller's. */
struct tls_context *tls_context_client(struct evp_pkey_st *key, struct error *error);
/* Connections that were made of it may live on. NULL: nothing. */
void tls_context_free(struct tls_context *context);

enum tls_state {
    TLS_SHAKING, /* the peer is not known yet */
    TLS_OPEN,    /* for a server: the peer has proved its key. A client hears of a refusal later */
    TLS_ENDED,   /* the peer has said that it is done */
    TLS_FAILED   /* see tls_problem; what tls_take gives is the alert */
};

struct tls;
/* NULL: no memory. */
struct tls *tls_new(struct tls_context *context);
void tls_free(struct tls *tls);

/* Called for what the peer said, never before TLS_OPEN; false to stop. It may call tls_send, and must not
 * free the connection. */
typedef bool tls_plain(void *context, const char *data, size_t length);
/* Takes bytes of the wire, all of them, and gives the state after it. A client begins with none. */
enum tls_state tls_receive(struct tls *tls, const void *bytes, size_t length, tls_plain *plain,
                           void *context);
/* Says it to the peer, once TLS_OPEN; false: it is not, or no memory. */
bool tls_send(struct tls *tls, const void *data, size_t length);
/* Moves what is to go out on the wire behind what is in `out`; false: it does not fit. */
bool tls_take(struct tls *tls, struct buf *out);

enum tls_state tls_state(const struct tls *tls);
/* After TLS_FAILED: why, in words that go behind "it". */
const char *tls_problem(const struct tls *tls);
/* After TLS_FAILED, of a client: the server does not take this key. */
bool tls_turned_away(const struct tls *tls);

#endif
