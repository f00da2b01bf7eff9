/*
 * Keys and their pins.
 */
#include "core/tls.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#define PREFIX "sha256:"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool parse_pin(const char *text, size_t length, unsigned char pin[TLS_PIN_BYTES])
{
    if (length >= sizeof PREFIX - 1 && strncmp(text, PREFIX, sizeof PREFIX - 1) == 0) {
        text += sizeof PREFIX - 1;
        length -= sizeof PREFIX - 1;
    }
    if (length != 2 * (size_t)TLS_PIN_BYTES)
        return false;
    for (size_t i = 0; i < TLS_PIN_BYTES; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        pin[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

bool tls_pins_parse(const char *text, const char *name, struct tls_pins *pins, struct error *error)
{
    static const char blanks[] = " \t";
    memset(pins, 0, sizeof *pins);
    for (const char *at = text;; at++) {
        at += strspn(at, blanks);
        size_t length = strcspn(at, ", \t");
        if (pins->count == TLS_PINS_MAX)
            return error_set(error, ERROR_USAGE, "%s: at most %d keys are possible", name, TLS_PINS_MAX);
        if (!parse_pin(at, length, pins->pins[pins->count]))
            return error_set(error, ERROR_USAGE,
                             "%s: '%.*s' is not the SHA-256 of a public key: 64 hexadecimal digits, several "
                             "between commas",
                             name, (int)(length < 80 ? length : 80), at);
        pins->count++;
        at += length;
        at += strspn(at, blanks);
        if (*at == '\0')
            return true;
        if (*at != ',')
            return error_set(error, ERROR_USAGE, "%s: a comma is missing before '%.20s'", name, at);
    }
}

bool tls_pin_of(struct evp_pkey_st *key, char text[TLS_PIN_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *encoded = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    int length = i2d_PUBKEY(key, &encoded);
    bool done = length > 0 &&
                EVP_Digest(encoded, (size_t)length, digest, &digest_length, EVP_sha256(), NULL) == 1 &&
                digest_length == TLS_PIN_BYTES;
    OPENSSL_free(encoded);
    for (size_t i = 0; done && i < TLS_PIN_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[done ? 2 * TLS_PIN_BYTES : 0] = '\0';
    return done;
}

struct evp_pkey_st *tls_key_new(struct error *error)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL)
        error_set(error, ERROR_SYSTEM, "an Ed25519 key can't be made");
    return key;
}
